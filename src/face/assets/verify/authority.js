// Was this body authorised to say this, then? (SPEC.md, "Authorisation", "Time")
import { dayOf, secondsOf } from './dates.js';

/** Refusals that are about the limits of an authorisation which exists. */
export const ABOUT_SCOPE = ['KIND_NOT_AUTHORISED', 'JURISDICTION_NOT_AUTHORISED', 'RECOGNITION_EXCLUDED', 'LIMIT_EXCEEDED'];

/** What a statement about a person asks. */
export function questionOf(issuer, meaning, leaf, recordedAt) {
  const isDecision = meaning.kind === 'RecognitionDecided' && meaning.has('recognition_kind');
  const level = meaning.claims.nqf_level;
  return {
    issuer,
    kind: meaning.kind,
    country: meaning.text('issuing_country'),
    awardDate: meaning.awardDate(),
    level: level ? `${level.framework}:${level.code}` : null,
    field: meaning.text('iscedf_code'),
    occupation: meaning.text('isco08'),
    recognition: isDecision ? [meaning.text('recognition_kind'), meaning.text('decision')] : null,
    leaf,
    recordedAt,
  };
}

/** `{authorisation}` under which it may be said, or `{refusal}`: of several the nearest miss. */
export function authorise(state, question) {
  const body = state.body(question.issuer);
  if (body === null) return { refusal: 'UNKNOWN_ISSUER' };
  let nearest = [0, 'NOT_AUTHORISED'];
  for (const grant of body.grants) {
    const miss = whyNotCovered(state, grant, question);
    if (miss === null) return { authorisation: authorisationOf(state, grant, question.leaf) };
    if (miss[0] >= nearest[0]) nearest = miss;
  }
  return { refusal: nearest[1] };
}

function authorisationOf(state, grant, leaf) {
  const { authoriser, basis, name: issuerName, issuerKind, limits } = grant;
  const endorsedBy = state.countedEndorsements(grant, leaf).map(({ by, name, side }) => ({ issuer: by, issuer_name: name, side }));
  return { authoriser, basis, issuerName, issuerKind, limits, endorsedBy };
}

function whyNotCovered(state, grant, question) {
  const { scope } = grant;
  if (grant.leaf >= question.leaf) return [0, 'NOT_AUTHORISED'];
  if (!scope.kinds.includes(question.kind)) return [1, 'KIND_NOT_AUTHORISED'];
  if (question.country !== null && !scope.jurisdictions.includes(question.country)) return [2, 'JURISDICTION_NOT_AUTHORISED'];
  if (question.recognition !== null && !mayDecide(grant.issuerKind, ...question.recognition)) return [3, 'RECOGNITION_EXCLUDED'];
  const begins = (limits, code) => limits.length === 0 || code === null || limits.some((limit) => code.startsWith(limit));
  const isLevelKept = scope.levels.length === 0 || question.level === null || scope.levels.includes(question.level);
  if (!isLevelKept || !begins(scope.fields, question.field) || !begins(scope.occupations, question.occupation)) {
    return [3, 'LIMIT_EXCEEDED'];
  }
  const day = question.awardDate ?? dayOf(secondsOf(question.recordedAt));
  return state.whyNotStanding(grant, day, question.leaf, question.recordedAt);
}

/** Who decides on recognition follows from the kind of body, whatever its authorisation lists. */
function mayDecide(issuerKind, recognitionKind, decision) {
  switch (issuerKind) {
    case 'COMPETENT_AUTHORITY':
      return recognitionKind !== 'ACADEMIC';
    case 'AWARDING_BODY':
      return recognitionKind !== 'PROFESSIONAL';
    case 'RECOGNITION_CENTRE':
      return recognitionKind !== 'PROFESSIONAL' || decision === null || decision === 'COMPARABILITY_STATEMENT';
    default:
      return true;
  }
}

/** The same for what acts on another statement by `target`: `{issuer, kind, leaf, recordedAt}`. */
export function authoriseChange(state, question, target) {
  if (question.issuer === target.issuer) {
    const now = authorise(state, question);
    if (now.authorisation) return now;
    const then = { ...question, kind: target.kind, leaf: target.leaf, recordedAt: target.recordedAt, awardDate: null };
    return authorise(state, then);
  }
  const body = state.body(question.issuer);
  if (body === null) return { refusal: 'NOT_YOURS_TO_END' };
  const acting = (authoriser, basis) => ({
    authorisation: { authoriser, basis, issuerName: body.name, issuerKind: body.issuerKind, limits: [], endorsedBy: [] },
  });
  if (state.chainOf(target.issuer).includes(question.issuer)) return acting(question.issuer, 'AUTHORISER');
  const named = custodianOf(state, target.issuer, question.leaf);
  const isKeeper = named?.keeper === question.issuer;
  if (isKeeper && state.holdsAny(question.issuer, null, question.leaf, question.recordedAt)) {
    return acting(named.by, 'CUSTODIAN');
  }
  return { refusal: 'NOT_YOURS_TO_END' };
}

function custodianOf(state, issuer, leaf) {
  const named = (state.body(issuer)?.custodians ?? []).filter((one) => one.leaf < leaf);
  return named.findLast((one) => !state.isCompromised(one.by, one.kid, one)) ?? null;
}

/** The same for an ExperienceConfirmed of `target`, signed with the key `kid`. */
export function authoriseConfirmation(state, question, kid, target) {
  const isConfirmable = ['WorkExperienceAttested', 'SelfAssessed'].includes(target.kind) && target.leaf < question.leaf;
  if (!isConfirmable) return { refusal: 'NOT_CONFIRMABLE' };
  const found = authorise(state, question);
  const statedBy = state.body(target.issuer);
  if (!found.authorisation || statedBy === null) return found;
  const isOwnKey = statedBy.keys.some(({ key, added }) => key.thumbprint === kid && added < question.leaf);
  if (target.issuer === question.issuer || isOwnKey) return { refusal: 'SELF_CONFIRMED' };
  const isSameKind = (grant) =>
    grant.leaf < target.leaf && grant.scope.kinds.includes(target.kind) && grant.issuerKind === found.authorisation.issuerKind;
  return statedBy.grants.some(isSameKind) ? { refusal: 'SAME_KIND_OF_BODY' } : found;
}
