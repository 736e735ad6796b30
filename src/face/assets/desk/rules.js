// Rules between the claims of a row (SPEC.md, "Events"). A rule answers `{column, reason, values}`, or null if it holds.

const QUALIFICATIONS_PASSPORT_YEARS = 5;

const RULES = {
  PassportOpened: (row) =>
    bothNames(row, 'given_name', 'given_name_latin') ??
    bothNames(row, 'given_name_latin', 'given_name') ??
    inOrder(row, 'birth_date', 'identity_checked_on') ??
    inOrder(row, 'identity_checked_on', 'document_valid_until'),
  PassportsJoined: (row) =>
    'sub' in row.claims && row.claims.sub === row.claims.other ? wrong('other', 'SAME_WORKER') : null,
  TrainingCompleted: (row) =>
    inOrder(row, 'started_on', 'completed_on') ?? inOrder(row, 'completed_on', 'refresh_due') ?? inOrder(row, 'completed_on', 'valid_until'),
  QualificationAwarded: (row) =>
    'eqf_level' in row.claims && lacks(row, 'nqf_level') ? wrong('eqf_level', 'EQF_WITHOUT_NQF') : originalInTitle(row),
  SkillAssessed: (row) => inOrder(row, 'assessed_on', 'valid_until'),
  LanguageCertified: (row) => inOrder(row, 'assessed_on', 'valid_until'),
  PriorLearningCertified: (row) => {
    const { outcome } = row.claims;
    if (outcome === 'CREDIT' && lacks(row, 'credit_point')) return wrong('credit_point', 'CREDIT_WITHOUT_POINTS');
    if (outcome === 'EXEMPTION' && lacksItems(row, 'exempted_units')) return wrong('exempted_units', 'EXEMPTION_WITHOUT_UNITS');
    return inOrder(row, 'certified_on', 'valid_until');
  },
  RecognitionDecided: recognitionDecided,
  DocumentAuthenticated: (row) => inOrder(row, 'document_date', 'confirmed_on') ?? originalInTitle(row),
  LicenceGranted: (row) => inOrder(row, 'valid_from', 'valid_until'),
  LicenceRenewed: (row) => inOrder(row, 'valid_from', 'valid_until'),
  LicenceSuspended: (row) => inOrder(row, 'effective_from', 'suspended_until'),
  RegisterEntered: (row) =>
    row.claims.register_status === 'GOOD_STANDING' && lacks(row, 'valid_until')
      ? wrong('valid_until', 'MISSING_CLAIM')
      : inOrder(row, 'valid_from', 'valid_until'),
  WorkExperienceAttested: (row) => inOrder(row, 'started_on', 'ended_on'),
  PlacementStarted: (row) => inOrder(row, 'started_on', 'planned_end'),
  LeaveGranted: (row) => inOrder(row, 'leave_from', 'leave_until'),
  ReintegrationDecided: (row) =>
    row.claims.decision === 'REFUSED' && lacksItems(row, 'reasons')
      ? wrong('reasons', 'REFUSAL_WITHOUT_REASONS')
      : inOrder(row, 'decided_on', 'appeal_until'),
  GapIdentified: (row) =>
    lacksItems(row, 'missing_outcomes') && lacksItems(row, 'missing_units') ? wrong('missing_outcomes', 'GAP_WITHOUT_CONTENT') : null,
  QualificationsPassportIssued: fiveYears,
  Revoked: changeOfStanding,
  Suspended: changeOfStanding,
  Reinstated: changeOfStanding,
  Corrected: changeOfStanding,
  Superseded: changeOfStanding,
};

/** The broken rule of a kind, if there is one. `isComplete` says whether from a claim's absence anything follows. */
export function brokenRule(kind, claims, isComplete) {
  return RULES[kind]?.({ claims, isComplete }) ?? null;
}

/** The broken rule between the members of an object claim: of levels in frameworks, and of CEFR levels. */
export function brokenMemberRule(specs, object, known) {
  const names = specs.map((spec) => spec.name).join(' ');
  if (names === 'framework version code') return brokenLevel(object, known);
  if (names.startsWith('listening reading') && Object.keys(object).length === 0) return { column: '', reason: 'EMPTY_CEFR', values: {} };
  return null;
}

