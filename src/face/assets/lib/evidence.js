// What a presentation carries beside what is shown: the evidence of the holder's key, and the streams that the issuers rest on.
import { base64urlDecode, utf8Decode } from './bytes.js';

/** Statements after which the key in their `cnf` is the holder's. */
const MAKE_KEY_CURRENT = ['HolderKeyBound', 'HolderKeyChanged', 'HolderKeyRecovered'];
const [REQUESTED, CONFIRMED] = ['HolderKeyRecoveryRequested', 'HolderKeyRecoveryConfirmed'];
/** Limits of an authorisation, and the claims that each is compared with. */
const LIMITS = { limit_levels: 'nqf_level', limit_iscedf: 'iscedf_code', limit_isco08: 'isco08' };
/** In front of the statement in a public entry: version, class, time, stream, revision, previous leaf, length. */
const STATEMENT_AT = 1 + 1 + 8 + 16 + 4 + 32 + 2;

/**
 * Chooses from `held`, all evidence of one passport on one ledger, what its statements `own` need, of which `shown` tells whether they
 * are shown: from the body's word that begins the line of the oldest key used to the current one. The newest line ties statements
 * without `sub`.
 */
export function chooseEvidence(held, own, shown) {
  const makesCurrent = (source) => MAKE_KEY_CURRENT.includes(source.kind);
  const completed = held.filter((source) => source.kind === 'HolderKeyRecovered').map((source) => source.claims.request);
  const counts = (source) => shown(source) ||
    (source.kind === REQUESTED ? completed.includes(source.hash) : source.kind !== CONFIRMED || completed.includes(source.claims.request));
  const isStart = (source) => source.kind === 'HolderKeyBound' || (source.kind === REQUESTED && completed.includes(source.hash));
  const all = held.filter(counts);
  const current = Math.max(all.findLastIndex(isStart), 0);
  // What the worker signed, a consent among it, needs the evidence that was current then.
  const byWorker = own.filter((source) => shown(source) && (source.issuer.startsWith('did:jwk:') || source.kind === 'PassportsJoined'));
  const needed = byWorker.map((source) => all.findLastIndex((one) => one.index < source.index && makesCurrent(one)));
  const oldest = Math.min(current, ...[...needed, all.findIndex(shown)].filter((at) => at >= 0));
  const start = Math.max(all.slice(0, oldest + 1).findLastIndex(isStart), 0);
  const [carried, line] = [all.slice(start), all.slice(current)];
  const holds = (source) => carried.includes(source);
  const keys = line.map((source) => source.holderKey).filter((key) => key !== null);
  return {
    all: carried,
    current: held.findLast(makesCurrent),
    hasSeveralLines: carried.length > line.length,
    holds,
    opensLine: (source) => holds(source) && ['HolderKeyBound', REQUESTED].includes(source.kind),
    ties: (source) => keys.some((key) => source.holderKey?.thumbprint === key.thumbprint || source.issuer === key.did),
  };
}

/** What the public streams of a ledger's part say: `{subject, payload}` of each statement. */
export function readPublicStatements(part) {
  const read = (place) => {
    const text = utf8Decode(base64urlDecode(place.entry).subarray(STATEMENT_AT));
    return JSON.parse(utf8Decode(base64urlDecode(text.split('.')[1])));
  };
  return part.streams.flatMap(({ sub, entries }) => entries.map((place) => ({ subject: sub, payload: read(place) })));
}

/**
 * The claims that authorisations of a body limit: without them nobody can tell whether a statement is within. Which authorisation a
 * statement rests on is not looked up: what any of them limits is shown.
 */
export function limitedClaims(folded, issuer) {
  const ofBody = folded.filter(({ payload }) => payload.sub === issuer);
  return Object.keys(LIMITS).filter((limit) => ofBody.some(({ payload }) => limit in payload)).map((limit) => LIMITS[limit]);
}

/** The bodies whose streams are needed to judge statements of `issuers` (SPEC.md, "Passport file"). */
export function bodiesNeeded(folded, issuers, ledgerIssuer) {
  const needed = new Set();
  const open = [...issuers];
  while (open.length > 0) {
    const body = open.pop();
    if (body === ledgerIssuer || needed.has(body)) continue;
    needed.add(body);
    for (const { payload } of folded.filter(({ subject }) => subject === body)) {
      open.push(payload.iss);
      if (typeof payload.custodian === 'string') open.push(payload.custodian);
    }
  }
  return needed;
}
