// Who looked, and what the worker contests.
import { byId, doing, announce, hasMessage, make, message, quoted, timeText } from './ui.js';

const GROUNDS = ['NOT_ME', 'FACTS_WRONG', 'DATES_WRONG', 'PROCEDURE', 'DISCRIMINATION', 'OTHER'];

/** Who read the passport here, the newest first. */
export async function showNotes(calls) {
  const notes = (await calls.notes()).reverse();
  byId('access-none').hidden = notes.length > 0;
  byId('access-table').hidden = notes.length === 0;
  byId('access-rows').replaceChildren(...notes.map((note) => {
    const times = note.times > 1 ? ` (${message('worker-access-times', { count: note.times })})` : '';
    const who = [message(`worker-access-by-${note.by}`)];
    if (note.by !== 'holder' && note.purpose === '') who.push(' ', quoted(note.who));
    const why = note.call === 'OpenShareRefused' ? [message('worker-access-refused'), ' '] : [];
    return make('tr', {}, make('td', {}, timeText(note.last), times), make('td', {}, ...who), make('td', {}, ...why, quoted(note.purpose)));
  }));
}

/** What is contested, and what became of it. */
export async function showDisputes(calls, titles) {
  const disputes = await calls.disputes();
  const rows = disputes.map((dispute) => {
    const state = `worker-resolution-${dispute.resolution ?? 'open'}`;
    const parts = [
      make('p', {}, quoted(titles.get(dispute.target) ?? dispute.target_jti)),
      make('p', {}, message(`worker-grounds-${dispute.grounds}`)),
      make('p', { class: 'unsure' }, hasMessage(state) ? message(state) : dispute.resolution),
    ];
    if (dispute.statement) parts.splice(2, 0, make('p', {}, quoted(dispute.statement)));
    return make('li', { class: 'card' }, ...parts);
  });
  byId('disputes').replaceChildren(...rows);
  if (disputes.length === 0) byId('disputes').append(make('li', {}, message('worker-disputes-none')));
}

/** The form in which a record is contested; when it closes, the focus goes back to where it came from. */
export function contest(calls, record, from, done) {
  const form = byId('contest');
  byId('contest-title').textContent = message('worker-dispute-title', { title: record.title });
  byId('contest-grounds').replaceChildren(...GROUNDS.map((ground) => make('option', { value: ground }, message(`worker-grounds-${ground}`))));
  byId('contest-words').value = '';
  const close = () => {
    form.hidden = true;
    from.focus();
  };
  byId('contest-back').onclick = close;
  const send = byId('contest-send');
  byId('contest-form').onsubmit = doing(send, async () => {
    const claims = { target: record.hash, grounds: byId('contest-grounds').value };
    const words = byId('contest-words').value.trim();
    if (words !== '') claims.statement = words;
    await calls.state('DisputeRaised', claims);
    close();
    await done();
    announce(message('worker-dispute-sent'));
  });
  form.hidden = false;
  byId('contest-title').focus();
}
