// What the pointer rests on, in numbers. The page shows all it has without this.
(() => {
  'use strict';
  const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 5 });
  const place = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
  const side = 100000, reach = side / 100;

  function axis(text) {
    const [least, greatest, kind] = text.split(' ');
    const [from, to] = [Number(least), Number(greatest)];
    return share => kind === 'log' ? from * Math.pow(to / from, share) : from + (to - from) * share;
  }

  function read(lines) {
    return Array.from(lines.querySelectorAll('g[data-name]:not(.raw)'), group => ({
      name: group.dataset.name,
      look: Array.from(group.classList).slice(1).join(' '),
      points: Array.from(group.querySelectorAll('polyline'), line => line.getAttribute('points').split(' '))
        .flat().map(pair => pair.split(',').map(Number)),
    })).filter(series => series.points.length > 0);
  }

  function nearest(points, x) {
    let [low, high] = [0, points.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] > x) high = middle; else low = middle;
    }
    return x - points[low][0] > points[high][0] - x ? points[high] : points[low];
  }

  const known = new WeakMap();
  let shown = null, cursor = null, tip = null;

  function hide() {
    if (tip) { tip.remove(); cursor.remove(); shown = tip = cursor = null; }
  }

  function show(event) {
    const drawing = event.target instanceof Element ? event.target.closest('.drawing') : null;
    if (drawing !== shown) hide();
    if (!drawing) return;
    const lines = drawing.querySelector('.lines');
    const [area, outer] = [lines.getBoundingClientRect(), drawing.getBoundingClientRect()];
    const share = (event.clientX - area.left) / area.width;
    if (!known.has(lines)) known.set(lines, read(lines));
    const series = known.get(lines);
    if (share > 1.01 || -0.01 > share || series.length === 0) { hide(); return; }
    const x = side * Math.min(1, Math.max(0, share));
    // Beside its ends a line has no number, unless none has one there.
    const there = series.filter(({ points }) => x + reach >= points[0][0] && points[points.length - 1][0] + reach >= x);
    const [atX, atY] = [axis(lines.dataset.x), axis(lines.dataset.y)];
    const found = (there.length > 0 ? there : series).map(each => ({ each, point: nearest(each.points, x) }));
    const at = found.reduce((best, one) => Math.abs(one.point[0] - x) < Math.abs(best - x) ? one.point[0] : best, found[0].point[0]);
    hide();
    shown = drawing;
    cursor = document.createElement('div');
    cursor.className = 'cursor';
    tip = document.createElement('div');
    tip.className = 'tip';
    const title = document.createElement('b');
    title.textContent = (lines.dataset.x.endsWith('log') ? number : place).format(atX(at / side)) + ' ' + lines.dataset.unit;
    tip.append(title);
    for (const { each, point } of found.slice(0, 16)) {
      const row = document.createElement('div');
      const key = document.createElement('span');
      key.className = 'key ' + each.look;
      row.append(key, each.name + ': ' + number.format(atY(1 - point[1] / side)));
      tip.append(row);
    }
    drawing.append(cursor, tip);
    const left = area.left - outer.left + area.width * at / side;
    cursor.style.left = left + 'px';
    cursor.style.top = area.top - outer.top + 'px';
    cursor.style.height = area.height + 'px';
    tip.style.left = (left + 14 + tip.offsetWidth > outer.width ? Math.max(0, left - 14 - tip.offsetWidth) : left + 14) + 'px';
    tip.style.top = area.top - outer.top + 6 + 'px';
  }

  document.addEventListener('pointermove', show);
  document.addEventListener('pointerdown', show);
  document.documentElement.addEventListener('pointerleave', hide);

  // The lines have changed: what was read of them is old.
  document.addEventListener('redrawn', () => {
    hide();
    for (const lines of document.querySelectorAll('.lines')) known.delete(lines);
  });
})();
