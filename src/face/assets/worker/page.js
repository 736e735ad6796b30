// The worker's page: which part of it is open follows from the key on this device and from what the ledger says to it.
import { WorkerCalls } from './calls.js';
import { Handout, isUnavailable, showLinks } from './handout.js';
import { askForKey, offerChange, offerRecovery, showCounter, showKept, showRecovery } from './keys.js';
import { keptKey } from './keyring.js';
import { contest, showDisputes, showNotes } from './lists.js';
import { Choice, showIdentity, showRecords } from './records.js';
import { announce, byId, doing, faultText, message, readData } from './ui.js';

const ORIGIN = readData('page').origin;
const PARTS = ['enter', 'kept', 'bind', 'home'];

function show(...open) {
  for (const part of PARTS) byId(part).hidden = !open.includes(part);
}

/** Opens the passport with this key; if the ledger does not know it, the way to make it known. */
async function enter(worker, signer) {
  const calls = new WorkerCalls(ORIGIN, worker, signer);
  showKept(ORIGIN, worker, signer);
  const look = async () => {
    try {
      await showHome(calls);
      return true;
    } catch (fault) {
      if (!isUnavailable(fault)) throw fault;
      show('kept', 'bind');
      return false;
    }
  };
  showCounter(worker, signer, look);
  offerRecovery(calls, look);
  if (!(await look())) byId('bind-title').focus();
}

async function showHome(calls) {
  const passport = await calls.passport('holder');
  const forEmployers = await calls.passport('employer');
  const again = () => showHome(calls).catch((fault) => {
    if (!isUnavailable(fault)) throw fault;
    show('kept', 'bind');
  });
  const [choice, records] = [new Choice(), byId('records')];
  const handout = new Handout(calls, choice, passport.identity);
  records.replaceChildren();
  byId('identity').replaceChildren();
  showIdentity(byId('identity'), passport.identity);
  const onContest = (record, from) => contest(calls, record, from, () => showDisputes(calls, titlesOf(passport)));
  showRecords(records, passport, forEmployers, choice, () => handout.count(), onContest);
  handout.count();
  showRecovery(calls, passport.holder_key?.recovery, again);
  offerChange(calls, again);
  await showLinks(calls);
  await showDisputes(calls, titlesOf(passport));
  await showNotes(calls);
  const refresh = byId('access-again');
  refresh.onclick = doing(refresh, () => showNotes(calls));
  show('kept', 'home');
}

function titlesOf(passport) {
  return new Map(Object.values(passport.sections).flat().map((record) => [record.hash, record.title]));
}

async function start() {
  if (!globalThis.isSecureContext) {
    announce(message('worker-insecure'), 'bad');
    return;
  }
  const kept = await keptKey(ORIGIN);
  askForKey(ORIGIN, enter);
  if (kept === null) {
    show('enter');
    return;
  }
  await enter(kept.worker, kept.signer);
}

start().catch((fault) => {
  console.error(fault);
  show('enter');
  announce(faultText(fault), 'bad');
});
