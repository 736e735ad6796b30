// The bytes that the log hashes, and what they commit to (SPEC.md, "Entry", "Streams").
import { Fault, concatBytes, equalBytes, hexEncode, readUnsigned, sha256, unsignedBytes, utf8Decode, utf8Encode } from '../lib/bytes.js';

export const CLASS_LEDGER = 0;
export const CLASS_INSTITUTION = 1;
export const CLASS_PERSON = 2;
const PERSON_BYTES = 74;
const PUBLIC_HEAD_BYTES = 64;
const STATEMENT_MOST = 32768;

/** A person's entry `{class, recordedAt, s, l}`, or a public one `{class, recordedAt, stream, revision, prev, statement}`. */
export function decodeEntry(bytes) {
  if (bytes.length < 1) throw new Fault('ENTRY_TRUNCATED');
  if (bytes[0] !== 1) throw new Fault('ENTRY_UNKNOWN_VERSION');
  if (bytes.length < 2) throw new Fault('ENTRY_TRUNCATED');
  const entryClass = bytes[1];
  if (entryClass > CLASS_PERSON) throw new Fault('ENTRY_UNKNOWN_CLASS');
  const recordedAt = readUnsigned(bytes, 2, 8);
  if (entryClass === CLASS_PERSON) {
    checkLength(bytes, PERSON_BYTES);
    return { class: entryClass, recordedAt, s: bytes.slice(10, 42), l: bytes.slice(42) };
  }
  if (bytes.length < PUBLIC_HEAD_BYTES) throw new Fault('ENTRY_TRUNCATED');
  const length = readUnsigned(bytes, 62, 2);
  if (length === 0 || length > STATEMENT_MOST) throw new Fault('ENTRY_STATEMENT_LENGTH');
  checkLength(bytes, PUBLIC_HEAD_BYTES + length);
  const text = bytes.subarray(PUBLIC_HEAD_BYTES);
  if (text.some((byte) => byte > 127)) throw new Fault('ENTRY_NOT_ASCII');
  const [revision, prev] = [readUnsigned(bytes, 26, 4), bytes.slice(30, 62)];
  if ((revision === 0) !== prev.every((byte) => byte === 0)) throw new Fault('ENTRY_PREVIOUS_AND_REVISION');
  const statement = utf8Decode(text);
  return { class: entryClass, recordedAt, stream: hexEncode(bytes.subarray(10, 26)), revision, prev, statement };
}

function checkLength(bytes, length) {
  if (bytes.length < length) throw new Fault('ENTRY_TRUNCATED');
  if (bytes.length > length) throw new Fault('ENTRY_TRAILING_BYTES');
}

/** S: hides the statement until `n_s` is shown. */
export function statementCommitment(nonce, jwt) {
  return sha256(utf8Encode('skillpass/v1 statement\n'), nonce, utf8Encode(jwt));
}

/** What the first L of a worker follows. */
export function chainStart(genesisHash, worker) {
  return sha256(utf8Encode('skillpass/v1 start\n'), genesisHash, worker);
}

/** L: ties a worker's entries to each other. */
export function chainLink(nonce, worker, revision, previous, recordedAt, s) {
  const numbers = [unsignedBytes(revision, 4), previous, unsignedBytes(recordedAt, 8)];
  return sha256(utf8Encode('skillpass/v1 link\n'), nonce, worker, ...numbers, s);
}

/** The id of a body's stream, hexadecimal. */
export async function institutionStream(subject) {
  return streamOf(`skillpass/v1 institution\n${subject}`);
}

/** The id of the ledger's own stream, hexadecimal. */
export async function ledgerStream() {
  return streamOf('skillpass/v1 ledger\n');
}

async function streamOf(text) {
  return hexEncode((await sha256(utf8Encode(text))).subarray(0, 16));
}

/** RFC 6962: the hash of a leaf. */
export function leafHash(entry) {
  return sha256(Uint8Array.of(0), entry);
}

function nodeHash(left, right) {
  return sha256(Uint8Array.of(1), left, right);
}

/** RFC 9162 section 2.1.3.2: whether a proof leads from a leaf's hash to the root of the tree of this size. */
export async function isIncluded(leaf, size, hash, proof, root) {
  if (leaf >= size) return false;
  let [first, last, node] = [BigInt(leaf), BigInt(size) - 1n, hash];
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (first & 1n || first === last) {
      node = await nodeHash(sibling, node);
      while (first !== 0n && !(first & 1n)) [first, last] = [first >> 1n, last >> 1n];
    } else {
      node = await nodeHash(node, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n && equalBytes(node, root);
}

/** The hash of the empty tree. */
export function emptyRoot() {
  return sha256(concatBytes());
}
