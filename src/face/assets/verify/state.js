// Who may say what, folded from the ledger's stream and the streams of institutions (SPEC.md, "Authorisation", "Time").
import { readPublicKey } from '../lib/jose.js';
import { dayOf, readInstant, secondsOf } from './dates.js';
import { sideOf } from './endorsement.js';

/** The limits an authorisation may have, and the claim of a statement that each is compared with. */
const LIMITS = [['limit_levels', 'nqf_level'], ['limit_iscedf', 'iscedf_code'], ['limit_isco08', 'isco08']];

/** An authorisation's limits. */
export function scopeOf(meaning) {
  const kinds = meaning.list('kinds');
  return {
    kinds,
    passesOn: meaning.has('may_authorise_kinds') ? meaning.list('may_authorise_kinds') : kinds,
    jurisdictions: meaning.list('jurisdictions'),
    validFrom: meaning.text('valid_from'),
    validUntil: meaning.text('valid_until'),
    levels: meaning.list('limit_levels').map(({ framework, code }) => `${framework}:${code}`),
    fields: meaning.list('limit_iscedf'),
    occupations: meaning.list('limit_isco08'),
    depth: meaning.claims.may_authorise_depth ?? 0,
  };
}

/** The facts, each with the leaf that it was recorded at. */
export class TrustState {
  constructor(vocabulary) {
    this.vocabulary = vocabulary;
    this.origin = null;
    this.ledgerKeys = [];
    this.bodies = new Map();
    this.policies = [];
    /** What `isVoid` found since the keys last changed: an authorisation may rest on many in many ways. */
    this.voids = new Map();
  }

  body(issuer) {
    return this.bodies.get(issuer) ?? null;
  }

  /** The body of this name, which now has something said about it. */
  bodyNamed(issuer) {
    if (!this.bodies.has(issuer)) {
      this.bodies.set(issuer, { name: '', issuerKind: '', roots: [], keys: [], grants: [], custodians: [] });
    }
    return this.bodies.get(issuer);
  }

  grantsOf(issuer) {
    return this.body(issuer)?.grants ?? [];
  }

  isLedger(issuer) {
    return this.origin !== null && issuer === `https://${this.origin}`;
  }

  isRoot(issuer, country, leaf) {
    const roots = this.body(issuer)?.roots ?? [];
    return roots.some((root) => root.leaf < leaf && root.jurisdictions.includes(country));
  }

  isRootForAll(issuer, countries, leaf) {
    return countries.every((country) => this.isRoot(issuer, country, leaf));
  }

  /** Keys of the ledger of one use, `log` or `status`, that it has not ended. */
  ownKeys(use) {
    return this.ledgerKeys.filter((known) => known.use === use && known.ended === null).map(({ key }) => key);
  }

  /** Whether the ledger had ended its key in a tree of this size. */
  hasEndedOwnKey(kid, size) {
    const known = this.ledgerKeys.filter((one) => one.key.thumbprint === kid);
    return known.length > 0 && known.every(({ ended }) => ended !== null && ended < size);
  }

  /** The key `kid` of a body or of the ledger itself, valid or not; null if nothing names it. */
  key(issuer, kid) {
    const known = this.isLedger(issuer)
      ? this.ledgerKeys.filter(({ use }) => use === 'log')
      : (this.body(issuer)?.keys ?? []);
    return known.find(({ key }) => key.thumbprint === kid)?.key ?? null;
  }

  /** `valid`, `invalid`, `compromised`, or `anchor` with `since` if it was compromised later. */
  keyVerdict(issuer, kid, leaf, recordedAt) {
    if (this.isLedger(issuer)) {
      const isGood = ({ use, key, added, ended }) =>
        use === 'log' && key.thumbprint === kid && (added < leaf || added === 0) && (ended === null || leaf <= ended);
      return { word: this.ledgerKeys.some(isGood) ? 'valid' : 'invalid' };
    }
    const known = this.body(issuer)?.keys.find(({ key }) => key.thumbprint === kid);
    if (!known) return { word: 'invalid' };
    const { since } = known;
    if (since !== null && recordedAt >= since) return { word: 'compromised' };
    if (leaf <= known.added || (known.ended !== null && leaf > known.ended)) return { word: 'invalid' };
    if (known.validFrom !== null && dayOf(secondsOf(recordedAt)) < known.validFrom) return { word: 'invalid' };
    return since === null ? { word: 'valid' } : { word: 'anchor', since };
  }

