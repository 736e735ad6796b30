//! Authorisations, keys and standards of bodies. All in clear and for ever, so: no natural person, no free text but names.

use serde_json::Value;

use super::shared::{
    EXAMPLE_HASH, LEVEL_MEMBERS, NAME_CHARACTERS, NQF_LEVEL, SENTENCE_CHARACTERS, TARGET, TITLE, in_clear,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Members, Present, Shape, no_rule, optional, required};
use crate::event::kind::{Class, KindSpec};

/// Kinds of bodies. `INTERMEDIARY` is missing on purpose: private agencies may look, never state; so is the worker.
pub(super) const ISSUER_KINDS: Shape = Shape::Choice(&[
    "TRAINING_PROVIDER",
    "EMPLOYER",
    "ASSESSMENT_BODY",
    "AWARDING_BODY",
    "COMPETENT_AUTHORITY",
    "RECOGNITION_CENTRE",
    "QUALIFICATIONS_AUTHORITY",
    "PUBLIC_EMPLOYMENT_SERVICE",
    "SECTOR_SKILLS_BODY",
    "JOINT_FUND",
    "WORKERS_ORGANISATION",
    "EMPLOYERS_ORGANISATION",
    "LABOUR_MIGRATION_AUTHORITY",
    "INTERNATIONAL_ORGANISATION",
    "MONITORING_COMMITTEE",
]);

/// The body a statement is about.
pub(super) const BODY: ClaimSpec = required(
    "sub",
    Shape::IssuerUri,
    "The issuer identifier of the body it is about.",
    "https://training.example/masonry",
);
pub(super) const BODY_NAME: ClaimSpec = required(
    "name",
    Shape::Text(NAME_CHARACTERS),
    "The body's name.",
    "training centre for construction, PH (demo)",
);
pub(super) const ISSUER_KIND: ClaimSpec =
    required("issuer_kind", ISSUER_KINDS, "The kind of body.", "TRAINING_PROVIDER");
pub(super) const JURISDICTIONS: ClaimSpec = required(
    "jurisdictions",
    Shape::List(&Shape::Country, 60),
    "Where it may state them (ISO 3166-1 alpha-2): `issuing_country` must be among these.",
    "PH",
);
/// What ends a key.
pub(super) const KEY_REASON: ClaimSpec =
    required("reason", Shape::Choice(&["RETIRED", "LOST", "COMPROMISED"]), "Why it ended.", "COMPROMISED");
pub(super) const KID: ClaimSpec = required(
    "kid",
    Shape::Hash,
    "The key's RFC 7638 thumbprint.",
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
);
pub(super) const COMPROMISED_SINCE: ClaimSpec = optional(
    "compromised_since",
    Shape::Instant,
    "What it signed and was recorded at or after this time fails; only when compromised.",
    "2026-01-01T00:00:00Z",
);
pub(super) const JWK: ClaimSpec = required(
    "jwk",
    Shape::Jwk,
    "The public Ed25519 key (RFC 8037).",
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
);

pub(in crate::event) static ISSUER_AUTHORISED: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY,
        BODY_NAME,
        ISSUER_KIND,
        required(
            "basis",
            Shape::Choice(&["STATUTE", "ACCREDITATION", "DESIGNATION", "REGISTRATION", "MEMBERSHIP"]),
            "What the authorisation rests on.",
            "ACCREDITATION",
        ),
        required(
            "kinds",
            Shape::List(&Shape::AuthorisableKind, 40),
            "The kinds of event it may state.",
            "TrainingCompleted;SkillAssessed",
        ),
        JURISDICTIONS,
        required("valid_from", Shape::Date, "First award date it covers.", "2020-01-01"),
        optional("valid_until", Shape::Date, "Last award date it covers; open if absent.", "2029-12-31"),
        optional("limit_levels", Shape::List(&Shape::Object(&LEVEL_MEMBERS), 40), "Only these levels.", ""),
        optional(
            "limit_iscedf",
            Shape::List(&Shape::IscedF, 40),
            "Only these fields and what is below them (ISCED-F).",
            "07",
        ),
        optional(
            "limit_isco08",
            Shape::List(&Shape::Isco08, 40),
            "Only these occupations and what is below them (ISCO-08).",
            "711",
        ),
        optional(
            "may_authorise_depth",
            Shape::Integer(0, 4),
            "How many further steps of authorisation may follow, each within these limits; 0 if absent: none.",
            "0",
        ),
        optional(
            "may_authorise_kinds",
            Shape::List(&Shape::AuthorisableKind, 40),
            "The kinds that those it authorises may state; `kinds` if absent.",
            "",
        ),
    ],
    authorised_rule,
);

