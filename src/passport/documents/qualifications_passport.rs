//! A qualifications passport in its three parts (UNESCO; Council of Europe).

use serde_json::{Value, json};

use super::{proof, section, texts};
use crate::passport::record::Record;

/// What part 2 says, in our words; the record says it by `document_status`.
pub(in crate::passport) const NO_RECOGNITION: &str =
    "This document is no formal recognition and no authorisation to practise.";

pub(super) fn parts(record: &Record) -> Value {
    json!({
        "document": "qualifications-passport",
        "scheme": record.text("scheme"),
        "issued_on": record.text("issued_on"),
        "valid_until": record.text("valid_until"),
        "sections": [
            section(1, "Assessment", json!({
                "highest_qualification": record.text("highest_qualification"),
                "qualification_country": record.text("qualification_country"),
                "field_iscedf": record.text("iscedf_code"),
                "isced_level": record.text("isced_level"),
                "other_qualifications": texts(record, "other_qualifications"),
                "job_experience": texts(record, "job_experience"),
                "language_proficiency": texts(record, "language_proficiency"),
            })),
            section(2, "Explanation", json!({
                "status": NO_RECOGNITION,
                "method": record.text("method"),
                "evaluators": record.claims.get("evaluators"),
                "validity": "Five years from the day of issue, the last day included.",
            })),
            section(3, "The way ahead", json!({"contacts": texts(record, "way_ahead")})),
        ],
        "proof": proof(record),
    })
}
