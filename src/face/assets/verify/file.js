// Reading a passport file: one spelling, a closed schema, every limit (SPEC.md, "Passport file").
import { Fault, base64urlDecode, base64urlEncode, equalBytes, hexEncode, isBefore, sha256, utf8Encode } from '../lib/bytes.js';
import { isInteger, isObject, parseJson } from '../lib/json.js';
import { statementHash } from '../lib/sdjwt.js';

export const FILE_BYTES_MAX = 16 * 1024 * 1024;
export const PASSPORTS_MAX = 16;
const FORMAT = 'skillpass-passport-v1';
const TAIL = /^,"digest":"([0-9a-f]{64})"\}\n$/;
const TAIL_BYTES = 78;
const STATEMENTS_MAX = 2000;
const ENTRIES_MAX = 4096;
const STREAMS_MAX = 512;

/** A file whose digest fits and whose parts refer to each other without gaps. Throws a Fault. */
export async function parseFile(bytes) {
  if (bytes.length > FILE_BYTES_MAX) throw new Fault('FILE_TOO_LARGE');
  await checkDigest(bytes);
  const members = take(parse(bytes));
  const format = members.text('format');
  if (/^skillpass-passport-v[0-9]+$/.test(format) && format !== FORMAT) throw new Fault('UNKNOWN_FORMAT');
  if (format !== FORMAT) throw new Fault('WRONG_MEMBER');
  const file = {
    kind: members.text('kind'),
    ledgers: members.list('ledgers', 16, readLedger),
    statements: members.list('statements', STATEMENTS_MAX, readStatement),
    holder: members.list('holder', STATEMENTS_MAX, readIndex),
    presentation: members.has('presentation') ? members.text('presentation') : null,
  };
  if (file.kind !== 'passport' && file.kind !== 'presentation') throw new Fault('WRONG_MEMBER');
  members.text('digest');
  members.close();
  await checkSpelling(file, bytes);
  checkReferences(file);
  await Promise.all(file.statements.map(async (part) => {
    part.hash = await statementHash(part.sdjwt);
  }));
  return file;
}

function parse(bytes) {
  try {
    return parseJson(bytes.subarray(0, -1));
  } catch (fault) {
    throw new Fault('FILE_NOT_JSON', fault.message);
  }
}

async function checkDigest(bytes) {
  const split = bytes.length - TAIL_BYTES;
  const tail = split < 0 ? null : TAIL.exec(String.fromCharCode(...bytes.subarray(split)));
  if (!tail) throw new Fault('DIGEST_MISSING');
  if (hexEncode(await sha256(bytes.subarray(0, split))) !== tail[1]) throw new Fault('DIGEST_DIFFERS');
}

/** Takes the members of an object one by one; `close` refuses what is left. */
function take(value) {
  if (!isObject(value)) throw new Fault('WRONG_MEMBER');
  const left = new Map(Object.entries(value));
  const next = (name, isRight) => {
    const member = left.get(name);
    left.delete(name);
    if (!isRight(member)) throw new Fault('WRONG_MEMBER', `\`${name}\` is missing or of the wrong form`);
    return member;
  };
  const isText = (member) => typeof member === 'string';
  const text = (name) => next(name, isText);
  const number = (name) => next(name, (member) => isInteger(member) && member >= 0);
  const bytes = (name, length) => {
    const decoded = base64urlDecode(text(name));
    if (decoded === null || (length && decoded.length !== length)) throw new Fault('WRONG_MEMBER');
    return decoded;
  };
  const list = (name, most, read) => {
    const items = next(name, Array.isArray);
    if (items.length > most) throw new Fault('TOO_MANY');
    return items.map(read);
  };
  const close = () => {
    if (left.size > 0) throw new Fault('UNKNOWN_MEMBER');
  };
  return { has: (name) => left.has(name), object: (name) => next(name, isObject), text, number, bytes, list, close };
}

function readIndex(value) {
  if (!isInteger(value) || value < 0) throw new Fault('WRONG_MEMBER');
  return value;
}

function readText(value) {
  if (typeof value !== 'string') throw new Fault('WRONG_MEMBER');
  return value;
}

function readHash(value) {
  const bytes = base64urlDecode(readText(value));
  if (bytes?.length !== 32) throw new Fault('WRONG_MEMBER');
  return bytes;
}

function readLedger(value) {
  const members = take(value);
  const part = {
    origin: members.text('origin'),
    checkpoint: members.text('checkpoint'),
    anchors: members.list('anchors', 64, readText),
    ledger: members.list('ledger', ENTRIES_MAX, readEntry),
    streams: members.list('streams', STREAMS_MAX, readStream),
    standing: members.list('standing', STATEMENTS_MAX, readText),
    heads: members.list('heads', 1 + STREAMS_MAX + PASSPORTS_MAX, readText),
  };
  members.close();
  return part;
}

function readStream(value) {
  const members = take(value);
  const stream = { subject: members.text('sub'), entries: members.list('entries', ENTRIES_MAX, readEntry) };
  members.close();
  return stream;
}

function readEntry(value) {
  const members = take(value);
  const place = readPlace(members);
  members.close();
  return place;
}

