// Which records do not stand, by the records that change others, in leaf order (SPEC.md, "Standing and head tokens").
import { dayOf, dayStart, secondsOf } from './dates.js';
import { makesKeyCurrent } from './vocabulary.js';

const RANK = ['stands', 'suspended', 'superseded', 'revoked'];

/** The hashes of the records that do not stand at `at` (Unix seconds), each with what it is instead. */
export function standingChanges(records, at) {
  const changes = new Map();
  const [renewals, confirmed, recovered] = [new Map(), new Map(), new Map()];
  let binding = null;
  const set = (hash, word) => {
    if (RANK.indexOf(word) > RANK.indexOf(changes.get(hash) ?? 'stands')) changes.set(hash, word);
  };
  for (const { meaning, part, recordedAt } of records) {
    const { kind } = meaning;
    const [request, target] = [meaning.text('request'), meaning.text('target')];
    const from = meaning.text('effective_from');
    const since = from === null ? secondsOf(recordedAt) : dayStart(from);
    if (makesKeyCurrent(kind)) {
      if (binding !== null) set(binding, 'superseded');
      binding = part.hash;
      if (request !== null) recovered.set(request, part.hash);
    } else if (request !== null) {
      if (kind === 'HolderKeyRecoveryCancelled') set(request, 'revoked');
      else confirmed.set(part.hash, request);
    } else if (kind === 'LeaveEnded') {
      const ended = meaning.text('ended_on');
      const leave = meaning.text('leave');
      if (leave !== null && (ended === null ? since : dayStart(ended)) <= at) set(leave, 'revoked');
    } else if (target !== null && kind === 'LicenceRenewed') {
      renewals.set(part.hash, renewals.get(target) ?? target);
    } else if (target !== null) {
      const until = meaning.text('suspended_until');
      if (since > at || (until !== null && dayOf(at) > until)) continue;
      const renewed = [...renewals].filter(([, original]) => original === target).map(([renewal]) => renewal);
      const rests = recovered.get(confirmed.get(target) ?? target);
      for (const hash of [target, ...renewed, ...(rests === undefined ? [] : [rests])]) change(kind, hash, target, changes, set);
    }
  }
  return changes;
}

function change(kind, hash, target, changes, set) {
  switch (kind) {
    case 'Revoked':
    case 'LicenceRevoked':
      return set(hash, 'revoked');
    case 'Suspended':
    case 'LicenceSuspended':
      return set(hash, 'suspended');
    case 'Corrected':
    case 'Superseded':
      return hash === target ? set(hash, 'superseded') : undefined;
    case 'Reinstated':
    case 'LicenceReinstated':
      return changes.get(hash) === 'suspended' ? changes.delete(hash) : undefined;
    default:
      return undefined;
  }
}
