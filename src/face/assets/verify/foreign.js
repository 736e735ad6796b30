// A bare SD-JWT of any software, with or without key binding, by the issuer's key alone (SPEC.md, "SD-JWTs of other software").
import { Fault, base64urlEncode, sha256, utf8Decode, utf8Encode } from '../lib/bytes.js';
import { JSON_DEPTH_MAX, Real, isInteger, isObject } from '../lib/json.js';
import { parseJws, readPublicKey, verifySignature } from '../lib/jose.js';
import { disclosureDigest, holdsMarker, isDigest, parseDisclosure, splitSdJwt } from '../lib/sdjwt.js';
import { STATEMENT_TYP } from '../lib/statement.js';
import { askedChecks, unanswered } from './question.js';
import { CLOCK_SKEW, Rows, WHOLE_FILE, makeReport } from './report.js';
import { checkStatusList } from './status-list.js';

const LEDGER_CHECKS = ['inclusion', 'checkpoint', 'witness_quorum', 'chain', 'issuer_authorised', 'issuer_scope'];
const PROTECTED = ['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'aka_vcts', 'status'];
const BYTES_MAX = 65536;
const DISCLOSURES_MAX = 64;
const BINDING_AGE_MAX = 86400;
const RED_CHECKS = {
  signature: ['SIGNATURE_INVALID'],
  issuer_key: ['ALG_KEY_MISMATCH', 'KID_MISMATCH', 'ISSUER_KEY_MISMATCH'],
  time: ['EXPIRED', 'NOT_YET_VALID', 'TIME_INVALID'],
  disclosures: [
    'SD_ALG_UNKNOWN', 'SD_INVALID', 'DIGEST_TWICE', 'DISCLOSURE_ARITY', 'DISCLOSURE_RESERVED_NAME', 'CLAIM_COLLISION', 'DISCLOSURE_TWICE',
    'DISCLOSURE_UNREFERENCED', 'PROTECTED_CLAIM_DISCLOSED', 'NESTED_DISCLOSURE', 'TOO_MANY_DISCLOSURES', 'DISCLOSURE_TOO_LARGE',
  ],
};

/** The report on bytes that do not begin as a passport file does. */
export async function verifyForeign(bytes, trust, options) {
  const rows = new Rows();
  const note = (check, status, why) => rows.note(check, status, WHOLE_FILE, why);
  const text = readableText(bytes);
  if (text === null) {
    note('type', 'FAIL', 'neither a passport file nor an SD-JWT');
    return makeReport(rows);
  }
  for (const check of LEDGER_CHECKS) note(check, 'NOT_APPLICABLE', 'a bare SD-JWT carries nothing of a ledger');
  if (options.statusList === null) note('status', 'NOT_APPLICABLE', "was not asked: give the status list that it names, and the list's key");
  if (options.issuerKey === null) {
    for (const check of ['signature', 'issuer_key']) note(check, 'UNKNOWN', "give the issuer's key to check a bare SD-JWT");
    return makeReport(rows);
  }
  let payload = null;
  try {
    payload = await verifySdJwt(text, options.issuerKey, options);
    notePassed(text, payload, options, note);
    if (options.statusList !== null) note('status', ...(await checkStatusList(payload, options.statusList, options.now, trust.statusMaxAge)));
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    note(redCheck(fault), 'FAIL', fault.message);
  }
  const asked = askedChecks(options);
  if (options.statusList !== null && !asked.includes('status')) asked.push('status');
  for (const check of asked.filter((one) => one !== 'status')) note(check, 'UNKNOWN', 'a bare SD-JWT does not tell: ask for the passport file');
  return makeReport(rows, [], asked, unanswered(options), payload);
}

function readableText(bytes) {
  if (bytes.length > BYTES_MAX + 2 || bytes.some((byte) => byte > 127)) return null;
  const text = utf8Decode(bytes).replace(/[\r\n]+$/, '');
  return text.includes('~') ? text : null;
}

function redCheck({ reason, isUndecodable }) {
  if (reason.startsWith('KEY_BINDING_')) return 'key_binding';
  if (isUndecodable) return 'signature';
  return Object.keys(RED_CHECKS).find((check) => RED_CHECKS[check].includes(reason)) ?? 'type';
}

function notePassed(text, payload, { audience, nonce }, note) {
  note('signature', 'PASS', 'every byte is as the issuer signed it');
  note('type', 'PASS', payload.vct);
  note('time', 'PASS', 'within its times');
  note('disclosures', 'PASS', 'each claim shown is one that the issuer signed');
  note('issuer_key', 'PASS', `the key given verifies it; it says its issuer is ${payload.iss}`);
  const isBound = !text.endsWith('~');
  const [isAsked, isWhole] = [audience !== null || nonce !== null, audience !== null && nonce !== null];
  if (!isBound) note('key_binding', isAsked ? 'FAIL' : 'NOT_APPLICABLE', 'it is bound to nobody');
  else if (isAsked && !isWhole) note('key_binding', 'UNKNOWN', 'audience and nonce are compared together: give both');
  else note('key_binding', 'PASS', 'bound by its holder');
}

/** The processed payload; throws the first rule that is broken. */
export async function verifySdJwt(text, key, { now, audience, nonce }) {
  if (text.length > BYTES_MAX) throw new Fault('TOO_LARGE');
  const parts = splitSdJwt(text);
  if (parts === null) throw new Fault('MALFORMED');
  const jws = parseJws(parts.jwt);
  if (jws.typ !== STATEMENT_TYP) throw new Fault('WRONG_TYP');
  await verifyAlone(jws, key);
  const signed = jws.payload;
  if (PROTECTED.some((name) => name in signed && holdsMarker(signed[name]))) throw new Fault('PROTECTED_CLAIM_DISCLOSED');
  const payload = await processPayload(signed, parts.disclosures);
  if (PROTECTED.some((name) => name in payload && !(name in signed))) throw new Fault('PROTECTED_CLAIM_DISCLOSED');
  const isText = (value) => typeof value === 'string' && value !== '';
  if (!isText(payload.vct)) throw new Fault('VCT_MISSING');
  if (!isText(payload.iss)) throw new Fault('ISSUER_INVALID');
  const [expires, begins] = [timeOf(payload, 'exp'), timeOf(payload, 'nbf')];
  if (expires !== null && now >= expires) throw new Fault('EXPIRED');
  if (begins !== null && now < begins) throw new Fault('NOT_YET_VALID');
  const binding = audience === null || nonce === null ? null : { audience, nonce };
  await checkKeyBinding(text, parts.binding, payload, binding, now);
  return payload;
}

/** By the key alone: here a `kid` names it only for others. */
async function verifyAlone(jws, key) {
  if (jws.alg !== key.algorithm) throw new Fault('ALG_KEY_MISMATCH');
  if (!(await verifySignature(key, utf8Encode(jws.signed), jws.signature))) throw new Fault('SIGNATURE_INVALID');
}

function timeOf(payload, name) {
  if (!(name in payload)) return null;
  const value = payload[name];
  if (!isInteger(value) && !(value instanceof Real)) throw new Fault('TIME_INVALID');
  return Number(value instanceof Real ? value.value : value);
}

/** RFC 9901 section 7.1, steps 3 to 5. */
async function processPayload(signed, disclosures) {
  const { _sd_alg: algorithm } = signed;
  if (algorithm !== undefined && algorithm !== 'sha-256') throw new Fault('SD_ALG_UNKNOWN');
  const open = new Map();
  for (const text of disclosures) {
    if (open.size === DISCLOSURES_MAX) throw new Fault('TOO_MANY_DISCLOSURES');
    const [digest, disclosure] = [await disclosureDigest(text), parseDisclosure(text)];
    if (open.has(digest)) throw new Fault('DISCLOSURE_TWICE');
    open.set(digest, disclosure);
  }
  const payload = openObject(signed, 1, { open, seen: new Set() });
  // Last, so that a disclosure of this name collides with it.
  delete payload._sd_alg;
  if (open.size > 0) throw new Fault('DISCLOSURE_UNREFERENCED');
  return payload;
}

function openValue(value, depth, state) {
  if (Array.isArray(value)) return openArray(value, depth + 1, state);
  return isObject(value) ? openObject(value, depth + 1, state) : value;
}

function checkDepth(depth) {
  if (depth > JSON_DEPTH_MAX) throw new Fault('TOO_DEEP');
}

function openObject({ _sd: digests = [], ...members }, depth, state) {
  checkDepth(depth);
  if (!Array.isArray(digests)) throw new Fault('SD_INVALID');
  const object = Object.create(null);
  for (const [name, value] of Object.entries(members)) {
    if (name === '...') throw new Fault('DISCLOSURE_RESERVED_NAME');
    object[name] = openValue(value, depth, state);
  }
  for (const digest of digests) {
    const disclosure = takeDisclosure(digest, state);
    if (disclosure === null) continue;
    if (disclosure.name === null) throw new Fault('DISCLOSURE_ARITY');
    if (disclosure.name in object) throw new Fault('CLAIM_COLLISION');
    object[disclosure.name] = openValue(disclosure.value, depth, state);
  }
  return object;
}

function openArray(items, depth, state) {
  checkDepth(depth);
  const array = [];
  for (const item of items) {
    if (!isObject(item) || !('...' in item)) {
      array.push(openValue(item, depth, state));
      continue;
    }
    if (Object.keys(item).length !== 1) throw new Fault('DISCLOSURE_RESERVED_NAME');
    const disclosure = takeDisclosure(item['...'], state);
    if (disclosure === null) continue;
    if (disclosure.name !== null) throw new Fault('DISCLOSURE_ARITY');
    array.push(openValue(disclosure.value, depth, state));
  }
  return array;
}

/** What a digest names, or null for a decoy and for what is kept back. A digest stands in one place only. */
function takeDisclosure(digest, { open, seen }) {
  if (!isDigest(digest)) throw new Fault('SD_INVALID');
  if (seen.has(digest)) throw new Fault('DIGEST_TWICE');
  seen.add(digest);
  const disclosure = open.get(digest) ?? null;
  open.delete(digest);
  return disclosure;
}

/** RFC 9901 section 7.3: the holder signed for one audience, one nonce and exactly these bytes. */
async function checkKeyBinding(text, jwt, payload, binding, now) {
  if (jwt === null) {
    if (binding !== null) throw new Fault('KEY_BINDING_MISSING');
    return;
  }
  const key = isObject(payload.cnf) ? await readPublicKey(payload.cnf.jwk) : null;
  if (key === null) throw new Fault('KEY_BINDING_NO_HOLDER_KEY');
  const jws = readBindingJws(jwt);
  if (jws.typ !== 'kb+jwt') throw new Fault('KEY_BINDING_WRONG_TYP');
  if (jws.alg !== key.algorithm) throw new Fault('KEY_BINDING_WRONG_ALG');
  if (!(await verifySignature(key, utf8Encode(jws.signed), jws.signature))) throw new Fault('KEY_BINDING_SIGNATURE_INVALID');
  const { iat, aud, nonce, sd_hash: hash } = jws.payload;
  const isShaped = isInteger(iat) && iat <= 2n ** 63n - 1n && [aud, nonce, hash].every((value) => typeof value === 'string');
  if (!isShaped) throw new Fault('KEY_BINDING_MALFORMED');
  const signed = text.slice(0, text.length - jwt.length);
  if (hash !== base64urlEncode(await sha256(utf8Encode(signed)))) throw new Fault('KEY_BINDING_WRONG_HASH');
  if (iat > now + CLOCK_SKEW) throw new Fault('KEY_BINDING_ISSUED_IN_FUTURE');
  if (binding === null) return;
  if (aud !== binding.audience) throw new Fault('KEY_BINDING_WRONG_AUDIENCE');
  if (nonce !== binding.nonce) throw new Fault('KEY_BINDING_WRONG_NONCE');
  if (iat < now - BINDING_AGE_MAX) throw new Fault('KEY_BINDING_TOO_OLD');
}

function readBindingJws(jwt) {
  try {
    return parseJws(jwt);
  } catch (fault) {
    const reasons = { ALG_NOT_ALLOWED: 'KEY_BINDING_WRONG_ALG', SIGNATURE_INVALID: 'KEY_BINDING_SIGNATURE_INVALID' };
    throw new Fault(reasons[fault.reason] ?? 'KEY_BINDING_MALFORMED');
  }
}
