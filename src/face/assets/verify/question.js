// The question behind a verification: may this person practise, study, be hired there? (SPEC.md, "The six checks")
import { checkConditions, checkFrameworkVersion, checkLevelRelation, checkLicence, checkMraParties, checkRecognitionKind } from './recognition.js';
import { WHOLE_FILE } from './report.js';

const WANTED = {
  practise: ['status', 'framework_version', 'recognition_kind', 'licence_in_destination', 'mra_parties', 'conditions'],
  study: ['status', 'framework_version', 'level_relation', 'recognition_kind', 'conditions'],
  hire: ['status', 'framework_version', 'recognition_kind', 'licence_in_destination', 'conditions'],
};
const OF_RECORDS = { framework_version: checkFrameworkVersion, level_relation: checkLevelRelation, mra_parties: checkMraParties };
const OF_THE_FILE = { recognition_kind: checkRecognitionKind, licence_in_destination: checkLicence, conditions: checkConditions };

/** The checks that count beside the first twelve. */
export function askedChecks({ purpose, person }) {
  return [...(purpose === null ? [] : WANTED[purpose]), ...(person === null ? [] : ['identity_binding'])];
}

/** The answer where nothing can be told; null if nothing was asked. */
export function unanswered({ purpose, country, occupation }) {
  return purpose === null ? null : { purpose, country, occupation, status: 'UNKNOWN', checks: WANTED[purpose] };
}

/** Runs the checks of the purpose and draws the answer from them. */
export function answerQuestion(checked, { rows, options, vocabulary }, day) {
  const { purpose, country, occupation } = options;
  if (purpose === null) return null;
  const wanted = WANTED[purpose];
  const shown = checked.filter(({ meaning, subject }) => meaning !== null && !rows.fails(subject));
  const facts = shown.map(factsOf);
  const need = { country, occupation, purpose, day };
  for (const [at, { subject }] of shown.entries()) {
    for (const [check, judge] of Object.entries(OF_RECORDS).filter(([name]) => wanted.includes(name))) {
      rows.note(check, ...placed(judge(facts[at], vocabulary, country), subject));
    }
  }
  for (const check of wanted.filter((name) => name in OF_THE_FILE)) {
    const finding = country === null ? ['UNKNOWN', 'name the country of destination'] : OF_THE_FILE[check](facts, need, vocabulary);
    rows.note(check, ...placed(finding, WHOLE_FILE));
  }
  return { purpose, country, occupation, status: rows.worst(wanted), checks: wanted };
}

function placed([status, why], subject) {
  return [status, subject, why];
}

/** What the checks take of a record, as far as it is disclosed. */
function factsOf({ meaning, part, standing }) {
  const text = (name) => meaning.text(name);
  return {
    kind: meaning.kind,
    hash: part.hash,
    refersTo: text('recognition_decision') ?? text('target'),
    stands: standing.code === null ? null : standing.code === 0,
    country: text('issuing_country'),
    originCountry: text('origin_country'),
    awardDate: meaning.awardDate(),
    level: meaning.claims.nqf_level ?? null,
    eqfLevel: text('eqf_level'),
    recognitionKind: text('recognition_kind'),
    decision: text('decision'),
    regulated: meaning.claims.regulated ?? null,
    result: text('result'),
    isco08: text('isco08'),
    limitJurisdiction: text('limit_jurisdiction'),
    from: text('valid_from') ?? text('effective_from'),
    until: text('valid_until') ?? text('suspended_until'),
    hasConditions: meaning.has('conditions'),
    instrument: text('instrument'),
  };
}
