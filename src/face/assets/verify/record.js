// What is shown of one record (SPEC.md, "Verification", *Records*; "What follows").

export const SECTIONS = ['training', 'assessment', 'work', 'recognition', 'licence', 'self_declared'];
const SHOWN = ['valid_from', 'valid_until', 'learning_setting', 'instrument', 'decision', 'recognition_kind', 'result', 'outcome', 'source'];
const ENDS_ARE_THE_RULE = ['right_to_practise', 'recognition_decision'];
const DEPTH_MAX = 16;

/** Decisive claims that are, or may be, hidden. */
function withheldOf({ claims, spec }, hidden) {
  const missing = spec.claims.filter(({ name }) => !(name in claims));
  const isMoreThanKnown = hidden > missing.filter(({ required }) => required).length;
  const mayHide = ({ name, decisive, required }) => decisive && name !== 'target' && hidden > 0 && (required || isMoreThanKnown);
  return missing.filter(mayHide).map(({ name }) => name);
}

function mayHideItsMeaning(meaning, hidden) {
  const { spec, kind } = meaning;
  const ends = ENDS_ARE_THE_RULE.includes(spec.legal_effect) || kind === 'LanguageCertified' || kind === 'RegisterEntered';
  const isRequired = (claim) => spec.claims.some(({ name, required }) => name === claim && required);
  return withheldOf(meaning, hidden).some((claim) => ends || isRequired(claim));
}

function standingOf(meaning, hidden, code, day) {
  if (code === 1) return 'revoked';
  if (code === 2) return 'suspended';
  if (code === 3) return 'superseded';
  const last = meaning.text('valid_until') ?? meaning.text('leave_until');
  if (last !== null && day > last) return 'expired';
  const first = meaning.text('valid_from');
  if (code === null || (first !== null && day < first) || mayHideItsMeaning(meaning, hidden)) return 'unknown';
  const isPartial = ['PARTIAL', 'CONDITIONAL'].includes(meaning.text('decision')) || meaning.claims.is_partial_qualification === true;
  return isPartial ? 'partial' : 'in_force';
}

/** The records of the file, by section and then as in it; rows where one rests on another that does not stand. */
export function makeRecords(checked, ledgers, { rows, trust, vocabulary }, day, vouches) {
  const confirmations = checked.filter((one) => isConfirmation(one, rows));
  const records = checked
    .filter(({ meaning, recordedAt }) => meaning !== null && recordedAt !== null && meaning.spec.section !== null)
    .map((one) => makeRecord(one, ledgers[one.ledger], confirmations, { rows, trust, vocabulary, day, vouches }));
  settle(records, checked, rows);
  return records.sort((one, other) => SECTIONS.indexOf(one.section) - SECTIONS.indexOf(other.section));
}

function isConfirmation({ meaning, authorisation, standing, subject }, rows) {
  const confirms = meaning?.kind === 'ExperienceConfirmed' && meaning.has('record');
  return confirms && authorisation !== null && standing.code === 0 && rows.passes(subject);
}

function makeRecord(one, ledger, confirmations, { rows, trust, vocabulary, day, vouches }) {
  const { statement, meaning, authorisation, subject } = one;
  const hidden = statement.undisclosed;
  const code = rows.fails(subject) ? null : one.standing.code;
  const { sub, ...claims } = meaning.claims;
  const by = confirmations.filter((other) => other.meaning.text('record') === one.part.hash).map(confirmationOf);
  const title = meaning.claims.title;
  const record = {
    title: title === undefined ? plainWords(meaning.kind) : (title.en ?? Object.values(title)[0]),
    section: meaning.spec.section,
    issuer: statement.issuer,
    issuer_name: authorisation?.issuerName ?? ledger.state.body(statement.issuer)?.name ?? null,
    country: meaning.text('issuing_country'),
    standing: standingOf(meaning, hidden, code, day),
    standing_reason: null,
    awarded_with: [],
    legal_effect: meaning.text('decision') === 'COMPARABILITY_STATEMENT' ? 'informative' : meaning.spec.legal_effect,
    kind: meaning.kind,
    jti: statement.id,
    hash: one.part.hash,
    recorded_at: one.recordedAt,
    ...Object.fromEntries(SHOWN.map((name) => [name, claims[name] ?? null])),
    agreement: agreementOf(vocabulary, meaning.text('instrument')),
    credit_note: creditNoteOf(claims),
    original_title: originalTitleOf(meaning),
    awarded_on: meaning.awardDate(),
    withheld: withheldOf(meaning, hidden),
    endorsed_by: (authorisation?.endorsedBy ?? []).filter(({ issuer }) => vouches(trust, ledger.state, issuer)),
    confirmed_by: by,
    independently_confirmed: isIndependent(one, by, vocabulary, rows),
    claims,
  };
  return record;
}

