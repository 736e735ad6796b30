// The registrar's desk: a registrar's first day, and what hostile or unlucky days bring.
import assert from 'node:assert/strict';
import { open as openFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCHOOL, csvFile, drop, fresh, graduates, lines, passportOf, record, saved, signIn } from './desk.mjs';
import { accessible, everyLanguage, launch, open, picture, reflows, shot, tabThrough } from './helpers.mjs';

test('day one: bad cells, a corrected sheet, signing, slips, report, one withdrawn, one corrected', async (t) => {
  const ledger = await fresh(t);
  const page = await open(t, await launch(t), ledger.http, { acceptDownloads: true });
  page.on('dialog', (dialog) => dialog.accept());
  await signIn(page, ledger);
  const template = await saved(page, () => page.locator('#template').click());
  assert.match(template.text, /^\ufeffworker,.*open\.document_number/);

  const spoil = (cells, n) => cells.map((cell, at) => (n === 1 && at === 4 ? '28.06.2024' : n === 2 && at === 10 ? '2.05E+13' : cell));
  await drop(page, csvFile('graduates.csv', graduates(4, spoil)));
  const bad = await page.locator('#bad-rows tr').allInnerTexts();
  assert.equal(bad.length, 2, bad.join('\n'));
  assert.match(bad[0], /3\s+completed_on\s.*2024-06-28/s);
  assert.match(bad[1], /4\s+open\.document_number\s.*rounded/s);
  assert.ok(await page.locator('#sign').isHidden(), 'nothing can be signed');
  await accessible(page, 'the desk with bad cells');
  await reflows(page, 'desk-bad-cells');
  await picture(page, 'desk-bad-cells', { clip: { x: 0, y: 0, width: 1280, height: 900 } });
  const errors = await saved(page, () => page.locator('#bad-save').click());
  assert.match(errors.text, /3,completed_on,MALFORMED_DATE/);

  const fixed = [...graduates(4)];
  const data = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'corrected.csv', { type: 'text/csv' }));
    return transfer;
  }, fixed);
  await page.locator('#drop').dispatchEvent('drop', { dataTransfer: data });
  await page.locator('#check-said').filter({ hasText: 'corrected.csv' }).waitFor();
  await record(page);
  assert.match(await page.locator('#status').innerText(), /4.*0/s);
  await page.locator('#slip-help').fill('+63 2 0000 0000 <script>alert(1)</script>');
  await page.locator('#slip-language').selectOption('tl');
  const slips = await saved(page, () => page.locator('#slips-save').click());
  assert.equal(slips.text.match(/<article/g).length, 4);
  assert.ok(slips.text.includes('GRADUATE 3') && slips.text.includes('lang="tl"') && !slips.text.includes('<script>'));
  const report = lines((await saved(page, () => page.locator('#report-save').click())).text);
  assert.deepEqual(report.map((row) => row.row), ['2', '3', '4', '5']);
  const [first, second] = report;
  const passport = await passportOf(ledger, first.worker);
  assert.equal(passport.sections.training.length, 1);
  await shot(page, 'desk-results');
  await accessible(page, 'the desk after recording');

  // Withdraw the first, by its pasted id.
  await page.locator('#find').fill(`please: ${first.id}`);
  await page.locator('#choose-found').click();
  assert.match(await page.locator('#chosen').innerText(), /1/);
  await page.locator('#change-do').click();
  await page.locator('#recorded-rows').getByText('withdrawn').waitFor();
  assert.equal((await passportOf(ledger, first.worker)).sections.training[0].standing, 'revoked');

  // Correct the second, by a report of an earlier session.
  await page.reload();
  await signIn(page, ledger);
  await page.locator('#report-file').setInputFiles(csvFile('graduates.report.csv', Buffer.from(`row,id,worker,revision,hash\n${[second.row, second.id, second.worker, second.revision, second.hash].join()}\n`)));
  await page.locator('#choose-found').click();
  await page.locator('#change').selectOption('Corrected');
  const sheet = lines((await saved(page, () => page.locator('#change-do').click())).text);
  assert.deepEqual(Object.values(sheet[0]).slice(1, 3), ['ISSUED_IN_ERROR', second.worker]);
  const corrected = `corrects,worker,issuing_country,title.en,learning_setting,completed_on\n${sheet[0].corrects},${second.worker},PH,Ward practice (corrected),FORMAL,2024-06-28\n`;
  await drop(page, csvFile('corrections.csv', Buffer.from(corrected)));
  await record(page);
  const after = (await passportOf(ledger, second.worker)).sections.training;
  const said = Object.fromEntries(after.map((one) => [one.title, one.standing]));
  assert.deepEqual(said, { 'Ward practice': 'superseded', 'Ward practice (corrected)': 'in_force' });

  // There and back: what was recorded once in the place of one record is another row in the place of the next.
  for (const [file, title] of [['back.csv', 'Ward practice'], ['again.csv', 'Ward practice (corrected)']]) {
    const { hash } = lines((await saved(page, () => page.locator('#report-save').click())).text)[0];
    const next = corrected.replace(sheet[0].corrects, hash.replace(/^'/, '')).replace('Ward practice (corrected)', title);
    await drop(page, csvFile(file, Buffer.from(next)));
    await record(page);
  }
  const standings = (await passportOf(ledger, second.worker)).sections.training.map((one) => one.standing);
  assert.deepEqual(standings.sort(), ['in_force', 'superseded', 'superseded', 'superseded']);
});

