// Reading the files of tests/vectors/statement.
import { readFileSync } from 'node:fs';

/** `{expect, comment, check, key, bytes, text}` of one file. */
export function readVector(path) {
  const bytes = readFileSync(path);
  const split = bytes.indexOf('\n\n');
  const lines = bytes.subarray(0, split).toString().split('\n');
  const head = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
  const body = bytes.subarray(split + 2, -1);
  return { ...head, bytes: body, text: body.toString() };
}
