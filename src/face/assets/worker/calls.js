// What the page asks of the ledger as the worker, and what it states with the worker's key.
import { callApi, fetchBytes } from '../lib/api.js';
import { issueStatement } from '../lib/issue.js';

/** Everything the page does in the worker's name. */
export class WorkerCalls {
  constructor(origin, worker, signer) {
    this.origin = origin;
    this.worker = worker;
    this.signer = signer;
  }

  by(method) {
    return { signer: this.signer, origin: this.origin, method: `/skillpass.v1.PassportService/${method}` };
  }

  passport(view) {
    return callApi('passport', { worker: this.worker, view }, this.by('GetPassport'));
  }

  file() {
    return fetchBytes('export', { worker: this.worker }, this.by('ExportPassport'));
  }

  async notes() {
    return (await callApi('access', { worker: this.worker }, this.by('ListAccess'))).notes;
  }

  async disputes() {
    return (await callApi('disputes', { worker: this.worker }, this.by('ListDisputes'))).disputes;
  }

  async links() {
    return (await callApi('shares/list', { worker: this.worker }, this.by('ListShares'))).shares;
  }

  createLink(members) {
    return callApi('shares/create', { worker: this.worker, ...members }, this.by('CreateShare'));
  }

  revokeLink(share) {
    return callApi('shares/revoke', { worker: this.worker, share }, this.by('RevokeShare'));
  }

  /** Signs a statement and has it recorded; `holderKey` is the public key that it binds. */
  async state(kind, claims, holderKey = null) {
    const { publicKey } = this.signer;
    const said = { sub: this.worker, ...claims };
    const { text } = await issueStatement({ issuer: publicKey.did, kind, claims: said, holderKey }, this.signer);
    return callApi('append', { statement: text });
  }
}
