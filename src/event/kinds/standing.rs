//! What happens to statements: withdrawn, suspended, corrected, superseded, disputed.

use super::shared::{
    EXAMPLE_HASH, ISSUING_COUNTRY, LEGAL_BASIS, NAME_CHARACTERS, OTHER_HASH, SENTENCES, SUB, TARGET, by_body,
    by_holder,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect};

const REASON: ClaimSpec = required(
    "reason",
    Shape::Choice(&[
        "ISSUED_IN_ERROR",
        "OBTAINED_BY_FRAUD",
        "CONDITIONS_NO_LONGER_MET",
        "UNDER_INVESTIGATION",
        "CLEARED",
        "DECISION_ON_APPEAL",
        "LEGAL_ORDER",
        "HOLDER_REQUEST",
        "RENEWED",
        "OTHER",
    ]),
    "Why.",
    "ISSUED_IN_ERROR",
);
const EFFECTIVE_FROM: ClaimSpec = optional(
    "effective_from",
    Shape::Date,
    "From this day on (UTC); from the recording on if absent.",
    "2026-01-10",
)
.decisive();
const REPLACEMENT: ClaimSpec = required(
    "replacement",
    Shape::Hash,
    "The hash of the statement that takes its place, recorded before this one.",
    OTHER_HASH,
);

const fn standing(claims: &'static [ClaimSpec]) -> KindSpec {
    by_body(None, LegalEffect::Informative, None, claims, standing_rule)
}

fn standing_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.has("target") && present.text("target") == present.text("replacement") {
        return Err(ClaimError::new(
            "replacement",
            "SAME_STATEMENT",
            "a statement cannot take its own place",
        ));
    }
    present.in_order("effective_from", "suspended_until")
}

pub(in crate::event) static REVOKED: KindSpec =
    standing(&[SUB, ISSUING_COUNTRY, TARGET, REASON, EFFECTIVE_FROM, LEGAL_BASIS]);

pub(in crate::event) static SUSPENDED: KindSpec = standing(&[
    SUB,
    ISSUING_COUNTRY,
    TARGET,
    REASON.said("Why.", "UNDER_INVESTIGATION"),
    EFFECTIVE_FROM,
    optional(
        "suspended_until",
        Shape::Date,
        "The last day of the suspension, if it is set (UTC).",
        "2026-07-10",
    ),
    LEGAL_BASIS,
]);

pub(in crate::event) static REINSTATED: KindSpec =
    standing(&[SUB, ISSUING_COUNTRY, TARGET, REASON.said("Why.", "CLEARED"), EFFECTIVE_FROM, LEGAL_BASIS]);

pub(in crate::event) static CORRECTED: KindSpec =
    standing(&[SUB, ISSUING_COUNTRY, TARGET, REPLACEMENT, REASON, EFFECTIVE_FROM]);

pub(in crate::event) static SUPERSEDED: KindSpec =
    standing(&[SUB, ISSUING_COUNTRY, TARGET, REPLACEMENT, REASON.said("Why.", "RENEWED"), EFFECTIVE_FROM]);

pub(in crate::event) static DISPUTE_RAISED: KindSpec = by_holder(
    None,
    None,
    &[
        SUB,
        TARGET.said("The hash of the contested statement.", EXAMPLE_HASH),
        required(
            "grounds",
            Shape::Choice(&["NOT_ME", "FACTS_WRONG", "DATES_WRONG", "PROCEDURE", "DISCRIMINATION", "OTHER"]),
            "What is contested.",
            "DATES_WRONG",
        ),
        optional("statement", Shape::Text(1000), "The worker's own words.", "I worked there until November."),
    ],
    no_rule,
);

pub(in crate::event) static DISPUTE_RESOLVED: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    Some("resolved_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TARGET.said("The hash of the contested statement.", EXAMPLE_HASH),
        required("dispute", Shape::Hash, "The hash of the DisputeRaised statement.", OTHER_HASH),
        // Not `outcome`: NONE and its like have a meaning of their own there.
        required(
            "resolution",
            Shape::Choice(&["UPHELD", "PARTLY_UPHELD", "REJECTED", "SETTLED"]),
            "Upheld: the worker was right.",
            "UPHELD",
        )
        .decisive(),
        required("resolved_on", Shape::Date, "When.", "2026-03-02"),
        optional(
            "committee",
            Shape::Text(NAME_CHARACTERS),
            "The body that decided, if not the issuer.",
            "joint monitoring committee (demo)",
        ),
        optional("reasons", SENTENCES, "Why, one sentence each.", "the payroll shows November"),
    ],
    no_rule,
);
