// The desk's checks against `skillpass import --check`: the same rows, columns and reasons for every nasty sheet, the same digests.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ASSETS, SKILLPASS, fresh } from './desk.mjs';

const { checkSheet } = await import(`${ASSETS}/desk/check.js`);
const { readSheet, writeSheet } = await import(`${ASSETS}/desk/sheet.js`);
const { sheetKind } = await import(`${ASSETS}/desk/kinds.js`);

const DIR = mkdtempSync(join(tmpdir(), 'skillpass-cells-'));
after(() => rmSync(DIR, { recursive: true }));
let KNOWN;
let SHEETS;

// What cells are checked against comes with the page, from the program's own tables.
before(async (t) => {
  const cleanups = [];
  const ledger = await fresh({ after: (work) => cleanups.push(work) });
  const html = await (await fetch(`${ledger.http}/desk`)).text();
  KNOWN = JSON.parse(/<script type="application\/json" id="vocabulary">(.*?)<\/script>/s.exec(html)[1]);
  for (const clean of cleanups.reverse()) await clean();
  const isBody = ([, kind]) => kind.class === 'person' && kind.signer === 'body';
  const hasSheet = (name) => spawnSync(SKILLPASS, ['kinds', name, '--csv-template']).status === 0;
  SHEETS = Object.entries(KNOWN.kinds).filter(isBody).map(([name]) => name).filter(hasSheet);
});

const guides = new Map();
function kindOf(name) {
  if (!guides.has(name)) {
    const guide = execFileSync(SKILLPASS, ['kinds', name, '--csv-guide', '--open-missing']);
    guides.set(name, sheetKind(KNOWN, name, guide));
  }
  return guides.get(name);
}

function templateOf(name, more = []) {
  const [columns, ...rows] = execFileSync(SKILLPASS, ['kinds', name, '--csv-template', ...more]).toString().split('\r\n');
  return { columns: readSheet(Buffer.from(`${columns}\r\n${rows[0]}\r\n`)).columns, cells: readSheet(Buffer.from(`${columns}\r\n${rows[0]}\r\n`)).rows[0].cells };
}