fn authorised_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("valid_from", "valid_until")?;
    let depth = present.claims.get("may_authorise_depth").and_then(serde_json::Value::as_u64);
    if present.has("may_authorise_kinds") && (present.lacks("may_authorise_depth") || depth == Some(0)) {
        let message =
            "only a body that may authorise others (`may_authorise_depth` of 1 or more) has kinds to pass on";
        return Err(ClaimError::new("may_authorise_kinds", "DELEGATION_FORM", message));
    }
    Ok(())
}

/// The three sides that make rules about work together (ILO Convention 144).
const SIDE: Shape = Shape::Choice(&["GOVERNMENT", "EMPLOYERS", "WORKERS"]);

pub(in crate::event) static AUTHORISATION_ENDORSED: KindSpec = in_clear(
    Class::Institution,
    &[BODY, TARGET.said("The hash of the IssuerAuthorised statement that is endorsed.", EXAMPLE_HASH)],
    no_rule,
);

pub(in crate::event) static ENDORSEMENT_WITHDRAWN: KindSpec = in_clear(
    Class::Institution,
    &[BODY, TARGET.said("The hash of the AuthorisationEndorsed statement.", EXAMPLE_HASH)],
    no_rule,
);

pub(in crate::event) static ENDORSEMENT_POLICY_SET: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY.said("The root authority that sets the policy.", "https://authority.example"),
        JURISDICTIONS.said("The jurisdictions, of those it is the root for (ISO 3166-1 alpha-2).", "PH"),
        optional(
            "issuer_kinds",
            Shape::List(&ISSUER_KINDS, 15),
            "The kinds of bodies whose authorisations need endorsement; all if absent.",
            "TRAINING_PROVIDER;ASSESSMENT_BODY",
        ),
        optional(
            "kinds",
            Shape::List(&Shape::AuthorisableKind, 40),
            "Only authorisations for at least one of these kinds of event; all if absent.",
            "SkillAssessed",
        ),
        required(
            "sides",
            Shape::List(&SIDE, 3),
            "The sides that can endorse.",
            "GOVERNMENT;EMPLOYERS;WORKERS",
        ),
        required(
            "needed",
            Shape::Integer(0, 3),
            "How many of them must, before an authorisation takes effect; 0 lifts what it replaces.",
            "2",
        ),
        optional(
            "replaces",
            Shape::Hash,
            "The hash of the EndorsementPolicySet statement that it takes the place of.",
            "",
        ),
    ],
    policy_rule,
);

fn policy_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let sides = present.claims.get("sides").and_then(serde_json::Value::as_array).map(Vec::len);
    let needed = present.claims.get("needed").and_then(serde_json::Value::as_u64);
    match (sides, needed) {
        (Some(sides), Some(needed)) if needed > sides as u64 => Err(ClaimError::new(
            "needed",
            "TOO_FEW_SIDES",
            format!("{needed} endorsements cannot come from {sides} sides: each side counts once"),
        )),
        _ => Ok(()),
    }
}

