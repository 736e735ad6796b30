// The six checks on recognition: disclosed claims and stored tables in, a finding out (SPEC.md, "Relations", "The six checks").

const RECOGNISES = ['FULL', 'PARTIAL', 'CONDITIONAL'];
const APPLIES_TO = ['RecognitionApplied', 'RecognitionDecided', 'LicenceGranted'];
const EQF_BEGINS = '2008-04-23';
const UNDATED = 'undated';

const PASS = (why) => ['PASS', why];
const FAIL = (why) => ['FAIL', why];
const UNKNOWN = (why) => ['UNKNOWN', why];
const NOT_APPLICABLE = (why) => ['NOT_APPLICABLE', why];

/** Whether something dated `{on, exact}` held on a day; null where that is not stored. */
function heldOn(since, day) {
  if (day >= since.on) return true;
  return since.exact ? false : null;
}

function frameworkOf(vocabulary, level) {
  const framework = vocabulary.frameworks.find(({ id }) => id === level.framework);
  const edition = framework?.editions.find(({ version }) => version === level.version);
  return { framework, edition, isCurrent: edition !== undefined && edition === framework.editions.at(-1) };
}

export function checkFrameworkVersion({ level, awardDate }, vocabulary) {
  if (level === null) return NOT_APPLICABLE('the record names no level');
  const { framework, edition, isCurrent } = frameworkOf(vocabulary, level);
  if (!framework) return UNKNOWN('the framework is not known');
  if (!edition?.levels.includes(level.code)) return FAIL('the edition has no such level');
  const named = `${level.framework} ${level.version} level ${level.code}`;
  if (awardDate === null) return UNKNOWN(`${named}: the award date is not shown`);
  if (edition.until !== null && awardDate > edition.until) return FAIL(`${named}: that edition was not in force on ${awardDate}`);
  if (edition.from !== null) {
    return awardDate >= edition.from ? PASS(`${named}, in force on ${awardDate}`) : FAIL(`${named}: not yet in force on ${awardDate}`);
  }
  const hasBegun = /^[0-9]+$/.test(edition.version) && Number(awardDate.slice(0, 4)) >= Number(edition.version);
  const isAttested = () => vocabulary.relations.some((edge) => edge.framework === framework.id && heldOn(edge.since, awardDate) === true);
  if (isCurrent && (edition.version === UNDATED || hasBegun || isAttested())) return PASS(`${named}, in force on ${awardDate}`);
  return UNKNOWN(`${named}: from when that edition was in force is not stored`);
}

export function checkLevelRelation({ level, eqfLevel, country, awardDate }, vocabulary, destination) {
  if (level === null) {
    return eqfLevel === null ? NOT_APPLICABLE('the record names no level') : UNKNOWN('an EQF level without the national level it comes from');
  }
  const isAtHome = country !== null && country === destination;
  if (eqfLevel === null && (destination === null || isAtHome)) return NOT_APPLICABLE('no other framework is asked about');
  const target = eqfLevel === null ? regionalFramework(vocabulary, destination) : 'eqf';
  if (target === null) return UNKNOWN(`no regional framework is stored for ${destination}`);
  if (awardDate === null) return UNKNOWN('the award date is not shown');
  const { framework, edition } = frameworkOf(vocabulary, level);
  if (!edition?.levels.includes(level.code) || framework.id === target) return UNKNOWN('the level is not known');
  const answer = relate(vocabulary, level, target, awardDate);
  const named = `${level.framework}@${level.version}:${level.code} and ${target}`;
  if (answer.name === 'Edge') {
    const isClaimed = eqfLevel === null || eqfLevel === answer.level;
    return isClaimed ? PASS(`${named}: level ${answer.level}`) : FAIL(`${named}: level ${answer.level}, not ${eqfLevel}`);
  }
  if (answer.name === 'Historic' || answer.name === 'NeedsCheck') return UNKNOWN(`${named}: ${answer.name}`);
  return eqfLevel === null ? UNKNOWN(`${named}: ${answer.name}; side by side, not compared`) : FAIL(`${named}: ${answer.name} backs no level ${eqfLevel}`);
}

/** The regional framework to which a country's is related, or null. */
function regionalFramework(vocabulary, country) {
  const isOf = ({ framework, kind }) => framework.split(/[/-]/)[0] === country.toLowerCase() && kind !== 'historic';
  return vocabulary.relations.find(isOf)?.target ?? null;
}

