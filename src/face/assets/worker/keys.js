// The worker's key: made or loaded here, shown at the counter, moved to another device, won back.
import { generateSigner, hasEd25519, readJwkText, readPublicKey } from '../lib/jose.js';
import { KEY_FILE_BYTES_MAX, readKeyFile } from '../lib/keyfile.js';
import { drawQr } from '../lib/qr.js';
import { readTypedWorkerId, spacedWorkerId } from '../lib/worker.js';
import { Fault, utf8Encode } from '../lib/bytes.js';
import { forgetKey, keepKey } from './keyring.js';
import { announce, byId, doing, make, message, save, timeText } from './ui.js';

/** The first form: whose passport, and with which key. `opened` is called with the key that is kept from now on. */
export function askForKey(origin, opened) {
  const id = byId('worker-id');
  const fromSlip = /^#w=(.+)$/.exec(window.location.hash);
  if (fromSlip) id.value = decodeURIComponent(fromSlip[1]);
  const take = async (signer) => {
    const { id: worker } = readTypedWorkerId(id.value);
    id.toggleAttribute('aria-invalid', !worker);
    if (!worker) {
      announce(message('worker-id-wrong'), 'bad');
      id.focus();
      return;
    }
    const made = await signer();
    await keepKey(origin, worker, made);
    await opened(worker, made);
  };
  const button = byId('key-make');
  byId('enter-form').onsubmit = doing(button, () => take(async () => generateSigner((await hasEd25519()) ? 'Ed25519' : 'ES256')));
  const openButton = byId('key-open');
  openButton.onclick = doing(openButton, () => take(signerOfFile));
}

/** The key in the file chosen, opened by its passphrase if it is sealed. */
async function signerOfFile() {
  const file = byId('key-file').files[0];
  if (!file || file.size > KEY_FILE_BYTES_MAX) throw new Fault('KEY_FILE_INVALID');
  const passphrase = byId('key-passphrase');
  const signer = await readKeyFile(new Uint8Array(await file.arrayBuffer()), passphrase.value);
  passphrase.value = '';
  return signer;
}

/** Whose key this is, and how to be rid of it. */
export function showKept(origin, worker, signer) {
  byId('kept-worker').textContent = spacedWorkerId(worker);
  byId('kept-thumbprint').textContent = signer.publicKey.thumbprint;
  const forget = byId('key-forget');
  forget.onclick = doing(forget, async () => {
    if (!window.confirm(message('worker-key-forget-sure'))) return;
    await forgetKey(origin);
    window.location.reload();
  });
}

/** What to do until a body has recorded the key. */
export function showCounter(worker, signer, look) {
  const jwk = JSON.stringify({ ...signer.publicKey.jwk, kid: signer.publicKey.thumbprint });
  byId('bind-code').replaceChildren(drawQr(jwk, message('worker-bind-qr')));
  byId('bind-text').value = jwk;
  byId('bind-save').onclick = () => save(`${worker}.pub.jwk`, utf8Encode(`${jwk}\n`), 'application/json');
  const check = byId('bind-check');
  check.onclick = doing(check, async () => {
    if (!(await look())) announce(message('worker-bind-not-yet'), 'unsure');
  });
}

/** The end of a recovery: the new key says so itself, after the seven days. */
export function offerRecovery(calls, done) {
  const finish = byId('recover-finish');
  byId('recover-form').onsubmit = doing(finish, async () => {
    const request = byId('recover-request').value.trim();
    await calls.state('HolderKeyRecovered', { request }, calls.signer.publicKey);
    await done();
    announce(message('worker-recover-done'));
  });
}

/** Somebody asked for another key: who holds this one can object. */
export function showRecovery(calls, recovery, done) {
  const place = byId('recovery');
  place.hidden = !recovery;
  if (!recovery) return;
  const values = { issuer: recovery.requested_by, date: timeText(recovery.requested_at) };
  const cancel = make('button', { type: 'button' }, message('worker-recover-cancel'));
  cancel.onclick = doing(cancel, async () => {
    await calls.state('HolderKeyRecoveryCancelled', { request: recovery.request });
    await done();
    announce(message('worker-recover-cancelled'));
  });
  place.replaceChildren(make('p', {}, message('worker-recover-open', values)), cancel);
}

/** Another device's key takes this one's place. */
export function offerChange(calls, done) {
  const text = byId('change-key');
  const file = byId('change-file');
  file.onchange = async () => {
    if (file.files[0]?.size <= KEY_FILE_BYTES_MAX) text.value = await file.files[0].text();
  };
  const change = byId('change-do');
  byId('change-form').onsubmit = doing(change, async () => {
    const { kty, crv, x, y } = readJwkText(utf8Encode(text.value)) ?? {};
    const key = await readPublicKey(y === undefined ? { kty, crv, x } : { kty, crv, x, y });
    if (key === null) {
      announce(message('worker-change-wrong'), 'bad');
      text.focus();
      return;
    }
    await calls.state('HolderKeyChanged', { reason: 'NEW_DEVICE' }, key);
    await done();
    announce(message('worker-change-done'));
  });
}
