// The worker's page: a key made in the browser, the passport seen, a part of it shown by a link, looked at, taken back, contested.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEMO, accessible, everyLanguage, launch, open, picture, reflows, scratch, serveDemo, shot, skillpass, tabThrough } from './helpers.mjs';

const ROOT = join(process.env.DOCS, '..', '..');
const ASSETS = join(ROOT, 'src', 'face', 'assets');
const [SCHOOL, MINISTRY, BOARD] = [{ name: 'technical-institute-eg', country: 'EG' }, { name: 'education-ministry-eg', country: 'EG' },
  { name: 'skill-testing-board-np', country: 'NP' }];
const BIRTH_DATE = '2004-05-06';
const key = (name) => join(DEMO, 'keys', `${name}.jwk`);

/** The demo's trust file, but for its witnesses: a copy of a ledger asks none. */
async function trustFile(dir) {
  const text = await readFile(join(DEMO, 'trust.toml'), 'utf8');
  const path = join(dir, 'trust.toml');
  await writeFile(path, text.replace(/^witness_policy = """[\s\S]*?"""$/m, ''));
  return path;
}

async function run(args) {
  const { code, stdout, stderr } = await skillpass([...args, '--json']);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout.trim() === '' ? null : JSON.parse(stdout);
}

/** A statement of a body of the demo about a worker, recorded. */
async function record(dir, ledger, { name, country }, claims) {
  const [draft, statement] = [join(dir, 'claims.json'), join(dir, 'statement.sdjwt')];
  await writeFile(draft, JSON.stringify({ iss: `https://${name}.demo.invalid`, issuing_country: country, ...claims }));
  await run(['issue', '--key', key(name), '--claims', draft, '--out', statement]);
  await run(['append', statement, '--ledger', ledger.grpc]);
}

/** A passport opened at the counter, with one training passed and one test failed; no key yet. */
async function openPassport(dir, ledger) {
  const identity = join(dir, 'identity.json');
  await writeFile(identity, JSON.stringify({ family_name: 'SPECIMEN', family_name_latin: 'SPECIMEN', given_name: 'WORKER W', given_name_latin: 'WORKER W',
    birth_date: BIRTH_DATE, document_type: 'NATIONAL_ID', document_country: 'EG', document_number: '30405060708091',
    identity_check_method: 'DOCUMENT_SEEN_IN_PERSON', identity_checked_on: '2026-01-10' }));
  const { worker } = await run(['worker', 'open', '--key', key(SCHOOL.name), '--country', 'EG', '--claims', identity, '--ledger', ledger.grpc]);
  await record(dir, ledger, SCHOOL, { ...await example('TrainingCompleted'), sub: worker });
  await record(dir, ledger, BOARD, { ...await example('SkillAssessed'), sub: worker, result: 'FAILED', title: { en: '<img src=x onerror=alert(1)> Wiring test' } });
  return worker;
}

/** The claims of a kind's example, as of the school. */
async function example(kind) {
  const { iss, cnf, status, issuing_country: country, ...claims } = JSON.parse((await skillpass(['kinds', kind, '--example'])).stdout);
  return claims;
}

async function says(page, pattern) {
  await page.locator('#status').filter({ hasText: pattern }).waitFor();
}

