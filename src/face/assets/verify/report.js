// Rows, and the verdict that follows from them alone (SPEC.md, "Verification").

export const CHECKS = [
  'signature', 'type', 'time', 'disclosures', 'key_binding', 'inclusion', 'checkpoint', 'witness_quorum', 'chain',
  'issuer_authorised', 'issuer_scope', 'issuer_key', 'status', 'identity_binding', 'framework_version', 'level_relation',
  'recognition_kind', 'licence_in_destination', 'mra_parties', 'conditions',
];
const DECIDING = CHECKS.slice(0, 12);
const SEVERITY = ['NOT_APPLICABLE', 'PASS', 'UNKNOWN', 'FAIL'];
/** The subject of rows about the file as a whole. */
export const WHOLE_FILE = 'file';
/** How far ahead another clock may be, seconds. */
export const CLOCK_SKEW = 300;

/** The worst of several outcomes; null of none. */
export function worstOf(statuses) {
  return statuses.reduce((worst, one) => (SEVERITY.indexOf(one) > SEVERITY.indexOf(worst) ? one : worst), null);
}

/** Rows as they are found: one for each check and subject, the worst of several findings. */
export class Rows {
  constructor() {
    this.found = new Map();
  }

  note(check, status, subject, detail) {
    const place = JSON.stringify([check, subject]);
    const known = this.found.get(place);
    if (known === undefined) this.found.set(place, { check, status, subject, detail });
    else if (SEVERITY.indexOf(status) > SEVERITY.indexOf(known.status)) Object.assign(known, { status, detail });
  }

  deciding(subject) {
    return DECIDING.map((check) => this.found.get(JSON.stringify([check, subject]))?.status).filter(Boolean);
  }

  /** Whether a deciding check of a subject fails. */
  fails(subject) {
    return this.deciding(subject).includes('FAIL');
  }

  /** Whether every deciding check of a subject passes or does not arise. */
  passes(subject) {
    return this.deciding(subject).every((status) => status === 'PASS' || status === 'NOT_APPLICABLE');
  }

  worst(checks) {
    const of = [...this.found.values()].filter((row) => checks.includes(row.check));
    return worstOf(of.map((row) => row.status)) ?? 'UNKNOWN';
  }
}

/** The report: rows by check, and the verdict by the first twelve checks and those asked for. */
export function makeReport(rows, records = [], asked = [], answer = null, statement = null) {
  const checks = [...rows.found.values()];
  // Array.prototype.sort keeps the order of equals.
  checks.sort((one, other) => CHECKS.indexOf(one.check) - CHECKS.indexOf(other.check));
  const counted = checks.filter((row) => DECIDING.includes(row.check) || asked.includes(row.check));
  const has = (status) => counted.some((row) => row.status === status);
  const verdict = has('FAIL') ? 'invalid' : has('UNKNOWN') || !has('PASS') ? 'unknown' : 'valid';
  // Only a bare SD-JWT has a statement, and no records.
  return { verdict, checks, records, answer, ...(statement === null ? {} : { statement }) };
}
