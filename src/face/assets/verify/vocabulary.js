// The words that every implementation shares: kinds with their claims, countries, frameworks, who may state what. They come as
// data, made from the tables of the program that serves the page; the rules are these modules' own.

const VCT_PREFIX = 'urn:skillpass:v1:';
const CHANGES = ['Revoked', 'Suspended', 'Reinstated', 'Corrected', 'Superseded'];
const MAKES_KEY_CURRENT = ['HolderKeyBound', 'HolderKeyChanged', 'HolderKeyRecovered'];
const KEY_EVIDENCE = [...MAKES_KEY_CURRENT, 'HolderKeyRecoveryRequested', 'HolderKeyRecoveryConfirmed'];
const NEVER_LEAVES = ['FundingDecided', 'FundingPaid'];

/** A name that a statement's `vct` may have; null for every other `vct`. */
export function kindName(vocabulary, vct) {
  const name = vct.startsWith(VCT_PREFIX) ? vct.slice(VCT_PREFIX.length) : '';
  return Object.hasOwn(vocabulary.kinds, name) ? name : null;
}

export function changesStanding(kind) {
  return CHANGES.includes(kind);
}

/** Whether the right to state it follows from the statement that `target` names. */
export function actsOnAnother(kind) {
  return changesStanding(kind) || kind === 'DisputeResolved';
}

export function makesKeyCurrent(kind) {
  return MAKES_KEY_CURRENT.includes(kind);
}

export function isKeyEvidence(kind) {
  return KEY_EVIDENCE.includes(kind);
}

/** Whether it is told to the worker alone. */
export function neverLeaves(kind) {
  return NEVER_LEAVES.includes(kind);
}

/** A statement's meaning: the claims of its kind, all of them well formed. */
export class Meaning {
  constructor(kind, spec, claims) {
    this.kind = kind;
    this.spec = spec;
    this.claims = claims;
  }

  has(claim) {
    return claim in this.claims;
  }

  /** A text claim: also of days and hashes, which are well-formed texts; null if it is not shown. */
  text(claim) {
    const value = this.claims[claim];
    return typeof value === 'string' ? value : null;
  }

  /** A list claim; empty if it is not shown. */
  list(claim) {
    return Array.isArray(this.claims[claim]) ? this.claims[claim] : [];
  }

  /** The day that it speaks from; null if the kind has none or it is not shown. */
  awardDate() {
    return this.spec.award_date === null ? null : this.text(this.spec.award_date);
  }
}
