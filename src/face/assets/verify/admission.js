// Whether a public statement could be recorded where it stands (SPEC.md, "Authorisation"). Throws the rule that is broken.
import { Fault } from '../lib/bytes.js';
import { readPublicKey } from '../lib/jose.js';
import { dayOf, readInstant, secondsOf } from './dates.js';
import { scopeOf, widened } from './state.js';

/** The rules of every kind but LedgerFounded and publications, after the key was found valid. */
export async function admit(state, statement, meaning, leaf, recordedAt) {
  const { issuer } = statement;
  const subject = meaning.text('sub') ?? '';
  switch (meaning.kind) {
    case 'IssuerAuthorised':
      return admitGrant(state, issuer, subject, meaning, leaf, recordedAt);
    case 'AuthorisationEnded':
      return admitEnd(state, issuer, subject, meaning, leaf);
    case 'IssuerKeyAdded':
      return admitKey(state, issuer, subject, meaning, leaf);
    case 'IssuerKeyEnded':
      return admitKeyEnd(state, issuer, subject, meaning, leaf, recordedAt);
    case 'AuthorisationEndorsed':
      return admitEndorsement(state, issuer, subject, meaning, leaf, recordedAt);
    case 'EndorsementWithdrawn':
      return admitWithdrawal(state, issuer, subject, meaning);
    case 'EndorsementPolicySet':
      return admitPolicy(state, issuer, subject, meaning, leaf);
    case 'CustodianNamed':
      return admitCustodian(state, issuer, subject, meaning, leaf, recordedAt);
    default:
      return admitOwn(state, issuer, meaning);
  }
}

function refuseUnless(isRight, reason) {
  if (!isRight) throw new Fault(reason);
}

function grantOf(state, subject, meaning) {
  const grant = state.grantsOf(subject).find(({ hash }) => hash === meaning.text('target'));
  refuseUnless(grant, 'UNKNOWN_TARGET');
  return grant;
}

/** Whether an authorisation rests on what `body` gave and on nothing else that stood then; each step goes to an earlier leaf. */
function restsOn(state, body, { authoriser, scope, leaf, recordedAt }, found) {
  if (state.isRootForAll(authoriser, scope.jurisdictions, leaf)) return false;
  if (authoriser === body) return true;
  if (!found.has(leaf)) {
    const stood = (held) => state.whyNotStanding(held, dayOf(secondsOf(recordedAt)), leaf, recordedAt) === null;
    const carrying = state.carrying(authoriser, scope, leaf).filter(stood);
    found.set(leaf, carrying.every((held) => restsOn(state, body, held, found)));
  }
  return found.get(leaf);
}

function admitGrant(state, issuer, subject, meaning, leaf, recordedAt) {
  const scope = scopeOf(meaning);
  const may = state.vocabulary.issuer_kinds[meaning.text('issuer_kind')]?.states ?? [];
  refuseUnless(scope.kinds.every((kind) => may.includes(kind)), 'ISSUER_KIND_EXCLUDES');
  if (state.isRootForAll(issuer, scope.jurisdictions, leaf)) return;
  const held = state.grantsOf(issuer).filter((grant) => grant.leaf < leaf);
  const isEnough = (grant) =>
    grant.scope.depth > scope.depth &&
    widened(scope, grant.scope) === null &&
    issuer !== subject &&
    !restsOn(state, subject, grant, new Map()) &&
    state.whyNotStanding(grant, dayOf(secondsOf(recordedAt)), leaf, recordedAt) === null;
  refuseUnless(held.some(isEnough), 'NOT_AUTHORISED');
}

function admitEnd(state, issuer, subject, meaning, leaf) {
  const grant = grantOf(state, subject, meaning);
  const isAbove = grant.scope.jurisdictions.some((country) => state.isRoot(issuer, country, leaf));
  refuseUnless(grant.authoriser === issuer || subject === issuer || isAbove, 'NOT_YOURS_TO_END');
}

