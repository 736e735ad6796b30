// The check page: takes a file, a QR code or a link, asks the verifier beside it, and shows what it says.
import { utf8Decode, utf8Encode } from '../lib/bytes.js';
import { parseJws, readJwkText, readPublicKey } from '../lib/jose.js';
import { parseJson } from '../lib/json.js';
import { parse as parseToml } from '../vendor/smol-toml/parse.js';
import { Messages, byId, makeElement, readPageData } from './dom.js';
import { FILE_BYTES_MAX } from './file.js';
import { openLink } from './link.js';
import { scanCamera } from './scan.js';
import { showReport } from './show.js';
import { isTrustList, readTrustFile, readTrustList } from './trust.js';
import { verifyBytes } from './verify.js';

const TRUST_BYTES_MAX = 1024 * 1024;
const NOBODY = { ledgers: [], roots: [], policy: null, statusMaxAge: 30 * 86400 };

const messages = new Messages(readPageData('messages'));
const vocabulary = readPageData('vocabulary');
const say = (key, values) => messages.say(key, values);
const state = { shown: null, trust: NOBODY, isOwnWord: false, trustWords: () => say('check-trust-missing'), issuerKey: null, run: 0 };

function announce(text, isBad = false) {
  const status = byId('status');
  status.textContent = text;
  status.className = isBad ? 'bad' : '';
}

/** The bytes of a file that the reader chose; null, and said, if it is too large to be one. */
async function readChosen(file, most) {
  if (file.size > most) {
    announce(say('check-too-large', { n: most / 1024 / 1024 }), true);
    return null;
  }
  return new Uint8Array(await file.arrayBuffer());
}

function question() {
  const value = (id) => byId(id).value.trim() || null;
  const [purpose, country, occupation] = [value('purpose'), value('country'), value('occupation')];
  return { purpose, country, occupation, audience: value('audience'), nonce: value('nonce'), issuerKey: state.issuerKey };
}

/** Checks what is at hand; `more` is what a link adds to the question. */
async function check({ bytes, name, more = {} }) {
  const run = (state.run += 1);
  state.shown = { bytes, name, more };
  announce(say('check-working'));
  const options = { now: Math.floor(Date.now() / 1000), ...question(), ...more };
  try {
    const report = await verifyBytes(bytes, state.trust, vocabulary, options);
    if (run !== state.run) return;
    const result = byId('result');
    result.replaceChildren(...showReport(report, aboutShown(name, options), messages));
    result.hidden = false;
    result.dataset.verdict = report.verdict;
    result.report = report;
    announce(say(`check-verdict-${report.verdict}`));
    result.focus();
  } catch (fault) {
    announce(fault.reason === 'NO_ED25519' ? say('check-no-ed25519') : say('check-unreadable'), true);
  }
}

function aboutShown(name, options) {
  return { name, options, trust: state.trust, trustWords: state.trustWords(), isOwnWord: state.isOwnWord };
}

function checkAgain() {
  if (state.shown !== null) check(state.shown);
}

async function take(file) {
  const bytes = file ? await readChosen(file, FILE_BYTES_MAX) : null;
  if (bytes !== null) check({ bytes, name: file.name });
}

