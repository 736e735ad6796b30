//! Two passports for one document: found by the operator, told to nobody else.

use skillpass::crypto::{Entropy as _, OsEntropy, PrivateKey, base64url_encode};
use skillpass::event::{Kind, document_number_commitment};
use skillpass::pb;
use tonic::{Code, Request, Status};

use super::holder::passport;
use super::{Served, append_request, by, reason};
use crate::support::{Body, Worker, hash_of};

const NUMBER: &str = "P7654321Z";

/// An opening and the document that it commits to.
fn opening(served: &Served, body: &Body, worker: &Worker, number: &str) -> pb::AppendRequest {
    let salt: [u8; 16] = OsEntropy.bytes();
    let text = served.test.about(body, worker, Kind::PassportOpened, |claims| {
        let commitment = document_number_commitment(&salt, "KH", "PASSPORT", number);
        claims.insert("document_number_commitment".into(), base64url_encode(commitment).into());
    });
    let document = Some(pb::OpeningDocument { number: number.to_owned(), salt: salt.to_vec() });
    pb::AppendRequest { document, ..append_request(text) }
}

fn send(served: &Served, request: pb::AppendRequest) -> Result<tonic::Response<pb::AppendResponse>, Status> {
    served.run(served.ledger().append(request))
}

/// Opens a passport with this document; also everything that its opener saw beside the time and the place.
fn open(served: &Served, number: &str) -> (Worker, String) {
    let worker = served.test.stranger();
    let answer = send(served, opening(served, &served.test.provider, &worker, number)).unwrap();
    let headers = answer.metadata().clone().into_headers();
    let names: Vec<_> =
        headers.iter().filter(|(name, _)| *name != "date").map(|pair| format!("{pair:?}")).collect();
    let acknowledged = answer.into_inner().acknowledgement.unwrap();
    (worker, format!("{names:?} {} {}", acknowledged.revision, acknowledged.repeated))
}

fn reviews(served: &Served, ended_too: bool) -> Vec<pb::Review> {
    let request = pb::ListReviewsRequest { ended_too, after: None };
    let request = by(&served.test, &served.operator(), request);
    served.run(served.admin().list_reviews(request)).unwrap().into_inner().reviews
}

fn resolve(served: &Served, id: u32, resolution: &str) -> Result<(), String> {
    let request = pb::ResolveReviewRequest { id, resolution: resolution.to_owned() };
    let request = by(&served.test, &served.operator(), request);
    served.run(served.admin().resolve_review(request)).map(|_| ()).map_err(|status| reason(&status))
}

fn workers(review: &pb::Review) -> (String, Vec<String>) {
    let opened = review.opened.clone().unwrap().worker;
    (opened, review.earlier.iter().map(|earlier| earlier.worker.clone()).collect())
}

#[test]
fn a_duplicate_opening_is_answered_alike_and_reviewed_by_the_operator_alone() {
    let served = Served::new();
    let (first, seen) = open(&served, NUMBER);
    let (_, other) = open(&served, "P0000001A");
    assert!(reviews(&served, true).is_empty(), "one passport for each document");
    // The same document, typed another way.
    let (second, again) = open(&served, " p765 4321z");
    assert_eq!((&seen, &other), (&again, &again), "what the opener sees is the same");
    let (third, _) = open(&served, NUMBER);
    let found = reviews(&served, false);
    let named = |worker: &Worker| worker.id.to_string();
    assert_eq!(
        found.iter().map(workers).collect::<Vec<_>>(),
        [(named(&second), vec![named(&first)]), (named(&third), vec![named(&first), named(&second)]),]
    );
    assert_eq!(found[0].opened.as_ref().unwrap().issuer, served.test.provider.issuer);

    // Nobody but the operator sees the queue.
    served.test.bind(&second);
    let ask = || pb::ListReviewsRequest { ended_too: true, after: None };
    let body = &served.test.provider.key;
    for request in [Request::new(ask()), by(&served.test, body, ask()), by(&served.test, &second.key, ask())]
    {
        let refused = served.run(served.admin().list_reviews(request)).unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "OPERATOR_ONLY"));
    }
    let close = pb::ResolveReviewRequest { id: found[0].id, resolution: "NOT_THE_SAME".into() };
    let refused = served.run(served.admin().resolve_review(by(&served.test, body, close))).unwrap_err();
    assert_eq!(reason(&refused), "OPERATOR_ONLY");

    // Two persons: closed, and kept.
    assert_eq!(resolve(&served, found[0].id, "NOBODY"), Err("VALUE_UNKNOWN".into()));
    assert_eq!(resolve(&served, found[0].id + 1000, "NOT_THE_SAME"), Err("NOT_FOUND".into()));
    resolve(&served, found[0].id, "NOT_THE_SAME").unwrap();
    assert_eq!(reviews(&served, false).len(), 1);
    let all = reviews(&served, true);
    assert_eq!(all[0].resolution.as_deref(), Some("NOT_THE_SAME"));
}

