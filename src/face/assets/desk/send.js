// Signing rows and having them recorded: signed and on disk first, then sent, a few at once, each passport before its record.
import { ApiFault, callApi } from '../lib/api.js';
import { issueStatement } from '../lib/issue.js';
import { newWorkerId } from '../lib/worker.js';

const AT_ONCE = 8;
const SIGNED_AT_ONCE = 50;
const TRIES_MAX = 20;
const WAIT_SECONDS_MAX = 5;
// What another try may mend; anything else is the row's own fault.
const PASSING = ['UNREACHABLE', 'OVERLOADED', 'TOO_MANY_READS', 'STOPPING', 'TOOK_TOO_LONG', 'INTERNAL'];

/**
 * Signs the rows that were not signed before and keeps all. Rows about one person open one passport. `by` is `{signer, issuer, kind}`.
 * Answers what was signed, by digest; null if rows were signed with another key before and are not recorded.
 */
export async function signRows(rows, by, kept, told = () => {}) {
  const known = await kept.all();
  const people = new Map([...known.values()].filter((row) => row.person).map((row) => [row.person, row]));
  const { thumbprint } = by.signer.publicKey;
  let fresh = [];
  for (const [at, row] of rows.entries()) {
    const earlier = known.get(row.digest);
    if (earlier && earlier.revision === undefined && earlier.kid !== thumbprint) return null;
    if (!earlier) {
      const signed = await signRow(row, by, people);
      known.set(row.digest, signed);
      fresh.push(signed);
    }
    if (fresh.length === SIGNED_AT_ONCE || at === rows.length - 1) {
      await kept.put(fresh);
      fresh = [];
      await told(at + 1);
    }
  }
  return known;
}

async function signRow(row, { signer, issuer, kind }, people) {
  const signed = { digest: row.digest, kid: signer.publicKey.thumbprint };
  let { claims } = row;
  if (row.open) {
    const { person } = row.open;
    if (!people.has(person)) {
      const worker = newWorkerId();
      const opening = await issueStatement({ issuer, kind: 'PassportOpened', claims: { sub: worker, ...row.open.claims } }, signer);
      const { name, salt, number } = row.open;
      people.set(person, { worker, person, name, salt, open: opening.text, document: salt ? { number, salt } : null });
    }
    Object.assign(signed, people.get(person), { digest: row.digest });
    claims = { sub: signed.worker, ...claims };
  }
  const { text, id, hash } = await issueStatement({ issuer, kind, claims }, signer);
  const correction = row.corrects ? await correctionOf(row, claims, hash, { signer, issuer }) : undefined;
  return { ...signed, kid: signer.publicKey.thumbprint, worker: claims.sub, id, hash, statement: text, correction, revision: undefined };
}

/** What puts a corrected statement into the place of the one that `corrects` names. */
async function correctionOf({ corrects, correctsReason }, { sub, issuing_country }, replacement, { signer, issuer }) {
  const claims = { sub, issuing_country, target: corrects, replacement, reason: correctsReason };
  return (await issueStatement({ issuer, kind: 'Corrected', claims }, signer)).text;
}

/**
 * Sends what is not recorded yet. `told` hears of each row as `{digest, revision}` or `{digest, fault}`; `isStopped` is asked before each.
 * Answers whether every row was answered; throws an ApiFault when the ledger cannot be reached.
 */
export async function sendRows(signed, kept, told, isStopped) {
  const waiting = signed.filter((row) => row.revision === undefined);
  const opened = new Map();
  const send = async () => {
    for (let row = waiting.shift(); row && !isStopped(); row = waiting.shift()) {
      try {
        if (row.open) {
          if (!opened.has(row.worker)) opened.set(row.worker, append({ statement: row.open, ...(row.document ? { document: row.document } : {}) }));
          await opened.get(row.worker);
        }
        const { revision } = await append({ statement: row.statement });
        if (row.correction) await append({ statement: row.correction });
        await kept.put([{ ...row, revision }]);
        told({ digest: row.digest, revision });
      } catch (fault) {
        if (!(fault instanceof ApiFault) || PASSING.includes(fault.reason)) throw fault;
        told({ digest: row.digest, fault });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return waiting.length === 0 && !isStopped();
}

async function append(members) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await callApi('append', members);
    } catch (fault) {
      if (!(fault instanceof ApiFault) || fault.wait === null || tries === TRIES_MAX) throw fault;
      await new Promise((resolve) => setTimeout(resolve, Math.min(fault.wait, WAIT_SECONDS_MAX) * 1000));
    }
  }
}