  isCompromised(issuer, kid, { leaf, recordedAt }) {
    return this.keyVerdict(issuer, kid, leaf, recordedAt).word === 'compromised';
  }

  /** A body and every body above it. */
  chainOf(issuer) {
    const chain = new Set([issuer]);
    for (const body of chain) {
      for (const grant of this.grantsOf(body)) chain.add(grant.authoriser);
    }
    return [...chain];
  }

  /** The root authorities above a body: `[issuer, country]`. */
  rootsOf(issuer) {
    const rootsIn = (body) => (this.body(body)?.roots ?? []).flatMap((root) => root.jurisdictions);
    return this.chainOf(issuer).flatMap((body) => rootsIn(body).map((country) => [body, country]));
  }

  /** The keys that a root authority was established with. */
  rootKids(issuer) {
    return (this.body(issuer)?.roots ?? []).map((root) => root.kid);
  }

  /** Takes up a public statement that was admitted. */
  async apply(statement, meaning, leaf, recordedAt) {
    const subject = meaning.text('sub') ?? '';
    const place = { leaf, recordedAt, hash: statement.hash, by: statement.issuer, kid: statement.kid };
    switch (meaning.kind) {
      case 'LedgerFounded':
        this.origin = meaning.text('origin');
        for (const jwk of meaning.list('log_keys')) await this.addOwnKey('log', jwk, leaf);
        for (const jwk of meaning.list('status_keys')) await this.addOwnKey('status', jwk, leaf);
        break;
      case 'LedgerKeyAdded':
        await this.addOwnKey(meaning.text('use'), meaning.claims.jwk, leaf);
        break;
      case 'LedgerKeyEnded':
        for (const known of this.ledgerKeys.filter(({ key }) => key.thumbprint === meaning.text('kid'))) known.ended ??= leaf;
        break;
      case 'AuthorityEstablished':
        await this.establish(subject, meaning, leaf);
        break;
      case 'IssuerAuthorised':
        this.grant(subject, meaning, place);
        break;
      case 'AuthorisationEnded':
        this.endGrant(subject, meaning, place);
        break;
      case 'IssuerKeyAdded':
        this.addKey(subject, await readPublicKey(meaning.claims.jwk), leaf, meaning.text('valid_from'));
        break;
      case 'IssuerKeyEnded':
        this.endKey(subject, meaning, leaf);
        break;
      case 'CustodianNamed':
        this.bodyNamed(subject).custodians.push({ ...place, keeper: meaning.text('custodian') });
        break;
      default:
        this.applyEndorsement(subject, meaning, place);
    }
  }

  async addOwnKey(use, jwk, leaf) {
    this.ledgerKeys.push({ use, key: await readPublicKey(jwk), added: leaf, ended: null });
  }

  addKey(subject, key, leaf, validFrom) {
    this.voids.clear();
    this.bodyNamed(subject).keys.push({ key, added: leaf, validFrom, ended: null, since: null });
  }

  async establish(subject, meaning, leaf) {
    const key = await readPublicKey(meaning.claims.jwk);
    const body = this.describe(subject, meaning);
    body.roots.push({ jurisdictions: meaning.list('jurisdictions'), kid: key.thumbprint, leaf });
    if (!body.keys.some((known) => known.key.thumbprint === key.thumbprint)) this.addKey(subject, key, leaf, null);
  }

  describe(subject, meaning) {
    return Object.assign(this.bodyNamed(subject), { name: meaning.text('name'), issuerKind: meaning.text('issuer_kind') });
  }

  grant(subject, meaning, place) {
    const scope = scopeOf(meaning);
    const roots = this.rootsUnder(place.by, scope, place.leaf);
    const issuerKind = meaning.text('issuer_kind');
    const grant = {
      ...place,
      authoriser: place.by,
      basis: meaning.text('basis'),
      name: meaning.text('name'),
      issuerKind,
      scope,
      limits: LIMITS.filter(([limit]) => meaning.has(limit)).map(([, claim]) => claim),
      ends: [],
      roots,
      needs: this.policies.filter((policy) => isBinding(policy, roots, issuerKind, scope, place.leaf)),
      endorsements: [],
    };
    this.describe(subject, meaning).grants.push(grant);
  }

  endGrant(subject, meaning, { leaf, recordedAt }) {
    const from = meaning.text('suspended_from') ?? dayOf(secondsOf(recordedAt));
    const end = { leaf, from, until: meaning.text('suspended_until') };
    for (const grant of this.grantsOf(subject).filter(({ hash }) => hash === meaning.text('target'))) grant.ends.push(end);
  }

