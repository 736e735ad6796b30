//! Texts of requests: each is taken up to its limit; one byte more is refused by the field's name, before anything is looked up.

use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::pb;
use skillpass::pb::erase_passport_request::Basis;
use skillpass::pb::list_statements_request::Stream;
use tonic::{Code, Request, Status};

use super::{Served, by, reason};

/// The field, its limit, a request with such a text in it.
type Case<'a> = (&'static str, usize, Box<dyn Fn(String) -> Result<(), Status> + 'a>);

fn check(cases: &[Case<'_>]) {
    for (field, most, ask) in cases {
        let told = ask("x".repeat(*most)).err().map(|status| reason(&status));
        assert_ne!(told.as_deref(), Some("FIELD_TOO_LONG"), "{field}: as long as allowed");
        let refused = ask("x".repeat(most + 1)).expect_err(field);
        assert_eq!(reason(&refused), "FIELD_TOO_LONG", "{field}");
        assert_eq!(refused.message(), format!("`{field}` is longer than {most} bytes"));
    }
}

/// A case whose caller is nobody, or `key`.
macro_rules! case {
    ($served:expr, $edge:ident . $call:ident, $field:literal, $most:expr, |$text:ident| $message:expr) => {
        ($field, $most, Box::new(move |$text| $served.run($served.$edge().$call($message)).map(drop)))
    };
    ($served:expr, $key:expr, $edge:ident . $call:ident, $field:literal, $most:expr, |$text:ident| $message:expr) => {
        (
            $field,
            $most,
            Box::new(move |$text| {
                let request = by(&$served.test, $key, $message);
                $served.run($served.$edge().$call(request)).map(drop)
            }),
        )
    };
}

#[test]
fn what_is_looked_up_has_a_name_of_so_many_bytes() {
    let served = &Served::new();
    let statements = |stream: Stream| Request::new(pb::ListStatementsRequest { stream: Some(stream) });
    let verify = |change: &dyn Fn(&mut pb::VerifyPassportRequest)| {
        let mut request = pb::VerifyPassportRequest::default();
        change(&mut request);
        request
    };
    check(&[
        case!(served, registry.list_bodies, "kid", 256, |text| pb::ListBodiesRequest { kid: Some(text) }),
        case!(served, registry.get_body, "issuer", 256, |issuer| pb::GetBodyRequest { issuer }),
        case!(served, registry.list_statements, "institution", 256, |text| statements(Stream::Institution(
            text
        ))),
        case!(served, registry.list_statements, "publication", 256, |text| statements(Stream::Publication(
            text
        ))),
        case!(served, recognition.get_instrument, "id", 128, |id| pb::GetInstrumentRequest {
            id,
            as_of: None
        }),
        case!(served, recognition.relate_level, "level", 128, |level| {
            pb::RelateLevelRequest { level, target: "eqf".to_owned(), as_of: None }
        }),
        case!(served, recognition.relate_level, "target", 128, |target| {
            pb::RelateLevelRequest { level: "ph/pqf/5".to_owned(), target, as_of: None }
        }),
        case!(served, recognition.list_instruments, "page_token", 20, |page_token| {
            pb::ListInstrumentsRequest { page_size: 0, page_token, as_of: None, kind: None }
        }),
        case!(served, ledger.get_receipt, "subject", 256, |subject| {
            let statement = pb::StatementRef { jti: String::new(), subject };
            pb::GetReceiptRequest { which: Some(pb::get_receipt_request::Which::Statement(statement)) }
        }),
        case!(served, passports.verify_passport, "audience", 4096, |text| verify(
            &|it| it.audience = Some(text.clone())
        )),
        case!(served, passports.verify_passport, "nonce", 4096, |text| verify(
            &|it| it.nonce = Some(text.clone())
        )),
        case!(served, passports.verify_passport, "person_json", 4096, |text| {
            verify(&|it| it.person_json = Some(text.clone()))
        }),
        case!(served, passports.verify_passport, "country", 4096, |text| verify(
            &|it| it.country = Some(text.clone())
        )),
        case!(served, passports.verify_passport, "occupation", 4096, |text| {
            verify(&|it| it.occupation = Some(text.clone()))
        }),
        case!(served, passports.verify_passport, "issuer_jwk", 4096, |text| {
            verify(&|it| it.issuer_jwk = Some(text.clone()))
        }),
        case!(served, passports.verify_passport, "status_jwk", 4096, |text| {
            verify(&|it| it.status_jwk = Some(text.clone()))
        }),
    ]);
}

#[test]
fn what_is_asked_of_a_passport_has_a_name_of_so_many_bytes() {
    let served = &Served::new();
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    let (id, key) = (&worker.id.to_string(), &worker.key);
    let view = pb::View::Holder.into();
    let count = |standard: &str, version: &str| pb::CountUnitsRequest {
        worker: id.clone(),
        standard: standard.to_owned(),
        version: Some(version.to_owned()),
        valid_at: None,
        view,
    };
    let gaps = |standard: &str, version: &str| pb::FindGapsRequest {
        worker: id.clone(),
        standard: standard.to_owned(),
        version: Some(version.to_owned()),
        at: None,
        view,
    };
    let (count, gaps) = (&count, &gaps);
    check(&[
        case!(served, key, recognition.count_units, "standard", 256, |text| count(&text, "1")),
        case!(served, key, recognition.count_units, "version", 160, |text| count("x", &text)),
        case!(served, key, recognition.find_gaps, "standard", 256, |text| gaps(&text, "1")),
        case!(served, key, recognition.find_gaps, "version", 256, |text| gaps("x", &text)),
    ]);
}

#[test]
fn what_an_operator_says_has_so_many_bytes() {
    let served = &Served::new();
    let worker = served.test.open_passport();
    let (id, key) = (&worker.id.to_string(), &served.operator());
    let jwk = PrivateKey::generate_ed25519(&mut OsEntropy).public().to_jwk().to_string();
    // A key with spaces behind it, which JSON allows.
    let padded = |text: &str| format!("{jwk}{}", " ".repeat(text.len() - jwk.len()));
    let padded = &padded;
    check(&[
        case!(served, key, passports.erase_passport, "order_reference", 256, |text| {
            let basis = Some(Basis::OrderReference(text));
            pb::ErasePassportRequest { worker: id.clone(), basis, confirm: false, last_export: false }
        }),
        case!(served, key, admin.report_flows, "instrument", 800, |text| pb::ReportFlowsRequest {
            origin: "PH".to_owned(),
            destination: "DE".to_owned(),
            instrument: Some(text),
            from: "2025-01-01".to_owned(),
            until: "2025-12-31".to_owned(),
        }),
        case!(served, key, admin.remove_operator, "name", 64, |name| pb::RemoveOperatorRequest { name }),
        case!(served, key, admin.end_ledger_key, "kid", 64, |kid| {
            pb::EndLedgerKeyRequest { kid, reason: "RETIRED".to_owned(), compromised_since: None }
        }),
        case!(served, key, admin.append_ledger_statement, "claims_json", 16 * 1024, |claims_json| {
            pb::AppendLedgerStatementRequest { kind: "WitnessNamed".to_owned(), claims_json }
        }),
        case!(served, key, admin.add_operator, "jwk", 16 * 1024, |text| {
            let (name, roles) = ("desk".to_owned(), vec!["reader".to_owned()]);
            pb::AddOperatorRequest { operator: Some(pb::Operator { name, jwk: padded(&text), roles }) }
        }),
    ]);
}

/// A call with such a number in it: which call, and its outcome.
type Numbered<'a> = (&'static str, Box<dyn Fn(u64) -> Result<(), Status> + 'a>);

/// Answered, or refused by a name that blames the number and not the server.
#[test]
fn numbers_at_the_ends_of_their_ranges_break_nothing() {
    let served = &Served::new();
    let worker = &served.test.open_passport();
    served.test.bind(worker);
    served.test.published();
    let (id, key, operator) = (&worker.id.to_string(), &worker.key, &served.operator());
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let view = pb::View::Holder.into();
    let which = |leaf| pb::get_receipt_request::Which::LeafIndex(leaf);
    macro_rules! numbered {
        ($edge:ident . $call:ident, |$number:ident| $message:expr) => {
            (
                stringify!($call),
                Box::new(move |$number: u64| served.run(served.$edge().$call($message)).map(drop)),
            )
        };
        ($key:expr, $edge:ident . $call:ident, |$number:ident| $message:expr) => {
            (
                stringify!($call),
                Box::new(move |$number: u64| {
                    served.run(served.$edge().$call(by(&served.test, $key, $message))).map(drop)
                }),
            )
        };
    }
    let calls: [Numbered<'_>; 18] = [
        numbered!(ledger.append, |n| pb::AppendRequest {
            expected_revision: Some(small(n)),
            ..super::append_request(served.test.training(worker))
        }),
        numbered!(ledger.allocate_status, |n| pb::AllocateStatusRequest { count: small(n) }),
        numbered!(ledger.get_receipt, |n| pb::GetReceiptRequest { which: Some(which(n)) }),
        numbered!(ledger.list_entries, |n| pb::ListEntriesRequest { from: n, max: small(n) }),
        numbered!(ledger.subscribe, |n| pb::SubscribeRequest { from: n }),
        numbered!(ledger.get_checkpoint, |n| pb::GetCheckpointRequest { size_max: Some(n) }),
        numbered!(ledger.get_inclusion_proof, |n| pb::GetInclusionProofRequest {
            leaf_index: n,
            tree_size: n
        }),
        numbered!(ledger.get_inclusion_proof, |n| pb::GetInclusionProofRequest {
            leaf_index: 0,
            tree_size: n
        }),
        numbered!(ledger.get_consistency_proof, |n| pb::GetConsistencyProofRequest {
            old_size: 1,
            new_size: n
        }),
        numbered!(ledger.get_consistency_proof, |n| pb::GetConsistencyProofRequest {
            old_size: n,
            new_size: n
        }),
        numbered!(recognition.list_frameworks, |n| pb::ListFrameworksRequest {
            page_size: small(n),
            page_token: n.to_string(),
            as_of: None,
        }),
        numbered!(key, passports.get_passport, |n| pb::GetPassportRequest {
            worker: id.clone(),
            view,
            known_at: Some(n),
            valid_at: None,
        }),
        numbered!(key, passports.export_passport, |n| pb::ExportPassportRequest {
            worker: id.clone(),
            known_at: Some(n),
        }),
        numbered!(key, passports.watch_passport, |n| pb::WatchPassportRequest {
            worker: id.clone(),
            from_revision: small(n),
        }),
        numbered!(operator, admin.end_ledger_key, |n| pb::EndLedgerKeyRequest {
            kid: "none".to_owned(),
            reason: "COMPROMISED".to_owned(),
            compromised_since: Some(n),
        }),
        numbered!(operator, admin.list_reviews, |n| pb::ListReviewsRequest {
            ended_too: true,
            after: Some(small(n)),
        }),
        numbered!(operator, admin.resolve_review, |n| pb::ResolveReviewRequest {
            id: small(n),
            resolution: "NOT_THE_SAME".to_owned(),
        }),
        numbered!(key, passports.create_share, |n| pb::CreateShareRequest {
            worker: id.clone(),
            share: vec![1; 16],
            gate: vec![2; 32],
            audience: "x".to_owned(),
            expires_at: n.cast_signed(),
            r#box: vec![3; 17],
        }),
    ];
    for (call, ask) in &calls {
        for number in [0, 1, 1 << 31, u64::MAX >> 1, (u64::MAX >> 1) + 1, u64::MAX - 1, u64::MAX] {
            if let Err(status) = ask(number) {
                let at_fault = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss);
                assert!(!at_fault && !reason(&status).is_empty(), "{call} {number}: {status:?}");
            }
        }
    }
    for time in ["0", "9223372036854775807", "18446744073709551615", "99999999999999999999999"] {
        let (head, _) = served.get(&format!("/status/none?time={time}"));
        assert!(head.starts_with("http/1.1 40"), "{head}");
    }
    assert!(served.test.ledger.is_serving());
}

