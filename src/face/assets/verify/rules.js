// Rules between claims, each looked at only where the claims it names are shown (SPEC.md, "Events").
import { Fault } from '../lib/bytes.js';
import { yearsAfter } from './dates.js';

const END = ['completed_on', 'assessed_on', 'certified_on', 'valid_from'];
/** Kind, then pairs of claims that must not run backwards. */
const ORDERS = {
  PassportOpened: [['birth_date', 'identity_checked_on'], ['identity_checked_on', 'document_valid_until']],
  TrainingCompleted: [['started_on', 'completed_on'], ['completed_on', 'refresh_due']],
  WorkExperienceAttested: [['started_on', 'ended_on']],
  SelfAssessed: [['started_on', 'ended_on']],
  PlacementStarted: [['started_on', 'planned_end']],
  RecognitionDecided: [['decided_on', 'appeal_until'], ['decided_on', 'valid_until']],
  ReintegrationDecided: [['decided_on', 'appeal_until']],
  LeaveGranted: [['leave_from', 'leave_until']],
  DocumentAuthenticated: [['document_date', 'confirmed_on']],
  Suspended: [['effective_from', 'suspended_until']],
  LicenceSuspended: [['effective_from', 'suspended_until']],
  AuthorisationEnded: [['suspended_from', 'suspended_until']],
  AgreementRegistered: [['signed_on', 'in_force_from'], ['in_force_from', 'in_force_until']],
};

/** Throws the first rule of the kind that its claims break. */
export function checkRule(vocabulary, kind, claims, isWhole) {
  const has = (name) => name in claims;
  const lacks = (...names) => isWhole && !names.some(has);
  const refuse = (reason, isBroken) => {
    if (isBroken) throw new Fault(reason);
  };
  const isWrong = ([from, to]) => has(from) && has(to) && claims[to] < claims[from];
  const ends = END.map((from) => [from, 'valid_until']);
  refuse('DATES_REVERSED', [...(ORDERS[kind] ?? []), ...ends].some(isWrong));
  refuse('ORIGINAL_NOT_IN_TITLE', has('original_language') && has('title') && !(claims.original_language in claims.title));
  switch (kind) {
    case 'PassportOpened':
      refuse('NAME_WITHOUT_LATIN', isWhole && has('given_name') !== has('given_name_latin'));
      break;
    case 'QualificationAwarded':
      refuse('EQF_WITHOUT_NQF', has('eqf_level') && lacks('nqf_level'));
      break;
    case 'PriorLearningCertified':
      refuse('CREDIT_WITHOUT_POINTS', claims.outcome === 'CREDIT' && lacks('credit_point'));
      refuse('EXEMPTION_WITHOUT_UNITS', claims.outcome === 'EXEMPTION' && lacks('exempted_units'));
      break;
    case 'RecognitionDecided':
      checkDecision(claims, lacks, refuse);
      break;
    case 'ReintegrationDecided':
      refuse('REFUSAL_WITHOUT_REASONS', claims.decision === 'REFUSED' && lacks('reasons'));
      break;
    case 'RegisterEntered':
      refuse('MISSING_CLAIM', claims.register_status === 'GOOD_STANDING' && lacks('valid_until'));
      break;
    case 'GapIdentified':
      refuse('GAP_WITHOUT_CONTENT', lacks('missing_outcomes', 'missing_units'));
      break;
    case 'QualificationsPassportIssued':
      if (has('issued_on') && has('valid_until')) {
        refuse('NOT_FIVE_YEARS', claims.valid_until !== yearsAfter(claims.issued_on, 5));
      }
      break;
    case 'FundingDecided':
      checkFunding(claims, refuse);
      break;
    case 'Corrected':
    case 'Superseded':
      refuse('SAME_STATEMENT', has('target') && claims.target === claims.replacement);
      break;
    case 'PassportsJoined':
      refuse('SAME_WORKER', has('other') && claims.other === claims.sub);
      break;
    default:
      checkPublicRule(vocabulary, kind, claims, refuse);
  }
}

function checkDecision(claims, lacks, refuse) {
  const isRefused = claims.decision === 'REFUSED';
  refuse('REFUSAL_WITHOUT_REASONS', isRefused && lacks('reasons', 'substantial_differences'));
  const isPartly = claims.decision === 'PARTIAL' || claims.decision === 'CONDITIONAL';
  refuse('CONDITION_WITHOUT_DIFFERENCES', isPartly && lacks('substantial_differences', 'compensation_measure'));
  refuse('FULL_WITH_MEASURE', claims.decision === 'FULL' && 'compensation_measure' in claims);
}

/** Thousandths, exactly. */
function amountOf(text) {
  const [whole, decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(3, '0'));
}

function checkFunding(claims, refuse) {
  if (!('lines' in claims)) return;
  const sum = (lines) => lines.reduce((total, line) => total + amountOf(line.amount), 0n);
  refuse('FUNDING_SUM', 'cost' in claims && amountOf(claims.cost) !== sum(claims.lines));
  if (!('granted_by' in claims)) return;
  const granted = sum(claims.lines.filter((line) => line.payer === claims.granted_by));
  const isOver = (name) => name in claims && granted > amountOf(claims[name]);
  refuse('FUNDING_OVER_CAP', isOver('cap') || isOver('requested'));
  refuse('FUNDING_NOT_ELIGIBLE', claims.eligible === false && granted > 0n);
}

