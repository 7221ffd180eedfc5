// Replaces the parts of the page that have changed. Where an element stays, so do focus, what is open, and where it was scrolled to.
(() => {
  'use strict';
  const main = document.querySelector('main');
  const connection = document.getElementById('connection');
  let state = main.dataset.state, source = null, retry = 0, ended = false;

  function say(kind, text) {
    if (connection.textContent === text) return;
    connection.className = kind;
    connection.textContent = text;
  }

  // An element with a key is the same one only where the key is.
  const key = node => node.nodeType === Node.ELEMENT_NODE ? node.id + ' ' + (node.dataset.key || '') : '';

  function turnInto(old, next) {
    if (old.nodeName !== next.nodeName || key(old) !== key(next)) { old.replaceWith(next); return; }
    if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== next.data) old.data = next.data; return; }
    // Open is what the reader opened; checked is what the reader chose.
    const readers = name => name === 'open' || name === 'checked';
    for (const { name } of Array.from(old.attributes)) if (!readers(name) && !next.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of Array.from(next.attributes)) if (!readers(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    const [before, after] = [Array.from(old.childNodes), Array.from(next.childNodes)];
    after.forEach((node, i) => { if (before.length > i) turnInto(before[i], node); else old.append(node); });
    before.slice(after.length).forEach(node => node.remove());
  }

  function element(text) {
    const template = document.createElement('template');
    template.innerHTML = text;
    return template.content.firstElementChild;
  }

  function take(event) {
    const { title, order, parts } = JSON.parse(event.data);
    document.dispatchEvent(new Event('redrawn'));
    document.title = title;
    for (const part of Array.from(main.children)) {
      if (part !== connection && !order.includes(part.id)) part.remove();
    }
    let last = connection;
    for (const name of order) {
      let part = document.getElementById(name);
      if (parts[name] !== undefined) {
        if (part) turnInto(part, element(parts[name])); else last.after(element(parts[name]));
        part = document.getElementById(name);
      }
      if (last.nextElementSibling !== part) last.after(part);
      last = part;
    }
    // Where what was chosen is there no more, the first is.
    for (const group of main.querySelectorAll('fieldset:not(:has(:checked))')) group.querySelector('input').checked = true;
    state = event.lastEventId;
  }

  // A browser has six connections to a server, for all of its pages: one that nobody sees holds none, and takes up what it has missed when it is seen again.
  function connect() {
    clearTimeout(retry);
    if (source) source.close();
    if (document.hidden) return;
    // The address, and not the boxes: what was chosen and is not there has none.
    const query = new URLSearchParams(location.search);
    query.append('state', state);
    source = new EventSource('/events?' + query);
    source.addEventListener('open', () => { ended = false; say('open', 'Live'); });
    source.addEventListener('parts', take);
    source.addEventListener('end', () => { ended = true; });
    source.addEventListener('error', () => {
      // Closed: something has answered, and not with events.
      const refused = source.readyState === EventSource.CLOSED;
      if (refused) say('lost', 'Refused, trying again; the page may have another address now');
      else if (ended) say('ended', 'The server has ended; this is how it was then');
      else say('lost', 'Connection lost, trying again');
      if (refused) retry = setTimeout(connect, 1000);
    });
  }

  document.addEventListener('change', event => {
    if (!event.target.form || event.target.form.id !== 'view') return;
    const wanted = new URLSearchParams(new FormData(document.getElementById('view'))).toString();
    history.replaceState(null, '', wanted ? '?' + wanted : '/');
    connect();
  });

  document.addEventListener('visibilitychange', connect);
  connect();
})();
