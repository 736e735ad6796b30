// SD-JWTs and their disclosures (RFC 9901), as far as the profile of SPEC.md, "Statement", uses them.
import { Fault, base64urlDecode, base64urlEncode, randomBytes, sha256, utf8Encode } from './bytes.js';
import { Real, isObject, parseJson } from './json.js';

export const DISCLOSURE_BYTES_MAX = 8192;
const MARKERS = ['_sd', '...'];

/** `{jwt, disclosures, binding}` of an SD-JWT; `binding` is the text behind the last `~`, null if there is none. Null if it has no `~`. */
export function splitSdJwt(text) {
  const parts = text.split('~');
  if (parts.length < 2) return null;
  return { jwt: parts[0], disclosures: parts.slice(1, -1), binding: parts.at(-1) || null };
}

/** `{salt, name, value}` of a disclosure; `name` is null for that of an array element. */
export function parseDisclosure(text) {
  if (utf8Encode(text).length > DISCLOSURE_BYTES_MAX) throw new Fault('DISCLOSURE_TOO_LARGE');
  const bytes = base64urlDecode(text);
  if (bytes === null) throw new Fault('MALFORMED', 'a disclosure is not base64url', true);
  const items = parseJson(bytes);
  const isShaped = Array.isArray(items) && typeof items[0] === 'string' && (items.length === 2 || items.length === 3);
  if (!isShaped || (items.length === 3 && typeof items[1] !== 'string')) throw new Fault('DISCLOSURE_ARITY');
  const name = items.length === 3 ? items[1] : null;
  if (isMarker(name)) throw new Fault('DISCLOSURE_RESERVED_NAME');
  return { salt: items[0], name, value: items.at(-1) };
}

/** A disclosure of one claim under a fresh salt. */
export function makeDisclosure(name, value) {
  return base64urlEncode(utf8Encode(JSON.stringify([base64urlEncode(randomBytes(16)), name, value])));
}

/** As it stands in `_sd`. */
export async function disclosureDigest(text) {
  return base64urlEncode(await sha256(utf8Encode(text)));
}

/** The hash of a statement: of its JWT alone, base64url. */
export async function statementHash(sdjwt) {
  return base64urlEncode(await sha256(utf8Encode(sdjwt.split('~')[0])));
}

export function isMarker(name) {
  return MARKERS.includes(name);
}

/** Whether a member named as only digests are stands anywhere in a value. */
export function holdsMarker(value) {
  if (Array.isArray(value)) return value.some(holdsMarker);
  if (!isObject(value) || value instanceof Real) return false;
  return Object.entries(value).some(([name, inner]) => isMarker(name) || holdsMarker(inner));
}

/** A digest: base64url of 32 bytes. */
export function isDigest(value) {
  return typeof value === 'string' && value.length === 43 && base64urlDecode(value) !== null;
}
