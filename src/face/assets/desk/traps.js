// What spreadsheet programs do to cells without asking: it looks like data, and is none.

const PROGRAM_ERRORS = ['#REF!', '#N/A', '#NAME?', '#VALUE!', '#DIV/0!', '#NUM!', '#NULL!', '#SPILL!', '#CALC!'];

/** Why a spreadsheet program spoilt a cell, or null. */
export function trapIn(cell) {
  if (PROGRAM_ERRORS.includes(cell) || /^#{3,}$/.test(cell) || /^Err:[0-9]{3}$/.test(cell)) return 'SPREADSHEET_ERROR';
  if (cell.startsWith('=')) return 'FORMULA';
  return /^[0-9]([.,][0-9]+)?E\+[0-9]{1,3}$/.test(cell) ? 'NUMBER_ROUNDED' : null;
}
