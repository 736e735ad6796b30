// Which witnesses suffice: a c2sp.org/tlog-policy (SPEC.md, "Cosignatures and policy").
import { Fault, equalBytes, utf8Encode } from '../lib/bytes.js';
import { readDecimal, readVerifierKey } from './note.js';

const BYTES_MAX = 64 * 1024;
const KEYS_MAX = 256;

/** `{witnesses, rules, quorum}` of a policy's text; `quorum` is the place of its rule, null if it asks for nobody. */
export async function readPolicy(text) {
  if (utf8Encode(text).length > BYTES_MAX) throw new Fault('POLICY_TOO_LARGE');
  const policy = { logs: [], witnesses: [], rules: [], names: new Map(), quorum: undefined };
  for (const line of text.split('\n')) await readLine(policy, line);
  if (policy.quorum === undefined) throw new Fault('POLICY_QUORUM');
  return policy;
}

async function readLine(policy, line) {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) throw new Fault('POLICY_CHARACTER');
  const [word, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (word === undefined || word.startsWith('#')) return;
  if (word === 'log' && (items.length === 1 || items.length === 2)) {
    policy.logs.push(await listedKey(items[0], false, policy.logs));
  } else if (word === 'witness' && (items.length === 2 || items.length === 3)) {
    const key = await listedKey(items[1], true, policy.witnesses);
    define(policy, items[0], { witness: policy.witnesses.length });
    policy.witnesses.push(key);
  } else if (word === 'group' && items.length >= 3) {
    readGroup(policy, items);
  } else if (word === 'quorum' && items.length === 1) {
    if (policy.quorum !== undefined) throw new Fault('POLICY_QUORUM');
    policy.quorum = items[0] === 'none' ? null : named(policy, items[0]).place;
  } else {
    throw new Fault('POLICY_LINE');
  }
}

async function listedKey(text, isCosigner, known) {
  const verifier = await readVerifierKey(text);
  if (verifier === null || verifier.isCosigner !== isCosigner) throw new Fault('POLICY_KEY');
  if (known.length === KEYS_MAX) throw new Fault('POLICY_TOO_LARGE');
  if (known.some(({ key }) => equalBytes(key.raw, verifier.key.raw))) throw new Fault('POLICY_DUPLICATE_KEY');
  return verifier;
}

function readGroup(policy, [name, count, ...members]) {
  const threshold = count === 'all' ? members.length : count === 'any' ? 1 : readDecimal(count);
  if (threshold === null || threshold < 1 || threshold > members.length) throw new Fault('POLICY_THRESHOLD');
  const places = members.map((member) => {
    const found = named(policy, member);
    if (found.isTaken) throw new Fault('POLICY_MEMBER_TWICE');
    found.isTaken = true;
    return found.place;
  });
  define(policy, name, { threshold, members: places });
}

function define(policy, name, rule) {
  if (name === 'none' || policy.names.has(name)) throw new Fault('POLICY_NAME');
  if (policy.rules.length === 2 * KEYS_MAX) throw new Fault('POLICY_TOO_LARGE');
  policy.names.set(name, { place: policy.rules.length, isTaken: false });
  policy.rules.push(rule);
}

function named(policy, name) {
  const found = policy.names.get(name);
  if (!found) throw new Fault('POLICY_UNKNOWN_NAME');
  return found;
}

/** Whether these witnesses, by their place in the policy, suffice. */
export function isMetBy(policy, witnesses) {
  if (policy.quorum === null) return true;
  const met = [];
  for (const rule of policy.rules) {
    const isMet = 'witness' in rule
      ? witnesses.includes(rule.witness)
      : rule.members.filter((place) => met[place]).length >= rule.threshold;
    met.push(isMet);
  }
  return met[policy.quorum];
}
