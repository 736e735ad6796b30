//! What bodies and other people's software sign: SD-JWT VCs, their disclosures, the holder's binding.

use std::cell::RefCell;

use serde_json::Value;
use skillpass::crypto::{BusyKeys, sha256};
use skillpass::event::{Event, Kind};
use skillpass::statement::sdjwt::{self, Expect, Parts};
use skillpass::statement::{Statement, StatementError, Unverified};

use crate::open::{HOLDER, ISSUER, Open};
use crate::{foreign, text_of};

/// The time of the vectors, seconds.
pub const NOW: i64 = 1_767_225_600;
const AUDIENCE: &str = "https://verifier.invalid";
const NONCE: &str = "n-0S6_WzA2Mj";

thread_local! {
    /// Over all inputs, so that the issuer's key becomes one that signs much.
    static BUSY: RefCell<BusyKeys> = RefCell::default();
}

/// A statement as the ledger takes it, as it is or in the open ([`Open`]).
pub fn statement(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    match Open::parse(text) {
        Some(open) => judge(&open.close(&ISSUER, &HOLDER)),
        None => judge(text),
    }
}

/// A credential of other software, as it is or in the open.
pub fn sd_jwt(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    match Open::parse(text) {
        Some(open) => present(&open.close(&ISSUER, &HOLDER)),
        None => present(text),
    }
}

/// The JSON of one disclosure of a statement that is right but for it.
pub fn disclosure(data: &[u8]) {
    let Some(disclosure) = text_of(data).filter(|text| !text.contains('\n')) else { return };
    let header = r#"{"alg":"EdDSA","typ":"dc+sd-jwt","kid":"^k"}"#;
    let payload = r#"{"iss":"https://training.invalid/masonry","iat":1767000000,"jti":"urn:uuid:019b6e0f-3c00-7abc-8def-0123456789ab","vct":"urn:skillpass:TrainingCompleted:1","_sd":["^0"],"_sd_alg":"sha-256"}"#;
    let text = Open { header, payload, disclosures: vec![disclosure], binding: None }.close(&ISSUER, &HOLDER);
    judge(&text);
    present(&text);
}

/// Header and payload of a key binding, on two lines, behind a credential that is right.
pub fn key_binding(data: &[u8]) {
    let Some((header, payload)) = text_of(data).and_then(|text| text.split_once('\n')) else { return };
    let credential = r#"{"iss":"https://university.invalid","iat":1767000000,"vct":"urn:example:1","cnf":{"jwk":^j},"_sd":["^0"]}"#;
    let open = Open {
        header: r#"{"alg":"EdDSA","typ":"dc+sd-jwt"}"#,
        payload: credential,
        disclosures: vec![r#"["2GLC42sKQveCfGfryNRN9w","ects",30]"#],
        binding: Some((header, payload)),
    };
    let text = open.close(&ISSUER, &HOLDER);
    let expect = Expect { now: NOW, credential: true, binding: Some((AUDIENCE, NONCE)) };
    if told(sdjwt::verify(&text, &ISSUER.public(), &expect)).is_some() {
        let bound: Value = payload_of(&text[text.rfind('~').map_or(0, |at| at + 1)..]);
        assert_eq!((&bound["aud"], &bound["nonce"]), (&AUDIENCE.into(), &NONCE.into()));
        assert!(bound["iat"].as_i64().is_some_and(|iat| (NOW - 86_400..=NOW + 300).contains(&iat)));
    }
    present(&text);
}

fn payload_of(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap_or_default();
    serde_json::from_slice(&skillpass::crypto::base64url_decode(payload).unwrap_or_default())
        .unwrap_or_default()
}

/// A refusal names its rule and says something; what is accepted goes on.
fn told<T>(result: Result<T, StatementError>) -> Option<T> {
    result.map_err(|error| assert!(!error.reason().is_empty() && !error.to_string().is_empty())).ok()
}

fn judge(text: &str) {
    let key = ISSUER.public();
    let Some(unverified) = told(Unverified::parse(text)) else { return };
    let alone = unverified.clone().verify(&key);
    let pair = vec![(unverified.clone(), key.clone()), (unverified, HOLDER.public())];
    let among = BUSY.with_borrow_mut(|busy| Unverified::verify_all(pair, busy));
    assert_eq!(
        alone.as_ref().map(Statement::hash),
        among[0].as_ref().map(Statement::hash),
        "alone and among others"
    );
    let Some(statement) = told(alone) else { return };
    assert_eq!(statement.text(), text, "bytes are law");
    assert_eq!(statement.hash(), sha256(&[statement.jwt().as_bytes()]));
    disclose(&statement);
    let expect = Expect { now: statement.clear().issued_at, credential: true, binding: None };
    let general = sdjwt::verify(text, &key, &expect).expect("our profile is a part of RFC 9901");
    assert!(
        statement.claims().iter().all(|(name, value)| general.get(name) == Some(value)),
        "both read the same"
    );
    foreign::agrees(text, &general);
    if let Some(kind) = Kind::from_vct(&statement.clear().vct)
        && let Ok(event) = Event::validate(kind, statement.claims())
    {
        assert!(Event::validate_partial(kind, statement.claims()).is_ok(), "a whole is a part");
        let _ = (event.stream(), event.award_date(), event.legal_effect(), event.title("en"));
    }
}

/// All disclosed is the statement, some disclosed is a statement that says no more.
fn disclose(statement: &Statement) {
    let names: Vec<&str> = statement.claims().keys().map(String::as_str).collect();
    if statement.is_in_clear() {
        assert!(statement.disclose(&names).is_err());
        return;
    }
    assert_eq!(statement.disclose(&names).as_deref(), Ok(statement.text()));
    for shown in [names.iter().copied().step_by(2).collect::<Vec<_>>(), vec![]] {
        let cut = statement.disclose(&shown).expect("claims that are there");
        let cut = Unverified::parse(&cut)
            .and_then(|cut| cut.verify(&ISSUER.public()))
            .expect("a cut is a statement");
        assert_eq!((cut.jwt(), cut.claims().len()), (statement.jwt(), shown.len()));
        assert!(cut.claims().iter().all(|(name, value)| statement.claims().get(name) == Some(value)));
    }
}

fn present(text: &str) {
    if let Ok(Parts { jwt, disclosures, key_binding }) = Parts::split(text) {
        assert_eq!(format!("{jwt}~{disclosures}{}", key_binding.unwrap_or_default()), text);
    }
    let verified = |credential| {
        let expect = Expect { now: NOW, credential, binding: None };
        told(sdjwt::verify(text, &ISSUER.public(), &expect))
    };
    let (loose, strict) = (verified(false), verified(true));
    if let Some(payload) = &loose {
        assert!(!hides(&Value::Object(payload.clone())), "a digest is left");
        foreign::agrees(text, payload);
    }
    assert!(strict.is_none() || strict == loose, "a credential is an SD-JWT");
}

fn hides(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| name == "_sd" || name == "..." || hides(value))
        }
        Value::Array(items) => items.iter().any(hides),
        _ => false,
    }
}
