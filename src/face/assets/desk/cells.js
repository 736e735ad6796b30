// What a cell of a spreadsheet says, by the kind's table: the claims of a row, or everything that is wrong with its cells.
//
// An error is `{column, reason, values}`: the reasons of SPEC.md, "Events"; `values` are what a message puts in.
import { base64Decode, base64urlDecode, utf8Encode } from '../lib/bytes.js';
import { isIssuerUri } from '../lib/statement.js';
import { readTypedWorkerId } from '../lib/worker.js';
import { brokenMemberRule, brokenRule } from './rules.js';
import { bareCell, trimCell } from './sheet.js';
import { closest } from './similar.js';

const CELL_BYTES_MAX = 8 * 1024;
const LANGUAGES_MAX = 30;
// The last sub-major group of each ISCO-08 major group.
const SUB_MAJOR_GROUPS = [3, 4, 6, 5, 4, 4, 3, 5, 3, 6];
const LANGUAGE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/;
const ESCO = /^http:\/\/data\.europa\.eu\/esco\/(occupation|skill)\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FORBIDDEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]/u;

const FORMS = {
  country: { is: (text, [], known) => known.countries.includes(text), reason: 'UNKNOWN_COUNTRY' },
  language: { is: (text) => LANGUAGE.test(text), reason: 'MALFORMED_LANGUAGE' },
  amount: { is: (text) => /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$/.test(text), reason: 'MALFORMED_AMOUNT' },
  currency: { is: (text) => /^[A-Z]{3}$/.test(text), reason: 'MALFORMED_CODE' },
  isco08: { is: isIsco08, reason: 'MALFORMED_CODE' },
  iscedf: { is: (text) => /^[0-9]{2,4}$/.test(text) && (text.slice(0, 2) <= '10' || text.startsWith('99')), reason: 'MALFORMED_CODE' },
  esco: { is: (text) => ESCO.test(text), reason: 'MALFORMED_URI' },
  issuer: { is: isIssuerUri, reason: 'MALFORMED_URI' },
  bytes: { is: (text, [length]) => base64urlDecode(text)?.length === length, reason: 'MALFORMED_HASH' },
  kind: { is: (text, [], known) => Boolean(known.kinds[text]?.authorisable), reason: 'UNKNOWN_KIND' },
  vkey: { is: isVerifierKey, reason: 'MALFORMED_KEY' },
};

/** The column of a claim. */
export function columnName(claim) {
  return claim === 'sub' ? 'worker' : claim;
}

/**
 * `{claims, errors}` of one row, `pairs` being `[column, cell]`. Of claims that are wrong or missing nothing follows; `sub` may still come.
 */
export function readRow(kind, pairs, known) {
  const { claims, errors } = readCells(kind, pairs, known);
  const refused = new Set(errors.map((error) => error.column.split('.')[0]));
  for (const spec of kind.claims) {
    if (!spec.required || spec.name === 'sub' || spec.name in claims || refused.has(columnName(spec.name))) continue;
    errors.push({ column: firstColumn(spec), reason: 'MISSING_CLAIM', values: {} });
  }
  if (errors.length === 0) {
    const broken = brokenInRow(kind, claims, known);
    if (broken) errors.push({ ...broken, column: columnName(broken.column) });
  }
  return { claims, errors };
}

/** `{claims, errors}` of single cells, without asking for those that are not there. */
export function readCells(kind, pairs, known) {
  const [found, errors, used] = [new Map(), [], new Set()];
  for (const [rawColumn, rawCell] of pairs) {
    const [column, cell] = [trimCell(rawColumn), trimCell(rawCell)];
    if (used.has(column)) {
      errors.push({ column, reason: 'DUPLICATE_COLUMN', values: {} });
      continue;
    }
    used.add(column);
    const shape = shapeOf(kind, column);
    if (shape === null) {
      errors.push({ column: shownText(column), reason: 'UNKNOWN_COLUMN', values: { meant: similarColumn(kind, column) } });
    } else if (cell !== '') {
      const { value, error } = readCell(shape, cell, known);
      if (error) errors.push({ ...error, column });
      else put(found, column === 'worker' ? 'sub' : column, value);
    }
  }
  const claims = {};
  for (const { name } of kind.claims) if (found.has(name)) claims[name] = found.get(name);
  return { claims, errors };
}

function put(found, column, value) {
  const [name, member] = splitOnce(column);
  if (member === null) {
    found.set(name, value);
  } else {
    if (!found.has(name)) found.set(name, {});
    found.get(name)[member] = value;
  }
}

function splitOnce(column) {
  const dot = column.indexOf('.');
  return dot < 0 ? [column, null] : [column.slice(0, dot), column.slice(dot + 1)];
}

