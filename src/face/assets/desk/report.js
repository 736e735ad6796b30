// What the desk hands out: the report, the bad cells, and the file by which `skillpass` continues on a command line.
import { bareCell, writeSheet } from './sheet.js';

const REPORT_COLUMNS = ['row', 'id', 'worker', 'revision', 'hash', 'reason', 'message'];

/** The report, `F.done.csv` with the refused rows and why: `rows` are `{number, id, worker, revision, hash, reason, message}`. */
export function reportSheet(rows) {
  const lines = rows.map((row) => [row.number, row.id, row.worker, row.revision ?? '', row.hash, row.reason ?? '', row.message ?? '']);
  return writeSheet([REPORT_COLUMNS, ...lines]);
}

/** The bad cells, as `skillpass import` writes them to `F.errors.csv`. */
export function errorSheet(errors) {
  return writeSheet([['row', 'column', 'reason', 'message'], ...errors.map(({ row, column, reason, message }) => [row, column, reason, message])]);
}

/** `F.signed` of `skillpass import`: what was signed, and what is recorded of it. */
export function signedFile(kind, issuer, rows) {
  const whole = rows.filter((row) => row.statement !== undefined);
  const lines = [{ skillpass_import: 1, kind, iss: issuer }];
  for (const row of whole) {
    const { digest, worker, id, open, person, name, salt, statement } = row;
    const opening = open ? { open, person, name, ...(salt ? { document_salt: salt } : {}) } : {};
    lines.push({ row: digest, worker, jti: id, ...opening, statement });
  }
  for (const { digest, revision } of whole) if (revision !== undefined) lines.push({ done: digest, revision });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * Recorded statements of a report or of `F.done.csv`, as `{number, id, worker, hash}`; null if the sheet is none of these.
 */
export function readReport({ columns, rows }) {
  const place = (name) => columns.indexOf(name);
  if (['row', 'id', 'worker', 'hash'].some((name) => place(name) < 0)) return null;
  const read = ({ cells }) => {
    const cell = (name) => cells[place(name)] ?? '';
    return { number: cell('row'), id: cell('id'), worker: cell('worker'), hash: bareCell(cell('hash')), isRecorded: place('revision') < 0 || cell('revision') !== '' };
  };
  return rows.map(read).filter((row) => row.isRecorded && /^[A-Za-z0-9_-]{43}$/.test(row.hash));
}
