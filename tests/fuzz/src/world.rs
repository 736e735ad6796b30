//! A forger who holds every key: whatever is said is signed, recorded, exported and verified.
//!
//! ```text
//! { by kind SP claims LF }        by: p the provider, a the authority, h the holder, r the root
//! ```
//! In claims `^w` stands for the worker's id, `^p` for the provider, `^j` for the holder's JWK, `^0` to `^9` for the hashes of what was said before.

use serde_json::{Map, Value};
use skillpass::crypto::{PrivateKey, base64url_encode};
use skillpass::event::{Class, Event, Kind};
use skillpass::passport::{
    Check, Passport, PassportFile, PresentRequest, Purpose, Show, Status, View, render_passport,
};
use skillpass::statement::{Draft, Unverified, issue_in_clear};

use crate::passports::ask;
use crate::scenario::{AUDIENCE, AUTHORITY, NONCE, PROVIDER, Scenario};
use crate::text_of;

/// The most that is said to one worker.
const STEPS_MAX: usize = 12;

/// Says it all, exports, presents, and asks.
pub fn world(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let mut hashes = vec![];
    for line in text.lines().take(STEPS_MAX) {
        if let Some(hash) = step(&mut scenario, line, &hashes) {
            hashes.push(hash);
        }
        scenario.tick();
    }
    let file = scenario.export();
    let bytes = file.encode();
    assert_eq!(PassportFile::parse(&bytes).as_ref(), Ok(&file), "what is written is read");
    let trust = scenario.trust();
    let mut options = scenario.options();
    sealed(&ask(&bytes, &trust, &options));
    project(&scenario);
    let shows =
        file.statements.iter().filter_map(|part| Some(Show { id: part.id()?, claims: None })).collect();
    let request = PresentRequest {
        shows,
        audience: AUDIENCE.into(),
        nonce: NONCE.into(),
        issued_at: scenario.ledger.issued_at(),
        expires_at: scenario.ledger.issued_at() + 86_400,
    };
    (options.audience, options.nonce) = (Some(AUDIENCE.into()), Some(NONCE.into()));
    (options.country, options.occupation) = (Some("DE".into()), Some("2221".into()));
    options.purpose = Some(Purpose::Practise);
    match file.present(&request, &scenario.holder) {
        Ok(shown) => sealed(&ask(&shown, &trust, &options)),
        Err(error) => assert!(!error.reason().is_empty()),
    }
}

/// Whatever was said, an honest ledger's file is whole: what is wrong with it is what was said.
fn sealed(report: &skillpass::passport::Report) {
    for row in report.checks.iter().filter(|row| row.status == Status::Fail) {
        let seal = matches!(row.check, Check::Signature | Check::Chain | Check::Inclusion);
        assert!(!seal, "{}: {} {}", row.check.as_str(), row.subject, row.detail);
    }
}

fn project(scenario: &Scenario) {
    let day = jiff::civil::date(2024, 2, 1);
    let opened = scenario.ledger.records(scenario.worker);
    let records: Vec<_> = opened.iter().map(|opened| opened.record.clone()).collect();
    let passport =
        Passport::project(scenario.worker, &records, &scenario.ledger.trust, scenario.ledger.now, day);
    for view in [View::Employer, View::Home, View::Holder] {
        assert!(!render_passport(&passport.to_json(view)).is_empty());
    }
}

/// One thing said; its hash, if it was recorded.
fn step(scenario: &mut Scenario, line: &str, hashes: &[[u8; 32]]) -> Option<[u8; 32]> {
    let (by, rest) = line.split_at_checked(1)?;
    let (kind, claims) = rest.split_once(' ')?;
    let kind = Kind::from_name(kind)?;
    let claims: Map<String, Value> = serde_json::from_str(&fill(scenario, claims, hashes)).ok()?;
    Event::check(kind, &claims).ok()?;
    let root = scenario.ledger.roots[0].1.clone();
    let own = scenario.holder.public().did_jwk();
    let (issuer, key) = match by {
        "p" => (PROVIDER, &scenario.provider),
        "a" => (AUTHORITY, &scenario.authority),
        "h" => (own.as_str(), &scenario.holder),
        _ => (root.as_str(), &scenario.root_ph),
    };
    let (issuer, key) = (issuer.to_owned(), PrivateKey::from_jwk(&key.to_jwk()).ok()?);
    if kind.class() != Class::Person {
        return public(scenario, kind, &issuer, &key, claims);
    }
    let holder = PrivateKey::from_jwk(&scenario.holder.to_jwk()).ok().filter(|_| kind.binds_key());
    let statement = scenario.ledger.sign(kind, &issuer, &key, holder.as_ref(), Value::Object(claims));
    let leaf = scenario.ledger.entries.len() as u64;
    skillpass::passport::read_record(&statement, leaf, scenario.ledger.now, &scenario.ledger.trust).ok()?;
    Some(scenario.ledger.record(scenario.worker, &statement))
}

/// A public statement, if the trust state admits it.
fn public(
    scenario: &mut Scenario,
    kind: Kind,
    issuer: &str,
    key: &PrivateKey,
    claims: Map<String, Value>,
) -> Option<[u8; 32]> {
    let id = scenario.ledger.id();
    let issued_at = scenario.ledger.issued_at();
    let vct = kind.vct();
    let draft = Draft { issuer, vct: &vct, id, issued_at, holder_key: None, status: None, claims: &claims };
    let text = issue_in_clear(&draft, key).ok()?;
    Unverified::parse(&text).ok()?;
    let leaf = scenario.ledger.entries.len() as u64;
    if let Err(refusal) = scenario.ledger.trust.verify_public(&text, leaf, scenario.ledger.now) {
        assert!(!refusal.reason().is_empty());
        return None;
    }
    Some(scenario.ledger.public(kind, issuer, key, Value::Object(claims)))
}

fn fill(scenario: &Scenario, text: &str, hashes: &[[u8; 32]]) -> String {
    let mut parts = text.split('^');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part.chars();
        let known = match rest.next() {
            Some('w') => Some(scenario.worker.to_string()),
            Some('j') => Some(scenario.holder.public().to_jwk().to_string()),
            Some('p') => Some(PROVIDER.to_owned()),
            Some(digit) => digit.to_digit(10).and_then(|at| hashes.get(at as usize)).map(base64url_encode),
            None => None,
        };
        match known {
            Some(known) => out.extend([known.as_str(), rest.as_str()]),
            None => out.extend(["^", part]),
        }
    }
    out
}
