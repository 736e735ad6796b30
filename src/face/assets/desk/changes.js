// Withdrawing, suspending, reinstating and correcting what was recorded: one row or many, of this session or of a report.
import { Fault } from '../lib/bytes.js';
import { checkSheet } from './check.js';
import { correctionSheet } from './corrections.js';
import { readReport } from './report.js';
import { runRows } from './run.js';
import { SHEET_BYTES_MAX, readSheet } from './sheet.js';
import { announce, byId, doing, faultWords, goTo, make, quoted, saveText, say } from './ui.js';
import { readTypedWorkerId, spacedWorkerId } from '../lib/worker.js';

const REASONS = {
  Revoked: ['ISSUED_IN_ERROR', 'OBTAINED_BY_FRAUD', 'CONDITIONS_NO_LONGER_MET', 'DECISION_ON_APPEAL', 'LEGAL_ORDER', 'HOLDER_REQUEST', 'OTHER'],
  Suspended: ['UNDER_INVESTIGATION', 'LEGAL_ORDER', 'HOLDER_REQUEST', 'OTHER'],
  Reinstated: ['CLEARED', 'DECISION_ON_APPEAL', 'LEGAL_ORDER', 'HOLDER_REQUEST', 'OTHER'],
  Corrected: ['ISSUED_IN_ERROR', 'DECISION_ON_APPEAL', 'HOLDER_REQUEST', 'OTHER'],
};
const SHOWN_ROWS_MAX = 500;

/** Lets the officer change recorded rows; `results` are those of this session. */
export function offerChanges(desk, known, body, results) {
  const chosen = new Set();
  const show = () => showRecorded(results.rows, chosen);
  results.onChange = () => {
    byId('step-change').hidden = false;
    show();
  };
  byId('step-change').hidden = false;
  const change = byId('change');
  change.onchange = () => {
    byId('reason').replaceChildren(...REASONS[change.value].map((reason) => make('option', { value: reason }, say(`desk-reason-${reason}`))));
    byId('correct-text').hidden = change.value !== 'Corrected';
  };
  change.onchange();

  const report = byId('report-file');
  report.onchange = doing(report, async () => {
    const [file] = report.files;
    if (file.size > SHEET_BYTES_MAX) throw new Fault('SHEET_TOO_LARGE');
    const rows = readReport(readSheet(new Uint8Array(await file.arrayBuffer())));
    if (rows === null) throw new Fault('NOT_A_REPORT');
    results.merge(rows);
    announce(say('desk-report-read', { count: rows.length }));
  });
  byId('choose-found').onclick = () => {
    const wanted = wantedIds(byId('find').value);
    for (const row of results.rows) if (wanted.size === 0 || [row.id, row.hash, row.worker].some((one) => wanted.has(one))) chosen.add(row.hash);
    show();
  };
  byId('choose-none').onclick = () => {
    chosen.clear();
    show();
  };
  byId('recorded-rows').onchange = ({ target }) => {
    if (target.checked) chosen.add(target.value);
    else chosen.delete(target.value);
    showChosen(chosen);
  };
  const act = byId('change-do');
  byId('change-form').onsubmit = doing(act, async () => {
    const rows = results.rows.filter((row) => chosen.has(row.hash));
    if (rows.length === 0) throw new Fault('NOTHING_CHOSEN');
    const [kind, reason] = [change.value, byId('reason').value];
    if (kind === 'Corrected') {
      saveText('corrections.csv', correctionSheet(rows, reason), 'text/csv');
      announce(say('desk-correct-saved', { count: rows.length }));
      return;
    }
    if (!window.confirm(say(`desk-change-sure-${kind}`, { count: rows.length }))) return;
    await changeAll(desk, known, body, { kind, reason, rows }, (told) => {
      for (const row of rows) if (told.has(row.hash)) row.standing = told.get(row.hash);
      show();
    });
  });
  show();
}

/** As a spreadsheet of `skillpass revoke --file` would: a row for each statement. */
async function changeAll(desk, known, body, { kind, reason, rows }, done) {
  if (!body.stated.has(kind)) throw new Fault('KIND_NOT_STATED');
  const country = byId('country').value || body.countries[0];
  const columns = ['worker', 'target', 'reason', 'issuing_country'];
  const sheet = { columns, rows: rows.map((row, at) => ({ number: at + 2, cells: [row.worker, row.hash, reason, country] })) };
  const rules = { kind: { name: kind, claims: known.kinds[kind].claims, columns: [], opening: [] }, constants: [], openMissing: false };
  const checked = await checkSheet(sheet, rules, known);
  if (checked.errors.length > 0) throw new Fault('NOT_A_REPORT');
  await runRows(desk, body, { name: kind, kind, sheet, rows: checked.rows }, async ({ outcomes, kept }) => {
    const told = new Map();
    let refused = 0;
    for (const { digest, claims } of checked.rows) {
      const { fault } = outcomes.get(digest);
      refused += fault ? 1 : 0;
      told.set(claims.target, fault ? faultWords(fault) : say(`desk-standing-${kind}`));
    }
    // Answered as a whole: the same change later is another one.
    await kept.remove(checked.rows.map(({ digest }) => digest));
    byId('step-run').hidden = true;
    announce(say('desk-change-done', { recorded: told.size - refused, refused }), refused === 0 ? 'good' : 'bad');
    done(told);
    goTo('step-change');
  });
}

/** Ids as people paste them: statements, hashes and worker ids, with anything between them. */
function wantedIds(text) {
  const words = text.split(/[\s,;"']+/).filter((word) => word !== '');
  return new Set(words.map((word) => (/^wkr[_-]/i.test(word) ? (readTypedWorkerId(word).id ?? word) : word)));
}

function showRecorded(rows, chosen) {
  byId('recorded-rows').replaceChildren(...rows.slice(0, SHOWN_ROWS_MAX).map((row) => {
    const label = say('desk-choose-row', { row: row.number });
    const box = make('input', { type: 'checkbox', value: row.hash, 'aria-label': label, checked: chosen.has(row.hash) });
    const worker = make('td', {}, make('code', { dir: 'ltr' }, spacedWorkerId(row.worker)));
    return make('tr', {}, make('td', {}, box), make('td', {}, String(row.number)), worker, make('td', {}, quoted(row.standing ?? say('desk-standing-recorded'))));
  }));
  showChosen(chosen);
}

function showChosen(chosen) {
  byId('chosen').textContent = say('desk-chosen', { count: chosen.size });
}