/** What is published about a level and a regional framework on a day. */
function relate(vocabulary, level, target, day) {
  const edge = vocabulary.relations.find((one) => one.framework === level.framework && one.target === target);
  const isEarly = target === 'eqf' && day < EQF_BEGINS;
  if (!edge || !frameworkOf(vocabulary, level).isCurrent || isEarly) return { name: 'NoPublishedRelation' };
  if (edge.kind === null) return { name: 'FrameworkNotReferenced' };
  if (edge.kind === 'historic') return { name: 'Historic' };
  const held = heldOn(edge.since, day);
  if (held === false) return { name: 'NoPublishedRelation' };
  const row = edge.rows.find(([national]) => national === level.code);
  if (held === null || row === undefined) return { name: 'NeedsCheck' };
  const [, regional, isOpen] = row;
  if (isOpen || !edge.sure) return { name: 'NeedsCheck' };
  return regional === null ? { name: 'LevelBelowRange' } : { name: 'Edge', level: regional };
}

export function checkMraParties({ kind, instrument, awardDate, isco08, country, originCountry }, vocabulary) {
  if (!APPLIES_TO.includes(kind)) return NOT_APPLICABLE('the record decides nothing on recognition');
  if (instrument === null) return NOT_APPLICABLE('no instrument is cited');
  const known = vocabulary.instruments.find(({ id }) => id === instrument);
  if (!known) return UNKNOWN(`\`${instrument}\` is not in the registry of instruments`);
  const label = `${known.id} (${known.kind}, ${known.force})`;
  if (awardDate === null) return UNKNOWN(`${label}: the date is not shown`);
  const inForce = known.in_force === 'planned' ? false : known.in_force === null ? null : heldOn(known.in_force, awardDate);
  if (inForce === false) return FAIL(`${label}: NOT_IN_FORCE on ${awardDate}`);
  if (inForce === null) return UNKNOWN(`${label}: whether it was in force on ${awardDate} is not stored`);
  const covers = known.occupations.length === 0 || known.occupations.some((prefix) => isco08?.startsWith(prefix));
  if (isco08 !== null && !covers) return FAIL(`${label}: it does not cover the occupation`);
  if (country === null) return UNKNOWN(`${label}: the deciding country is not shown`);
  const countries = [country, originCountry].filter((one) => one !== null);
  const answers = countries.map((one) => partyOn(known, one, awardDate));
  if (answers.includes(false)) return FAIL(`${label}: ${countries[answers.indexOf(false)]} is NOT_A_PARTY on ${awardDate}`);
  if (answers.includes(null)) return UNKNOWN(`${label}: not stored whether ${countries[answers.indexOf(null)]} is a party`);
  if (originCountry === null && kind !== 'LicenceGranted') return UNKNOWN(`${label}: the country of origin is not shown`);
  return PASS(`${label}: ${countries.join(' and ')}, parties on ${awardDate}`);
}

/** Whether a country was a party on a day; null where that is not stored. */
function partyOn({ parties }, country, day) {
  if (parties === null) return null;
  const listed = parties.list.find((party) => party.country === country);
  if (!listed) return parties.whole ? false : null;
  if (listed.membership === 'no') return false;
  return listed.membership === 'open' ? null : heldOn(listed.membership, day);
}

/** Whether a record about an occupation speaks to the one asked about; null where that is open. */
function fits({ occupation }, isco08) {
  if (occupation === null) return true;
  if (isco08 === null) return null;
  if (occupation.startsWith(isco08)) return isco08.length >= 3 ? true : null;
  return false;
}

function hasLaw({ occupation, country, day }, vocabulary) {
  if (occupation === null) return false;
  const regulates = (law) => law.country === country && occupation.startsWith(law.isco08) && heldOn(law.since, day) === true;
  return vocabulary.professions.some(regulates);
}

/** Whether the destination's own authority says that the occupation is not regulated there. */
function isSaidUnregulated(facts, need) {
  const speaks = (one) => one.country === need.country && one.stands === true && fits(need, one.isco08) === true;
  const said = facts.filter(speaks).map(({ regulated }) => regulated).filter((regulated) => regulated !== null);
  return said.length > 0 && said.every((regulated) => !regulated);
}

function isByThen({ awardDate }, { day }) {
  return awardDate === null || awardDate <= day;
}

/** The decisions of the destination that may bear on the question, each with whether it is shown to. */
function decisionsFor(facts, need) {
  const bears = (one) =>
    one.kind === 'RecognitionDecided' && one.country === need.country && one.stands !== false &&
    (one.until === null || need.day <= one.until) && isByThen(one, need);
  const found = facts.filter(bears).map((one) => [one, need.purpose === 'study' ? true : fits(need, one.isco08)]);
  return found.filter(([, fit]) => fit !== false).map(([one, fit]) => [one, fit === true && one.stands === true]);
}

function kindNeeded({ purpose }) {
  return purpose === 'study' ? 'ACADEMIC' : 'PROFESSIONAL';
}

