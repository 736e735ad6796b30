// What was recorded about the worker, and what of it the worker chooses to show.
import { countryText, dateText, make, message, quoted, readData } from './ui.js';

const KINDS = readData('kinds');
const CLAIMS = readData('claims');
const SECTIONS = ['training', 'assessment', 'work', 'recognition', 'licence', 'self_declared'];
const TONES = { in_force: 'good', revoked: 'bad', suspended: 'bad' };

/** The choice made so far: of each record shown, `{id, claims}` as a presentation takes it. */
export class Choice {
  constructor() {
    this.records = new Map();
  }

  shows() {
    const chosen = [...this.records].filter(([, record]) => record.box.checked);
    return chosen.map(([id, { claims }]) => {
      const left = claims.filter(({ box }) => !box.checked);
      return { id, claims: left.length === 0 ? null : claims.filter(({ box }) => box.checked).map(({ name }) => name) };
    });
  }
}

/** Fills `into` with every record of a passport; those that employers see are chosen from the beginning. */
export function showRecords(into, passport, forEmployers, choice, onChange, onContest) {
  const isOpen = new Set(Object.values(forEmployers.sections).flat().map((record) => record.jti));
  const sections = SECTIONS.filter((section) => passport.sections[section]?.length > 0);
  if (sections.length === 0) into.append(make('p', {}, message('worker-records-none')));
  for (const section of sections) {
    const cards = passport.sections[section].map((record) => card(record, isOpen.has(record.jti), choice, onChange, onContest));
    into.append(make('h3', {}, message(`worker-section-${section}`)), make('ul', { class: 'cards' }, ...cards));
  }
}

function card(record, isOpen, choice, onChange, onContest) {
  const kind = KINDS[record.kind] ?? { label: record.kind, always: [], hashes: [], neverLeaves: false };
  const facts = [kind.label, record.issuer_name ?? record.issuer, countryText(record.country), record.awarded_on && dateText(record.awarded_on)];
  const parts = [
    make('h4', {}, quoted(record.title)),
    make('p', {}, ...facts.filter(Boolean).flatMap((fact, at) => (at === 0 ? [quoted(fact)] : [' · ', quoted(fact)]))),
    make('p', { class: TONES[record.standing] ?? 'unsure' }, message(`worker-standing-${record.standing}`)),
    make('p', { class: 'quiet' }, message(`worker-effect-${record.legal_effect}`)),
  ];
  if (!isOpen) parts.push(make('p', { class: 'quiet' }, message('worker-record-private')));
  if (kind.neverLeaves) parts.push(make('p', { class: 'quiet' }, message('worker-record-never')));
  else parts.push(...choosing(record, kind, isOpen, choice, onChange));
  const contest = make('button', { type: 'button', onclick: () => onContest(record, contest) }, message('worker-record-contest'));
  parts.push(contest);
  return make('li', { class: 'card' }, ...parts);
}

function choosing(record, kind, isOpen, choice, onChange) {
  const box = make('input', { type: 'checkbox', checked: isOpen, onchange: onChange });
  box.checked = isOpen;
  const names = Object.keys(record.claims).filter((name) => !kind.hashes.includes(name));
  const claims = names.map((name) => claimBox(name, record.claims[name], kind.always.includes(name)));
  choice.records.set(record.jti, { box, claims });
  const legend = make('legend', {}, quoted(record.title));
  const inside = make('fieldset', {}, legend, ...claims.map(({ row }) => row));
  return [
    make('p', {}, make('label', { class: 'check' }, box, make('span', {}, message('worker-record-choose'), ' ', quoted(record.title)))),
    make('details', {}, make('summary', {}, message('worker-record-claims')), inside),
  ];
}

function claimBox(name, value, isAlways) {
  const box = make('input', { type: 'checkbox', disabled: isAlways });
  box.checked = true;
  const note = isAlways ? [make('span', { class: 'quiet' }, ` (${message('worker-record-always')})`)] : [];
  const text = make('span', {}, `${claimLabel(name)}: `, quoted(valueText(value)), ...note);
  return { name, box, row: make('label', { class: 'check' }, box, text) };
}

export function claimLabel(name) {
  return CLAIMS[name] ?? name;
}

/** Any value of a claim as text: what it holds, without its form. */
export function valueText(value) {
  if (Array.isArray(value)) return value.map(valueText).join('; ');
  if (value !== null && typeof value === 'object') return Object.values(value).map(valueText).join(', ');
  if (value === true || value === false) return message(`worker-value-${value}`);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? dateText(value) : String(value);
}

/** What the ledger knows of who the worker is. */
export function showIdentity(into, identity) {
  for (const [name, value] of Object.entries(identity ?? {})) {
    if (typeof value === 'string') into.append(make('dt', {}, claimLabel(name)), make('dd', {}, quoted(valueText(value))));
  }
}

/** What presentations need to know of each kind. */
export function kinds() {
  return KINDS;
}