/** Of what stands in clear, where every claim is shown. */
function checkPublicRule(vocabulary, kind, claims, refuse) {
  const isCompromise = claims.reason === 'COMPROMISED';
  switch (kind) {
    case 'IssuerAuthorised':
      refuse('DELEGATION_FORM', 'may_authorise_kinds' in claims && !(claims.may_authorise_depth >= 1));
      break;
    case 'EndorsementPolicySet':
      refuse('TOO_FEW_SIDES', claims.needed > claims.sides?.length);
      break;
    case 'CustodianNamed':
      refuse('CUSTODIAN_ITSELF', claims.custodian === claims.sub);
      break;
    case 'AuthorisationEnded':
      refuse('SUSPENSION_FORM', (claims.reason === 'SUSPENDED') !== 'suspended_from' in claims);
      refuse('SUSPENSION_FORM', claims.reason !== 'SUSPENDED' && 'suspended_until' in claims);
      break;
    case 'IssuerKeyEnded':
    case 'LedgerKeyEnded':
      refuse('COMPROMISE_FORM', isCompromise !== 'compromised_since' in claims);
      break;
    case 'LedgerFounded':
      refuse('SUCCEEDS_ITSELF', 'succeeds' in claims && claims.succeeds.origin === claims.origin);
      refuse('SUBJECT_NOT_ORIGIN', 'sub' in claims && claims.sub !== `https://${claims.origin}`);
      break;
    case 'StandardPublished':
      checkStandard(claims, refuse);
      break;
    case 'AgreementRegistered':
    case 'MonitoringMeetingHeld':
      checkAgreement(claims, refuse);
      break;
    case 'FrameworkPublished':
    case 'ReferencingPublished':
      checkFramework(vocabulary, claims, refuse);
      break;
    default:
  }
}

function checkStandard({ units = [], electives_required: needed = 0, unit_mappings: mappings = [] }, refuse) {
  const codes = units.map((unit) => unit.code);
  refuse('UNIT_TWICE', new Set(codes).size < codes.length);
  refuse('TOO_FEW_ELECTIVES', needed > units.filter((unit) => unit.requirement === 'ELECTIVE').length);
  refuse('UNKNOWN_UNIT', mappings.some((mapping) => !codes.includes(mapping.to_unit)));
}

function checkAgreement({ agreement, parties, issuing_country: country }, refuse) {
  const part = '(?!-)[a-z0-9-]*[a-z0-9](?<!-)';
  refuse('MALFORMED_CODE', agreement.length > 60 || !new RegExp(`^${part}/${part}$`).test(agreement));
  if (parties === undefined) return;
  const countries = parties.map((party) => party.country);
  refuse('DUPLICATE_VALUE', new Set(countries).size < countries.length);
  refuse('COUNTRY_MISMATCH', !countries.includes(country));
}

function checkFramework(vocabulary, { framework, reference_framework: reference, issuing_country: country, levels, ...rest }, refuse) {
  for (const name of [framework, reference].filter((name) => name !== undefined)) {
    refuse('UNKNOWN_FRAMEWORK', !isFrameworkName(vocabulary, name));
  }
  const own = framework.includes('/') ? framework.split('/')[0].split('-')[0] : null;
  refuse('COUNTRY_MISMATCH', own !== null && own.toUpperCase() !== country);
  if (reference === undefined) {
    const isSpokenOf = (descriptor) => levels.includes(descriptor.level);
    return refuse('UNKNOWN_LEVEL', !(rest.descriptors ?? []).every(isSpokenOf));
  }
  refuse('EDGE_FORM', own === null || reference.includes('/'));
  const mayHave = (id, version, level) => {
    const editions = vocabulary.frameworks.find((known) => known.id === id)?.editions ?? [];
    const named = editions.filter((edition) => version === undefined || edition.version === version);
    return named.length === 0 || named.some((edition) => edition.levels.includes(level));
  };
  refuse('DUPLICATE_VALUE', new Set(levels.map((row) => row.level)).size < levels.length);
  refuse('UNKNOWN_LEVEL', levels.some((row) => !mayHave(framework, rest.version, row.level)));
  const related = levels.filter((row) => 'reference_level' in row);
  return refuse('UNKNOWN_LEVEL', related.some((row) => !mayHave(reference, undefined, row.reference_level)));
}

/** A known framework's full name, or a new one of the same form that is nobody's abbreviation. */
function isFrameworkName(vocabulary, name) {
  const word = '[a-z0-9][a-z0-9-]+';
  if (vocabulary.frameworks.some((framework) => framework.id === name)) return true;
  if (!new RegExp(`^(${word}/)?${word}$`).test(name)) return false;
  const country = name.includes('/') ? name.split('/')[0].split('-')[0] : null;
  if (country !== null) {
    return !name.endsWith('/nqf') && vocabulary.countries.includes(country.toUpperCase());
  }
  const isCalled = ({ id, also }) => [id.split('/').at(-1), ...also].some((own) => own.toLowerCase() === name);
  return !vocabulary.frameworks.some(isCalled);
}

/** Rules within an object claim, known by its members. */
export function checkObjectRule(vocabulary, names, value) {
  const isOf = (...members) => members.every((member) => names.includes(member)) && names.length === members.length;
  if (isOf('framework', 'version', 'code')) {
    const framework = vocabulary.frameworks.find(({ id }) => id === value.framework);
    if (!framework || framework.reference_only) throw new Fault('UNKNOWN_FRAMEWORK');
    const edition = framework.editions.find(({ version }) => version === value.version);
    if (!edition) throw new Fault('UNKNOWN_FRAMEWORK_VERSION');
    if (!edition.levels.includes(value.code)) throw new Fault('UNKNOWN_LEVEL');
  }
  if (names.includes('listening') && Object.keys(value).length === 0) throw new Fault('EMPTY_CEFR');
  if (isOf('country', 'since', 'until') && value.until < value.since) throw new Fault('DATES_REVERSED');
  if ('url' in value && !/^https?:\/\/[^\s]+$/.test(value.url)) throw new Fault('MALFORMED_URI');
}
