// Keys and compact JWS by WebCrypto: EdDSA and ES256, as strictly as SPEC.md, "Statement", asks.
import { Fault, base64urlDecode, base64urlEncode, concatBytes, sha256, utf8Decode, utf8Encode } from './bytes.js';
import { isEdPoint, isP256Point, isStrictEdSignature } from './curve.js';
import { isObject, parseJson } from './json.js';

const ALGORITHMS = {
  Ed25519: { jose: 'EdDSA', web: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
  ES256: { jose: 'ES256', web: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
};
const JOSE_NAMES = { EdDSA: 'Ed25519', Ed25519: 'Ed25519', ES256: 'ES256' };
const DID_JWK = 'did:jwk:';

/** Whether this browser verifies Ed25519; where it does not, nothing can be checked. */
export async function hasEd25519() {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32).fill(9), ALGORITHMS.Ed25519.web, false, ['verify']);
    return true;
  } catch {
    return false;
  }
}

/**
 * A public key of a JWK: `{algorithm, jwk, thumbprint, did}`, `jwk` with its required members alone in RFC 7638's order. Other members
 * are ignored, but `d` is refused. Null if it is no key.
 */
export async function readPublicKey(jwk) {
  if (!isObject(jwk) || 'd' in jwk) return null;
  return publicPart(jwk);
}

async function publicPart(jwk) {
  const coordinate = (name) => (typeof jwk[name] === 'string' ? base64urlDecode(jwk[name]) : null);
  const [x, y] = [coordinate('x'), coordinate('y')];
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519' && x && isEdPoint(x)) {
    return keyOf('Ed25519', { crv: 'Ed25519', kty: 'OKP', x: jwk.x }, x);
  }
  if (jwk.kty === 'EC' && jwk.crv === 'P-256' && x && y && isP256Point(x, y)) {
    return keyOf('ES256', { crv: 'P-256', kty: 'EC', x: jwk.x, y: jwk.y }, concatBytes(Uint8Array.of(4), x, y));
  }
  return null;
}

async function keyOf(algorithm, jwk, raw) {
  const text = utf8Encode(JSON.stringify(jwk));
  const thumbprint = base64urlEncode(await sha256(text));
  return { algorithm, jwk, thumbprint, did: DID_JWK + base64urlEncode(text), raw, web: null };
}

/** The key of 32 bytes; null if they are no Ed25519 key. */
export function readEd25519Bytes(bytes) {
  return readPublicKey({ kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(bytes) });
}

/** The key of a did:jwk in its one spelling, or null. */
export async function readDidJwk(did) {
  const bytes = did.startsWith(DID_JWK) ? base64urlDecode(did.slice(DID_JWK.length)) : null;
  try {
    const key = bytes && (await readPublicKey(parseJson(bytes)));
    return key && key.did === did ? key : null;
  } catch {
    return null;
  }
}

/** Whether 64 bytes are this key's signature over a message. */
export async function verifySignature(key, message, signature) {
  if (signature.length !== 64) return false;
  if (key.algorithm === 'Ed25519' && !isStrictEdSignature(signature)) return false;
  const { web, sign } = ALGORITHMS[key.algorithm];
  key.web ??= await crypto.subtle.importKey('raw', key.raw, web, false, ['verify']);
  return crypto.subtle.verify(sign, key.web, signature, message);
}

/**
 * A compact JWS, not yet verified: `{alg, typ, kid, hasMore, payload, signature, signed}`; `typ` and `kid` are null where they are no
 * strings, `hasMore` if the header has other members.
 */