/** A text that was scanned: a link to a passport, or one statement as it is. */
function takeText(text) {
  const link = /^https?:\/\/[^#]+\/v#(s=[A-Za-z0-9_-]+)$/.exec(text);
  if (link && text.startsWith(`${location.origin}/`)) {
    location.hash = link[1];
    offerLink();
  } else if (link) {
    announce(say('check-scan-elsewhere'));
    byId('status').append(' ', makeElement('a', { href: text, rel: 'noreferrer' }, makeElement('bdi', {}, text)));
  } else if (/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+~/.test(text)) {
    return checkStatement(text);
  } else {
    announce(say('check-scan-other'), true);
  }
  return undefined;
}

/** One statement that was scanned. On a ledger its issuer's keys are asked for there; nothing else of the statement is sent. */
async function checkStatement(text) {
  const more = {};
  if (state.issuerKey === null && location.protocol !== 'file:') {
    const { kid, payload } = parseJws(text.split('~')[0]);
    const answer = await fetch(`/.well-known/jwt-vc-issuer?iss=${encodeURIComponent(payload.iss)}`);
    const { jwks } = answer.ok ? await answer.json() : { jwks: { keys: [] } };
    for (const jwk of jwks.keys) {
      const key = await readPublicKey(jwk);
      if (key?.thumbprint === kid) more.issuerKey = key;
    }
  }
  check({ bytes: utf8Encode(text), name: say('check-scan-found'), more });
}

let camera = null;

async function scan() {
  byId('camera').hidden = false;
  camera = new AbortController();
  try {
    const text = await scanCamera(byId('video'), camera.signal);
    if (text !== null) await takeText(text);
  } catch (fault) {
    announce(say('check-scan-failed', { reason: fault.name ?? '' }), true);
  } finally {
    byId('camera').hidden = true;
  }
}

/** Whom the page believes, from the text of a trust file or of a signed list. */
async function believe(text, words, isOwnWord = false) {
  const now = Date.now();
  if (isTrustList(text)) {
    const list = await readTrustList(text, parseToml);
    if (now < list.issued || now > list.expires) throw new Error(say('check-trust-period'));
    state.trust = list.trust;
    state.trustWords = () => say('check-trust-list', { name: list.name, kid: list.thumbprint });
  } else {
    state.trust = await readTrustFile(text, parseToml);
    state.trustWords = words;
  }
  state.isOwnWord = isOwnWord;
}

async function loadTrust(file) {
  const bytes = file ? await readChosen(file, TRUST_BYTES_MAX) : null;
  if (bytes === null) return;
  try {
    await believe(utf8Decode(bytes) ?? '', () => say('check-trust-loaded', { name: file.name }));
    showBelief();
    announce(state.trustWords());
    checkAgain();
  } catch (fault) {
    announce(say('check-trust-bad', { reason: fault.message }), true);
  }
}

async function loadIssuerKey(file) {
  const bytes = file ? await readChosen(file, TRUST_BYTES_MAX) : null;
  const jwk = bytes && readJwkText(bytes);
  state.issuerKey = jwk ? await readPublicKey(jwk) : null;
  if (state.issuerKey === null) announce(say('check-issuer-key-bad'), true);
  else checkAgain();
}

function showBelief() {
  const belief = byId('believed');
  belief.textContent = state.trustWords();
  for (const { origin } of state.trust.ledgers) belief.append(makeElement('br'), makeElement('bdi', {}, origin));
  for (const root of state.trust.roots) {
    belief.append(makeElement('br'), makeElement('bdi', {}, `${root.jurisdictions.join(', ')}: ${root.name ?? root.issuer}`));
  }
}

function fillCountries() {
  const select = byId('country');
  const chosen = select.value;
  const names = vocabulary.countries.map((code) => [messages.country(code), code]);
  names.sort(([one], [other]) => one.localeCompare(other, messages.language));
  const options = names.map(([name, code]) => makeElement('option', { value: code }, name));
  select.replaceChildren(makeElement('option', { value: '' }, say('check-country-any')), ...options);
  select.value = chosen;
}

/** A link that was opened asks for the birth date of whoever gave it. */
function offerLink() {
  if (!/^#s=/.test(location.hash)) return;
  byId('link').hidden = false;
  byId('birth').focus();
}

async function followLink(event) {
  event.preventDefault();
  announce(say('check-working'));
  const opened = await openLink(location.hash, byId('birth').value);
  if (opened.wait) announce(say('check-link-wait', { seconds: opened.wait }), true);
  else if (!opened.bytes) announce(say('check-link-failed'), true);
  else check({ bytes: opened.bytes, name: say('check-link-title'), more: { nonce: opened.nonce, audience: audienceOf(opened.bytes) } });
}

/** For whom a presentation says it was made: the verifier finds out whether it is true. */
function audienceOf(bytes) {
  try {
    return parseJws(parseJson(bytes.subarray(0, -1)).presentation).payload.aud ?? null;
  } catch {
    return null;
  }
}

function listen() {
  // Choosing the same file again is a choice, too.
  byId('file').addEventListener('click', (event) => {
    event.target.value = '';
  });
  byId('file').addEventListener('change', (event) => take(event.target.files[0]));
  byId('trust-file').addEventListener('change', (event) => loadTrust(event.target.files[0]));
  byId('issuer-key').addEventListener('change', (event) => loadIssuerKey(event.target.files[0]));
  byId('link').addEventListener('submit', followLink);
  byId('scan').addEventListener('click', scan);
  byId('scan-stop').addEventListener('click', () => camera?.abort());
  for (const id of ['purpose', 'country', 'occupation', 'audience', 'nonce']) byId(id).addEventListener('change', checkAgain);
  window.addEventListener('hashchange', offerLink);
  window.addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('#result details')) details.open = true;
  });
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  byId('language')?.addEventListener('change', (event) => {
    messages.language = event.target.value;
    speak();
    checkAgain();
  });
}

function speak() {
  messages.sayPage();
  fillCountries();
  showBelief();
}

async function start() {
  const { text, source } = readPageData('trust');
  const origin = location.host;
  if (text !== '') await believe(text, () => say(`check-trust-${source}`, { origin }), source === 'ledger').catch(() => {});
  const select = byId('language');
  if (select) {
    select.value = messages.language;
    speak();
  } else {
    fillCountries();
    showBelief();
  }
  listen();
  offerLink();
  document.documentElement.dataset.ready = 'yes';
}

start();
