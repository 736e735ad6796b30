// A ledger with one school, for the tests of the registrar's desk.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SKILLPASS, scratch, serve, skillpass } from './helpers.mjs';

export { SKILLPASS };
export const ASSETS = join(process.env.DOCS, '../../src/face/assets');
export const SCHOOL = 'https://school.example.invalid';
const MINISTRY = 'https://ministry.example.invalid';
const MAY = 'PassportOpened,HolderKeyBound,TrainingCompleted,SkillAssessed,Revoked,Suspended,Reinstated,Corrected,Superseded';

/** A served ledger and what belongs to it: { dir, grpc, http, run }; `run` runs a command line without spaces in its arguments. */
export async function fresh(t, passphrase = null) {
  const dir = await scratch(t);
  const run = async (line) => {
    const answer = await skillpass(line.split(' '), { cwd: dir });
    assert.equal(answer.code, 0, `${line}: ${answer.stderr}`);
    return answer.stdout;
  };
  await run('key new --out ministry.jwk');
  if (passphrase) await writeFile(join(dir, 'passphrase'), `${passphrase}\n`);
  await run(`key new --out school.jwk${passphrase ? ' --passphrase-file passphrase' : ''}`);
  await run(`init --data ledger --origin ledger.example.invalid --root PH=${MINISTRY}=ministry.pub.jwk`);
  const ledger = await serve(t, join(dir, 'ledger'));
  const authorise = (key) => run(`authorise --key ministry.jwk --iss ${MINISTRY} --body ${SCHOOL} --name school --as TRAINING_PROVIDER --basis ACCREDITATION --may ${MAY} --in PH --from 2020-01-01 --jwk ${key} --ledger ${ledger.grpc}`);
  await authorise('school.pub.jwk');
  return { dir, ...ledger, run };
}

const COLUMNS = ['worker', 'issuing_country', 'title.en', 'learning_setting', 'completed_on', 'open.family_name', 'open.family_name_latin', 'open.birth_date',
  'open.document_type', 'open.document_country', 'open.document_number', 'open.identity_check_method', 'open.identity_checked_on'];

/** A sheet of graduates without a passport; `change` may spoil the cells of a row. */
export function graduates(count, change = (cells) => cells) {
  const row = (n) => ['', 'PH', 'Ward practice', 'FORMAL', '2024-06-28', `GRADUATE ${n}`, `GRADUATE ${n}`, `1999-01-${String((n % 28) + 1).padStart(2, '0')}`,
    'PASSPORT', 'PH', `P${String(n).padStart(7, '0')}`, 'DOCUMENT_SEEN_IN_PERSON', '2024-01-15'];
  const quoted = (cell) => (/[",;\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const rows = Array.from({ length: count }, (_, n) => change(row(n), n));
  return Buffer.from(`${[COLUMNS, ...rows].map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`);
}

export function csvFile(name, buffer) {
  return { name, mimeType: 'text/csv', buffer };
}

/** What a page saved: its name and its text. */
export async function saved(page, act) {
  const waiting = page.waitForEvent('download');
  await act();
  const download = await waiting;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Signs in with the school's key file. */
export async function signIn(page, ledger, passphrase = '', query = '') {
  await page.goto(`${ledger.http}/desk${query}`);
  await page.locator('#key-file').setInputFiles(join(ledger.dir, 'school.jwk'));
  if (passphrase) await page.locator('#key-passphrase').fill(passphrase);
  await page.locator('#key-open').click();
  await page.locator('#who').getByText(SCHOOL).waitFor();
  await page.locator('#kind').waitFor();
}

/** Gives the page a spreadsheet and waits for what it says of it. */
export async function drop(page, file) {
  await page.locator('#sheet-file').setInputFiles(file);
  await page.locator('#check-said').filter({ hasText: file.name }).waitFor();
}

/** Signs what was checked and waits for the end. */
export async function record(page) {
  await page.locator('#sign').click();
  await page.locator('#sign').waitFor({ state: 'hidden' });
  await page.locator('#step-results').waitFor();
}

/** The records of a worker, as the operator sees them. */
export async function passportOf(ledger, worker) {
  return JSON.parse(await ledger.run(`passport show ${worker} --ledger ${ledger.grpc} --as ledger.operator.key --json`));
}

/** The lines of a saved sheet as objects; cells of these tests hold no commas. */
export function lines(text) {
  const [head, ...rest] = text.replace(/^\ufeff/, '').trim().split('\r\n').map((line) => line.split(','));
  return rest.map((cells) => Object.fromEntries(head.map((name, at) => [name, cells[at]])));
}
