// What a forger with every key may change of what a file says (forge.mjs).
import { randomUUID } from 'node:crypto';
import { DAY_MS, jws, newSigner } from './forge.mjs';
import { encode, sha256 } from './model.mjs';

const persons = (world) => world.statements.filter(({ isPublic }) => !isPublic);
const publics = (world) => world.statements.filter(({ isPublic }) => isPublic);
const kindOf = ({ payload }) => payload.vct.split(':').at(-1);
const hashOf = ({ jwt }) => encode(sha256(jwt ?? ''));
const ODD = [
  '', ' x', 'x ', 'a\u202eb', 'a\u0000b', '\ufeff', 'x'.repeat(2000), 0, -1, 1.5, 1e3, true, null, [], {}, ['a', 'a'], ['a'], { en: 'x' }, { en: '' }, { EN: 'x' },
  '2024-02-30', '1899-12-31', '2201-01-01', '2024-1-1', 'XX', 'DE', 'PH', 'XK', '99', '7112', '0', '44', '0732', '100', 'en', 'en-Latn-PH', 'EN',
  'https://a.invalid', 'https://A.invalid', 'http://a.invalid', '1050.50', '01', '1.0000', 'FULL', 'REFUSED', 'PASSED', 'FAILED', 'NONE',
  { framework: 'ph/pqf', version: '2018', code: '4' }, { framework: 'eqf', version: '2017', code: '4' }, { framework: 'ph/pqf', version: '2018', code: '99' },
  { id: 'x', version: '1' }, { framework: 'ECVET', point: '1' }, { listening: 'B1' },
];

function otherValue(random, value, world) {
  if (typeof value === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) && random.chance(0.6)) {
    const day = new Date(Date.parse(value) + (random.below(4000) - 2000) * DAY_MS);
    return day.toISOString().slice(0, 10);
  }
  if (random.chance(0.4)) return random.pick(ODD);
  if (random.chance(0.3)) {
    const others = world.statements.flatMap((one) => (one.claims ? one.claims.map(([, , other]) => other) : Object.values(one.payload)));
    return random.pick(others);
  }
  if (random.chance(0.3)) return hashOf(random.pick(world.statements));
  if (Array.isArray(value)) return random.chance(0.5) ? value.slice(1) : [...value, value[0]];
  if (typeof value === 'object' && value !== null) {
    const name = random.pick(Object.keys(value));
    return { ...value, [name]: random.pick(ODD) };
  }
  if (typeof value === 'number') return value + random.pick([-1, 1, 100000]);
  return typeof value === 'boolean' ? !value : `${value}x`;
}

function freeLeaf(world, ledger, random) {
  const used = new Set(world.statements.filter((one) => one.ledger === ledger).map(({ leaf }) => leaf));
  const size = Math.max(world.sizes[ledger], ...[...used].map((leaf) => leaf + 1));
  const free = Array.from({ length: size }, (_, leaf) => leaf).filter((leaf) => !used.has(leaf));
  return free.length > 0 && random.chance(0.7) ? random.pick(free) : size;
}

/** The time at which an entry at this leaf may be recorded. */
function timeAt(world, ledger, leaf) {
  const before = world.statements.filter((one) => one.ledger === ledger && one.leaf < leaf);
  return Math.max(...before.map(({ recordedAt }) => recordedAt));
}

/** Adds a public statement about `sub`, signed as another statement of `by` was. */
function addPublic(world, random, by, sub, kind, claims) {
  const leaf = freeLeaf(world, by.ledger, random);
  const recordedAt = timeAt(world, by.ledger, leaf);
  const id = `urn:uuid:${randomUUID().replace(/^(.{14})4/, '$17')}`;
  const payload = { iss: by.payload.iss, iat: Math.floor(recordedAt / 1000), jti: id, vct: `urn:skillpass:v1:${kind}`, sub, ...claims };
  world.statements.push({ ledger: by.ledger, leaf, stream: sub, isPublic: true, recordedAt, header: { ...by.header }, payload, jwt: null, claims: null });
}

/** Moves a statement to a free leaf before another. */
function placeBefore(world, one, other, random) {
  const used = new Set(world.statements.filter(({ ledger }) => ledger === other.ledger).map(({ leaf }) => leaf));
  const free = Array.from({ length: other.leaf }, (_, leaf) => leaf).filter((leaf) => leaf > 3 && !used.has(leaf));
  if (free.length === 0) return;
  one.leaf = random.pick(free);
  one.recordedAt = timeAt(world, one.ledger, one.leaf);
  one.payload.iat = Math.floor(one.recordedAt / 1000);
}

