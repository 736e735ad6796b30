// What one ledger vouches for: its checkpoint, the witnesses, its streams whole and admitted (SPEC.md, "Verification").
import { base64urlEncode, hexDecode, sha256 } from '../lib/bytes.js';
import { parseStatement } from '../lib/statement.js';
import { institutionStream, isIncluded, leafHash, ledgerStream } from './entry.js';
import { bodiesNeeded, foldStreams } from './fold.js';
import { logKey, readCosignatures, verifyCheckpoint } from './note.js';
import { isMetBy } from './policy.js';
import { WHOLE_FILE } from './report.js';
import { checkHead } from './tokens.js';
import { vouchesFor } from './trust.js';

/** What was found out about the ledger at `index` of the file. */
export async function checkLedger(file, index, context) {
  const { rows, trust, vocabulary } = context;
  const part = file.ledgers[index];
  const { origin } = part;
  const folded = await foldStreams(vocabulary, part);
  const { state, fault } = folded;
  if (fault) rows.note(fault.check, 'FAIL', origin, fault.detail);
  else rows.note('signature', 'PASS', origin, 'every statement of its streams is signed by its key');
  if (state.origin !== origin) rows.note('type', 'FAIL', origin, "the ledger's own stream does not found this origin");
  const trusted = trust.ledgers.find((ledger) => ledger.origin === origin) ?? null;
  const ledger = { part, trusted, folded, state, checkpoint: null, statusKeys: statusKeys(trusted, state), doubts: new Map(), anchors: [] };
  ledger.checkpoint = await checkCheckpoint(ledger, rows);
  await checkWitnesses(ledger, trust.policy, rows);
  for (const note of part.anchors) ledger.anchors.push(await readAnchor(ledger, note, trust.policy));
  for (const place of [...part.ledger, ...part.streams.flatMap(({ entries }) => entries)]) {
    const { status, why } = await checkIncluded(ledger, place);
    rows.note('inclusion', status, origin, why);
  }
  await checkHeads(ledger, context);
  await checkStreamsNeeded(file, index, ledger, rows);
  ledger.doubts = await findDoubts(ledger, trust);
  return ledger;
}

/** The keys under which tokens may count: those of the trust file, then those that the ledger names itself. */
function statusKeys(trusted, state) {
  const ofTrust = (trusted?.statusKeys ?? []).map((key) => ({ key, isTrusted: true }));
  return [...ofTrust, ...state.ownKeys('status').map((key) => ({ key, isTrusted: false }))];
}

async function tryCheckpoint(note, keys) {
  try {
    return await verifyCheckpoint(note, keys);
  } catch (fault) {
    return { refusal: fault.reason ?? String(fault) };
  }
}

/** The checkpoint keys that the ledger names itself: enough to see that the file is of one piece. */
async function ownLogKeys({ part, state }) {
  const keys = await Promise.all(state.ownKeys('log').map((key) => logKey(part.origin, key)));
  return keys.filter((key) => key !== null);
}

async function checkCheckpoint(ledger, rows) {
  const { part, trusted } = ledger;
  const { origin, checkpoint: note } = part;
  const refuse = (why) => {
    rows.note('checkpoint', 'FAIL', origin, why);
    return null;
  };
  const own = () => ownLogKeys(ledger).then((keys) => tryCheckpoint(note, keys));
  let [found, status, why] = [null, 'PASS', 'signed by the ledger that the trust file names'];
  if (trusted === null) {
    [found, status, why] = [await own(), 'UNKNOWN', 'the trust file does not name this ledger'];
  } else {
    found = await tryCheckpoint(note, trusted.logKeys);
    if (!found.refusal && (await isOfEndedKeys(ledger))) {
      return refuse("no key that signed it is in force: the ledger's own stream has ended them");
    }
    if (found.refusal && isOfTrustedKey(ledger)) {
      const newer = await own();
      if (!newer.refusal) [found, status, why] = [newer, 'UNKNOWN', 'signed by a newer key of the ledger than the trust file names'];
    }
  }
  if (found.refusal) return refuse(found.refusal);
  if (found.origin !== origin) return refuse("the checkpoint is another ledger's");
  rows.note('checkpoint', status, origin, why);
  return found;
}

/** Whether the ledger's stream has ended every trusted key that signed the checkpoint. */
async function isOfEndedKeys({ part, trusted, state, folded }) {
  const inForce = state.ownKeys('log').map((key) => key.thumbprint);
  const keys = trusted.logKeys.filter(({ key }) => inForce.includes(key.thumbprint));
  return folded.fault === null && Boolean((await tryCheckpoint(part.checkpoint, keys)).refusal);
}

/** Whether a key of the trust file signed a statement of the ledger's stream: then it is that ledger's. */
function isOfTrustedKey({ trusted, folded }) {
  const kids = trusted.logKeys.map(({ key }) => key.thumbprint);
  return [...folded.facts.values()].some((fact) => fact.subject === null && kids.includes(fact.kid));
}

async function checkWitnesses({ part, checkpoint }, policy, rows) {
  const note = (status, why) => rows.note('witness_quorum', status, part.origin, why);
  if (policy === null) return note('NOT_APPLICABLE', 'the trust file has no witness policy');
  if (policy.quorum === null) return note('NOT_APPLICABLE', "the trust file's policy asks for no witness");
  if (checkpoint === null) return note('UNKNOWN', 'there is no checkpoint to witness');
  try {
    const seen = await readCosignatures(checkpoint, policy.witnesses);
    const isMet = isMetBy(policy, seen.map(([witness]) => witness));
    return note(isMet ? 'PASS' : 'FAIL', `${seen.length} of the trust file's witnesses saw this tree`);
  } catch (fault) {
    return note('FAIL', fault.reason ?? String(fault));
  }
}

