// The claims of a kind: each in its shape, the set closed (SPEC.md, "Events").
import { Fault, base64Decode, base64urlDecode, utf8Encode } from '../lib/bytes.js';
import { Real, isInteger, isObject } from '../lib/json.js';
import { readPublicKey } from '../lib/jose.js';
import { isIssuerUri } from '../lib/statement.js';
import { isDay, readInstant } from './dates.js';
import { checkObjectRule, checkRule } from './rules.js';
import { Meaning } from './vocabulary.js';
import { readWorkerId } from './workerid.js';

const FORBIDDEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]/u;
const LANGUAGE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/;
const ESCO = /^http:\/\/data\.europa\.eu\/esco\/(occupation|skill)\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const AMOUNT = /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$/;
const LANGUAGES_MAX = 30;
// The last sub-major group of each major group of ISCO-08.
const SUB_MAJOR_GROUPS = [3, 4, 6, 5, 4, 4, 3, 5, 3, 6];

/** The meaning of claims under a kind; throws the first rule that is broken. `isWhole` if no claim of the issuer's is missing. */
export async function readMeaning(vocabulary, kind, claims, isWhole) {
  const spec = vocabulary.kinds[kind];
  await checkSet(vocabulary, spec.claims, claims, isWhole);
  checkRule(vocabulary, kind, claims, isWhole);
  return new Meaning(kind, spec, claims);
}

async function checkSet(vocabulary, specs, claims, isWhole) {
  for (const [name, value] of Object.entries(claims)) {
    const spec = specs.find((known) => known.name === name);
    if (!spec) throw new Fault('UNKNOWN_CLAIM', `\`${name}\` is not a claim of this kind`);
    await checkValue(vocabulary, spec.shape, value);
  }
  const missing = isWhole && specs.find((spec) => spec.required && !(spec.name in claims));
  if (missing) throw new Fault('MISSING_CLAIM', `\`${missing.name}\` is missing`);
}

async function checkValue(vocabulary, shape, value) {
  const [form, ...limits] = shape;
  switch (form) {
    case 'list':
      return checkList(vocabulary, limits, value);
    case 'object':
      if (!isObject(value)) throw new Fault('WRONG_TYPE');
      await checkSet(vocabulary, limits[0], value, true);
      return checkObjectRule(vocabulary, limits[0].map((spec) => spec.name), value);
    case 'texts':
      return checkTexts(limits[0], value);
    case 'boolean':
      if (typeof value !== 'boolean') throw new Fault('WRONG_TYPE');
      return undefined;
    case 'integer':
      if (!isInteger(value)) throw new Fault('WRONG_TYPE');
      if (value < limits[0] || value > limits[1]) throw new Fault('OUT_OF_RANGE');
      return undefined;
    case 'key':
      return checkKey(value);
    default:
      if (typeof value !== 'string') throw new Fault('WRONG_TYPE');
      return checkText(vocabulary, form, limits, value);
  }
}

async function checkList(vocabulary, [shape, most], items) {
  if (!Array.isArray(items)) throw new Fault('WRONG_TYPE');
  if (items.length === 0) throw new Fault('EMPTY');
  if (items.length > most) throw new Fault('TOO_MANY');
  for (const item of items) await checkValue(vocabulary, shape, item);
  if (new Set(items.map(spelling)).size < items.length) throw new Fault('DUPLICATE_VALUE');
}

/** One spelling of a JSON value, whatever the order of its members. */
function spelling(value) {
  if (Array.isArray(value)) return `[${value.map(spelling).join()}]`;
  if (value instanceof Real) return `real ${value.value}`;
  if (!isObject(value)) return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${spelling(value[name])}`);
  return `{${members.join()}}`;
}

function checkTexts(most, value) {
  if (!isObject(value)) throw new Fault('WRONG_TYPE');
  const texts = Object.entries(value);
  if (texts.length === 0) throw new Fault('EMPTY');
  if (texts.length > LANGUAGES_MAX) throw new Fault('TOO_MANY');
  for (const [language, text] of texts) {
    if (!LANGUAGE.test(language)) throw new Fault('MALFORMED_LANGUAGE');
    if (typeof text !== 'string') throw new Fault('WRONG_TYPE');
    checkLine(text, most);
  }
}

function checkLine(text, most) {
  if (text.trim() === '') throw new Fault('EMPTY');
  if (Array.from(text).length > most) throw new Fault('TOO_LONG');
  if (FORBIDDEN.test(text) || text.trim() !== text) throw new Fault('FORBIDDEN_CHARACTER');
}

async function checkKey(jwk) {
  if (!isObject(jwk)) throw new Fault('WRONG_TYPE');
  const isClosed = Object.keys(jwk).every((name) => ['kty', 'crv', 'x'].includes(name));
  if (!isClosed || (await readPublicKey(jwk))?.algorithm !== 'Ed25519') throw new Fault('MALFORMED_KEY');
}

function checkText(vocabulary, form, limits, text) {
  const refuse = (reason, isRight) => {
    if (!isRight) throw new Fault(reason);
  };
  switch (form) {
    case 'text':
      return checkLine(text, limits[0]);
    case 'choice':
      return refuse('UNKNOWN_VALUE', limits[0].includes(text));
    case 'date':
      return refuse('MALFORMED_DATE', isDay(text));
    case 'time':
      return refuse('MALFORMED_TIME', readInstant(text) !== null);
    case 'country':
      return refuse('UNKNOWN_COUNTRY', vocabulary.countries.includes(text));
    case 'language':
      return refuse('MALFORMED_LANGUAGE', LANGUAGE.test(text));
    case 'amount':
      return refuse('MALFORMED_AMOUNT', AMOUNT.test(text));
    case 'currency':
      return refuse('MALFORMED_CODE', /^[A-Z]{3}$/.test(text));
    case 'isco08':
      return refuse('MALFORMED_CODE', isIsco08(text));
    case 'iscedf':
      return refuse('MALFORMED_CODE', /^(0[0-9]|10|99)[0-9]{0,2}$/.test(text));
    case 'esco':
      return refuse('MALFORMED_URI', ESCO.test(text));
    case 'issuer':
      return refuse('MALFORMED_URI', isIssuerUri(text));
    case 'bytes':
      return refuse('MALFORMED_HASH', base64urlDecode(text)?.length === limits[0]);
    case 'worker':
      return refuse('MALFORMED_WORKER_ID', readWorkerId(text) !== null);
    case 'kind':
      return refuse('UNKNOWN_KIND', Object.hasOwn(vocabulary.kinds, text) && vocabulary.kinds[text].authorisable);
    case 'vkey':
      return refuse('MALFORMED_KEY', isVerifierKeyShaped(text));
    default:
      throw new Fault('UNKNOWN_SHAPE', `this page does not know the shape ${form}`);
  }
}

/** Whether a text is an ISCO-08 code of 1 to 4 digits. */
export function isIsco08(text) {
  if (!/^[0-9]{1,4}$/.test(text)) return false;
  return text.length === 1 || (text[1] !== '0' && Number(text[1]) <= SUB_MAJOR_GROUPS[Number(text[0])]);
}

function isVerifierKeyShaped(text) {
  const found = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text);
  const isShort = utf8Encode(text).length <= 400;
  return found !== null && isShort && !/\s|\u0085/u.test(found[1]) && base64Decode(found[3])?.length === 33;
}
