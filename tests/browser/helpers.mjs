// What every browser test needs: a ledger, a browser, and the checks that hold for every page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

export const SKILLPASS = process.env.SKILLPASS;
export const DEMO = process.env.DEMO;
const SHOTS = process.env.SHOTS;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const LANGUAGES = ['en', 'fr', 'es', 'ar', 'hi', 'tl'];

/** A directory that is gone when the test `t` ends. */
export async function scratch(t) {
  const dir = await mkdtemp(join(tmpdir(), 'skillpass-browser-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Runs the command; answers { code, stdout, stderr }. */
export function skillpass(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(SKILLPASS, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => { out.stdout += data; });
    child.stderr.on('data', (data) => { out.stderr += data; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...out }));
  });
}

/** Serves a ledger until the test ends: { grpc, http } as addresses with their scheme. `dir` is a data directory. */
export async function serve(t, dir, more = []) {
  const args = ['serve', '--data', dir, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', ...more];
  const child = spawn(SKILLPASS, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = /^ready grpc=(\S+) http=(\S+)/.exec(line);
    if (ready) return { grpc: `http://${ready[1]}`, http: `http://${ready[2]}` };
  }
  throw new Error('the ledger did not start');
}

/** Serves a copy of one of the demo's ledgers, with its keys: `name` is a directory of DEMO/ledgers. */
export async function serveDemo(t, name = 'origin') {
  const dir = await scratch(t);
  await cp(join(DEMO, 'ledgers'), dir, { recursive: true });
  return serve(t, join(dir, name));
}

/** A browser until the test ends. */
export async function launch(t, options = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...(options.args ?? [])],
  });
  t.after(() => browser.close());
  return browser;
}

/**
 * A page in a context of its own that fails the test on a script error, a refusal by the page's own policy,
 * or a request to anything but `allowed` (an origin; `null` allows file:, data: and blob: alone).
 */
export async function open(t, browser, allowed, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
  page.on('console', (said) => {
    if (said.type() === 'error' && /Content Security Policy|TrustedHTML|TrustedScript/.test(said.text())) complaints.push(said.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob|about|file):/.test(url) && new URL(url).origin !== allowed) complaints.push(`request to ${url}`);
  });
  t.after(() => assert.deepEqual(complaints, [], 'nothing of the page went wrong'));
  return page;
}

/** WCAG 2.2 AA as far as a machine can tell. */
export async function accessible(page, what) {
  // The page's policy forbids scripts of others; evaluating through the debugger is not one of the page's scripts.
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(AXE, 'utf8'));
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const result = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), tags);
  const found = result.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  assert.deepEqual(found, [], `${what} is accessible`);
}

/** Nothing needs sideways scrolling at 320 CSS pixels (WCAG 1.4.10), wide tables in a scrolling box excepted. */
export async function reflows(page, what) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `${what} fits 320 px, it is ${width} wide`);
  await shot(page, `${what}-320`);
  await page.setViewportSize(before);
}

/** Goes through the page by Tab alone: everything operable is reached, with a visible focus. Answers their texts in order. */
export async function tabThrough(page, what) {
  const focusable = 'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary';
  const wanted = await page.locator(focusable).evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  await page.evaluate(() => document.activeElement?.blur());
  const reached = [];
  for (let step = 0; step < wanted; step += 1) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return { text: (at.textContent || at.getAttribute('aria-label') || at.id).trim(), seen: style.outlineStyle !== 'none' };
    }));
  }
  const unseen = reached.filter((one) => !one.seen).map((one) => one.text);
  assert.deepEqual(unseen, [], `${what} shows where the focus is`);
  return reached.map((one) => one.text);
}

/** A picture for whoever looks at the run: target/browser/shots/NAME.png. */
export async function shot(page, name) {
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** A picture for the README: docs/pictures/NAME.png, made only when PICTURES=1 asks for it. */
export async function picture(page, name, options = {}) {
  if (process.env.PICTURES !== '1') return;
  await mkdir(process.env.DOCS, { recursive: true });
  await page.screenshot({ path: join(process.env.DOCS, `${name}.png`), ...options });
}

/** Everything that holds for every page, in every language: `url` without `lang`. */
export async function everyLanguage(t, browser, url, name) {
  const page = await open(t, browser, new URL(url).origin);
  for (const lang of LANGUAGES) {
    await page.goto(`${url}${url.includes('?') ? '&' : '?'}lang=${lang}`);
    assert.equal(await page.locator('html').getAttribute('lang'), lang);
    assert.equal(await page.locator('html').getAttribute('dir'), lang === 'ar' ? 'rtl' : 'ltr');
    await accessible(page, `${name} (${lang})`);
    await reflows(page, `${name}-${lang}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await accessible(page, `${name} (${lang}, dark)`);
    await page.emulateMedia({ colorScheme: 'light' });
  }
}
