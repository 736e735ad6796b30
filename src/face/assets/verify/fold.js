// The public streams of one ledger's part, leaf by leaf as the ledger recorded them (SPEC.md, "Verification", `signature`).
import { Fault, equalBytes } from '../lib/bytes.js';
import { readPublicKey } from '../lib/jose.js';
import { parseStatement, verifyStatement } from '../lib/statement.js';
import { admit } from './admission.js';
import { readMeaning } from './claims.js';
import { CLASS_INSTITUTION, CLASS_LEDGER, CLASS_PERSON, decodeEntry, institutionStream, leafHash, ledgerStream } from './entry.js';
import { TrustState } from './state.js';
import { kindName } from './vocabulary.js';

const ABOUT_KEYS = ['UNKNOWN_KEY', 'KEY_ENDED', 'KEY_COMPROMISED'];
const ZEROS = new Uint8Array(32);

/** A fault that turns one check red. */
class FoldFault extends Fault {
  constructor(check, reason) {
    super(reason);
    this.check = check;
  }
}

/** Runs a step whose faults all belong to one check. */
async function under(check, step) {
  try {
    return await step();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw new FoldFault(ABOUT_KEYS.includes(fault.reason) ? 'issuer_key' : check, fault.reason);
  }
}

/** `{state, facts, fault}`: who may say what, what is kept of each public statement by leaf, and the first thing wrong. */
export async function foldStreams(vocabulary, part) {
  const folded = { state: new TrustState(vocabulary), facts: new Map(), signers: new Map(), fault: null };
  const own = part.ledger.map((place) => ({ place, subject: null }));
  const bodies = part.streams.flatMap(({ subject, entries }) => entries.map((place) => ({ place, subject })));
  const all = [...own, ...bodies].sort((one, other) => (one.place.leaf < other.place.leaf ? -1 : 1));
  const walk = { ends: new Map(), lastRecorded: 0 };
  for (const { place, subject } of all) {
    try {
      await step(folded, walk, place, subject);
      noteSigners(folded, place.leaf);
    } catch (fault) {
      if (!(fault instanceof FoldFault)) throw fault;
      folded.fault = { check: fault.check, detail: `leaf ${place.leaf}: ${fault.reason}` };
      break;
    }
  }
  return folded;
}

async function step({ state, facts }, walk, place, subject) {
  const refuse = (isBroken, why) => {
    if (isBroken) throw new FoldFault('issuer_authorised', why);
  };
  const entry = await under('type', () => decodeEntry(place.entry));
  refuse(entry.class === CLASS_PERSON, "a person's entry stands in a public stream");
  const [expectedClass, stream] =
    subject === null ? [CLASS_LEDGER, await ledgerStream()] : [CLASS_INSTITUTION, await institutionStream(subject)];
  refuse(entry.class !== expectedClass || entry.stream !== stream, 'the entry belongs to another stream');
  const end = walk.ends.get(stream) ?? { next: 0, hash: ZEROS };
  refuse(entry.revision !== end.next || !equalBytes(entry.prev, end.hash), 'an entry before it is missing');
  refuse(entry.recordedAt < walk.lastRecorded, 'recorded earlier than an entry before it');
  walk.lastRecorded = entry.recordedAt;
  const { statement, meaning } = await readPublic(state, entry.statement, place.leaf, entry.recordedAt);
  refuse((await streamOf(state.vocabulary, meaning)) !== stream, 'the statement speaks of another body than its stream');
  await state.apply(statement, meaning, place.leaf, entry.recordedAt);
  walk.ends.set(stream, { next: end.next + 1, hash: await leafHash(place.entry) });
  facts.set(place.leaf, {
    issuer: statement.issuer,
    kid: statement.kid,
    kind: meaning.kind,
    recordedAt: entry.recordedAt,
    subject,
    names: meaning.text('custodian'),
  });
}

/** The stream that a public statement belongs to; none of these for what is published and for erasures. */
function streamOf({ kinds }, meaning) {
  const { class: ofClass, publication } = kinds[meaning.kind];
  if (meaning.kind === 'Erased' || publication) return null;
  return ofClass === 'ledger' ? ledgerStream() : institutionStream(meaning.text('sub') ?? '');
}

async function readPublic(state, text, leaf, recordedAt) {
  const statement = await under('signature', () => parseStatement(text));
  const kind = kindName(state.vocabulary, statement.vct);
  if (kind === null || state.vocabulary.kinds[kind].class === 'person') throw new FoldFault('type', 'WRONG_CLASS');
  const key = kind === 'LedgerFounded' ? await genesisKey(statement) : state.key(statement.issuer, statement.kid);
  if (key === null) throw new FoldFault(...blameForKey(state, kind, statement.issuer));
  await under('signature', () => verifyStatement(statement, key));
  if (!statement.isInClear) throw new FoldFault('type', 'WRONG_CLASS');
  const meaning = await under('type', () => readMeaning(state.vocabulary, kind, statement.claims, true));
  await under('issuer_authorised', () => admitPublic(state, statement, meaning, leaf, recordedAt));
  return { statement, meaning };
}

function blameForKey(state, kind, issuer) {
  if (kind === 'LedgerFounded') return ['issuer_authorised', 'GENESIS'];
  const isKnown = state.body(issuer) !== null || state.isLedger(issuer);
  return isKnown ? ['issuer_key', 'UNKNOWN_KEY'] : ['issuer_authorised', 'UNKNOWN_ISSUER'];
}

/** The genesis is signed by a log key that it names itself; the trust file pins that key. */
async function genesisKey({ jws, kid }) {
  const named = Array.isArray(jws.payload.log_keys) ? jws.payload.log_keys : [];
  for (const jwk of named) {
    const key = await readPublicKey(jwk);
    if (key?.thumbprint === kid) return key;
  }
  return null;
}

async function admitPublic(state, statement, meaning, leaf, recordedAt) {
  if (meaning.kind === 'LedgerFounded') {
    const isFirst = state.origin === null && leaf === 0 && statement.issuer === `https://${meaning.text('origin')}`;
    if (!isFirst) throw new Fault('GENESIS');
    return;
  }
  const { word } = state.keyVerdict(statement.issuer, statement.kid, leaf, recordedAt);
  if (word === 'invalid') throw new Fault('KEY_ENDED');
  if (word === 'compromised') throw new Fault('KEY_COMPROMISED');
  if (state.vocabulary.kinds[meaning.kind].publication) throw new Fault('OTHER_STREAM');
  await admit(state, statement, meaning, leaf, recordedAt);
}

/** Who must be judged to judge a stream: whoever signed in it, and the custodian that is named there. */
function noteSigners({ facts, signers }, leaf) {
  const { subject, issuer, names } = facts.get(leaf);
  if (subject === null) return;
  if (!signers.has(subject)) signers.set(subject, new Set());
  signers.get(subject).add(issuer);
  if (names !== null) signers.get(subject).add(names);
}

/** The bodies whose streams are needed to judge these issuers (SPEC.md, "Streams needed"). */
export function bodiesNeeded({ state, signers }, issuers) {
  const needed = new Set();
  const open = [...issuers];
  while (open.length > 0) {
    const body = open.pop();
    if (state.isLedger(body) || needed.has(body)) continue;
    needed.add(body);
    open.push(...(signers.get(body) ?? []));
  }
  return needed;
}
