//! What an employment service or assessor tells the worker: what is missing for an occupation, and what would teach it.

use super::shared::{
    EXAMPLE_HASH, ISCO08, ISSUING_COUNTRY, NAME_CHARACTERS, SENTENCES, SOURCE, STANDARD, SUB, TITLE, by_body,
    has_items,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

const COUNTRY: ClaimSpec =
    ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "NP");
const UNITS: Shape = Shape::List(&Shape::Text(60), 60);

pub(in crate::event) static GAP_IDENTIFIED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Informative,
    Some("identified_on"),
    &[
        SUB,
        COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "What is missing for mason, level 2"),
        ISCO08.required().said("The occupation aimed at: an ISCO-08 code of 1 to 4 digits.", "7112"),
        STANDARD.optional().said("The standard compared with.", ""),
        required("identified_on", Shape::Date, "When.", "2023-01-24"),
        optional(
            "missing_outcomes",
            SENTENCES,
            "Outcomes not shown yet, one sentence each.",
            "reads drawings",
        )
        .decisive(),
        optional("missing_units", UNITS, "Codes of the units not shown yet.", "MAS-07").decisive(),
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
    ],
    gap_rule,
);

fn gap_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.complete && !has_items(present, "missing_outcomes") && !has_items(present, "missing_units") {
        let message = "say what is missing: `missing_outcomes` or `missing_units`";
        return Err(ClaimError::new("missing_outcomes", "GAP_WITHOUT_CONTENT", message));
    }
    Ok(())
}

pub(in crate::event) static TRAINING_RECOMMENDED: KindSpec = by_body(
    Some(Section::Assessment),
    LegalEffect::Informative,
    Some("recommended_on"),
    &[
        SUB,
        COUNTRY,
        TITLE.said("What is recommended, by language (BCP 47).", "Course in reading drawings, two weeks"),
        required("recommended_on", Shape::Date, "When.", "2023-01-24"),
        optional("gap", Shape::Hash, "The hash of the GapIdentified statement it answers.", EXAMPLE_HASH),
        ISCO08,
        STANDARD.optional().said("The standard it leads towards.", ""),
        optional("closes_outcomes", SENTENCES, "Outcomes it teaches, one sentence each.", "reads drawings"),
        optional("closes_units", UNITS, "Codes of the units it teaches.", "MAS-07"),
        optional(
            "provider",
            Shape::Text(NAME_CHARACTERS),
            "Who teaches or tests.",
            "training centre for construction, NP (demo)",
        ),
        optional("training_country", Shape::Country, "Where, if not in `issuing_country`.", "NP"),
        optional(
            "leads_to",
            Shape::Text(NAME_CHARACTERS),
            "The test or certificate at its end.",
            "skill test, mason, level 2 (demo)",
        ),
        SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", ""),
    ],
    no_rule,
);
