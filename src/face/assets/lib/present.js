// Cutting a complete passport file to what the holder chooses, and binding it to whom it is for (SPEC.md, "Presentation").
import { Fault, base64urlDecode, base64urlEncode, hexEncode, sha256, utf8Decode, utf8Encode } from './bytes.js';
import { signJws } from './jose.js';
import { parseStatement } from './statement.js';
import { bodiesNeeded, chooseEvidence, limitedClaims, readPublicStatements } from './evidence.js';

const FORMAT = 'skillpass-passport-v1';
const KIND_PREFIX = 'urn:skillpass:v1:';
/** Shown, or they keep a statement from being the whole. */
const TEXT_BYTES_MAX = 512;
/** Of the signed binding: control characters are six each in JSON, and no verifier reads more. */
const TOKEN_BYTES_MAX = 4096;

/** Reads a complete file: `{file, sources}`, each source a statement of the file with its place. */
export async function readComplete(bytes) {
  const file = JSON.parse(utf8Decode(bytes));
  if (file.format !== FORMAT || file.kind !== 'passport') throw new Fault('NOT_COMPLETE');
  const sources = [];
  for (const [index, part] of file.statements.entries()) {
    const statement = await parseStatement(part.sdjwt);
    sources.push({ index, part, kind: statement.vct.slice(KIND_PREFIX.length), ...statement });
  }
  return { file, sources };
}

/**
 * The bytes of a presentation. `shows` are `{id, claims}`, `claims` null for all that may go; `kinds` is what the page knows of each kind.
 */
export async function presentFile({ file, sources }, { shows, audience, nonce, issuedAt, expiresAt }, kinds, signer) {
  const fits = (text) => text.length > 0 && utf8Encode(text).length <= TEXT_BYTES_MAX;
  if (shows.length === 0) throw new Fault('NOTHING_CHOSEN');
  if (!fits(audience) || !fits(nonce) || issuedAt >= expiresAt) throw new Fault('BINDING_INVALID');
  const cut = new Cutter(file, sources, shows, kinds, signer.publicKey).cut();
  const text = JSON.stringify(cut).slice(0, -1);
  const payload = { aud: audience, nonce, iat: issuedAt, exp: expiresAt, file_hash: base64urlEncode(await sha256(utf8Encode(text))) };
  const token = await signJws('skillpass-presentation+jwt', payload, signer);
  if (token.length > TOKEN_BYTES_MAX) throw new Fault('BINDING_INVALID');
  const bound = `${text},"presentation":${JSON.stringify(token)}`;
  return utf8Encode(`${bound},"digest":"${hexEncode(await sha256(utf8Encode(bound)))}"}\n`);
}

class Cutter {
  constructor(file, sources, shows, kinds, holder) {
    this.file = file;
    this.sources = sources;
    this.kinds = kinds;
    this.holder = holder;
    this.shows = new Map(shows.map((show) => [show.id, show]));
    for (const source of sources.filter((one) => this.shows.has(one.id))) {
      if (kinds[source.kind]?.neverLeaves) throw new Fault('NEVER_SHOWN');
    }
    for (const id of this.shows.keys()) {
      if (!sources.some((source) => source.id === id)) throw new Fault('UNKNOWN_RECORD');
    }
  }

  cut() {
    const cut = { format: FORMAT, kind: 'presentation', ledgers: [], statements: [], holder: [] };
    this.apart = this.howApart();
    for (const [ledger, part] of this.file.ledgers.entries()) {
      const sources = this.sources.filter((source) => source.part.ledger === ledger);
      if (sources.some((source) => this.carries(source))) this.cutLedger(part, sources, cut);
    }
    return cut;
  }

  /** What has to show whose it is: nothing, each line of keys of several ledgers, or everything of joined passports. */
  howApart() {
    const shown = this.sources.filter((source) => this.shows.has(source.id));
    const several = (of) => new Set(shown.map(of)).size > 1;
    if (several((source) => source.claims.sub)) {
      if (!this.sources.some((source) => this.isJoin(source))) throw new Fault('NOT_JOINED');
      return 'passports';
    }
    return several((source) => source.part.ledger) ? 'ledgers' : 'nothing';
  }

  /** Shown, or a join without which several passports would not be one person's. */
  carries(source) {
    return this.shows.has(source.id) || (this.apart === 'passports' && this.isJoin(source));
  }

  isJoin(source) {
    return source.kind === 'PassportsJoined' && tokenPayload(this.standing(source))?.status === 0;
  }

  standing(source) {
    const ofLedger = this.sources.filter((one) => one.part.ledger === source.part.ledger);
    return this.file.ledgers[source.part.ledger].standing[ofLedger.indexOf(source)];
  }

