// Checking every row before one is signed, as `skillpass import --check` does: the same errors, and the same digests of rows.
import { hexEncode, isBefore, sha256, utf8Encode } from '../lib/bytes.js';
import { commitDocument } from '../lib/issue.js';
import { readRow, shownText } from './cells.js';
import { checkHeader, exampleRows } from './header.js';
import { OPENING_PREFIX, openingKind } from './kinds.js';
import { latestDay } from '../verify/dates.js';
import { trapIn } from './traps.js';

const ERRORS_MAX = 10_000;
const DOCUMENT_NUMBER = 'document_number';
const COMMITMENT = 'document_number_commitment';

/**
 * `{rows, errors}`; without errors each row is `{number, digest, claims, open}`, `open` being `{claims, number, salt, person, name}` if the
 * row opens a passport. `rules` are `{kind, constants, openMissing}`, `constants` pairs of column and cell for every row. `told` hears how
 * many rows are done.
 */
export async function checkSheet(sheet, rules, known, told = () => {}) {
  let errors = checkHeader(sheet, rules, known);
  if (errors.length > 0) return { rows: [], errors };
  const [rows, first] = [[], new Map()];
  for (const [at, row] of sheet.rows.entries()) {
    const checked = await checkOne(sheet.columns, row, rules, known);
    if (checked.errors.length > 0) {
      errors.push(...checked.errors);
      if (errors.length > ERRORS_MAX) break;
    } else if (first.has(checked.digest)) {
      errors.push({ row: row.number, column: '', reason: 'DUPLICATE_ROW', values: { first: first.get(checked.digest) } });
    } else {
      first.set(checked.digest, row.number);
      rows.push(checked);
    }
    if (at % 100 === 99) await told(at + 1);
  }
  errors = errors.concat(exampleRows(sheet, rules)).sort((one, other) => one.row - other.row);
  return { rows: errors.length === 0 ? rows : [], errors };
}

async function checkOne(columns, { number, cells }, rules, known) {
  const pairs = [];
  for (const [at, cell] of cells.entries()) {
    if (cell === '') continue;
    if (!columns[at]) {
      const error = { row: number, column: '', reason: 'CELL_WITHOUT_COLUMN', values: { cell: shownText(cell), first: at + 1 } };
      return { errors: [error] };
    }
    pairs.push([columns[at], cell]);
  }
  for (const [name, value] of rules.constants) if (!pairs.some(([column]) => column === name)) pairs.push([name, value]);
  const own = pairs.filter(([column]) => !column.startsWith(OPENING_PREFIX));
  const hasWorker = own.some(([column]) => column === 'worker');
  const isOpening = rules.openMissing && !hasWorker;
  const { claims, errors } = readRow(rules.kind, own, known);
  errors.push(...notYet(rules.kind.name, claims, errors, known));
  if (!isOpening && !hasWorker) errors.push({ column: 'worker', reason: 'MISSING_CLAIM', values: {} });
  const open = isOpening ? await readOpening(pairs, own, known) : null;
  errors.push(...(open?.errors ?? []));
  return { number, digest: await digestRow(rules.kind.name, pairs), claims, open, errors: withTraps(errors, pairs, columns, number) };
}

/** What a spreadsheet program made of a cell explains it better than what the kind says of the result. */
function withTraps(errors, pairs, columns, row) {
  const traps = [];
  for (const [column, cell] of pairs) {
    const reason = trapIn(cell);
    if (reason) traps.push({ column, reason, values: { cell: shownText(cell) } });
  }
  const rest = errors.filter((error) => !traps.some((trap) => trap.column === error.column));
  const place = ({ column }) => columns.indexOf(column);
  return rest.concat(traps).sort((one, other) => place(one) - place(other)).map((error) => ({ row, ...error }));
}

/** An award date in the future, of cells that are good: the ledger would refuse it, and only after the row's passport was opened. */
function notYet(kind, claims, errors, known) {
  const column = known.kinds[kind].award_date;
  const isLater = errors.length === 0 && column !== null && claims[column] > latestDay(Date.now());
  return isLater ? [{ column, reason: 'AWARD_DATE_IN_FUTURE', values: {} }] : [];
}

/** The passport a row opens: its `open.` columns, with the row's own country where they name none. */
async function readOpening(pairs, own, known) {
  const cells = new Map();
  for (const [column, cell] of pairs) if (column.startsWith(OPENING_PREFIX)) cells.set(column.slice(OPENING_PREFIX.length), cell);
  const country = own.find(([column]) => column === 'issuing_country');
  if (country && !cells.has('issuing_country')) cells.set('issuing_country', country[1]);
  const person = await digestPerson(cells);
  const number = cells.get(DOCUMENT_NUMBER) ?? '';
  cells.delete(DOCUMENT_NUMBER);
  const [from, type] = [cells.get('document_country') ?? '', cells.get('document_type') ?? ''];
  let salt = null;
  if (number !== '' && from !== '' && type !== '') {
    const committed = await commitDocument(from, type, number);
    salt = committed.salt;
    cells.set(COMMITMENT, committed.commitment);
  }
  const { claims, errors } = readRow(openingKind(known), [...cells], known);
  errors.push(...notYet('PassportOpened', claims, errors, known));
  // People fill in the number; nobody can fill in the commitment. Without its country and type it could not be committed to.
  const told = errors.filter((error) => error.column !== COMMITMENT || number === '');
  const named = told.map((error) => ({ ...error, column: OPENING_PREFIX + (error.column === COMMITMENT ? DOCUMENT_NUMBER : error.column) }));
  const name = [claims.given_name, claims.family_name].filter(Boolean).join(' ');
  return { claims, errors: named, number, salt, person, name };
}

/** Who a row is about: the document, or without its number the names and the birth date. */
async function digestPerson(cells) {
  const all = (...names) => names.map((name) => cells.get(name) ?? '');
  const document = all('document_country', 'document_type', DOCUMENT_NUMBER);
  const parts = document[2] === '' ? all('family_name_latin', 'given_name_latin', 'birth_date') : document;
  const text = parts.map((part) => `${utf8Encode(part).length}:${part}`).join('');
  return hexEncode(await sha256(utf8Encode(`skillpass import person v1\n${text}`)));
}

/** What makes two rows the same: the kind, and every filled cell with its column, in whatever order. */
async function digestRow(kind, pairs) {
  const sorted = [...pairs].sort(([one, a], [other, b]) => order(one, other) || order(a, b));
  const length = (text) => utf8Encode(text).length;
  const text = sorted.map(([column, cell]) => `${length(column)}:${column}${length(cell)}:${cell}`).join('');
  return hexEncode(await sha256(utf8Encode(`skillpass import v1\n${kind}\n${text}`)));
}

function order(one, other) {
  if (one === other) return 0;
  return isBefore(one, other) ? -1 : 1;
}
