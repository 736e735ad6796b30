// The passport to hold: on A4, on a phone, in Arabic, by keyboard, from a file without network; and with hostile contents.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { DEMO, accessible, launch, open, picture, reflows, scratch, shot, skillpass, tabThrough } from './helpers.mjs';

const TRUST = join(DEMO, 'trust.toml');
const PASSPORT = join(DEMO, 'passports', 'a-nurse.skillpass');
const LINK = 'https://ledger.example.invalid/s/Qm9ndXM';

/** The page of a passport file, as a file: its address. */
async function made(t, file, more = []) {
  const out = join(await scratch(t), 'passport.html');
  const answer = await skillpass(['passport', 'show', file, '--trust', TRUST, '--format', 'html', '--out', out, ...more]);
  assert.equal(answer.code, 0, answer.stderr);
  return pathToFileURL(out).href;
}

/** The text of each sheet when printed on A4, without the marks that isolate directions. */
async function sheets(page) {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  const document = await getDocument({ data: new Uint8Array(pdf), verbosity: 0 }).promise;
  const texts = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const sheet = await document.getPage(number);
    const { width, height } = sheet.getViewport({ scale: 1 });
    assert.deepEqual([Math.round(width), Math.round(height)], [595, 842], 'A4');
    const { items } = await sheet.getTextContent();
    for (const { transform, width: wide, str } of items) {
      if (str.trim()) assert.ok(transform[4] >= 0 && transform[4] + wide <= width + 1, `"${str}" is cut off at the edge`);
    }
    texts.push(items.map(({ str }) => str).join('').replace(/[\u2066-\u2069]/g, ''));
  }
  return texts;
}

test('prints on A4: nothing is cut, and every sheet says whose it is and as of when', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null, { viewport: { width: 794, height: 1123 } });
  await page.goto(await made(t, PASSPORT, ['--share-link', LINK]));
  const worker = (await page.locator('.whose .mono').innerText()).trim();
  const titles = await page.locator('.record h3').allInnerTexts();
  const printed = await sheets(page);
  assert.ok(printed.length >= 3 && printed.length <= 12, `${printed.length} sheets`);
  printed.forEach((text, at) => {
    assert.ok(text.includes(worker), `sheet ${at + 1} names the passport`);
    assert.ok(text.includes('entries, as of'), `sheet ${at + 1} names the checkpoint`);
  });
  const all = printed.join('').replace(/\s/g, '');
  for (const title of titles) assert.ok(all.includes(title.replace(/\s/g, '')), `${title} is printed`);
  assert.ok(all.includes('Paperprovesnothingbyitself'));
  await page.emulateMedia({ media: 'print' });
  await shot(page, 'document-print');
});

test('holds on a phone, in every language, for everybody, in light and in dark', async (t) => {
  const browser = await launch(t);
  for (const lang of ['en', 'fr', 'es', 'ar', 'hi', 'tl']) {
    const page = await open(t, browser, null);
    await page.goto(await made(t, PASSPORT, ['--view', 'employer', '--lang', lang, '--share-link', LINK]));
    assert.equal(await page.locator('html').getAttribute('dir'), lang === 'ar' ? 'rtl' : 'ltr');
    assert.equal(await page.locator('.record').count() > 5, true);
    await accessible(page, `document (${lang})`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await accessible(page, `document (${lang}, dark)`);
    await page.emulateMedia({ colorScheme: 'light' });
    await reflows(page, `document-${lang}`);
    await shot(page, `document-${lang}`);
    if (lang === 'en' || lang === 'ar') {
      await page.setViewportSize({ width: 800, height: 900 });
      await picture(page, `passport-${lang}`);
    }
  }
});

test('in Arabic, a date inside a sentence reads in the order of the sentence', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.goto(await made(t, PASSPORT, ['--lang', 'ar']));
  // The day stands right of the year: what is read first stands first.
  const places = await page.locator('.whose dd span').first().evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const text = walker.nextNode();
    const place = (from, to) => {
      const range = document.createRange();
      range.setStart(text, from);
      range.setEnd(text, to);
      return range.getBoundingClientRect();
    };
    const year = text.data.search(/\d{4}\D*$/);
    const day = text.data.slice(0, year).search(/\d{1,2}\D+$/);
    return [place(day, day + 1), place(year, year + 4)].map(({ left, top }) => ({ left, top }));
  });
  assert.ok(places[0].left > places[1].left || places[0].top < places[1].top, JSON.stringify(places));
});

test('opens from a file without network, and its link is reached by keyboard', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.context().setOffline(true);
  await page.goto(await made(t, PASSPORT, ['--share-link', LINK]));
  assert.deepEqual(await tabThrough(page, 'the document'), [LINK]);
  assert.equal(await page.locator('script').count(), 0, 'nothing runs');
});

test('a page of one record draws its whole statement; of what was cut for somebody it says so', async (t) => {
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.goto(await made(t, PASSPORT, ['--view', 'employer']));
  assert.equal(await page.locator('.code').count(), 0);
  const jti = (await page.locator('.record .ids').first().innerText()).match(/urn:uuid:\S+/)[0];
  await page.goto(await made(t, PASSPORT, ['--records', jti]));
  assert.equal(await page.locator('.record').count(), 1);
  const modules = await page.locator('.code svg').getAttribute('viewBox');
  assert.ok(Number(modules.split(' ')[2]) > 100, 'a statement takes a large code');
  await page.goto(await made(t, join(DEMO, 'presentations', 'a-nurse.employer-de.skillpass'), ['--lang', 'es']));
  assert.match(await page.locator('h1').innerText(), /Extracto/);
  assert.match(await page.locator('.limits').innerText(), /El titular eligió/);
});

test('a lie makes no passport, and the report of it says so on paper', async (t) => {
  const dir = await scratch(t);
  const lie = join(dir, 'lie.skillpass');
  const text = await readFile(PASSPORT, 'utf8');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(lie, text.replace(/"n_s":"(.)/, (_, first) => `"n_s":"${first === 'A' ? 'B' : 'A'}`));
  const refused = await skillpass(['passport', 'show', lie, '--trust', TRUST, '--format', 'html', '--out', join(dir, 'no.html')]);
  assert.equal(refused.code, 1);
  const out = join(dir, 'report.html');
  const reported = await skillpass(['verify', lie, '--trust', TRUST, '--report', out, '--lang', 'fr']);
  assert.equal(reported.code, 1);
  const browser = await launch(t);
  const page = await open(t, browser, null);
  await page.goto(pathToFileURL(out).href);
  assert.equal(await page.locator('#verdict').innerText(), 'Non authentique');
  assert.ok(await page.locator('.checks .bad').count() > 0);
  await accessible(page, 'the report of a lie');
});
