// Whose records these are: the evidence of the holder's key, what is tied to it, and who presents (SPEC.md, "Holder key",
// "Joined passports", "Presentation").
import { base64urlEncode, isBefore, utf8Encode } from '../lib/bytes.js';
import { isInteger } from '../lib/json.js';
import { parseJws, verifyJws } from '../lib/jose.js';
import { hasExactly } from '../lib/statement.js';
import { secondsOf } from './dates.js';
import { HolderKeys } from './holder-keys.js';
import { CLOCK_SKEW, WHOLE_FILE } from './report.js';
import { readBinding } from './tokens.js';
import { isKeyEvidence, makesKeyCurrent } from './vocabulary.js';

const JOIN_SECONDS_MAX = 30 * 86400;
const STATEMENT_MOST = 32768;

/** Checks the evidence, what the worker signed, and in a presentation the binding; gives the joins that the holder consented to. */
export async function checkHolder(file, checked, context) {
  const { rows } = context;
  const isPresentation = file.kind === 'presentation';
  const [current, joins] = [[], []];
  for (const ledger of file.ledgers.keys()) {
    for (const passport of passportsOf(ledger, checked, rows)) {
      const evidence = readEvidence(file, passport, rows);
      checkSuccession(file.kind, evidence, passport, isPresentation && file.ledgers.length > 1, rows);
      for (const one of passport) {
        checkHolderSigned(one, evidence, rows);
        const join = await checkConsent(one, evidence, rows);
        if (join) joins.push(join);
        if (isPresentation) checkTied(one, evidence, rows);
      }
      current.push(evidence.findLast(isCurrent) ?? null);
    }
  }
  await checkBinding(file, current, context);
  checkOnePerson(checked, joins, rows);
  return joins;
}

function workerOf({ statement }) {
  const sub = statement?.claims.sub;
  return typeof sub === 'string' ? sub : null;
}

/** The statements of a ledger, by passport. Where several passports are in it, each statement says whose it is. */
function passportsOf(ledger, checked, rows) {
  const all = checked.filter((one) => one.ledger === ledger);
  const workers = [...new Set(all.map(workerOf).filter((worker) => worker !== null))];
  if (workers.length <= 1) return [all];
  for (const one of all.filter((each) => workerOf(each) === null)) {
    rows.note('key_binding', 'FAIL', one.subject, 'it does not show whose of the passports it is of');
  }
  workers.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  return workers.map((worker) => all.filter((one) => workerOf(one) === worker));
}

function isCurrent({ kind }) {
  return makesKeyCurrent(kind);
}

function requestOf({ meaning }) {
  return meaning?.text('request') ?? null;
}

function readEvidence(file, passport, rows) {
  const evidence = [];
  for (const one of passport.filter(({ statement }) => statement !== null)) {
    const isNamed = file.holder.includes(one.index);
    const kind = one.evidenceKind;
    const bindsKey = kind !== null && kind !== 'HolderKeyRecoveryConfirmed';
    const hasKey = one.statement.holderKey !== null;
    if (isNamed && kind !== null && hasKey === bindsKey) evidence.push({ ...one, kind, key: one.statement.holderKey, one });
    else if (isNamed) rows.note('type', 'FAIL', WHOLE_FILE, '`holder` names a statement that binds no key');
    else if (kind !== null) rows.note('type', 'FAIL', WHOLE_FILE, '`holder` leaves out a statement that binds a key');
  }
  return evidence;
}

/** Where each line of keys begins: with each first binding, and with the request of each recovery that was completed. */
function lineStarts(evidence) {
  const starts = evidence.map((held, index) => {
    if (held.kind === 'HolderKeyBound') return index;
    if (held.kind !== 'HolderKeyRecovered') return -1;
    return evidence.findIndex(({ part }) => part.hash === requestOf(held));
  });
  return starts.filter((start) => start >= 0);
}

