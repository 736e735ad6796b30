// Worker ids: `wkr_`, 26 characters of Crockford's base32 and an ISO 7064 MOD 37,36 check character (SPEC.md, "Worker id").
import { randomBytes } from './bytes.js';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ISO_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const LOOK_ALIKES = { o: '0', i: '1', l: '1' };
const TYPED_MAX = 64;

/** The id of 16 bytes. */
export function workerId(bytes) {
  let value = bytes.reduce((whole, byte) => (whole << 8n) | BigInt(byte), 0n);
  let body = '';
  for (let place = 0; place < 26; place += 1) {
    body = ALPHABET[Number(value & 31n)] + body;
    value >>= 5n;
  }
  return `wkr_${body}${checkLetter(body)}`;
}

/** A random one, as whoever opens a passport chooses it. */
export function newWorkerId() {
  return workerId(randomBytes(16));
}

/** An id as people type it: `{id}`, or `{reason}` of what is wrong. Hyphens, capitals and look-alikes are forgiven. */
export function readTypedWorkerId(typed) {
  const malformed = { reason: 'MALFORMED_WORKER_ID' };
  if (typed.length > TYPED_MAX) return malformed;
  const text = typed.trim().toLowerCase();
  const bare = text.startsWith('wkr_') ? text.slice(4) : text;
  const folded = Array.from(bare).filter((one) => one !== '-' && one !== ' ').map(fold).join('');
  const [body, check] = [folded.slice(0, 26), folded.slice(26)];
  if (!/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(body) || check.length !== 1) return malformed;
  const right = checkLetter(body);
  return check === fold(right) ? { id: `wkr_${body}${right}` } : { reason: 'WORKER_ID_CHECK_CHARACTER' };
}

/** In groups of four, as people read it aloud. */
export function spacedWorkerId(worker) {
  return `wkr_${worker.slice(4).match(/.{1,4}/g).join('-')}`;
}

function checkLetter(body) {
  let product = 36;
  for (const character of body) {
    const sum = (product + ISO_ALPHABET.indexOf(character)) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  return ISO_ALPHABET[(37 - product) % 36];
}

function fold(character) {
  return LOOK_ALIKES[character] ?? character;
}
