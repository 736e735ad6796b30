// Verification from the bytes, a trust file and a time alone: a second implementation, written from SPEC.md.
import { Fault } from '../lib/bytes.js';
import { hasEd25519 } from '../lib/jose.js';
import { checkChain } from './chain.js';
import { dayOf } from './dates.js';
import { parseFile } from './file.js';
import { verifyForeign } from './foreign.js';
import { checkHolder } from './holder.js';
import { checkLedger } from './ledger.js';
import { checkPerson } from './person.js';
import { answerQuestion, askedChecks } from './question.js';
import { checkRecord } from './record-check.js';
import { makeRecords } from './record.js';
import { Rows, WHOLE_FILE, makeReport } from './report.js';
import { vouchesFor } from './trust.js';

const NOTHING_ASKED = {
  audience: null, nonce: null, person: null, validAt: null, country: null, occupation: null, purpose: null, issuerKey: null, statusList: null,
};

/**
 * The report on a passport file, a presentation or a bare SD-JWT: `{verdict, checks, records, answer}`, as `skillpass verify --json`
 * prints it. `options` are `now` (Unix seconds) and what is asked. Any bytes give a report; it throws only where the browser lacks Ed25519.
 */
export async function verifyBytes(bytes, trust, vocabulary, options) {
  if (!(await hasEd25519())) throw new Fault('NO_ED25519', 'this browser cannot verify Ed25519 signatures');
  const asked = { ...NOTHING_ASKED, ...options };
  if (bytes[0] !== 0x7b) return verifyForeign(bytes, trust, asked);
  const rows = new Rows();
  try {
    const file = await parseFile(bytes);
    return await verifyFile(file, { rows, trust, vocabulary, options: asked });
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return makeReport(noteUnreadable(new Rows(), fault));
  }
}

function noteUnreadable(rows, { reason, message }) {
  const isDigest = reason === 'DIGEST_MISSING' || reason === 'DIGEST_DIFFERS';
  // A later format is no forgery; this page cannot tell.
  rows.note(isDigest ? 'signature' : 'type', reason === 'UNKNOWN_FORMAT' ? 'UNKNOWN' : 'FAIL', WHOLE_FILE, message);
  return rows;
}

async function verifyFile(file, context) {
  const { rows, options } = context;
  const day = options.validAt ?? dayOf(options.now);
  rows.note('signature', 'PASS', WHOLE_FILE, 'every byte is as its writer left it (digest)');
  rows.note('type', 'PASS', WHOLE_FILE, `a well-formed ${file.kind} file`);
  const [ledgers, checked] = [[], []];
  for (const index of file.ledgers.keys()) ledgers.push(await checkLedger(file, index, context));
  for (const [index, { ledger }] of file.statements.entries()) checked.push(await checkRecord(file, index, ledgers[ledger], context));
  for (const [index, ledger] of ledgers.entries()) checkOrder(index, ledger, checked, rows);
  await checkHolder(file, checked, context);
  for (const [index, ledger] of ledgers.entries()) await checkChain(file, index, ledger, checked, context);
  await checkPerson(checked, context);
  const records = makeRecords(checked, ledgers, context, day, vouchesFor);
  const answer = answerQuestion(checked, context, day);
  return makeReport(rows, records, askedChecks(options), answer);
}

/** `recorded_at` never decreases from leaf to leaf: a later entry cannot claim to be older. */
function checkOrder(index, { part, folded }, checked, rows) {
  const persons = checked.filter((one) => one.ledger === index && one.recordedAt !== null);
  const recorded = [...folded.facts].map(([leaf, { recordedAt }]) => [leaf, recordedAt]);
  recorded.push(...persons.map(({ leaf, recordedAt }) => [leaf, recordedAt]));
  recorded.sort(([one], [other]) => (one < other ? -1 : 1));
  const isSorted = recorded.every(([, at], place) => place === 0 || recorded[place - 1][1] <= at);
  const why = isSorted ? 'later entries were recorded later' : 'an entry claims an earlier time than one before it';
  rows.note('time', isSorted ? 'PASS' : 'FAIL', part.origin, why);
}