pub(in crate::event) static CUSTODIAN_NAMED: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY.said(
            "The issuer identifier of the body that closes or has closed.",
            "https://training.example/masonry",
        ),
        required(
            "custodian",
            Shape::IssuerUri,
            "The issuer identifier of the body that acts on its statements from here on.",
            "https://archive.example",
        ),
    ],
    custodian_rule,
);

fn custodian_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.has("sub") && present.text("sub") == present.text("custodian") {
        return Err(ClaimError::new("custodian", "CUSTODIAN_ITSELF", "a body is not its own custodian"));
    }
    Ok(())
}

pub(in crate::event) static AUTHORISATION_ENDED: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY,
        TARGET.said("The hash of the IssuerAuthorised statement.", EXAMPLE_HASH),
        required(
            "reason",
            Shape::Choice(&["EXPIRED", "WITHDRAWN", "CLOSED", "MERGED", "REPLACED", "SUSPENDED"]),
            "Why it ended; SUSPENDED is for a time only.",
            "SUSPENDED",
        ),
        optional(
            "suspended_from",
            Shape::Date,
            "First day of a suspension (UTC); needed for one and not allowed otherwise.",
            "2025-03-01",
        ),
        optional(
            "suspended_until",
            Shape::Date,
            "Last day of a suspension (UTC); open if absent.",
            "2025-06-30",
        ),
    ],
    ended_rule,
);

fn ended_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let suspended = present.text("reason") == Some("SUSPENDED");
    if suspended && present.lacks("suspended_from") {
        return Err(ClaimError::new("suspended_from", "SUSPENSION_FORM", "a suspension says from when"));
    }
    for name in ["suspended_from", "suspended_until"] {
        if present.has("reason") && !suspended && present.has(name) {
            return Err(ClaimError::new(
                name,
                "SUSPENSION_FORM",
                "only a suspension (`reason` SUSPENDED) has a period",
            ));
        }
    }
    present.in_order("suspended_from", "suspended_until")
}

pub(in crate::event) static ISSUER_KEY_ADDED: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY,
        JWK,
        optional("valid_from", Shape::Date, "From this day on (UTC); from the recording on if absent.", ""),
    ],
    no_rule,
);

pub(in crate::event) static ISSUER_KEY_ENDED: KindSpec =
    in_clear(Class::Institution, &[BODY, KID, KEY_REASON, COMPROMISED_SINCE], compromise_rule);

/// A compromised key says since when; no other end does.
pub(super) fn compromise_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let Some(reason) = present.text("reason") else { return Ok(()) };
    if reason == "COMPROMISED" && present.lacks("compromised_since") {
        return Err(ClaimError::new(
            "compromised_since",
            "COMPROMISE_FORM",
            "a compromised key says since when",
        ));
    }
    if reason != "COMPROMISED" && present.has("compromised_since") {
        let message = format!("`reason` is {reason}; only COMPROMISED reaches back");
        return Err(ClaimError::new("compromised_since", "COMPROMISE_FORM", message));
    }
    Ok(())
}

pub(in crate::event) static STANDARD_PUBLISHED: KindSpec = in_clear(
    Class::Institution,
    &[
        BODY.said(
            "The publication's identifier, which `standard.id` cites.",
            "https://standards.example/masonry",
        ),
        required(
            "owner",
            Shape::IssuerUri,
            "The issuer identifier of the body that owns the standard.",
            "https://standards.example",
        ),
        TITLE.said("Its title, by language (BCP 47).", "Masonry"),
        required("version", Shape::Text(40), "Its version or year.", "2022"),
        optional("isco08", Shape::Isco08, "The occupation: an ISCO-08 code of 1 to 4 digits.", "7112"),
        optional("valid_from", Shape::Date, "From this day on.", "2022-01-01"),
        NQF_LEVEL.said("The level of the qualification it leads to.", "-"),
        optional("scheme", Shape::Text(NAME_CHARACTERS), "The qualification scheme it belongs to.", ""),
        optional(
            "qualification_code",
            Shape::Text(60),
            "The code of the qualification that its units make up.",
            "MAS-2",
        ),
        optional("units", Shape::List(&Shape::Object(&UNIT_MEMBERS), 100), "Its units.", ""),
        optional(
            "electives_required",
            Shape::Integer(0, 100),
            "How many of the elective units the qualification needs; none if absent.",
            "0",
        ),
        optional(
            "unit_bodies",
            Shape::List(&Shape::Object(&UNIT_BODY_MEMBERS), 60),
            "The bodies whose units count, where the scheme names them; any body authorised for units if absent.",
            "-",
        ),
        optional(
            "unit_mappings",
            Shape::List(&Shape::Object(&MAPPING_MEMBERS), 100),
            "Units of other standards or editions that count as units of this one; no others do.",
            "-",
        ),
        optional(
            "outcomes",
            Shape::List(&Shape::Text(SENTENCE_CHARACTERS), 100),
            "Its outcomes, one sentence each.",
            "lays bricks to line and level",
        ),
    ],
    standard_rule,
);

