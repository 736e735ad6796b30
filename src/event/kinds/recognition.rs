//! Recognition, compensation measures, and papers confirmed as genuine.

use super::learning::original_in_title;
use super::shared::{
    EVIDENCE, EXAMPLE_HASH, INSTRUMENT, ISCO08, ISSUING_COUNTRY, LEGAL_BASIS, NAME_CHARACTERS, NQF_LEVEL,
    ORIGIN_COUNTRY, OTHER_HASH, SENTENCES, SOURCE, SUB, TITLE, VALID_UNTIL, by_body, has_items,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

const RECOGNITION_KIND: ClaimSpec = required(
    "recognition_kind",
    Shape::Choice(&["ACADEMIC", "PROFESSIONAL"]),
    "Academic is for going on to study, professional for working; neither stands in for the other.",
    "PROFESSIONAL",
)
.decisive();
const REFERENCE_OCCUPATION: ClaimSpec = optional(
    "reference_occupation",
    Shape::Text(NAME_CHARACTERS),
    "The occupation or qualification compared with, under its name in the deciding country.",
    "Pflegefachfrau/-mann",
);
const REGULATED: ClaimSpec = optional(
    "regulated",
    Shape::Bool,
    "Whether the occupation is regulated there, as the authority says.",
    "true",
);
pub(super) const CONDITIONS: ClaimSpec = optional(
    "conditions",
    SENTENCES,
    "What it depends on, or what it does not allow, one sentence each.",
    "under supervision only",
)
.decisive();
pub(super) const NURSE: ClaimSpec = ISCO08.said("The occupation: an ISCO-08 code of 1 to 4 digits.", "2221");
const QUALIFICATION: ClaimSpec =
    optional("qualification", Shape::Hash, "The hash of the statement of the qualification.", EXAMPLE_HASH);
const DECISION_TITLE: ClaimSpec =
    TITLE.said("What a passport shows, by language (BCP 47).", "Recognition as general care nurse");

pub(in crate::event) static RECOGNITION_APPLIED: KindSpec = by_body(
    Some(Section::Recognition),
    LegalEffect::Informative,
    Some("applied_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        DECISION_TITLE,
        RECOGNITION_KIND,
        required("applied_on", Shape::Date, "When the application was complete.", "2024-02-12"),
        REFERENCE_OCCUPATION,
        NURSE,
        REGULATED,
        ORIGIN_COUNTRY,
        QUALIFICATION,
        LEGAL_BASIS,
        INSTRUMENT,
        SOURCE,
    ],
    no_rule,
);

pub(in crate::event) static RECOGNITION_DECIDED: KindSpec = by_body(
    Some(Section::Recognition),
    LegalEffect::RecognitionDecision,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        DECISION_TITLE,
        RECOGNITION_KIND,
        required(
            "decision",
            Shape::Choice(&["FULL", "PARTIAL", "CONDITIONAL", "REFUSED", "COMPARABILITY_STATEMENT"]),
            "A comparability statement informs and is no licence; a refusal is shown to the worker only.",
            "PARTIAL",
        )
        .decisive(),
        required("decided_on", Shape::Date, "When it was decided.", "2024-09-16"),
        REFERENCE_OCCUPATION,
        NURSE,
        REGULATED,
        NQF_LEVEL.said("The level the authority recognises, in its own framework.", "-"),
        optional(
            "substantial_differences",
            SENTENCES,
            "What is missing, one sentence each.",
            "geriatric care;nursing law",
        )
        .decisive(),
        optional(
            "compensation_measure",
            Shape::Choice(&["ADAPTATION_PERIOD", "APTITUDE_TEST", "APPLICANTS_CHOICE"]),
            "What makes up for it.",
            "APPLICANTS_CHOICE",
        )
        .decisive(),
        CONDITIONS.said("What else it depends on, one sentence each.", ""),
        optional("reasons", SENTENCES, "Why, one sentence each; a refusal needs them.", ""),
        ORIGIN_COUNTRY,
        QUALIFICATION,
        optional("application", Shape::Hash, "The hash of the RecognitionApplied statement.", OTHER_HASH),
        LEGAL_BASIS,
        INSTRUMENT,
        optional("appeal_until", Shape::Date, "The last day to appeal.", "2024-10-16"),
        VALID_UNTIL.said("The last day on which it is valid, if it ends (UTC).", ""),
        SOURCE,
        EVIDENCE,
    ],
    decision_rule,
);