/** The body itself, whoever authorised it, or a root above it. */
function checkManages(state, issuer, subject, leaf) {
  const isAbove = (grant) =>
    grant.leaf < leaf &&
    (grant.authoriser === issuer || grant.scope.jurisdictions.some((country) => state.isRoot(issuer, country, leaf)));
  const body = state.body(subject);
  refuseUnless(body !== null && (issuer === subject || body.grants.some(isAbove)), 'NOT_YOUR_BODY');
}

async function admitKey(state, issuer, subject, meaning, leaf) {
  checkManages(state, issuer, subject, leaf);
  const { thumbprint } = await readPublicKey(meaning.claims.jwk);
  refuseUnless(!state.body(subject).keys.some(({ key }) => key.thumbprint === thumbprint), 'KEY_EXISTS');
}

function admitKeyEnd(state, issuer, subject, meaning, leaf, recordedAt) {
  checkManages(state, issuer, subject, leaf);
  if (state.key(subject, meaning.text('kid')) === null) {
    const isKnown = state.body(subject) !== null || state.isLedger(subject);
    throw new Fault(isKnown ? 'UNKNOWN_KEY' : 'UNKNOWN_ISSUER');
  }
  const isBackdated = meaning.has('compromised_since') && readInstant(meaning.text('compromised_since')) < recordedAt;
  refuseUnless(!(isBackdated && issuer === subject), 'BACKDATED_COMPROMISE');
}

function admitEndorsement(state, issuer, subject, meaning, leaf, recordedAt) {
  const grant = grantOf(state, subject, meaning);
  refuseUnless(issuer !== subject, 'SELF_ENDORSED');
  const { refused } = state.endorser(issuer, grant, leaf, recordedAt);
  if (refused) throw new Fault(refused);
  const stands = ({ by, withdrawn }) => by === issuer && withdrawn === null;
  refuseUnless(!grant.endorsements.some(stands), 'ALREADY_ENDORSED');
}

function admitWithdrawal(state, issuer, subject, meaning) {
  const given = state.grantsOf(subject).flatMap((grant) => grant.endorsements);
  const found = given.find(({ hash }) => hash === meaning.text('target'));
  refuseUnless(found, 'UNKNOWN_TARGET');
  refuseUnless(found.by === issuer && found.withdrawn === null, 'NOT_YOUR_ENDORSEMENT');
}

function admitPolicy(state, issuer, subject, meaning, leaf) {
  refuseUnless(issuer === subject, 'NOT_YOUR_BODY');
  refuseUnless(state.isRootForAll(issuer, meaning.list('jurisdictions'), leaf), 'NOT_A_ROOT');
  const isReplaced = ({ hash, root }) => hash === meaning.text('replaces') && root === issuer;
  refuseUnless(!meaning.has('replaces') || state.policies.some(isReplaced), 'UNKNOWN_TARGET');
}

function admitCustodian(state, issuer, subject, meaning, leaf, recordedAt) {
  checkManages(state, issuer, subject, leaf);
  const { grants, roots } = state.body(subject);
  const earlier = (one) => one.leaf < leaf;
  const jurisdictions = [
    ...grants.filter(earlier).flatMap((grant) => grant.scope.jurisdictions),
    ...roots.filter(earlier).flatMap((root) => root.jurisdictions),
  ];
  refuseUnless(state.holdsAny(meaning.text('custodian'), jurisdictions, leaf, recordedAt), 'CUSTODIAN_NOT_AUTHORISED');
}

async function admitOwn(state, issuer, meaning) {
  refuseUnless(state.origin !== null, 'GENESIS');
  refuseUnless(state.isLedger(issuer), 'LEDGER_ONLY');
  const known = (kid) => state.ledgerKeys.find(({ key }) => key.thumbprint === kid);
  if (meaning.kind === 'LedgerKeyAdded') {
    refuseUnless(!known((await readPublicKey(meaning.claims.jwk)).thumbprint), 'KEY_EXISTS');
  } else if (meaning.kind === 'LedgerKeyEnded') {
    const target = known(meaning.text('kid'));
    refuseUnless(target, 'UNKNOWN_TARGET');
    const stays = state.ownKeys(target.use).some((key) => key.thumbprint !== meaning.text('kid'));
    refuseUnless(stays, 'LAST_LOG_KEY');
  }
}
