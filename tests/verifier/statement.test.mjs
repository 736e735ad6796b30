// Every vector of tests/vectors/statement that concerns our own statements, through the modules that browsers run.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../../src/face/assets/lib/json.js';
import { readPublicKey } from '../../src/face/assets/lib/jose.js';
import { parseStatement, verifyStatement } from '../../src/face/assets/lib/statement.js';

const VECTORS = new URL('../vectors/statement/', import.meta.url);

export function readVector(name) {
  const bytes = readFileSync(new URL(name, VECTORS));
  const split = bytes.indexOf('\n\n');
  const head = Object.fromEntries(
    bytes.subarray(0, split).toString().split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)),
  );
  return { ...head, text: bytes.subarray(split + 2, -1).toString() };
}

const names = readdirSync(VECTORS).filter((name) => name.endsWith('.txt'));

test('there are vectors', () => assert.ok(names.length > 150));

for (const name of names) {
  const vector = readVector(name);
  if (vector.check !== 'statement') continue;
  test(name, async () => {
    const key = await readPublicKey(parseJson(Buffer.from(vector.key)));
    const found = await parseStatement(vector.text)
      .then((statement) => verifyStatement(statement, key))
      .then(() => 'ACCEPTED', (fault) => fault.reason ?? fault);
    // Our own statements name the key that is to verify them.
    assert.equal(found, vector.expect);
  });
}
