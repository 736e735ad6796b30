//! The small language in which the claim sets of all kinds are written down. One table per kind serves validation,
//! JSON Schema, examples and spreadsheets alike, so they cannot disagree.

use serde_json::{Map, Value};

use super::ClaimError;

/// One claim of a kind, or one member of an object claim.
#[derive(Debug, Clone, Copy)]
pub struct ClaimSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value must be.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// Whether a record means something else without it (a result, a decision, a condition), so that a presentation
    /// that withholds it must not be read as if there were none.
    pub decisive: bool,
    /// One sentence for people who fill it in.
    pub doc: &'static str,
    /// An example in the notation of a spreadsheet cell; empty for objects, whose members carry their own.
    pub example: &'static str,
}

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// One line of text of at most so many characters.
    Text(usize),
    /// `{"<language>": "<text>"}`, at least one, each text of at most so many characters.
    Localised(usize),
    /// `YYYY-MM-DD`, 1900 to 2200.
    Date,
    /// RFC 3339 in UTC, `YYYY-MM-DDThh:mm:ssZ`.
    Instant,
    /// ISO 3166-1 alpha-2, upper case, or `XK`.
    Country,
    /// BCP 47: a primary language subtag with script and region at most.
    Language,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An amount of money as text: digits, then at most a point and three decimals ([`super::Amount`]).
    Amount,
    /// A currency: three upper-case letters (ISO 4217).
    Currency,
    /// `true` or `false`.
    Bool,
    /// A whole number in this range.
    Integer(i64, i64),
    /// An ISCO-08 code of 1 to 4 digits, as text.
    Isco08,
    /// An ISCED-F 2013 code of 2 to 4 digits, as text.
    IscedF,
    /// The URI of an ESCO occupation or skill.
    EscoUri,
    /// An https URI of at most 256 bytes, in the one spelling of issuer identifiers (SPEC.md, "Statement").
    IssuerUri,
    /// 32 bytes in base64url: a statement's hash, a key's thumbprint, a commitment.
    Hash,
    /// 16 bytes in base64url.
    Bytes16,
    /// The canonical spelling of a worker id.
    WorkerId,
    /// The bare name of a kind of event that a body can be authorised to state.
    AuthorisableKind,
    /// A public Ed25519 key.
    Jwk,
    /// A C2SP verifier key, `name+hash+key`.
    VerifierKey,
    /// An array of 1 to so many different values.
    List(&'static Shape, usize),
    /// An object with these members and no others.
    Object(&'static Members),
}

/// A closed set of claims with the rules between them.
#[derive(Debug)]
pub struct Members {
    /// The claims, in the order of documents and spreadsheets.
    pub claims: &'static [ClaimSpec],
    /// What must hold between claims; absent claims are not its concern.
    pub(super) rule: Rule,
}

/// Rules between claims that are present and well-formed one by one.
pub(super) type Rule = fn(&Present<'_>) -> Result<(), ClaimError>;

/// The claims a [`Rule`] looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present<'a> {
    /// The claims that are there.
    pub(super) claims: &'a Map<String, Value>,
    /// Whether these are all claims the issuer made, or only those disclosed: from absence nothing follows then.
    pub(super) complete: bool,
}

/// A claim by its name. A kind has few: to compare their names costs a third of hashing the one that is looked for.
pub(super) fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

impl<'a> Present<'a> {
    /// A text claim.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        claim(self.claims, name).and_then(Value::as_str)
    }

    /// Whether the claim is there.
    pub(super) fn has(&self, name: &str) -> bool {
        claim(self.claims, name).is_some()
    }

    /// Whether it is certain that the issuer did not make the claim.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.complete && !self.has(name)
    }

    /// `later` must not be before `earlier`. Both are well-formed dates, so their text sorts as they do.
    pub(super) fn in_order(&self, earlier: &str, later: &'static str) -> Result<(), ClaimError> {
        match (self.text(earlier), self.text(later)) {
            (Some(from), Some(to)) if to < from => {
                Err(ClaimError::new(later, "DATES_REVERSED", format!("{to} is before `{earlier}`, {from}")))
            }
            _ => Ok(()),
        }
    }
}

/// For claim sets without rules between claims.
#[expect(clippy::unnecessary_wraps, reason = "it has the shape of a `Rule`")]
pub(super) fn no_rule(_: &Present<'_>) -> Result<(), ClaimError> {
    Ok(())
}

/// A claim that must be there.
pub(super) const fn required(
    name: &'static str,
    shape: Shape,
    doc: &'static str,
    example: &'static str,
) -> ClaimSpec {
    ClaimSpec { name, shape, required: true, decisive: false, doc, example }
}

/// A claim that may be there.
pub(super) const fn optional(
    name: &'static str,
    shape: Shape,
    doc: &'static str,
    example: &'static str,
) -> ClaimSpec {
    ClaimSpec { name, shape, required: false, decisive: false, doc, example }
}

impl ClaimSpec {
    /// Marks a claim without which the record means something else.
    pub(super) const fn decisive(self) -> Self {
        Self { decisive: true, ..self }
    }

    /// The same claim where it must be there.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same claim where it may be there.
    pub(super) const fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// The same claim with another sentence and example.
    pub(super) const fn said(self, doc: &'static str, example: &'static str) -> Self {
        Self { doc, example, ..self }
    }
}
