// A spreadsheet saved as CSV (RFC 4180), as registrars' programs write it: UTF-8 with or without BOM; comma, semicolon or tab; quoted newlines.
import { Fault, utf8Decode } from '../lib/bytes.js';

/** The largest spreadsheet that a page takes; `skillpass import` takes larger ones. */
export const SHEET_BYTES_MAX = 16 * 1024 * 1024;
/** The most rows that a page takes. */
export const SHEET_ROWS_MAX = 10_000;
const COLUMNS_MAX = 256;
// Unicode White_Space; `trim` of JavaScript has another list.
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const OUTER_SPACE = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g');
const INNER_SPACE = new RegExp(`${SPACE}+`);
const ENDS = [0x2c, 0x3b, 0x09, 0x0a, 0x0d];

/** Without the white space around it. */
export function trimCell(text) {
  return text.replace(OUTER_SPACE, '');
}

/**
 * `{columns, rows: [{number, cells}]}`; rows are numbered as a spreadsheet program numbers them, cells are trimmed and on one line.
 * Throws a Fault: NOT_CSV, NOT_UTF8, SHEET_EMPTY, SHEET_TOO_LARGE.
 */
export function readSheet(bytes) {
  if (bytes.length > SHEET_BYTES_MAX) throw new Fault('SHEET_TOO_LARGE');
  const { text, delimiter } = withDelimiter(decodeSheet(bytes));
  const rows = [];
  for (const { number, cells } of records(text, delimiter)) {
    const lines = cells.map(oneLine);
    if (lines.every((cell) => cell === '')) continue;
    if (lines.length > COLUMNS_MAX || rows.length > SHEET_ROWS_MAX) throw new Fault('SHEET_TOO_LARGE');
    rows.push({ number, cells: lines });
  }
  if (rows.length < 2) throw new Fault('SHEET_EMPTY');
  return { columns: rows[0].cells, rows: rows.slice(1) };
}

function decodeSheet(bytes) {
  const startsWith = (...first) => first.every((byte, at) => bytes[at] === byte);
  // Workbooks of Excel and LibreOffice are ZIP archives; old Excel's are OLE.
  if (startsWith(0x50, 0x4b, 3, 4) || startsWith(0xd0, 0xcf, 0x11, 0xe0)) throw new Fault('NOT_CSV');
  if (startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)) throw new Fault('NOT_UTF8');
  const body = startsWith(0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
  const text = utf8Decode(body);
  if (text === null) throw new Fault('NOT_UTF8', whereNotUtf8(body));
  if (text.includes('\0')) throw new Fault('NOT_CSV');
  return text;
}

/** The cell in which bytes stop being UTF-8, so that people find it. */
function whereNotUtf8(bytes) {
  let [low, high] = [0, bytes.length];
  const isWhole = (end) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end), { stream: true }).indexOf('\ufffd') < 0;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (isWhole(middle)) low = middle;
    else high = middle;
  }
  let [from, to] = [low, low];
  while (from > 0 && low - from < 20 && !ENDS.includes(bytes[from - 1])) from -= 1;
  while (to < bytes.length && to - low < 20 && !ENDS.includes(bytes[to])) to += 1;
  return new TextDecoder().decode(bytes.subarray(from, to));
}

/** What stands between cells: what a `sep=` line says, else whichever the header row has most of. */
function withDelimiter(text) {
  const said = /^sep=([,;\t])\r?\n(?=[^])/.exec(text);
  if (said) return { text: text.slice(said[0].length), delimiter: said[1] };
  const counts = { ',': 0, ';': 0, '\t': 0 };
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\n' && !isQuoted) break;
    else if (!isQuoted && character in counts) counts[character] += 1;
  }
  const most = Object.entries(counts).reduce((best, one) => (one[1] > best[1] ? one : best));
  return { text, delimiter: most[0] };
}

/** Each record with its number; blank lines are counted and left out. */
function* records(text, delimiter) {
  let [at, number] = [0, 0];
  while (at < text.length) {
    if (text[at] === '\n' || text[at] === '\r') {
      if (text[at] === '\n') number += 1;
      at += 1;
      continue;
    }
    number += 1;
    const cells = [];
    for (;;) {
      const field = readField(text, at, delimiter);
      cells.push(field.value);
      at = field.end;
      if (text[at] !== delimiter) break;
      at += 1;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    yield { number, cells };
  }
}

/** One field from `start`: its value, and where what ends it stands. A quote counts only as the first character. */
function readField(text, start, delimiter) {
  let [at, value] = [start, ''];
  if (text[at] === '"') {
    at += 1;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote < 0) return { value: value + text.slice(at), end: text.length };
      value += text.slice(at, quote);
      at = quote + 1;
      if (text[at] !== '"') break;
      value += '"';
      at += 1;
    }
  }
  const from = at;
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return { value: value + text.slice(from, at), end: at };
}

/** A line break inside a cell is how it was laid out, not what it says. */
function oneLine(cell) {
  if (!/[\n\r]/.test(cell)) return trimCell(cell);
  return cell.split(INNER_SPACE).filter((word) => word !== '').join(' ');
}

/** A CSV text of rows, with a BOM for spreadsheet programs; no cell of it is a formula. */
export function writeSheet(rows) {
  return `\ufeff${rows.map((row) => row.map(writeCell).join(',')).join('\r\n')}\r\n`;
}

/** A cell without the apostrophe that keeps it from being taken for a formula. */
export function bareCell(cell) {
  return /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell;
}

function writeCell(cell) {
  const text = /^[=+\-@\t\r]/.test(String(cell)) ? `'${cell}` : String(cell);
  return /[",;\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