test('from the claim slip to a link that is looked at, taken back, and a record contested', async (t) => {
  const [dir, ledger, browser] = [await scratch(t), await serveDemo(t), await launch(t)];
  const worker = await openPassport(dir, ledger);
  const page = await open(t, browser, ledger.http, { locale: 'en' });

  // The slip's address fills in the id; a wrong one is said to be wrong.
  await page.goto(`${ledger.http}/worker#w=${worker}`);
  await page.locator('#enter').waitFor();
  assert.equal(await page.inputValue('#worker-id'), worker);
  await page.fill('#worker-id', `${worker.slice(0, -1)}${worker.endsWith('2') ? '3' : '2'}`);
  await page.click('#key-make');
  await says(page, 'not a worker id');
  await page.fill('#worker-id', worker);
  await page.click('#key-make');

  // The key waits for the counter: nobody reads with it yet.
  await page.locator('#bind').waitFor();
  await accessible(page, 'the key at the counter');
  await page.click('#bind-check');
  await says(page, 'Not yet');
  const saving = page.waitForEvent('download');
  await page.click('#bind-save');
  const file = join(dir, 'worker.pub.jwk');
  await (await saving).saveAs(file);
  assert.equal(await readFile(file, 'utf8'), `${await page.inputValue('#bind-text')}\n`);
  const { kid, ...jwk } = JSON.parse(await readFile(file, 'utf8'));
  await record(dir, ledger, MINISTRY, { event: 'HolderKeyBound', sub: worker, method: 'IN_PERSON', cnf: { jwk } });
  await page.click('#bind-check');
  await page.locator('#home').waitFor();
  assert.equal(await page.locator('#kept-thumbprint').innerText(), kid);

  // Everything is seen; the failed attempt is not chosen, and said to be the worker's own.
  const cards = page.locator('#records .card');
  assert.equal(await cards.count(), 2);
  const attempt = cards.filter({ hasText: 'Wiring test' });
  assert.match(await attempt.innerText(), /<img src=x onerror=alert\(1\)> Wiring test[\s\S]*Employers do not see this/);
  assert.equal(await page.locator('#records img').count(), 0, 'a title is only text');
  assert.equal(await attempt.locator('input[type=checkbox]').first().isChecked(), false);
  assert.match(await page.locator('#share-chosen').innerText(), /1/);
  await shot(page, 'worker');
  await picture(page, 'worker', { fullPage: false });

  // A link for a named employer.
  await page.fill('#share-audience', 'Example Hospital');
  await page.click('#share-link');
  await says(page, 'The link is ready');
  const link = await page.inputValue('#share-url');
  assert.match(link, new RegExp(`^${ledger.http}/v#s=[A-Za-z0-9_-]{22}$`));
  await accessible(page, 'the passport with a link');
  await reflows(page, 'worker-link');

  // The recruiter needs the birth date; then the file verifies for this link and shows no more than was chosen.
  const opened = (birthDate) => skillpass(['share', 'open', link, '--birth-date', birthDate, '--ledger', ledger.grpc, '--out', join(dir, 'shown.skillpass'), '--json']);
  assert.equal((await opened('2004-05-07')).code, 1);
  const { nonce } = JSON.parse((await opened(BIRTH_DATE)).stdout);
  const verify = ['verify', join(dir, 'shown.skillpass'), '--trust', await trustFile(dir), '--audience', 'Example Hospital', '--nonce'];
  const report = JSON.parse((await skillpass([...verify, nonce, '--json'])).stdout);
  assert.equal(report.verdict, 'valid');
  assert.deepEqual(report.records.map((record) => record.kind), ['TrainingCompleted']);
  assert.equal((await skillpass([...verify, 'another', '--json'])).code, 1, 'made for this link alone');
  await page.click('#access-again');
  await page.locator('#access-rows').filter({ hasText: 'Example Hospital' }).waitFor();
  const looked = await page.locator('#access-rows').innerText();
  assert.match(looked, /By a link/);
  assert.match(looked, /Wrong birth date/);

  await recruiterOpens(t, browser, ledger, link);

  // Taken back: it opens nothing any more.
  await page.locator('#links button').click();
  await says(page, 'opens no more');
  assert.match(await page.locator('#links').innerText(), /No link/);
  assert.equal((await opened(BIRTH_DATE)).code, 1);

  // Contested, in words that are only words.
  const words = '<img src=x onerror=alert(1)> not in March';
  await attempt.getByRole('button').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'contest-title');
  await page.selectOption('#contest-grounds', 'DATES_WRONG');
  await page.fill('#contest-words', words);
  await page.click('#contest-send');
  await says(page, 'recorded that you contest');
  assert.ok((await page.locator('#disputes').innerText()).includes(words));

  // Somebody asks for another key in the worker's name: who has the key sees it, and objects.
  const [stranger, office] = [join(dir, 'stranger.jwk'), join(dir, 'office.jwk')];
  await run(['key', 'new', '--out', stranger]);
  await run(['key', 'new', '--out', office]);
  await skillpass(['authorise', '--key', key(MINISTRY.name), '--body', 'https://labour-office-eg.demo.invalid', '--name', 'labour office, EG (demo)',
    '--as', 'COMPETENT_AUTHORITY', '--basis', 'STATUTE', '--may', 'HolderKeyRecoveryRequested', '--in', 'EG', '--from', '2020-01-01',
    '--jwk', join(dir, 'office.pub.jwk'), '--ledger', ledger.grpc]);
  await run(['worker', 'recover', 'request', worker, '--key', office, '--country', 'EG', '--new-key', join(dir, 'stranger.pub.jwk'), '--ledger', ledger.grpc]);
  await page.reload();
  await page.locator('#recovery').waitFor();
  assert.match(await page.locator('#recovery').innerText(), /labour-office-eg/);
  await page.locator('#recovery button').click();
  await says(page, 'Your key stays');
  assert.equal(await page.locator('#recovery').isVisible(), false);
});