export function parseJws(text) {
  const parts = text.split('.');
  if (parts.length < 3) throw new Fault('MALFORMED', 'not a compact JWS', true);
  const signed = text.slice(0, text.lastIndexOf('.'));
  const header = jsonPart(parts[0]);
  if ('crit' in header) throw new Fault('CRIT_NOT_SUPPORTED');
  const alg = Object.hasOwn(JOSE_NAMES, header.alg) ? JOSE_NAMES[header.alg] : null;
  if (typeof header.alg !== 'string' || alg === null) throw new Fault('ALG_NOT_ALLOWED');
  const string = (name) => (typeof header[name] === 'string' ? header[name] : null);
  const hasMore = Object.keys(header).some((name) => !['alg', 'typ', 'kid'].includes(name));
  const payload = jsonPart(signed.slice(parts[0].length + 1));
  const signature = base64urlDecode(parts.at(-1));
  if (signature === null) throw new Fault('MALFORMED', 'the signature is not base64url', true);
  if (signature.length !== 64) throw new Fault('SIGNATURE_INVALID');
  return { alg, typ: string('typ'), kid: string('kid'), hasMore, payload, signature, signed };
}

function jsonPart(text) {
  const bytes = base64urlDecode(text);
  if (bytes === null) throw new Fault('MALFORMED', 'not base64url', true);
  const value = parseJson(bytes);
  if (!isObject(value)) throw new Fault('MALFORMED', 'not a JSON object');
  return value;
}

/** Throws unless the JWS is signed by this key, as its `alg` and, if it has one, its `kid` say. */
export async function verifyJws(jws, key) {
  if (jws.kid !== null && jws.kid !== key.thumbprint) throw new Fault('KID_MISMATCH');
  if (jws.alg !== key.algorithm) throw new Fault('ALG_KEY_MISMATCH');
  if (!(await verifySignature(key, utf8Encode(jws.signed), jws.signature))) throw new Fault('SIGNATURE_INVALID');
}

/** A new signer `{publicKey, privateKey}`; unless asked for, its private key never leaves the browser. */
export async function generateSigner(algorithm = 'Ed25519', extractable = false) {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[algorithm].web, extractable, ['sign', 'verify']);
  const publicKey = await readPublicKey(withoutUse(await crypto.subtle.exportKey('jwk', pair.publicKey)));
  return { publicKey, privateKey: pair.privateKey };
}

/** The signer of a private JWK, or null; the private key cannot be exported again. */
export async function readSigner(jwk) {
  const publicKey = isObject(jwk) ? await publicPart(jwk) : null;
  if (!publicKey || typeof jwk.d !== 'string' || base64urlDecode(jwk.d)?.length !== 32) return null;
  const { web, sign } = ALGORITHMS[publicKey.algorithm];
  try {
    const privateKey = await crypto.subtle.importKey('jwk', { ...publicKey.jwk, d: jwk.d }, web, false, ['sign']);
    const probe = utf8Encode('skillpass key');
    const signature = new Uint8Array(await crypto.subtle.sign(sign, privateKey, probe));
    // Halves of two keys sign what nobody verifies.
    return (await verifySignature(publicKey, probe, signature)) ? { publicKey, privateKey } : null;
  } catch {
    return null;
  }
}

function withoutUse({ kty, crv, x, y }) {
  return y === undefined ? { kty, crv, x } : { kty, crv, x, y };
}

/** Signs `payload` under a header of `alg`, `typ` and `kid`. */
export async function signJws(typ, payload, signer) {
  const { algorithm, thumbprint } = signer.publicKey;
  const header = { alg: ALGORITHMS[algorithm].jose, typ, kid: thumbprint };
  const part = (value) => base64urlEncode(utf8Encode(JSON.stringify(value)));
  const signed = `${part(header)}.${part(payload)}`;
  const signature = await crypto.subtle.sign(ALGORITHMS[algorithm].sign, signer.privateKey, utf8Encode(signed));
  return `${signed}.${base64urlEncode(new Uint8Array(signature))}`;
}

/** A JSON file of a key, as `skillpass key` writes it; null if the text is no JSON. */
export function readJwkText(bytes) {
  try {
    return utf8Decode(bytes) === null ? null : parseJson(bytes);
  } catch {
    return null;
  }
}
