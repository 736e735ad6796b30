// Signed notes, checkpoints and cosignatures (SPEC.md, "Checkpoint", "Cosignatures and policy").
import { Fault, base64Decode, concatBytes, equalBytes, exactInteger, hexEncode, readUnsigned, sha256, utf8Encode } from '../lib/bytes.js';
import { readEd25519Bytes, verifySignature } from '../lib/jose.js';
import { emptyRoot } from './entry.js';

const NOTE_BYTES_MAX = 256 * 1024;
const SIGNATURES_MAX = 64;
const TYPE_LOG = 1;
const TYPE_COSIGNER = 4;
const BAD_NAME = /[\s\u0085\p{Cc}+]/u;
const TIMESTAMP_MAX = 2n ** 63n - 1n;

function isKeyName(name) {
  const { length } = utf8Encode(name);
  // U+FEFF is white space to JavaScript and not to Unicode.
  return length >= 1 && length <= 255 && !BAD_NAME.test(name.replaceAll('\ufeff', ''));
}

/** A verifier key `{name, id, isCosigner, key}` of its text, or null. */
export async function readVerifierKey(text) {
  const found = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text);
  const material = found && base64Decode(found[3]);
  if (!material || material.length !== 33 || ![TYPE_LOG, TYPE_COSIGNER].includes(material[0])) return null;
  const key = await readEd25519Bytes(material.subarray(1));
  const verifier = key && (await verifierKey(found[1], material[0] === TYPE_COSIGNER, key));
  return verifier && hexEncode(verifier.id) === found[2] ? verifier : null;
}

/** The checkpoint key of a ledger, or null if its origin is no key name. */
export function logKey(origin, key) {
  return verifierKey(origin, false, key);
}

async function verifierKey(name, isCosigner, key) {
  if (!isKeyName(name) || key.algorithm !== 'Ed25519') return null;
  const material = concatBytes(Uint8Array.of(isCosigner ? TYPE_COSIGNER : TYPE_LOG), key.raw);
  const id = (await sha256(utf8Encode(`${name}\n`), material)).subarray(0, 4);
  return { name, id, isCosigner, key };
}

/** A note, not yet verified: its text and its signature lines. */
export function parseNote(note) {
  if (utf8Encode(note).length > NOTE_BYTES_MAX) throw new Fault('NOTE_TOO_LONG');
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Fault('NOTE_CHARACTER');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n') || end + 2 >= note.length) throw new Fault('NOTE_SHAPE');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new Fault('TOO_MANY_SIGNATURES');
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) };
}

function parseLine(line) {
  const found = /^\u2014 ([^ ]*) (.*)$/su.exec(line);
  const bytes = found && isKeyName(found[1]) ? base64Decode(found[2]) : null;
  if (bytes === null || bytes.length <= 4) throw new Fault('SIGNATURE_LINE');
  return { name: found[1], id: bytes.subarray(0, 4), blob: bytes.subarray(4) };
}

function signaturesOf(note, { name, id }) {
  return note.signatures.filter((line) => line.name === name && equalBytes(line.id, id)).map((line) => line.blob);
}

/** Whether a key signed a note, and each signature that it is said to have made is its own. */
export async function isSignedBy(note, verifier) {
  const blobs = signaturesOf(note, verifier);
  for (const blob of blobs) {
    if (!(await verifySignature(verifier.key, utf8Encode(note.text), blob))) return false;
  }
  return blobs.length > 0;
}

/** `{origin, size, root, note}` of a checkpoint that at least one of these keys of its log signed; throws otherwise. */
export async function verifyCheckpoint(text, keys) {
  const note = parseNote(text);
  const checkpoint = await parseCheckpoint(note.text);
  let isVerified = false;
  for (const key of keys.filter(({ name, isCosigner }) => name === checkpoint.origin && !isCosigner)) {
    const blobs = signaturesOf(note, key);
    if (blobs.length > 0 && !(await isSignedBy(note, key))) throw new Fault('BAD_SIGNATURE');
    isVerified ||= blobs.length > 0;
  }
  if (!isVerified) throw new Fault('NO_KNOWN_SIGNATURE', 'no key that is known has signed the checkpoint');
  return { ...checkpoint, note };
}

async function parseCheckpoint(text) {
  const lines = text.split('\n');
  if (lines.length > 4) throw new Fault('EXTENSION_LINES');
  if (lines.length < 4) throw new Fault('CHECKPOINT_SHAPE');
  const [origin, sizeText, rootText] = lines;
  if (!isKeyName(origin)) throw new Fault('KEY_NAME');
  const size = readDecimal(sizeText);
  if (size === null) throw new Fault('TREE_SIZE');
  const root = base64Decode(rootText);
  if (root?.length !== 32 || (size === 0 && !equalBytes(root, await emptyRoot()))) throw new Fault('ROOT_HASH');
  return { origin, size, root };
}

/** A decimal below 2^64 in its one spelling, or null. */
export function readDecimal(text) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) return null;
  const value = BigInt(text);
  return value < 2n ** 64n ? exactInteger(value) : null;
}

/** `[index, seconds]` of each of these witnesses that cosigned; throws if one of them did not sign what it is said to have. */
export async function readCosignatures({ note }, witnesses) {
  const found = [];
  for (const [index, witness] of witnesses.entries()) {
    let earliest = null;
    for (const blob of signaturesOf(note, witness)) {
      if (blob.length !== 72) throw new Fault('BAD_SIGNATURE');
      const time = readUnsigned(blob, 0, 8);
      const message = utf8Encode(`cosignature/v1\ntime ${time}\n${note.text}`);
      if (time > TIMESTAMP_MAX) throw new Fault('TIMESTAMP');
      if (!(await verifySignature(witness.key, message, blob.subarray(8)))) throw new Fault('BAD_SIGNATURE');
      if (earliest === null || time < earliest) earliest = time;
    }
    if (earliest !== null) found.push([index, earliest]);
  }
  return found;
}
