// The start page, and the page for what does not exist.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, everyLanguage, launch, open, serveDemo, shot, tabThrough } from './helpers.mjs';

test('the start page speaks every language, fits a phone and is accessible', async (t) => {
  const ledger = await serveDemo(t);
  const browser = await launch(t);
  await everyLanguage(t, browser, `${ledger.http}/`, 'start');
});

test('the browser chooses the language, the reader changes it by keyboard alone', async (t) => {
  const ledger = await serveDemo(t);
  const browser = await launch(t);
  const page = await open(t, browser, ledger.http, { locale: 'fil-PH' });
  await page.goto(`${ledger.http}/`);
  assert.equal(await page.locator('html').getAttribute('lang'), 'tl');
  await shot(page, 'start');
  const order = await tabThrough(page, 'the start page');
  assert.equal(order[1], 'skillpass', 'after the way to the content comes the way home');
  const arabic = order.indexOf('العربية');
  assert.ok(arabic > 0, order.join(', '));
  await page.evaluate(() => document.activeElement.blur());
  await page.goto(`${ledger.http}/`);
  for (let step = 0; step <= arabic; step += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/?lang=ar');
  assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main', 'the first link leads to the content');
});

test('what does not exist is said in words, and assets have one address', async (t) => {
  const ledger = await serveDemo(t);
  const browser = await launch(t);
  const page = await open(t, browser, ledger.http, { locale: 'es' });
  const answer = await page.goto(`${ledger.http}/nonsense`);
  assert.equal(answer.status(), 404);
  assert.match(await page.locator('h1').innerText(), /no existe/);
  await accessible(page, 'the page for what does not exist');
  const sheet = await page.locator('link[rel=stylesheet]').getAttribute('href');
  const first = await fetch(ledger.http + sheet);
  assert.equal(first.headers.get('content-type'), 'text/css; charset=utf-8');
  const again = await fetch(ledger.http + sheet, { headers: { 'if-none-match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(`${ledger.http}/assets/0000000000000000/css/base.css`)).status, 404);
});

test('no page may be framed, and none of its scripts may come from elsewhere', async (t) => {
  const ledger = await serveDemo(t);
  const answer = await fetch(`${ledger.http}/`);
  const policy = answer.headers.get('content-security-policy');
  for (const wanted of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
    assert.ok(policy.includes(wanted), policy);
  }
  assert.equal(answer.headers.get('x-frame-options'), 'DENY');
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
});
