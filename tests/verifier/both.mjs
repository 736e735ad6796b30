// Runs both verifiers, the program's and the browser's, on the same files and compares what they say.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse as parseToml } from '../../src/face/assets/vendor/smol-toml/parse.js';
import { Real } from '../../src/face/assets/lib/json.js';
import { isTrustList, readTrustFile, readTrustList } from '../../src/face/assets/verify/trust.js';
import { verifyBytes } from '../../src/face/assets/verify/verify.js';

const FILES_AT_ONCE = 200;

/** What is asked about a file: as the program takes it, and as the page does. */
export const QUESTIONS = [
  [[], {}],
  [['--purpose', 'practise', '--country', 'DE', '--occupation', '2221'], { purpose: 'practise', country: 'DE', occupation: '2221' }],
  [['--purpose', 'practise', '--country', 'GB', '--occupation', '2221', '--valid-at', '2023-06-01'], { purpose: 'practise', country: 'GB', occupation: '2221', validAt: '2023-06-01' }],
  [['--purpose', 'study', '--country', 'IT'], { purpose: 'study', country: 'IT' }],
  [['--purpose', 'hire', '--country', 'CH', '--occupation', '7112'], { purpose: 'hire', country: 'CH', occupation: '7112' }],
  [['--purpose', 'hire'], { purpose: 'hire' }],
  [['--audience', 'https://nobody.example.invalid', '--nonce', 'n'], { audience: 'https://nobody.example.invalid', nonce: 'n' }],
];

/** The vocabulary that a check page carries, made by `skillpass verify --page`. */
export function readVocabulary(page) {
  const html = readFileSync(page, 'utf8');
  return JSON.parse(/<script type="application\/json" id="vocabulary">(.*?)<\/script>/s.exec(html)[1]);
}

export async function loadTrust(path) {
  const text = readFileSync(path, 'utf8');
  return isTrustList(text) ? (await readTrustList(text, parseToml)).trust : readTrustFile(text, parseToml);
}

/** The program's reports on these files, in their order. */
export async function reportsOfProgram(program, files, args) {
  const reports = [];
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    const some = files.slice(at, at + FILES_AT_ONCE);
    const text = await new Promise((resolve, reject) => {
      execFile(program, ['verify', '--json', ...args, ...some], { maxBuffer: 2 ** 30 }, (error, stdout, stderr) =>
        stdout ? resolve(stdout) : reject(error ?? new Error(stderr)));
    });
    reports.push(...readReports(text));
  }
  if (reports.length !== files.length) throw new Error(`${reports.length} reports on ${files.length} files`);
  return reports;
}

/** One JSON object a line, or pretty-printed objects one after the other. */
function readReports(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.every((line) => line.startsWith('{') && line.endsWith('}'))) return lines.map((line) => JSON.parse(line));
  return text.trimEnd().split(/\n(?=\{)/).map((one) => JSON.parse(one));
}

export async function reportOfBrowser(bytes, trust, vocabulary, options) {
  const report = await verifyBytes(bytes, trust, vocabulary, options);
  const plain = (value) => (value instanceof Real ? Number(value.value) : typeof value === 'bigint' ? Number(value) : value);
  return JSON.parse(JSON.stringify(report, (_, value) => plain(value)));
}

const DETAILS_ASIDE = ({ check, status, subject }) => `${check} ${status} ${subject}`;

/** What the two say differently, in lines; empty if nothing. Details may differ in words, nothing else. */
export function differences(ofProgram, ofBrowser) {
  const found = [];
  const compare = (what, one, other) => {
    if (JSON.stringify(one) !== JSON.stringify(other)) found.push(`${what}: program ${JSON.stringify(one)}, browser ${JSON.stringify(other)}`);
  };
  compare('verdict', ofProgram.verdict, ofBrowser.verdict);
  const [rows, others] = [ofProgram.checks.map(DETAILS_ASIDE), ofBrowser.checks.map(DETAILS_ASIDE)];
  const detail = (report, row) => report.checks.find((one) => DETAILS_ASIDE(one) === row).detail;
  for (const row of rows.filter((one) => !others.includes(one))) found.push(`only the program: ${row}: ${detail(ofProgram, row)}`);
  for (const row of others.filter((one) => !rows.includes(one))) found.push(`only the browser: ${row}: ${detail(ofBrowser, row)}`);
  if (found.length === 0) compare('order of rows', rows, others);
  compare('answer', ofProgram.answer, ofBrowser.answer);
  compare('statement', sorted(ofProgram.statement), sorted(ofBrowser.statement));
  compare('number of records', ofProgram.records.length, ofBrowser.records.length);
  for (const [at, record] of ofProgram.records.entries()) {
    const other = ofBrowser.records[at] ?? {};
    for (const name of new Set([...Object.keys(record), ...Object.keys(other)])) {
      compare(`record ${record.jti} ${name}`, sorted(record[name]), sorted(other[name]));
    }
  }
  return found;
}

/** The order of an object's members says nothing. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}
