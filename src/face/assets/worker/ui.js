// Words and elements: everything shown is text, made of messages of the page's language.
import { ApiFault } from '../lib/api.js';
import { Fault } from '../lib/bytes.js';

const MESSAGES = readData('messages');
// Browsers know Tagalog as Filipino.
const LANGUAGE = document.documentElement.lang === 'tl' ? 'fil' : document.documentElement.lang;
const DATES = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'long', timeZone: 'UTC' });
const TIMES = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const COUNTRIES = new Intl.DisplayNames([LANGUAGE], { type: 'region', fallback: 'code' });

/** The page's own data, as its server wrote it. */
export function readData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

export function message(key, values = {}) {
  return (MESSAGES[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether there is such a message: of values that may be newer than the page. */
export function hasMessage(key) {
  return Object.hasOwn(MESSAGES, key);
}

/** A date, YYYY-MM-DD, in words. */
export function dateText(day) {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? day : DATES.format(at);
}

/** A time in Unix milliseconds, in words. */
export function timeText(ms) {
  return TIMES.format(ms);
}

export function countryText(code) {
  return code ? COUNTRIES.of(code) : '';
}

export function byId(id) {
  return document.getElementById(id);
}

/** An element with attributes and what is in it; texts are isolated, since they may run in either direction. */
export function make(name, attributes = {}, ...content) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute === 'onclick' || attribute === 'onchange') element.addEventListener(attribute.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(attribute, value);
    else element.setAttribute(attribute, value);
  }
  element.append(...content);
  return element;
}

/** Text of somebody else, in whatever script. */
export function quoted(text) {
  return make('bdi', {}, text);
}

/** Says what happened to everybody, also to those who do not see the page. `kind` is good, bad or unsure. */
export function announce(text, kind = 'good') {
  const status = byId('status');
  status.className = kind;
  status.textContent = text;
}

export function quiet() {
  byId('status').className = '';
  byId('status').textContent = '';
}

/** What went wrong, in words. */
export function faultText(fault) {
  if (fault instanceof ApiFault && fault.wait !== null) return message('worker-error-wait', { seconds: Math.ceil(fault.wait) });
  const reason = fault instanceof Fault ? fault.reason : 'UNEXPECTED';
  const known = `worker-error-${reason}`;
  return hasMessage(known) ? message(known) : message('worker-error-other', { reason });
}

/** Runs what a button does, once at a time, and says what went wrong. */
export function doing(button, work) {
  return async (event) => {
    event?.preventDefault();
    button.disabled = true;
    announce(message('worker-busy'), 'unsure');
    try {
      await work();
      if (byId('status').textContent === message('worker-busy')) quiet();
    } catch (fault) {
      if (!(fault instanceof Fault)) console.error(fault);
      announce(faultText(fault), 'bad');
    } finally {
      button.disabled = false;
    }
  };
}

/** Saves bytes as a file. */
export function save(name, bytes, type = 'application/octet-stream') {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  make('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
