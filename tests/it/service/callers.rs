//! Operators and bodies with credentials of their own, each with the least it needs.

use serde_json::Value;
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::ledger::{OPERATOR_NAME_BYTES_MAX, OPERATORS_MAX, Operator, Role};
use skillpass::pb;
use skillpass::service::ACCESS_TYP;
use skillpass::statement::jws;
use tonic::{Code, Request, Status};

use super::{Served, by, claims, reason, with_token};
use crate::support::{Body, ROOT, TestLedger};

fn key() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut OsEntropy)
}

fn add(
    served: &Served,
    by_key: &PrivateKey,
    name: &str,
    key: &PrivateKey,
    roles: &[&str],
) -> Result<(), Status> {
    let jwk = key.public().to_jwk().to_string();
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let operator = Some(pb::Operator { name: name.to_owned(), jwk, roles });
    let request = by(&served.test, by_key, pb::AddOperatorRequest { operator });
    served.run(served.admin().add_operator(request)).map(drop)
}

fn passport(worker: &skillpass::event::WorkerId) -> pb::GetPassportRequest {
    let view = pb::View::Holder.into();
    pb::GetPassportRequest { worker: worker.to_string(), view, known_at: None, valid_at: None }
}

/// The outcome of each operator's call: `OK` or the reason.
fn outcomes(served: &Served, key: &PrivateKey) -> [String; 5] {
    let test = &served.test;
    let worker = test.open_passport();
    let told =
        |outcome: Result<(), Status>| outcome.map_or_else(|status| reason(&status), |()| "OK".to_owned());
    let order = pb::erase_passport_request::Basis::OrderReference("demo".to_owned());
    let erase = pb::ErasePassportRequest {
        worker: worker.id.to_string(),
        basis: Some(order),
        confirm: false,
        last_export: false,
    };
    let own = pb::AppendLedgerStatementRequest { kind: "Nonsense".to_owned(), claims_json: "{}".to_owned() };
    [
        told(served.run(served.passports().get_passport(by(test, key, passport(&worker.id)))).map(drop)),
        told(served.run(served.passports().erase_passport(by(test, key, erase))).map(drop)),
        told(served.run(served.admin().get_status(by(test, key, pb::GetStatusRequest {}))).map(drop)),
        told(served.run(served.admin().append_ledger_statement(by(test, key, own))).map(drop)),
        told(add(served, key, "another", &self::key(), &["reader"])),
    ]
}

#[test]
fn an_operator_may_do_what_its_roles_say_and_only_the_root_names_operators() {
    let served = Served::new();
    let [none, no_role, not_root] = ["NOT_AVAILABLE", "ROLE_MISSING", "ROOT_OPERATOR_ONLY"];
    // The last: a kind that is no ledger's is refused after the role was found right.
    let right = "NOT_A_LEDGER_KIND";
    for (role, wanted) in [
        ("reader", ["OK", no_role, no_role, no_role, not_root]),
        ("eraser", [none, "OK", no_role, no_role, not_root]),
        ("admin", [none, no_role, "OK", right, not_root]),
        ("auditor", [none, no_role, "OK", no_role, not_root]),
    ] {
        let key = key();
        add(&served, &served.operator(), role, &key, &[role]).unwrap();
        assert_eq!(outcomes(&served, &key), wanted, "{role}");
    }
    assert_eq!(outcomes(&served, &served.operator()), ["OK", "OK", "OK", right, "OK"]);
    assert_eq!(outcomes(&served, &key())[2..], ["OPERATOR_ONLY", "OPERATOR_ONLY", "OPERATOR_ONLY"]);
}

#[test]
fn an_operators_name_and_key_are_its_own_and_a_removed_one_is_a_stranger() {
    let served = Served::new();
    let (desk, audit) = (key(), key());
    add(&served, &served.operator(), "desk-1", &desk, &["reader"]).unwrap();
    add(&served, &served.operator(), "audit", &audit, &["auditor"]).unwrap();
    for (name, key, roles, wanted) in [
        ("desk-1", key(), &["reader"][..], "OPERATOR_EXISTS"),
        ("desk-2", desk.clone(), &["reader"], "OPERATOR_EXISTS"),
        ("desk-2", served.operator(), &["reader"], "OPERATOR_EXISTS"),
        ("root", key(), &["reader"], "OPERATOR_NAME_INVALID"),
        ("desk-2", key(), &[], "OPERATOR_ROLES_INVALID"),
        ("desk-2", key(), &["owner"], "VALUE_UNKNOWN"),
    ] {
        assert_eq!(reason(&add(&served, &served.operator(), name, &key, roles).unwrap_err()), wanted);
    }
    let remove = |name: &str| {
        let message = pb::RemoveOperatorRequest { name: name.to_owned() };
        served.run(served.admin().remove_operator(by(&served.test, &served.operator(), message)))
    };
    remove("desk-1").unwrap();
    assert_eq!(reason(&remove("desk-1").unwrap_err()), "OPERATOR_UNKNOWN");
    assert_eq!(outcomes(&served, &desk)[0], "NOT_AVAILABLE");
    assert_eq!(outcomes(&served, &desk)[2], "OPERATOR_ONLY");
}

