// Token Status Lists, for bare SD-JWTs (SPEC.md, "Status lists").
import { Fault, base64urlDecode, concatBytes, readUnsigned, utf8Encode } from '../lib/bytes.js';
import { Real, isInteger, isObject } from '../lib/json.js';
import { parseJws, verifyJws } from '../lib/jose.js';
import { CLOCK_SKEW } from './report.js';

const TOKEN_BYTES_MAX = 8 * 1024 * 1024;
const LIST_BYTES_MAX = 16 * 1024 * 1024;
const NUMBERS = ['valid', 'revoked (INVALID)', 'suspended', 'superseded or otherwise not valid (3)'];

/** `[status, why]`: what a list `{token, key}` that was given says of a statement with this payload. */
export async function checkStatusList(payload, { token, key }, now, maxAge) {
  const reference = payload.status?.status_list;
  const isNamed = typeof reference?.uri === 'string' && isInteger(reference.idx) && reference.idx >= 0;
  if (!isNamed) return ['UNKNOWN', 'the statement names no status list'];
  let found = null;
  try {
    found = await lookUp(token, key, reference);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return ['FAIL', fault.reason];
  }
  const { number, iat, exp, ttl } = found;
  const hasEnded = exp !== null && exp <= now;
  if (hasEnded || iat > now + CLOCK_SKEW) return ['UNKNOWN', 'the status list has expired, or is from the future: fetch it again'];
  if (number !== 0) return ['FAIL', `${NUMBERS[number] ?? `not valid (${number})`}, says the status list`];
  const age = ttl !== null ? Math.max(ttl, 0) : exp !== null ? Infinity : maxAge;
  if (now < iat + age) return ['PASS', 'valid, says the status list'];
  return ['UNKNOWN', 'valid when the status list was made, which is too long ago: fetch it again'];
}

async function lookUp(token, key, reference) {
  if (utf8Encode(token).length > TOKEN_BYTES_MAX) throw new Fault('TOO_LARGE');
  const jws = parseJws(token);
  if (jws.typ !== 'statuslist+jwt') throw new Fault('WRONG_TYP');
  await verifyJws(jws, key);
  const { sub, status_list: list } = jws.payload;
  if (typeof sub !== 'string') throw new Fault('STATUS_LIST_MALFORMED');
  if (sub !== reference.uri) throw new Fault('STATUS_LIST_OTHER_URI');
  const [iat, exp, ttl] = ['iat', 'exp', 'ttl'].map((name) => secondsIn(jws.payload, name));
  if (iat === null || !isObject(list)) throw new Fault('STATUS_LIST_MALFORMED');
  if (![1, 2, 4, 8].includes(list.bits)) throw new Fault('bits' in list ? 'STATUS_LIST_BITS' : 'STATUS_LIST_MALFORMED');
  if (typeof list.lst !== 'string') throw new Fault('STATUS_LIST_MALFORMED');
  const bytes = await inflate(base64urlDecode(list.lst));
  const each = BigInt(8 / list.bits);
  const index = BigInt(reference.idx);
  const byte = bytes[Number(index / each)];
  if (byte === undefined) throw new Fault('STATUS_INDEX_OUT_OF_RANGE');
  const number = (byte >> (list.bits * Number(index % each))) & (2 ** list.bits - 1);
  return { number, iat, exp, ttl };
}

function secondsIn(payload, name) {
  if (!(name in payload)) return null;
  const value = payload[name];
  if (isInteger(value)) return Number(value);
  if (value instanceof Real) return Math.trunc(value.value);
  throw new Fault('STATUS_LIST_MALFORMED');
}

/** One whole zlib stream, inflated up to the limit, whatever it promises. */
async function inflate(compressed) {
  if (compressed === null) throw new Fault('STATUS_LIST_NOT_ZLIB');
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of readStream(new Blob([compressed]).stream().pipeThrough(new DecompressionStream('deflate')))) {
      length += chunk.length;
      if (length > LIST_BYTES_MAX) throw new Fault('STATUS_LIST_TOO_LARGE');
      chunks.push(chunk);
    }
  } catch (fault) {
    throw fault instanceof Fault ? fault : new Fault('STATUS_LIST_NOT_ZLIB');
  }
  const bytes = concatBytes(...chunks);
  // Not every DecompressionStream minds bytes behind the stream, which ends in its checksum.
  if (adler32(bytes) !== readUnsigned(compressed, compressed.length - 4, 4)) throw new Fault('STATUS_LIST_NOT_ZLIB');
  return bytes;
}

async function* readStream(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function adler32(bytes) {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}
