//! Licences: the right to practise an occupation in one jurisdiction, and what becomes of it.

use super::recognition::{CONDITIONS, NURSE};
use super::shared::{
    ESCO_URI, EXAMPLE_HASH, INSTRUMENT, ISSUING_COUNTRY, LEGAL_BASIS, NAME_CHARACTERS, OTHER_HASH, SENTENCES,
    SOURCE, SUB, TARGET, TITLE, VALID_UNTIL, by_body,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

const LICENCE_TITLE: ClaimSpec =
    TITLE.said("What a passport shows, by language (BCP 47).", "Licence to practise as a nurse");
const LIMIT_JURISDICTION: ClaimSpec =
    required("limit_jurisdiction", Shape::Country, "Where it entitles to practise, and nowhere else.", "DE")
        .decisive();
const LICENCE_FROM: ClaimSpec =
    required("valid_from", Shape::Date, "The first day on which it is valid (UTC).", "2025-10-01").decisive();
const LICENCE: ClaimSpec = TARGET.said("The hash of the LicenceGranted statement.", EXAMPLE_HASH);
const DECIDED_ON: ClaimSpec = required("decided_on", Shape::Date, "When it was decided.", "2026-02-02");
const EFFECTIVE_FROM: ClaimSpec =
    required("effective_from", Shape::Date, "From this day on (UTC).", "2026-02-03").decisive();
const REASONS: ClaimSpec = optional("reasons", SENTENCES, "Why, one sentence each.", "");

pub(in crate::event) static LICENCE_GRANTED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::RightToPractise,
    Some("granted_on"),
    &[
        SUB,
        ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "DE"),
        LICENCE_TITLE,
        NURSE.required(),
        ESCO_URI.said(
            "The occupation, more closely: its ESCO URI.",
            "http://data.europa.eu/esco/occupation/8d3e8aaa-791b-4c75-a465-f3f827028f50",
        ),
        optional(
            "limit_occupation",
            Shape::Text(NAME_CHARACTERS),
            "The occupation or title it is limited to, under its own name.",
            "Pflegefachfrau/-mann",
        )
        .decisive(),
        LIMIT_JURISDICTION,
        required("granted_on", Shape::Date, "When it was granted.", "2025-09-25"),
        LICENCE_FROM,
        VALID_UNTIL.said(
            "The last day on which it is valid, that day included (UTC); unlimited if absent.",
            "2028-09-30",
        ),
        CONDITIONS,
        optional(
            "number_commitment",
            Shape::Hash,
            "A salted SHA-256 of the licence number, base64url; never the number itself.",
            OTHER_HASH,
        ),
        optional(
            "register",
            Shape::Text(NAME_CHARACTERS),
            "The public register in which it stands.",
            "register of nurses, DE (demo)",
        ),
        optional(
            "recognition_decision",
            Shape::Hash,
            "The hash of the RecognitionDecided statement it follows.",
            OTHER_HASH,
        ),
        LEGAL_BASIS,
        INSTRUMENT,
        SOURCE,
    ],
    licence_rule,
);

fn licence_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("valid_from", "valid_until")
}

pub(in crate::event) static LICENCE_RENEWED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::RightToPractise,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        LICENCE_TITLE,
        LICENCE,
        LIMIT_JURISDICTION,
        DECIDED_ON,
        LICENCE_FROM.said("The first day of the renewed term (UTC).", "2028-10-01"),
        VALID_UNTIL
            .required()
            .said("The last day of the renewed term, that day included (UTC).", "2031-09-30"),
        CONDITIONS,
        SOURCE,
    ],
    licence_rule,
);

pub(in crate::event) static REGISTER_ENTERED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::Informative,
    Some("entered_on"),
    &[
        SUB,
        ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "MY"),
        TITLE.said("What a passport shows, by language (BCP 47).", "Entry in the register of ASEAN engineers"),
        required(
            "register",
            Shape::Text(NAME_CHARACTERS),
            "The register.",
            "ASEAN Chartered Professional Engineers register (demo)",
        ),
        required(
            "register_status",
            Shape::Choice(&["REGISTERED", "GOOD_STANDING", "PROVISIONAL", "NOT_PRACTISING"]),
            "As what; GOOD_STANDING is a letter, which says until when it may be relied on.",
            "REGISTERED",
        )
        .decisive(),
        required("entered_on", Shape::Date, "When it was entered or attested.", "2021-03-15"),
        NURSE.required().said("The occupation: an ISCO-08 code of 1 to 4 digits.", "2142"),
        optional("discipline", Shape::Text(NAME_CHARACTERS), "The discipline it is limited to.", "civil engineering")
            .decisive(),
        LIMIT_JURISDICTION.optional().said("Where it counts, if in one jurisdiction only.", ""),
        optional("valid_from", Shape::Date, "The first day on which it counts (UTC).", "2021-03-15").decisive(),
        VALID_UNTIL.said("The last day on which it counts, that day included (UTC).", "2022-12-31"),
        CONDITIONS.said("What it depends on, or what it does not allow, one sentence each.", "no independent practice"),
        optional(
            "in_collaboration_with",
            Shape::Text(NAME_CHARACTERS),
            "The designated body or practice, by name or number, without which the worker does not work there.",
            "",
        )
        .decisive(),
        optional(
            "rests_on",
            Shape::Hash,
            "The hash of the licence or register entry it rests on, of whatever ledger: it counts only while that does.",
            EXAMPLE_HASH,
        )
        .decisive(),
        optional(
            "number_commitment",
            Shape::Hash,
            "A salted SHA-256 of the register number, base64url; never the number itself.",
            OTHER_HASH,
        ),
        LEGAL_BASIS.said("The law it rests on, with the article.", ""),
        INSTRUMENT.said("The treaty, agreement, programme or collective agreement it rests on.", "asean/mra-engineering"),
        SOURCE,
    ],
    register_rule,
);

fn register_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.text("register_status") == Some("GOOD_STANDING") && present.lacks("valid_until") {
        let message = "a letter of good standing says until when it may be relied on";
        return Err(ClaimError::new("valid_until", "MISSING_CLAIM", message));
    }
    licence_rule(present)
}

// Takes a right away and gives none, so its effect is never shown as a right to practise.
pub(in crate::event) static LICENCE_SUSPENDED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::Informative,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        LICENCE_TITLE,
        LICENCE,
        LIMIT_JURISDICTION,
        DECIDED_ON,
        EFFECTIVE_FROM,
        optional(
            "suspended_until",
            Shape::Date,
            "The last day of the suspension, if it is set (UTC).",
            "2026-08-02",
        ),
        REASONS,
        LEGAL_BASIS,
        SOURCE,
    ],
    suspension_rule,
);

fn suspension_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("effective_from", "suspended_until")
}

pub(in crate::event) static LICENCE_REINSTATED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::RightToPractise,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        LICENCE_TITLE,
        LICENCE,
        LIMIT_JURISDICTION,
        DECIDED_ON,
        EFFECTIVE_FROM,
        CONDITIONS,
        LEGAL_BASIS,
        SOURCE,
    ],
    no_rule,
);

pub(in crate::event) static LICENCE_REVOKED: KindSpec = by_body(
    Some(Section::Licence),
    LegalEffect::Informative,
    Some("decided_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        LICENCE_TITLE,
        LICENCE,
        LIMIT_JURISDICTION,
        DECIDED_ON,
        EFFECTIVE_FROM,
        REASONS,
        LEGAL_BASIS,
        SOURCE,
    ],
    no_rule,
);
