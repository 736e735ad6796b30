// Files by somebody who holds every key: a change of what they say, then everything signed, hashed and proven anew. So a mutation
// gets past the seals and is judged by what it says.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { decode, encode, fileHash, readFileModel, readJwt, readSdJwt, sha256, writeFileModel } from './model.mjs';

const DAY_MS = 86400000;

function thumbprint(jwk) {
  const members = jwk.kty === 'OKP' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
  return encode(sha256(JSON.stringify(members)));
}

function signerOf(jwk) {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const { d: _, ...publicJwk } = jwk;
  const alg = jwk.kty === 'OKP' ? 'EdDSA' : 'ES256';
  const make = (bytes) =>
    alg === 'EdDSA' ? sign(null, bytes, key) : sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  return { kid: thumbprint(jwk), alg, jwk: publicJwk, sign: make };
}

/** A new key, which `keys` knows from now on if they are given. */
export function newSigner(keys) {
  const signer = signerOf(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  keys?.byKid.set(signer.kid, signer);
  return signer;
}

/** Every key of a demo, by thumbprint, and those of its ledgers by origin. */
export function loadKeys(demo) {
  const byKid = new Map();
  const add = (path) => {
    const signer = signerOf(JSON.parse(readFileSync(path, 'utf8')));
    byKid.set(signer.kid, signer);
    return signer;
  };
  for (const name of readdirSync(`${demo}/keys`).filter((one) => one.endsWith('.jwk') && !one.endsWith('.pub.jwk'))) add(`${demo}/keys/${name}`);
  const ledgers = new Map();
  for (const name of ['origin', 'destination']) {
    const dir = `${demo}/ledgers/${name}.key`;
    ledgers.set(`${name}.demo.invalid`, { log: add(`${dir}/log.jwk`), status: add(`${dir}/status.jwk`) });
  }
  return { byKid, ledgers, witness: newSigner(), bodies: new Map() };
}

function noteKey(name, type, signer) {
  const material = Buffer.concat([Buffer.from([type]), decode(signer.jwk.x)]);
  return { id: sha256(`${name}\n`, material).subarray(0, 4), material };
}

const WITNESS = 'witness.forge.example.invalid';

/** The demo's trust file with a witness of ours in place of its own. */
export function forgeTrust(demo, { witness }) {
  const { id, material } = noteKey(WITNESS, 4, witness);
  const vkey = `${WITNESS}+${id.toString('hex')}+${material.toString('base64')}`;
  const policy = `witness_policy = """\nwitness w ${vkey}\nquorum w\n"""`;
  return readFileSync(`${demo}/trust.toml`, 'utf8').replace(/witness_policy = """[^"]*"""/, policy);
}

/** What a file says, statement by statement: public ones and the worker's, each with its ledger, leaf, claims and signer. */
export function readWorld(bytes) {
  const file = readFileModel(bytes);
  const statements = [];
  for (const [ledger, part] of file.ledgers.entries()) {
    const streams = [{ sub: null, entries: part.ledger }, ...part.streams];
    for (const { sub, entries } of streams) {
      for (const { leaf, entry } of entries) {
        const raw = decode(entry);
        const { header, payload, jwt } = readSdJwt(raw.subarray(64).toString());
        statements.push({ ledger, leaf, stream: sub, isPublic: true, recordedAt: Number(raw.readBigUInt64BE(2)), header, payload, jwt, claims: null });
      }
    }
  }
  for (const part of file.statements) {
    const nth = file.statements.filter((one) => one.ledger === part.ledger && one.leaf < part.leaf).length;
    const standing = readJwt(file.ledgers[part.ledger].standing[nth]);
    const read = readSdJwt(part.sdjwt);
    statements.push({
      ledger: part.ledger, leaf: part.leaf, isPublic: false, recordedAt: Number(decode(part.entry).readBigUInt64BE(2)), ...read, nS: decode(part.n_s),
      nL: part.n_l ? decode(part.n_l) : null, standing: standing.payload, isHolder: file.holder.includes(file.statements.indexOf(part)),
    });
  }
  const sizes = file.ledgers.map((part) => Number(part.checkpoint.split('\n')[1]));
  return { file, statements, sizes, binding: file.presentation ? readJwt(file.presentation).payload : null };
}

export function jws(typ, payload, signer) {
  const part = (value) => encode(JSON.stringify(value));
  const signed = `${part({ alg: signer.alg, typ, kid: signer.kid })}.${part(payload)}`;
  return `${signed}.${encode(signer.sign(Buffer.from(signed)))}`;
}

const u = (length, value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - length);
};

/** Every string that names a statement by its old hash names it by the new one. */
function renamed(value, names) {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, names)]));
}

