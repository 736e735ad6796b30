// Both verifiers on the same bytes: every vector, every file of the demo under every question, and a thousand mutations of them,
// each under one of the questions.
// SKILLPASS names the program, DEMO what `skillpass demo --out` made; SEED and MUTATIONS choose others than the usual ones.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { parse as parseToml } from '../../src/face/assets/vendor/smol-toml/parse.js';
import { readPublicKey } from '../../src/face/assets/lib/jose.js';
import { parseJson } from '../../src/face/assets/lib/json.js';
import { QUESTIONS, differences, loadTrust, readVocabulary, reportOfBrowser, reportsOfProgram } from './both.mjs';
import { demoFiles } from './mutations.mjs';
import { readVector } from './vector.mjs';

const { SKILLPASS: program, DEMO: demo } = process.env;
const SEED = Number(process.env.SEED ?? 20261129);
const MUTATIONS = Number(process.env.MUTATIONS ?? 1000);
const WORKERS = 2;
const VECTORS = fileURLToPath(new URL('../vectors/', import.meta.url));

const dir = mkdtempSync(join(tmpdir(), 'skillpass-verifier-'));
after(() => rmSync(dir, { recursive: true, force: true }));
execFileSync(program, ['verify', '--page', join(dir, 'check.html'), '--trust', join(demo, 'trust.toml')]);
const vocabulary = readVocabulary(join(dir, 'check.html'));
const now = () => Math.floor(Date.now() / 1000);

for (const [args, options] of QUESTIONS) {
  test(`the demo: ${args.join(' ') || 'nothing asked'}`, async () => {
    const trust = join(demo, 'trust.toml');
    const files = demoFiles(demo);
    const reports = await reportsOfProgram(program, files, ['--trust', trust, ...args]);
    for (const [at, file] of files.entries()) {
      const report = await reportOfBrowser(readFileSync(file), await loadTrust(trust), vocabulary, { now: now(), ...options });
      assert.deepEqual(differences(reports[at], report), [], file);
    }
  });
}

test('the demo: the person, right and wrong', async () => {
  const trust = join(demo, 'trust.toml');
  for (const name of readdirSync(join(demo, 'keys')).filter((one) => one.endsWith('.person.json'))) {
    const path = join(demo, 'keys', name);
    const files = ['a-nurse', name.split('.')[0]].map((worker) => join(demo, 'passports', `${worker}.skillpass`));
    const reports = await reportsOfProgram(program, files, ['--trust', trust, '--person', path]);
    for (const [at, file] of files.entries()) {
      const options = { now: now(), person: JSON.parse(readFileSync(path)) };
      const report = await reportOfBrowser(readFileSync(file), await loadTrust(trust), vocabulary, options);
      assert.deepEqual(differences(reports[at], report), [], `${file} with ${name}`);
    }
  }
});

test('whole files: what the vectors say, and what the program says', async () => {
  const path = (name) => join(VECTORS, 'passport', name);
  const trust = await loadTrust(path('trust.toml'));
  for (const vector of parseToml(readFileSync(path('vectors.toml'), 'utf8')).vector) {
    const bytes = readFileSync(path(vector.file));
    const { audience = null, nonce = null } = vector;
    const then = await reportOfBrowser(bytes, trust, vocabulary, { now: vector.now, audience, nonce });
    assert.equal(then.verdict, vector.verdict, vector.file);
    if (vector.check) assert.ok(then.checks.some(({ check, status }) => check === vector.check && status === 'FAIL'), `${vector.file}: ${vector.check}`);
    const [report] = await reportsOfProgram(program, [path(vector.file)], ['--trust', path('trust.toml')]);
    assert.deepEqual(differences(report, await reportOfBrowser(bytes, trust, vocabulary, { now: now() })), [], vector.file);
  }
});

test('statements by themselves, under the issuer\'s key', async () => {
  const { writeFileSync } = await import('node:fs');
  const trust = { ledgers: [], roots: [], policy: null, statusMaxAge: 30 * 86400 };
  for (const name of readdirSync(join(VECTORS, 'statement')).filter((one) => one.endsWith('.txt'))) {
    const vector = readVector(join(VECTORS, 'statement', name));
    const [key, file] = [join(dir, 'issuer.jwk'), join(dir, 'one.sdjwt')];
    writeFileSync(key, vector.key);
    writeFileSync(file, vector.bytes);
    const asked = vector.check === 'sd-jwt-kb' ? { audience: 'https://verifier.invalid', nonce: 'n-0S6_WzA2Mj' } : {};
    const args = Object.entries(asked).flatMap(([option, value]) => [`--${option}`, value]);
    const [report] = await reportsOfProgram(program, [file], ['--issuer-key', key, '--trust', join(demo, 'trust.toml'), ...args]);
    const options = { now: now(), ...asked, issuerKey: await readPublicKey(parseJson(Buffer.from(vector.key))) };
    assert.deepEqual(differences(report, await reportOfBrowser(vector.bytes, trust, vocabulary, options)), [], name);
  }
});

test(`${MUTATIONS} mutations of passports and presentations`, { timeout: 600000 }, async (t) => {
  const share = Math.ceil(MUTATIONS / WORKERS);
  const shares = Array.from({ length: WORKERS }, (_, nth) => ({ program, demo, vocabulary, seed: SEED + nth, count: share }));
  const results = await Promise.all(shares.map((workerData) => new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./mutations.mjs', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  })));
  for (const { verdicts } of results) t.diagnostic(JSON.stringify(verdicts));
  assert.deepEqual(results.flatMap(({ found }) => found), []);
});
