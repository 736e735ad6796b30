// Key files of `skillpass key new`: a private JWK, its private part sealed under a passphrase if the owner wanted so.
import { argon2idAsync } from '../vendor/@noble/hashes/argon2.js';
import { xchacha20poly1305 } from '../vendor/@noble/ciphers/chacha.js';
import { Fault, base64urlDecode, utf8Encode } from './bytes.js';
import { readJwkText, readPublicKey, readSigner } from './jose.js';
import { isInteger, isObject, parseJson } from './json.js';

export const KEY_FILE_BYTES_MAX = 16 * 1024;
const MEMORY_KIB_MAX = 1024 * 1024;
const PASSES_MAX = 16;
const NONCE_BYTES = 24;

/**
 * The signer of a key file; its private key cannot be exported from the browser again. Throws a Fault: KEY_FILE_INVALID,
 * PASSPHRASE_NEEDED, PASSPHRASE_WRONG. `told` hears how far the passphrase's derivation is, from 0 to 1.
 */
export async function readKeyFile(bytes, passphrase, told = () => {}) {
  const jwk = bytes.length <= KEY_FILE_BYTES_MAX ? readJwkText(bytes) : null;
  if (!isObject(jwk)) throw new Fault('KEY_FILE_INVALID');
  const isSealed = 'sealed' in jwk;
  if (isSealed && passphrase === '') throw new Fault('PASSPHRASE_NEEDED');
  const signer = await readSigner(isSealed ? await unsealJwk(jwk, passphrase, told) : jwk);
  if (signer === null) throw new Fault('KEY_FILE_INVALID');
  return signer;
}

async function unsealJwk(jwk, passphrase, told) {
  const publicKey = await readPublicKey(jwk);
  const { sealed } = jwk;
  const bytes = (name) => (isObject(sealed) && typeof sealed[name] === 'string' ? base64urlDecode(sealed[name]) : null);
  const [salt, box] = [bytes('salt'), bytes('box')];
  const isCost = (value, low, high) => isInteger(value) && value >= low && value <= high;
  const isReadable = publicKey && salt?.length === 16 && box && isCost(sealed.memory_kib, 8, MEMORY_KIB_MAX) && isCost(sealed.passes, 1, PASSES_MAX);
  if (!isReadable) throw new Fault('KEY_FILE_INVALID');
  const cost = { t: sealed.passes, m: sealed.memory_kib, p: 1, dkLen: 32, maxmem: 2 ** 31 - 1, onProgress: told };
  const key = await argon2idAsync(utf8Encode(passphrase), salt, cost);
  const cipher = xchacha20poly1305(key, box.subarray(0, NONCE_BYTES), utf8Encode(publicKey.thumbprint));
  let plain;
  try {
    plain = cipher.decrypt(box.subarray(NONCE_BYTES));
  } catch {
    throw new Fault('PASSPHRASE_WRONG');
  }
  return parseJson(plain);
}
