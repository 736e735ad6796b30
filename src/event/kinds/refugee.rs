//! The qualifications passport of UNESCO and of the Council of Europe: what was found in an interview, for people whose
//! papers are out of reach.

use super::shared::{
    EVIDENCE, EXAMPLE_HASH, ISCEDF_CODE, ISSUING_COUNTRY, NAME_CHARACTERS, SENTENCES, SOURCE, SUB, TITLE,
    VALID_UNTIL, by_body,
};
use crate::event::claim::{ClaimSpec, Present, Shape, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};
use crate::event::{ClaimError, dates};

/// For how long such a document is valid, its last day included (UNESCO; Council of Europe).
const YEARS: i16 = 5;

const COUNTRY: ClaimSpec =
    ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "ZM");

pub(in crate::event) static QUALIFICATIONS_PASSPORT_ISSUED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Informative,
    Some("issued_on"),
    &[
        SUB,
        COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Qualifications passport"),
        required(
            "scheme",
            Shape::Choice(&["UNESCO_QP", "EQPR"]),
            "UNESCO's, or the European one for refugees of the Council of Europe.",
            "UNESCO_QP",
        ),
        required("issued_on", Shape::Date, "When it was issued.", "2019-10-01"),
        VALID_UNTIL.required().said(
            "The last day on which it is valid, that day included (UTC): five years after it was issued.",
            "2024-10-01",
        ),
        required(
            "document_status",
            Shape::Choice(&["NO_FORMAL_RECOGNITION"]),
            "Part 2: it constitutes no formal recognition and no authorisation to practise.",
            "NO_FORMAL_RECOGNITION",
        )
        .decisive(),
        required(
            "highest_qualification",
            Shape::Text(NAME_CHARACTERS),
            "Part 1: the highest qualification that the interview found to be achieved.",
            "Bachelor of Education",
        ),
        optional("qualification_country", Shape::Country, "Where it was achieved.", ""),
        ISCEDF_CODE.said("Its field: an ISCED-F 2013 code of 2 to 4 digits.", "0114"),
        optional(
            "isced_level",
            Shape::Choice(&["0", "1", "2", "3", "4", "5", "6", "7", "8"]),
            "Its ISCED 2011 level, as the evaluators see it.",
            "6",
        ),
        optional("other_qualifications", SENTENCES, "Part 1: other relevant qualifications.", ""),
        optional("job_experience", SENTENCES, "Part 1: relevant job experience.", "teacher, six years"),
        optional("language_proficiency", SENTENCES, "Part 1: languages, if substantiated.", ""),
        required(
            "way_ahead",
            SENTENCES,
            "Part 3: whom to turn to, one sentence each.",
            "qualifications authority, ZM (demo)",
        ),
        required(
            "method",
            Shape::Choice(&["DOCUMENTS_AND_INTERVIEW", "INTERVIEW_WITHOUT_DOCUMENTS"]),
            "How it was evaluated; a structured interview in either case.",
            "INTERVIEW_WITHOUT_DOCUMENTS",
        )
        .decisive(),
        optional("evaluators", Shape::Integer(1, 9), "How many evaluators held the interview.", "2"),
        optional(
            "interview_hash",
            Shape::Hash,
            "SHA-256 of the interview's record, base64url.",
            EXAMPLE_HASH,
        ),
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
        EVIDENCE.said("Hashes (SHA-256, base64url) of statements or scans it rests on.", ""),
    ],
    five_years,
);

fn five_years(present: &Present<'_>) -> Result<(), ClaimError> {
    let date = |name: &str| present.text(name).and_then(|text| dates::parse_date(text).ok());
    let (Some(issued), Some(until)) = (date("issued_on"), date("valid_until")) else { return Ok(()) };
    let last = dates::years_after(issued, YEARS);
    if until == last {
        return Ok(());
    }
    let message = format!("is {until}; a qualifications passport is valid for {YEARS} years, until {last}");
    Err(ClaimError::new("valid_until", "NOT_FIVE_YEARS", message))
}
