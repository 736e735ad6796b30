// What WebCrypto alone would let pass: encodings that are not the one, points of small order, JSON that is read in two ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64Decode, base64urlDecode, base64urlEncode, hexDecode } from '../../src/face/assets/lib/bytes.js';
import { generateSigner, readEd25519Bytes, readPublicKey, verifySignature } from '../../src/face/assets/lib/jose.js';
import { Real, parseJson } from '../../src/face/assets/lib/json.js';

// The eight points of small order, by their canonical encodings and others (libsodium's list).
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000', '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
];
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

test('keys of small order, off the curve or in another encoding are none', async () => {
  for (const point of SMALL_ORDER) assert.equal(await readEd25519Bytes(hexDecode(point)), null, point);
  const offCurve = hexDecode(`02${'00'.repeat(31)}`);
  assert.equal(await readEd25519Bytes(offCurve), null, 'y = 2 is on no point');
  // y = 3 is on the curve; y = 3 + p is the same point in other bytes.
  assert.notEqual(await readEd25519Bytes(hexDecode(`03${'00'.repeat(31)}`)), null);
  assert.equal(await readEd25519Bytes(hexDecode(`f0${'ff'.repeat(30)}7f`)), null);
});

test('a signature has one S, and its R is of no small order', async () => {
  const { publicKey, privateKey } = await generateSigner();
  const message = new TextEncoder().encode('message');
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message));
  assert.ok(await verifySignature(publicKey, message, signature));
  let s = 0n;
  for (const byte of signature.slice(32).reverse()) s = (s << 8n) | BigInt(byte);
  s += ORDER;
  const other = signature.slice();
  for (let at = 32; at < 64; at += 1, s >>= 8n) other[at] = Number(s & 255n);
  assert.equal(await verifySignature(publicKey, message, other), false, 'S + L');
  for (const point of SMALL_ORDER) {
    const small = signature.slice();
    small.set(hexDecode(point), 0);
    assert.equal(await verifySignature(publicKey, message, small), false, point);
  }
});

test('P-256 points are on the curve, coordinates below the prime', async () => {
  const { publicKey } = await generateSigner('ES256');
  assert.notEqual(await readPublicKey(publicKey.jwk), null);
  const y = base64urlDecode(publicKey.jwk.y);
  y[31] ^= 1;
  assert.equal(await readPublicKey({ ...publicKey.jwk, y: base64urlEncode(y) }), null);
  assert.equal(await readPublicKey({ ...publicKey.jwk, d: 'AA' }), null, 'a private part');
});

test('base64 has one spelling', () => {
  assert.deepEqual(base64urlDecode('AA'), Uint8Array.of(0));
  for (const bad of ['AB', 'AA==', 'A', 'A A', 'AA\n', '+/8']) assert.equal(base64urlDecode(bad), null, bad);
  assert.deepEqual(base64Decode('AA=='), Uint8Array.of(0));
  for (const bad of ['AB==', 'AA', 'AA=', '_-8=', '====', 'A===']) assert.equal(base64Decode(bad), null, bad);
});

test('JSON is read as the program reads it', () => {
  const read = (text) => parseJson(Buffer.from(text));
  const reason = (text) => {
    try {
      read(text);
      return 'OK';
    } catch (fault) {
      return fault.reason;
    }
  };
  for (const bad of ['', '{} {}', '1 x', '[1,]', 'NaN', '1e999', '01', '+1', '"\\ud800"', "'a'", '\ufeff{}', '{"a":1,}', '"\u0001"', '"\\x"', '-', '1.', '.5']) {
    assert.equal(reason(bad), 'MALFORMED', bad);
  }
  assert.equal(reason('{"a":1,"\\u0061":2}'), 'DUPLICATE_MEMBER');
  assert.equal(reason('{"__proto__":1,"__proto__":2}'), 'DUPLICATE_MEMBER');
  assert.equal(reason('['.repeat(17)), 'TOO_DEEP');
  assert.equal(reason(`${'['.repeat(16)}${']'.repeat(16)}`), 'OK');
  assert.equal(read('9007199254740993'), 9007199254740993n);
  for (const real of ['1.0', '-0', '1e0', '18446744073709551616']) assert.ok(read(real) instanceof Real, real);
  assert.equal(read('"\\ud83d\\ude00"'), '\u{1f600}');
});
