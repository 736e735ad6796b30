// The kinds that a spreadsheet can state, with their columns.
import { readSheet } from './sheet.js';

/** What columns of the passport to open start with. */
export const OPENING_PREFIX = 'open.';

/**
 * `{name, claims, columns, opening}`: claims from the vocabulary, columns `{name, required, what, how, sample}` from the guide that the
 * program prints (`skillpass kinds NAME --csv-guide --open-missing`), those that open a passport apart.
 */
export function sheetKind(known, name, guide) {
  const explained = readSheet(guide).rows.map(({ cells }) => {
    const [column, needed, what, how, sample] = cells;
    return { name: column, required: needed === 'yes', what, how, sample: sample ?? '' };
  });
  const isOpening = (column) => column.name.startsWith(OPENING_PREFIX);
  const columns = explained.filter((column) => !isOpening(column));
  return { name, claims: known.kinds[name].claims, columns, opening: explained.filter(isOpening) };
}

/** `PassportOpened`, whose columns are nobody's question. */
export function openingKind(known) {
  return { name: 'PassportOpened', claims: known.kinds.PassportOpened.claims, columns: [] };
}
