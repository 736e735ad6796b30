//! One worker, two ledgers, one file.

use skillpass::crypto::PrivateKey;
use skillpass::passport::{PassportFile, PresentRequest, Verdict, verify};
use skillpass::trust::TrustFile;

use super::scenario::{Scenario, example};
use skillpass::event::Kind;

/// The same worker with the same key on a second ledger.
fn two() -> (Scenario, Scenario) {
    let home = Scenario::new();
    let mut abroad = Scenario::opened("ledger.de.example.invalid");
    let mut fresh = Scenario::opened("ledger.de.example.invalid");
    fresh.worker = home.worker;
    fresh.holder = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    fresh.tick();
    fresh.by_provider(Kind::PassportOpened, None, example(Kind::PassportOpened, home.worker, "PH"));
    let key = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    fresh.by_provider(Kind::HolderKeyBound, Some(&key), example(Kind::HolderKeyBound, home.worker, "PH"));
    fresh.training("Language and safety course");
    fresh.ledger.now = home.ledger.now;
    abroad.tick();
    (home, fresh)
}

fn trust_both(home: &Scenario, abroad: &Scenario) -> TrustFile {
    let mut trust = home.trust();
    let other = abroad.trust();
    trust.ledgers.extend(other.ledgers);
    for (root, other) in trust.roots.iter_mut().zip(other.roots) {
        root.kids.extend(other.kids);
    }
    trust
}

#[test]
fn a_merged_file_verifies_whole_and_presented() {
    let (mut home, mut abroad) = two();
    let file = PassportFile::merge(&[home.export(), abroad.export()]).unwrap();
    let trust = trust_both(&home, &abroad);
    let report = verify(&file.encode(), &trust, &home.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records.len(), 5);
    assert_eq!(
        PassportFile::merge(&[abroad.export(), home.export()]).unwrap().ledgers[0].origin,
        "ledger.de.example.invalid"
    );

    let mut request: PresentRequest = home.request(&[2]);
    request.shows.extend(abroad.request(&[2]).shows);
    let bytes = file.present(&request, &home.holder).unwrap();
    let report = verify(&bytes, &trust, &home.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
    assert_eq!(report.records.len(), 2);
}

#[test]
fn one_trusted_ledger_of_two_leaves_the_other_open() {
    let (mut home, mut abroad) = two();
    let file = PassportFile::merge(&[home.export(), abroad.export()]).unwrap();
    let report = verify(&file.encode(), &home.trust(), &home.options());
    assert_eq!(report.verdict, Verdict::Unknown, "{:#?}", report.checks);
}

#[test]
fn two_workers_do_not_make_one_passport() {
    let mut home = Scenario::new();
    let mut other = Scenario::opened("ledger.de.example.invalid");
    let file = PassportFile::merge(&[home.export(), other.export()]).unwrap();
    let report = verify(&file.encode(), &trust_both(&home, &other), &home.options());
    assert_eq!(report.verdict, Verdict::Invalid);
}

#[test]
fn one_ledger_twice_does_not_merge() {
    let mut home = Scenario::new();
    let twice = [home.export(), home.export()];
    assert_eq!(PassportFile::merge(&twice).unwrap_err().reason(), "UNMERGEABLE");
}