export function checkRecognitionKind(facts, need, vocabulary) {
  const needed = kindNeeded(need);
  let [best, other, isOpen] = [null, null, false];
  for (const [{ recognitionKind: kind, decision }, isShown] of decisionsFor(facts, need)) {
    if (kind === needed && RECOGNISES.includes(decision)) {
      isOpen = true;
      if (isShown) best = decision;
    } else if (kind !== null && decision !== null) other = decision;
    else isOpen = true;
  }
  if (best !== null) return PASS(`${need.country} decided: ${needed}`);
  if (isOpen) return UNKNOWN(`kind, outcome, occupation or present standing of ${need.country}'s decision is not shown`);
  if (other !== null) return FAIL(`${need.country}, ${needed} recognition is needed: ${other}`);
  if (need.purpose === 'hire' && !hasLaw(need, vocabulary)) {
    return isSaidUnregulated(facts, need)
      ? NOT_APPLICABLE(`${need.country} says that the occupation is not regulated there: the employer assesses`)
      : UNKNOWN(`whether the occupation is regulated in ${need.country} is not stored`);
  }
  return UNKNOWN(`no ${needed} decision of ${need.country} is shown`);
}

export function checkConditions(facts, need) {
  const decisions = decisionsFor(facts, need);
  const isPassed = (hash) =>
    facts.some((one) => one.kind === 'CompensationMeasureCompleted' && one.refersTo === hash && one.result === 'PASSED' && one.stands === true && isByThen(one, need));
  const isFull = (kind) =>
    decisions.some(([one, isShown]) => isShown && one.decision === 'FULL' && (kind === null || one.recognitionKind === kind));
  const owes = ({ decision, hash, recognitionKind }) =>
    ['PARTIAL', 'CONDITIONAL'].includes(decision) && !isPassed(hash) && !isFull(recognitionKind);
  if (decisions.some(([one]) => owes(one))) return FAIL(`${need.country} asked for more: it is not shown as done`);
  const isLimited = (one) =>
    one.kind === 'LicenceGranted' && one.limitJurisdiction === need.country && one.hasConditions && one.stands !== false;
  if (facts.some(isLimited)) return UNKNOWN(`the licence for ${need.country} carries conditions: read them`);
  return decisions.length > 0 ? PASS('nothing is shown to be owed') : NOT_APPLICABLE(`no decision of ${need.country} is shown`);
}

export function checkLicence(facts, need, vocabulary) {
  if (need.purpose === 'study') return NOT_APPLICABLE('studying needs no licence');
  const isGrant = (one) =>
    one.kind === 'LicenceGranted' && one.limitJurisdiction === need.country && fits(need, one.isco08) !== false;
  const found = facts.filter(isGrant).map((grant) => licenceOn(grant, facts, need));
  const best = ['PASS', 'UNKNOWN', 'FAIL'].map((status) => found.find(([one]) => one === status)).find((one) => one !== undefined);
  if (best) return best;
  if (hasLaw(need, vocabulary)) return FAIL(`no licence for ${need.country} is shown, and the occupation is regulated there`);
  if (need.purpose === 'hire' && isSaidUnregulated(facts, need)) {
    return NOT_APPLICABLE(`${need.country} says that the occupation is not regulated there`);
  }
  return UNKNOWN(`no licence for ${need.country} is shown, and whether the occupation is regulated there is not stored`);
}

/** One licence on the day: its terms, then the latest of suspension, reinstatement and revocation. */
function licenceOn(grant, facts, need) {
  const { country, day } = need;
  const changes = facts.filter((one) => one.refersTo === grant.hash && one.stands !== false);
  const holds = ({ from, until }) => (from === null || from <= day) && (until === null || day <= until);
  const term = [grant, ...changes.filter(({ kind }) => kind === 'LicenceRenewed')].find(holds);
  if (!term) return FAIL(`the licence for ${country} is not valid on ${day}`);
  const acts = changes.filter(({ kind, from }) => /^Licence(Suspended|Reinstated|Revoked)$/.test(kind) && from !== null && from <= day);
  const latest = acts.reduce((last, one) => (last === null || one.from >= last.from ? one : last), null);
  if (latest?.kind === 'LicenceRevoked') return FAIL(`the licence for ${country} was revoked`);
  if (latest?.kind === 'LicenceSuspended' && (latest.until === null || day <= latest.until)) {
    return FAIL(`the licence for ${country} is suspended on ${day}`);
  }
  if (fits(need, grant.isco08) === null) return UNKNOWN(`the licence for ${country} does not show for which occupation it is`);
  if (grant.stands === false) return FAIL(`the licence for ${country} no longer stands`);
  if (grant.stands && term.stands) return PASS(`a licence for ${country} is in force on ${day}`);
  return UNKNOWN(`the ledger's word on the licence for ${country} is missing or old`);
}
