// The checks of one statement about a person (SPEC.md, "Verification").
import { Fault, equalBytes, utf8Encode } from '../lib/bytes.js';
import { parseJws } from '../lib/jose.js';
import { STATEMENT_BYTES_MAX, STATEMENT_TYP, parseStatement, verifyStatement } from '../lib/statement.js';
import { ABOUT_SCOPE, authorise, authoriseChange, authoriseConfirmation, questionOf } from './authority.js';
import { readMeaning } from './claims.js';
import { latestDay, secondsOf } from './dates.js';
import { CLASS_PERSON, decodeEntry, statementCommitment } from './entry.js';
import { checkIncluded, doubtOf, isAnchored } from './ledger.js';
import { CLOCK_SKEW, WHOLE_FILE } from './report.js';
import { readStandingOf } from './tokens.js';
import { rootFor, rootUnder } from './trust.js';
import { actsOnAnother, isKeyEvidence, kindName, makesKeyCurrent, neverLeaves } from './vocabulary.js';

const ABOUT_DISCLOSURES = [
  'TOO_MANY_DISCLOSURES', 'DISCLOSURE_TOO_LARGE', 'DIGEST_TWICE', 'DISCLOSURE_ARITY', 'SALT_TOO_SHORT', 'DISCLOSURE_RESERVED_NAME',
  'CLAIM_COLLISION', 'DISCLOSURE_TWICE', 'DISCLOSURE_UNREFERENCED', 'PROTECTED_CLAIM_DISCLOSED', 'NESTED_DISCLOSURE',
];
const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A statement before its signature was looked at; `statement` is null and `fault` says why if it has not the form. */
export async function readPart(part) {
  try {
    return { statement: await parseStatement(part.sdjwt), fault: null };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { statement: null, fault };
  }
}

/**
 * What was found out about a statement of the file: `statement` once its signature verified, `meaning` once its claims fit as well, else
 * null.
 */
export async function checkRecord(file, index, ledger, context) {
  const { rows, trust, options, vocabulary } = context;
  const part = file.statements[index];
  const read = await readPart(part);
  const nth = file.statements.filter((one, at) => one.ledger === part.ledger && at < index).length;
  const standing = await readStandingOf(ledger.part.standing[nth], part.hash, ledger, options, trust.statusMaxAge);
  const subject = read.statement?.id ?? claimedId(part.jwt) ?? WHOLE_FILE;
  const one = {
    index, part, subject, standing, ledger: part.ledger, leaf: part.place.leaf,
    statement: null, meaning: null, evidenceKind: null, recordedAt: null, link: null, commitment: null, authorisation: null,
  };
  const note = (check, status, why) => rows.note(check, status, subject, why);
  noteStatus(one, read.statement && kindName(vocabulary, read.statement.vct), rows);
  await checkInclusion(one, ledger, note);
  if (read.fault) note(ABOUT_DISCLOSURES.includes(read.fault.reason) ? 'disclosures' : 'type', 'FAIL', read.fault.reason);
  else await checkSignature(one, read.statement, ledger.state, note);
  await checkContent(one, file.kind, vocabulary, note);
  checkTime(one, options.now, note);
  await checkAuthority(one, file, ledger, context, note);
  return one;
}

/** The `jti` of a JWT that is no statement, if it can be read. */
function claimedId(jwt) {
  try {
    if (utf8Encode(jwt).length > STATEMENT_BYTES_MAX) return null;
    const { typ, payload } = parseJws(jwt);
    const id = typ === STATEMENT_TYP && typeof payload.jti === 'string' ? payload.jti.toLowerCase() : '';
    const digits = payload.jti?.startsWith?.('urn:uuid:') ? id.slice(9).replace(/^\{(.*)\}$|^urn:uuid:(?=.*-)/, '$1') : '';
    if (!UUID.test(digits)) return null;
    const hex = digits.replaceAll('-', '');
    return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
  } catch {
    return null;
  }
}

function noteStatus({ standing, subject }, kind, rows) {
  const isPast = makesKeyCurrent(kind) && standing.code === 3;
  const isStopped = kind === 'HolderKeyRecoveryRequested' && standing.code === 1;
  rows.note('status', isPast || isStopped ? 'NOT_APPLICABLE' : standing.status, subject, standing.why);
  if (!standing.isShaped) rows.note('type', 'FAIL', WHOLE_FILE, `${subject}: ${standing.why}`);
}

