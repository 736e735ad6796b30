//! Authentic is one question, in force another.

use skillpass::event::Kind;
use skillpass::passport::{Check, Report, Standing, Status, Verdict, verify};

use super::scenario::Scenario;
use super::verification::status_of;

fn standing_of(report: &Report, kind: Kind) -> Standing {
    report.records.iter().find(|record| record.kind == kind).unwrap().standing
}

fn report_of(scenario: &mut Scenario) -> Report {
    let bytes = scenario.export().encode();
    verify(&bytes, &scenario.trust(), &scenario.options())
}

#[test]
fn a_revoked_record_is_authentic_and_says_so() {
    let mut scenario = Scenario::new();
    let target = scenario.export().statements[2].hash();
    scenario.change(Kind::Revoked, &target);
    let report = report_of(&mut scenario);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(standing_of(&report, Kind::TrainingCompleted), Standing::Revoked);
    assert!(status_of(&report, Check::Status).contains(&Status::Fail));
    let mut options = scenario.options();
    options.purpose = Some(skillpass::passport::Purpose::Hire);
    options.country = Some("DE".into());
    let bytes = scenario.export().encode();
    assert_eq!(
        verify(&bytes, &scenario.trust(), &options).verdict,
        Verdict::Invalid,
        "asked for, status counts"
    );
}

#[test]
fn a_suspension_ends_with_reinstatement() {
    let mut scenario = Scenario::new();
    let target = scenario.export().statements[2].hash();
    scenario.change(Kind::Suspended, &target);
    assert_eq!(standing_of(&report_of(&mut scenario), Kind::TrainingCompleted), Standing::Suspended);
    scenario.change(Kind::Reinstated, &target);
    assert_eq!(standing_of(&report_of(&mut scenario), Kind::TrainingCompleted), Standing::InForce);
}

#[test]
fn a_change_dated_ahead_counts_from_its_day_on_in_a_file_that_was_made_before() {
    use skillpass::event::standing::day_of;
    let scenario = Scenario::new();
    let exported = day_of(scenario.ledger.issued_at());
    let [before, from, last, after] = [4, 5, 9, 10].map(|days| exported + jiff::Span::new().days(days));
    let reports = |kind: Kind, until: Option<jiff::civil::Date>| {
        let mut scenario = Scenario::new();
        let target = super::memory_ledger::hash_claim(&scenario.export().statements[2].hash());
        let mut claims = serde_json::json!({"sub": scenario.worker.to_string(), "issuing_country": "PH",
            "target": target, "reason": "ISSUED_IN_ERROR", "effective_from": from.to_string()});
        if let Some(until) = until {
            claims["suspended_until"] = until.to_string().into();
            claims["reason"] = "UNDER_INVESTIGATION".into();
        }
        scenario.tick();
        scenario.by_provider(kind, None, claims);
        let (bytes, trust) = (scenario.export().encode(), scenario.trust());
        [before, from, last, after].map(|day| {
            let mut options = scenario.options();
            options.valid_at = Some(day);
            options.purpose = Some(skillpass::passport::Purpose::Hire);
            options.country = Some("DE".into());
            let report = verify(&bytes, &trust, &options);
            let fails = status_of(&report, Check::Status).contains(&Status::Fail);
            (standing_of(&report, Kind::TrainingCompleted), fails, report.verdict)
        })
    };
    let stands = (Standing::InForce, false);
    let told = |(standing, fails, _): (Standing, bool, Verdict)| (standing, fails);
    let revoked = reports(Kind::Revoked, None);
    assert_eq!(
        revoked.map(told),
        [stands, (Standing::Revoked, true), (Standing::Revoked, true), (Standing::Revoked, true)]
    );
    assert_eq!(revoked[1].2, Verdict::Invalid, "asked for, it counts");
    let suspended = reports(Kind::Suspended, Some(last));
    assert_eq!(
        suspended.map(told),
        [stands, (Standing::Suspended, true), (Standing::Suspended, true), stands]
    );
}

#[test]
fn a_partial_decision_is_never_full() {
    let report = report_of(&mut Scenario::new());
    assert_eq!(standing_of(&report, Kind::RecognitionDecided), Standing::Partial);
    let text = report.render_text();
    assert!(text.contains("PARTIAL, not full recognition"), "{text}");
}

#[test]
fn an_expired_licence_makes_nobody_a_forger() {
    let mut scenario = Scenario::new();
    // 2026-02-01: one day past the last.
    scenario.ledger.now = 1_769_904_000_000;
    let report = report_of(&mut scenario);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(standing_of(&report, Kind::LicenceGranted), Standing::Expired);
}