  endKey(subject, meaning, leaf) {
    this.voids.clear();
    const since = meaning.has('compromised_since') ? readInstant(meaning.text('compromised_since')) : null;
    for (const known of this.bodyNamed(subject).keys.filter(({ key }) => key.thumbprint === meaning.text('kid'))) {
      known.ended ??= leaf;
      if (since !== null && (known.since === null || since < known.since)) known.since = since;
    }
  }

  applyEndorsement(subject, meaning, place) {
    const target = meaning.text('target');
    if (meaning.kind === 'AuthorisationEndorsed') {
      const grant = this.grantsOf(subject).find(({ hash }) => hash === target);
      const found = this.endorser(place.by, grant, place.leaf, place.recordedAt);
      grant.endorsements.push({ ...place, ...found, name: this.body(place.by)?.name ?? '', withdrawn: null });
    } else if (meaning.kind === 'EndorsementWithdrawn') {
      const found = this.grantsOf(subject).flatMap((grant) => grant.endorsements).find(({ hash }) => hash === target);
      found.withdrawn ??= place.leaf;
    } else if (meaning.kind === 'EndorsementPolicySet') {
      const replaced = this.policies.filter(({ hash }) => hash === meaning.text('replaces'));
      for (const policy of replaced) policy.replaced ??= place.leaf;
      this.policies.push({
        ...place,
        root: subject,
        jurisdictions: meaning.list('jurisdictions'),
        issuerKinds: meaning.list('issuer_kinds'),
        kinds: meaning.list('kinds'),
        sides: meaning.list('sides'),
        needed: meaning.claims.needed,
        replaced: null,
      });
    }
  }

  /** What a body held before a leaf that is wide and deep enough to give `scope`. */
  carrying(authoriser, scope, leaf) {
    const carries = (held) => held.leaf < leaf && held.scope.depth > scope.depth && widened(scope, held.scope) === null;
    return this.grantsOf(authoriser).filter(carries);
  }

  /** The root authorities on which an authorisation rests that `authoriser` gives at this leaf. */
  rootsUnder(authoriser, scope, leaf) {
    const roots = new Set();
    if (scope.jurisdictions.some((country) => this.isRoot(authoriser, country, leaf))) roots.add(authoriser);
    if (!this.isRootForAll(authoriser, scope.jurisdictions, leaf)) {
      for (const held of this.carrying(authoriser, scope, leaf)) held.roots.forEach((root) => roots.add(root));
    }
    return [...roots];
  }

  /** `{side, recognisedBy}` of a body that endorses an authorisation; `refused` if it may not. */
  endorser(issuer, grant, leaf, recordedAt) {
    const body = this.body(issuer);
    if (!body) return { refused: 'UNKNOWN_ISSUER' };
    const recognised = [];
    if (grant.roots.includes(issuer)) recognised.push([sideOf(this.vocabulary, body.issuerKind), issuer]);
    for (const held of body.grants) {
      const isThere = held.scope.jurisdictions.some((country) => grant.scope.jurisdictions.includes(country));
      const stands = () => this.whyNotStanding(held, dayOf(secondsOf(recordedAt)), leaf, recordedAt) === null;
      if (grant.roots.includes(held.authoriser) && isThere && stands()) {
        recognised.push([sideOf(this.vocabulary, held.issuerKind), held.authoriser]);
      }
    }
    if (recognised.length === 0) return { refused: 'ENDORSER_NOT_RECOGNISED' };
    // One organisation speaks for one side, even if it was authorised as two kinds of body.
    const side = recognised.map(([known]) => known).find((known) => known !== null);
    if (side === undefined) return { refused: 'NO_SIDE' };
    return { side, recognisedBy: recognised.filter(([known]) => known === side).map(([, root]) => root) };
  }

  /** The endorsements that count for something at a leaf: of an organisation and of a key the first alone. */
  countedEndorsements(grant, leaf) {
    const counted = [];
    for (const one of grant.endorsements) {
      const stands = one.leaf < leaf && (one.withdrawn === null || one.withdrawn >= leaf);
      const isKnown = counted.some(({ by, kid }) => by === one.by || kid === one.kid);
      if (stands && !isKnown && !this.isCompromised(one.by, one.kid, one)) counted.push(one);
    }
    return counted;
  }

