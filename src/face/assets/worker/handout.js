// Showing the passport to somebody: a presentation made here, behind a link or in a file; links listed and taken back.
import { ApiFault } from '../lib/api.js';
import { Fault, base64urlEncode, randomBytes } from '../lib/bytes.js';
import { presentFile, readComplete } from '../lib/present.js';
import { drawQr } from '../lib/qr.js';
import { closeShare, newShareSecret, shareLink, shareNames, shareNonce } from '../lib/share.js';
import { kinds } from './records.js';
import { announce, byId, dateText, doing, make, message, quoted, save } from './ui.js';

const IDENTITY_CLAIMS = ['family_name', 'given_name', 'family_name_latin', 'given_name_latin', 'birth_date'];
const DAY_SECONDS = 24 * 3600;
/** The longest presentation that a link may lead to. */
const LINK_BYTES_MAX = 1024 * 1024;

/** The form: what is chosen, for whom, for how long. */
export class Handout {
  constructor(calls, choice, identity) {
    this.calls = calls;
    this.choice = choice;
    this.birthDate = identity?.birth_date;
    const [link, file] = [byId('share-link'), byId('share-file')];
    byId('share').onsubmit = doing(link, () => this.makeLink());
    file.onclick = doing(file, () => this.saveFile());
    this.count();
  }

  count() {
    byId('share-chosen').textContent = message('worker-share-chosen', { count: this.choice.shows().length });
  }

  /** A presentation of what is chosen. */
  async present(nonce) {
    const shows = this.choice.shows();
    if (shows.length === 0) {
      announce(message('worker-share-nothing'), 'bad');
      return null;
    }
    const complete = await readComplete(await this.calls.file());
    const opened = complete.sources.find((source) => source.kind === 'PassportOpened' && source.claims.sub === this.calls.worker);
    if (byId('share-identity').checked && opened) {
      shows.push({ id: opened.id, claims: IDENTITY_CLAIMS.filter((claim) => claim in opened.claims) });
    }
    const audience = byId('share-audience').value.trim() || `https://${this.calls.origin}/v`;
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + Number(byId('share-days').value) * DAY_SECONDS;
    const bytes = await presentFile(complete, { shows, audience, nonce, issuedAt, expiresAt }, kinds(), this.calls.signer);
    return { bytes, audience, expiresAt };
  }

  async makeLink() {
    const secret = newShareSecret();
    const made = await this.present(await shareNonce(secret));
    if (made === null) return;
    if (made.bytes.length > LINK_BYTES_MAX) throw new Fault('TOO_LARGE_FOR_LINK');
    const names = await shareNames(secret, this.birthDate);
    const box = base64urlEncode(await closeShare(secret, made.bytes));
    await this.calls.createLink({ ...names, audience: made.audience, expires_at: made.expiresAt, box });
    this.showLink(shareLink(window.location.origin, secret));
    await showLinks(this.calls);
    announce(message('worker-share-made'));
  }

  showLink(link) {
    const field = make('input', { id: 'share-url', readonly: true, value: link, dir: 'ltr' });
    const copy = make('button', { type: 'button' }, message('worker-share-copy'));
    copy.onclick = doing(copy, async () => {
      field.select();
      await navigator.clipboard.writeText(link);
      announce(message('worker-share-copied'));
    });
    const label = make('label', { for: 'share-url' }, message('worker-share-url'));
    const picture = make('p', {}, drawQr(link, message('worker-share-qr')));
    byId('share-result').replaceChildren(label, field, make('p', {}, copy), picture);
    field.focus();
  }

  async saveFile() {
    const made = await this.present(base64urlEncode(randomBytes(12)));
    if (made === null) return;
    save('passport.skillpass', made.bytes);
    announce(message('worker-share-saved'));
  }
}

/** The links that open, and a way to take each back. */
export async function showLinks(calls) {
  const links = await calls.links();
  const into = byId('links');
  into.replaceChildren(...links.map((link) => row(calls, link)));
  if (links.length === 0) into.append(make('li', {}, message('worker-links-none')));
}

function row(calls, link) {
  const until = dateText(new Date(link.expires_at * 1000).toISOString().slice(0, 10));
  const revoke = make('button', { type: 'button' }, message('worker-links-revoke'));
  revoke.onclick = doing(revoke, async () => {
    await calls.revokeLink(link.share);
    await showLinks(calls);
    announce(message('worker-links-revoked'));
    byId('links-title').focus();
  });
  const notes = [make('p', {}, quoted(link.audience)), make('p', {}, message('worker-links-until', { date: until }))];
  if (link.wrong > 0) notes.push(make('p', { class: 'unsure' }, message('worker-links-wrong', { count: link.wrong })));
  if (link.closed) notes.push(make('p', { class: 'bad' }, message('worker-links-closed')));
  return make('li', { class: 'card' }, ...notes, revoke);
}

/** Whether a refusal says only that nothing may be read here. */
export function isUnavailable(fault) {
  return fault instanceof ApiFault && fault.reason === 'NOT_AVAILABLE';
}
