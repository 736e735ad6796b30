// A sheet whose rows take the place of recorded ones: the column `corrects` holds the hash of each.
import { base64urlDecode } from '../lib/bytes.js';
import { bareCell, writeSheet } from './sheet.js';

const CORRECTS = 'corrects';
const REASON = 'corrects_reason';

/** The sheet without the column, and by row number what each row corrects; a sheet without the column corrects nothing. */
export function takeCorrections({ columns, rows }) {
  const [at, reasonAt] = [columns.indexOf(CORRECTS), columns.indexOf(REASON)];
  if (at < 0) return { plain: { columns, rows }, errors: [], corrects: new Map() };
  const without = (cells) => cells.filter((_, place) => place !== at && place !== reasonAt);
  const [errors, corrects] = [[], new Map()];
  for (const { number, cells } of rows) {
    const target = bareCell(cells[at] ?? '');
    if (base64urlDecode(target)?.length !== 32) {
      errors.push({ row: number, column: CORRECTS, reason: 'MALFORMED_HASH', values: { cell: target } });
    }
    corrects.set(number, { corrects: target, correctsReason: cells[reasonAt] || 'ISSUED_IN_ERROR' });
  }
  const plain = { columns: without(columns), rows: rows.map(({ number, cells }) => ({ number, cells: without(cells) })) };
  return { plain, errors, corrects };
}

/** A sheet to correct recorded rows in: their own cells where this session has them, else the worker alone. */
export function correctionSheet(rows, reason) {
  const columns = [];
  for (const { cells } of rows) for (const name of cells?.keys() ?? []) if (!columns.includes(name)) columns.push(name);
  const kept = columns.filter((name) => name !== 'worker' && !name.startsWith('open.'));
  const lines = rows.map((row) => [row.hash, reason, row.worker, ...kept.map((name) => row.cells?.get(name) ?? '')]);
  return writeSheet([[CORRECTS, REASON, 'worker', ...kept], ...lines]);
}