test('a run that the network cuts off continues, and the same sheet again records nothing twice', async (t) => {
  const ledger = await fresh(t);
  const page = await open(t, await launch(t), ledger.http, { acceptDownloads: true });
  await signIn(page, ledger);
  const file = csvFile('graduates.csv', graduates(30));
  await drop(page, file);
  let calls = 0;
  await page.route('**/api/v1/append', (route) => {
    calls += 1;
    return calls > 20 ? route.abort() : route.continue();
  });
  await page.locator('#sign').click();
  await page.locator('#run-continue').waitFor();
  assert.match(await page.locator('#status').innerText(), /twice/);
  await page.unroute('**/api/v1/append');
  await page.locator('#run-continue').click();
  await page.locator('#step-results').waitFor();
  const once = lines((await saved(page, () => page.locator('#report-save').click())).text);
  assert.equal(once.length, 30);
  assert.ok(once.every((row) => row.revision !== ''), 'all are recorded');

  await page.reload();
  await signIn(page, ledger);
  await drop(page, file);
  await record(page);
  const twice = lines((await saved(page, () => page.locator('#report-save').click())).text);
  assert.deepEqual(twice.map((row) => [row.id, row.worker, row.revision]), once.map((row) => [row.id, row.worker, row.revision]));
  for (const { worker } of once.slice(0, 3)) assert.equal((await passportOf(ledger, worker)).sections.training.length, 1);

  // The command line continues where the browser was.
  const signed = await saved(page, () => page.locator('#signed-save').click());
  await writeFile(join(ledger.dir, 'graduates.csv'), file.buffer);
  await writeFile(join(ledger.dir, signed.name), signed.text);
  const answer = await ledger.run(`import graduates.csv --kind TrainingCompleted --key school.jwk --open-missing --slips slips --ledger ${ledger.grpc} --json`);
  assert.equal(JSON.parse(answer).recorded, 30);
  for (const { worker } of once.slice(0, 3)) assert.equal((await passportOf(ledger, worker)).sections.training.length, 1);
});