function signStatement(one, keys, names) {
  const signer = one.signer ?? keys.byKid.get(one.header.kid) ?? keys.witness;
  const { _sd: hidden, ...clear } = one.payload;
  one.header = { ...one.header, alg: one.header.alg === 'Ed25519' ? 'Ed25519' : signer.alg, kid: signer.kid };
  if (one.claims !== null) {
    const before = one.disclosures.map((text) => encode(sha256(text)));
    one.disclosures = one.claims.map(([salt, name, value]) => encode(JSON.stringify([salt, name, renamed(value, names)])));
    const kept = (hidden ?? []).filter((digest) => !before.includes(digest));
    clear._sd = [...new Set([...kept, ...one.disclosures.map((text) => encode(sha256(text)))])].sort();
  }
  one.payload = renamed(clear, names);
  const part = (value) => encode(JSON.stringify(value));
  const signed = `${part(one.header)}.${part(one.payload)}`;
  const jwt = `${signed}.${encode(signer.sign(Buffer.from(signed)))}`;
  if (one.jwt) names.set(encode(sha256(one.jwt)), encode(sha256(jwt)));
  one.jwt = jwt;
}

const streamId = (sub) => sha256(sub === null ? 'skillpass/v1 ledger\n' : `skillpass/v1 institution\n${sub}`).subarray(0, 16);
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

function treeOf(leaves) {
  const known = new Map();
  const root = (from, to) => {
    if (to - from === 1) return leaves[from];
    const place = from * 65536 + to;
    if (!known.has(place)) {
      let half = 1;
      while (half * 2 < to - from) half *= 2;
      known.set(place, nodeHash(root(from, from + half), root(from + half, to)));
    }
    return known.get(place);
  };
  const path = (leaf, from, to) => {
    if (to - from === 1) return [];
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    return leaf < from + half
      ? [...path(leaf, from, from + half), root(from + half, to)]
      : [...path(leaf, from + half, to), root(from, from + half)];
  };
  return { root: root(0, leaves.length), proof: (leaf) => path(leaf, 0, leaves.length).map(encode) };
}

const WORKER = '0123456789abcdefghjkmnpqrstvwxyz';

function workerBytes(text) {
  let value = 0n;
  for (const letter of String(text ?? '').slice(4, 30)) value = (value << 5n) | BigInt(Math.max(0, WORKER.indexOf(letter)));
  return Buffer.from(value.toString(16).padStart(32, '0').slice(-32), 'hex');
}

/** The bytes of a file that says what the world now says. */
export function writeWorld(world, keys) {
  const { file } = world;
  for (const [index, part] of file.ledgers.entries()) forgeLedger(world, keys, index, part);
  const persons = world.statements.filter((one) => !one.isPublic).sort((one, other) => one.ledger - other.ledger || one.leaf - other.leaf);
  file.statements = persons.map((one) => {
    const anchor = one.anchorProof ? { anchor: { index: 0, proof: one.anchorProof } } : {};
    const sdjwt = [one.jwt, ...one.disclosures, ''].join('~');
    const place = { ledger: one.ledger, leaf: one.leaf, entry: encode(one.entry), proof: one.proof, ...anchor, sdjwt, n_s: encode(one.nS) };
    return one.nL === null ? place : { ...place, n_l: encode(one.nL) };
  });
  file.holder = persons.flatMap((one, index) => (one.isHolder ? [index] : []));
  if (world.binding !== null) {
    const current = persons.filter(({ payload }) => payload.cnf).at(-1);
    const signer = (current && keys.byKid.get(thumbprint(current.payload.cnf.jwk))) ?? keys.witness;
    file.presentation = jws('skillpass-presentation+jwt', { ...world.binding, file_hash: encode(fileHash(file)) }, signer);
  }
  return writeFileModel(file);
}

function forgeLedger(world, keys, index, part) {
  const all = world.statements.filter((one) => one.ledger === index).sort((one, other) => one.leaf - other.leaf);
  const names = new Map();
  const ends = new Map();
  const chains = new Map();
  let genesis = null;
  for (const one of all) {
    signStatement(one, keys, names);
    if (one.isPublic) {
      const end = ends.get(one.stream) ?? { next: 0, hash: Buffer.alloc(32) };
      const text = Buffer.from(`${one.jwt}~`);
      const head = [Buffer.from([1, one.stream === null ? 0 : 1]), u(8, one.recordedAt), streamId(one.stream), u(4, end.next), end.hash, u(2, text.length), text];
      one.entry = Buffer.concat(head);
      ends.set(one.stream, { next: end.next + 1, hash: leafHash(one.entry), leaf: one.leaf });
      if (one.leaf === 0) genesis = sha256(one.entry);
    } else {
      const worker = one.claims.find(([, name]) => name === 'sub')?.[2];
      const chain = chains.get(worker) ?? { next: 0, l: sha256('skillpass/v1 start\n', genesis ?? '', workerBytes(worker)) };
      const s = sha256('skillpass/v1 statement\n', one.nS, one.jwt);
      const l = sha256('skillpass/v1 link\n', one.nL ?? one.nS, workerBytes(worker), u(4, chain.next), chain.l, u(8, one.recordedAt), s);
      one.entry = Buffer.concat([Buffer.from([1, 2]), u(8, one.recordedAt), s, l]);
      chains.set(worker, { next: chain.next + 1, l, leaf: one.leaf });
    }
  }
  proveLedger(world, keys, index, part, all, ends, chains);
}

