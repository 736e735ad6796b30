// Writes the names of countries and languages in each of our languages, from the browser vendors' own data (Unicode CLDR, by Intl):
// node names.mjs MESSAGES_DIR. For whoever adds a language or a country; the files it makes are checked in.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir] = process.argv.slice(2);
const countries = [...readFileSync(join(dir, '../../event/vocab/countries.rs'), 'utf8').matchAll(/\("([A-Z]{2})", "/g)].map((found) => found[1]).filter((code, at, all) => at === all.indexOf(code) && !['ZZ', 'QQ'].includes(code));
const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const two = letters.flatMap((one) => letters.map((other) => one + other));
const more = ['ceb', 'ilo', 'hil', 'war', 'bho', 'mai', 'awa', 'mag', 'hne', 'fil', 'bem', 'nyn', 'prs', 'ckb', 'kea', 'quc', 'nah', 'zgh', 'syr'];
const english = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const tags = [...two, ...more].filter((tag) => english.of(tag) && new Intl.Locale(tag).language === tag);

for (const lang of ['en', 'fr', 'es', 'ar', 'hi', 'tl']) {
  const locale = lang === 'tl' ? 'fil' : lang;
  const source = '# Unicode CLDR (Unicode License V3), by tests/browser/names.mjs.\n';
  const country = new Intl.DisplayNames(locale, { type: 'region' });
  writeFileSync(join(dir, lang, 'country.ftl'), source + countries.map((code) => `country-${code.toLowerCase()} = ${country.of(code)}\n`).join(''));
  const language = new Intl.DisplayNames(locale, { type: 'language' });
  writeFileSync(join(dir, lang, 'language.ftl'), source + tags.map((tag) => `language-${tag} = ${language.of(tag)}\n`).join(''));
}