/** The shape of a column's cells, or null if the kind has no such column. */
function shapeOf(kind, column) {
  const [name, member] = splitOnce(column);
  if (column === 'sub') return null;
  const spec = kind.claims.find((one) => one.name === (name === 'worker' ? 'sub' : name));
  if (!spec) return null;
  const [form, limit] = spec.shape;
  if (member !== null) {
    if (form === 'texts') return ['text', limit];
    const inner = form === 'object' ? limit.find((one) => one.name === member)?.shape : null;
    return inner && isFlat(inner) ? inner : null;
  }
  return form === 'object' || form === 'texts' || !isFlat(spec.shape) ? null : spec.shape;
}

/** Whether values of a shape fit into one cell. */
function isFlat(shape) {
  const [form, item] = shape;
  return form === 'list' ? !['list', 'object', 'key', 'texts'].includes(item[0]) : form !== 'key';
}

function similarColumn(kind, column) {
  if (column === '' || utf8Encode(column).length > 64) return '';
  const names = kind.claims.map((spec) => columnName(spec.name));
  const close = closest(splitOnce(column)[0], names);
  return close === null ? '' : (kind.columns.find((one) => one.name.startsWith(close))?.name ?? '');
}

function firstColumn(spec) {
  const [form, members] = spec.shape;
  if (form === 'texts') return `${spec.name}.en`;
  if (form === 'object') return `${spec.name}.${members[0].name}`;
  return columnName(spec.name);
}

/** `{value}` of a cell, or `{error}`; upper and lower case are forgiven where only one is right. */
function readCell(shape, cell, known) {
  const read = parseCell(shape, cell);
  if (read.error) return read;
  const error = checkValue(shape, read.value, known);
  return error ? { error } : read;
}

function parseCell(shape, cell) {
  const fail = (reason, values = {}) => ({ error: { reason, values: { cell: shownText(cell), ...values } } });
  if (utf8Encode(cell).length > CELL_BYTES_MAX) return fail('TOO_LONG', { max: CELL_BYTES_MAX });
  const [form, limit] = shape;
  switch (form) {
    case 'list':
      return parseList(limit, cell);
    case 'boolean': {
      const word = cell.toLowerCase();
      return word === 'true' || word === 'false' ? { value: word === 'true' } : fail('WRONG_TYPE', { form });
    }
    case 'integer': {
      const isNumber = /^[+-]?[0-9]+$/.test(cell) && BigInt(cell) >= -(2n ** 63n) && BigInt(cell) < 2n ** 63n;
      return isNumber ? { value: Number(cell) } : fail('WRONG_TYPE', { form });
    }
    case 'choice':
      return { value: limit.find((word) => lowerAscii(word) === lowerAscii(cell)) ?? cell };
    case 'country':
      return { value: cell.replace(/[a-z]/g, (letter) => letter.toUpperCase()) };
    case 'bytes':
      return { value: bareCell(cell) };
    case 'worker': {
      const read = readTypedWorkerId(cell);
      return read.id ? { value: read.id } : fail(read.reason);
    }
    default:
      return { value: cell };
  }
}

function parseList(shape, cell) {
  const items = [];
  for (const part of cell.split(';').map(trimCell).filter((one) => one !== '')) {
    const read = parseCell(shape, part);
    if (read.error) return read;
    items.push(read.value);
  }
  return { value: items };
}