test('hostile files: scripts and formulas in cells and names, a hundred megabytes, no text at all', async (t) => {
  const ledger = await fresh(t);
  const page = await open(t, await launch(t), ledger.http, { acceptDownloads: true });
  await signIn(page, ledger);
  const nasty = ['=cmd|calc', '<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', '@SUM(A1)', 'a\u202eb', 'x'.repeat(9000)];
  await drop(page, csvFile('<img src=x onerror=alert(2)>.csv', graduates(6, (cells, n) => cells.map((cell, at) => (at === 4 ? nasty[n] : cell)))));
  assert.equal(await page.locator('#bad-rows tr').count(), 6);
  assert.equal(await page.locator('main img').count(), 0);
  const errors = (await saved(page, () => page.locator('#bad-save').click())).text;
  for (const cell of errors.split(/[,\n]/)) assert.doesNotMatch(cell, /^"?[=+@]/, cell);

  const huge = join(ledger.dir, 'huge.csv');
  const handle = await openFile(huge, 'w');
  await handle.truncate(100 * 1024 * 1024);
  await handle.close();
  await page.locator('#sheet-file').setInputFiles(huge);
  await page.locator('#status.bad').filter({ hasText: 'too large' }).waitFor();
  await page.locator('#sheet-file').setInputFiles(csvFile('book.xlsx', Buffer.from('PK\u0003\u0004')));
  await page.locator('#status.bad').filter({ hasText: 'CSV UTF-8' }).waitFor();
  await page.locator('#sheet-file').setInputFiles(csvFile('latin.csv', Buffer.from('worker,title.en\nx,Jos\xe9\n', 'latin1')));
  await page.locator('#status.bad').filter({ hasText: 'Jos' }).waitFor();
});

test('keys: under a passphrase, made in the browser, and of nobody', async (t) => {
  const ledger = await fresh(t, 'correct horse');
  const page = await open(t, await launch(t), ledger.http, { acceptDownloads: true });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${ledger.http}/desk`);
  await page.locator('#key-file').setInputFiles(join(ledger.dir, 'school.jwk'));
  await page.locator('#key-open').click();
  await page.locator('#status.bad').filter({ hasText: 'passphrase' }).waitFor();
  await signIn(page, ledger, 'correct horse');

  await page.locator('#sign-out').click();
  await page.locator('#step-key summary').click();
  await page.locator('#key-make').click();
  await page.locator('#key-use').click();
  await page.locator('#status.bad').filter({ hasText: 'knows no school' }).waitFor();
  const made = await saved(page, () => page.locator('#key-public').click());
  assert.equal(JSON.parse(made.text).d, undefined);
  await writeFile(join(ledger.dir, 'browser.pub.jwk'), made.text);
  await ledger.run(`key rotate --key school.jwk --passphrase-file passphrase --new browser.pub.jwk --ledger ${ledger.grpc}`);
  await page.locator('#key-use').click();
  await page.locator('#who').getByText(SCHOOL).waitFor();
  await drop(page, csvFile('graduates.csv', graduates(1)));
  await record(page);
  const exported = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const database = await new Promise((resolve) => { indexedDB.open(databases[0].name).onsuccess = (event) => resolve(event.target.result); });
    const all = await new Promise((resolve) => { database.transaction('keys').objectStore('keys').getAll().onsuccess = (event) => resolve(event.target.result); });
    return all.map(({ privateKey }) => privateKey.extractable);
  });
  assert.deepEqual(exported, [false], 'the key cannot be copied out');
});

test('every language, a phone, and the keyboard alone', async (t) => {
  const ledger = await fresh(t);
  const browser = await launch(t);
  await everyLanguage(t, browser, `${ledger.http}/desk`, 'desk');
  const page = await open(t, browser, ledger.http, { acceptDownloads: true });
  await page.goto(`${ledger.http}/desk?lang=ar`);
  await page.locator('#key-open:enabled').waitFor();
  await tabThrough(page, 'the desk in Arabic');
  await signIn(page, ledger, '', '?lang=ar');
  await drop(page, csvFile('graduates.csv', graduates(3, (cells, n) => (n === 0 ? cells.with(4, '28.06.2024') : cells))));
  await accessible(page, 'the desk in Arabic, signed in');
  await reflows(page, 'desk-ar-signed-in');
  await drop(page, csvFile('graduates.csv', graduates(3)));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'step-check-title', 'the reader is put where it goes on');
  for (let step = 0; step < 40 && (await page.evaluate(() => document.activeElement.id)) !== 'sign'; step += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#step-results').waitFor();
  await shot(page, 'desk-ar-results');
});

test('four hundred rows, printed and never asserted', async (t) => {
  const ledger = await fresh(t);
  const page = await open(t, await launch(t), ledger.http, { acceptDownloads: true });
  await signIn(page, ledger);
  const started = Date.now();
  await drop(page, csvFile('graduates.csv', graduates(400)));
  const checked = Date.now();
  await record(page);
  const seconds = (from, to) => ((to - from) / 1000).toFixed(1);
  t.diagnostic(`400 rows: checked in ${seconds(started, checked)} s, 800 statements signed and recorded in ${seconds(checked, Date.now())} s`);
  assert.match(await page.locator('#status').innerText(), /400/);
});
