//! Claims and objects that several kinds share.

use serde_json::Value;

use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Members, Present, Rule, Shape, no_rule, optional, required};
use crate::event::kind::{Class, KindSpec, LegalEffect, Section, Signer};
use crate::event::vocab::frameworks;

/// The longest title in one language.
const TITLE_CHARACTERS: usize = 200;
/// The longest name of a body, programme or instrument.
pub(super) const NAME_CHARACTERS: usize = 200;
/// The longest sentence in a list of outcomes, duties, differences or conditions.
pub(super) const SENTENCE_CHARACTERS: usize = 300;
/// The most sentences in such a list.
pub(super) const SENTENCES_MAX: usize = 40;

/// An example of a statement's hash.
pub(super) const EXAMPLE_HASH: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
/// Another one.
pub(super) const OTHER_HASH: &str = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";

/// A list of sentences.
pub(super) const SENTENCES: Shape = Shape::List(&Shape::Text(SENTENCE_CHARACTERS), SENTENCES_MAX);

pub(super) const SUB: ClaimSpec =
    required("sub", Shape::WorkerId, "The worker the statement is about.", "wkr_00041061050r3gg28a1c60t3gfe");
pub(super) const ISSUING_COUNTRY: ClaimSpec = required(
    "issuing_country",
    Shape::Country,
    "The jurisdiction in which it is said (ISO 3166-1 alpha-2).",
    "PH",
);
pub(super) const TITLE: ClaimSpec = required(
    "title",
    Shape::Localised(TITLE_CHARACTERS),
    "What a passport shows, by language (BCP 47).",
    "Bricklaying, basic course",
);
pub(super) const LEARNING_SETTING: ClaimSpec = optional(
    "learning_setting",
    Shape::Choice(&["FORMAL", "NON_FORMAL", "INFORMAL"]),
    "Formal leads to a qualification of the education system; non-formal is organised outside it; informal is daily work.",
    "NON_FORMAL",
);
pub(super) const ISCO08: ClaimSpec =
    optional("isco08", Shape::Isco08, "The occupation: an ISCO-08 code of 1 to 4 digits.", "7112");
pub(super) const ESCO_URI: ClaimSpec = optional(
    "esco_uri",
    Shape::EscoUri,
    "The occupation, more closely: its ESCO URI.",
    "http://data.europa.eu/esco/occupation/05f321f8-055b-407d-bf19-e0ddabda56b7",
);
pub(super) const ISCEDF_CODE: ClaimSpec =
    optional("iscedf_code", Shape::IscedF, "The field: an ISCED-F 2013 code of 2 to 4 digits.", "0732");
pub(super) const LEARNING_OUTCOMES: ClaimSpec = optional(
    "learning_outcomes",
    SENTENCES,
    "What the worker knows or can do, one sentence each.",
    "lays bricks to line and level;reads simple drawings",
);
pub(super) const INSTRUMENT: ClaimSpec = optional(
    "instrument",
    Shape::Text(NAME_CHARACTERS),
    "The treaty, agreement, programme or collective agreement it rests on: its id in the registry, if it has one.",
    "de-ph/nurses-2013",
);
pub(super) const LEGAL_BASIS: ClaimSpec = optional(
    "legal_basis",
    Shape::Text(NAME_CHARACTERS),
    "The law it rests on, with the article.",
    "Nursing Professions Act, section 40",
);
pub(super) const SOURCE: ClaimSpec = optional(
    "source",
    Shape::Text(NAME_CHARACTERS),
    "The body on whose behalf the issuer says it, if it is not the issuer.",
    "assessment centre of the construction sector, PH (demo)",
);
pub(super) const EVIDENCE: ClaimSpec = optional(
    "evidence",
    Shape::List(&Shape::Hash, 20),
    "Hashes (SHA-256, base64url) of statements or scans it rests on.",
    EXAMPLE_HASH,
);
pub(super) const TARGET: ClaimSpec = required(
    "target",
    Shape::Hash,
    "The hash of the statement it acts on: SHA-256 of its issuer-signed JWT, base64url.",
    EXAMPLE_HASH,
)
.decisive();
pub(super) const VALID_UNTIL: ClaimSpec = optional(
    "valid_until",
    Shape::Date,
    "The last day on which it is valid, that day included (UTC).",
    "2029-05-31",
)
.decisive();
pub(super) const ORIGIN_COUNTRY: ClaimSpec =
    optional("origin_country", Shape::Country, "The worker's home country in this matter.", "PH");
