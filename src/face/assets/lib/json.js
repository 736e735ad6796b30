// JSON, strictly (SPEC.md, "Statement"): JSON.parse forgets members named twice and how a number was written.
import { Fault, exactInteger, utf8Decode } from './bytes.js';

export const JSON_DEPTH_MAX = 16;

/** A number written with a fraction, an exponent or as -0: no integer. */
export class Real {
  constructor(value) {
    this.value = value;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \n\r\t]*/y;
const ESCAPES = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;

/**
 * One JSON value from UTF-8 bytes. Objects have no prototype, so that no member name means anything; integers are numbers
 * or BigInts, every other number a Real. Throws MALFORMED, DUPLICATE_MEMBER or TOO_DEEP.
 */
export function parseJson(bytes) {
  const text = utf8Decode(bytes);
  if (text === null) throw new Fault('MALFORMED', 'not UTF-8');
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (reader.at !== text.length) reader.refuse();
  return value;
}

export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Real);
}

export function isInteger(value) {
  return typeof value === 'number' || typeof value === 'bigint';
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  refuse(reason = 'MALFORMED') {
    throw new Fault(reason, `not the JSON it should be, at character ${this.at}`);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  space() {
    this.match(SPACE);
  }

  /** Takes this text if it stands here. */
  takes(expected) {
    const stands = this.text.startsWith(expected, this.at);
    if (stands) this.at += expected.length;
    return stands;
  }

  value(depth) {
    this.space();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth + 1);
      case '[':
        return this.array(depth + 1);
      case '"':
        return this.string();
      default:
        for (const [word, value] of [['true', true], ['false', false], ['null', null]]) {
          if (this.takes(word)) return value;
        }
        return this.number();
    }
  }

  number() {
    const found = this.match(NUMBER);
    if (!found) this.refuse();
    const [text, fraction, exponent] = found;
    const value = Number(text);
    if (!Number.isFinite(value)) this.refuse();
    if (fraction === undefined && exponent === undefined && text !== '-0') {
      if (Number.isSafeInteger(value)) return value;
      const big = BigInt(text);
      if (big >= INTEGER_MIN && big <= INTEGER_MAX) return exactInteger(big);
    }
    return new Real(value);
  }

  string() {
    this.at += 1;
    let value = '';
    for (;;) {
      value += this.match(PLAIN)[0];
      if (this.takes('"')) break;
      if (!this.takes('\\')) this.refuse();
      value += this.escape();
    }
    if (!value.isWellFormed()) this.refuse();
    return value;
  }

  escape() {
    const letter = this.text[this.at] ?? '';
    this.at += 1;
    if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter];
    const digits = this.text.slice(this.at, this.at + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse();
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  deeper(depth) {
    if (depth > JSON_DEPTH_MAX) this.refuse('TOO_DEEP');
    this.at += 1;
    this.space();
  }

  array(depth) {
    this.deeper(depth);
    const items = [];
    if (this.takes(']')) return items;
    for (;;) {
      items.push(this.value(depth));
      this.space();
      if (this.takes(']')) return items;
      if (!this.takes(',')) this.refuse();
    }
  }

  object(depth) {
    this.deeper(depth);
    const members = Object.create(null);
    if (this.takes('}')) return members;
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.refuse();
      const name = this.string();
      this.space();
      if (!this.takes(':')) this.refuse();
      const value = this.value(depth);
      if (name in members) this.refuse('DUPLICATE_MEMBER');
      members[name] = value;
      this.space();
      if (this.takes('}')) return members;
      if (!this.takes(',')) this.refuse();
    }
  }
}