/** In a context of its own, on the check page. */
async function recruiterOpens(t, browser, ledger, link) {
  const recruiter = await open(t, browser, ledger.http, { locale: 'en' });
  await recruiter.goto(link);
  await recruiter.fill('#birth', BIRTH_DATE);
  await recruiter.locator('#link button').click();
  await recruiter.locator('#result').waitFor();
  const result = await recruiter.locator('#result').innerText();
  assert.match(result, /^Authentic/);
  assert.match(result, /Bricklaying/);
}

test('a key file opens the passport, claims are chosen one by one, and the key stays in the browser', async (t) => {
  const [dir, ledger, browser] = [await scratch(t), await serveDemo(t), await launch(t)];
  const passport = JSON.parse(await readFile(join(DEMO, 'passports', 'd-mason.skillpass'), 'utf8'));
  const page = await open(t, browser, ledger.http, { locale: 'en' });
  await page.goto(`${ledger.http}/worker#w=${subjectOf(passport)}`);
  await page.locator('#key-file').setInputFiles(join(DEMO, 'trust.toml'));
  await page.click('#key-open');
  await says(page, 'not a key file');

  // A sealed one asks for its passphrase; its key is not this passport's, so it is only kept, and removed again.
  const [sealed, secret] = [join(dir, 'sealed.jwk'), join(dir, 'secret.txt')];
  await writeFile(secret, 'correct horse\n');
  const { kid } = await run(['key', 'new', '--out', sealed, '--passphrase-file', secret]);
  await page.locator('#key-file').setInputFiles(sealed);
  await page.click('#key-open');
  await says(page, 'needs its passphrase');
  await page.fill('#key-passphrase', 'correct horse');
  await page.click('#key-open');
  await page.locator('#bind').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('#kept-thumbprint').innerText(), kid);
  page.once('dialog', (asked) => asked.accept());
  await page.click('#key-forget');
  await page.locator('#enter').waitFor();

  await page.locator('#key-file').setInputFiles(key('d-mason.holder'));
  await page.click('#key-open');
  await page.locator('#home').waitFor();

  const exported = await page.evaluate(async () => {
    const wait = (asked) => new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
    const database = await wait(indexedDB.open('skillpass', 1));
    const [kept] = await wait(database.transaction('holder').objectStore('holder').getAll());
    return crypto.subtle.exportKey('jwk', kept.signer.privateKey).then(() => 'exported', (refused) => refused.name);
  });
  assert.equal(exported, 'InvalidAccessError', 'not even the page can take the key out');

  // By keyboard alone: one record, without one of its claims.
  const cards = page.locator('#records .card');
  for (let at = 1; at < await cards.count(); at += 1) await cards.nth(at).locator('input[type=checkbox]').first().uncheck();
  await cards.first().locator('summary').focus();
  await page.keyboard.press('Enter');
  const claims = cards.first().locator('details input');
  await cards.first().locator('details input:not([disabled])').first().focus();
  await page.keyboard.press('Space');
  const left = await claims.evaluateAll((all) => all.filter((one) => one.checked).length);
  assert.equal(left, await claims.count() - 1);
  await page.locator('#share-identity').uncheck();
  const saving = page.waitForEvent('download');
  await page.locator('#share-file').focus();
  await page.keyboard.press('Enter');
  const file = join(dir, 'shown.skillpass');
  await (await saving).saveAs(file);
  const report = JSON.parse((await skillpass(['verify', file, '--trust', await trustFile(dir), '--json'])).stdout);
  assert.equal(report.verdict, 'valid');
  assert.equal(report.records.length, 1);
  assert.equal(Object.keys(report.records[0].claims).length, left, 'no claim beyond those chosen');

  // Another device takes over; this one's key counts no more.
  const phone = await open(t, browser, ledger.http, { locale: 'en', viewport: { width: 320, height: 640 } });
  await phone.goto(`${ledger.http}/worker#w=${subjectOf(passport)}`);
  await phone.click('#key-make');
  await phone.locator('#bind').waitFor();
  await page.fill('#change-key', await phone.inputValue('#bind-text'));
  await page.click('#change-do');
  await says(page, 'The other key is yours now');
  await phone.click('#bind-check');
  await phone.locator('#home').waitFor();
  await page.reload();
  await page.locator('#bind').waitFor();
});