function proveLedger(world, keys, index, part, all, ends, chains) {
  const size = Math.max(world.sizes[index], ...all.map(({ leaf }) => leaf + 1));
  const leaves = Array.from({ length: size }, (_, leaf) => sha256(`filler ${leaf}`));
  for (const one of all) leaves[one.leaf] = leafHash(one.entry);
  const tree = treeOf(leaves);
  for (const one of all) one.proof = tree.proof(one.leaf);
  part.anchors = [];
  const text = `${part.origin}\n${size}\n${tree.root.toString('base64')}\n`;
  const time = BigInt(Math.floor(world.now / 1000));
  const line = (name, type, signer, message, prefix = Buffer.alloc(0)) =>
    `\u2014 ${name} ${Buffer.concat([noteKey(name, type, signer).id, prefix, signer.sign(Buffer.from(message))]).toString('base64')}\n`;
  const ledgerKeys = keys.ledgers.get(part.origin);
  part.checkpoint = `${text}\n${line(part.origin, 1, ledgerKeys.log, text)}${line(WITNESS, 4, keys.witness, `cosignature/v1\ntime ${time}\n${text}`, u(8, time))}`;
  const { anchor } = world;
  if (anchor?.ledger === index && anchor.size <= size) anchorEntries(all, leaves.slice(0, anchor.size), anchor, part, { log: ledgerKeys.log, witness: keys.witness }, line);
  const bound = (iat) => ({ origin: part.origin, size, root: encode(tree.root), iat, exp: iat + 7776000 });
  const place = ({ leaf, entry, proof, anchorProof }) =>
    ({ leaf, entry: encode(entry), proof, ...(anchorProof ? { anchor: { index: 0, proof: anchorProof } } : {}) });
  part.ledger = all.filter(({ isPublic, stream }) => isPublic && stream === null).map(place);
  const subs = [...new Set([...part.streams.map(({ sub }) => sub), ...all.filter(({ isPublic, stream }) => isPublic && stream !== null).map(({ stream }) => stream)])].sort();
  part.streams = subs.map((sub) => ({ sub, entries: all.filter(({ isPublic, stream }) => isPublic && stream === sub).map(place) }));
  const persons = all.filter(({ isPublic }) => !isPublic);
  const iat = persons[0]?.standing.iat ?? 0;
  part.standing = persons.map(({ standing, jwt }) =>
    jws('skillpass-standing+jwt', { ...bound(standing.iat), s: encode(sha256(jwt)), status: standing.status, since: standing.since }, ledgerKeys.status));
  const head = (of, end) => jws('skillpass-head+jwt', { ...bound(iat), ...of, revision: end ? end.next - 1 : null, leaf: end?.leaf ?? null }, ledgerKeys.status);
  const heads = [null, ...subs].map((sub) => head({ stream: encode(streamId(sub)) }, ends.get(sub)));
  const workers = world.file.kind === 'passport' ? [...chains.values()].map((chain) => head({ l: encode(chain.l) }, chain)) : [];
  part.heads = [...heads, ...workers];
}

/** An earlier checkpoint that a witness saw at a time, and proofs in it for the entries that it covers. */
function anchorEntries(all, leaves, { time, share, random }, part, { log, witness }, line) {
  const tree = treeOf(leaves);
  const text = `${part.origin}\n${leaves.length}\n${tree.root.toString('base64')}\n`;
  const covered = all.filter(({ leaf }) => leaf < leaves.length && random.chance(share));
  for (const one of covered) one.anchorProof = tree.proof(one.leaf);
  if (covered.length === 0) return;
  const seconds = BigInt(Math.floor(time / 1000));
  const message = `cosignature/v1\ntime ${seconds}\n${text}`;
  part.anchors = [`${text}\n${line(part.origin, 1, log, text)}${line(WITNESS, 4, witness, message, u(8, seconds))}`];
}

export { DAY_MS };