#[test]
fn a_ledger_names_so_many_operators_with_names_of_so_many_bytes() {
    let served = Served::new();
    let root = served.operator();
    let add = |name: &str| add(&served, &root, name, &key(), &["reader"]);
    let long = |bytes: usize| "x".repeat(bytes);
    assert_eq!(reason(&add(&long(OPERATOR_NAME_BYTES_MAX + 1)).unwrap_err()), "OPERATOR_NAME_INVALID");
    add(&long(OPERATOR_NAME_BYTES_MAX)).unwrap();
    for number in 1..OPERATORS_MAX {
        add(&format!("desk-{number}")).unwrap();
    }
    let refused = add("one-more").unwrap_err();
    assert_eq!(reason(&refused), "OPERATORS_TOO_MANY");
    assert_eq!(refused.message(), "a ledger names at most 64 operators");
    let name = "desk-1".to_owned();
    let remove = by(&served.test, &root, pb::RemoveOperatorRequest { name });
    served.run(served.admin().remove_operator(remove)).unwrap();
    add("one-more").unwrap();
}

#[test]
fn operators_outlive_a_restart() {
    let test = TestLedger::new();
    let operator = |name: &str| Operator {
        name: name.to_owned(),
        key: key().public(),
        roles: vec![Role::Reader, Role::Auditor],
    };
    let (stays, goes) = (operator("stays"), operator("goes"));
    test.ledger.add_operator(stays.clone()).unwrap();
    test.ledger.add_operator(goes).unwrap();
    test.ledger.remove_operator("goes").unwrap();
    let test = test.reopen();
    assert_eq!(test.ledger.operators(), std::slice::from_ref(&stays));
    assert_eq!(test.ledger.operator(&stays.key.thumbprint()), Some(stays));
}

#[test]
fn a_body_calls_under_a_key_that_is_current_and_reads_no_person_by_that_alone() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    let ask = |body: &Body, htm: Option<&str>| -> Status {
        let mut claims = claims(test);
        claims.insert("iss".to_owned(), body.issuer.clone().into());
        if let Some(htm) = htm {
            claims.insert("htm".to_owned(), htm.into());
        }
        let request = with_token(passport(&worker.id), &jws::sign(ACCESS_TYP, &claims, &body.key));
        served.run(served.passports().get_passport(request)).unwrap_err()
    };
    let provider = test.provider.clone();
    assert_eq!(reason(&ask(&provider, None)), "NOT_AVAILABLE");
    assert_eq!(reason(&ask(&provider, Some("/skillpass.v1.PassportService/GetPassport"))), "NOT_AVAILABLE");
    assert_eq!(
        reason(&ask(&provider, Some("/skillpass.v1.PassportService/Other"))),
        "CREDENTIAL_OTHER_METHOD"
    );

    let imposter = Body { issuer: provider.issuer.clone(), key: key() };
    let stranger = Body { issuer: "https://nobody.example.invalid".to_owned(), key: key() };
    let borrowed = Body { issuer: ROOT.to_owned(), key: provider.key.clone() };
    for body in [&imposter, &stranger, &borrowed] {
        let status = ask(body, None);
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unauthenticated, "CREDENTIAL_UNKNOWN_ISSUER")
        );
    }
    let ended = serde_json::json!({"sub": provider.issuer, "kid": provider.key.public().thumbprint(), "reason": "RETIRED"});
    test.append(test.in_clear(&test.root, Kind::IssuerKeyEnded, &ended)).unwrap();
    assert_eq!(reason(&ask(&provider, None)), "CREDENTIAL_UNKNOWN_ISSUER");
}

#[test]
fn the_list_of_operators_shows_public_keys_only_and_to_those_who_audit() {
    let served = Served::new();
    let audit = key();
    add(&served, &served.operator(), "audit", &audit, &["auditor"]).unwrap();
    let list =
        |request: Request<pb::ListOperatorsRequest>| served.run(served.admin().list_operators(request));
    let answer = list(by(&served.test, &audit, pb::ListOperatorsRequest {})).unwrap().into_inner();
    let jwk: Value = serde_json::from_str(&answer.operators[0].jwk).unwrap();
    assert_eq!(jwk, audit.public().to_jwk());
    assert_eq!(answer.operators[0].roles, ["auditor"]);
    assert_eq!(reason(&list(Request::new(pb::ListOperatorsRequest {})).unwrap_err()), "OPERATOR_ONLY");
}
