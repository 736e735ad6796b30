// Calls to the ledger that served the page (SPEC.md, "Calls by pages").
import { Fault, base64urlEncode, randomBytes } from './bytes.js';
import { signJws } from './jose.js';

const CREDENTIAL_SECONDS = 120;

/** What the ledger answered instead: `reason` as everywhere, `help`, and how many seconds to wait, if waiting helps. */
export class ApiFault extends Fault {
  constructor(reason, message, help, wait) {
    super(reason, message);
    this.help = help;
    this.wait = wait;
  }
}

/**
 * Calls `/api/v1/NAME` with these members and answers its JSON. `by` is `{signer, origin, method, iss}`: with whose key, at which
 * ledger, for which gRPC method; `iss` only of a body. Without it the call carries no credential.
 */
export async function callApi(name, members, by = null) {
  return (await ask(name, members, by)).json();
}

/** The same for a call that answers bytes. */
export async function fetchBytes(name, members, by = null) {
  return new Uint8Array(await (await ask(name, members, by)).arrayBuffer());
}

async function ask(name, members, by) {
  const headers = { 'content-type': 'application/json' };
  if (by !== null) headers.authorization = `Bearer ${await credential(by)}`;
  const how = { method: 'POST', headers, body: JSON.stringify(members), credentials: 'omit', cache: 'no-store', redirect: 'error' };
  let answer;
  try {
    answer = await fetch(`/api/v1/${name}`, how);
  } catch {
    throw new ApiFault('UNREACHABLE', 'the ledger did not answer', '', null);
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  const { reason = 'UNREACHABLE', message = '', help = '' } = error ?? {};
  const wait = Number(answer.headers.get('retry-after'));
  throw new ApiFault(reason, message, help, wait > 0 ? wait : null);
}

function credential({ signer, origin, method, iss }) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { aud: origin, iat: now, exp: now + CREDENTIAL_SECONDS, jti: base64urlEncode(randomBytes(16)), htm: method };
  if (iss !== undefined) payload.iss = iss;
  return signJws('skillpass-access+jwt', payload, signer);
}
