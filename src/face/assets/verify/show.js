// A report in plain words: what is authentic, what each record is, by whom and on what authority, and what it does not say.
import { Real } from '../lib/json.js';
import { isolated, makeElement } from './dom.js';
import { SECTIONS } from './record.js';
import { rootFor } from './trust.js';

const LOOKS = { PASS: 'good', FAIL: 'bad', UNKNOWN: 'unsure', NOT_APPLICABLE: 'quiet' };
const VERDICTS = { valid: 'good', invalid: 'bad', unknown: 'unsure' };
const STATUS_WORDS = { PASS: 'pass', FAIL: 'fail', UNKNOWN: 'unknown', NOT_APPLICABLE: 'none' };
const ENVELOPE = ['iss', 'vct', 'cnf', 'status', 'jti', 'iat', 'exp', 'nbf'];
const NOT_A_CLAIM = ['title', 'issuing_country'];

/** The elements of a report on a file; `about` is `{name, options, trust, trustWords}`. */
export function showReport(report, about, messages) {
  const { say } = sayer(messages);
  const head = [
    makeElement('h2', { id: 'verdict', class: VERDICTS[report.verdict] }, say(`check-verdict-${report.verdict}`)),
    makeElement('p', {}, say(report.statement && report.verdict === 'valid' ? 'check-bare-valid-text' : `check-means-${report.verdict}`)),
    ...unasked(report).map((key) => makeElement('p', { class: 'unsure' }, say(key))),
    about.isOwnWord ? makeElement('p', { class: 'unsure' }, say('check-only-ledger')) : null,
    makeElement('dl', { class: 'facts' },
      ...fact(say('check-file-name'), about.name),
      ...madeFor(about, say),
      ...fact(say('check-checked'), messages.moment(about.options.now * 1000)),
      ...fact(say('check-trust'), about.trustWords)),
  ];
  const parts = [head, showAnswer(report, messages), showTroubles(report, about.trust, messages), report.statement ? showStatement(report, messages) : showRecords(report, messages)];
  const print = makeElement('button', { type: 'button', class: 'screen' }, say('check-print'));
  print.addEventListener('click', () => window.print());
  return [...parts.flat().filter((part) => part !== null), showLimits(messages), showRows(report, messages), print];
}

function sayer(messages) {
  return { say: (key, values) => messages.say(key, values) };
}

function fact(name, value) {
  return [makeElement('dt', {}, name), makeElement('dd', {}, isolated(value))];
}

/** A link that is made for nobody in particular names the page that opens it. */
function madeFor({ options: { audience }, trust }, say) {
  if (!audience) return [];
  const isForAny = trust.ledgers.some(({ origin }) => audience === `https://${origin}/v`);
  return fact(say('check-made-for'), isForAny ? say('check-made-for-any') : audience);
}

function showAnswer({ answer }, messages) {
  if (answer === null) return [];
  const { say } = sayer(messages);
  const country = answer.country === null ? '' : messages.country(answer.country);
  return [
    makeElement('h3', {}, say(`check-purpose-${answer.purpose}`)),
    makeElement('p', { class: LOOKS[answer.status] }, say(`check-answer-${STATUS_WORDS[answer.status]}`)),
    makeElement('p', { class: 'quiet' }, [country, answer.occupation ?? ''].filter(Boolean).join(', ')),
  ];
}

/** Every red or open line with its reason and whom to ask. */
function showTroubles(report, trust, messages) {
  const { say } = sayer(messages);
  const rows = report.checks.filter(({ status }) => status === 'FAIL' || status === 'UNKNOWN');
  if (rows.length === 0) return [];
  const items = rows.map((row) => {
    const record = report.records.find(({ jti }) => jti === row.subject);
    const root = record?.country ? rootFor(trust, record.country) : null;
    return makeElement('li', { class: LOOKS[row.status] },
      makeElement('strong', {}, `${say(`check-status-${STATUS_WORDS[row.status]}`)}: `),
      say(`check-name-${row.check}`), ' ',
      makeElement('span', {}, '(', subjectOf(row.subject, record, say), ')'),
      makeElement('p', {}, say(`check-act-${STATUS_WORDS[row.status]}`)),
      root === null ? null : makeElement('p', {}, say('check-ask'), ' ', isolated(root.name ?? root.issuer), ...contactOf(root)),
      makeElement('p', { class: 'quiet', lang: 'en', dir: 'ltr' }, row.detail));
  });
  return [makeElement('h3', {}, say('check-troubles')), makeElement('ul', { class: 'rows' }, ...items)];
}

function contactOf({ contact }) {
  if (contact === null) return [];
  const isLink = /^(https:\/\/|mailto:)/.test(contact);
  return [' ', isLink ? makeElement('a', { href: contact, rel: 'noreferrer' }, isolated(contact)) : isolated(contact)];
}

function subjectOf(subject, record, say) {
  if (subject === 'file') return say('check-the-file');
  return isolated(record ? record.title : subject);
}

function showRecords(report, messages) {
  const { say } = sayer(messages);
  const parts = [makeElement('h3', {}, say('check-records', { n: report.records.length }))];
  for (const section of SECTIONS) {
    const records = report.records.filter((record) => record.section === section);
    if (records.length === 0) continue;
    parts.push(makeElement('h4', {}, say(`check-section-${section}`)));
    parts.push(...records.map((record) => showRecord(record, report, messages)));
  }
  return parts;
}

