//! Assessments: of skills, of languages, and the four steps of recognition of prior learning.

use super::shared::{
    CREDIT_POINT, ESCO_URI, EVIDENCE, EXAMPLE_HASH, INSTRUMENT, ISCEDF_CODE, ISCO08, ISSUING_COUNTRY,
    LEARNING_OUTCOMES, LEARNING_SETTING, NAME_CHARACTERS, NQF_LEVEL, OTHER_HASH, SENTENCES, SOURCE, STANDARD,
    SUB, TITLE, VALID_UNTIL, by_body, has_items,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Members, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

/// The Common European Framework's levels (Council of Europe, Companion Volume 2020).
const CEFR_LEVELS: Shape = Shape::Choice(&["PRE_A1", "A1", "A2", "B1", "B2", "C1", "C2"]);

const METHOD: ClaimSpec = optional(
    "method",
    Shape::Choice(&[
        "PRACTICAL_ASSESSMENT",
        "WRITTEN_EXAMINATION",
        "ORAL_EXAMINATION",
        "PORTFOLIO",
        "CONTINUOUS_EVALUATION",
        "INTERVIEW",
        "PROJECT_WORK",
        "WORKPLACE_OBSERVATION",
    ]),
    "How it was assessed.",
    "PRACTICAL_ASSESSMENT",
);
const RESULT: ClaimSpec = required(
    "result",
    Shape::Choice(&["PASSED", "FAILED"]),
    "A failed attempt is shown to the worker only.",
    "PASSED",
)
.decisive();
pub(super) const OUTCOMES: ClaimSpec = optional(
    "outcomes",
    SENTENCES,
    "Outcomes of the standard that were shown.",
    "lays bricks to line and level",
);
const ASSESSED_ON: ClaimSpec =
    required("assessed_on", Shape::Date, "The day of the assessment.", "2024-06-14");
const PORTFOLIO_HASH: ClaimSpec =
    optional("portfolio_hash", Shape::Hash, "SHA-256 of the portfolio file, base64url.", EXAMPLE_HASH);

pub(in crate::event) static SKILL_ASSESSED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Assessment,
    Some("assessed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        STANDARD,
        RESULT,
        ASSESSED_ON,
        METHOD,
        OUTCOMES,
        optional("grade", Shape::Text(40), "The mark, in the standard's own scale.", "82 of 100"),
        optional(
            "id_verification",
            Shape::Choice(&["DOCUMENT_CHECKED", "KNOWN_TO_ASSESSOR", "NOT_CHECKED"]),
            "Whether the candidate's identity was checked.",
            "DOCUMENT_CHECKED",
        ),
        LEARNING_SETTING,
        ISCO08,
        ESCO_URI,
        optional(
            "wage_class",
            Shape::Text(40),
            "The wage class it gives under the collective agreement in `instrument`.",
            "A",
        ),
        VALID_UNTIL,
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    skill_rule,
);

fn skill_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("assessed_on", "valid_until")
}

pub(in crate::event) static PRIOR_LEARNING_IDENTIFIED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Informative,
    Some("identified_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        LEARNING_SETTING.required().said("Where it was learnt.", "INFORMAL"),
        required("identified_on", Shape::Date, "When.", "2023-01-20"),
        ISCO08,
        ESCO_URI,
        LEARNING_OUTCOMES,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static PRIOR_LEARNING_DOCUMENTED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Informative,
    Some("documented_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        PORTFOLIO_HASH.required(),
        required("documented_on", Shape::Date, "When the portfolio was complete.", "2023-02-10"),
        optional("evidence_count", Shape::Integer(1, 500), "How many pieces of evidence it holds.", "9"),
        LEARNING_SETTING,
        ISCO08,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static PRIOR_LEARNING_ASSESSED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Assessment,
    Some("assessed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        STANDARD,
        required(
            "result",
            Shape::Choice(&["PASSED", "PARTLY_PASSED", "FAILED"]),
            "A failed attempt is shown to the worker only.",
            "PASSED",
        )
        .decisive(),
        ASSESSED_ON,
        METHOD,
        OUTCOMES,
        PORTFOLIO_HASH,
        LEARNING_SETTING,
        ISCO08,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static PRIOR_LEARNING_CERTIFIED: KindSpec = by_body(
    Some(Section::Training),
    LegalEffect::Assessment,
    Some("certified_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        required(
            "assessment",
            Shape::Hash,
            "The hash of the PriorLearningAssessed statement: no certification without assessment.",
            OTHER_HASH,
        ),
        required(
            "outcome",
            Shape::Choice(&["QUALIFICATION", "CREDIT", "EXEMPTION", "ACCESS", "NONE"]),
            "What follows from it. An exemption reduces what is still required and is no award.",
            "QUALIFICATION",
        )
        .decisive(),
        required("certified_on", Shape::Date, "When.", "2023-06-30"),
        NQF_LEVEL,
        CREDIT_POINT,
        optional(
            "exempted_units",
            Shape::List(&Shape::Text(60), 60),
            "Codes of the units the worker is exempted from.",
            "MAS-01;MAS-02",
        ),
        optional(
            "qualification_code",
            Shape::Text(60),
            "The qualification's code in the national register.",
            "MAS-2",
        ),
        LEARNING_SETTING,
        ISCO08,
        ISCEDF_CODE,
        VALID_UNTIL,
        SOURCE,
        EVIDENCE,
    ],
    certified_rule,
);

fn certified_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    match present.text("outcome") {
        Some("CREDIT") if present.lacks("credit_point") => Err(ClaimError::new(
            "credit_point",
            "CREDIT_WITHOUT_POINTS",
            "the outcome is CREDIT: say how much, in which system",
        )),
        Some("EXEMPTION") if present.complete && !has_items(present, "exempted_units") => {
            Err(ClaimError::new(
                "exempted_units",
                "EXEMPTION_WITHOUT_UNITS",
                "the outcome is EXEMPTION: name the units",
            ))
        }
        _ => present.in_order("certified_on", "valid_until"),
    }
}

pub(in crate::event) static LANGUAGE_CERTIFIED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Assessment,
    Some("assessed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "German B1"),
        required("language", Shape::Language, "The language tested.", "de"),
        required("cefr", Shape::Object(&CEFR_MEMBERS), "The CEFR level of each skill that was tested.", ""),
        optional("overall", CEFR_LEVELS, "The overall CEFR level, if the test gives one.", "B1"),
        ASSESSED_ON.said("The day of the test.", "2024-07-06"),
        optional(
            "test_name",
            Shape::Text(NAME_CHARACTERS),
            "The test's own name.",
            "certificate examination B1 (demo)",
        ),
        optional("test_score", Shape::Text(60), "The score in the test's own scale.", "78 of 100"),
        VALID_UNTIL,
        SOURCE,
        EVIDENCE,
    ],
    skill_rule,
);

static CEFR_MEMBERS: Members = Members {
    claims: &[
        optional("listening", CEFR_LEVELS, "Listening.", "B1"),
        optional("reading", CEFR_LEVELS, "Reading.", "B1"),
        optional("spoken_interaction", CEFR_LEVELS, "Spoken interaction.", "B1"),
        optional("spoken_production", CEFR_LEVELS, "Spoken production.", "B1"),
        optional("writing", CEFR_LEVELS, "Writing.", "A2"),
    ],
    rule: cefr_rule,
};

fn cefr_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.claims.values().next().is_none() {
        return Err(ClaimError::new("", "EMPTY_CEFR", "give the CEFR level of at least one skill"));
    }
    Ok(())
}
