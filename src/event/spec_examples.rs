//! SPEC.md, "Worker id", "Streams", "Events" and "Entry", are what this code does. The list of kinds there is rendered from the
//! tables: when a test here fails, it prints the text that belongs into SPEC.md.

use std::fmt::Write as _;

use super::claim::{ClaimSpec, Shape};
use super::entry::{Entry, chain_start, link, statement_commitment};
use super::vocab::frameworks;
use super::{Class, Kind, REASONS, Signer, StreamId, WorkerId};
use crate::crypto::hex_encode;

const SPEC: &str = include_str!("../../proto/SPEC.md");

/// Line breaks in SPEC.md are for readers.
fn documented(text: &str) {
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined(SPEC).contains(&joined(text)), "not in SPEC.md:\n{text}");
}

/// Shapes that several claims share have a name in SPEC.md.
const NAMED: [(&str, &str); 6] = [
    ("level", "{`framework`! text 40; `version`! text 20; `code`! text 20}"),
    ("credit", "{`framework`! text 40; `point`! text 10}"),
    ("standard", "{`id`! text 200; `version`! text 40}"),
    ("CEFR level", "PRE_A1 / A1 / A2 / B1 / B2 / C1 / C2"),
    (
        "change reason",
        "ISSUED_IN_ERROR / OBTAINED_BY_FRAUD / CONDITIONS_NO_LONGER_MET / UNDER_INVESTIGATION / CLEARED / DECISION_ON_APPEAL / \
         LEGAL_ORDER / HOLDER_REQUEST / RENEWED / OTHER",
    ),
    (
        "body kind",
        "TRAINING_PROVIDER / EMPLOYER / ASSESSMENT_BODY / AWARDING_BODY / COMPETENT_AUTHORITY / RECOGNITION_CENTRE / \
         QUALIFICATIONS_AUTHORITY / PUBLIC_EMPLOYMENT_SERVICE / SECTOR_SKILLS_BODY / JOINT_FUND / WORKERS_ORGANISATION / \
         EMPLOYERS_ORGANISATION / LABOUR_MIGRATION_AUTHORITY / INTERNATIONAL_ORGANISATION / MONITORING_COMMITTEE",
    ),
];

/// How SPEC.md writes a shape.
fn notation(shape: &Shape) -> String {
    let plain = plain_notation(shape);
    NAMED.iter().find(|(_, text)| *text == plain).map_or(plain, |(name, _)| (*name).to_owned())
}

fn plain_notation(shape: &Shape) -> String {
    match shape {
        Shape::Text(max) => format!("text {max}"),
        Shape::Localised(max) => format!("texts {max}"),
        Shape::Date => "date".into(),
        Shape::Instant => "time".into(),
        Shape::Country => "country".into(),
        Shape::Language => "language".into(),
        Shape::Choice(words) => words.join(" / "),
        Shape::Amount => "amount".into(),
        Shape::Currency => "currency".into(),
        Shape::Bool => "boolean".into(),
        Shape::Integer(low, high) => format!("integer {low} to {high}"),
        Shape::Isco08 => "ISCO-08".into(),
        Shape::IscedF => "ISCED-F".into(),
        Shape::EscoUri => "ESCO URI".into(),
        Shape::IssuerUri => "issuer URI".into(),
        Shape::Hash => "hash".into(),
        Shape::Bytes16 => "16 bytes".into(),
        Shape::WorkerId => "worker id".into(),
        Shape::AuthorisableKind => "kind".into(),
        Shape::Jwk => "key".into(),
        Shape::VerifierKey => "vkey".into(),
        Shape::List(item, max) => format!("list {max} of {}", notation(item)),
        Shape::Object(members) => format!("{{{}}}", claims(members.claims)),
    }
}

fn claims(specs: &[ClaimSpec]) -> String {
    let one = |spec: &ClaimSpec| {
        let mark = if spec.required { "!" } else { "" };
        let decisive = if spec.decisive { "†" } else { "" };
        format!("`{}`{mark}{decisive} {}", spec.name, notation(&spec.shape))
    };
    specs.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// One kind as SPEC.md lists it.
fn entry_of(kind: Kind) -> String {
    let spec = kind.spec();
    let mut text = format!("- **{}** (", kind.name());
    let _ = match (spec.class, spec.signer) {
        (Class::Person, Signer::Holder) => write!(text, "by the holder"),
        (Class::Person, _) => write!(text, "person"),
        (Class::Institution, _) => write!(text, "institution"),
        (Class::Ledger, _) => write!(text, "ledger"),
    };
    if let Some(section) = spec.section {
        let _ = write!(text, "; {}, {}", section.as_str(), spec.legal_effect.as_str());
    }
    let _ = match spec.award_date {
        Some(claim) => write!(text, "; award date `{claim}`"),
        None => write!(text, "; no award date"),
    };
    if spec.binds_key {
        text.push_str("; `cnf` required");
    }
    let _ = write!(text, "). {} {}.", kind.doc(), claims(kind.claims()));
    text
}

#[test]
fn kinds_documented() {
    for (name, text) in NAMED {
        documented(&format!("| {name} | {text} |"));
    }
    let expected: Vec<String> = Kind::all().iter().map(|&kind| entry_of(kind)).collect();
    documented(&expected.join("\n"));
}

#[test]
fn reasons_documented() {
    for reason in REASONS {
        documented(&format!("`{reason}`"));
    }
}

#[test]
fn frameworks_documented() {
    let one = |framework: &frameworks::Framework| {
        let editions: Vec<&str> = framework.editions.iter().map(|edition| edition.version).collect();
        format!("`{}` {}", framework.id, editions.join(", "))
    };
    documented(&frameworks::all().map(one).collect::<Vec<_>>().join("; "));
}

#[test]
fn worker_id_and_streams_documented() {
    let worker = WorkerId(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    documented(&format!("{worker} = the bytes 00 01 02 … 0f"));
    let stream = |name: &str, stream: StreamId| documented(&format!("{}  {name}", hex_encode(stream.0)));
    stream(
        "institution https://training.invalid/masonry",
        StreamId::institution("https://training.invalid/masonry"),
    );
    stream(
        "publication https://training.invalid/masonry",
        StreamId::publication("https://training.invalid/masonry"),
    );
    stream("ledger", StreamId::ledger());
    stream("erasures", StreamId::erasures());
}

#[test]
fn entries_documented() {
    let worker = WorkerId(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    let recorded_at = 1_730_709_061_000;
    let s = statement_commitment(&[1; 32], "a.b.c");
    let start = chain_start(&[3; 32], worker);
    let l = link(&[2; 32], worker, 0, &start, recorded_at, &s);
    let entry = Entry::Person { recorded_at, s, l }.encode();
    for (name, bytes) in [("S", &s[..]), ("L_prev", &start[..]), ("L", &l[..]), ("entry", &entry[..])] {
        documented(&format!("{name} {}", hex_encode(bytes)));
    }
    let public = Entry::Public {
        class: Class::Institution,
        recorded_at,
        stream: StreamId::institution("https://training.invalid/masonry"),
        revision: 0,
        prev: [0; 32],
        statement: "a.b.c~".into(),
    };
    documented(&format!("public {}", hex_encode(public.encode())));
}
