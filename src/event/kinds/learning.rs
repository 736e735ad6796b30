//! Training, units, qualifications.

use serde_json::Value;

use super::assessment::OUTCOMES;
use super::shared::{
    CREDIT_POINT, ESCO_URI, EVIDENCE, INSTRUMENT, ISCEDF_CODE, ISCO08, ISSUING_COUNTRY, LEARNING_OUTCOMES,
    LEARNING_SETTING, NAME_CHARACTERS, NQF_LEVEL, SOURCE, STANDARD, SUB, TITLE, VALID_UNTIL, by_body,
};
use crate::event::ClaimError;
use crate::event::claim::{Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

pub(in crate::event) static TRAINING_COMPLETED: KindSpec = by_body(
    Some(Section::Training),
    LegalEffect::Informative,
    Some("completed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        LEARNING_SETTING.required(),
        optional("started_on", Shape::Date, "First day.", "2024-01-08"),
        required("completed_on", Shape::Date, "Last day.", "2024-05-31"),
        optional(
            "volume_of_learning_hours",
            Shape::Integer(1, 50_000),
            "Hours of learning, practice included.",
            "320",
        ),
        optional(
            "provider",
            Shape::Text(NAME_CHARACTERS),
            "Who taught, if not the issuer.",
            "training centre for construction, PH (demo)",
        ),
        optional(
            "training_country",
            Shape::Country,
            "Where it took place, if not in `issuing_country`.",
            "PH",
        ),
        optional(
            "activity_type",
            Shape::Choice(&[
                "COURSE",
                "APPRENTICESHIP",
                "INTERNSHIP",
                "ON_THE_JOB",
                "E_LEARNING",
                "WORKSHOP",
                "EDUCATIONAL_PROGRAMME",
            ]),
            "The kind of learning activity.",
            "COURSE",
        ),
        optional(
            "completion",
            Shape::Choice(&["ATTENDANCE", "FINAL_ASSESSMENT_PASSED"]),
            "Whether attendance is confirmed or a final assessment was passed; attendance if absent.",
            "FINAL_ASSESSMENT_PASSED",
        ),
        ISCEDF_CODE,
        ISCO08,
        ESCO_URI,
        optional("language", Shape::Language, "Language of instruction.", "en"),
        LEARNING_OUTCOMES,
        CREDIT_POINT,
        VALID_UNTIL,
        optional(
            "refresh_due",
            Shape::Date,
            "The day by which the training must be refreshed, where the trade asks for it.",
            "2027-05-31",
        ),
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    training_rule,
);

fn training_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("started_on", "completed_on")?;
    present.in_order("completed_on", "refresh_due")?;
    present.in_order("completed_on", "valid_until")
}
pub(in crate::event) static UNIT_ACHIEVED: KindSpec = by_body(
    Some(Section::Training),
    LegalEffect::Assessment,
    Some("achieved_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        required("unit_code", Shape::Text(60), "The unit's code in the standard.", "MAS-03"),
        STANDARD,
        required("achieved_on", Shape::Date, "When it was achieved.", "2023-11-20"),
        optional(
            "scheme",
            Shape::Text(NAME_CHARACTERS),
            "The qualification scheme it counts towards.",
            "Caribbean Vocational Qualification",
        ),
        optional(
            "via_prior_learning",
            Shape::Bool,
            "Whether it was achieved by recognition of prior learning.",
            "false",
        ),
        LEARNING_SETTING,
        NQF_LEVEL,
        CREDIT_POINT,
        OUTCOMES,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static QUALIFICATION_AWARDED: KindSpec = by_body(
    Some(Section::Training),
    LegalEffect::Assessment,
    Some("awarding_date"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE,
        optional(
            "original_language",
            Shape::Language,
            "Which language of `title` is the original, a protected title above all.",
            "en",
        ),
        required("awarding_date", Shape::Date, "When it was awarded.", "2018-04-20"),
        required(
            "is_partial_qualification",
            Shape::Bool,
            "Whether it is a part of a qualification only.",
            "false",
        )
        .decisive(),
        optional(
            "awarding_body",
            Shape::Text(NAME_CHARACTERS),
            "Who awarded it, if not the issuer.",
            "state university, PH (demo)",
        ),
        optional("qualification_code", Shape::Text(60), "Its code in the national register.", "BSN"),
        NQF_LEVEL,
        optional(
            "eqf_level",
            Shape::Choice(&["1", "2", "3", "4", "5", "6", "7", "8"]),
            "The EQF level that stands on the certificate; only beside `nqf_level`.",
            "",
        ),
        optional(
            "isced_level",
            Shape::Choice(&["0", "1", "2", "3", "4", "5", "6", "7", "8"]),
            "The ISCED 2011 level.",
            "6",
        ),
        ISCEDF_CODE.said("The field: an ISCED-F 2013 code of 2 to 4 digits.", "0913"),
        ISCO08.said("An occupation it qualifies for: an ISCO-08 code of 1 to 4 digits.", "2221"),
        LEARNING_SETTING.said("How it was learnt; formal if absent.", "FORMAL"),
        LEARNING_OUTCOMES.said(
            "What the holder knows or can do, one sentence each.",
            "plans and gives general nursing care",
        ),
        CREDIT_POINT,
        optional(
            "achievement_id",
            Shape::Text(100),
            "One achievement awarded by two bodies carries the same id in both awards.",
            "",
        ),
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    qualification_rule,
);

fn qualification_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.has("eqf_level") && present.lacks("nqf_level") {
        let message =
            "a qualification has an EQF level only through its national framework; give `nqf_level` too";
        return Err(ClaimError::new("eqf_level", "EQF_WITHOUT_NQF", message));
    }
    original_in_title(present)
}

/// The language that is called the original must be one of the title's.
pub(super) fn original_in_title(present: &Present<'_>) -> Result<(), ClaimError> {
    match (present.text("original_language"), present.claims.get("title").and_then(Value::as_object)) {
        (Some(language), Some(title)) if !title.contains_key(language) => {
            let message = format!("`title` has no text in the original language, `{language}`");
            Err(ClaimError::new("original_language", "ORIGINAL_NOT_IN_TITLE", message))
        }
        _ => Ok(()),
    }
}
