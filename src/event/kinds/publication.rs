//! What bodies publish besides standards: frameworks, referencings, agreements, meetings and their resolutions, regulated
//! professions. One stream a publication, all in clear, each with where it was published and when. Long because it is tables: a
//! kind a table, a claim a row.

use std::collections::BTreeSet;

use serde_json::Value;

use super::institution::BODY;
use super::shared::{
    EXAMPLE_HASH, ISSUING_COUNTRY, LEGAL_BASIS, NAME_CHARACTERS, SENTENCE_CHARACTERS, SENTENCES, TARGET,
    TITLE, in_clear,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Members, Present, Shape, no_rule, optional, required};
use crate::event::kind::{Class, KindSpec};
use crate::event::vocab::{codes, frameworks};

/// The most levels of a framework, and rows of a referencing.
const LEVELS_MAX: usize = 60;
/// The longest name of a framework, an edition, a level.
const FRAMEWORK_CHARACTERS: usize = 40;
const EDITION_CHARACTERS: usize = 20;

const PUBLICATION: ClaimSpec = BODY.said(
    "The publication's identifier: its stream; what comes later under it takes the place of what came before.",
    "https://qualifications.example/publications/1",
);
const OWNER: ClaimSpec = required(
    "owner",
    Shape::IssuerUri,
    "The issuer identifier of the body that publishes it.",
    "https://qualifications.example",
);
const FRAMEWORK: ClaimSpec = required(
    "framework",
    Shape::Text(FRAMEWORK_CHARACTERS),
    "The framework's full name, e.g. `ph/pqf`; never bare `PQF`.",
    "ph/pqf",
);
const VERSION: ClaimSpec =
    required("version", Shape::Text(EDITION_CHARACTERS), "The framework's edition.", "2018");
const LEVEL: ClaimSpec =
    required("level", Shape::Text(EDITION_CHARACTERS), "The level as text: levels are names.", "4");

const PUBLISHED_IN: ClaimSpec =
    required("published_in", Shape::Object(&SOURCE_MEMBERS), "Where it was published, and when.", "");
static SOURCE_MEMBERS: Members = Members {
    claims: &[
        required(
            "title",
            Shape::Text(SENTENCE_CHARACTERS),
            "Author and title, enough to find it.",
            "Qualifications authority: referencing report, final",
        ),
        optional(
            "url",
            Shape::Text(SENTENCE_CHARACTERS),
            "Where it can be read.",
            "https://qualifications.example/report",
        ),
        required("date", Shape::Date, "When it was published.", "2024-03-01"),
    ],
    rule: source_rule,
};

fn source_rule(source: &Present<'_>) -> Result<(), ClaimError> {
    match source.text("url") {
        Some(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
            Err(ClaimError::new("url", "MALFORMED_URI", "an address begins with https:// or http://"))
        }
        _ => Ok(()),
    }
}

pub(in crate::event) static FRAMEWORK_PUBLISHED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        FRAMEWORK,
        required(
            "name",
            Shape::Text(NAME_CHARACTERS),
            "Its name for people.",
            "Philippine Qualifications Framework",
        ),
        VERSION,
        required(
            "levels",
            Shape::List(&Shape::Text(EDITION_CHARACTERS), LEVELS_MAX),
            "Its levels, lowest first.",
            "1;2;3;4",
        ),
        optional(
            "descriptors",
            Shape::List(&Shape::Object(&DESCRIPTOR_MEMBERS), LEVELS_MAX),
            "What its levels say, in short.",
            "",
        ),
        required("valid_from", Shape::Date, "First day in force.", "2018-01-16"),
        optional("valid_until", Shape::Date, "Last day in force.", "2030-12-31"),
        PUBLISHED_IN,
    ],
    framework_rule,
);

static DESCRIPTOR_MEMBERS: Members = Members {
    claims: &[
        LEVEL,
        required(
            "text",
            Shape::Localised(SENTENCE_CHARACTERS),
            "What the level says, by language (BCP 47).",
            "works alone in familiar matters",
        ),
    ],
    rule: no_rule,
};

