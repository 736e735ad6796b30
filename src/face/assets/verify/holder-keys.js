// Whose key is the holder's, folded from one worker's statements about it (SPEC.md, "Holder key").
import { makesKeyCurrent } from './vocabulary.js';

const DAY = 86400000n;
const CONFIRM_DAYS = 30n;
const DELAY_DAYS = 7n;
const USE_DAYS = 60n;

/** `isCut`: what is shown may begin with a recovery. */
export class HolderKeys {
  constructor(isCut) {
    this.isCut = isCut;
    this.current = null;
    this.recoveries = [];
  }

  /** The rule that a statement breaks, or null. */
  whyNot(said) {
    switch (said.kind) {
      case 'HolderKeyBound':
        return this.current === null ? null : 'HOLDER_KEY_BOUND_BEFORE';
      case 'HolderKeyChanged':
        return this.whyNotHolder(said);
      case 'HolderKeyRecoveryRequested':
        if (this.current === null && !this.isCut) return 'HOLDER_KEY_NEVER_BOUND';
        return this.recoveries.some((recovery) => isOpen(recovery, said.recordedAt)) ? 'RECOVERY_OPEN' : null;
      case 'HolderKeyRecoveryConfirmed':
        return this.whyNotConfirmed(said);
      case 'HolderKeyRecoveryCancelled':
        return this.whyNotHolder(said) ?? this.whyNotGoing(said);
      default:
        return this.whyNotRecovered(said);
    }
  }

  whyNotHolder(said) {
    return this.current?.did === said.issuer ? null : 'NOT_THE_HOLDER';
  }

  named(said) {
    return this.recoveries.find(({ hash }) => hash === said.request) ?? null;
  }

  whyNotGoing(said) {
    const recovery = this.named(said);
    if (recovery === null) return 'UNKNOWN_TARGET';
    if (recovery.state === 'done') return 'ALREADY_RECOVERED';
    return recovery.state === 'ended' ? 'RECOVERY_CANCELLED' : null;
  }

  whyNotConfirmed(said) {
    const fault = this.whyNotGoing(said);
    if (fault !== null) return fault;
    const recovery = this.named(said);
    if (recovery.state === 'confirmed') return 'RECOVERY_ALREADY_CONFIRMED';
    if (!isOpen(recovery, said.recordedAt)) return 'RECOVERY_LAPSED';
    const areKnown = recovery.issuerKind !== null && said.issuerKind !== null;
    const isSecond = recovery.issuer !== said.issuer && areKnown && recovery.issuerKind !== said.issuerKind;
    return isSecond ? null : 'SECOND_BODY_NEEDED';
  }

  whyNotRecovered(said) {
    const recovery = this.named(said);
    if (recovery === null) return 'UNKNOWN_TARGET';
    if (said.key?.thumbprint !== recovery.key.thumbprint || recovery.key.did !== said.issuer) return 'RECOVERY_OTHER_KEY';
    const fault = this.whyNotGoing(said);
    if (fault !== null) return fault;
    if (recovery.state !== 'confirmed') return 'RECOVERY_NOT_CONFIRMED';
    if (said.recordedAt < recovery.confirmedAt + DELAY_DAYS * DAY) return 'RECOVERY_TOO_EARLY';
    return isOpen(recovery, said.recordedAt) ? null : 'RECOVERY_LAPSED';
  }

  /** Takes up what is recorded, also where a rule was broken. */
  apply(said) {
    const recovery = this.named(said);
    if (said.kind === 'HolderKeyRecoveryRequested' && said.key !== null) {
      this.recoveries.push({ ...said, state: 'requested', confirmedAt: null });
    } else if (said.kind === 'HolderKeyRecoveryConfirmed') {
      if (recovery?.state === 'requested') Object.assign(recovery, { state: 'confirmed', confirmedAt: said.recordedAt });
    } else if (said.kind === 'HolderKeyRecoveryCancelled') {
      if (recovery) recovery.state = 'ended';
    } else if (makesKeyCurrent(said.kind) && said.key !== null) {
      for (const one of this.recoveries.filter(({ state }) => state === 'requested' || state === 'confirmed')) one.state = 'ended';
      if (recovery) recovery.state = 'done';
      this.current = said.key;
    }
  }
}

function isOpen({ state, recordedAt, confirmedAt }, at) {
  if (state === 'requested') return at <= recordedAt + CONFIRM_DAYS * DAY;
  return state === 'confirmed' && at <= confirmedAt + USE_DAYS * DAY;
}