async function checkInclusion(one, ledger, note) {
  let entry = null;
  try {
    entry = decodeEntry(one.part.place.entry);
  } catch {
    // Said below.
  }
  if (entry?.class !== CLASS_PERSON) return note('inclusion', 'FAIL', "its entry is not a person's entry");
  if (!equalBytes(entry.s, await statementCommitment(one.part.nS, one.part.jwt))) {
    return note('inclusion', 'FAIL', 'the entry commits to another statement');
  }
  Object.assign(one, { recordedAt: entry.recordedAt, link: entry.l, commitment: entry.s });
  const { status, why } = await checkIncluded(ledger, one.part.place);
  return note('inclusion', status, why);
}

async function checkSignature(one, statement, state, note) {
  const key = statement.issuerKey ?? state.key(statement.issuer, statement.kid);
  if (key === null) {
    note('signature', 'FAIL', 'nothing names the key that it says it is signed with');
    return note('issuer_key', 'FAIL', 'the key is not known');
  }
  try {
    await verifyStatement(statement, key);
  } catch (fault) {
    return note('signature', 'FAIL', fault.reason ?? String(fault));
  }
  note('signature', 'PASS', 'every byte is as its issuer signed it');
  one.statement = statement;
  return undefined;
}

async function checkContent(one, fileKind, vocabulary, note) {
  const { statement } = one;
  if (statement === null) return undefined;
  const kind = kindName(vocabulary, statement.vct);
  one.evidenceKind = isKeyEvidence(kind) ? kind : null;
  const spec = kind === null ? null : vocabulary.kinds[kind];
  if (spec?.class !== 'person') return note('type', 'FAIL', `\`${statement.vct}\` is no kind of record about a worker`);
  if ((spec.signer === 'holder') !== (statement.issuerKey !== null)) {
    return note('type', 'FAIL', 'signed by the worker where a body must sign, or by a body where the worker must');
  }
  note('type', 'PASS', kind);
  const isWhole = statement.undisclosed === 0;
  if (neverLeaves(kind) && isWhole) return note('disclosures', 'FAIL', 'what is for the worker alone is told in no file');
  if (!neverLeaves(kind) && !isWhole && fileKind === 'passport') {
    return note('disclosures', 'FAIL', 'a complete passport discloses every claim');
  }
  try {
    one.meaning = await readMeaning(vocabulary, kind, statement.claims, isWhole);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return note('disclosures', 'FAIL', fault.message);
  }
  return note('disclosures', 'PASS', 'each claim shown is one that the issuer signed');
}

/** Signed, then recorded, then looked at. */
function checkTime({ statement, meaning, recordedAt }, now, note) {
  if (statement === null || recordedAt === null) return;
  const recorded = secondsOf(recordedAt);
  const award = meaning?.awardDate() ?? null;
  if (statement.issuedAt > recorded + CLOCK_SKEW) note('time', 'FAIL', 'signed after it was recorded');
  else if (recorded > now + CLOCK_SKEW) note('time', 'FAIL', "recorded after this verifier's clock");
  else if (award !== null && award > latestDay(recordedAt)) note('time', 'FAIL', 'awarded after it was recorded');
  else note('time', 'PASS', 'signed, recorded and looked at in this order');
}

