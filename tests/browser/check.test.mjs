// The check page, as a recruiter uses it: on a ledger and from a file, with every sort of file, by keyboard, on a phone, in Arabic.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DEMO, SKILLPASS, accessible, everyLanguage, launch, open, picture, reflows, scratch, serve, serveDemo, shot, skillpass, tabThrough } from './helpers.mjs';

const run = promisify(execFile);
const TRUST = join(DEMO, 'trust.toml');
const PASSPORT = join(DEMO, 'passports', 'a-nurse.skillpass');

/** The check page as one file. */
async function pageFile(t, trust = TRUST) {
  const path = join(await scratch(t), 'check.html');
  const made = await skillpass(['verify', '--page', path, '--trust', trust]);
  assert.equal(made.code, 0, made.stderr);
  return pathToFileURL(path).href;
}

async function ready(page, url) {
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
}

/** Chooses a file and answers the report that the page shows. */
async function check(page, file) {
  await page.evaluate(() => { document.getElementById('result').hidden = true; });
  await page.setInputFiles('#file', file);
  await page.waitForSelector('#result:not([hidden])', { timeout: 60000 });
  return page.evaluate(() => JSON.parse(JSON.stringify(document.getElementById('result').report)));
}

/** Lies in the right shape: each file is whole, and its digest fits. */
const CHANGES = [
  (file) => ({ ...file, statements: file.statements.slice(1), holder: file.holder.map((at) => at - 1).filter((at) => at >= 0) }),
  (file) => { file.ledgers[0].standing.reverse(); return file; },
  (file) => { file.ledgers[1].streams[0].entries.pop(); return file; },
  (file) => { file.statements[3].sdjwt = file.statements[3].sdjwt.replace(/~[^~]+~$/, '~'); return file; },
  (file) => { file.statements[5].proof = file.statements[6].proof; return file; },
  (file) => { [file.statements[5].sdjwt, file.statements[6].sdjwt] = [file.statements[6].sdjwt, file.statements[5].sdjwt]; return file; },
];

function sealed({ digest: _, ...file }) {
  const body = JSON.stringify(file).slice(0, -1);
  return `${body},"digest":"${createHash('sha256').update(body).digest('hex')}"}\n`;
}

const rows = ({ checks }) => checks.map(({ check: name, status, subject }) => `${name} ${status} ${subject}`);

async function ofProgram(file, args = []) {
  const answer = await run(SKILLPASS, ['verify', '--json', file, '--trust', TRUST, ...args]).catch((error) => error);
  return JSON.parse(answer.stdout);
}

test('on a ledger: drop a file, see what it says, change the question; nothing leaves', async (t) => {
  const ledger = await serveDemo(t);
  const browser = await launch(t);
  const page = await open(t, browser, ledger.http);
  await ready(page, `${ledger.http}/v`);
  assert.match(await page.locator('#believed').textContent(), /says of itself/);
  await check(page, PASSPORT);
  assert.match(await page.locator('#result').textContent(), /Only according to this ledger/);
  await page.locator('#belief summary').click();
  await page.setInputFiles('#trust-file', TRUST);
  await page.waitForFunction(() => document.getElementById('believed').textContent.includes('trust.toml'));
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const bytes = await readFile(PASSPORT);
  const transfer = await page.evaluateHandle(([data, name]) => {
    const items = new DataTransfer();
    items.items.add(new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], name));
    return items;
  }, [bytes.toString('base64'), '<img src=x onerror=alert(1)>.skillpass']);
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
  await page.waitForSelector('#result[data-verdict=valid]', { timeout: 60000 });
  assert.equal(await page.locator('#result img').count(), 0, 'a file name is text');
  assert.match(await page.locator('#result').textContent(), /does not mean that the person may practise/);
  assert.deepEqual(asked, [], 'no request after the file was dropped');
  await shot(page, 'check-valid');
  await page.evaluate(() => document.getElementById('result').scrollIntoView());
  await picture(page, 'check');
  await accessible(page, 'check page with a report');
  await reflows(page, 'check-report');
  await page.getByText('What do you want to know?').click();
  await page.selectOption('#country', 'DE');
  await page.fill('#occupation', '2221');
  await page.selectOption('#purpose', 'practise');
  await page.waitForFunction(() => document.getElementById('result').report.answer?.occupation === '2221');
  const report = await page.evaluate(() => JSON.parse(JSON.stringify(document.getElementById('result').report)));
  assert.deepEqual(rows(report), rows(await ofProgram(PASSPORT, ['--purpose', 'practise', '--country', 'DE', '--occupation', '2221'])));
  assert.deepEqual(asked, []);
});

