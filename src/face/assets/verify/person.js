// Is this the person in front of the verifier? (SPEC.md, "Verification", `identity_binding`)
import { base64urlDecode, base64urlEncode, sha256, utf8Encode } from '../lib/bytes.js';
import { WHOLE_FILE } from './report.js';

/** One row on the file, if a person was given. */
export async function checkPerson(checked, { rows, options }) {
  const { person } = options;
  if (person === null) return;
  const found = [];
  const opened = checked.filter((one) => one.meaning?.kind === 'PassportOpened');
  for (const { meaning, statement } of opened) found.push(await compare(person, meaning, statement.undisclosed === 0));
  const note = (status, why) => rows.note('identity_binding', status, WHOLE_FILE, why);
  if (found.includes('differs')) note('FAIL', 'it differs from the document that was checked when the passport was opened');
  else if (found.includes('agrees')) note('PASS', "names and birth date, or the document itself, are those of the passport's worker");
  else note('UNKNOWN', 'the file does not show enough of who the worker is to compare');
}

/** Case and spaces aside. */
function plain(name) {
  return name.split(/[\s\u0085]+/u).filter((word) => word !== '').map((word) => word.toLowerCase()).join(' ');
}

/** `isWhole`: what it does not show it does not say, so whoever it is about has no such name. */
async function compare(person, meaning, isWhole) {
  const name = (claims, written) => {
    const given = plain(written ?? '') === '' ? undefined : written;
    const shown = claims.map((claim) => meaning.text(claim)).filter((text) => text !== null).map(plain);
    if (isWhole && shown.length === 0) return given === undefined;
    if (given === undefined || shown.length === 0) return null;
    return shown.includes(plain(given));
  };
  const exact = (claim, given) => (given === undefined || meaning.text(claim) === null ? null : given.trim() === meaning.text(claim));
  const family = name(['family_name', 'family_name_latin'], person.family_name);
  const given = name(['given_name', 'given_name_latin'], person.given_name);
  const born = exact('birth_date', person.birth_date);
  const document = exact('document_number_commitment', await commitmentOf(person));
  const others = [exact('document_type', person.document_type), exact('document_country', person.document_country)];
  if ([family, given, born, document, ...others].includes(false)) return 'differs';
  return document || (family && given && born) ? 'agrees' : 'open';
}

async function commitmentOf({ document_salt: salt, document_country: country, document_type: type, document_number: number }) {
  const bytes = salt === undefined ? null : base64urlDecode(salt.trim());
  if (bytes?.length !== 16 || [country, type, number].includes(undefined)) return undefined;
  const text = `${country.trim()}|${type.trim()}|${number.replace(/[\s\u0085]/gu, '').toUpperCase()}`;
  return base64urlEncode(await sha256(utf8Encode('skillpass/v1 document\n'), bytes, utf8Encode(text)));
}