async function checkAuthority(one, file, ledger, { trust, vocabulary }, note) {
  const { statement, meaning, recordedAt, leaf } = one;
  if (statement === null) return;
  if (statement.issuerKey !== null) {
    for (const check of ['issuer_authorised', 'issuer_scope']) note(check, 'NOT_APPLICABLE', 'the worker says it of themselves');
    return;
  }
  if (meaning === null || recordedAt === null) return;
  const question = questionOf(statement.issuer, meaning, leaf, recordedAt);
  const { authorisation, refusal } = await answerTo(question, one, file, ledger.state, vocabulary);
  if (authorisation) {
    one.authorisation = authorisation;
    noteAuthorised(one, question.country, ledger, trust, note);
  } else if (ABOUT_SCOPE.includes(refusal)) {
    note('issuer_authorised', 'PASS', 'the body was authorised, though not for this');
    note('issuer_scope', 'FAIL', refusal);
  } else {
    note('issuer_authorised', 'FAIL', refusal);
    note('issuer_scope', 'NOT_APPLICABLE', 'there is no authorisation to compare it with');
  }
  const { word, since } = ledger.state.keyVerdict(statement.issuer, statement.kid, leaf, recordedAt);
  if (word === 'valid') note('issuer_key', 'PASS', 'the key was valid when this was recorded');
  else if (word === 'invalid') note('issuer_key', 'FAIL', 'the key was not valid when this was recorded');
  else if (word === 'compromised') note('issuer_key', 'FAIL', 'the key was compromised by the time this was recorded');
  else if (await isAnchored(ledger, one.part.place, since, trust.policy)) {
    note('issuer_key', 'PASS', 'the key was compromised later; witnesses saw this before that');
  } else note('issuer_key', 'UNKNOWN', 'the key was compromised later, and no witnessed checkpoint shows that this is older');
}

async function answerTo(question, one, file, state, vocabulary) {
  const { meaning, statement } = one;
  const isConfirmation = meaning.kind === 'ExperienceConfirmed';
  if (!actsOnAnother(meaning.kind) && !isConfirmation) return authorise(state, question);
  const hash = meaning.text(isConfirmation ? 'record' : 'target');
  const target = hash === null ? null : await findTarget(file, one.ledger, hash, vocabulary);
  if (target === null) return { refusal: 'UNKNOWN_TARGET' };
  return isConfirmation
    ? authoriseConfirmation(state, question, statement.kid, target)
    : authoriseChange(state, question, target);
}

/** What another statement acts on, as the file tells it; its own checks stand in rows of their own. */
async function findTarget(file, ledger, hash, vocabulary) {
  const part = file.statements.find((other) => other.ledger === ledger && other.hash === hash);
  const { statement } = part ? await readPart(part) : { statement: null };
  const kind = statement && kindName(vocabulary, statement.vct);
  try {
    const entry = kind && decodeEntry(part.place.entry);
    if (!kind || entry.class !== CLASS_PERSON) return null;
    return { issuer: statement.issuer, kind, leaf: part.place.leaf, recordedAt: entry.recordedAt };
  } catch {
    return null;
  }
}

function noteAuthorised({ statement, meaning, authorisation }, country, ledger, trust, note) {
  const isHidden = (claim) => statement.undisclosed > 0 && !meaning.has(claim);
  const root = country === null ? null : rootUnder(trust, ledger.state, authorisation, country);
  const doubt = doubtOf(ledger, statement.issuer);
  const awardClaim = meaning.spec.award_date;
  if (country === null) note('issuer_authorised', 'UNKNOWN', '`issuing_country` is not shown, so nobody can tell which authority to ask');
  else if (root === null) note('issuer_authorised', 'UNKNOWN', whomToAsk(country, trust));
  else if (doubt !== null) note('issuer_authorised', 'UNKNOWN', doubt);
  else if (awardClaim !== null && isHidden(awardClaim)) {
    note('issuer_authorised', 'UNKNOWN', 'its award date is not shown, so nobody can tell whether the authorisation covers it');
  } else note('issuer_authorised', 'PASS', `${authorisation.basis} by ${authorisation.authoriser}, under ${root.name ?? root.issuer} for ${country}`);
  const isClaim = (claim) => meaning.spec.claims.some(({ name }) => name === claim);
  const limit = authorisation.limits.find((claim) => isClaim(claim) && isHidden(claim));
  if (country === null) note('issuer_scope', 'UNKNOWN', '`issuing_country` is not shown');
  else if (limit) note('issuer_scope', 'UNKNOWN', `the authorisation is limited, and \`${limit}\` is not shown`);
  else note('issuer_scope', 'PASS', 'within kinds, country, limits and dates of its authorisation');
}

function whomToAsk(country, trust) {
  const root = rootFor(trust, country);
  if (root === null) return `the trust file names no authority for ${country}: add one you trust, or ask the ministry responsible there`;
  const contact = root.contact === null ? '' : ` (${root.contact})`;
  return `its authorisation does not rest on ${root.name ?? root.issuer}, which the trust file names for ${country}; ask there${contact}`;
}
