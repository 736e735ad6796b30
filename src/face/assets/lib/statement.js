// A statement: our profile of SD-JWT VC, read strictly, rule by rule (SPEC.md, "Statement").
import { Fault, utf8Encode } from './bytes.js';
import { isInteger, isObject } from './json.js';
import { parseJws, readDidJwk, readPublicKey, verifyJws } from './jose.js';
import { disclosureDigest, holdsMarker, isDigest, isMarker, parseDisclosure, splitSdJwt, statementHash } from './sdjwt.js';

export const STATEMENT_TYP = 'dc+sd-jwt';
export const STATEMENT_BYTES_MAX = 32768;
const DISCLOSURES_MAX = 64;
const SALT_CHARACTERS_MIN = 22;
const ISSUED_AT_MAX = 253402300799;
const PROTECTED = ['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'aka_vcts', 'status', 'iat', 'jti'];
const CLEAR = ['iss', 'vct', 'jti', 'iat', 'cnf', 'status'];
const UUID_7 = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const PATH = "(?:[/?](?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?";
const HTTPS = new RegExp(`^https://${LABEL}(?:\\.${LABEL})*(?::([1-9][0-9]{0,4}))?${PATH}$`);

/** Whether a text names a body: an https URI in its one spelling. */
export function isIssuerUri(text) {
  return isHttpsUri(text, 256) && !text.includes('?');
}

function isHttpsUri(text, bytesMax) {
  const found = text.length <= bytesMax ? HTTPS.exec(text) : null;
  return found !== null && Number(found[1] ?? 443) <= 65535;
}

/**
 * A statement, not yet verified: `{text, jwt, issuer, issuerKey, vct, id, issuedAt, kid, holderKey, claims, disclosures, undisclosed,
 * isInClear, hash}`. `claims` are all but those in clear, `disclosures` the text of each by its name, `issuerKey` the key of a did:jwk.
 */
export async function parseStatement(text) {
  if (utf8Encode(text).length > STATEMENT_BYTES_MAX) throw new Fault('TOO_LARGE');
  const parts = splitSdJwt(text);
  if (parts === null) throw new Fault('MALFORMED', 'not an SD-JWT');
  if (parts.binding !== null) {
    throw new Fault(parts.binding.includes('.') ? 'KEY_BINDING_NOT_ALLOWED' : 'MALFORMED', 'not an SD-JWT');
  }
  const jws = parseJws(parts.jwt);
  if (jws.typ !== STATEMENT_TYP) throw new Fault('WRONG_TYP');
  if (jws.kid === null) throw new Fault('KID_MISSING');
  if (jws.hasMore) throw new Fault('HEADER_MEMBER_UNKNOWN');
  const clear = await readClear(jws);
  const rest = Object.create(null);
  for (const [name, value] of Object.entries(jws.payload)) {
    if (!CLEAR.includes(name) && name !== '_sd') rest[name] = value;
  }
  const isInClear = !('_sd' in jws.payload);
  const said = isInClear ? readPublic(parts.disclosures, rest) : await readPerson(jws.payload._sd, parts.disclosures, rest);
  return { text, jwt: parts.jwt, jws, ...clear, ...said, isInClear, hash: await statementHash(text) };
}

/** Throws unless this key signed the statement. */
export async function verifyStatement(statement, key) {
  await verifyJws(statement.jws, key);
}

async function readClear({ payload, kid, alg }) {
  const issuer = payload.iss;
  if (typeof issuer !== 'string') throw new Fault('ISSUER_INVALID');
  const issuerKey = issuer.startsWith('did:jwk:') ? await readDidJwk(issuer) : null;
  if (issuerKey === null) {
    if (!isIssuerUri(issuer)) throw new Fault('ISSUER_INVALID');
    if (alg !== 'Ed25519') throw new Fault('ALG_NOT_FOR_ISSUER');
  } else if (issuerKey.thumbprint !== kid) {
    throw new Fault('ISSUER_KEY_MISMATCH');
  }
  const { vct, jti: id, iat: issuedAt } = payload;
  if (typeof vct !== 'string' || !/^[!-~]{1,256}$/.test(vct)) throw new Fault('VCT_MISSING');
  if (typeof id !== 'string' || !UUID_7.test(id)) throw new Fault('ID_INVALID');
  if (!isInteger(issuedAt) || issuedAt < 0 || issuedAt > ISSUED_AT_MAX) throw new Fault('ISSUED_AT_INVALID');
  if ('exp' in payload || 'nbf' in payload) throw new Fault('EXPIRY_NOT_ALLOWED');
  const holderKey = 'cnf' in payload ? await readHolderKey(payload.cnf) : null;
  if ('status' in payload && !isStatus(payload.status)) throw new Fault('STATUS_INVALID');
  return { issuer, issuerKey, kid, vct, id, issuedAt, holderKey };
}

async function readHolderKey(cnf) {
  const jwk = hasExactly(cnf, ['jwk']) ? cnf.jwk : null;
  const key = await readPublicKey(jwk);
  if (key === null || !hasExactly(jwk, Object.keys(key.jwk))) throw new Fault('HOLDER_KEY_INVALID');
  return key;
}

function isStatus(status) {
  const list = hasExactly(status, ['status_list']) ? status.status_list : null;
  if (!hasExactly(list, ['uri', 'idx'])) return false;
  return typeof list.uri === 'string' && isHttpsUri(list.uri, 512) && isInteger(list.idx) && list.idx >= 0;
}

/** Whether a value is an object of these members and no others. */
export function hasExactly(value, names) {
  return isObject(value) && Object.keys(value).length === names.length && names.every((name) => name in value);
}

function readPublic(disclosures, claims) {
  if (disclosures.length > 0) throw new Fault('DISCLOSURE_UNREFERENCED');
  if ('_sd_alg' in claims) throw new Fault('SD_INVALID');
  if (holdsMarker(claims)) throw new Fault('NESTED_DISCLOSURE');
  return { claims, disclosures: Object.create(null), undisclosed: 0 };
}

async function readPerson(digests, disclosures, rest) {
  if ('_sd_alg' in rest && rest._sd_alg !== 'sha-256') throw new Fault('SD_ALG_UNKNOWN');
  if (Object.keys(rest).some((name) => name !== '_sd_alg')) throw new Fault('CLAIM_IN_CLEAR');
  if (!Array.isArray(digests) || digests.length === 0) throw new Fault('SD_INVALID');
  if (digests.length > DISCLOSURES_MAX) throw new Fault('TOO_MANY_DISCLOSURES');
  if (!digests.every(isDigest)) throw new Fault('SD_INVALID');
  const open = new Set(digests);
  if (open.size < digests.length) throw new Fault('DIGEST_TWICE');
  const [claims, texts] = [Object.create(null), Object.create(null)];
  for (const text of disclosures) {
    const digest = await disclosureDigest(text);
    if (!digests.includes(digest)) throw new Fault('DISCLOSURE_UNREFERENCED');
    if (!open.delete(digest)) throw new Fault('DISCLOSURE_TWICE');
    const { name, value } = readClaim(text);
    if (name in claims) throw new Fault('CLAIM_COLLISION');
    claims[name] = value;
    texts[name] = text;
  }
  return { claims, disclosures: texts, undisclosed: open.size };
}

function readClaim(text) {
  const { salt, name, value } = parseDisclosure(text);
  if (name === null) throw new Fault('DISCLOSURE_ARITY');
  if (Array.from(salt).length < SALT_CHARACTERS_MIN) throw new Fault('SALT_TOO_SHORT');
  if (PROTECTED.includes(name)) throw new Fault('PROTECTED_CLAIM_DISCLOSED');
  if (name === '_sd_alg') throw new Fault('DISCLOSURE_RESERVED_NAME');
  if (isMarker(name) || holdsMarker(value)) throw new Fault('NESTED_DISCLOSURE');
  return { name, value };
}
