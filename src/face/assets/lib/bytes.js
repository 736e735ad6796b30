// Bytes and their one spelling (SPEC.md, "Encodings"). What is not the one spelling of any bytes decodes to null.

/** A broken rule, by its stable name; `isUndecodable` where a text was not even of its encoding. */
export class Fault extends Error {
  constructor(reason, message, isUndecodable = false) {
    super(message ?? reason);
    this.reason = reason;
    this.isUndecodable = isUndecodable;
  }
}

const ENCODER = new TextEncoder();
// A byte order mark is kept, so that it is seen and refused.
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a string. */
export function utf8Encode(text) {
  return ENCODER.encode(text);
}

/** The string of UTF-8 bytes; null if they are not UTF-8. */
export function utf8Decode(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

export function concatBytes(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equalBytes(one, other) {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

const URL_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const STANDARD_ALPHABET = URL_ALPHABET.slice(0, 62) + '+/';

function decodeTable(alphabet) {
  const table = new Int8Array(128).fill(-1);
  for (let value = 0; value < 64; value += 1) table[alphabet.charCodeAt(value)] = value;
  return table;
}
const URL_TABLE = decodeTable(URL_ALPHABET);
const STANDARD_TABLE = decodeTable(STANDARD_ALPHABET);

function encode64(bytes, alphabet) {
  const pieces = [];
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const bits = (bytes[at] << 16) | ((left > 1 ? bytes[at + 1] : 0) << 8) | (left > 2 ? bytes[at + 2] : 0);
    text += alphabet[bits >> 18] + alphabet[(bits >> 12) & 63];
    if (left > 1) text += alphabet[(bits >> 6) & 63];
    if (left > 2) text += alphabet[bits & 63];
    if (text.length > 8192) {
      pieces.push(text);
      text = '';
    }
  }
  pieces.push(text);
  return pieces.join('');
}

function decode64(text, table) {
  const spare = text.length % 4;
  if (spare === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, held, at] = [0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const value = code < 128 ? table[code] : -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at] = (bits >> held) & 255;
      at += 1;
    }
  }
  // Spare bits are zero, or the same bytes had several spellings.
  return (bits & ((1 << held) - 1)) === 0 ? bytes : null;
}

/** base64url without padding (RFC 4648 section 5). */
export function base64urlEncode(bytes) {
  return encode64(bytes, URL_ALPHABET);
}

export function base64urlDecode(text) {
  return decode64(text, URL_TABLE);
}

/** Padded base64 (RFC 4648 section 4), as signed notes use it. */
export function base64Encode(bytes) {
  const text = encode64(bytes, STANDARD_ALPHABET);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

export function base64Decode(text) {
  if (text.length % 4 !== 0) return null;
  const bare = text.replace(/={1,2}$/, '');
  return decode64(bare, STANDARD_TABLE);
}

/** Lower-case hexadecimal. */
export function hexEncode(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function hexDecode(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** SHA-256 over the parts, one after the other. */
export async function sha256(...parts) {
  const whole = parts.length === 1 ? parts[0] : concatBytes(...parts);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

/** `length` random bytes. */
export function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Integers as everywhere in these modules: a number while it is exact, beyond that a BigInt. They compare with `<`, `===`. */
export function exactInteger(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

export function readUnsigned(bytes, at, length) {
  let value = 0n;
  for (const byte of bytes.subarray(at, at + length)) value = (value << 8n) | BigInt(byte);
  return exactInteger(value);
}

/** Big-endian. */
export function unsignedBytes(value, length) {
  const bytes = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** Whether strings stand in ascending order of their UTF-8 bytes; JavaScript's `<` compares UTF-16 units. */
export function isBefore(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = left[at].codePointAt(0) - right[at].codePointAt(0);
    if (difference !== 0) return difference < 0;
  }
  return left.length < right.length;
}
