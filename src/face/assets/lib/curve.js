// What WebCrypto leaves open about points: whether a key is one at all, in its one encoding, and of large order.

const ED_PRIME = 2n ** 255n - 19n;
const ED_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ED_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
// y of the eight points of small order, each sign of x: under such a key one signature fits many messages.
const ED_SMALL = [
  0n,
  1n,
  ED_PRIME - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
];
const P256_PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function modulo(value, prime) {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}

function power(base, exponent, prime) {
  let [result, square, rest] = [1n, modulo(base, prime), exponent];
  while (rest > 0n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
    rest >>= 1n;
  }
  return result;
}

function bigEndian(bytes) {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function littleEndian(bytes) {
  return bigEndian(Uint8Array.from(bytes).reverse());
}

/** y of an encoded point; the sign of x is in the last bit. */
function encodedY(bytes) {
  return littleEndian(bytes) & (2n ** 255n - 1n);
}

function isCanonicalAndLarge(bytes) {
  const y = encodedY(bytes);
  return y < ED_PRIME && !ED_SMALL.includes(y);
}

/** Whether 32 bytes are the one encoding of an Ed25519 point that is not of small order. */
export function isEdPoint(bytes) {
  if (bytes.length !== 32 || !isCanonicalAndLarge(bytes)) return false;
  const square = (encodedY(bytes) ** 2n) % ED_PRIME;
  // x^2 = (y^2 - 1) / (d y^2 + 1) has a root, by Euler's criterion.
  const quotient = (square - 1n) * power(ED_D * square + 1n, ED_PRIME - 2n, ED_PRIME);
  return power(quotient, (ED_PRIME - 1n) / 2n, ED_PRIME) === 1n;
}

/** Whether R and S of a signature are in their one encoding, and R is not of small order. */
export function isStrictEdSignature(signature) {
  return isCanonicalAndLarge(signature.subarray(0, 32)) && littleEndian(signature.subarray(32)) < ED_ORDER;
}

/** Whether two coordinates of 32 bytes are a point of P-256. */
export function isP256Point(xBytes, yBytes) {
  const [x, y] = [bigEndian(xBytes), bigEndian(yBytes)];
  if (xBytes.length !== 32 || yBytes.length !== 32 || x >= P256_PRIME || y >= P256_PRIME) return false;
  return modulo(y * y - (x * x * x - 3n * x + P256_B), P256_PRIME) === 0n;
}