function checkSuccession(fileKind, evidence, passport, isApart, rows) {
  const fail = (why) => rows.note('key_binding', 'FAIL', WHOLE_FILE, why);
  const first = evidence[0]?.kind;
  if (first !== undefined && first !== 'HolderKeyBound' && first !== 'HolderKeyRecoveryRequested') {
    fail("the evidence of the holder's key does not begin with a body's word");
  }
  const keys = new HolderKeys(fileKind === 'presentation');
  for (const { statement, meaning, part, recordedAt, authorisation } of passport) {
    if (statement === null || meaning === null) continue;
    if (!isKeyEvidence(meaning.kind) && meaning.kind !== 'HolderKeyRecoveryCancelled') continue;
    const said = {
      kind: meaning.kind,
      hash: part.hash,
      recordedAt: BigInt(recordedAt ?? 0),
      issuer: statement.issuer,
      issuerKind: authorisation?.issuerKind ?? null,
      key: statement.holderKey,
      request: meaning.text('request'),
    };
    const refusal = keys.whyNot(said);
    if (refusal !== null) fail(`the evidence of the holder's key does not hold: ${refusal}`);
    keys.apply(said);
  }
  const starts = lineStarts(evidence);
  const isShown = (start) => workerOf(evidence[start]) !== null;
  if ((starts.length > 1 || isApart) && !starts.every(isShown)) fail("the evidence of the holder's key has a gap");
}

/** What the worker signed must be signed with the key that was theirs then. */
function checkHolderSigned(one, evidence, rows) {
  if (one.statement === null || one.statement.issuerKey === null) return;
  const before = evidence.filter(({ leaf }) => leaf < one.leaf);
  const isRecovered = one.meaning?.kind === 'HolderKeyRecovered';
  const held = isRecovered
    ? before.findLast(({ part }) => part.hash === requestOf(one))
    : before.findLast(isCurrent);
  const key = held?.key ?? null;
  const isTheirs = key !== null && key.did === one.statement.issuer;
  const why = isTheirs ? "signed with the key that was the holder's then" : "not shown to be the holder's key then";
  rows.note('issuer_key', isTheirs ? 'PASS' : 'FAIL', one.subject, why);
}

/** The half of a join that a statement makes, unless it was taken back or the holder did not consent. */
async function checkConsent(one, evidence, rows) {
  const { meaning, standing, statement, recordedAt } = one;
  if (meaning?.kind !== 'PassportsJoined') return null;
  const [worker, other] = [meaning.text('sub'), meaning.text('other')];
  const isChanged = standing.said !== null && standing.code !== null && standing.code !== 0;
  if (isChanged || worker === null || other === null || recordedAt === null) return null;
  const key = evidence.findLast((held) => held.leaf < one.leaf && isCurrent(held))?.key ?? null;
  const consent = { aud: statement.issuer, sub: worker, other };
  if (key !== null && (await isGiven(meaning.text('consent') ?? '', consent, key, recordedAt))) {
    return { worker, other, isSure: standing.code === 0 };
  }
  rows.note('key_binding', 'FAIL', one.subject, 'the holder of this passport did not consent to its being joined, or it is not shown');
  return null;
}

async function isGiven(text, consent, key, recordedAt) {
  try {
    if (utf8Encode(text).length > STATEMENT_MOST) return false;
    const jws = parseJws(text);
    if (jws.typ !== 'skillpass-join+jwt' || !hasExactly(jws.payload, ['aud', 'sub', 'other', 'iat', 'exp'])) return false;
    await verifyJws(jws, key);
    const { iat, exp } = jws.payload;
    const recorded = secondsOf(recordedAt);
    const isTimely = isInteger(iat) && isInteger(exp) && iat <= recorded + CLOCK_SKEW && recorded <= exp;
    const isSame = Object.entries(consent).every(([name, value]) => jws.payload[name] === value);
    return isTimely && isSame && Number(exp) - Number(iat) <= JOIN_SECONDS_MAX;
  } catch {
    return false;
  }
}

