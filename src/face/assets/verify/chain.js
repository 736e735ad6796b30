// Nothing of the worker's left out: the chain from its start to the head that the ledger signed (SPEC.md, "Verification", `chain`).
import { base64urlEncode, equalBytes } from '../lib/bytes.js';
import { chainLink, chainStart } from './entry.js';
import { dayEnd, dayOf } from './dates.js';
import { genesisHash } from './ledger.js';
import { WHOLE_FILE } from './report.js';
import { standingChanges } from './standing.js';
import { checkHead } from './tokens.js';
import { readWorkerId } from './workerid.js';

/** What a standing token's numbers say. */
const CODES = ['stands', 'revoked', 'suspended', 'superseded'];

/** Checks the chains of one ledger's part, and that the tokens say what its records say. */
export async function checkChain(file, index, ledger, checked, context) {
  const { rows, options } = context;
  const { origin, streams, heads } = ledger.part;
  if (file.kind === 'presentation') {
    return rows.note('chain', 'NOT_APPLICABLE', origin, 'a presentation shows what the holder chose');
  }
  const ofLedger = checked.filter((one) => one.ledger === index);
  const workerOf = ({ statement }) => (typeof statement?.claims.sub === 'string' ? statement.claims.sub : null);
  // In the order of their first leaves, as their head tokens stand.
  const workers = [...new Set(ofLedger.map(workerOf))];
  for (const [nth, worker] of workers.entries()) {
    const records = ofLedger.filter((one) => workerOf(one) === worker);
    await checkOneChain(heads[1 + streams.length + nth], records, ledger, options, rows);
    checkContradictions(records, options.validAt ?? dayOf(options.now), rows);
  }
  if (heads.length > 1 + streams.length + workers.length) {
    rows.note('type', 'FAIL', WHOLE_FILE, 'a head token is of no stream in the file');
  }
  return undefined;
}

async function checkOneChain(text, records, ledger, options, rows) {
  const { origin } = ledger.part;
  const { broken, last, revision, leaf } = await walk(records, ledger);
  if (broken) return rows.note('chain', 'FAIL', origin, broken);
  const { status, why } = await checkHead(text, { l: base64urlEncode(last) }, { revision, leaf }, ledger, options);
  rows.note('chain', status, origin, status === 'PASS' ? 'every record from the first to the last is here' : why);
  if (text === undefined) rows.note('type', 'FAIL', WHOLE_FILE, "the worker's head token is missing");
  return undefined;
}

async function walk(records, ledger) {
  const genesis = await genesisHash(ledger);
  if (genesis === null) return { broken: "the ledger's first entry is missing" };
  const unread = { broken: 'a record could not be read, so the chain cannot be followed' };
  let previous = null;
  for (const [revision, { statement, recordedAt, link, commitment, part }] of records.entries()) {
    if (statement === null || recordedAt === null || part.nL === null) return unread;
    const worker = typeof statement.claims.sub === 'string' ? readWorkerId(statement.claims.sub) : null;
    if (worker === null) return unread;
    if (revision === 0 && statement.vct !== 'urn:skillpass:v1:PassportOpened') {
      return { broken: 'the chain does not begin with PassportOpened: records are missing' };
    }
    previous ??= await chainStart(genesis, worker);
    const expected = await chainLink(part.nL, worker, revision, previous, recordedAt, commitment);
    if (!equalBytes(link, expected)) {
      return { broken: 'a link of the chain is broken: a record is missing, added or out of place' };
    }
    previous = link;
  }
  return { last: previous, revision: records.length - 1, leaf: records.at(-1).leaf };
}

/**
 * The ledger cannot say that a record stands which its own later records end; nor does one stand on a later day by which they do, whatever
 * was said before.
 */
function checkContradictions(records, day, rows) {
  const at = records.find(({ standing }) => standing.said !== null)?.standing.said.iat;
  if (at === undefined) return;
  const read = records.filter(({ meaning, recordedAt }) => meaning !== null && recordedAt !== null);
  const changes = standingChanges(read, Number(at));
  // What fails a deciding check changes nothing after that either.
  const counted = read.filter(({ subject }) => !rows.fails(subject));
  const byThen = standingChanges(counted, Math.max(Number(at), dayEnd(day)));
  for (const one of records.filter(({ standing }) => standing.said?.status === 0)) {
    const { part, subject } = one;
    if (changes.has(part.hash)) {
      rows.note('status', 'FAIL', subject, "the ledger's word that it stands contradicts a later record in the same file");
    } else if (byThen.has(part.hash)) {
      rows.note('status', 'FAIL', subject, `it stood when the file was made; a record in the file ends it by ${day}`);
      one.standing = { ...one.standing, code: CODES.indexOf(byThen.get(part.hash)) };
    }
  }
}