function wrong(column, reason, values = {}) {
  return { column, reason, values };
}

function lacks(row, name) {
  return row.isComplete && !(name in row.claims);
}

function lacksItems(row, name) {
  return row.isComplete && !(row.claims[name]?.length > 0);
}

function inOrder({ claims }, earlier, later) {
  const [from, to] = [claims[earlier], claims[later]];
  if (from === undefined || to === undefined || to >= from) return null;
  return wrong(later, 'DATES_REVERSED', { cell: to, earlier, date: from });
}

function bothNames(row, name, other) {
  return name in row.claims && lacks(row, other) ? wrong(other, 'NAME_WITHOUT_LATIN', { other: name }) : null;
}

function originalInTitle({ claims }) {
  const { original_language: language, title } = claims;
  if (language === undefined || title === undefined || language in title) return null;
  return wrong('original_language', 'ORIGINAL_NOT_IN_TITLE', { cell: language });
}

function recognitionDecided(row) {
  const { decision } = row.claims;
  const hasMeasure = 'compensation_measure' in row.claims;
  const noDifferences = lacksItems(row, 'substantial_differences');
  if (decision === 'REFUSED' && noDifferences && lacksItems(row, 'reasons')) return wrong('reasons', 'REFUSAL_WITHOUT_REASONS');
  if (['PARTIAL', 'CONDITIONAL'].includes(decision) && noDifferences && !hasMeasure) {
    return wrong('substantial_differences', 'CONDITION_WITHOUT_DIFFERENCES');
  }
  if (decision === 'FULL' && hasMeasure) return wrong('compensation_measure', 'FULL_WITH_MEASURE');
  return inOrder(row, 'decided_on', 'appeal_until') ?? inOrder(row, 'decided_on', 'valid_until');
}

function changeOfStanding(row) {
  const { target, replacement } = row.claims;
  if (target !== undefined && target === replacement) return wrong('replacement', 'SAME_STATEMENT');
  return inOrder(row, 'effective_from', 'suspended_until');
}

function fiveYears({ claims }) {
  const { issued_on: issued, valid_until: until } = claims;
  if (issued === undefined || until === undefined) return null;
  const year = Number(issued.slice(0, 4)) + QUALIFICATIONS_PASSPORT_YEARS;
  // Five years after a 29 February there is none.
  const last = `${year}-${issued.slice(5) === '02-29' ? '02-28' : issued.slice(5)}`;
  return until === last ? null : wrong('valid_until', 'NOT_FIVE_YEARS', { cell: until, date: last });
}

/** A level must stand in that edition of that framework, under its full name. */
function brokenLevel({ framework, version, code }, known) {
  const found = known.frameworks.find((one) => one.id === framework);
  if (!found) return { column: 'framework', reason: isBare(framework, known) ? 'BARE_FRAMEWORK' : 'UNKNOWN_FRAMEWORK', values: { cell: framework } };
  if (found.reference_only) return { column: 'framework', reason: 'UNKNOWN_FRAMEWORK', values: { cell: framework } };
  const edition = found.editions.find((one) => one.version === version);
  if (!edition) return { column: 'version', reason: 'UNKNOWN_FRAMEWORK_VERSION', values: { cell: version, words: found.editions.map((one) => one.version).join(', ') } };
  if (edition.levels.includes(code)) return null;
  return { column: 'code', reason: 'UNKNOWN_LEVEL', values: { cell: code, words: edition.levels.join(', ') } };
}

/** Whether a name is an abbreviation, or a country's `nqf`, that some framework has. */
function isBare(name, known) {
  const slash = name.indexOf('/');
  if (slash >= 0) {
    const region = name.slice(0, slash);
    const isOf = ({ id }) => id.includes('/') && (id.startsWith(`${region}/`) || id.split('/')[0].split('-')[0] === region);
    return name.slice(slash + 1) === 'nqf' && known.frameworks.some(isOf);
  }
  const bare = name.split(/\s+/).find((word) => word !== '') ?? '';
  const called = (one) => [one.id.slice(one.id.lastIndexOf('/') + 1), ...one.also];
  return known.frameworks.some((one) => called(one).some((own) => own.toLowerCase() === bare.toLowerCase()));
}