/** A statement shown is the holder's if it names a key of the line, or shows the `sub` that evidence of the line shows. */
function checkTied(one, evidence, rows) {
  if (one.statement === null) return;
  const starts = lineStarts(evidence);
  const line = starts.length === 0 ? [] : evidence.slice(Math.max(...starts));
  const { holderKey, issuer } = one.statement;
  const isByKey = ({ key }) => key !== null && (holderKey?.thumbprint === key.thumbprint || issuer === key.did);
  const isBySub = (held) => workerOf(one) !== null && workerOf(one) === workerOf(held);
  const isTied = evidence.some(({ subject }) => subject === one.subject) || line.some(isByKey) || line.some(isBySub);
  rows.note('key_binding', isTied ? 'PASS' : 'FAIL', one.subject, isTied ? "tied to the holder's key" : "nothing ties it to the holder's key");
}

async function checkBinding(file, current, { rows, options }) {
  const wasAsked = options.audience !== null || options.nonce !== null;
  if (file.kind === 'passport') {
    const why = wasAsked ? 'a complete passport is bound to nobody: ask the holder for a presentation' : 'a complete passport is bound to nobody';
    return rows.note('key_binding', wasAsked ? 'FAIL' : 'NOT_APPLICABLE', WHOLE_FILE, why);
  }
  const [status, why] = await bindingOf(file, current, options);
  return rows.note('key_binding', status, WHOLE_FILE, why);
}

async function bindingOf(file, current, { now, audience, nonce }) {
  const binding = readBinding(file.presentation);
  if (binding === null) return ['FAIL', "the presentation's signature is malformed"];
  if (current.includes(null) || current.length === 0) return ['FAIL', "a ledger's part lacks the evidence of the holder's key"];
  const [{ key }] = current;
  if (current.some((held) => held.key.thumbprint !== key.thumbprint)) return ['FAIL', 'two passports name different current keys'];
  const { said, jws } = binding;
  try {
    await verifyJws(jws, key);
  } catch {
    return ['FAIL', "the presentation is not signed by the holder's current key"];
  }
  const faults = [
    [said.file_hash !== base64urlEncode(file.hash), 'the holder signed another file'],
    [now > said.exp, 'the presentation is past the end that the holder set'],
    [said.iat > now + CLOCK_SKEW, "the presentation is dated after this verifier's clock"],
    [audience !== null && audience !== said.aud, 'the presentation was made for another audience'],
    [nonce !== null && nonce !== said.nonce, 'the presentation does not answer this nonce'],
  ];
  const fault = faults.find(([isBroken]) => isBroken);
  if (fault) return ['FAIL', fault[1]];
  for (const { standing } of current) {
    if (standing.code === 0) continue;
    if (standing.said !== null && standing.code !== null) return ['FAIL', "the holder's key was replaced or withdrawn"];
    if (!standing.isShaped) return ['FAIL', "the evidence of the holder's key lacks the ledger's word"];
    return ['UNKNOWN', "the ledger's word on the holder's key is too old, or not from a key that the trust file names"];
  }
  return ['PASS', `signed by the holder for ${said.aud}`];
}

/** One file, one person: every `sub` is the same, or bodies and the holder have said that they are one person's. */
function checkOnePerson(checked, joins, rows) {
  const workers = [...new Set(checked.map(workerOf).filter((worker) => worker !== null))];
  const note = (status, why) => rows.note('disclosures', status, WHOLE_FILE, why);
  if (workers.length <= 1) note('PASS', 'no two records name different workers');
  else if (areOne(workers, joins.filter(({ isSure }) => isSure))) note('PASS', "the passports were joined with the holder's consent");
  else if (areOne(workers, joins)) note('UNKNOWN', 'whether the passports are still joined, the ledger has not said lately enough');
  else note('FAIL', 'the file holds records of more than one worker, and their passports are not joined');
}

/** Whether halves that answer each other connect them all. */
function areOne(workers, joins) {
  const says = (worker, other) => joins.some((join) => join.worker === worker && join.other === other);
  const reached = new Set([workers[0]]);
  for (const known of reached) {
    for (const worker of workers) {
      if (says(known, worker) && says(worker, known)) reached.add(worker);
    }
  }
  return reached.size === workers.length;
}