/** What both say of the same bytes: `row,column,reason` lines, or the reason why the file is no sheet. */
async function both(bytes, kind, { openMissing = false, constants = [] } = {}) {
  const file = join(DIR, 'sheet.csv');
  const errorsFile = join(DIR, 'sheet.errors.csv');
  writeFileSync(file, bytes);
  rmSync(errorsFile, { force: true });
  const args = ['import', file, '--kind', kind, '--check', '--json'];
  if (openMissing) args.push('--open-missing', '--slips', join(DIR, 'slips'));
  for (const [name, value] of constants) args.push('--set', `${name}=${value}`);
  const run = spawnSync(SKILLPASS, args, { encoding: 'utf8' });
  const said = run.status === 0 ? null : JSON.parse(run.stderr.trim().split('\n').at(-1)).error.reason;
  let cli = [said ?? 'GOOD'];
  if (said === 'ROWS_REFUSED') {
    assert.ok(existsSync(errorsFile), run.stderr);
    cli = readSheet(readFileSync(errorsFile)).rows.map(({ cells }) => [cells[0], cells[1] ?? '', cells[2]].join(','));
  }
  let desk;
  try {
    const { errors } = await checkSheet(readSheet(bytes), { kind: kindOf(kind), constants, openMissing }, KNOWN);
    desk = errors.map(({ row, column, reason }) => `${row},${/^[=+\-@\t\r]/.test(column) ? `'${column}` : column},${reason}`);
    if (errors.length === 0) desk = ['GOOD'];
  } catch (fault) {
    if (!fault.reason) throw fault;
    desk = [fault.reason];
  }
  return { cli: cli.sort(), desk: desk.sort() };
}

async function agree(bytes, kind, options, what) {
  const { cli, desk } = await both(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, kind, options);
  assert.deepEqual(desk, cli, what);
  return desk;
}

const csv = (rows) => rows.map((row) => row.map((cell) => (/[",;\n\r\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')).join('\r\n');

/** Values that break, or seem to break, some shape. */
const NASTY = ['', ' ', 'x', '=1+1', '#REF!', '2.05E+13', '31.12.2024', '12/31/2024', '03/04/2024', '2024-02-30', '2024-13-01', '1850-01-01', '2024-06-28',
  '45657', '1', '0', '-1', '+7', '99999', '99999999999999999999', 'true', 'TRUE', 'yes', 'ph', 'ZZ', 'UK', 'EN', 'en', 'pt-br', 'pt-BR', 'x'.repeat(301), 'a\u202eb', 'a\u0000',
  'é'.repeat(200), 'FORMAL', 'formal', 'INFORMALLY', '7112', '04', '9999', '0732', '732', '11', 'wkr_00041061050r3gg28a1c60t3gfe', 'WKR-0004-1061', 'wkr_00041061050r3gg28a1c60t3gff',
  '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV', 'a;b', 'a;a', ';', 'a;;b', ';'.repeat(3), 'ph/pqf', 'PQF', 'ph/nqf', 'eqf', 'B1', 'b1', 'C3',
  '1050.50', '1,050', '01', 'EUR', 'eur', 'https://x.example.invalid', 'http://x', '<script>alert(1)</script>', "' OR 1=1", '2024-01-31T12:00:00Z', '2018', '4', '2026-06-01', '1999-01-01',
  'http://data.europa.eu/esco/occupation/05f321f8-055b-407d-bf19-e0ddabda56b7', '5.1', '\u00a0x\u00a0', '1969-12-31T00:00:00Z', 'line\nbreak', 'x'.repeat(9000), 'Å'.repeat(4097)];

test('every template is good in both, but for its example row', async () => {
  for (const kind of SHEETS) {
    const { columns, cells } = templateOf(kind);
    const found = await agree(csv([columns, cells]), kind, {}, kind);
    assert.ok(found.join() === 'GOOD' || found.join() === '2,,EXAMPLE_ROW', `${kind}: ${found}`);
  }
});

test('every column of every kind, with every nasty cell: both say the same of each', async () => {
  for (const kind of SHEETS) {
    const { columns, cells } = templateOf(kind);
    const rows = columns.flatMap((_, at) => NASTY.map((nasty) => cells.map((cell, other) => (other === at ? nasty : cell))));
    // A NUL makes it no text at all; that is a test of its own.
    const clean = rows.map((row) => row.map((cell) => cell.replaceAll('\u0000', '')));
    await agree(csv([columns, ...clean]), kind, {}, kind);
  }
});

test('two claims of a row against each other: both say the same', async () => {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (const kind of SHEETS) {
    const { columns, cells } = templateOf(kind);
    const choices = columns.map((column) => {
      const [, ...words] = KNOWN.kinds[kind].claims.find((claim) => claim.name === column)?.shape?.flat?.() ?? [];
      return ['', '2019-01-01', '2024-06-28', '2031-01-01', '2029-06-28', cells[columns.indexOf(column)], ...words.filter((word) => typeof word === 'string')];
    });
    const rows = Array.from({ length: 120 }, () => cells.map((cell, at) => (random(3) === 0 ? choices[at][random(choices[at].length)] : cell)));
    await agree(csv([columns, ...rows]), kind, {}, kind);
  }
});

test('passports to open: both say the same of each column', async () => {
  const kind = 'TrainingCompleted';
  const { columns, cells } = templateOf(kind, ['--open-missing']);
  const rows = columns.flatMap((_, at) => ['', 'x', '31.12.2024', 'PH', '=1', '2E+10', '2030-01-01', 'PASSPORT', 'P-1 2', '#N/A'].map((nasty) => cells.map((cell, other) => (other === at ? nasty : cell))));
  await agree(csv([columns, ...rows]), kind, { openMissing: true }, 'opening');
  await agree(csv([columns, ...rows]), kind, {}, 'without --open-missing');
  await agree(csv([columns.filter((column) => !column.startsWith('open.b')), ...rows.slice(0, 3)]), kind, { openMissing: true }, 'a column short');
});

test('sheets as programs save them, and what is none: both say the same', async () => {
  const head = 'worker,issuing_country,title.en,learning_setting,completed_on';
  const good = 'wkr_00041061050r3gg28a1c60t3gfe,PH,Bricklaying,FORMAL,2024-06-28';
  const sheets = {
    crlf: `${head}\r\n${good}\r\n`, bom: `\ufeff${head}\n${good}\n`, semicolons: `${head}\n${good}\n`.replaceAll(',', ';'), tabs: `${head}\n${good}`.replaceAll(',', '\t'),
    sep: `sep=;\r\n${head}\r\n${good}`.replaceAll(',', ';'), 'sep alone': 'sep=;\r\n', blank: `${head}\n\n\n${good}\n\n`, spaces: `  worker , issuing_country,title.en,learning_setting,completed_on\n ${good} \n`,
    empty: '', 'header only': `${head}\n`, 'title above': `Graduates,,,,\n${head}\n${good}`, merged: `${head},,\n${good},x,\n${good.replace('Brick', 'Block')},,y`,
    'too many cells': `${head}\n${good},x`, 'comma unquoted': `${head}\n${good.replace('Bricklaying', 'Brick, laying')}`, twice: `${head}\n${good}\n${good}`, 'column twice': `${head},title.en\n${good},x`,
    unknown: `${head},titel.fr,colour\n${good},a,b`, 'quotes inside': `${head}\n${good.replace('Bricklaying', 'Brick"lay"ing')}`, 'quoted and more': `${head}\n${good.replace('Bricklaying', '"Brick"laying')}`,
    'open quote': `${head}\n${good.replace('Bricklaying', '"Bricklaying')}`, 'two lines': `${head}\n${good.replace('Bricklaying', '"Brick\r\nlaying"')}\n${good.replace('PH', 'ZZ')}`, nul: `${head}\n${good}\0`,
    workbook: 'PK\u0003\u0004rest', 'old macs': `${head}\r${good}\r`, 'languages': `${head},title.EN\n${good},x`, 'prefix alone': `${head},open.\n${good},x`, 'sub column': `${head},sub\n${good},x`,
    'proto': `${head},__proto__,constructor\n${good},x,y`, 'many columns': `${head}${',x'.repeat(300)}\n${good}`, 'a formula header': `=cmd(),${head}\nx,${good}`, 'long header': `${'h'.repeat(100)},${head}\nx,${good}`,
    'missing columns': 'worker,title.en\nwkr_00041061050r3gg28a1c60t3gfe,x', 'no worker': `${head.slice(7)}\n${good.slice(32)}`, 'only spaces': '  \n  \n', 'object half': `${head},credit_point.point\n${good},3`,
  };
  for (const [name, text] of Object.entries(sheets)) {
    await agree(text, 'TrainingCompleted', {}, name);
    await agree(text, 'TrainingCompleted', { openMissing: true }, `${name}, opening`);
  }
  await agree(Buffer.concat([Buffer.from(`${head}\n`), Buffer.from(good.replace('Bricklaying', 'Jos\xe9'), 'latin1')]), 'TrainingCompleted', {}, 'Windows-1252');
  await agree(Buffer.from(`\ufeff${head}\n${good}`, 'utf16le'), 'TrainingCompleted', {}, 'UTF-16');
  await agree(`${head.replace('issuing_country,', '')}\n${good.replace('PH,', '')}`, 'TrainingCompleted', { constants: [['issuing_country', 'ph']] }, 'a constant');
});

test('what the desk writes holds no formula, and both read it back', () => {
  const cells = ['=1+1', '+1', '-x', '@SUM(A1)', '\tx', 'plain', 'a,b', '"q"', '12'];
  const text = writeSheet([cells, cells]);
  for (const cell of readSheet(Buffer.from(text)).columns) assert.doesNotMatch(cell, /^[=+\-@]/);
});
