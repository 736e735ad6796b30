// Mutations of a file as it lies there: by somebody who holds no key, and makes the digest and the spelling right again.
import { readFileModel, writeFileModel, encode, decode } from './model.mjs';

/** Every place of the file that is a text, as `[holder, key]`. */
function texts(value, found = []) {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string') found.push([value, key]);
    else if (typeof inner === 'object' && inner !== null) texts(inner, found);
  }
  return found;
}

function lists(value, found = []) {
  for (const inner of Object.values(value)) {
    if (Array.isArray(inner) && inner.length > 0) found.push(inner);
    if (typeof inner === 'object' && inner !== null) lists(inner, found);
  }
  return found;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function entriesOf(file) {
  const ledgers = file.ledgers.flatMap((part) => [...part.ledger, ...part.streams.flatMap((stream) => stream.entries)]);
  return [...ledgers, ...file.statements];
}

function swap(items, random) {
  const [one, other] = [random.below(items.length), random.below(items.length)];
  [items[one], items[other]] = [items[other], items[one]];
}

const CHANGES = {
  characterOfAText(file, random) {
    const [holder, key] = random.pick(texts(file));
    const text = holder[key];
    const at = random.below(text.length);
    holder[key] = text.slice(0, at) + random.pick(ALPHABET) + text.slice(at + 1);
  },
  bitOfAnEntry(file, random) {
    const entry = random.pick(entriesOf(file));
    const bytes = decode(entry.entry);
    bytes[random.below(Math.min(bytes.length, 80))] ^= 1 << random.below(8);
    entry.entry = encode(bytes);
  },
  textsSwapped(file, random) {
    const places = texts(file);
    const [[one, key], [other, name]] = [random.pick(places), random.pick(places)];
    [one[key], other[name]] = [other[name], one[key]];
  },
  proofsSwapped(file, random) {
    const [one, other] = [random.pick(entriesOf(file)), random.pick(entriesOf(file))];
    [one.proof, other.proof] = [other.proof, one.proof];
  },
  itemDropped(file, random) {
    const list = random.pick(lists(file));
    list.splice(random.below(list.length), 1);
  },
  itemTwice(file, random) {
    const list = random.pick(lists(file));
    list.push(structuredClone(random.pick(list)));
  },
  itemsSwapped(file, random) {
    swap(random.pick(lists(file)), random);
  },
  statementMoved(file, random) {
    swap(file.statements, random);
  },
  tokensSwapped(file, random) {
    swap(random.pick(random.pick(file.ledgers.map((part) => [part.standing, part.heads]))), random);
  },
  leafChanged(file, random) {
    const entry = random.pick(entriesOf(file));
    entry.leaf += random.pick([-1, 1, 1000, 2 ** 40]);
    if (entry.leaf < 0) entry.leaf = 0;
  },
  disclosureDropped(file, random) {
    const part = random.pick(file.statements);
    const pieces = part.sdjwt.split('~');
    if (pieces.length > 2) pieces.splice(1 + random.below(pieces.length - 2), 1);
    part.sdjwt = pieces.join('~');
  },
  disclosuresSwapped(file, random) {
    const [one, other] = [random.pick(file.statements), random.pick(file.statements)];
    const [pieces, others] = [one.sdjwt.split('~'), other.sdjwt.split('~')];
    one.sdjwt = [pieces[0], ...others.slice(1)].join('~');
  },
  claimAltered(file, random) {
    const part = random.pick(file.statements);
    const pieces = part.sdjwt.split('~');
    if (pieces.length <= 2) return;
    const at = 1 + random.below(pieces.length - 2);
    const claim = JSON.parse(decode(pieces[at]));
    claim[claim.length - 1] = random.pick(['x', 1, true, null, ['a'], { a: 1 }, '2024-02-30']);
    pieces[at] = encode(JSON.stringify(claim));
    part.sdjwt = pieces.join('~');
  },
  checkpointChanged(file, random) {
    const part = random.pick(file.ledgers);
    const lines = part.checkpoint.split('\n');
    const at = random.below(lines.length);
    lines[at] = random.pick(['', '1', lines[at].slice(1), `${lines[at]}x`, lines[random.below(lines.length)]]);
    part.checkpoint = lines.join('\n');
  },
  cosignatureDropped(file, random) {
    const part = random.pick(file.ledgers);
    const lines = part.checkpoint.split('\n');
    lines.splice(4 + random.below(Math.max(1, lines.length - 5)), 1);
    part.checkpoint = lines.join('\n');
  },
  holderChanged(file, random) {
    const index = random.below(file.statements.length);
    file.holder = [...new Set([...file.holder.filter(() => random.chance(0.6)), index])].sort((one, other) => one - other);
  },
  kindChanged(file) {
    file.kind = file.kind === 'passport' ? 'presentation' : 'passport';
  },
  linksOpenedOrHidden(file, random) {
    for (const part of file.statements) {
      if ('n_l' in part) delete part.n_l;
      else if (random.chance(0.7)) part.n_l = part.n_s;
    }
  },
  memberAdded(file, random) {
    random.pick([file, random.pick(file.ledgers), random.pick(file.statements), random.pick(entriesOf(file))]).note = 'x';
  },
  anchorAdded(file, random) {
    random.pick(file.ledgers).anchors.push(random.pick(file.ledgers).checkpoint);
    random.pick(entriesOf(file)).anchor = { index: 0, proof: [] };
  },
  formatChanged(file, random) {
    file.format = random.pick(['skillpass-passport-v2', 'skillpass-passport-v01', 'skillpass-passport-v', 'passport']);
  },
};

const SPELLINGS = [
  (bytes) => Buffer.from(bytes.toString().replace(',"kind"', ', "kind"')),
  (bytes) => Buffer.from(bytes.toString().replace('"format":"s', '"format":"\\u0073')),
  (bytes) => bytes.subarray(0, -1),
  (bytes) => Buffer.concat([bytes, Buffer.from('\n')]),
  (bytes) => Buffer.from(bytes.toString().replace('{"format"', '{"kind":"passport","format"')),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => Buffer.from(bytes.map((byte, at) => (at === 1 + (random.below(1) + bytes.length >> 1) ? byte ^ 1 : byte))),
];

/** `{name, bytes}`: the file after one change, or two; null where the first has taken away what the second changes. */
export function mutate(bytes, random) {
  if (random.chance(0.04)) return { name: 'spelling', bytes: random.pick(SPELLINGS)(Buffer.from(bytes), random) };
  const file = readFileModel(bytes);
  const names = random.chance(0.2) ? [random.pick(Object.keys(CHANGES)), random.pick(Object.keys(CHANGES))] : [random.pick(Object.keys(CHANGES))];
  try {
    for (const name of names) CHANGES[name](file, random);
  } catch (error) {
    if (names.length > 1 && error instanceof TypeError) return null;
    throw error;
  }
  return { name: names.join('+'), bytes: writeFileModel(file) };
}
