// Reads a JSON request from standard input, answers in JSON: what other implementations make of the same texts.
const request = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const answer = value => process.stdout.write(JSON.stringify(value));
if (request.what === 'tiktoken') {
  const encoding = require('tiktoken').get_encoding(request.name);
  answer(request.texts.map(text => Array.from(encoding.encode_ordinary(text))));
} else if (request.what === 'normalize') {
  answer(request.texts.map(text => text.normalize('NFC')));
} else if (request.what === 'huggingface') {
  const tokenizer = require('tokenizers').Tokenizer.fromFile(request.file);
  (async () => {
    const all = [];
    for (const text of request.texts) all.push((await tokenizer.encode(text, null, { addSpecialTokens: request.special })).getIds());
    answer(all);
  })();
} else if (request.what === 'train') {
  const { Tokenizer, BPE, byteLevelPreTokenizer } = require('tokenizers');
  const tokenizer = new Tokenizer(BPE.empty());
  tokenizer.setPreTokenizer(byteLevelPreTokenizer(false, true));
  tokenizer.train([request.file]);
  tokenizer.save(request.file + '.json');
  answer(JSON.parse(require('fs').readFileSync(request.file + '.json', 'utf8')).model.merges.slice(0, request.count).map(pair => Array.isArray(pair) ? pair.join(' ') : pair));
}
