//! Who pays for training, tests, translation and recognition. For the worker alone: no other view and no file shows it.

use serde_json::Value;

use super::shared::{INSTRUMENT, ISSUING_COUNTRY, NAME_CHARACTERS, OTHER_HASH, SOURCE, SUB, by_body};
use crate::event::claim::{ClaimSpec, Members, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect};
use crate::event::{Amount, ClaimError};

/// The most lines of one decision.
const LINES_MAX: usize = 30;

const PAYERS: Shape = Shape::Choice(&[
    "WORKER",
    "EMPLOYER",
    "ORIGIN_STATE",
    "DESTINATION_STATE",
    "EMPLOYMENT_SERVICE",
    "JOINT_FUND",
    "TRAINING_LEVY",
    "INTERNATIONAL_ORGANISATION",
    "OTHER",
]);
const CURRENCY: ClaimSpec = required("currency", Shape::Currency, "ISO 4217.", "EUR");
const COUNTRY: ClaimSpec =
    ISSUING_COUNTRY.said("The jurisdiction in which it is said (ISO 3166-1 alpha-2).", "DE");
const NO_SOURCE: ClaimSpec =
    SOURCE.said("The body on whose behalf the issuer says it, if it is not the issuer.", "");

static LINE: Members = Members {
    claims: &[
        required(
            "item",
            Shape::Choice(&[
                "RECOGNITION_FEE",
                "TRANSLATION",
                "CERTIFIED_COPIES",
                "ASSESSMENT",
                "LANGUAGE_COURSE",
                "LANGUAGE_TEST",
                "TRAINING",
                "TRAVEL",
                "SUBSISTENCE",
                "OTHER",
            ]),
            "What for.",
            "TRANSLATION",
        ),
        optional("note", Shape::Text(NAME_CHARACTERS), "What exactly.", "diploma and transcript"),
        required("payer", PAYERS, "Who pays this line.", "EMPLOYMENT_SERVICE"),
        required("amount", Shape::Amount, "How much.", "400"),
    ],
    rule: no_rule,
};

pub(in crate::event) static FUNDING_DECIDED: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    Some("decided_on"),
    &[
        SUB,
        COUNTRY,
        required(
            "scenario",
            Shape::Choice(&["ORIGIN", "EMPLOYMENT_SERVICE", "FUND"]),
            "Where the money comes from: (a) anticipated in the country of origin with costs shared, (b) the employment service's programmes, (c) a joint or levy fund.",
            "EMPLOYMENT_SERVICE",
        ),
        required("decided_on", Shape::Date, "When it was decided.", "2025-11-10"),
        CURRENCY,
        required("cost", Shape::Amount, "The whole cost: the sum of the lines.", "400"),
        required(
            "lines",
            Shape::List(&Shape::Object(&LINE), LINES_MAX),
            "What is paid for, and by whom.",
            "",
        ),
        required("granted_by", PAYERS, "Which payer decides here.", "EMPLOYMENT_SERVICE"),
        optional("requested", Shape::Amount, "What was asked of it.", "400"),
        optional("cap", Shape::Amount, "The most that it may grant.", "1000"),
        optional(
            "eligible",
            Shape::Bool,
            "Whether the worker fulfils its conditions. Never why: residence status is not stored.",
            "true",
        ),
        optional("borne_by", PAYERS, "Who must bear the cost under the instrument, where it says so.", ""),
        INSTRUMENT.said("The treaty, agreement, programme or collective agreement it rests on.", ""),
        NO_SOURCE,
    ],
    funding_rule,
);

/// The lines add up to the cost; the payer who decides grants no more than its cap, and nothing to whom it calls not
/// eligible.
fn funding_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let amount = |name: &str| present.text(name).and_then(Amount::parse);
    let Some(lines) = present.claims.get("lines").and_then(Value::as_array) else { return Ok(()) };
    let sum = |payer: Option<&str>| {
        let lines =
            lines.iter().filter(|line| payer.is_none() || line.get("payer").and_then(Value::as_str) == payer);
        let amounts = lines.filter_map(|line| Amount::parse(line.get("amount")?.as_str()?));
        amounts.sum::<Amount>()
    };
    if let Some(cost) = amount("cost").filter(|&cost| cost != sum(None)) {
        let message = format!("is {cost}, and the lines add up to {}", sum(None));
        return Err(ClaimError::new("cost", "FUNDING_SUM", message));
    }
    let Some(payer) = present.text("granted_by") else { return Ok(()) };
    let granted = sum(Some(payer));
    if let Some(cap) = amount("cap").filter(|&cap| granted > cap) {
        let message = format!("is {cap}, and {granted} are granted; the rest is for another payer's line");
        return Err(ClaimError::new("cap", "FUNDING_OVER_CAP", message));
    }
    if let Some(requested) = amount("requested").filter(|&requested| granted > requested) {
        let message = format!("is {requested}, and {granted} are granted");
        return Err(ClaimError::new("requested", "FUNDING_OVER_CAP", message));
    }
    let is_refused = present.claims.get("eligible") == Some(&Value::Bool(false));
    if is_refused && granted != Amount::ZERO {
        let message = format!("is false, and {granted} are granted all the same");
        return Err(ClaimError::new("eligible", "FUNDING_NOT_ELIGIBLE", message));
    }
    Ok(())
}

pub(in crate::event) static FUNDING_PAID: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    Some("paid_on"),
    &[
        SUB,
        COUNTRY,
        required("funding", Shape::Hash, "The hash of the FundingDecided statement.", OTHER_HASH),
        required("payer", PAYERS, "Who paid.", "EMPLOYMENT_SERVICE"),
        CURRENCY,
        required("amount", Shape::Amount, "How much.", "400"),
        required("paid_on", Shape::Date, "When.", "2025-12-01"),
        NO_SOURCE,
    ],
    no_rule,
);
