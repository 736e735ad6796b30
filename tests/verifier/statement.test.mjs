// Every vector of tests/vectors/statement that concerns our own statements, through the modules that browsers run.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../../src/face/assets/lib/json.js';
import { readPublicKey } from '../../src/face/assets/lib/jose.js';
import { readVector } from './vector.mjs';
import { parseStatement, verifyStatement } from '../../src/face/assets/lib/statement.js';

const VECTORS = new URL('../vectors/statement/', import.meta.url);

const names = readdirSync(VECTORS).filter((name) => name.endsWith('.txt'));

test('there are vectors', () => assert.ok(names.length > 150));

for (const name of names) {
  const vector = readVector(new URL(name, VECTORS));
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
