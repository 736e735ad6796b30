// The header row, checked before any row: with wrong columns every row would be wrong in the same way.
import { OPENING_PREFIX, openingKind } from './kinds.js';
import { readCells } from './cells.js';

const WORKER = 'worker';
const DOCUMENT_NUMBER = 'document_number';
const COMMITMENT = 'document_number_commitment';
const EXAMPLE_CELLS_MIN = 5;

/** Everything wrong with the columns, as errors of row 1. */
export function checkHeader(sheet, rules, known) {
  const errors = wrongNames(sheet.columns, rules, known);
  const named = sheet.columns.filter((column) => column !== '').length;
  if (named > 0 && errors.filter((error) => error.reason === 'UNKNOWN_COLUMN').length === named) return [inHeader('', 'NO_HEADER', { kind: rules.kind.name })];
  return [...errors, ...namelessColumns(sheet), ...absentColumns(sheet, rules, known)];
}

/** Rows that are the template's own example, left in. */
export function exampleRows(sheet, rules) {
  const samples = new Map(rules.kind.columns.concat(rules.kind.opening).map((column) => [column.name, column.sample]));
  const isExample = ({ cells }) => {
    const filled = sheet.columns.map((column, at) => [column, cells[at] ?? '']).filter(([, cell]) => cell !== '');
    // A few columns may agree with the example by chance.
    return filled.length >= EXAMPLE_CELLS_MIN && filled.every(([column, cell]) => samples.get(column) === cell);
  };
  return sheet.rows.filter(isExample).map(({ number }) => ({ row: number, column: '', reason: 'EXAMPLE_ROW', values: {} }));
}

function wrongNames(columns, { kind, openMissing }, known) {
  const errors = [];
  for (const [at, column] of columns.entries()) {
    if (column === '') continue;
    const isOpening = column.startsWith(OPENING_PREFIX);
    const name = isOpening ? column.slice(OPENING_PREFIX.length) : column;
    if (columns.indexOf(column) < at) {
      errors.push(inHeader(column, 'DUPLICATE_COLUMN'));
    } else if (isOpening && !openMissing) {
      errors.push(inHeader(column, 'UNKNOWN_COLUMN', { meant: '' }));
    } else if (!isOpening || name !== DOCUMENT_NUMBER) {
      const found = readCells(isOpening ? openingKind(known) : kind, [[name, '']], known).errors;
      errors.push(...found.map((error) => inHeader(column, error.reason, error.values)));
    }
  }
  return errors;
}

/** Filled cells under an empty name, as merged cells of a header leave them. */
function namelessColumns({ columns, rows }) {
  const errors = [];
  for (const [at, column] of columns.entries()) {
    const under = column === '' ? rows.filter((row) => (row.cells[at] ?? '') !== '') : [];
    if (under.length > 0) errors.push(inHeader('', 'CELL_WITHOUT_COLUMN', { letters: columnLetters(at), count: under.length, first: under[0].number }));
  }
  return errors;
}

/** Columns that every row needs and the sheet does not have. */
function absentColumns({ columns, rows }, { kind, constants, openMissing }) {
  const claim = (column) => column.split('.')[0];
  const there = new Set([...columns, ...constants.map(([name]) => name)].map(claim));
  const needed = kind.columns.filter((column) => column.required && column.name !== WORKER && !there.has(claim(column.name)));
  const missing = needed.map((column) => column.name);
  const worker = columns.indexOf(WORKER);
  if (worker < 0 && !openMissing) missing.push(WORKER);
  if (openMissing && rows.some((row) => worker < 0 || (row.cells[worker] ?? '') === '')) {
    const hasCommitment = columns.includes(OPENING_PREFIX + COMMITMENT);
    const isThere = (name) => columns.includes(name) || (name === OPENING_PREFIX + DOCUMENT_NUMBER && hasCommitment);
    missing.push(...kind.opening.filter((column) => column.required && !isThere(column.name)).map((column) => column.name));
  }
  return missing.map((column) => inHeader(column, 'MISSING_COLUMN'));
}

function inHeader(column, reason, values = {}) {
  return { row: 1, column, reason, values };
}

/** `A`, `B`, … `AA`: as a spreadsheet program names its columns. */
function columnLetters(at) {
  const letter = (place) => String.fromCharCode(65 + (place % 26));
  return at < 26 ? letter(at) : letter(Math.floor(at / 26) - 1) + letter(at);
}