/** Of a bare SD-JWT: what nobody looked at, so that nobody takes it for checked. */
function unasked({ statement, checks }) {
  if (!statement) return [];
  const wasAsked = checks.some(({ check, status }) => check === 'status' && status !== 'NOT_APPLICABLE');
  return wasAsked ? ['check-bare-ledger'] : ['check-bare-ledger', 'check-bare-status'];
}

/** What a bare SD-JWT says, by the key given. */
function showStatement({ statement }, messages) {
  const { say } = sayer(messages);
  const claims = Object.fromEntries(Object.entries(statement).filter(([name]) => !ENVELOPE.includes(name)));
  return [
    makeElement('h3', {}, say('check-bare-heading')),
    makeElement('article', { class: 'card record' },
      makeElement('h5', {}, isolated(statement.vct)),
      makeElement('dl', { class: 'facts' }, ...fact(say('check-stated-by'), statement.iss)),
      claimsTable(claims)),
  ];
}

function showRecord(record, report, messages) {
  const { say } = sayer(messages);
  const authority = report.checks.find(({ check, subject }) => check === 'issuer_authorised' && subject === record.jti);
  const isBad = record.standing !== 'in_force';
  const of = [
    ...fact(say('check-stated-by'), record.issuer_name === null ? record.issuer : `${record.issuer_name} (${record.issuer})`),
    ...(authority?.status === 'PASS' ? fact(say('check-authority'), authority.detail) : []),
    ...(record.source === null ? [] : fact(say('check-source'), record.source)),
    ...(record.country === null ? [] : fact(say('check-country'), messages.country(record.country))),
    ...(record.awarded_on === null ? [] : fact(say('check-awarded'), messages.day(record.awarded_on))),
    ...(record.valid_until === null ? [] : fact(say('check-valid-until'), messages.day(record.valid_until))),
    ...fact(say('check-recorded'), messages.moment(Number(record.recorded_at))),
    ...record.confirmed_by.flatMap((by) => fact(say('check-confirmed-by'), by.issuer_name)),
    ...record.endorsed_by.flatMap((by) => fact(say('check-endorsed-by'), by.issuer_name)),
  ];
  return makeElement('article', { class: 'card record' },
    makeElement('h5', {}, titleOf(record, messages.language)),
    record.original_title === null ? null : makeElement('p', { class: 'quiet' }, isolated(record.original_title)),
    makeElement('p', { class: isBad ? 'unsure' : 'good' }, say(`check-standing-${record.standing}`)),
    makeElement('p', {}, say(`check-effect-${record.legal_effect}`)),
    record.independently_confirmed === false ? makeElement('p', { class: 'unsure' }, say('check-alone')) : null,
    record.withheld.length === 0 ? null : makeElement('p', { class: 'unsure' }, say('check-withheld'), ' ', isolated(record.withheld.join(', '))),
    makeElement('dl', { class: 'facts' }, ...of),
    showClaims(record, say));
}

function titleOf({ claims, title }, language) {
  return isolated(claims.title?.[language] ?? title);
}

function showClaims({ claims }, say) {
  const told = Object.entries(claims).filter(([name]) => !NOT_A_CLAIM.includes(name));
  if (told.length === 0) return null;
  return makeElement('details', {}, makeElement('summary', {}, say('check-claims')), claimsTable(Object.fromEntries(told)));
}

function claimsTable(claims) {
  const lines = Object.entries(claims).map(([name, value]) =>
    makeElement('tr', {}, makeElement('th', { scope: 'row' }, name.replaceAll('_', ' ')), makeElement('td', {}, isolated(textOf(value)))));
  return makeElement('div', { class: 'wide' }, makeElement('table', { lang: 'en' }, makeElement('tbody', {}, ...lines)));
}

function textOf(value) {
  if (value instanceof Real) return String(value.value);
  if (Array.isArray(value)) return value.map(textOf).join('; ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value).map(([name, inner]) => `${name}: ${textOf(inner)}`).join(', ');
}

/** What the page does not say. */
function showLimits(messages) {
  const { say } = sayer(messages);
  const lines = ['check-not-practise', 'check-not-equal', 'check-not-person', 'check-not-quality'];
  return makeElement('section', {},
    makeElement('h3', {}, say('check-not-said')),
    makeElement('ul', {}, ...lines.map((key) => makeElement('li', {}, say(key)))));
}

/** Every line, for whoever wants to see all. */
function showRows(report, messages) {
  const { say } = sayer(messages);
  const lines = report.checks.map((row) => {
    const record = report.records.find(({ jti }) => jti === row.subject);
    return makeElement('tr', {},
      makeElement('td', {}, say(`check-name-${row.check}`)),
      makeElement('td', {}, say(`check-status-${STATUS_WORDS[row.status]}`)),
      makeElement('td', {}, subjectOf(row.subject, record, say)));
  });
  const heads = ['check-column-check', 'check-column-result', 'check-column-subject'];
  return makeElement('details', { id: 'all' },
    makeElement('summary', {}, say('check-all')),
    makeElement('div', { class: 'wide' },
      makeElement('table', {},
        makeElement('thead', {}, makeElement('tr', {}, ...heads.map((key) => makeElement('th', { scope: 'col' }, say(key))))),
        makeElement('tbody', {}, ...lines))));
}
