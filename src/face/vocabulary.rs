//! The words that the verifier in the browser shares with this program, as data: kinds and their claims, who may state what, countries,
//! frameworks, instruments, laws. Rules it has of its own, written from SPEC.md.

use serde_json::{Map, Value, json};

use crate::event::vocab::countries::COUNTRIES;
use crate::event::{ClaimSpec, Class, Kind, Section, Shape, Signer};
use crate::recognition;
use crate::statement::json;
use crate::trust::{IssuerKind, Side};

/// The vocabulary of the verifier in `assets/verify/`.
pub(super) fn vocabulary() -> Value {
    let kinds: Map<String, Value> =
        Kind::all().iter().map(|&one| (one.name().to_owned(), kind(one))).collect();
    let issuer_kinds: Map<String, Value> =
        IssuerKind::ALL.iter().map(|&one| (one.name().to_owned(), issuer_kind(one))).collect();
    let mut vocabulary = recognition::vocabulary();
    json::set(&mut vocabulary, "kinds", kinds);
    json::set(&mut vocabulary, "issuer_kinds", issuer_kinds);
    json::set(&mut vocabulary, "countries", COUNTRIES.iter().map(|(code, _)| *code).collect::<Value>());
    vocabulary
}

fn kind(kind: Kind) -> Value {
    let spec = kind.spec();
    json!({
        "class": match spec.class {
            Class::Ledger => "ledger",
            Class::Institution => "institution",
            Class::Person => "person",
        },
        "signer": match spec.signer {
            Signer::Body => "body",
            Signer::Holder => "holder",
            Signer::Ledger => "ledger",
        },
        "section": spec.section.map(Section::as_str),
        "legal_effect": spec.legal_effect.as_str(),
        "award_date": spec.award_date,
        "authorisable": kind.is_authorisable(),
        "publication": kind.is_publication(),
        "claims": claims(spec.members.claims),
    })
}

fn claims(specs: &[ClaimSpec]) -> Vec<Value> {
    let claim = |spec: &ClaimSpec| {
        json!({
            "name": spec.name,
            "shape": shape(&spec.shape),
            "required": spec.required,
            "decisive": spec.decisive,
        })
    };
    specs.iter().map(claim).collect()
}

/// A shape as its name and its limits, as SPEC.md, "Events", has them.
fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(most) => json!(["text", most]),
        Shape::Localised(most) => json!(["texts", most]),
        Shape::Date => json!(["date"]),
        Shape::Instant => json!(["time"]),
        Shape::Country => json!(["country"]),
        Shape::Language => json!(["language"]),
        Shape::Choice(words) => json!(["choice", words]),
        Shape::Amount => json!(["amount"]),
        Shape::Currency => json!(["currency"]),
        Shape::Bool => json!(["boolean"]),
        Shape::Integer(low, high) => json!(["integer", low, high]),
        Shape::Isco08 => json!(["isco08"]),
        Shape::IscedF => json!(["iscedf"]),
        Shape::EscoUri => json!(["esco"]),
        Shape::IssuerUri => json!(["issuer"]),
        Shape::Hash => json!(["bytes", 32]),
        Shape::Bytes16 => json!(["bytes", 16]),
        Shape::WorkerId => json!(["worker"]),
        Shape::AuthorisableKind => json!(["kind"]),
        Shape::Jwk => json!(["key"]),
        Shape::VerifierKey => json!(["vkey"]),
        Shape::List(item, most) => json!(["list", self::shape(item), most]),
        Shape::Object(members) => json!(["object", claims(members.claims)]),
    }
}

fn issuer_kind(issuer_kind: IssuerKind) -> Value {
    let states = Kind::all().iter().filter(|kind| issuer_kind.may_state(**kind));
    json!({
        "states": states.map(|kind| kind.name()).collect::<Vec<_>>(),
        "side": Side::of(issuer_kind.name()).map(Side::name),
    })
}