fn framework_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    framework_of_country(present)?;
    let levels: BTreeSet<&str> = items(present, "levels").iter().filter_map(Value::as_str).collect();
    if present.has("levels") {
        for (at, descriptor) in items(present, "descriptors").iter().enumerate() {
            let level = descriptor.get("level").and_then(Value::as_str).unwrap_or_default();
            if !levels.contains(level) {
                let path = format!("descriptors.{at}.level");
                return Err(ClaimError::new(path, "UNKNOWN_LEVEL", "is not among `levels`"));
            }
        }
    }
    present.in_order("valid_from", "valid_until")
}

pub(in crate::event) static REFERENCING_PUBLISHED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        FRAMEWORK,
        VERSION,
        required(
            "reference_framework",
            Shape::Text(FRAMEWORK_CHARACTERS),
            "The regional framework, e.g. `aqrf`.",
            "aqrf",
        ),
        required(
            "relation",
            Shape::Choice(&["REFERENCED", "COMPARED"]),
            "Referenced to the framework of its own region, or a third country's compared with it.",
            "REFERENCED",
        ),
        required(
            "levels",
            Shape::List(&Shape::Object(&EDGE_MEMBERS), LEVELS_MAX),
            "Each national level once, as the report's table has it.",
            "",
        ),
        required("published_on", Shape::Date, "From this day on it holds.", "2024-03-01"),
        PUBLISHED_IN,
    ],
    referencing_rule,
);

static EDGE_MEMBERS: Members = Members {
    claims: &[
        LEVEL,
        optional(
            "reference_level",
            Shape::Text(EDITION_CHARACTERS),
            "The level it corresponds to; without it, it lies below the first.",
            "4",
        ),
    ],
    rule: no_rule,
};

fn referencing_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    framework_of_country(present)?;
    let (framework, version) = (present.text("framework"), present.text("version"));
    let reference = present.text("reference_framework");
    if framework.is_some_and(frameworks::is_regional_name) {
        let message = "an edge leads from a national framework to a regional one";
        return Err(ClaimError::new("framework", "EDGE_FORM", message));
    }
    if let Some(name) = reference {
        frameworks::check_name(name).map_err(|error| renamed(error, "reference_framework"))?;
        if !frameworks::is_regional_name(name) {
            let message = "an edge leads from a national framework to a regional one, e.g. eqf or aqrf";
            return Err(ClaimError::new("reference_framework", "EDGE_FORM", message));
        }
    }
    let mut seen = BTreeSet::new();
    for (at, row) in items(present, "levels").iter().enumerate() {
        let text = |name| row.get(name).and_then(Value::as_str);
        let path = |name: &str| format!("levels.{at}.{name}");
        let level = text("level").unwrap_or_default();
        if !seen.insert(level) {
            return Err(ClaimError::new(path("level"), "DUPLICATE_VALUE", "a level is related once"));
        }
        if let (Some(framework), Some(version)) = (framework, version)
            && !frameworks::may_have_level(framework, Some(version), level)
        {
            let message = format!("{framework} ({version}) has no such level");
            return Err(ClaimError::new(path("level"), "UNKNOWN_LEVEL", message));
        }
        if let (Some(reference), Some(level)) = (reference, text("reference_level"))
            && !frameworks::may_have_level(reference, None, level)
        {
            let message = format!("{reference} has no such level");
            return Err(ClaimError::new(path("reference_level"), "UNKNOWN_LEVEL", message));
        }
    }
    Ok(())
}

pub(in crate::event) static REFERENCING_SUPERSEDED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        TARGET.said("The hash of the ReferencingPublished statement, in the same publication.", EXAMPLE_HASH),
        required(
            "reason",
            Shape::Choice(&["REPLACED", "WITHDRAWN", "PROCESS_LEFT"]),
            "Why it holds no longer.",
            "REPLACED",
        ),
        required("ended_on", Shape::Date, "The first day on which it holds no longer.", "2025-01-01"),
        PUBLISHED_IN,
    ],
    no_rule,
);

/// Kinds of agreements; the first four are those that the ILO tells apart for labour migration.
const AGREEMENT_KINDS: Shape = Shape::Choice(&[
    "BINDING_BLA",
    "MOU",
    "INTER_AGENCY",
    "FRAMEWORK",
    "MUTUAL_RECOGNITION",
    "COLLECTIVE_AGREEMENT",
    "UNION_AGREEMENT",
]);
const SIDES: Shape = Shape::Choice(&["GOVERNMENT", "EMPLOYERS", "WORKERS"]);
const AGREEMENT: ClaimSpec = required(
    "agreement",
    Shape::Text(codes::INSTRUMENT_CHARACTERS),
    "The agreement's short id: lower case, `parties/subject-year`.",
    "de-ph/nurses-2013",
);