function readPlace(members) {
  const place = { leaf: members.number('leaf'), entry: members.bytes('entry'), proof: members.list('proof', 64, readHash), anchor: null };
  if (members.has('anchor')) {
    const anchor = take(members.object('anchor'));
    place.anchor = { index: anchor.number('index'), proof: anchor.list('proof', 64, readHash) };
    anchor.close();
  }
  return place;
}

function readStatement(value) {
  const members = take(value);
  const ledger = members.number('ledger');
  const place = readPlace(members);
  const sdjwt = members.text('sdjwt');
  const nS = members.bytes('n_s', 32);
  const nL = members.has('n_l') ? members.bytes('n_l', 32) : null;
  members.close();
  return { ledger, place, sdjwt, jwt: sdjwt.split('~')[0], nS, nL };
}

/** One content has one spelling: nothing hides in escapes, spaces or the order of members. */
async function checkSpelling(file, bytes) {
  const unbound = spellFile(file);
  const bound = file.presentation === null ? unbound : `${unbound},"presentation":${JSON.stringify(file.presentation)}`;
  file.hash = await sha256(utf8Encode(unbound));
  if (!equalBytes(utf8Encode(bound), bytes.subarray(0, -TAIL_BYTES))) throw new Fault('NOT_CANONICAL');
}

function spellFile({ kind, ledgers, statements, holder }) {
  const list = (items, spell) => `[${items.map(spell).join()}]`;
  const text = (value) => JSON.stringify(value);
  const data = (value) => `"${base64urlEncode(value)}"`;
  const anchor = (value) => (value ? `,"anchor":{"index":${value.index},"proof":${list(value.proof, data)}}` : '');
  const place = (value) => `"leaf":${value.leaf},"entry":${data(value.entry)},"proof":${list(value.proof, data)}${anchor(value.anchor)}`;
  const entries = (values) => list(values, (value) => `{${place(value)}}`);
  const stream = (value) => `{"sub":${text(value.subject)},"entries":${entries(value.entries)}}`;
  const ledger = (value) =>
    `{"origin":${text(value.origin)},"checkpoint":${text(value.checkpoint)},"anchors":${list(value.anchors, text)},` +
    `"ledger":${entries(value.ledger)},"streams":${list(value.streams, stream)},"standing":${list(value.standing, text)},` +
    `"heads":${list(value.heads, text)}}`;
  const statement = (value) =>
    `{"ledger":${value.ledger},${place(value.place)},"sdjwt":${text(value.sdjwt)},"n_s":${data(value.nS)}` +
    `${value.nL ? `,"n_l":${data(value.nL)}` : ''}}`;
  return (
    `{"format":"${FORMAT}","kind":"${kind}","ledgers":${list(ledgers, ledger)},` +
    `"statements":${list(statements, statement)},"holder":${list(holder, String)}`
  );
}

function checkAscending(items, isLess) {
  const isSorted = items.every((item, index) => index === 0 || isLess(items[index - 1], item));
  if (!isSorted) throw new Fault('NOT_ASCENDING');
}

function checkReferences(file) {
  const isSmaller = (one, other) => one < other;
  checkAscending(file.ledgers.map((part) => part.origin), isBefore);
  const isEarlier = (one, other) =>
    one.ledger < other.ledger || (one.ledger === other.ledger && one.place.leaf < other.place.leaf);
  checkAscending(file.statements, isEarlier);
  checkAscending(file.holder, isSmaller);
  if (file.statements.some((part) => part.ledger >= file.ledgers.length)) throw new Fault('DANGLING_REFERENCE');
  if (file.holder.some((index) => index >= file.statements.length)) throw new Fault('DANGLING_REFERENCE');
  for (const [index, part] of file.ledgers.entries()) {
    const statements = file.statements.filter((one) => one.ledger === index);
    if (statements.length === 0) throw new Fault('UNREFERENCED');
    checkAscending(part.streams.map((stream) => stream.subject), isBefore);
    for (const stream of [part.ledger, ...part.streams.map((one) => one.entries)]) {
      checkAscending(stream.map((entry) => entry.leaf), isSmaller);
    }
    const entries = [...part.ledger, ...part.streams.flatMap((stream) => stream.entries), ...statements.map((one) => one.place)];
    const anchors = entries.map((entry) => entry.anchor?.index).filter((anchor) => anchor !== undefined);
    if (anchors.some((anchor) => anchor >= part.anchors.length)) throw new Fault('DANGLING_REFERENCE');
    if (new Set(anchors).size < part.anchors.length) throw new Fault('UNREFERENCED');
    if (new Set(entries.map((entry) => entry.leaf)).size < entries.length) throw new Fault('NOT_ASCENDING');
    const workers = file.kind === 'passport' ? Math.min(statements.length, PASSPORTS_MAX) : 0;
    const isTooMany = part.standing.length > statements.length || part.heads.length > 1 + part.streams.length + workers;
    if (isTooMany) throw new Fault('UNREFERENCED');
  }
  checkKind(file);
}

function checkKind({ kind, statements, holder, presentation }) {
  const isComplete = kind === 'passport';
  const isOpened = (part) => part.nL !== null;
  const links = isComplete ? statements.every(isOpened) : !statements.some(isOpened);
  const bound = isComplete ? presentation === null : presentation !== null && holder.length > 0;
  if (statements.length === 0 || !links || !bound) throw new Fault('KIND_RULE');
}
