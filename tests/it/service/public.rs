//! What anyone may ask: entries, checkpoints, proofs, bodies, relations, the services themselves.

use serde_json::{Value, json};
use skillpass::event::Kind;
use skillpass::pb;
use skillpass::pb::get_receipt_request::Which;
use skillpass::tlog::{SignedCheckpoint, verify_consistency, verify_inclusion};
use tokio_stream::StreamExt as _;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::standards::{STANDARD, council, publish};
use super::{Served, reason};
use crate::support::{ORIGIN, PROVIDER, ROOT};

fn hashes(from: &[Vec<u8>]) -> Vec<[u8; 32]> {
    from.iter().map(|hash| hash[..].try_into().unwrap()).collect()
}

#[test]
fn entries_checkpoints_and_proofs_fit_together() {
    let served = Served::new();
    let test = &served.test;
    let old = test.published();
    let worker = test.open_passport();
    for _ in 0..10 {
        test.record_training(&worker);
    }
    test.published();
    let (newest, older, listed, consistency) = served.run(async {
        let mut client = served.ledger();
        let newest =
            client.get_checkpoint(pb::GetCheckpointRequest { size_max: None }).await.unwrap().into_inner();
        let size_max = Some(old.checkpoint.size);
        let older = client.get_checkpoint(pb::GetCheckpointRequest { size_max }).await.unwrap().into_inner();
        let listed =
            client.list_entries(pb::ListEntriesRequest { from: 1, max: 3 }).await.unwrap().into_inner();
        let asked = pb::GetConsistencyProofRequest { old_size: old.checkpoint.size, new_size: 0 };
        (newest, older, listed, client.get_consistency_proof(asked).await.unwrap().into_inner())
    });
    assert_eq!(older.checkpoint, old.note);
    assert_eq!(listed.entries.iter().map(|entry| entry.leaf_index).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(listed.size >= newest.size);
    let signed = SignedCheckpoint::verify(&newest.checkpoint, &test.ledger.vkeys()).unwrap().checkpoint;
    assert_eq!((signed.size, signed.root.to_vec()), (newest.size, newest.root));
    let proof = hashes(&consistency.hashes);
    verify_consistency(old.checkpoint.size, consistency.new_size, &old.checkpoint.root, &signed.root, &proof)
        .unwrap();
    for leaf_index in 0..signed.size {
        let asked = pb::GetInclusionProofRequest { leaf_index, tree_size: signed.size };
        let answer = served.run(served.ledger().get_inclusion_proof(asked)).unwrap().into_inner();
        let leaf: [u8; 32] = answer.leaf_hash[..].try_into().unwrap();
        verify_inclusion(leaf_index, signed.size, &leaf, &hashes(&answer.hashes), &signed.root).unwrap();
    }
}

#[test]
fn an_answer_holds_so_many_entries_and_the_rest_is_asked_for_again() {
    let served = Served::new();
    let worker = served.test.open_passport();
    served.record_trainings(&worker, 1000);
    let list = |from: u64| {
        let request = pb::ListEntriesRequest { from, max: u32::MAX };
        served.run(served.ledger().list_entries(request)).unwrap().into_inner()
    };
    let first = list(0);
    assert_eq!(first.entries.len(), 1000);
    let second = list(1000);
    assert_eq!(second.entries.len() as u64, second.size - 1000);
    assert_eq!(second.entries[0].leaf_index, 1000);
}

/// No less than fits, either: with the next one it would be more.
#[test]
fn an_answer_holds_so_many_bytes_and_the_rest_is_asked_for_again() {
    const MOST: usize = 3 * 1024 * 1024;
    let served = Served::new();
    let council = council(&served);
    // Some 17 KB each.
    let outcomes: Vec<String> = (0..40).map(|number| format!("{number:0300}")).collect();
    for edition in 0..200 {
        publish(&served, &council, STANDARD, &edition.to_string(), json!(outcomes));
    }
    let list = |from: u64| {
        let request = pb::ListEntriesRequest { from, max: u32::MAX };
        served.run(served.ledger().list_entries(request)).unwrap().into_inner()
    };
    let first = list(0);
    let bytes: usize = first.entries.iter().map(|entry| entry.entry.len()).sum();
    let second = list(first.entries.len() as u64);
    assert!(bytes <= MOST && bytes + second.entries[0].entry.len() > MOST, "{bytes}");
    assert_eq!((first.entries.len() + second.entries.len()) as u64, second.size);
}

#[test]
fn what_was_not_published_cannot_be_proved() {
    let served = Served::new();
    let published = served.test.published();
    let asked = pb::GetInclusionProofRequest { leaf_index: 0, tree_size: published.checkpoint.size + 1 };
    assert_eq!(reason(&served.run(served.ledger().get_inclusion_proof(asked)).unwrap_err()), "OUT_OF_RANGE");
    let asked = pb::GetConsistencyProofRequest { old_size: 0, new_size: published.checkpoint.size + 1 };
    assert_eq!(
        reason(&served.run(served.ledger().get_consistency_proof(asked)).unwrap_err()),
        "OUT_OF_RANGE"
    );
    let asked = pb::GetInclusionProofRequest { leaf_index: published.checkpoint.size, tree_size: 0 };
    assert_eq!(reason(&served.run(served.ledger().get_inclusion_proof(asked)).unwrap_err()), "OUT_OF_RANGE");
}

#[test]
fn a_public_statement_has_a_receipt_for_everyone_and_a_persons_entry_for_nobody_by_its_place() {
    let served = Served::new();
    let test = &served.test;
    let worker = test.open_passport();
    let training = test.training(&worker);
    let acknowledged = test.append(training).unwrap();
    test.published();
    let by_leaf = |leaf| pb::GetReceiptRequest { which: Some(Which::LeafIndex(leaf)) };
    let first = served.run(served.ledger().get_receipt(by_leaf(1))).unwrap().into_inner();
    let known = first.acknowledgement.unwrap();
    assert!(first.receipt.is_some());
    assert_eq!(
        reason(&served.run(served.ledger().get_receipt(by_leaf(acknowledged.leaf))).unwrap_err()),
        "PERSON_ENTRY"
    );
    // AuthorityEstablished stands in the ledger's own stream.
    let by_id = pb::StatementRef { jti: known.jti.clone(), subject: format!("https://{ORIGIN}") };
    let request = pb::GetReceiptRequest { which: Some(Which::Statement(by_id)) };
    let again = served.run(served.ledger().get_receipt(request)).unwrap().into_inner();
    assert_eq!(again.acknowledgement, Some(known));
}

#[test]
fn bodies_are_listed_with_what_they_may_state_and_their_keys() {
    let served = Served::new();
    let bodies = served
        .run(served.registry().list_bodies(pb::ListBodiesRequest::default()))
        .unwrap()
        .into_inner()
        .bodies;
    let issuers: Vec<&str> = bodies.iter().map(|body| body.issuer.as_str()).collect();
    assert!(issuers.contains(&ROOT) && issuers.contains(&PROVIDER), "{issuers:?}");
    let detail = |issuer: &str| -> Value {
        let request = pb::GetBodyRequest { issuer: issuer.to_owned() };
        let answer = served.run(served.registry().get_body(request)).unwrap().into_inner();
        serde_json::from_str(&answer.detail_json).unwrap()
    };
    let provider = detail(PROVIDER);
    assert_eq!(provider["authorisations"][0]["by"], ROOT);
    assert_eq!(provider["authorisations"][0]["jurisdictions"][0], "PH");
    assert_eq!(provider["keys"][0]["kid"], served.test.provider.key.public().thumbprint());
    let root = detail(ROOT);
    assert_eq!(root["roots"][0]["jurisdictions"][0], "PH");
    assert_eq!(root["keys"][0]["kid"], served.test.root.key.public().thumbprint());

    let stream = pb::list_statements_request::Stream::Institution(PROVIDER.to_owned());
    let request = pb::ListStatementsRequest { stream: Some(stream) };
    let statements = served.run(served.registry().list_statements(request)).unwrap().into_inner().statements;
    assert_eq!(statements.iter().map(|statement| statement.revision).collect::<Vec<_>>(), [0, 1]);
    let unknown = pb::GetBodyRequest { issuer: "https://nobody.invalid".to_owned() };
    assert_eq!(reason(&served.run(served.registry().get_body(unknown)).unwrap_err()), "NOT_FOUND");
}

#[test]
fn an_end_stands_beside_what_it_ended_and_the_key_is_gone_from_the_issuers_metadata() {
    let served = Served::new();
    let test = &served.test;
    let kid = test.provider.key.public().thumbprint();
    let ended = json!({"sub": PROVIDER, "kid": kid, "reason": "RETIRED"});
    let mut claims = Kind::IssuerKeyEnded.example();
    for (name, value) in ended.as_object().unwrap() {
        claims[name] = value.clone();
    }
    for clear in ["vct", "iss", "compromised_since"] {
        claims.as_object_mut().unwrap().shift_remove(clear);
    }
    test.append(test.in_clear(&test.root, Kind::IssuerKeyEnded, &claims)).unwrap();
    let request = pb::GetBodyRequest { issuer: PROVIDER.to_owned() };
    let answer = served.run(served.registry().get_body(request)).unwrap().into_inner();
    let detail: Value = serde_json::from_str(&answer.detail_json).unwrap();
    assert_eq!(detail["keys"][0]["kid"], kid);
    assert_eq!(detail["keys"][0]["ends"][0]["by"], ROOT);
    let (_, body) = served.get("/.well-known/jwt-vc-issuer?iss=https%3A%2F%2Fprovider.ph.example.invalid");
    let metadata: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(metadata["issuer"], PROVIDER);
    assert_eq!(metadata["jwks"]["keys"], json!([]));
}

#[test]
fn a_relation_is_published_with_its_source_or_there_is_none() {
    let served = Served::new();
    let relate = |level: &str, target: &str| {
        let request =
            pb::RelateLevelRequest { level: level.to_owned(), target: target.to_owned(), as_of: None };
        served.run(served.recognition().relate_level(request))
    };
    let edge = relate("ie/nqf:10", "eqf").unwrap().into_inner();
    assert_eq!((edge.answer.as_str(), edge.level.as_deref()), ("Edge", Some("8")));
    assert!(edge.source.is_some() && edge.as_of.is_some());
    assert_eq!(relate("ph/nqf:6", "eqf").unwrap().into_inner().answer, "NoPublishedRelation");
    assert_eq!(reason(&relate("nonsense", "eqf").unwrap_err()), "LEVEL_MALFORMED");
}

#[test]
fn reflection_lists_every_service() {
    let served = Served::new();
    let mut client = ServerReflectionClient::new(served.channel());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answer = served.run(async {
        let mut answers =
            client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
        answers.next().await.unwrap().unwrap()
    });
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for wanted in ["Ledger", "Passport", "Registry", "Recognition", "Admin"] {
        assert!(names.contains(&format!("skillpass.v1.{wanted}Service")), "{wanted} in {names:?}");
    }
    assert!(names.contains(&"grpc.health.v1.Health".to_owned()));
}