#[test]
fn a_crippled_copy_registered_first_neither_locks_the_victim_out_nor_reveals_them() {
    let served = Served::new();
    let test = &served.test;
    // A body, careless or worse, opens a passport with the victim's document and other particulars.
    let fraud = Worker { id: test.stranger().id, key: PrivateKey::generate_ed25519(&mut OsEntropy) };
    let request = opening(&served, &test.competent, &fraud, NUMBER);
    let wrong = request.statement.clone();
    send(&served, request).unwrap();
    test.bind(&fraud);

    let (victim, _) = open(&served, NUMBER);
    test.bind(&victim);
    test.record_training(&victim);
    let shown = passport(&served, &victim.key, &victim);
    assert_eq!(shown["sections"]["training"].as_array().unwrap().len(), 1);
    for (one, other) in [(&victim, &fraud), (&fraud, &victim)] {
        let shown = passport(&served, &one.key, one).to_string();
        assert!(!shown.contains(&other.id.to_string()), "neither learns of the other");
    }

    let found = reviews(&served, false);
    assert_eq!(workers(&found[0]), (victim.id.to_string(), vec![fraud.id.to_string()]));
    assert_eq!(resolve(&served, found[0].id, "WRONGLY_OPENED"), Err("REVIEW_NOT_REVOKED".into()));
    let revoked = test.about(&test.competent, &fraud, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&wrong).into());
        claims.insert("reason".into(), "OBTAINED_BY_FRAUD".into());
    });
    test.append(revoked).unwrap();
    resolve(&served, found[0].id, "WRONGLY_OPENED").unwrap();
    assert!(reviews(&served, false).is_empty());
}

#[test]
fn a_worker_is_not_probed_by_what_an_opening_is_refused_for() {
    let served = Served::new();
    let test = &served.test;
    open(&served, NUMBER);
    let stranger = test.stranger();
    let nobody = Body {
        issuer: "https://nobody.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    let seen = |request: pb::AppendRequest| {
        let status = send(&served, request).unwrap_err();
        (status.code(), reason(&status), status.message().to_owned(), status.details().to_vec())
    };
    // A document that is known and one that is not.
    let [known, unknown] = [NUMBER, "P0000009X"].map(|number| {
        let good = opening(&served, &test.provider, &stranger, number);
        let mut other_salt = good.clone();
        other_salt.document.as_mut().unwrap().salt = vec![7; 16];
        let mut other_number = good.clone();
        other_number.document.as_mut().unwrap().number.push('1');
        let mut short = good.clone();
        short.document.as_mut().unwrap().salt.pop();
        let mut long = good.clone();
        long.document.as_mut().unwrap().number = "1".repeat(65);
        let mut training = good;
        training.statement = test.training(&stranger);
        let stranger_s = opening(&served, &nobody, &stranger, number);
        [other_salt, other_number, short, long, training, stranger_s].map(seen)
    });
    assert_eq!(known, unknown);
    let reasons: Vec<&str> = known.iter().map(|(_, reason, ..)| reason.as_str()).collect();
    let wanted = [
        "DOCUMENT_DIFFERS",
        "DOCUMENT_DIFFERS",
        "DOCUMENT_SALT_INVALID",
        "FIELD_TOO_LONG",
        "DOCUMENT_WITHOUT_OPENING",
        "UNKNOWN_ISSUER",
    ];
    assert_eq!(reasons, wanted);
    assert!(reviews(&served, true).is_empty(), "what was refused left nothing behind");
}

#[test]
fn a_document_s_number_is_nowhere_on_disk_and_its_index_dies_with_the_worker() {
    let served = Served::new();
    let (first, _) = open(&served, NUMBER);
    let (second, _) = open(&served, NUMBER);
    let (third, _) = open(&served, NUMBER);
    served.test.published();
    let mut looked_at = 0;
    let mut open = vec![served.test.dir()];
    while let Some(dir) = open.pop() {
        for item in std::fs::read_dir(dir).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked_at += usize::from(!bytes.is_empty());
            assert!(
                !bytes.windows(NUMBER.len()).any(|window| window == NUMBER.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
    assert!(looked_at > 5);
    assert_eq!(reviews(&served, false).len(), 2);
    let erase = |worker: &Worker| {
        served.run(served.test.ledger.erase(worker.id, skillpass::ledger::ErasureBasis::Order)).unwrap();
    };
    erase(&first);
    let left = reviews(&served, false);
    assert_eq!(
        left.iter().map(workers).collect::<Vec<_>>(),
        [(third.id.to_string(), vec![second.id.to_string()])]
    );
    erase(&third);
    assert!(reviews(&served, true).is_empty());
}

fn portfolios(served: &Served, key: &PrivateKey) -> Result<Vec<(String, Vec<String>)>, Status> {
    let request = by(&served.test, key, pb::ListSharedPortfoliosRequest {});
    let listed = served.run(served.admin().list_shared_portfolios(request))?.into_inner().portfolios;
    let workers = |one: pb::SharedPortfolio| {
        (one.portfolio_hash, one.passports.into_iter().map(|passport| passport.worker).collect())
    };
    Ok(listed.into_iter().map(workers).collect())
}

#[test]
fn one_portfolio_shown_for_two_workers_is_found_by_the_operator_alone() {
    let served = Served::new();
    let test = &served.test;
    let assessor = Body {
        issuer: "https://assessor.ph.example.invalid".to_owned(),
        key: PrivateKey::generate_ed25519(&mut OsEntropy),
    };
    test.authorise(&assessor, "ASSESSMENT_BODY");
    let shown = |worker: &Worker, portfolio: [u8; 32]| {
        let text = test.about(&assessor, worker, Kind::PriorLearningDocumented, |claims| {
            claims.insert("portfolio_hash".into(), base64url_encode(portfolio).into());
        });
        send(&served, append_request(text)).unwrap();
    };
    let (first, second, honest) = (test.open_passport(), test.open_passport(), test.open_passport());
    shown(&first, [1; 32]);
    shown(&first, [1; 32]);
    shown(&honest, [2; 32]);
    assert_eq!(portfolios(&served, &served.operator()).unwrap(), [], "once for each person");
    shown(&second, [1; 32]);
    let found = portfolios(&served, &served.operator()).unwrap();
    assert_eq!(found, [(base64url_encode([1; 32]), vec![first.id.to_string(), second.id.to_string()])]);
    let refused = portfolios(&served, &assessor.key).unwrap_err();
    assert_ne!(refused.code(), Code::Ok);
}