test('the page speaks every language, fits a phone, is accessible and goes by keyboard', async (t) => {
  const [ledger, browser] = [await serveDemo(t), await launch(t)];
  const { headers } = await fetch(`${ledger.http}/worker`);
  assert.match(headers.get('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal(headers.get('x-frame-options'), 'DENY');
  await everyLanguage(t, browser, `${ledger.http}/worker`, 'worker-enter');
  const page = await open(t, browser, ledger.http, { locale: 'en' });
  await page.goto(`${ledger.http}/worker`);
  await page.locator('#enter').waitFor();
  await tabThrough(page, 'the worker’s page');
});

function subjectOf(passport) {
  const disclosures = passport.statements.flatMap((part) => part.sdjwt.split('~').slice(1, -1));
  const read = disclosures.map((text) => JSON.parse(Buffer.from(text, 'base64url').toString()));
  return read.find(([, name]) => name === 'sub')[2];
}

test('a presentation cut in the browser is the one that the program cuts', async (t) => {
  const [dir, ledger] = [await scratch(t), await serveDemo(t)];
  const { presentFile, readComplete } = await import(join(ASSETS, 'lib', 'present.js'));
  const { readSigner } = await import(join(ASSETS, 'lib', 'jose.js'));
  const html = await (await fetch(`${ledger.http}/worker`)).text();
  const kinds = JSON.parse(/id="kinds">(.*?)<\/script>/s.exec(html)[1]);
  for (const who of ['a-nurse', 'd-mason', 'f-refugee']) {
    const [file, holder] = [join(DEMO, 'passports', `${who}.skillpass`), key(`${who}.holder`)];
    const complete = await readComplete(new Uint8Array(await readFile(file)));
    const signer = await readSigner(JSON.parse(await readFile(holder, 'utf8')));
    const shown = complete.sources.filter(({ kind }) => !/^(HolderKey|PassportOpened|Funding)/.test(kind));
    for (const chosen of [shown, shown.slice(0, 1), shown.slice(-1)]) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const shows = chosen.map(({ id }) => ({ id, claims: null }));
      const bytes = await presentFile(complete, { shows, audience: 'x', nonce: 'y', issuedAt, expiresAt: issuedAt + 60 }, kinds, signer);
      const reference = join(dir, 'reference.skillpass');
      const records = chosen.map(({ id }) => id).join(',');
      await run(['passport', 'present', file, '--key', holder, '--records', records, '--audience', 'x', '--nonce', 'y', '--out', reference]);
      const bare = (text) => text.slice(0, text.indexOf(',"presentation":'));
      assert.equal(bare(Buffer.from(bytes).toString()), bare(await readFile(reference, 'utf8')), `${who}: ${chosen.length} records`);
    }
  }
});

test('what follows from a link is what SPEC.md shows', async () => {
  const share = await import(join(ASSETS, 'lib', 'share.js'));
  const spec = await readFile(join(ROOT, 'proto', 'SPEC.md'), 'utf8');
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  const link = 'https://ledger.example.invalid/v#s=AAECAwQFBgcICQoLDA0ODw';
  const secret = share.readShareSecret(link);
  assert.equal(share.shareLink('https://ledger.example.invalid', secret), link);
  const box = await share.closeShare(secret, new TextEncoder().encode('a presentation'));
  for (const shown of [hex(await share.shareId(secret)), hex(await share.shareGate(secret, '1990-05-17')), await share.shareNonce(secret), hex(box)]) {
    assert.ok(spec.includes(shown), shown);
  }
  assert.equal(new TextDecoder().decode(await share.openShare(secret, box)), 'a presentation');
  box[3] ^= 1;
  assert.equal(await share.openShare(secret, box), null);
});
