// Opening a link to a passport (SPEC.md, "Share links"): its secret stays in the browser.
import { ApiFault, fetchBytes } from '../lib/api.js';
import { base64urlEncode } from '../lib/bytes.js';
import { openShare, readShareSecret, shareGate, shareId, shareNonce } from '../lib/share.js';

/** `{bytes, nonce}` of the presentation behind a link, `{wait}` in seconds if there were too many tries, else nothing. */
export async function openLink(hash, birthDate) {
  const secret = readShareSecret(hash);
  if (secret === null) return {};
  const [id, gate] = [await shareId(secret), await shareGate(secret, birthDate)];
  try {
    const box = await fetchBytes('shares/open', { id: base64urlEncode(id), gate: base64urlEncode(gate) });
    const bytes = await openShare(secret, box);
    return bytes === null ? {} : { bytes, nonce: await shareNonce(secret) };
  } catch (fault) {
    return fault instanceof ApiFault && fault.wait ? { wait: fault.wait } : {};
  }
}
