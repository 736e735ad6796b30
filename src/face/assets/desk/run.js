// One run: rows signed, sent and told; stopped and continued, by the same rows again if need be.
import { ApiFault } from '../lib/api.js';
import { Fault } from '../lib/bytes.js';
import { sendRows, signRows } from './send.js';
import { SignedRows } from './store.js';
import { announce, breathe, byId, doing, faultWords, goTo, say } from './ui.js';

const LOCK = 'skillpass-desk';
// Ends the run of this page that was stopped and not continued: another may begin.
let endStopped = async () => {};

/**
 * Signs and sends `run`, `{name, kind, sheet, rows}`; `recorded` is called with `{...run, outcomes}` when every row is answered, `outcomes`
 * being by digest what was signed, with `revision` or `fault`.
 */
export async function runRows({ origin }, body, run, recorded) {
  await navigator.storage?.persist?.();
  await endStopped();
  // Two windows of one browser must not sign the same rows at once.
  const signing = navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) throw new Fault('IMPORT_RUNNING');
    await new Promise((resolve, reject) => {
      endStopped = () => {
        resolve();
        return signing;
      };
      runOnce(origin, body, run, recorded, resolve).catch(reject);
    });
  });
  await signing;
}

async function runOnce(origin, body, run, recorded, ended) {
  const { signer, issuer } = body;
  const kept = new SignedRows(origin, issuer, run.kind);
  let isStopped = false;
  goTo('step-run');
  showBar('desk-signing', 0, run.rows.length);
  const signed = await signRows(run.rows, { signer, issuer, kind: run.kind }, kept, async (done) => {
    showBar('desk-signing', done, run.rows.length);
    await breathe();
  });
  if (signed === null) throw new Fault('SIGNED_WITH_ANOTHER_KEY');
  const outcomes = new Map(run.rows.map(({ digest }) => [digest, signed.get(digest)]));
  const doneRows = () => [...outcomes.values()].filter((row) => row.revision !== undefined || row.fault).length;
  const [stop, again] = [byId('run-stop'), byId('run-continue')];
  const send = async () => {
    isStopped = false;
    stop.hidden = false;
    again.hidden = true;
    let isDone = false;
    try {
      const open = [...outcomes.values()].filter((row) => !row.fault);
      isDone = await sendRows(open, kept, (told) => {
        Object.assign(outcomes.get(told.digest), told);
        showBar('desk-sending', doneRows(), run.rows.length);
      }, () => isStopped);
      if (!isDone) announce(say('desk-stopped'), 'unsure');
    } catch (fault) {
      if (!(fault instanceof ApiFault)) throw fault;
      announce(faultWords(fault), 'bad');
    }
    stop.hidden = true;
    again.hidden = isDone;
    if (!isDone) {
      again.focus();
      return;
    }
    showBar('desk-sending', doneRows(), run.rows.length);
    ended();
    await recorded({ ...run, outcomes, kept });
  };
  stop.onclick = () => { isStopped = true; };
  again.onclick = doing(again, send);
  await send();
}

function showBar(message, done, all) {
  byId('run-bar').max = all;
  byId('run-bar').value = done;
  byId('run-said').textContent = say(message, { done, all });
}
