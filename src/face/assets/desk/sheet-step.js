// From a spreadsheet to rows that may be signed: the kind, the template, the file, every bad cell.
import { Fault } from '../lib/bytes.js';
import { shownText } from './cells.js';
import { checkSheet } from './check.js';
import { takeCorrections } from './corrections.js';
import { sheetKind } from './kinds.js';
import { errorSheet } from './report.js';
import { runRows } from './run.js';
import { SHEET_BYTES_MAX, readSheet } from './sheet.js';
import { announce, breathe, byId, cellWords, doing, goTo, make, quoted, saveText, say } from './ui.js';

const SHOWN_ERRORS_MAX = 500;

/** Lets the officer give spreadsheets; `recorded` hears of what a run recorded. */
export function offerSheet(desk, known, body, recorded) {
  const kinds = desk.sheets.filter(({ kind }) => body.stated.has(kind));
  const select = byId('kind');
  select.replaceChildren(...kinds.map(({ kind, name }) => make('option', { value: kind }, name)));
  fillCountries(body.countries);
  const mayOpen = body.stated.has('PassportOpened');
  byId('open-missing').checked = mayOpen;
  byId('open-missing').disabled = !mayOpen;

  let kind = null;
  const choose = async () => {
    const chosen = kinds.find((one) => one.kind === select.value);
    if (!chosen) throw new Fault('NOTHING_TO_STATE');
    const answer = await fetch(`/desk/guide/${chosen.kind}`, { credentials: 'omit' });
    kind = sheetKind(known, chosen.kind, new Uint8Array(await answer.arrayBuffer()));
    showColumns(chosen, kind);
    byId('step-check').hidden = true;
  };
  const reload = doing(select, choose);
  select.onchange = reload;
  byId('open-missing').onchange = reload;

  const take = async (file) => {
    byId('step-check').hidden = true;
    const sheet = readSheet(await readFile(file));
    const rules = { kind, constants: constants(), openMissing: byId('open-missing').checked };
    const { plain, errors: wrong, corrects } = takeCorrections(sheet);
    const told = async (done) => {
      announce(say('desk-checking', { done, all: plain.rows.length }), 'unsure');
      await breathe();
    };
    const checked = wrong.length > 0 ? { rows: [], errors: wrong } : await checkSheet(plain, rules, known, told);
    announce('');
    showCheck(file.name, checked, plain.rows.length);
    const rows = checked.rows.map((row) => correcting(row, corrects.get(row.number)));
    const sign = byId('sign');
    sign.hidden = rows.length === 0;
    sign.onclick = doing(sign, async () => {
      sign.hidden = true;
      byId('step-results').hidden = true;
      const run = { name: file.name.replace(/\.csv$/i, ''), kind: kind.name, sheet: plain, rows };
      await runRows(desk, body, run, recorded);
    });
    goTo('step-check');
  };
  const input = byId('sheet-file');
  input.onchange = doing(input, async () => {
    const [file] = input.files;
    // The same file, corrected, is another one.
    if (file) await take(file).finally(() => { input.value = ''; });
  });
  acceptDrops(byId('drop'), (file) => doing(input, () => take(file))());
  byId('step-sheet').hidden = false;
  return reload().then(() => goTo('step-sheet'));
}

/** The same content in another's place is another row. */
function correcting(row, corrected) {
  return corrected ? { ...row, ...corrected, digest: `${row.digest} ${corrected.corrects}` } : row;
}

/** A file is looked at only if it is no larger than a spreadsheet. */
async function readFile(file) {
  if (file.size > SHEET_BYTES_MAX) throw new Fault('SHEET_TOO_LARGE');
  return new Uint8Array(await file.arrayBuffer());
}

function constants() {
  const country = byId('country').value;
  return country === '' ? [] : [['issuing_country', country]];
}

function fillCountries(countries) {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: 'region', fallback: 'code' });
  const options = countries.map((code) => make('option', { value: code }, `${names.of(code)} (${code})`));
  byId('country').replaceChildren(make('option', { value: '' }, say('desk-country-column')), ...options);
  if (countries.length === 1) byId('country').value = countries[0];
}

function showColumns({ kind: name, doc }, kind) {
  const opening = byId('open-missing').checked;
  byId('kind-doc').textContent = doc;
  const template = byId('template');
  template.href = `/desk/template/${name}${opening ? '?open-missing' : ''}`;
  template.download = `${name}.csv`;
  const shown = opening ? kind.columns.concat(kind.opening) : kind.columns;
  byId('columns').replaceChildren(...shown.map((column) => {
    const needed = say(column.required ? 'desk-yes' : 'desk-no');
    const cells = [needed, column.what, column.how, column.sample].map((text) => make('td', {}, quoted(text)));
    return make('tr', {}, make('th', { scope: 'row' }, make('code', {}, column.name)), ...cells);
  }));
}

function showCheck(name, { rows, errors }, all) {
  byId('bad-cells').hidden = errors.length === 0;
  const said = byId('check-said');
  said.className = errors.length === 0 ? 'good' : 'bad';
  said.textContent = say(errors.length === 0 ? 'desk-check-good' : 'desk-check-bad', { file: name, rows: rows.length || all, errors: errors.length });
  const told = errors.map((error) => ({ ...error, message: cellWords(error) }));
  byId('bad-rows').replaceChildren(...told.slice(0, SHOWN_ERRORS_MAX).map(({ row, column, message }) => {
    const place = column === '' ? say('desk-whole-row') : make('code', {}, quoted(shownText(column)));
    return make('tr', {}, make('td', {}, String(row)), make('td', {}, place), make('td', {}, message));
  }));
  byId('bad-save').onclick = () => saveText(`${name.replace(/\.csv$/i, '')}.errors.csv`, errorSheet(told), 'text/csv');
}

function acceptDrops(place, take) {
  const over = (isOver) => (event) => {
    event.preventDefault();
    place.classList.toggle('over', isOver);
  };
  place.ondragenter = over(true);
  place.ondragover = over(true);
  place.ondragleave = over(false);
  place.ondrop = (event) => {
    over(false)(event);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  };
}
