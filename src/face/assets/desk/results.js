// What a run recorded: slips, report, the file for the command line; and the rows of this session that can be changed.
import { callApi } from '../lib/api.js';
import { reportSheet, signedFile } from './report.js';
import { forgetPersons } from './store.js';
import { announce, byId, doing, faultWords, goTo, saveText, say } from './ui.js';

const SLIPS_AT_ONCE = 500;

/** `{rows, add, onChange}`: the recorded rows of this session, what adds a run to them, and who wants to hear of it. */
export function offerResults({ origin }, body) {
  const results = { rows: [], onChange: () => {} };
  results.add = async (run) => {
    const told = run.rows.map((row) => outcomeOf(row, run));
    const recorded = told.filter((row) => row.revision !== undefined);
    const refused = told.length - recorded.length;
    announce(say('desk-run-done', { recorded: recorded.length, refused }), refused === 0 ? 'good' : 'bad');
    results.merge(recorded);
    offerFiles(run, told, body);
    offerSlips(run, body, origin);
    goTo('step-results');
  };
  results.merge = (rows) => {
    const known = new Set(results.rows.map((row) => row.hash));
    results.rows.push(...rows.filter((row) => !known.has(row.hash)));
    results.onChange();
  };
  return results;
}

function outcomeOf({ number, digest }, { kind, sheet, outcomes }) {
  const { id, worker, hash, revision, fault } = outcomes.get(digest);
  const cells = sheet.rows.find((row) => row.number === number)?.cells ?? [];
  const named = new Map(sheet.columns.map((column, at) => [column, cells[at] ?? '']));
  return { number, kind, id, worker, hash, revision, reason: fault?.reason, message: fault && faultWords(fault), cells: named };
}

function offerFiles(run, told, body) {
  byId('report-save').onclick = () => saveText(`${run.name}.report.csv`, reportSheet(told), 'text/csv');
  const signed = [...run.outcomes.values()];
  byId('signed-save').onclick = () => saveText(`${run.name}.signed`, signedFile(run.kind, body.issuer, signed), 'application/jsonl');
  const forget = byId('persons-forget');
  forget.onclick = doing(forget, async () => {
    await forgetPersons();
    byId('slip-box').hidden = true;
    byId('signed-save').hidden = true;
    announce(say('desk-persons-forgotten'));
  });
  byId('signed-save').hidden = signed.every((row) => row.statement === undefined);
}

function offerSlips({ name, outcomes }, body, origin) {
  const opened = new Map();
  for (const row of outcomes.values()) if (row.open && row.revision !== undefined) opened.set(row.worker, row);
  byId('slip-box').hidden = opened.size === 0;
  const save = byId('slips-save');
  save.onclick = doing(save, async () => {
    const all = [...opened.values()].map((row) => ({ worker: row.worker, name: row.name, ...(row.salt ? { document_salt: row.salt } : {}) }));
    const [lang, help] = [byId('slip-language').value, byId('slip-help').value.trim()];
    const words = { lang, page: window.location.origin, opened_by: `${body.name} (${body.issuer})`, ...(help ? { help } : {}) };
    const by = { signer: body.signer, origin, method: '/api/v1/slips', iss: body.issuer };
    for (let at = 0; at < all.length; at += SLIPS_AT_ONCE) {
      const { html } = await callApi('slips', { ...words, slips: all.slice(at, at + SLIPS_AT_ONCE) }, by);
      saveText(`${name}.slips${at === 0 ? '' : `-${at / SLIPS_AT_ONCE + 1}`}.html`, html, 'text/html');
    }
    announce(say('desk-slips-saved', { count: all.length }));
  });
}
