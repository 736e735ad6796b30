// "Did you mean …?": the nearest of a few known names.
import { utf8Encode } from '../lib/bytes.js';

/** The candidate within one to three edits, depending on the length; null if there is none. */
export function closest(typed, candidates) {
  const from = utf8Encode(typed.toLowerCase());
  if (from.length > 64) return null;
  const limit = from.length < 5 ? 1 : from.length < 9 ? 2 : 3;
  let best = null;
  for (const candidate of candidates) {
    const edits = distance(from, utf8Encode(candidate.toLowerCase()));
    if (edits <= limit && (best === null || edits < best.edits)) best = { edits, candidate };
  }
  return best?.candidate ?? null;
}

/** Levenshtein's distance. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 0; i < one.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      next.push(Math.min(row[j] + (one[i] === other[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row.at(-1);
}