#[test]
fn days_at_the_ends_of_the_calendar_break_nothing() {
    let served = &Served::new();
    let worker = &served.test.open_passport();
    served.test.bind(worker);
    served.test.record_training(worker);
    let (id, key, operator) = (&worker.id.to_string(), &worker.key, &served.operator());
    let (test, view) = (&served.test, pb::View::Holder.into());
    let calls = |day: &str| -> Vec<Result<(), Status>> {
        let (at, day) = (Some(day.to_owned()), day.to_owned());
        let passport =
            pb::GetPassportRequest { worker: id.clone(), view, known_at: None, valid_at: at.clone() };
        let assess = pb::AssessRecognitionRequest {
            worker: id.clone(),
            country: "DE".to_owned(),
            occupation: "7411".to_owned(),
            purpose: "practise".to_owned(),
            at: at.clone(),
            view,
        };
        let instruments = pb::ListInstrumentsRequest {
            page_size: 0,
            page_token: String::new(),
            as_of: at.clone(),
            kind: None,
        };
        let level = pb::RelateLevelRequest {
            level: "ph/pqf/5".to_owned(),
            target: "eqf".to_owned(),
            as_of: at.clone(),
        };
        let flows = |from: &str, until: &str| pb::ReportFlowsRequest {
            origin: "PH".to_owned(),
            destination: "DE".to_owned(),
            instrument: None,
            from: from.to_owned(),
            until: until.to_owned(),
        };
        let report = |asked| served.run(served.admin().report_flows(by(test, operator, asked))).map(drop);
        vec![
            served.run(served.passports().get_passport(by(test, key, passport))).map(drop),
            served.run(served.recognition().assess_recognition(by(test, key, assess))).map(drop),
            served.run(served.recognition().list_instruments(instruments)).map(drop),
            served.run(served.recognition().relate_level(level)).map(drop),
            report(flows("2025-01-01", &day)),
            report(flows(&day, "2025-12-31")),
            report(flows(&day, &day)),
            served
                .run(served.passports().verify_passport(pb::VerifyPassportRequest {
                    valid_at: at,
                    ..pb::VerifyPassportRequest::default()
                }))
                .map(drop),
        ]
    };
    for day in
        ["0001-01-01", "0000-01-01", "9999-12-31", "9999-12-30", "2024-02-30", "10000-01-01", "-009999-01-01"]
    {
        for (nth, outcome) in calls(day).into_iter().enumerate() {
            if let Err(status) = outcome {
                let at_fault = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss);
                assert!(!at_fault && !reason(&status).is_empty(), "{day}, call {nth}: {status:?}");
            }
        }
    }
}
