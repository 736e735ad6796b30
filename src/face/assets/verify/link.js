// Opening a link to a passport (SPEC.md, "Share links"): the secret stays in the browser, the ledger sees two numbers made from it.
import { base64urlDecode, base64urlEncode, utf8Encode } from '../lib/bytes.js';

const FILE_BYTES_MOST = 16 * 1024 * 1024 + 16;

async function derive(secret, info, length) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8Encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, length * 8));
}

/** `{bytes, nonce}` of the presentation behind a link, `{wait}` in seconds if there were too many tries, else nothing. */
export async function openLink(hash, birthDate) {
  const secret = base64urlDecode(/^#s=([A-Za-z0-9_-]{22})$/.exec(hash)?.[1] ?? '');
  if (secret?.length !== 16) return {};
  const id = await derive(secret, 'skillpass/v1 share id\n', 16);
  const gate = await derive(secret, `skillpass/v1 share birth date\n${birthDate}`, 32);
  try {
    const answer = await fetch('/api/v1/shares/open', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: base64urlEncode(id), gate: base64urlEncode(gate) }),
    });
    if (answer.status === 429) return { wait: Number(answer.headers.get('retry-after')) || 60 };
    const sealed = answer.ok ? await answer.arrayBuffer() : null;
    if (sealed === null || sealed.byteLength > FILE_BYTES_MOST) return {};
    const box = await derive(secret, 'skillpass/v1 share box\n', 44);
    const key = await crypto.subtle.importKey('raw', box.subarray(0, 32), 'AES-GCM', false, ['decrypt']);
    const how = { name: 'AES-GCM', iv: box.subarray(32), additionalData: id };
    const bytes = new Uint8Array(await crypto.subtle.decrypt(how, key, sealed));
    return { bytes, nonce: base64urlEncode(await derive(secret, 'skillpass/v1 share nonce\n', 16)) };
  } catch {
    return {};
  }
}