function lowerAscii(text) {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** What is wrong with a value, as `{reason, values}`, with `column` below it inside objects; null if nothing is. */
function checkValue(shape, value, known) {
  const fail = (reason, values = {}) => ({ reason, values: { cell: shownText(String(value)), ...values } });
  const [form, ...limits] = shape;
  switch (form) {
    case 'list':
      return checkItems(limits, value, known);
    case 'object':
      return checkMembers(limits[0], value, known);
    case 'texts':
      return checkLanguages(limits[0], value);
    case 'boolean':
    case 'worker':
      return null;
    case 'integer':
      return value >= limits[0] && value <= limits[1] ? null : fail('OUT_OF_RANGE', { low: limits[0], high: limits[1] });
    case 'text':
      return checkLine(value, limits[0]);
    case 'choice':
      return limits[0].includes(value) ? null : fail('UNKNOWN_VALUE', { words: limits[0].join(', ') });
    case 'date':
      return checkDate(value);
    case 'time':
      return checkInstant(value);
    default:
      return FORMS[form].is(value, limits, known) ? null : fail(FORMS[form].reason);
  }
}

function checkItems([shape, max], items, known) {
  if (items.length === 0) return { reason: 'EMPTY', values: {} };
  if (items.length > max) return { reason: 'TOO_MANY', values: { max } };
  for (const [at, item] of items.entries()) {
    const error = checkValue(shape, item, known);
    if (error) return error;
    if (items.indexOf(item) < at) return { reason: 'DUPLICATE_VALUE', values: { cell: shownText(String(item)) } };
  }
  return null;
}

function checkMembers(specs, object, known) {
  for (const [name, value] of Object.entries(object)) {
    const error = checkValue(specs.find((one) => one.name === name).shape, value, known);
    if (error) return { ...error, column: name };
  }
  const missing = specs.find((one) => one.required && !(one.name in object));
  if (missing) return { column: missing.name, reason: 'MISSING_CLAIM', values: {} };
  return brokenMemberRule(specs, object, known);
}

function checkLanguages(max, texts) {
  if (Object.keys(texts).length > LANGUAGES_MAX) return { reason: 'TOO_MANY', values: { max: LANGUAGES_MAX } };
  for (const [language, text] of Object.entries(texts)) {
    if (!LANGUAGE.test(language)) return { reason: 'MALFORMED_LANGUAGE', values: { cell: shownText(language) } };
    const error = checkLine(text, max);
    if (error) return { ...error, column: language };
  }
  return null;
}

function checkLine(text, max) {
  const length = Array.from(text).length;
  if (length > max) return { reason: 'TOO_LONG', values: { max } };
  return FORBIDDEN.test(text) ? { reason: 'FORBIDDEN_CHARACTER', values: {} } : null;
}

function checkDate(text) {
  const values = { cell: shownText(text) };
  const [, year, month, day] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text) ?? [];
  if (!year) return { reason: 'MALFORMED_DATE', values: { ...values, meant: meantDate(text) } };
  if (!isInCalendar(Number(year), Number(month), Number(day))) return { reason: 'IMPOSSIBLE_DATE', values };
  return year >= '1900' && year <= '2200' ? null : { reason: 'DATE_OUT_OF_RANGE', values };
}

function isInCalendar(year, month, day) {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}

/** The date that was perhaps meant, as spreadsheet programs write it in many countries; nobody guesses which of two is the month. */
function meantDate(text) {
  const parts = text.split(/[./-]/).map(trimCell);
  if (parts.length !== 3 || !parts.every((part) => /^[0-9]{1,4}$/.test(part))) return '';
  const [a, b, c] = parts.map(Number);
  const [first, , third] = parts.map((part) => part.length);
  let meant = null;
  if (first === 4 && third <= 2) meant = [a, b, c];
  else if (first <= 2 && third === 4 && b > 12) meant = [c, a, b];
  else if (first <= 2 && third === 4 && (a > 12 || text.includes('.'))) meant = [c, b, a];
  if (meant === null || !isInCalendar(...meant)) return '';
  return `${String(meant[0]).padStart(4, '0')}-${String(meant[1]).padStart(2, '0')}-${String(meant[2]).padStart(2, '0')}`;
}

function checkInstant(text) {
  const values = { cell: shownText(text) };
  const at = text.indexOf('T');
  if (at < 0) return { reason: 'MALFORMED_TIME', values };
  const date = checkDate(text.slice(0, at));
  if (date) return date;
  const [, hour, minute, second] = /^([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/.exec(text.slice(at + 1)) ?? [];
  if (!hour || hour > '23' || minute > '59' || second > '59') return { reason: 'MALFORMED_TIME', values };
  return text < '1970' ? { reason: 'DATE_OUT_OF_RANGE', values } : null;
}

function isIsco08(text) {
  if (!/^[0-9]{1,4}$/.test(text)) return false;
  if (text.length === 1) return true;
  const [major, sub] = [Number(text[0]), Number(text[1])];
  return sub > 0 && sub <= SUB_MAJOR_GROUPS[major];
}

function isVerifierKey(text) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  return parts !== null && text.length <= 400 && base64Decode(parts[3])?.length === 33;
}

/** What rules inside and between claims say of a row that has no other error. */
function brokenInRow(kind, claims, known) {
  for (const { name, shape } of kind.claims) {
    if (!(name in claims)) continue;
    const error = checkValue(shape, claims[name], known);
    if (error) return { ...error, column: error.column ? `${columnName(name)}.${error.column}` : columnName(name) };
  }
  const complete = 'sub' in claims;
  // Without the worker the rules still hold or fail, as long as they are told that all else is there.
  return brokenRule(kind.name, claims, complete) ?? (complete ? null : brokenRule(kind.name, claims, true));
}

/** What of a foreign text goes into a message. */
export function shownText(text) {
  const characters = Array.from(text);
  const shown = characters.slice(0, 40).map((one) => (/\p{Cc}/u.test(one) ? '\ufffd' : one)).join('');
  return characters.length > 40 ? `${shown}…` : shown;
}