  cutLedger(part, sources, cut) {
    const folded = readPublicStatements(part);
    const passports = new Map();
    for (const source of sources.filter((one) => this.carries(one))) {
      const worker = source.claims.sub;
      if (!passports.has(worker)) passports.set(worker, this.evidenceOf(part, sources.filter((one) => one.claims.sub === worker)));
    }
    const carried = sources.filter((source) => this.carries(source));
    const held = [...passports.values()].flatMap((evidence) => evidence.all);
    const linked = new Set([...carried, ...held].map((source) => source.hash));
    const [standing, statements] = [[], []];
    for (const source of sources) {
      const evidence = passports.get(source.claims.sub);
      if (!evidence) continue;
      const isEvidence = evidence.holds(source);
      if (!this.carries(source) && !isEvidence) continue;
      const needsSub = this.apart === 'passports' || (evidence.needsSub && evidence.opensLine(source)) ||
        (!isEvidence && !evidence.ties(source));
      if (isEvidence) cut.holder.push(cut.statements.length + statements.length);
      standing.push(this.standing(source));
      const sdjwt = this.disclose(source, needsSub, linked, limitedClaims(folded, source.issuer));
      const { leaf, entry, proof, anchor, n_s: opening } = source.part;
      statements.push(withAnchor({ ledger: cut.ledgers.length, leaf, entry, proof }, anchor, { sdjwt, n_s: opening }));
    }
    cut.statements.push(...statements);
    cut.ledgers.push(cutPart(part, folded, statements, standing));
  }

  evidenceOf(part, own) {
    const evidence = chooseEvidence(own.filter((source) => this.file.holder.includes(source.index)), own, (source) => this.carries(source));
    if (!evidence.current) throw new Fault('NO_HOLDER_KEY');
    if (evidence.current.holderKey?.thumbprint !== this.holder.thumbprint) throw new Fault('NOT_THE_HOLDER');
    const carried = own.filter((source) => this.carries(source));
    evidence.needsSub = this.apart === 'ledgers' || evidence.hasSeveralLines ||
      carried.some((source) => !evidence.holds(source) && !evidence.ties(source));
    return evidence;
  }

  /** The statement with the chosen claims and those it is never shown without; a hash that leads to a hidden record only by name. */
  disclose(source, needsSub, linked, limited) {
    const { always = [], hashes = [] } = this.kinds[source.kind] ?? {};
    const isHidden = (name) => hashes.includes(name) && !linked.has(source.claims[name]);
    const mayGo = (name) => name in source.claims && !isHidden(name);
    const names = new Set([...always, ...limited].filter(mayGo));
    const show = this.shows.get(source.id);
    for (const name of show?.claims ?? []) {
      if (!(name in source.claims)) throw new Fault('UNKNOWN_CLAIM', name);
      names.add(name);
    }
    if (show && show.claims === null) {
      for (const name of Object.keys(source.claims)) if (name !== 'sub' && mayGo(name)) names.add(name);
    }
    if (needsSub) names.add('sub');
    const texts = Object.entries(source.disclosures).filter(([name]) => names.has(name)).map(([, text]) => `${text}~`);
    return `${source.jwt}~${texts.join('')}`;
  }
}

/** The ledger's part for these statements: the streams they need, the anchors they use, their tokens. */
function cutPart(part, folded, statements, standing) {
  const issuers = statements.map((statement) => tokenPayload(statement.sdjwt.split('~')[0])?.iss).filter((iss) => iss.startsWith('https://'));
  const needed = bodiesNeeded(folded, issuers, `https://${part.origin}`);
  const heads = [part.heads[0]];
  const streams = [];
  for (const [nth, stream] of part.streams.entries()) {
    if (!needed.has(stream.sub)) continue;
    heads.push(part.heads[nth + 1]);
    streams.push({ sub: stream.sub, entries: stream.entries.map(copyPlace) });
  }
  const ledger = part.ledger.map(copyPlace);
  const anchors = [];
  for (const place of [...ledger, ...streams.flatMap((stream) => stream.entries), ...statements]) {
    if (!place.anchor) continue;
    const note = part.anchors[place.anchor.index];
    if (!anchors.includes(note)) anchors.push(note);
    place.anchor = { index: anchors.indexOf(note), proof: place.anchor.proof };
  }
  return { origin: part.origin, checkpoint: part.checkpoint, anchors, ledger, streams, standing, heads };
}

function copyPlace({ leaf, entry, proof, anchor }) {
  return withAnchor({ leaf, entry, proof }, anchor, {});
}

/** Members in the one order of a file. */
function withAnchor(before, anchor, behind) {
  return anchor === undefined ? { ...before, ...behind } : { ...before, anchor: { ...anchor }, ...behind };
}

function tokenPayload(jws) {
  const bytes = jws === undefined ? null : base64urlDecode(jws.split('.')[1] ?? '!');
  return bytes && JSON.parse(utf8Decode(bytes));
}