  isEndorsed(grant, leaf) {
    const counted = this.countedEndorsements(grant, leaf);
    return grant.needs.every((policy) => {
      if (this.isCompromised(policy.root, policy.kid, policy)) return true;
      const counts = ({ side, recognisedBy }) => policy.sides.includes(side) && recognisedBy.includes(policy.root);
      return new Set(counted.filter(counts).map(({ side }) => side)).size >= policy.needed;
    });
  }

  /** Whether an authorisation rests on nothing but what a thief said. */
  isVoid(grant) {
    if (!this.voids.has(grant)) this.voids.set(grant, this.findVoid(grant));
    return this.voids.get(grant);
  }

  findVoid(grant) {
    if (this.isCompromised(grant.authoriser, grant.kid, grant)) return true;
    if (this.isRootForAll(grant.authoriser, grant.scope.jurisdictions, grant.leaf)) return false;
    return this.carrying(grant.authoriser, grant.scope, grant.leaf).every((held) => this.isVoid(held));
  }

  /** Null if an authorisation was in force on a day for something at a leaf; else how near it came and why not. */
  whyNotStanding(grant, day, leaf, recordedAt) {
    if (grant.leaf >= leaf || this.isVoid(grant)) return [0, 'NOT_AUTHORISED'];
    const { validFrom, validUntil } = grant.scope;
    if ((validFrom !== null && day < validFrom) || (validUntil !== null && day > validUntil)) return [4, 'OUTSIDE_DATES'];
    const covers = (end, one) => one >= end.from && (end.until === null || one <= end.until);
    const recordedOn = dayOf(secondsOf(recordedAt));
    const hasEnded = grant.ends.some((end) => end.leaf < leaf && (covers(end, day) || covers(end, recordedOn)));
    if (hasEnded) return [5, 'AUTHORISATION_ENDED'];
    return this.isEndorsed(grant, leaf) ? null : [6, 'NOT_ENDORSED'];
  }

  /** Whether a body is a root, or has an authorisation that stands; for one of `jurisdictions` if they are given. */
  holdsAny(issuer, jurisdictions, leaf, recordedAt) {
    const body = this.body(issuer);
    const isThere = (countries) => jurisdictions === null || jurisdictions.some((country) => countries.includes(country));
    const stands = (grant) => this.whyNotStanding(grant, dayOf(secondsOf(recordedAt)), leaf, recordedAt) === null;
    if (!body) return false;
    return (
      body.roots.some((root) => root.leaf < leaf && isThere(root.jurisdictions)) ||
      body.grants.some((grant) => isThere(grant.scope.jurisdictions) && stands(grant))
    );
  }
}

function isBinding(policy, roots, issuerKind, scope, leaf) {
  const isAnyOf = (wanted, ...lists) => wanted.length === 0 || wanted.some((one) => lists.some((list) => list.includes(one)));
  return (
    policy.leaf < leaf &&
    (policy.replaced === null || policy.replaced >= leaf) &&
    roots.includes(policy.root) &&
    policy.jurisdictions.some((country) => scope.jurisdictions.includes(country)) &&
    isAnyOf(policy.issuerKinds, [issuerKind]) &&
    isAnyOf(policy.kinds, scope.kinds, scope.passesOn)
  );
}

/** The first limit of `held` that `scope` widens, or null. */
export function widened(scope, held) {
  const isListed = (inner, outer, isSame) =>
    outer.length === 0 || (inner.length > 0 && inner.every((code) => outer.some((limit) => isSame(code, limit))));
  const equals = (code, limit) => code === limit;
  const begins = (code, limit) => code.startsWith(limit);
  const limits = [
    ['kinds', scope.kinds.every((kind) => held.passesOn.includes(kind))],
    ['may_authorise_kinds', scope.depth === 0 || scope.passesOn.every((kind) => held.passesOn.includes(kind))],
    ['jurisdictions', scope.jurisdictions.every((country) => held.jurisdictions.includes(country))],
    ['valid_from', held.validFrom === null || (scope.validFrom !== null && scope.validFrom >= held.validFrom)],
    ['valid_until', held.validUntil === null || (scope.validUntil !== null && scope.validUntil <= held.validUntil)],
    ['limit_levels', isListed(scope.levels, held.levels, equals)],
    ['limit_iscedf', isListed(scope.fields, held.fields, begins)],
    ['limit_isco08', isListed(scope.occupations, held.occupations, begins)],
  ];
  return limits.find(([, isKept]) => !isKept)?.[0] ?? null;
}
