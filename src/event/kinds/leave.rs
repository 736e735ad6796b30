//! Leave to work abroad with the right to come back, as collective agreements grant it, and what becomes of it.

use super::shared::{
    EXAMPLE_HASH, INSTRUMENT, ISCO08, ISSUING_COUNTRY, NAME_CHARACTERS, OTHER_HASH, SENTENCES, SOURCE, SUB,
    TITLE, by_body, by_holder, has_items,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

const LEAVE: ClaimSpec =
    required("leave", Shape::Hash, "The hash of the LeaveGranted statement.", OTHER_HASH);
const AGREEMENT: ClaimSpec = INSTRUMENT
    .required()
    .said("The collective agreement it rests on.", "collective agreement of the health service, GH (demo)");
const CLAUSE: ClaimSpec =
    required("clause", Shape::Text(100), "The clause of it.", "article 30, leave to work abroad (demo)");
const POST: ClaimSpec = optional("post", Shape::Text(NAME_CHARACTERS), "The post.", "staff nurse");
const GRADE: ClaimSpec = optional("grade", Shape::Text(60), "The grade or wage class.", "grade 12");
const NURSE: ClaimSpec = ISCO08.said("The occupation: an ISCO-08 code of 1 to 4 digits.", "2221");
/// Employer and union each sign for themselves; the later statement names the earlier.
const CONFIRMS: ClaimSpec = optional(
    "confirms",
    Shape::Hash,
    "The hash of the other side's statement of this kind that this one confirms.",
    EXAMPLE_HASH,
);

pub(in crate::event) static LEAVE_GRANTED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("granted_on"),
    &[
        SUB,
        ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "GH"),
        TITLE.said(
            "What a passport shows, by language (BCP 47).",
            "Leave to work abroad, with the right to return",
        ),
        required("granted_on", Shape::Date, "When it was granted.", "2021-08-02"),
        required("leave_from", Shape::Date, "First day of the leave.", "2021-09-01").decisive(),
        required(
            "leave_until",
            Shape::Date,
            "Last day on which the worker can come back, that day included (UTC).",
            "2024-08-31",
        )
        .decisive(),
        AGREEMENT,
        CLAUSE,
        POST,
        GRADE,
        NURSE,
        optional(
            "employer",
            Shape::Text(NAME_CHARACTERS),
            "The employer, if not the issuer.",
            "health service, GH (demo)",
        ),
        optional(
            "conditions",
            SENTENCES,
            "What the return depends on, one sentence each.",
            "professional registration is kept up",
        )
        .decisive(),
        CONFIRMS,
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
    ],
    leave_rule,
);

fn leave_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("leave_from", "leave_until")
}

// Takes a right away and gives none.
pub(in crate::event) static LEAVE_ENDED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("ended_on"),
    &[
        SUB,
        ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "GH"),
        TITLE.said("What a passport shows, by language (BCP 47).", "End of leave"),
        LEAVE,
        required(
            "ended_on",
            Shape::Date,
            "The day from which there is no right to come back (UTC).",
            "2023-05-01",
        )
        .decisive(),
        required(
            "reason",
            Shape::Choice(&["RESIGNED", "DISMISSED", "ENDED_BY_AGREEMENT", "OTHER"]),
            "Why it ended before its time.",
            "RESIGNED",
        ),
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
    ],
    no_rule,
);

pub(in crate::event) static REINTEGRATION_CLAIMED: KindSpec = by_holder(
    Some(Section::SelfDeclared),
    Some("claimed_on"),
    &[
        SUB,
        TITLE.said("What a passport shows, by language (BCP 47).", "Claim to return to the post"),
        LEAVE,
        required("claimed_on", Shape::Date, "When the worker claims it.", "2024-08-12"),
        optional("returned_on", Shape::Date, "The day of return, as the worker says.", "2024-08-10"),
    ],
    no_rule,
);

pub(in crate::event) static REINTEGRATION_DECIDED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "GH"),
        TITLE.said("What a passport shows, by language (BCP 47).", "Return to the post after leave"),
        LEAVE,
        optional(
            "claim",
            Shape::Hash,
            "The hash of the ReintegrationClaimed statement it answers.",
            EXAMPLE_HASH,
        ),
        required(
            "decision",
            Shape::Choice(&["REINSTATED", "REFUSED"]),
            "A refusal gives its reasons and is shown to the worker only.",
            "REINSTATED",
        )
        .decisive(),
        required("decided_on", Shape::Date, "When it was decided.", "2024-09-02"),
        POST,
        GRADE.said("The grade or wage class on return.", "grade 13"),
        required(
            "new_skills_considered",
            Shape::Bool,
            "Whether the grade takes account of what was learnt abroad.",
            "true",
        )
        .decisive(),
        optional(
            "considered",
            Shape::List(&Shape::Hash, 20),
            "Hashes of the records it takes account of.",
            EXAMPLE_HASH,
        ),
        optional("reasons", SENTENCES, "Why, one sentence each; a refusal needs them.", ""),
        AGREEMENT,
        CLAUSE,
        optional("appeal_until", Shape::Date, "The last day to appeal.", "2024-10-02"),
        CONFIRMS,
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
    ],
    decision_rule,
);

fn decision_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.text("decision") == Some("REFUSED") && present.complete && !has_items(present, "reasons") {
        let message = "a refusal gives its reasons: fill `reasons`";
        return Err(ClaimError::new("reasons", "REFUSAL_WITHOUT_REASONS", message));
    }
    present.in_order("decided_on", "appeal_until")
}
