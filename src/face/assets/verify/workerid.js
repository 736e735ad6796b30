// Worker ids: Crockford's base32 and an ISO 7064 MOD 37,36 check character (SPEC.md, "Worker id").

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const CHECK_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
const FORM = /^wkr_([0-7][0-9a-hjkmnp-tv-z]{25})([0-9a-z])$/;

/** The 16 bytes of a worker id in its one spelling, or null. */
export function readWorkerId(text) {
  const found = FORM.exec(text);
  if (!found || checkCharacter(found[1]) !== found[2]) return null;
  let value = 0n;
  for (const letter of found[1]) value = (value << 5n) | BigInt(LETTERS.indexOf(letter));
  const bytes = new Uint8Array(16);
  for (let at = 15; at >= 0; at -= 1) {
    bytes[at] = Number(value & 255n);
    value >>= 8n;
  }
  return bytes;
}

function checkCharacter(body) {
  let carried = 36;
  for (const letter of body) {
    const sum = (carried + CHECK_LETTERS.indexOf(letter)) % 36 || 36;
    carried = (2 * sum) % 37;
  }
  return CHECK_LETTERS[(37 - carried) % 36];
}