/// What the Lisbon Recognition Convention and Directive 2005/36/EC ask of a decision: a refusal says why (article III.5),
/// a decision short of full recognition says what is missing or how it is made up for (article 14).
fn decision_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let differences = has_items(present, "substantial_differences");
    let measure = present.has("compensation_measure");
    match present.text("decision") {
        Some("REFUSED") if present.complete && !differences && !has_items(present, "reasons") => {
            let message = "a refusal gives its reasons: fill `reasons` or `substantial_differences`";
            Err(ClaimError::new("reasons", "REFUSAL_WITHOUT_REASONS", message))
        }
        Some(decision @ ("PARTIAL" | "CONDITIONAL")) if present.complete && !differences && !measure => {
            let message =
                format!("a {decision} decision names `substantial_differences` or a `compensation_measure`");
            Err(ClaimError::new("substantial_differences", "CONDITION_WITHOUT_DIFFERENCES", message))
        }
        Some("FULL") if measure => {
            let message = "full recognition asks for no compensation measure; such a decision is CONDITIONAL or PARTIAL";
            Err(ClaimError::new("compensation_measure", "FULL_WITH_MEASURE", message))
        }
        _ => {
            present.in_order("decided_on", "appeal_until")?;
            present.in_order("decided_on", "valid_until")
        }
    }
}

pub(in crate::event) static COMPENSATION_MEASURE_COMPLETED: KindSpec = by_body(
    Some(Section::Recognition),
    LegalEffect::Assessment,
    Some("completed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Aptitude test, nursing"),
        required(
            "recognition_decision",
            Shape::Hash,
            "The hash of the RecognitionDecided statement that asked for it.",
            OTHER_HASH,
        ),
        required(
            "compensation_measure",
            Shape::Choice(&["ADAPTATION_PERIOD", "APTITUDE_TEST"]),
            "Which one it was.",
            "APTITUDE_TEST",
        ),
        required(
            "result",
            Shape::Choice(&["PASSED", "FAILED"]),
            "A failed attempt is shown to the worker only.",
            "PASSED",
        )
        .decisive(),
        required("completed_on", Shape::Date, "When.", "2025-09-11"),
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static DOCUMENT_AUTHENTICATED: KindSpec = by_body(
    Some(Section::Training),
    LegalEffect::Informative,
    Some("confirmed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said(
            "The paper's title in the original and in translation, by language (BCP 47).",
            "Diploma of secondary technical education",
        ),
        required("original_language", Shape::Language, "Which language of `title` is the original.", "en"),
        optional(
            "protected_title",
            Shape::Text(NAME_CHARACTERS),
            "A title protected by law, in the original only; it is never translated.",
            "Perito industriale",
        ),
        optional(
            "translated_by",
            Shape::Text(NAME_CHARACTERS),
            "The body that made the translation.",
            "sworn translators' office, IT (demo)",
        ),
        required(
            "document_kind",
            Shape::Choice(&[
                "DIPLOMA",
                "TRANSCRIPT",
                "TRAINING_CERTIFICATE",
                "LICENCE",
                "WORK_REFERENCE",
                "LANGUAGE_CERTIFICATE",
                "OTHER",
            ]),
            "The kind of paper.",
            "DIPLOMA",
        ),
        required(
            "document_issuer",
            Shape::Text(NAME_CHARACTERS),
            "The body that issued the paper.",
            "technical institute, EG (demo)",
        ),
        required("document_country", Shape::Country, "The country it was issued in.", "EG"),
        optional("document_date", Shape::Date, "The date on the paper.", "2020-06-25"),
        required(
            "confirmed_with",
            Shape::Text(NAME_CHARACTERS),
            "The body that was asked, or whose register or seal was checked.",
            "ministry of education, EG (demo)",
        ),
        required(
            "confirmation_method",
            Shape::Choice(&[
                "ISSUER_CONFIRMED",
                "REGISTER_CHECKED",
                "APOSTILLE_CHECKED",
                "LEGALISATION_CHECKED",
                "SIGNATURE_VERIFIED",
                "ORIGINAL_INSPECTED",
            ]),
            "How it was confirmed.",
            "ISSUER_CONFIRMED",
        )
        .decisive(),
        required("confirmed_on", Shape::Date, "When it was confirmed.", "2020-08-31"),
        required("scan_hash", Shape::Hash, "SHA-256 of the scan's file, base64url.", EXAMPLE_HASH),
        SOURCE,
    ],
    document_rule,
);

fn document_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("document_date", "confirmed_on")?;
    original_in_title(present)
}