pub(in crate::event) static AGREEMENT_REGISTERED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        AGREEMENT,
        TITLE.said("Its title, by language (BCP 47).", "Agreement on the placement of nurses"),
        required("agreement_kind", AGREEMENT_KINDS, "What sort of agreement it is.", "INTER_AGENCY"),
        required(
            "parties",
            Shape::List(&Shape::Object(&PARTY_MEMBERS), 60),
            "Every party's country: the list is whole.",
            "",
        ),
        optional(
            "occupations",
            Shape::List(&Shape::Isco08, 40),
            "Only these occupations and what is below them (ISCO-08); all if absent.",
            "2221",
        ),
        required("signed_on", Shape::Date, "When it was signed.", "2013-03-19"),
        optional("in_force_from", Shape::Date, "First day in force; not in force if absent.", "2013-03-19"),
        optional("in_force_until", Shape::Date, "Last day in force.", "2033-03-18"),
        optional(
            "wto_notified_on",
            Shape::Date,
            "When it was notified to the WTO (GATS, article VII).",
            "2014-01-01",
        ),
        optional("clauses", Shape::List(&Shape::Object(&CLAUSE_MEMBERS), 40), "What it provides for.", ""),
        optional(
            "committee",
            Shape::IssuerUri,
            "The issuer identifier of its joint committee: meetings are then its own to publish.",
            "https://committee.example",
        ),
        optional(
            "resolution_sides",
            Shape::List(&SIDES, 3),
            "The sides that must each endorse a resolution of its committee, in every party's country.",
            "GOVERNMENT;WORKERS",
        ),
        optional(
            "contacts",
            Shape::List(&Shape::Object(&CONTACT_MEMBERS), 20),
            "Where workers find support: bodies, never persons.",
            "",
        ),
        PUBLISHED_IN,
    ],
    agreement_rule,
);

static PARTY_MEMBERS: Members = Members {
    claims: &[
        required("country", Shape::Country, "The party (ISO 3166-1 alpha-2).", "PH"),
        optional(
            "since",
            Shape::Date,
            "Party from this day on; from `in_force_from` if absent.",
            "2013-03-19",
        ),
        optional("until", Shape::Date, "Party until this day, that day included.", "2033-03-18"),
    ],
    rule: party_rule,
};

fn party_rule(party: &Present<'_>) -> Result<(), ClaimError> {
    party.in_order("since", "until")
}

static CLAUSE_MEMBERS: Members = Members {
    claims: &[
        required(
            "kind",
            Shape::Choice(&[
                "RECOGNITION",
                "GAP_TRAINING",
                "TESTING",
                "DATA_SHARING",
                "HRD",
                "MONITORING",
                "EQUAL_TREATMENT",
                "FEES",
                "REINTEGRATION",
                "WAGE_CLASS",
            ]),
            "What it is about.",
            "MONITORING",
        ),
        optional("article", Shape::Text(60), "Which article.", "article 12"),
        optional(
            "initiator",
            Shape::Text(NAME_CHARACTERS),
            "The body that starts it.",
            "joint committee of the agreement",
        ),
        optional(
            "payer",
            Shape::Text(NAME_CHARACTERS),
            "The body, or the kind of party, that pays.",
            "both employment services",
        ),
        optional(
            "summary",
            Shape::Text(SENTENCE_CHARACTERS),
            "What it says, in short.",
            "the committee meets once a year",
        ),
    ],
    rule: no_rule,
};

static CONTACT_MEMBERS: Members = Members {
    claims: &[
        required("country", Shape::Country, "Where it helps.", "DE"),
        required(
            "body",
            Shape::Text(NAME_CHARACTERS),
            "The body's name.",
            "service workers' union, DE (demo)",
        ),
        required("url", Shape::Text(SENTENCE_CHARACTERS), "Its address.", "https://union.example/migrants"),
    ],
    rule: source_rule,
};