function addPerson(world, random, by, kind, claims) {
  const leaf = freeLeaf(world, by.ledger, random);
  const recordedAt = timeAt(world, by.ledger, leaf);
  const id = `urn:uuid:${randomUUID().replace(/^(.{14})4/, '$17')}`;
  const payload = { iss: by.payload.iss, iat: Math.floor(recordedAt / 1000), jti: id, vct: `urn:skillpass:v1:${kind}`, _sd_alg: 'sha-256', _sd: [] };
  const own = by.claims.filter(([, name]) => name === 'sub' || name === 'issuing_country').map(([, name, value]) => [name, value]);
  const all = [...own, ...Object.entries(claims)].map(([name, value]) => [encode(random.bytes(16)), name, value]);
  world.statements.push({
    ...by, leaf, recordedAt, header: { ...by.header }, payload, claims: all, disclosures: [], jwt: null, nS: random.bytes(32), nL: by.nL && random.bytes(32),
    standing: { iat: by.standing.iat, status: 0, since: null }, isHolder: false,
  });
}

function kidOf(jwk) {
  const { crv, kty, x, y } = jwk;
  return encode(sha256(JSON.stringify(kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y })));
}

const day = (at) => new Date(at).toISOString().slice(0, 10);

export const FORGERIES = {
  claimOfARecord(world, random) {
    const claim = random.pick(random.pick(persons(world)).claims);
    if (claim) claim[2] = otherValue(random, claim[2], world);
  },
  claimRenamed(world, random) {
    const claim = random.pick(random.pick(persons(world)).claims);
    if (claim) claim[1] = random.pick(['note', 'exp', 'sub', 'valid_until', 'conditions', 'eqf_level', 'isco08', 'iss', '__proto__', 'constructor']);
  },
  claimDropped(world, random) {
    const { claims, disclosures } = random.pick(persons(world));
    const at = random.below(claims.length);
    claims.splice(at, 1);
    if (random.chance(0.5)) disclosures.splice(at, 1);
  },
  claimAdded(world, random) {
    const [from, to] = [random.pick(persons(world)), random.pick(persons(world))];
    const claim = random.pick(from.claims);
    if (claim && !to.claims.some(([, name]) => name === claim[1])) to.claims.push([encode(random.bytes(16)), claim[1], claim[2]]);
  },
  claimHidden(world, random) {
    const { claims } = random.pick(persons(world));
    const at = random.below(claims.length);
    if (world.binding !== null) claims[at] = claims[at] && [claims[at][0], claims[at][1], claims[at][2]];
    claims.splice(at, random.below(3));
  },
  saltShortened(world, random) {
    const claim = random.pick(random.pick(persons(world)).claims);
    if (claim) claim[0] = random.pick([claim[0].slice(0, 21), '\u00e9'.repeat(21), '\u00e9'.repeat(22), 5]);
  },
  claimInClear(world, random) {
    random.pick(world.statements).payload[random.pick(['note', 'exp', 'nbf', 'status', 'cnf', '_sd_alg', 'sub'])] = random.pick(['x', 1, {}, 'sha-512']);
  },
  headerChanged(world, random) {
    Object.assign(random.pick(world.statements).header, random.pick([{ typ: 'jwt' }, { x: 1 }, { crit: [] }, { alg: 'Ed25519' }]));
  },
  publicClaim(world, random) {
    const { payload } = random.pick(publics(world));
    const name = random.pick(Object.keys(payload));
    payload[name] = otherValue(random, payload[name], world);
  },
  publicClaimDropped(world, random) {
    const { payload } = random.pick(publics(world));
    delete payload[random.pick(Object.keys(payload))];
  },
  kindChanged(world, random) {
    random.pick(world.statements).payload.vct = random.pick(world.statements).payload.vct;
  },
  recordedAtMoved(world, random) {
    const one = random.pick(world.statements);
    one.recordedAt = Math.max(0, one.recordedAt + (random.below(2000) - 1000) * DAY_MS * random.pick([1, 0.001, 10]));
    one.recordedAt = Math.floor(one.recordedAt);
  },
  allLater(world, random) {
    const [from, by] = [random.below(50), random.below(900) * DAY_MS];
    for (const one of world.statements.filter(({ leaf }) => leaf >= from)) one.recordedAt += by;
  },
  signedAtMoved(world, random) {
    random.pick(world.statements).payload.iat += random.below(4000000) - 2000000;
  },
  issuerSwapped(world, random) {
    const [one, other] = [random.pick(world.statements), random.pick(world.statements)];
    one.payload.iss = other.payload.iss;
    one.header = { ...other.header };
  },
  strangerSigns(world, random) {
    const one = random.pick(world.statements);
    one.signer = newSigner();
  },
  publicDropped(world, random) {
    const one = random.pick(publics(world));
    world.statements.splice(world.statements.indexOf(one), 1);
  },
  recordDropped(world, random) {
    const one = random.pick(persons(world));
    if (persons(world).filter(({ ledger }) => ledger === one.ledger).length > 1) world.statements.splice(world.statements.indexOf(one), 1);
  },
  leavesSwapped(world, random) {
    const [one, other] = [random.pick(world.statements), random.pick(world.statements)];
    if (one.ledger === other.ledger) [one.leaf, other.leaf] = [other.leaf, one.leaf];
  },
  standingChanged(world, random) {
    const { standing } = random.pick(persons(world));
    standing.status = 1 + random.below(3);
    standing.since = standing.iat - random.below(1000000);
  },
  standingOld(world, random) {
    random.pick(persons(world)).standing.iat -= 3600 * random.below(2500);
  },
  standingShape(world, random) {
    Object.assign(random.pick(persons(world)).standing, random.pick([{ status: 4 }, { status: 1, since: null }, { since: 5 }, { iat: 7 }, { status: 0.5 }]));
  },
  keyEnded(world, random) {
    const key = random.pick(publics(world).filter((one) => kindOf(one) === 'IssuerKeyAdded'));
    if (!key) return;
    const { sub } = key.payload;
    const kid = random.pick(world.statements.filter(({ payload }) => payload.iss === sub))?.header.kid ?? key.header.kid;
    const since = new Date(key.recordedAt + random.below(800) * DAY_MS).toISOString().replace(/\.[0-9]+/, '');
    const claims = random.chance(0.3) ? { kid, reason: 'RETIRED' } : { kid, reason: 'COMPROMISED', compromised_since: since };
    addPublic(world, random, key, sub, 'IssuerKeyEnded', claims);
  },
  authorisationEnded(world, random) {
    const grant = random.pick(publics(world).filter((one) => kindOf(one) === 'IssuerAuthorised'));
    if (!grant) return;
    const from = day(grant.recordedAt + random.below(900) * DAY_MS);
    const claims = random.chance(0.5) ? { reason: 'WITHDRAWN' } : { reason: 'SUSPENDED', suspended_from: from, suspended_until: day(Date.parse(from) + 100 * DAY_MS) };
    addPublic(world, random, grant, grant.payload.sub, 'AuthorisationEnded', { target: hashOf(grant), ...claims });
  },
  authorisationNarrowed(world, random) {
    const grant = random.pick(publics(world).filter((one) => kindOf(one) === 'IssuerAuthorised'));
    if (!grant) return;
    Object.assign(grant.payload, random.pick([
      { limit_isco08: ['7112'] }, { limit_isco08: ['2'] }, { limit_iscedf: ['09'] }, { limit_levels: [{ framework: 'ph/pqf', version: '2018', code: '4' }] },
      { valid_until: '2024-01-01' }, { jurisdictions: ['KE'] }, { kinds: grant.payload.kinds.slice(1) }, { issuer_kind: 'EMPLOYER' },
      { may_authorise_depth: 2, may_authorise_kinds: grant.payload.kinds }, { issuer_kind: 'RECOGNITION_CENTRE' },
    ]));
  },
  endorsementAsked(world, random) {
    const root = random.pick(publics(world).filter((one) => kindOf(one) === 'IssuerAuthorised'));
    if (!root) return;
    const claims = { jurisdictions: root.payload.jurisdictions.slice(0, 1), sides: ['GOVERNMENT', 'EMPLOYERS', 'WORKERS'], needed: 1 + random.below(3) };
    addPublic(world, random, root, root.payload.iss, 'EndorsementPolicySet', claims);
    if (random.chance(0.6)) addPublic(world, random, random.pick(publics(world).slice(0, -1)), root.payload.sub, 'AuthorisationEndorsed', { target: hashOf(root) });
  },
  custodianNamed(world, random) {
    const [grant, other] = [0, 0].map(() => random.pick(publics(world).filter((one) => kindOf(one) === 'IssuerAuthorised')));
    if (grant && other) addPublic(world, random, grant, grant.payload.sub, 'CustodianNamed', { custodian: other.payload.sub });
  },
  subChanged(world, random) {
    const claim = random.pick(persons(world)).claims.find(([, name]) => name === 'sub');
    if (claim) claim[2] = random.pick(['wkr_00041061050r3gg28a1c60t3gfe', 'wkr_00041061050r3gg28a1c60t3gff', 7]);
  },
  recordEnded(world, random) {
    const target = random.pick(persons(world));
    const by = random.pick([target, random.pick(persons(world))]);
    if (by.payload.iss.startsWith('did:')) return;
    const kind = random.pick(['Revoked', 'Suspended', 'Corrected', 'Superseded', 'Reinstated', 'DisputeResolved', 'LicenceSuspended', 'ExperienceConfirmed']);
    const more = {
      Suspended: { suspended_until: '2030-01-01' }, Corrected: { replacement: hashOf(random.pick(persons(world))) }, Superseded: { replacement: hashOf(random.pick(persons(world))) },
      DisputeResolved: { dispute: hashOf(by), resolution: 'UPHELD', resolved_on: day(target.recordedAt) },
      LicenceSuspended: { title: { en: 'x' }, limit_jurisdiction: 'PH', decided_on: day(target.recordedAt), effective_from: day(target.recordedAt) },
      ExperienceConfirmed: { confirmed_on: day(target.recordedAt) },
    };
    const named = kind === 'ExperienceConfirmed' ? { record: hashOf(target) } : { target: hashOf(target) };
    const reason = ['DisputeResolved', 'LicenceSuspended', 'ExperienceConfirmed'].includes(kind) ? {} : { reason: 'OTHER' };
    addPerson(world, random, by, kind, { ...named, ...reason, ...(more[kind] ?? {}) });
  },
  holderKeyStolen(world, random) {
    const bound = random.pick(persons(world).filter(({ payload }) => payload.cnf));
    if (bound) bound.payload.cnf = { jwk: newSigner().jwk };
  },
  holderKeyTwice(world, random) {
    const bound = random.pick(persons(world).filter(({ payload }) => payload.cnf));
    if (!bound) return;
    const kind = random.pick(['HolderKeyBound', 'HolderKeyChanged', 'HolderKeyRecoveryRequested', 'HolderKeyRecovered']);
    const claims = { HolderKeyBound: { method: 'IN_PERSON' }, HolderKeyChanged: { reason: 'ROUTINE' }, HolderKeyRecoveryRequested: { reason: 'LOST', method: 'IN_PERSON' }, HolderKeyRecovered: { request: hashOf(bound) } }[kind];
    addPerson(world, random, bound, kind, claims);
    const added = world.statements.at(-1);
    added.payload.cnf = random.pick([bound.payload.cnf, { jwk: newSigner().jwk }]);
    added.isHolder = random.chance(0.9);
  },
  bindingChanged(world, random) {
    if (world.binding === null) return;
    Object.assign(world.binding, random.pick([{ exp: 5 }, { iat: world.binding.exp }, { aud: 'x'.repeat(600) }, { nonce: 1 }, { iat: world.binding.iat + 4e9, exp: world.binding.exp + 4e9 }, { note: 1 }]));
  },
  keyCompromisedAndAnchored(world, random) {
    FORGERIES.keyEnded(world, random);
    const ended = world.statements.at(-1);
    const { ledger, leaf, payload } = ended;
    if (kindOf(ended) !== 'IssuerKeyEnded' || payload.reason !== 'COMPROMISED') return;
    const since = Date.parse(payload.compromised_since);
    world.anchor = { ledger, size: random.pick([leaf, world.sizes[ledger]]), time: since + random.pick([-5000, -1000, 0, 5000]), share: random.pick([1, 1, 0.7]), random };
  },
  keyRecovered(world, random, keys) {
    const bound = persons(world).find(({ payload, ledger }) => payload.cnf && ledger === 0);
    if (!bound || world.binding !== null) return;
    const signer = newSigner(keys);
    const others = persons(world).filter(({ payload, ledger }) => ledger === 0 && payload.iss.startsWith('https:'));
    const [asker, second] = [random.pick(others), random.pick(others)];
    const from = Math.max(...world.statements.filter(({ ledger }) => ledger === 0).map(({ recordedAt }) => recordedAt));
    const size = Math.max(world.sizes[0], ...world.statements.filter(({ ledger }) => ledger === 0).map(({ leaf }) => leaf + 1));
    let [at, leaf] = [from, size];
    const add = (by, kind, claims, days) => {
      addPerson(world, random, by, kind, claims);
      at += days * DAY_MS;
      const added = Object.assign(world.statements.at(-1), { leaf, recordedAt: Math.floor(at) });
      added.payload.iat = Math.floor(at / 1000);
      leaf += 1;
      return added;
    };
    const request = add(asker, 'HolderKeyRecoveryRequested', { reason: 'LOST', method: 'IN_PERSON' }, 0);
    Object.assign(request, { isHolder: true, payload: { ...request.payload, cnf: { jwk: signer.jwk } } });
    // Its hash is known once it is signed: a mark stands for it until then.
    request.jwt = `mark ${leaf}`;
    const named = { request: hashOf(request) };
    add(second, 'HolderKeyRecoveryConfirmed', { ...named, method: 'VIDEO' }, random.pick([1, 29, 31])).isHolder = true;
    if (random.chance(0.2)) add(bound, 'HolderKeyRecoveryCancelled', named, 1);
    const recovered = add(bound, 'HolderKeyRecovered', named, random.pick([6.99, 7, 20, 61]));
    recovered.claims = recovered.claims.filter(([, name]) => name !== 'issuing_country');
    const did = `did:jwk:${encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: signer.jwk.x }))}`;
    Object.assign(recovered, { isHolder: true, signer, payload: { ...recovered.payload, iss: did, cnf: { jwk: random.chance(0.9) ? signer.jwk : newSigner().jwk } } });
  },
  passportsJoined(world, random, keys) {
    if (world.file.ledgers.length < 2) return;
    const [own, other] = [persons(world)[0].claims.find(([, name]) => name === 'sub')?.[2], 'wkr_00041061050r3gg28a1c60t3gfe'];
    for (const { claims } of persons(world).filter(({ ledger }) => ledger === 1)) {
      const sub = claims.find(([, name]) => name === 'sub');
      if (sub) sub[2] = other;
    }
    for (const [ledger, sub, named] of [[0, own, other], [1, other, own]]) {
      const by = persons(world).find((one) => one.ledger === ledger && one.payload.cnf && one.payload.iss.startsWith('https:'));
      if (!by || random.chance(0.1)) continue;
      addPerson(world, random, by, 'PassportsJoined', { other: named, method: 'IN_PERSON' });
      const added = world.statements.at(-1);
      const size = Math.max(world.sizes[ledger], ...world.statements.filter((one) => one.ledger === ledger).map(({ leaf }) => leaf + 1));
      added.leaf = random.chance(0.8) ? size : added.leaf;
      added.recordedAt = timeAt(world, ledger, added.leaf);
      added.payload.iat = Math.floor(added.recordedAt / 1000);
      const { iat } = added.payload;
      const consent = { aud: by.payload.iss, sub, other: named, iat: iat + random.pick([0, 0, 299, 301]), exp: iat + random.pick([1, 86400, 30 * 86400 + 300]) };
      const holder = keys.byKid.get(kidOf(by.payload.cnf.jwk));
      if (holder) added.claims.push([encode(random.bytes(16)), 'consent', jws('skillpass-join+jwt', consent, holder)]);
      if (random.chance(0.2)) added.standing.iat -= 3600 * 24 * 40;
    }
  },
  endorsementRequired(world, random) {
    const grants = publics(world).filter((one) => kindOf(one) === 'IssuerAuthorised');
    const grant = random.pick(grants);
    const root = grant?.payload.iss;
    const others = grants.filter(({ payload, ledger }) => ledger === grant.ledger && payload.iss === root && payload.sub !== grant.payload.sub);
    if (others.length === 0) return;
    const needed = random.pick([0, 1, 1, 2]);
    addPublic(world, random, grant, root, 'EndorsementPolicySet', { jurisdictions: [grant.payload.jurisdictions[0]], sides: ['WORKERS', 'EMPLOYERS'], needed });
    placeBefore(world, world.statements.at(-1), grant, random);
    const policy = world.statements.at(-1);
    for (const [nth, other] of others.slice(0, 2).entries()) {
      other.payload.issuer_kind = ['WORKERS_ORGANISATION', 'EMPLOYERS_ORGANISATION'][nth];
      other.payload.kinds = ['TrainingCompleted'];
      const signed = world.statements.find(({ payload, ledger }) => ledger === grant.ledger && payload.iss === other.payload.sub);
      if (!signed || random.chance(0.2)) continue;
      addPublic(world, random, signed, grant.payload.sub, 'AuthorisationEndorsed', { target: hashOf(grant) });
      const endorsed = world.statements.at(-1);
      if (random.chance(0.15)) addPublic(world, random, signed, grant.payload.sub, 'AuthorisationEndorsed', { target: hashOf(grant) });
      if (random.chance(0.3)) {
        endorsed.jwt = `mark ${endorsed.leaf}`;
        addPublic(world, random, signed, grant.payload.sub, 'EndorsementWithdrawn', { target: hashOf(endorsed) });
      }
    }
    if (random.chance(0.2)) {
      policy.jwt = `mark ${policy.leaf}`;
      addPublic(world, random, grant, root, 'EndorsementPolicySet', { jurisdictions: [grant.payload.jurisdictions[0]], sides: ['WORKERS'], needed: 0, replaces: hashOf(policy) });
    }
  },
  custodianActs(world, random) {
    const target = random.pick(persons(world).filter(({ payload }) => payload.iss.startsWith('https:')));
    const grant = target && publics(world).find((one) => kindOf(one) === 'IssuerAuthorised' && one.payload.sub === target.payload.iss && one.ledger === target.ledger);
    const by = random.pick(persons(world).filter(({ payload, ledger }) => ledger === target?.ledger && payload.iss.startsWith('https:') && payload.iss !== target.payload.iss));
    if (!grant || !by) return;
    if (random.chance(0.8)) addPublic(world, random, grant, grant.payload.sub, 'CustodianNamed', { custodian: by.payload.iss });
    addPerson(world, random, by, random.pick(['Revoked', 'Suspended', 'Reinstated']), { target: hashOf(target), reason: 'OTHER' });
    const acted = world.statements.at(-1);
    acted.leaf = Math.max(world.sizes[acted.ledger], ...world.statements.filter(({ ledger }) => ledger === acted.ledger).map(({ leaf }) => leaf + 1));
    acted.recordedAt = timeAt(world, acted.ledger, acted.leaf);
  },
  experienceConfirmed(world, random) {
    const target = random.pick(persons(world).filter((one) => ['WorkExperienceAttested', 'SelfAssessed'].includes(kindOf(one))));
    const by = random.pick(persons(world).filter(({ payload, ledger }) => ledger === target?.ledger && payload.iss.startsWith('https:')));
    if (!by) return;
    const grant = publics(world).find((one) => kindOf(one) === 'IssuerAuthorised' && one.payload.sub === by.payload.iss && one.ledger === by.ledger);
    if (grant && random.chance(0.8)) Object.assign(grant.payload, { issuer_kind: random.pick(['JOINT_FUND', 'WORKERS_ORGANISATION']), kinds: ['ExperienceConfirmed', 'TrainingCompleted'] });
    const form = target.claims.find(([, name]) => name === 'employer_form');
    if (form) form[2] = 'HOUSEHOLD';
    addPerson(world, random, by, 'ExperienceConfirmed', { record: hashOf(target), confirmed_on: day(target.recordedAt) });
    const confirmed = world.statements.at(-1);
    if (random.chance(0.9)) {
      confirmed.leaf = Math.max(world.sizes[confirmed.ledger], ...world.statements.filter(({ ledger }) => ledger === confirmed.ledger).map(({ leaf }) => leaf + 1));
      confirmed.recordedAt = timeAt(world, confirmed.ledger, confirmed.leaf);
    }
  },
  evidenceForgotten(world, random) {
    random.pick(persons(world)).isHolder = random.chance(0.5);
  },
  nothing() {},
};
