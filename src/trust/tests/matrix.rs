//! Which kind of body may state what: the whole table, through the fold.

use super::*;

/// The columns of the table below.
const COLUMNS: [&str; 9] = [
    "TRAINING_PROVIDER",
    "EMPLOYER",
    "ASSESSMENT_BODY",
    "AWARDING_BODY",
    "COMPETENT_AUTHORITY",
    "RECOGNITION_CENTRE",
    "JOINT_FUND",
    "WORKERS_ORGANISATION",
    "PUBLIC_EMPLOYMENT_SERVICE",
];

/// `y` may be authorised for it, `-` may not. Units and qualifications by a training provider are the awarding body's to
/// delegate; a recognition centre assesses by interview where papers are lost; a union attests and co-signs.
const TABLE: &[(&str, &str)] = &[
    ("TrainingCompleted", "yy-y--yy-"),
    ("SkillAssessed", "yyyyyyy--"),
    ("UnitAchieved", "y--y-----"),
    ("QualificationAwarded", "y--y-----"),
    ("RecognitionDecided", "---yyy---"),
    ("LicenceGranted", "----y----"),
    ("LicenceRenewed", "----y----"),
    ("LicenceSuspended", "----y----"),
    ("LicenceReinstated", "----y----"),
    ("LicenceRevoked", "----y----"),
    ("WorkExperienceAttested", "-y-----y-"),
    ("ExperienceConfirmed", "------yyy"),
];

/// Who decides on recognition of which kind: `y`, `-`, or `s` for a comparability statement only.
const DECISIONS: &[(&str, &str)] = &[("ACADEMIC", "yy-"), ("PROFESSIONAL", "-sy")];
const DECIDERS: [&str; 3] = ["AWARDING_BODY", "RECOGNITION_CENTRE", "COMPETENT_AUTHORITY"];

fn authorised(log: &mut Log, issuer_kind: &str, kind: &str) -> Result<u64, Refusal> {
    let mut claims = changed(grant(BODY), "issuer_kind", json!(issuer_kind));
    claims["kinds"] = json!([kind]);
    log.by_root(Kind::IssuerAuthorised, &claims)
}

#[test]
fn each_kind_of_body_is_authorised_for_what_it_may_state_and_for_nothing_else() {
    let mut log = Log::founded();
    for (kind, row) in TABLE {
        for (issuer_kind, cell) in COLUMNS.into_iter().zip(row.chars()) {
            let answer = authorised(&mut log, issuer_kind, kind);
            match cell {
                'y' => assert!(answer.is_ok(), "{issuer_kind} {kind}: {answer:?}"),
                _ => assert_eq!(answer.unwrap_err().reason(), "ISSUER_KIND_EXCLUDES", "{issuer_kind} {kind}"),
            }
        }
    }
}

#[test]
fn decisions_on_recognition_are_of_the_kind_that_the_body_decides_on() {
    for (recognition_kind, row) in DECISIONS {
        for (issuer_kind, cell) in DECIDERS.into_iter().zip(row.chars()) {
            let mut log = Log::founded();
            authorised(&mut log, issuer_kind, "RecognitionDecided").unwrap();
            for decision in ["FULL", "PARTIAL", "CONDITIONAL", "REFUSED", "COMPARABILITY_STATEMENT"] {
                let answer = log.asks(|q| {
                    q.kind = Kind::RecognitionDecided;
                    q.recognition = Some((recognition_kind, Some(decision)));
                });
                let allowed = cell == 'y' || cell == 's' && decision == "COMPARABILITY_STATEMENT";
                match answer {
                    Ok(_) => assert!(allowed, "{issuer_kind} {recognition_kind} {decision}"),
                    Err(refusal) => {
                        assert!(!allowed, "{issuer_kind} {recognition_kind} {decision}: {refusal}");
                        assert_eq!(refusal.reason(), "ISSUER_KIND_EXCLUDES");
                    }
                }
            }
        }
    }
}

#[test]
fn every_kind_that_can_be_authorised_has_a_body_that_may_state_it() {
    for &kind in Kind::all() {
        let may = IssuerKind::ALL.iter().any(|issuer_kind| issuer_kind.may_state(kind));
        assert_eq!(may, kind.is_authorisable(), "{}", kind.name());
    }
}

/// SPEC.md shows the whole table; each row is what the code says.
#[test]
fn the_table_in_the_specification_is_the_code() {
    let spec = include_str!("../../../proto/SPEC.md");
    let common = |kind: &Kind| {
        IssuerKind::ALL.iter().all(|one| *one == IssuerKind::Intermediary || one.may_state(*kind))
    };
    let names = |kinds: Vec<&Kind>| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let all = names(Kind::all().iter().filter(|kind| common(kind)).collect());
    let mut rows = vec![format!("| each that states anything | {all} |")];
    for issuer_kind in IssuerKind::ALL {
        let own = Kind::all().iter().filter(|kind| issuer_kind.may_state(**kind) && !common(kind));
        let own = names(own.collect());
        let text = match *issuer_kind {
            IssuerKind::Intermediary => "nothing".to_owned(),
            _ if own.is_empty() => "nothing more".to_owned(),
            _ => own,
        };
        rows.push(format!("| `{}` | {text} |", issuer_kind.name()));
    }
    for row in rows {
        assert!(spec.contains(&row), "not in SPEC.md, \"Authorisation\":\n{row}");
    }
}
