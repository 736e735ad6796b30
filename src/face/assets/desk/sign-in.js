// Who signs: the issuer's key, from its file or made in this browser, and the body that the ledger knows by it.
import { callApi } from '../lib/api.js';
import { Fault } from '../lib/bytes.js';
import { generateSigner } from '../lib/jose.js';
import { KEY_FILE_BYTES_MAX, readKeyFile } from '../lib/keyfile.js';
import { forgetSigner, keepSigner, keptSigner } from './store.js';
import { announce, breathe, byId, doing, quoted, saveText, say } from './ui.js';

/** Lets an officer sign in; `entered` is called with `{signer, issuer, name, kinds, countries}`. */
export async function offerSignIn({ origin, sheets }, entered) {
  const enter = async (signer) => {
    const body = await findBody(signer, sheets);
    showWho(body);
    entered({ signer, ...body });
  };
  const open = byId('key-open');
  byId('key-form').onsubmit = doing(open, async () => {
    const file = byId('key-file').files[0];
    if (!file || file.size > KEY_FILE_BYTES_MAX) throw new Fault('KEY_FILE_INVALID');
    announce(say('desk-key-opening'), 'unsure');
    await breathe();
    const passphrase = byId('key-passphrase').value;
    const signer = await readKeyFile(new Uint8Array(await file.arrayBuffer()), passphrase);
    byId('key-form').reset();
    await enter(signer);
  });
  const use = byId('key-use');
  use.onclick = doing(use, async () => enter(await keptSigner(origin)));
  byId('key-make').onclick = doing(byId('key-make'), async () => {
    await keepSigner(origin, await generateSigner('Ed25519'));
    await showKept(origin);
    announce(say('desk-key-made'));
  });
  byId('key-public').onclick = async () => {
    const { publicKey } = await keptSigner(origin);
    const jwk = { ...publicKey.jwk, kid: publicKey.thumbprint };
    saveText('issuer.pub.jwk', `${JSON.stringify(jwk, null, 2)}\n`, 'application/json');
  };
  byId('key-forget').onclick = doing(byId('key-forget'), async () => {
    if (!window.confirm(say('desk-key-forget-sure'))) return;
    await forgetSigner(origin);
    await showKept(origin);
  });
  await showKept(origin);
  open.disabled = false;
}

async function showKept(origin) {
  const kept = await keptSigner(origin);
  for (const id of ['key-kept', 'key-use', 'key-public', 'key-forget']) byId(id).hidden = kept === null;
  byId('key-make').hidden = kept !== null;
  if (kept) byId('key-kept').textContent = say('desk-key-kept', { kid: kept.publicKey.thumbprint });
}

/** The body that may sign with a key, and what it may state. */
async function findBody(signer, sheets) {
  const { bodies } = await callApi('bodies', { kid: signer.publicKey.thumbprint });
  if (bodies.length !== 1) throw new Fault(bodies.length === 0 ? 'UNKNOWN_KEY' : 'ISSUER_AMBIGUOUS');
  const [{ issuer, name }] = bodies;
  const { roots = [], authorisations = [] } = await callApi('body', { issuer });
  const valid = authorisations.filter((one) => one.ends.length === 0);
  const stated = roots.length > 0 ? sheets : valid.flatMap((one) => one.kinds);
  const countries = [...roots, ...valid].flatMap((one) => one.jurisdictions);
  return { issuer, name, stated: new Set(stated), countries: [...new Set(countries)].sort() };
}

function showWho({ issuer, name }) {
  announce('');
  byId('step-key').hidden = true;
  byId('signed-in').hidden = false;
  byId('who').replaceChildren(`${say('desk-who')} `, quoted(name), ' (', quoted(issuer), ')');
}