function confirmationOf({ statement, meaning, authorisation }) {
  return {
    jti: statement.id,
    issuer: statement.issuer,
    issuer_name: authorisation.issuerName,
    issuer_kind: authorisation.issuerKind,
    confirmed_on: meaning.awardDate(),
  };
}

/** Of work for a household or an informal employer, and of what the worker states: whether anybody else says so too. */
function isIndependent({ meaning, authorisation, subject }, by, vocabulary, rows) {
  const isAlone = meaning.kind === 'WorkExperienceAttested' && ['HOUSEHOLD', 'INFORMAL'].includes(meaning.text('employer_form'));
  if (meaning.kind !== 'SelfAssessed' && !isAlone) return null;
  const issuerKind = rows.passes(subject) ? authorisation?.issuerKind : undefined;
  const confirms = vocabulary.issuer_kinds[issuerKind]?.states.includes('ExperienceConfirmed') ?? false;
  return by.length > 0 || (isAlone && confirms);
}

function agreementOf(vocabulary, cited) {
  if (cited === null) return null;
  const known = vocabulary.instruments.find(({ id }) => id === cited);
  if (known) return { id: known.id, title: known.title, kind: known.kind, force: known.force };
  return { id: cited, title: null, kind: null, force: 'not in the registry: what it binds is not known' };
}

function creditNoteOf({ credit_point: credit }) {
  if (credit?.framework?.toUpperCase() !== 'ECVET') return null;
  return 'historic: ECVET points are no longer in use since 2020-11-24 (Council Recommendation on VET)';
}

function originalTitleOf(meaning) {
  const language = meaning.text('original_language');
  return meaning.text('protected_title') ?? (language === null ? null : (meaning.claims.title?.[language] ?? null));
}

/** `TrainingCompleted` as `Training completed`. */
function plainWords(name) {
  return name.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A register entry counts only while what it rests on does. */
function settle(records, checked, rows) {
  const byHash = new Map(records.map((record) => [record.hash, { ...record }]));
  const isReplacing = ({ meaning }) => ['Corrected', 'Superseded'].includes(meaning?.kind) && meaning.has('target') && meaning.has('replacement');
  const replaced = new Map(checked.filter(isReplacing).map(({ meaning }) => [meaning.text('target'), meaning.text('replacement')]));
  const isRenewed = (hash) =>
    [...byHash.values()].some(({ kind, standing, claims }) => kind === 'LicenceRenewed' && standing === 'in_force' && claims.target === hash);
  const judge = (hash, left) => {
    const base = byHash.get(hash);
    if (base === undefined || left === 0) return 'unknown';
    if (base.standing === 'expired' && isRenewed(hash)) return 'in_force';
    if (base.standing === 'in_force' && base.claims.rests_on) return judge(base.claims.rests_on, left - 1);
    if (base.standing === 'superseded') return replaced.has(hash) ? judge(replaced.get(hash), left - 1) : 'unknown';
    return base.standing === 'partial' ? 'unknown' : base.standing;
  };
  for (const record of records) {
    awardedWith(record, records);
    if (record.standing !== 'in_force' || !record.claims.rests_on) continue;
    const settled = judge(record.hash, DEPTH_MAX);
    if (settled === 'in_force') continue;
    const isOpen = settled === 'unknown';
    record.standing = settled;
    record.standing_reason = isOpen ? 'whether what it rests on is in force is not shown' : `what it rests on is ${settled}`;
    rows.note('status', isOpen ? 'UNKNOWN' : 'FAIL', record.jti, record.standing_reason);
  }
}

function awardedWith(record, records) {
  const idOf = ({ kind, claims }) => (kind === 'QualificationAwarded' ? claims.achievement_id : undefined);
  if (idOf(record) === undefined) return;
  const others = records.filter((other) => idOf(other) === idOf(record) && other.jti !== record.jti);
  record.awarded_with = others.map(({ jti }) => jti);
}
