//! The ledger's own keys over gRPC: the operator's to change, and nobody else's.

use skillpass::pb;

use super::{Served, by, reason};

#[test]
fn the_operator_adds_and_ends_keys_of_the_ledger_and_nobody_else_does() {
    let served = Served::new();
    let worker = served.test.open_passport();
    let test = &served.test;
    let add = |use_: &str| pb::AddLedgerKeyRequest { r#use: use_.to_owned() };
    let end = |kid: &str, reason: &str| pb::EndLedgerKeyRequest {
        kid: kid.to_owned(),
        reason: reason.to_owned(),
        compromised_since: None,
    };
    let list = || {
        let request = by(test, &served.operator(), pb::ListLedgerKeysRequest {});
        served.run(served.admin().list_ledger_keys(request)).unwrap().into_inner().keys
    };
    let old = list().into_iter().find(|key| key.r#use == "log").unwrap();
    for key in [&worker.key, &test.root.key] {
        let refused = [
            served.run(served.admin().add_ledger_key(by(test, key, add("log")))).unwrap_err(),
            served.run(served.admin().end_ledger_key(by(test, key, end(&old.kid, "LOST")))).unwrap_err(),
            served
                .run(served.admin().list_ledger_keys(by(test, key, pb::ListLedgerKeysRequest {})))
                .unwrap_err(),
        ];
        assert!(refused.iter().all(|status| reason(status) == "OPERATOR_ONLY"), "{refused:?}");
    }
    let operator = served.operator();
    let wrong = served.run(served.admin().add_ledger_key(by(test, &operator, add("both")))).unwrap_err();
    assert_eq!(reason(&wrong), "VALUE_UNKNOWN");
    let wrong = end(&old.kid, "COMPROMISED");
    let wrong = served.run(served.admin().end_ledger_key(by(test, &operator, wrong))).unwrap_err();
    assert_eq!(reason(&wrong), "COMPROMISE_FORM", "since when?");
    let last = by(test, &operator, end(&old.kid, "RETIRED"));
    assert_eq!(reason(&served.run(served.admin().end_ledger_key(last)).unwrap_err()), "LAST_LOG_KEY");
    let added = served.run(served.admin().add_ledger_key(by(test, &operator, add("log"))));
    let added = added.unwrap().into_inner().key.unwrap();
    assert_eq!(test.ledger.vkeys().iter().map(ToString::to_string).next_back(), added.vkey);
    served.run(served.admin().end_ledger_key(by(test, &operator, end(&old.kid, "RETIRED")))).unwrap();
    let ended: Vec<(String, bool)> = list().into_iter().map(|key| (key.r#use, key.ended.is_some())).collect();
    assert_eq!(ended, [("log".to_owned(), true), ("status".to_owned(), false), ("log".to_owned(), false)]);
}