/// A unit stands in a standard once, the electives asked for exist, and a mapping leads to a unit that does.
fn standard_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let list = |name: &str| present.claims.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |object: &'_ Value, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut codes: Vec<String> = Vec::new();
    for unit in list("units") {
        let Some(code) = text(unit, "code") else { continue };
        if codes.contains(&code) {
            return Err(ClaimError::new("units", "UNIT_TWICE", format!("`{code}` stands in the list twice")));
        }
        codes.push(code);
    }
    let electives =
        list("units").filter(|unit| text(unit, "requirement").as_deref() == Some("ELECTIVE")).count();
    let needed = present.claims.get("electives_required").and_then(Value::as_u64).unwrap_or(0);
    if usize::try_from(needed).is_ok_and(|needed| needed > electives) {
        let message = format!("asks for {needed} elective units; the standard has {electives}");
        return Err(ClaimError::new("electives_required", "TOO_FEW_ELECTIVES", message));
    }
    match list("unit_mappings").filter_map(|mapping| text(mapping, "to_unit")).find(|to| !codes.contains(to))
    {
        Some(to) => Err(ClaimError::new(
            "unit_mappings",
            "UNKNOWN_UNIT",
            format!("`{to}` is no unit of this standard"),
        )),
        None => Ok(()),
    }
}

static UNIT_BODY_MEMBERS: Members = Members {
    claims: &[
        required("body", Shape::IssuerUri, "The issuer identifier of the body.", "https://training.example"),
        optional("valid_from", Shape::Date, "From this day on.", ""),
        optional("valid_until", Shape::Date, "Up to this day, that day included.", ""),
    ],
    rule: no_rule,
};

static MAPPING_MEMBERS: Members = Members {
    claims: &[
        required(
            "from_standard",
            Shape::Text(NAME_CHARACTERS),
            "The other standard's id, or this one's.",
            "https://standards.example/masonry",
        ),
        required("from_version", Shape::Text(40), "Its version.", "2018"),
        required("from_unit", Shape::Text(60), "The unit there.", "MAS-3"),
        required("to_unit", Shape::Text(60), "The unit here that it counts as.", "MAS-03"),
    ],
    rule: no_rule,
};

static UNIT_MEMBERS: Members = Members {
    claims: &[
        required("code", Shape::Text(60), "The unit's code.", "MAS-03"),
        required(
            "title",
            Shape::Localised(SENTENCE_CHARACTERS),
            "The unit's title, by language (BCP 47).",
            "Bricklaying",
        ),
        optional(
            "requirement",
            Shape::Choice(&["MANDATORY", "ELECTIVE"]),
            "Whether the qualification needs it; mandatory if absent.",
            "MANDATORY",
        ),
        optional(
            "outcomes",
            Shape::List(&Shape::Text(SENTENCE_CHARACTERS), 20),
            "The unit's outcomes, one sentence each.",
            "lays bricks to line and level",
        ),
    ],
    rule: no_rule,
};
