// Whom a verifier believes (SPEC.md, "Trust file"): `{ledgers, roots, policy, statusMaxAge}`.
import { Fault, utf8Encode } from '../lib/bytes.js';
import { isObject } from '../lib/json.js';
import { readPublicKey } from '../lib/jose.js';
import { isSignedBy, logKey, parseNote, readVerifierKey } from './note.js';
import { readPolicy } from './policy.js';

const BYTES_MAX = 1024 * 1024;
const DEFAULT_MAX_AGE = 30 * 86400;
const AGE_MOST = 10 * 366 * 86400;
const LIST_SECONDS_MAX = 731 * 86400;

/** The trust file of TOML that was read into plain objects. Unknown members are errors: a misspelt limit is no limit. */
export async function readTrust(table) {
  const members = closed(table, ['status_max_age', 'witness_policy', 'ledger', 'root'], []);
  return {
    ledgers: await Promise.all(tables(members.ledger).map(readLedgerTable)),
    roots: tables(members.root).map(readRootTable),
    policy: 'witness_policy' in members ? await readPolicy(text(members.witness_policy)) : null,
    statusMaxAge: 'status_max_age' in members ? readDuration(text(members.status_max_age)) : DEFAULT_MAX_AGE,
  };
}

function refuse(isBroken, message) {
  if (isBroken) throw new Fault('TRUST_FILE_INVALID', message);
}

function closed(table, optional, required) {
  refuse(!isObject(table), 'not a table');
  const unknown = Object.keys(table).find((name) => !optional.includes(name) && !required.includes(name));
  refuse(unknown !== undefined, `unknown member \`${unknown}\``);
  const missing = required.find((name) => !(name in table));
  refuse(missing !== undefined, `\`${missing}\` is missing`);
  return table;
}

function text(value) {
  refuse(typeof value !== 'string', 'text is expected');
  return value;
}

function tables(value) {
  refuse(value !== undefined && !Array.isArray(value), 'a list of tables is expected');
  return value ?? [];
}

function texts(value) {
  refuse(!Array.isArray(value) || !value.every((item) => typeof item === 'string'), 'a list of texts is expected');
  return value;
}

async function readLedgerTable(table) {
  const { origin, vkeys, status_keys: jwks } = closed(table, [], ['origin', 'vkeys', 'status_keys']);
  const logKeys = await Promise.all(texts(vkeys).map(readVerifierKey));
  const statusKeys = await Promise.all(tables(jwks).map((jwk) => readPublicKey(jwk)));
  const isOwn = (key) => key !== null && key.name === text(origin) && !key.isCosigner;
  refuse(logKeys.length === 0 || !logKeys.every(isOwn), `ledger ${origin}: a vkey is no log key of that origin`);
  refuse(statusKeys.length === 0 || statusKeys.includes(null), `ledger ${origin}: a status key is no public key`);
  return { origin, logKeys, statusKeys };
}

function readRootTable(table) {
  const root = closed(table, ['name', 'contact'], ['issuer', 'jurisdictions', 'kids']);
  refuse(texts(root.jurisdictions).length === 0 || texts(root.kids).length === 0, `root ${root.issuer}: a jurisdiction and a key are needed`);
  const [name, contact] = [root.name ?? null, root.contact ?? null];
  return { issuer: text(root.issuer), jurisdictions: root.jurisdictions, kids: root.kids, name, contact };
}

function readDuration(value) {
  const found = /^([0-9]{1,9})([dh])$/.exec(value);
  const seconds = found ? Number(found[1]) * (found[2] === 'd' ? 86400 : 3600) : Infinity;
  refuse(seconds > AGE_MOST, 'status_max_age is a number of days or hours, such as 30d, and at most ten years');
  return seconds;
}

/** Whether a text is meant as a signed list rather than a plain trust file. */
export function isTrustList(note) {
  return note.includes('\n\n\u2014 ');
}

/**
 * A signed trust list: `{trust, name, issued, expires, thumbprint}` (times in Unix ms). Whoever calls compares the thumbprint with the one
 * known by another way, and the times with the clock. `parseToml` gives plain objects.
 */
export async function readTrustList(note, parseToml) {
  const parsed = parseNote(note);
  const { list, ...table } = readToml(parsed.text, parseToml);
  const header = (isBroken, why) => {
    if (isBroken) throw new Fault('TRUST_LIST_HEADER', why);
  };
  header(!isObject(list) || Object.keys(list).sort().join() !== 'expires,issued,key,name', 'the table [list] is missing or wrong');
  const key = await readPublicKey(list.key);
  header(key === null, '`key` is no public JWK');
  const [issued, expires] = [readTime(list.issued), readTime(list.expires)];
  header(!(expires > issued) || expires - issued > LIST_SECONDS_MAX * 1000, 'its period is malformed, or longer than two years');
  const signer = await logKey(text(list.name), key);
  if (signer === null || !(await isSignedBy(parsed, signer))) throw new Fault('TRUST_LIST_SIGNATURE');
  return { trust: await readTrust(table), name: list.name, issued, expires, thumbprint: key.thumbprint };
}

/** Unix milliseconds; not a number if malformed. */
function readTime(value) {
  return /^[0-9-]{10}T[0-9:.]+(Z|[+-][0-9:]{5})$/.test(text(value)) ? Date.parse(value) : NaN;
}

/** The plain trust file of a TOML text. */
export async function readTrustFile(toml, parseToml) {
  const table = readToml(toml, parseToml);
  refuse('list' in table, 'this is a trust list without its signature');
  return readTrust(table);
}

function readToml(toml, parseToml) {
  refuse(utf8Encode(toml).length > BYTES_MAX, 'longer than 1 MiB');
  try {
    return parseToml(toml);
  } catch (fault) {
    throw new Fault('TRUST_FILE_INVALID', fault.message);
  }
}

/** Whether a ledger established a root with none but the keys that the trust file pins. */
function isPinned(root, state) {
  return state.rootKids(root.issuer).every((kid) => root.kids.includes(kid));
}

/** The trusted root for a country on which an authorisation rests, or null. */
export function rootUnder(trust, state, { authoriser }, country) {
  const above = state.rootsOf(authoriser);
  const isIt = (root) =>
    root.jurisdictions.includes(country) &&
    above.some(([issuer, of]) => issuer === root.issuer && of === country) &&
    isPinned(root, state);
  return trust.roots.find(isIt) ?? null;
}

/** Whether a body is, or stands under, a root that is trusted somewhere. */
export function vouchesFor(trust, state, body) {
  const above = state.rootsOf(body);
  const isIt = (root) =>
    above.some(([issuer, of]) => issuer === root.issuer && root.jurisdictions.includes(of)) && isPinned(root, state);
  return trust.roots.some(isIt);
}

/** The trusted root for a country, to name whom to ask, or null. */
export function rootFor(trust, country) {
  return trust.roots.find((root) => root.jurisdictions.includes(country)) ?? null;
}
