// Making statements about persons (SPEC.md, "Statement"): each claim one disclosure under a fresh salt, the digests sorted.
import { base64urlEncode, concatBytes, hexEncode, randomBytes, sha256, unsignedBytes, utf8Encode } from './bytes.js';
import { signJws } from './jose.js';
import { disclosureDigest, makeDisclosure, statementHash } from './sdjwt.js';
import { STATEMENT_TYP, parseStatement } from './statement.js';

const VCT_PREFIX = 'urn:skillpass:v1:';

/** A fresh `jti`: a UUID of version 7 (RFC 9562). */
export function newId(now = Date.now()) {
  const bytes = concatBytes(unsignedBytes(now, 6), randomBytes(10));
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = hexEncode(bytes);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Signs what `issuer` states: `{text, id, hash}`. `kind` is a bare name, `claims` an object with `sub`; `holderKey` is the public key that
 * `cnf` binds. What is made is read back strictly, so that nothing is signed that would be refused.
 */
export async function issueStatement({ issuer, kind, claims, holderKey, now = Date.now() }, signer) {
  const id = newId(now);
  const payload = { iss: issuer, iat: Math.floor(now / 1000), jti: id, vct: VCT_PREFIX + kind };
  if (holderKey) payload.cnf = { jwk: holderKey.jwk };
  const disclosures = Object.entries(claims).map(([name, value]) => makeDisclosure(name, value));
  payload._sd = (await Promise.all(disclosures.map(disclosureDigest))).sort();
  payload._sd_alg = 'sha-256';
  const jwt = await signJws(STATEMENT_TYP, payload, signer);
  const text = `${[jwt, ...disclosures].join('~')}~`;
  await parseStatement(text);
  return { text, id, hash: await statementHash(text) };
}

/** A document's number, committed to under a fresh salt: `{salt, commitment}` in base64url (SPEC.md, "Events"). */
export async function commitDocument(country, type, number) {
  const salt = randomBytes(16);
  const bare = number.replace(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g, '').toUpperCase();
  const text = utf8Encode(`${country}|${type}|${bare}`);
  const commitment = await sha256(utf8Encode('skillpass/v1 document\n'), salt, text);
  return { salt: base64urlEncode(salt), commitment: base64urlEncode(commitment) };
}
