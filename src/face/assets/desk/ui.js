// Words and elements of the desk: everything shown is text, made of messages of the page's language.
import { ApiFault } from '../lib/api.js';
import { Fault } from '../lib/bytes.js';

const MESSAGES = pageData('messages');

/** Data that the server wrote into the page. */
export function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

export function say(key, values = {}) {
  return (MESSAGES[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The first of these messages that there is. */
export function sayFirst(keys, values = {}) {
  return say(keys.find((key) => key in MESSAGES) ?? keys.at(-1), values);
}

export function byId(id) {
  return document.getElementById(id);
}

/** An element with attributes and what is in it. */
export function make(name, attributes = {}, ...content) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === 'boolean') element.toggleAttribute(attribute, value);
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
  byId('status').className = text === '' ? '' : kind;
  byId('status').textContent = text;
}

/** Shows a step and puts the reader there. */
export function goTo(step) {
  byId(step).hidden = false;
  const title = byId(`${step}-title`);
  title.focus();
  title.scrollIntoView({ block: 'start' });
}

/** What went wrong, in words. */
export function faultWords(fault) {
  if (!(fault instanceof Fault)) return say('desk-error-other', { reason: fault.name ?? 'Error' });
  const values = { reason: fault.reason, message: fault.message, cell: fault.message };
  const fallback = fault instanceof ApiFault ? 'desk-refused' : 'desk-error-other';
  return sayFirst([`desk-error-${fault.reason}`, fallback], values);
}

/** What is wrong with a cell, in words. */
export function cellWords({ row, reason, values }) {
  const isOutside = reason === 'CELL_WITHOUT_COLUMN' && row > 1;
  const variant = isOutside ? 'outside' : values.meant ? 'meant' : values.form;
  return sayFirst([`desk-error-${reason}-${variant}`, `desk-error-${reason}`, 'desk-error-other'], { reason, ...values });
}

/** Runs what a control does, once at a time, and says what went wrong. */
export function doing(control, work) {
  return async (event) => {
    event?.preventDefault();
    control.disabled = true;
    try {
      await work();
    } catch (fault) {
      if (!(fault instanceof Fault)) console.error(fault);
      announce(faultWords(fault), 'bad');
    } finally {
      control.disabled = false;
    }
  };
}

/** Saves a text as a file. */
export function saveText(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  make('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Lets the browser draw and answer; a page that works for long is not dead. */
export function breathe() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