pub(super) const DESTINATION_COUNTRY: ClaimSpec =
    optional("destination_country", Shape::Country, "The country gone to.", "DE");

pub(super) const STANDARD: ClaimSpec =
    required("standard", Shape::Object(&STANDARD_MEMBERS), "The standard assessed against.", "");
static STANDARD_MEMBERS: Members = Members {
    claims: &[
        required(
            "id",
            Shape::Text(NAME_CHARACTERS),
            "Its identifier or URI.",
            "https://standards.example/masonry",
        ),
        required("version", Shape::Text(40), "Its version or year.", "2022"),
    ],
    rule: no_rule,
};

pub(super) const CREDIT_POINT: ClaimSpec =
    optional("credit_point", Shape::Object(&CREDIT_MEMBERS), "Credit, with its system.", "");
static CREDIT_MEMBERS: Members = Members {
    claims: &[
        required("framework", Shape::Text(40), "The credit system, e.g. ECTS.", "ECTS"),
        required("point", Shape::Text(10), "The points, as text, since systems count in halves.", "7.5"),
    ],
    rule: no_rule,
};

pub(super) const NQF_LEVEL: ClaimSpec = optional(
    "nqf_level",
    Shape::Object(&LEVEL_MEMBERS),
    "The level in a framework, which is named with its version.",
    "",
);
/// `{framework, version, code}`; also the items of `limit_levels`.
pub(super) static LEVEL_MEMBERS: Members = Members {
    claims: &[
        required(
            "framework",
            Shape::Text(40),
            "The framework's full name, e.g. `ph/pqf`; never bare `PQF`.",
            "ph/pqf",
        ),
        required("version", Shape::Text(20), "The framework's edition.", "2018"),
        required("code", Shape::Text(20), "The level as text, since levels are names and not numbers.", "4"),
    ],
    rule: level_rule,
};

/// The level must stand in that edition of that framework.
fn level_rule(level: &Present<'_>) -> Result<(), ClaimError> {
    match (level.text("framework"), level.text("version"), level.text("code")) {
        (Some(framework), Some(version), Some(code)) => frameworks::check_level(framework, version, code),
        _ => Ok(()),
    }
}

/// A kind about a person that a body signs.
pub(super) const fn by_body(
    section: Option<Section>,
    legal_effect: LegalEffect,
    award_date: Option<&'static str>,
    claims: &'static [ClaimSpec],
    rule: Rule,
) -> KindSpec {
    let members = Members { claims, rule };
    KindSpec {
        class: Class::Person,
        signer: Signer::Body,
        section,
        legal_effect,
        award_date,
        binds_key: false,
        members,
    }
}

/// A kind that the worker signs with the holder key.
pub(super) const fn by_holder(
    section: Option<Section>,
    award_date: Option<&'static str>,
    claims: &'static [ClaimSpec],
    rule: Rule,
) -> KindSpec {
    let (signer, legal_effect) = (Signer::Holder, LegalEffect::Informative);
    let members = Members { claims, rule };
    KindSpec { class: Class::Person, signer, section, legal_effect, award_date, binds_key: false, members }
}

/// A kind in clear, about an institution or the ledger itself.
pub(super) const fn in_clear(class: Class, claims: &'static [ClaimSpec], rule: Rule) -> KindSpec {
    let signer = match class {
        Class::Ledger => Signer::Ledger,
        Class::Institution | Class::Person => Signer::Body,
    };
    let (section, legal_effect, award_date) = (None, LegalEffect::Informative, None);
    KindSpec {
        class,
        signer,
        section,
        legal_effect,
        award_date,
        binds_key: false,
        members: Members { claims, rule },
    }
}

/// Whether a list claim has at least one item.
pub(super) fn has_items(present: &Present<'_>, name: &str) -> bool {
    present.claims.get(name).and_then(Value::as_array).is_some_and(|items| !items.is_empty())
}