/** Whether the tree of the checkpoint holds an entry. */
export async function checkIncluded({ checkpoint }, { leaf, entry, proof }) {
  if (checkpoint === null) return { status: 'UNKNOWN', why: 'there is no checkpoint to prove it by' };
  const holds = await isIncluded(leaf, checkpoint.size, await leafHash(entry), proof, checkpoint.root);
  return holds ? { status: 'PASS', why: "the ledger's tree holds it" } : { status: 'FAIL', why: "the ledger's tree does not hold it" };
}

/** The streams end where the ledger says that they end: no end of an authorisation or of a key was left out. */
async function checkHeads(ledger, { rows, options }) {
  const { part } = ledger;
  const streams = [[await ledgerStream(), part.ledger]];
  for (const { subject, entries } of part.streams) streams.push([await institutionStream(subject), entries]);
  for (const [nth, [stream, entries]] of streams.entries()) {
    const end = entries.length === 0
      ? { revision: null, leaf: null }
      : { revision: entries.length - 1, leaf: entries.at(-1).leaf };
    const of = { stream: base64urlEncode(hexDecode(stream)) };
    const { status, why } = await checkHead(part.heads[nth], of, end, ledger, options);
    rows.note('issuer_authorised', status, part.origin, why);
    if (part.heads[nth] === undefined) rows.note('type', 'FAIL', WHOLE_FILE, 'a head token is missing');
  }
}

/** With a stream less nobody can judge, with one more the file carries something hidden. */
async function checkStreamsNeeded(file, index, { part, folded }, rows) {
  const issuers = [];
  for (const { sdjwt } of file.statements.filter((one) => one.ledger === index)) {
    const statement = await parseStatement(sdjwt).catch(() => null);
    if (statement?.issuer.startsWith('https://')) issuers.push(statement.issuer);
  }
  const needed = bodiesNeeded(folded, issuers);
  const present = part.streams.map(({ subject }) => subject);
  const missing = [...needed].find((body) => !present.includes(body));
  if (missing) rows.note('issuer_authorised', 'FAIL', part.origin, `the institution stream of ${missing} is missing`);
  if (folded.fault === null && present.some((body) => !needed.has(body))) {
    rows.note('type', 'FAIL', WHOLE_FILE, 'the file holds an institution stream that nothing in it needs');
  }
}

/** An earlier checkpoint with the times at which witnesses saw it; null if it does not count. */
async function readAnchor(ledger, note, policy) {
  const keys = ledger.trusted === null ? await ownLogKeys(ledger) : ledger.trusted.logKeys;
  const checkpoint = await tryCheckpoint(note, keys);
  if (checkpoint.refusal || policy === null || checkpoint.origin !== ledger.part.origin) return null;
  const seen = await readCosignatures(checkpoint, policy.witnesses).catch(() => null);
  return seen && { checkpoint, seen };
}

/** Whether enough witnesses saw a tree with this entry before `since` (Unix ms), each counted time being earlier. */
export async function isAnchored(ledger, place, since, policy) {
  const anchor = place.anchor === null || policy === null ? null : ledger.anchors[place.anchor.index];
  if (!anchor || policy.quorum === null) return false;
  const before = anchor.seen.filter(([, seconds]) => BigInt(seconds) * 1000n < BigInt(since)).map(([witness]) => witness);
  const { size, root } = anchor.checkpoint;
  return isMetBy(policy, before) && isIncluded(place.leaf, size, await leafHash(place.entry), place.anchor.proof, root);
}

/** The bodies whose streams cannot be relied on, and why. */
async function findDoubts(ledger, trust) {
  const doubts = new Map();
  const places = new Map(ledger.part.streams.flatMap(({ entries }) => entries).map((place) => [place.leaf, place]));
  for (const [leaf, fact] of ledger.folded.facts) {
    if (fact.subject === null || !places.has(leaf)) continue;
    const verdict = ledger.state.keyVerdict(fact.issuer, fact.kid, leaf, fact.recordedAt);
    if (verdict.word === 'anchor' && !(await isAnchored(ledger, places.get(leaf), verdict.since, trust.policy))) {
      doubts.set(fact.subject, 'rests on a key that was compromised later, and nothing witnessed shows that it is older');
    }
    const isByAnother = fact.kind === 'IssuerKeyAdded' && fact.issuer !== fact.subject;
    if (isByAnother && !vouchesFor(trust, ledger.state, fact.issuer)) {
      doubts.set(fact.subject, 'rests on a key given by a body that stands under no authority in the trust file');
    }
  }
  return doubts;
}

/** Why judging a body rests on something that cannot be relied on, or null. */
export function doubtOf({ doubts, folded }, issuer) {
  if (doubts.size === 0) return null;
  const doubted = [...bodiesNeeded(folded, [issuer])].find((body) => doubts.has(body));
  return doubted === undefined ? null : doubts.get(doubted);
}

/** SHA-256 of the genesis entry, in which each worker's chain starts; null without it. */
export async function genesisHash({ part }) {
  const first = part.ledger[0];
  return first?.leaf === 0 ? sha256(first.entry) : null;
}