#[test]
fn the_last_day_counts_to_its_end_in_utc() {
    let mut scenario = Scenario::new();
    scenario.ledger.now = 1_769_817_600_000; // 2026-01-31T00:00:00Z
    let bytes = scenario.export().encode();
    let last_day = scenario.ledger.issued_at();
    for (seconds, expected) in
        [(86_399, Standing::InForce), (86_400, Standing::Expired), (86_401, Standing::Expired)]
    {
        let options = skillpass::passport::Options::at(last_day + seconds);
        let report = verify(&bytes, &scenario.trust(), &options);
        assert_eq!(standing_of(&report, Kind::LicenceGranted), expected, "{seconds}");
        assert_eq!(report.verdict, Verdict::Valid);
    }
}

#[test]
fn old_tokens_leave_the_question_open() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let trust = scenario.trust();
    let day = 86_400;
    let at = |days: i64| {
        let mut options = scenario.options();
        options.now += days * day;
        verify(&bytes, &trust, &options)
    };
    let fresh = at(29);
    assert_eq!(standing_of(&fresh, Kind::TrainingCompleted), Standing::InForce);
    let old = at(31);
    assert_eq!(old.verdict, Verdict::Valid, "authentic all the same");
    assert!(!status_of(&old, Check::Status).contains(&Status::Fail));
    assert!(status_of(&old, Check::Status).contains(&Status::Unknown));
    assert_eq!(standing_of(&old, Kind::TrainingCompleted), Standing::Unknown);
    let past = at(91);
    assert_eq!(past.verdict, Verdict::Unknown, "past their end tokens say nothing");
    assert!(!past.checks.iter().any(|row| row.status == Status::Fail));
}

#[test]
fn a_licence_with_its_end_withheld_is_not_said_to_be_in_force() {
    let mut scenario = Scenario::new();
    let file = scenario.export();
    let request = scenario.request(&[5]);
    let shown =
        skillpass::passport::PassportFile::parse(&file.present(&request, &scenario.holder).unwrap()).unwrap();
    // The holder strips the disclosure by hand and signs again.
    let mut cut = shown.clone();
    let index = cut.statements.len() - 1;
    let parts = cut.statements[index].sdjwt.split('~').filter(|part| {
        let text =
            skillpass::crypto::base64url_decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        !text.is_some_and(|text| text.contains("valid_until"))
    });
    let stripped = parts.collect::<Vec<_>>().join("~");
    assert_ne!(stripped, cut.statements[index].sdjwt);
    cut.statements[index].sdjwt = stripped;
    let binding = skillpass::passport::token::Binding {
        audience: request.audience,
        nonce: request.nonce,
        issued_at: request.issued_at,
        expires_at: request.expires_at,
        file_hash: cut.file_hash(),
    };
    cut.presentation = Some(binding.sign(&scenario.holder));
    let report = |bytes: &[u8]| verify(bytes, &scenario.trust(), &scenario.options());
    assert_eq!(standing_of(&report(&shown.encode()), Kind::LicenceGranted), Standing::InForce);
    let report = report(&cut.encode());
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(standing_of(&report, Kind::LicenceGranted), Standing::Unknown);
    assert_eq!(report.records[0].withheld.iter().filter(|name| **name == "valid_until").count(), 1);
}

#[test]
fn a_ledger_that_contradicts_its_own_records_is_found_out() {
    use skillpass::passport::token::{Bound, STANDING_TYP, StandingToken, StatusCode};
    let mut scenario = Scenario::new();
    let target = scenario.export().statements[2].hash();
    scenario.change(Kind::Revoked, &target);
    scenario.tick();
    let mut file = scenario.export();
    let checkpoint = scenario.ledger.publish();
    let bound = Bound::at(&checkpoint, scenario.ledger.issued_at());
    let token = StandingToken { bound, statement: target, status: StatusCode::Valid, since: None };
    file.ledgers[0].standing[2] =
        skillpass::statement::jws::sign(STANDING_TYP, &token.payload(), &scenario.ledger.status_key);
    let report = verify(&file.encode(), &scenario.trust(), &scenario.options());
    let row =
        report.checks.iter().find(|row| row.check == Check::Status && row.status == Status::Fail).unwrap();
    assert!(row.detail.contains("contradicts"), "{}", row.detail);
}
