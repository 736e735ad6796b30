// A worker's share of the mutations: made from a seed, judged by both verifiers, compared.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { QUESTIONS, differences, loadTrust, reportOfBrowser, reportsOfProgram } from './both.mjs';
import { FORGERIES } from './changes.mjs';
import { forgeTrust, loadKeys, readWorld, writeWorld } from './forge.mjs';
import { mutate } from './mutate.mjs';
import { randomOf } from './random.mjs';

/** Of ten mutations so many are by somebody who holds every key. */
const FORGED_SHARE = 0.6;

export function demoFiles(demo) {
  return ['passports', 'presentations'].flatMap((dir) => readdirSync(join(demo, dir)).map((name) => join(demo, dir, name)));
}

function forge(bytes, random, keys) {
  const world = { ...readWorld(bytes), now: Date.now() };
  const kinds = Object.keys(FORGERIES);
  const names = random.chance(0.25) ? [random.pick(kinds), random.pick(kinds)] : [random.pick(kinds)];
  try {
    for (const name of names) FORGERIES[name](world, random, keys);
    return { name: names.join('+'), bytes: writeWorld(world, keys) };
  } catch (error) {
    // As in `mutate`.
    if (names.length > 1 && error instanceof TypeError) return null;
    throw error;
  }
}

/** `{found, verdicts}`: what the two say differently, and how many files each verdict was said of. */
async function compareMutations({ program, demo, vocabulary, seed, count }) {
  const [random, keys] = [randomOf(seed), loadKeys(demo)];
  const dir = mkdtempSync(join(tmpdir(), 'skillpass-mutations-'));
  const trusts = { forged: join(dir, 'forged.toml'), plain: join(demo, 'trust.toml') };
  writeFileSync(trusts.forged, forgeTrust(demo, keys));
  const files = demoFiles(demo);
  // By whom, and under which question.
  const made = new Map();
  const [found, verdicts] = [[], {}];
  try {
    let skipped = 0;
    for (let at = 0; at < count; at += 1) {
      const [path, isForged] = [random.pick(files), random.chance(FORGED_SHARE)];
      const one = isForged ? forge(readFileSync(path), random, keys) : mutate(readFileSync(path), random);
      if (one === null) {
        skipped += 1;
        at -= 1;
        if (skipped > 10 + count / 20) throw new Error(`${skipped} changes could not be made`);
        continue;
      }
      const written = join(dir, `${at}.skillpass`);
      writeFileSync(written, one.bytes);
      const [sort, question] = [isForged ? 'forged' : 'plain', random.pick([...QUESTIONS.keys()])];
      const label = `seed ${seed}, file ${at} (${one.name} of ${path}; ${QUESTIONS[question][0].join(' ') || 'nothing asked'})`;
      const group = `${sort} ${question}`;
      made.set(group, [...(made.get(group) ?? []), { ...one, written, label }]);
    }
    for (const [group, some] of made) {
      const [sort, question] = group.split(' ');
      const [args, options] = QUESTIONS[question];
      const reports = await reportsOfProgram(program, some.map(({ written }) => written), ['--trust', trusts[sort], ...args]);
      const trust = await loadTrust(trusts[sort]);
      for (const [at, { bytes, label }] of some.entries()) {
        const report = await reportOfBrowser(bytes, trust, vocabulary, { now: Math.floor(Date.now() / 1000), ...options });
        const kind = `${sort} ${report.verdict}`;
        verdicts[kind] = (verdicts[kind] ?? 0) + 1;
        const lines = differences(reports[at], report);
        if (lines.length > 0) found.push(`${label}\n  ${lines.slice(0, 40).join('\n  ')}`);
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return { found, verdicts };
}

if (parentPort) parentPort.postMessage(await compareMutations(workerData));