test('from a USB stick: the page is one file, needs no network, says what `verify` says of every file of the demo', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.context().setOffline(true);
  await ready(page, await pageFile(t));
  const dir = join(DEMO, 'presentations');
  const files = [PASSPORT, ...(await readdir(dir)).slice(0, 4).map((name) => join(dir, name))];
  for (const file of files) assert.deepEqual(rows(await check(page, file)), rows(await ofProgram(file)), file);
  const altered = join(await scratch(t), 'altered.skillpass');
  for (const change of CHANGES) {
    await page.setInputFiles('#file', []);
    await writeFile(altered, sealed(change(JSON.parse(await readFile(PASSPORT, 'utf8')))));
    const report = await check(page, altered);
    assert.equal(report.verdict, 'invalid');
    assert.deepEqual(rows(report), rows(await ofProgram(altered)), String(change));
  }
  assert.match(await page.locator('#result').textContent(), /Do not rely on it/);
  await shot(page, 'check-invalid');
  await page.selectOption('#language', 'ar');
  assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
  await page.waitForFunction(() => document.getElementById('verdict').textContent.includes('غير أصلي'));
  await shot(page, 'check-invalid-ar');
  await reflows(page, 'check-file-ar');
  await accessible(page, 'the page as a file, in Arabic');
});

test('without a trust file nothing is believed; a file that is none, and one of hundreds of megabytes', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  const path = join(await scratch(t), 'empty.toml');
  await writeFile(path, '');
  await ready(page, await pageFile(t, path));
  assert.equal((await check(page, PASSPORT)).verdict, 'unknown');
  const hostile = join(await scratch(t), 'x.skillpass');
  await writeFile(hostile, '{"format":"<script>alert(1)</script>"}');
  assert.equal((await check(page, hostile)).verdict, 'invalid');
  await page.evaluate(() => {
    const huge = new File([], 'huge.skillpass');
    Object.defineProperty(huge, 'size', { value: 500 * 1024 * 1024 });
    huge.arrayBuffer = () => { throw new Error('it was read'); };
    window.dispatchEvent(Object.assign(new Event('drop'), { dataTransfer: { files: [huge] } }));
  });
  await page.waitForFunction(() => document.getElementById('status').textContent.includes('too large'));
});

test('a browser that lacks Ed25519 says so, and says nothing else', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.addInitScript(() => {
    const { importKey } = crypto.subtle;
    crypto.subtle.importKey = function refuse(...args) {
      return args[2]?.name === 'Ed25519' ? Promise.reject(new DOMException('', 'NotSupportedError')) : importKey.apply(this, args);
    };
  });
  await ready(page, await pageFile(t));
  await page.setInputFiles('#file', PASSPORT);
  await page.waitForFunction(() => document.getElementById('status').textContent.includes('cannot check Ed25519'));
  assert.ok(await page.locator('#result').isHidden());
});

test('by keyboard alone, in every language, at 320 px', async (t) => {
  const ledger = await serveDemo(t);
  const browser = await launch(t);
  await everyLanguage(t, browser, `${ledger.http}/v`, 'check');
  const page = await open(t, browser, ledger.http);
  await ready(page, `${ledger.http}/v`);
  const reached = await tabThrough(page, 'check page');
  assert.ok(reached.some((text) => text.includes('Scan a QR code')), reached.join(' | '));
});

test('the camera reads a QR code', async (t) => {
  const dir = await scratch(t);
  const video = join(dir, 'qr.y4m');
  await writeFile(video, await videoOf('https://ledger.example.invalid/v#s=AAAAAAAAAAAAAAAAAAAAAA'));
  const browser = await launch(t, { args: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${video}`] });
  const ledger = await serveDemo(t);
  const page = await open(t, browser, ledger.http, { permissions: ['camera'] });
  await ready(page, `${ledger.http}/v`);
  await page.locator('#scan').click();
  await page.waitForFunction(() => document.getElementById('status').textContent.includes('ledger.example.invalid'), null, { timeout: 30000 });
});

test('the operator may say whom the page believes', async (t) => {
  const dir = await scratch(t);
  const config = join(dir, 'skillpass.toml');
  await writeFile(config, `[http]\ntrust = ${JSON.stringify(TRUST)}\n`);
  const { cp } = await import('node:fs/promises');
  await cp(join(DEMO, 'ledgers'), join(dir, 'ledgers'), { recursive: true });
  const ledger = await serve(t, join(dir, 'ledgers', 'origin'), ['--config', config]);
  const browser = await launch(t);
  const page = await open(t, browser, ledger.http);
  await ready(page, `${ledger.http}/v`);
  assert.match(await page.locator('#believed').textContent(), /operator/);
  assert.equal((await check(page, PASSPORT)).verdict, 'valid');
});

/** One frame of a QR code, as a camera sees it. The code is drawn with the vendored encoder's package. */
async function videoOf(text) {
  const { encodeQR } = await import(pathToFileURL(join(process.env.ASSETS, 'vendor', 'qr', 'index.js')).href);
  const code = encodeQR(text, 'raw', { border: 4 });
  const [width, height, scale] = [640, 480, Math.floor(480 / code.length)];
  const luma = Buffer.alloc(width * height, 235);
  for (const [y, line] of code.entries()) {
    for (const [x, isDark] of line.entries()) {
      if (!isDark) continue;
      for (let row = 0; row < scale; row += 1) luma.fill(16, (y * scale + row) * width + x * scale, (y * scale + row) * width + (x + 1) * scale);
    }
  }
  const chroma = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420\n`), ...Array(5).fill(frame)]);
}
