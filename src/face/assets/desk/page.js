// The registrar's desk: from a spreadsheet to signed records, and what becomes of them later.
import { hasEd25519 } from '../lib/jose.js';
import { offerChanges } from './changes.js';
import { offerResults } from './results.js';
import { offerSheet } from './sheet-step.js';
import { offerSignIn } from './sign-in.js';
import { announce, byId, pageData, say } from './ui.js';

const DESK = pageData('desk');
const KNOWN = pageData('vocabulary');

async function start() {
  if (!(await hasEd25519())) {
    announce(say('desk-error-no-ed25519'), 'bad');
    return;
  }
  await offerSignIn(DESK, (body) => {
    const results = offerResults(DESK, body);
    offerSheet(DESK, KNOWN, body, results.add);
    offerChanges(DESK, KNOWN, body, results);
  });
  // What was signed stays: a corrected row must not open a second passport. Whoever shares the computer removes it.
  byId('sign-out').onclick = () => window.location.reload();
}

await start();
