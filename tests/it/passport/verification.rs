//! A file that is as it should be verifies; what each check says of it.

use skillpass::passport::{Check, Report, Status, Verdict, verify};
use skillpass::trust::TrustFile;

use super::scenario::{AUDIENCE, NONCE, Scenario};

pub fn rows_with(report: &Report, status: Status) -> Vec<String> {
    let rows = report.checks.iter().filter(|row| row.status == status);
    rows.map(|row| format!("{} {}: {}", row.check.as_str(), row.subject, row.detail)).collect()
}

pub fn status_of(report: &Report, check: Check) -> Vec<Status> {
    report.checks.iter().filter(|row| row.check == check).map(|row| row.status).collect()
}

#[test]
fn a_complete_passport_verifies() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(
        report.verdict,
        Verdict::Valid,
        "{:#?}",
        (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown))
    );
    assert_eq!(report.records.len(), 4);
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn a_presentation_verifies_for_its_audience() {
    let mut scenario = Scenario::new();
    let bytes = scenario.present(&[2, 4]);
    let mut options = scenario.options();
    options.audience = Some(AUDIENCE.into());
    options.nonce = Some(NONCE.into());
    let report = verify(&bytes, &scenario.trust(), &options);
    assert_eq!(
        report.verdict,
        Verdict::Valid,
        "{:#?}",
        (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown))
    );
    assert_eq!(report.records.len(), 2);
}

#[test]
fn without_a_trust_list_nothing_is_decided() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let report = verify(&bytes, &TrustFile::empty(), &scenario.options());
    assert_eq!(report.verdict, Verdict::Unknown, "{:#?}", rows_with(&report, Status::Fail));
    assert_eq!(report.exit_code(), 3);
    assert!(status_of(&report, Check::Checkpoint).contains(&Status::Unknown));
}
