// Status lists of bare SD-JWTs, and signed trust lists, through both verifiers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { readPublicKey } from '../../src/face/assets/lib/jose.js';
import { parse as parseToml } from '../../src/face/assets/vendor/smol-toml/parse.js';
import { readTrustFile, readTrustList } from '../../src/face/assets/verify/trust.js';
import { differences, reportOfBrowser, reportsOfProgram } from './both.mjs';
import { jws, newSigner } from './forge.mjs';

const { SKILLPASS: program, DEMO: demo } = process.env;
const dir = mkdtempSync(join(tmpdir(), 'skillpass-lists-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const now = Math.floor(Date.now() / 1000);
const [issuer, authority, stranger] = [newSigner(), newSigner(), newSigner()];
const URI = 'https://ledger.example.invalid/status/AAAA';

function statement(idx, reference = { status_list: { uri: URI, idx } }) {
  return `${jws('dc+sd-jwt', { iss: 'https://school.example.invalid', vct: 'x', status: reference }, issuer)}~`;
}

function list(change = {}, bytes = [0b11100100], signer = authority) {
  const { status_list: more, typ = 'statuslist+jwt', ...rest } = change;
  const lst = (Array.isArray(bytes) ? deflateSync(Buffer.from(bytes)) : bytes).toString('base64url');
  return jws(typ, { sub: URI, iat: now - 60, exp: now + 600, ...rest, status_list: { bits: 2, lst, ...more } }, signer);
}

const zlib = deflateSync(Buffer.from([0]));
const CASES = {
  valid: [statement(0), list()],
  revoked: [statement(1), list()],
  suspended: [statement(2), list()],
  superseded: [statement(3), list()],
  'past its end': [statement(0), list({ exp: now - 1 })],
  'from the future': [statement(0), list({ iat: now + 400 })],
  'old by its ttl': [statement(0), list({ ttl: 5 })],
  'revoked though old': [statement(1), list({ ttl: 5 })],
  'without an end, old': [statement(0), list({ iat: now - 40 * 86400, exp: undefined })],
  'an end with a fraction': [statement(0), list({ exp: now + 0.5 })],
  'beyond its end': [statement(4), list()],
  'another list': [statement(0), list({ sub: `${URI}B` })],
  'another key': [statement(0), list({}, [0], stranger)],
  'another type': [statement(0), list({ typ: 'JWT' })],
  'three bits': [statement(0), list({ status_list: { bits: 3 } })],
  'eight bits': [statement(0), list({ status_list: { bits: 8 } }, [7])],
  'not zlib': [statement(0), list({}, Buffer.from('zlib'))],
  'bytes behind the stream': [statement(0), list({}, Buffer.concat([zlib, Buffer.from([0])]))],
  'half a stream': [statement(0), list({}, zlib.subarray(0, -2))],
  'a bomb': [statement(0), list({}, deflateSync(Buffer.alloc(17 * 1024 * 1024)))],
  'no reference': [statement(0, {}), list()],
  'an index that is none': [statement(-1), list()],
};

for (const [name, [text, token]] of Object.entries(CASES)) {
  test(`a status list: ${name}`, async () => {
    const path = (file, content) => {
      writeFileSync(join(dir, file), content);
      return join(dir, file);
    };
    const keys = [path('issuer.jwk', JSON.stringify(issuer.jwk)), path('status.jwk', JSON.stringify(authority.jwk))];
    const args = ['--issuer-key', keys[0], '--status-list', path('list.jwt', token), '--status-key', keys[1], '--trust', join(demo, 'trust.toml')];
    const [report] = await reportsOfProgram(program, [path('one.sdjwt', text)], args);
    const options = { now, issuerKey: await readPublicKey(issuer.jwk), statusList: { token, key: await readPublicKey(authority.jwk) } };
    const trust = { ledgers: [], roots: [], policy: null, statusMaxAge: 30 * 86400 };
    assert.deepEqual(differences(report, await reportOfBrowser(Buffer.from(text), trust, {}, options)), []);
  });
}

test('a trust list that the program signed is read; altered, unsigned or misspelt ones are not', async () => {
  const [trust, out] = [join(demo, 'trust.toml'), join(dir, 'ministry.trustlist')];
  const key = join(demo, 'keys', 'labour-migration-authority-ph.jwk');
  execFileSync(program, ['trust', 'sign', '--trust', trust, '--key', key, '--name', 'trust.ministry.example.invalid', '--expires', '90d', '--out', out]);
  const text = readFileSync(out, 'utf8');
  const list = await readTrustList(text, parseToml);
  const { kid } = JSON.parse(readFileSync(join(demo, 'keys', 'labour-migration-authority-ph.pub.jwk')));
  if (kid) assert.equal(list.thumbprint, kid);
  assert.ok(list.issued <= Date.now() && list.expires > Date.now() + 80 * 86400000);
  const plain = await readTrustFile(readFileSync(trust, 'utf8'), parseToml);
  assert.deepEqual(list.trust.roots, plain.roots);
  const reasonOf = (promise) => promise.then(() => 'OK', (fault) => fault.reason);
  assert.equal(await reasonOf(readTrustList(text.replace('"PH"', '"DE"'), parseToml)), 'TRUST_LIST_SIGNATURE');
  assert.equal(await reasonOf(readTrustFile(text.split('\n\n\u2014 ')[0], parseToml)), 'TRUST_FILE_INVALID');
  for (const bad of ['status_max_aeg = "30d"', 'status_max_age = "30"', 'status_max_age = "99999999d"', '[[root]]\nissuer = "x"', 'x', 'a = 1\na = 2']) {
    assert.equal(await reasonOf(readTrustFile(bad, parseToml)), 'TRUST_FILE_INVALID', bad);
  }
});
