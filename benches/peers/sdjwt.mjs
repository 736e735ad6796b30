// @sd-jwt/sd-jwt-vc verifying one credential again and again: {"text", "jwk", "seconds"} in, {"us", "times"} out.
// The library leaves signatures to its caller: Node's own Ed25519, the key read once.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';

const { text, jwk, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const key = createPublicKey({ key: jwk, format: 'jwk' });
const instance = new SDJwtVcInstance({
  hasher: (data) => createHash('sha256').update(data).digest(),
  hashAlg: 'sha-256',
  verifier: (data, signature) => verify(null, Buffer.from(data), key, Buffer.from(signature, 'base64url')),
});
const took = [];
const ends = performance.now() + 1000 * seconds;
for (let started = performance.now(); started < ends; started = performance.now()) {
  await instance.verify(text);
  took.push(performance.now() - started);
}
took.sort((a, b) => a - b);
console.log(JSON.stringify({ us: 1000 * took[took.length >> 1], times: took.length }));
