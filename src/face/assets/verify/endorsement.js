// For which side a body speaks (SPEC.md, "Endorsement").

/** GOVERNMENT, EMPLOYERS, WORKERS, or null for a kind of body that speaks for none. */
export function sideOf(vocabulary, issuerKind) {
  return vocabulary.issuer_kinds[issuerKind]?.side ?? null;
}