fn agreement_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    agreement_id(present)?;
    if present.has("parties") {
        let mut countries: Vec<&str> = Vec::new();
        for (at, party) in items(present, "parties").iter().enumerate() {
            let country = party.get("country").and_then(Value::as_str).unwrap_or_default();
            if countries.contains(&country) {
                let path = format!("parties.{at}.country");
                return Err(ClaimError::new(path, "DUPLICATE_VALUE", "a party is named once"));
            }
            countries.push(country);
        }
        if present.text("issuing_country").is_some_and(|country| !countries.contains(&country)) {
            let message = "an agreement is registered in the country of one of its parties";
            return Err(ClaimError::new("issuing_country", "COUNTRY_MISMATCH", message));
        }
    }
    present.in_order("signed_on", "in_force_from")?;
    present.in_order("in_force_from", "in_force_until")
}

pub(in crate::event) static MONITORING_MEETING_HELD: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        AGREEMENT,
        required("held_on", Shape::Date, "When it met.", "2024-05-14"),
        required("place", Shape::Country, "In which country it met.", "DE"),
        required(
            "sides",
            Shape::List(&Shape::Object(&SIDE_MEMBERS), 20),
            "The bodies that took part, never persons.",
            "",
        ),
        optional(
            "resolutions",
            SENTENCES,
            "What it resolved, one sentence each.",
            "language courses begin before departure",
        ),
        PUBLISHED_IN,
    ],
    agreement_id,
);

static SIDE_MEMBERS: Members = Members {
    claims: &[
        required("side", SIDES, "Which side.", "WORKERS"),
        required("country", Shape::Country, "Of which country.", "DE"),
        required(
            "body",
            Shape::Text(NAME_CHARACTERS),
            "The body's name.",
            "service workers' union, DE (demo)",
        ),
    ],
    rule: no_rule,
};

fn agreement_id(present: &Present<'_>) -> Result<(), ClaimError> {
    let Some(id) = present.text("agreement") else { return Ok(()) };
    codes::check_instrument(id).map_err(|(reason, message)| ClaimError::new("agreement", reason, message))
}

pub(in crate::event) static RESOLUTION_ENDORSED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY,
        TARGET.said(
            "The hash of the MonitoringMeetingHeld statement whose resolutions it endorses.",
            EXAMPLE_HASH,
        ),
        required("endorsed_on", Shape::Date, "When.", "2024-06-01"),
        PUBLISHED_IN,
    ],
    no_rule,
);

pub(in crate::event) static PROFESSION_REGULATED: KindSpec = in_clear(
    Class::Institution,
    &[
        PUBLICATION,
        OWNER,
        ISSUING_COUNTRY.said("The country whose law it is (ISO 3166-1 alpha-2).", "PH"),
        required("isco08", Shape::Isco08, "The occupation: an ISCO-08 code of 1 to 4 digits.", "2221"),
        TITLE.said("The profession as the law calls it, by language (BCP 47).", "registered nurse"),
        required(
            "regulated",
            Shape::Bool,
            "Whether a law reserves its practice or title; `false` says that none does.",
            "true",
        ),
        required("valid_from", Shape::Date, "First day of which it is true.", "2002-11-15"),
        optional("valid_until", Shape::Date, "Last day of which it is true.", "2030-12-31"),
        LEGAL_BASIS.required(),
        optional(
            "authority",
            Shape::Text(NAME_CHARACTERS),
            "The authority that admits to it.",
            "board of nursing, PH (demo)",
        ),
        PUBLISHED_IN,
    ],
    profession_rule,
);

fn profession_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("valid_from", "valid_until")
}

/// The framework is named in full, and a national one is of the country in which it is published.
fn framework_of_country(present: &Present<'_>) -> Result<(), ClaimError> {
    let Some(name) = present.text("framework") else { return Ok(()) };
    frameworks::check_name(name)?;
    let Some(country) = present.text("issuing_country") else { return Ok(()) };
    match frameworks::country_of(name) {
        Some(own) if !own.eq_ignore_ascii_case(country) => {
            let message = format!("{name} is not a framework of {country}");
            Err(ClaimError::new("issuing_country", "COUNTRY_MISMATCH", message))
        }
        _ => Ok(()),
    }
}

fn renamed(error: ClaimError, claim: &str) -> ClaimError {
    ClaimError { claim: claim.to_owned(), ..error }
}

fn items<'a>(present: &Present<'a>, name: &str) -> &'a [Value] {
    present.claims.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
