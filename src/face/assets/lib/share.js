// Share links (SPEC.md, "Share links"): what follows from a link's secret, which never leaves the browser.
import { base64urlDecode, base64urlEncode, concatBytes, randomBytes, sha256, utf8Encode } from './bytes.js';

const SECRET_BYTES = 16;
const FRAGMENT = '#s=';

/** A new secret. */
export function newShareSecret() {
  return randomBytes(SECRET_BYTES);
}

/** The secret in a link or in an address's fragment; null if there is none. */
export function readShareSecret(link) {
  const at = link.indexOf(FRAGMENT);
  const secret = at < 0 ? null : base64urlDecode(link.slice(at + FRAGMENT.length));
  return secret?.length === SECRET_BYTES ? secret : null;
}

/** The link, on the server at `base`. */
export function shareLink(base, secret) {
  return `${base}/v${FRAGMENT}${base64urlEncode(secret)}`;
}

/** What is sent to ask for the box. */
export function shareId(secret) {
  return derive(secret, utf8Encode('skillpass/v1 share id\n'), 16);
}

/** What is sent beside it: only who has the link and knows the birth date (YYYY-MM-DD) can make it. */
export function shareGate(secret, birthDate) {
  return derive(secret, utf8Encode(`skillpass/v1 share birth date\n${birthDate}`), 32);
}

/** The nonce of the presentation: it was made for this link. */
export async function shareNonce(secret) {
  return base64urlEncode(await derive(secret, utf8Encode('skillpass/v1 share nonce\n'), 16));
}

/** By what the ledger knows the link: its name and the hash of its gate. */
export async function shareNames(secret, birthDate) {
  const [name, gate] = [await sha256(await shareId(secret)), await sha256(await shareGate(secret, birthDate))];
  return { share: base64urlEncode(name.slice(0, 16)), gate: base64urlEncode(gate) };
}

/** The box that only this link opens. */
export async function closeShare(secret, presentation) {
  const { key, cipher } = await boxOf(secret, 'encrypt');
  return new Uint8Array(await crypto.subtle.encrypt(cipher, key, presentation));
}

/** The presentation in a box, or null if it is not this link's. */
export async function openShare(secret, box) {
  const { key, cipher } = await boxOf(secret, 'decrypt');
  try {
    return new Uint8Array(await crypto.subtle.decrypt(cipher, key, box));
  } catch {
    return null;
  }
}

async function boxOf(secret, use) {
  const bytes = await derive(secret, utf8Encode('skillpass/v1 share box\n'), 44);
  const key = await crypto.subtle.importKey('raw', bytes.slice(0, 32), 'AES-GCM', false, [use]);
  return { key, cipher: { name: 'AES-GCM', iv: bytes.slice(32), additionalData: await shareId(secret) } };
}

async function derive(secret, info, length) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: concatBytes(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, length * 8));
}
