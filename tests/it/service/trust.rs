//! Who may say what, through the real server: each refusal by name, beside the twin that is accepted; what was accepted
//! verifies offline.

use serde_json::{Value, json};
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::event::Kind;
use skillpass::ledger::Clock as _;
use skillpass::pb;

use super::passports::{trust, verdict};
use super::{Served, append_request, by, reason};
use crate::support::{Body, PROVIDER, ROOT, TestLedger, Worker, check_dir, hash_of};

const SCHOOL: &str = "https://school.ph.example.invalid";
const UNION: &str = "https://union.ph.example.invalid";
const FEDERATION: &str = "https://federation.ph.example.invalid";

fn body(issuer: &str) -> Body {
    Body { issuer: issuer.to_owned(), key: PrivateKey::generate_ed25519(&mut OsEntropy) }
}

/// Appends over gRPC: the statement's hash, or the reason of the refusal.
fn append(served: &Served, statement: String) -> Result<String, String> {
    let hash = hash_of(&statement);
    match served.run(served.ledger().append(append_request(statement))) {
        Ok(_) => Ok(hash),
        Err(status) => Err(reason(&status)),
    }
}

fn say(served: &Served, signer: &Body, kind: Kind, claims: &Value) -> Result<String, String> {
    append(served, served.test.in_clear(signer, kind, claims))
}

fn refused(reason: &str) -> Result<String, String> {
    Err(reason.to_owned())
}

fn granted(subject: &Body, change: Value) -> Value {
    let mut claims = json!({"sub": subject.issuer, "name": "a school (demo)", "issuer_kind": "TRAINING_PROVIDER",
        "basis": "ACCREDITATION", "kinds": ["TrainingCompleted"], "jurisdictions": ["PH"], "valid_from": "2020-01-01"});
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    claims
}

fn key_of(subject: &Body) -> Value {
    json!({"sub": subject.issuer, "jwk": subject.key.public().to_jwk()})
}

/// The root authorises `subject` with these changes, and adds its key; the hash of the authorisation.
fn enrol(served: &Served, subject: &Body, change: Value) -> String {
    let root = &served.test.root;
    let hash = say(served, root, Kind::IssuerAuthorised, &granted(subject, change)).unwrap();
    say(served, root, Kind::IssuerKeyAdded, &key_of(subject)).unwrap();
    hash
}

fn training(served: &Served, signer: &Body, worker: &Worker) -> Result<String, String> {
    append(served, served.test.about(signer, worker, Kind::TrainingCompleted, |_| {}))
}

fn bound(served: &Served) -> Worker {
    let worker = served.test.open_passport();
    served.test.bind(&worker);
    worker
}

/// Exports the worker's passport and verifies it offline: verdict and report.
fn verified(served: &Served, worker: &Worker) -> (String, Value) {
    let request = pb::ExportPassportRequest { worker: worker.id.to_string(), known_at: None };
    let answer = served.run(served.passports().export_passport(by(&served.test, &worker.key, request)));
    verdict(served, answer.unwrap().into_inner().file, trust(served))
}

fn shown(served: &Served, worker: &Worker) -> Value {
    let view = pb::View::Holder.into();
    let request =
        pb::GetPassportRequest { worker: worker.id.to_string(), view, known_at: None, valid_at: None };
    let answer = served.run(served.passports().get_passport(by(&served.test, &worker.key, request)));
    serde_json::from_str(&answer.unwrap().into_inner().passport_json).unwrap()
}

#[test]
fn a_forged_authorisation_is_refused() {
    let served = Served::new();
    let (school, thief) = (body(SCHOOL), body(ROOT));
    let claims = granted(&school, json!({}));
    assert_eq!(say(&served, &thief, Kind::IssuerAuthorised, &claims), refused("UNKNOWN_KEY"));
    // The root's own words with another body's name in them.
    let genuine = served.test.in_clear(&served.test.root, Kind::IssuerAuthorised, &claims);
    let other = served.test.in_clear(
        &served.test.root,
        Kind::IssuerAuthorised,
        &granted(&body("https://other.example.invalid"), json!({})),
    );
    let (head, rest) = genuine.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let swapped = format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap());
    assert_eq!(append(&served, swapped), refused("SIGNATURE_INVALID"));
    append(&served, genuine).unwrap();
}

#[test]
fn a_delegation_too_deep_or_too_wide_is_refused_and_one_within_verifies() {
    let served = Served::new();
    let (agency, school) = (body(SCHOOL), body("https://branch.ph.example.invalid"));
    enrol(&served, &agency, json!({"limit_iscedf": ["07"], "valid_until": "2030-12-31"}));
    let within = |change: Value| {
        let mut claims = granted(&school, json!({"limit_iscedf": ["073"], "valid_until": "2030-12-31"}));
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    };
    let give = |claims: &Value| say(&served, &agency, Kind::IssuerAuthorised, claims);
    assert_eq!(give(&within(json!({}))), refused("DELEGATION_TOO_DEEP"));
    let deep = granted(
        &agency,
        json!({"limit_iscedf": ["07"], "valid_until": "2030-12-31", "may_authorise_depth": 1}),
    );
    say(&served, &served.test.root, Kind::IssuerAuthorised, &deep).unwrap();
    assert_eq!(give(&within(json!({"may_authorise_depth": 1}))), refused("DELEGATION_TOO_DEEP"));
    for wider in [
        json!({"limit_iscedf": ["09"]}),
        json!({"jurisdictions": ["PH", "DE"]}),
        json!({"valid_until": "2031-01-01"}),
        json!({"valid_from": "2019-12-31"}),
        json!({"kinds": ["TrainingCompleted", "SkillAssessed"]}),
    ] {
        assert_eq!(give(&within(wider.clone())), refused("SCOPE_WIDENED"), "{wider}");
    }
    give(&within(json!({}))).unwrap();
    say(&served, &agency, Kind::IssuerKeyAdded, &key_of(&school)).unwrap();
    let worker = bound(&served);
    let field = |code: &str| {
        served.test.about(&school, &worker, Kind::TrainingCompleted, |claims| {
            claims.insert("iscedf_code".into(), code.into());
        })
    };
    assert_eq!(append(&served, field("0912")), refused("LIMIT_EXCEEDED"));
    append(&served, field("0732")).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
}

#[test]
fn nobody_keeps_up_an_authorisation_for_oneself() {
    let served = Served::new();
    let named = |name: &str| body(&format!("https://{name}.ph.example.invalid"));
    let (one, two, three) = (named("one"), named("two"), named("three"));
    let deep = |depth: u32| json!({"may_authorise_depth": depth});
    let first = enrol(&served, &one, deep(4));
    let give =
        |by: &Body, to: &Body, depth| say(&served, by, Kind::IssuerAuthorised, &granted(to, deep(depth)));
    assert_eq!(give(&one, &one, 0), refused("AUTHORISATION_CIRCULAR"));
    give(&one, &two, 3).unwrap();
    say(&served, &one, Kind::IssuerKeyAdded, &key_of(&two)).unwrap();
    assert_eq!(give(&two, &one, 0), refused("AUTHORISATION_CIRCULAR"), "what it has is from there");
    // What was ended carries nothing.
    let elsewhere = say(&served, &served.test.root, Kind::IssuerAuthorised, &granted(&two, deep(3))).unwrap();
    let end = |of: &Body, target: &str| {
        let ended = json!({"sub": of.issuer, "target": target, "reason": "WITHDRAWN"});
        say(&served, &served.test.root, Kind::AuthorisationEnded, &ended)
    };
    end(&two, &elsewhere).unwrap();
    give(&two, &three, 2).unwrap();
    say(&served, &two, Kind::IssuerKeyAdded, &key_of(&three)).unwrap();
    assert_eq!(give(&three, &one, 0), refused("AUTHORISATION_CIRCULAR"), "at whatever distance");
    // One that has it from elsewhere too may.
    say(&served, &served.test.root, Kind::IssuerAuthorised, &granted(&three, deep(1))).unwrap();
    give(&three, &one, 0).unwrap();

    let worker = bound(&served);
    training(&served, &one, &worker).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
    end(&one, &first).unwrap();
    training(&served, &one, &worker).unwrap();
}

#[test]
fn a_sector_skills_body_holds_a_scope_and_authorises_within_it() {
    let served = Served::new();
    let (sector, centre) = (body(SCHOOL), body("https://centre.ph.example.invalid"));
    let scope = json!({"issuer_kind": "SECTOR_SKILLS_BODY", "kinds": ["SkillAssessed"], "limit_isco08": ["71"],
        "may_authorise_depth": 1, "basis": "DESIGNATION"});
    enrol(&served, &sector, scope);
    let below = |kinds: &[&str]| {
        granted(&centre, json!({"issuer_kind": "ASSESSMENT_BODY", "kinds": kinds, "limit_isco08": ["711"]}))
    };
    let give = |claims: &Value| say(&served, &sector, Kind::IssuerAuthorised, claims);
    assert_eq!(give(&below(&["SkillAssessed", "LanguageCertified"])), refused("SCOPE_WIDENED"));
    give(&below(&["SkillAssessed"])).unwrap();
    say(&served, &sector, Kind::IssuerKeyAdded, &key_of(&centre)).unwrap();
    let worker = bound(&served);
    let assessed = |code: &str| {
        served.test.about(&centre, &worker, Kind::SkillAssessed, |claims| {
            claims.insert("isco08".into(), code.into());
        })
    };
    assert_eq!(append(&served, assessed("2221")), refused("LIMIT_EXCEEDED"));
    append(&served, assessed("7112")).unwrap();
    assert_eq!(verified(&served, &worker).0, "valid");
}

#[test]
fn an_authorisation_that_ended_before_the_award_date_carries_nothing() {
    let served = Served::new();
    let school = body(SCHOOL);
    let grant = enrol(&served, &school, json!({"valid_until": "2025-05-25"}));
    let worker = bound(&served);
    let dated = |day: &str| {
        served.test.about(&school, &worker, Kind::TrainingCompleted, |claims| {
            claims.insert("completed_on".into(), day.into());
        })
    };
    append(&served, dated("2025-05-25")).unwrap();
    assert_eq!(append(&served, dated("2025-05-26")), refused("OUTSIDE_DATES"));
    let end = json!({"sub": SCHOOL, "target": grant, "reason": "WITHDRAWN"});
    say(&served, &served.test.root, Kind::AuthorisationEnded, &end).unwrap();
    assert_eq!(append(&served, dated("2025-05-20")), refused("AUTHORISATION_ENDED"), "dated back");
    assert_eq!(verified(&served, &worker).0, "valid", "what was said before stands");
}

#[test]
fn a_compromised_key_signs_nothing_more_however_it_is_dated() {
    let served = Served::new();
    let school = body(SCHOOL);
    enrol(&served, &school, json!({}));
    let worker = bound(&served);
    training(&served, &school, &worker).unwrap();
    let backdated = served.test.about(&school, &worker, Kind::TrainingCompleted, |claims| {
        claims.shift_remove("started_on");
        claims.insert("completed_on".into(), "2024-01-01".into());
    });
    served.test.clock.set(served.test.clock.now_ms() + 3_600_000);
    // A thief who holds the key would void the school's whole history; only who authorised it reaches back.
    let kid = school.key.public().thumbprint();
    let since =
        |at: &str| json!({"sub": SCHOOL, "kid": kid, "reason": "COMPROMISED", "compromised_since": at});
    let old = since("2020-01-01T00:00:00Z");
    assert_eq!(say(&served, &school, Kind::IssuerKeyEnded, &old), refused("BACKDATED_COMPROMISE"));
    training(&served, &school, &worker).unwrap();
    say(&served, &served.test.root, Kind::IssuerKeyEnded, &since("2025-06-01T00:30:00Z")).unwrap();
    assert_eq!(append(&served, backdated), refused("KEY_COMPROMISED"));
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "invalid");
    let keys: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["check"] == "issuer_key" && row["status"] != "PASS")
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    // Recorded before T: open without a witnessed checkpoint. Recorded after T: void.
    assert_eq!(keys, ["UNKNOWN", "FAIL"], "{report:#}");
}

/// A union, an employers' federation, and a policy: of the three sides two must endorse a training provider.
fn partners(served: &Served) -> (Body, Body) {
    let (union, federation) = (body(UNION), body(FEDERATION));
    let kinds = json!(["WorkExperienceAttested"]);
    enrol(
        served,
        &union,
        json!({"issuer_kind": "WORKERS_ORGANISATION", "name": "a union (demo)", "kinds": kinds}),
    );
    enrol(
        served,
        &federation,
        json!({"issuer_kind": "EMPLOYERS_ORGANISATION", "name": "a federation (demo)", "kinds": kinds}),
    );
    let policy = json!({"sub": ROOT, "jurisdictions": ["PH"], "issuer_kinds": ["TRAINING_PROVIDER"],
        "sides": ["GOVERNMENT", "EMPLOYERS", "WORKERS"], "needed": 2});
    assert_eq!(
        say(
            served,
            &union,
            Kind::EndorsementPolicySet,
            &json!({"sub": UNION, "jurisdictions": ["PH"],
            "sides": ["WORKERS"], "needed": 1})
        ),
        refused("NOT_A_ROOT")
    );
    say(served, &served.test.root, Kind::EndorsementPolicySet, &policy).unwrap();
    (union, federation)
}

#[test]
fn an_authorisation_takes_effect_when_enough_sides_have_endorsed_it() {
    let served = Served::new();
    let (union, federation) = partners(&served);
    let school = body(SCHOOL);
    let grant = enrol(&served, &school, json!({}));
    let worker = bound(&served);
    assert_eq!(training(&served, &school, &worker), refused("NOT_ENDORSED"));
    served.test.record_training(&worker);
    let endorsement = json!({"sub": SCHOOL, "target": grant});
    say(&served, &union, Kind::AuthorisationEndorsed, &endorsement).unwrap();
    assert_eq!(training(&served, &school, &worker), refused("NOT_ENDORSED"), "one of two");
    let given = say(&served, &federation, Kind::AuthorisationEndorsed, &endorsement).unwrap();
    training(&served, &school, &worker).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
    let sides = |passport: &Value| {
        let records = passport.as_array().unwrap();
        let school = records.iter().find(|record| record["issuer"] == SCHOOL).unwrap();
        let endorsers = school["endorsed_by"].as_array().unwrap().iter();
        endorsers.map(|one| format!("{}: {}", one["side"], one["issuer_name"])).collect::<Vec<_>>().join(", ")
    };
    let expected = "\"WORKERS\": \"a union (demo)\", \"EMPLOYERS\": \"a federation (demo)\"";
    assert_eq!(sides(&report["records"]), expected);
    assert_eq!(sides(&shown(&served, &worker)["sections"]["training"]), expected);
    let withdrawal = json!({"sub": SCHOOL, "target": given});
    assert_eq!(
        say(&served, &union, Kind::EndorsementWithdrawn, &withdrawal),
        refused("NOT_YOUR_ENDORSEMENT")
    );
    say(&served, &federation, Kind::EndorsementWithdrawn, &withdrawal).unwrap();
    assert_eq!(training(&served, &school, &worker), refused("NOT_ENDORSED"), "withdrawn for the future");
    assert_eq!(verified(&served, &worker).0, "valid", "and for the future alone");
    check_dir(&served.test.dir());
}

#[test]
fn the_same_organisation_endorses_once_whichever_key_it_uses() {
    let served = Served::new();
    let (union, federation) = partners(&served);
    let school = body(SCHOOL);
    let grant = enrol(&served, &school, json!({}));
    let worker = bound(&served);
    let endorsement = json!({"sub": SCHOOL, "target": grant});
    say(&served, &union, Kind::AuthorisationEndorsed, &endorsement).unwrap();
    assert_eq!(say(&served, &union, Kind::AuthorisationEndorsed, &endorsement), refused("ALREADY_ENDORSED"));
    let second = body(UNION);
    say(&served, &union, Kind::IssuerKeyAdded, &key_of(&second)).unwrap();
    assert_eq!(say(&served, &second, Kind::AuthorisationEndorsed, &endorsement), refused("ALREADY_ENDORSED"));
    assert_eq!(say(&served, &school, Kind::AuthorisationEndorsed, &endorsement), refused("SELF_ENDORSED"));
    // Another name for another side, but the union's own key.
    let front = Body { issuer: "https://front.ph.example.invalid".into(), key: union.key.clone() };
    enrol(
        &served,
        &front,
        json!({"issuer_kind": "EMPLOYERS_ORGANISATION", "kinds": ["WorkExperienceAttested"]}),
    );
    say(&served, &front, Kind::AuthorisationEndorsed, &endorsement).unwrap();
    assert_eq!(training(&served, &school, &worker), refused("NOT_ENDORSED"));
    say(&served, &federation, Kind::AuthorisationEndorsed, &endorsement).unwrap();
    training(&served, &school, &worker).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
}

#[test]
fn a_custodian_takes_over_the_statements_of_a_body_that_closed() {
    let served = Served::new();
    let (school, archive) = (body(SCHOOL), body("https://archive.ph.example.invalid"));
    let grant = enrol(&served, &school, json!({"kinds": ["TrainingCompleted", "Corrected"]}));
    let keeper = json!({"issuer_kind": "QUALIFICATIONS_AUTHORITY", "kinds": ["DisputeResolved"]});
    enrol(&served, &archive, keeper);
    let worker = bound(&served);
    let wrong = training(&served, &school, &worker).unwrap();
    let revocation = |target: &str| {
        let target = target.to_owned();
        served.test.about(&archive, &worker, Kind::Revoked, |claims| {
            claims.insert("target".into(), target.into());
            claims.shift_remove("effective_from");
        })
    };
    assert_eq!(append(&served, revocation(&wrong)), refused("NOT_YOURS_TO_CHANGE"), "not named yet");
    let naming = |custodian: &str| json!({"sub": SCHOOL, "custodian": custodian});
    let by_archive = say(&served, &archive, Kind::CustodianNamed, &naming(&archive.issuer));
    assert_eq!(by_archive, refused("NOT_YOUR_BODY"), "nobody names itself");
    let unknown = say(&served, &school, Kind::CustodianNamed, &naming("https://nobody.example.invalid"));
    assert_eq!(unknown, refused("CUSTODIAN_NOT_AUTHORISED"));
    say(&served, &school, Kind::CustodianNamed, &naming(&archive.issuer)).unwrap();
    let end = json!({"sub": SCHOOL, "target": grant, "reason": "CLOSED"});
    say(&served, &school, Kind::AuthorisationEnded, &end).unwrap();
    assert_eq!(training(&served, &school, &worker), refused("AUTHORISATION_ENDED"));
    // A dispute is answered, the record withdrawn.
    let raised = served.test.about(&TestLedger::holder(&worker), &worker, Kind::DisputeRaised, |claims| {
        claims.insert("target".into(), wrong.clone().into());
    });
    let dispute = append(&served, raised).unwrap();
    let resolved = served.test.about(&archive, &worker, Kind::DisputeResolved, |claims| {
        claims.insert("target".into(), wrong.clone().into());
        claims.insert("dispute".into(), dispute.into());
    });
    append(&served, resolved).unwrap();
    let foreign = append(&served, served.test.training(&worker)).unwrap();
    assert_eq!(append(&served, revocation(&foreign)), refused("NOT_YOURS_TO_CHANGE"), "of that body alone");
    append(&served, revocation(&wrong)).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
    let revoked = report["records"].as_array().unwrap().iter().find(|record| record["issuer"] == SCHOOL);
    assert_eq!(revoked.unwrap()["standing"], "revoked");
    assert!(report.to_string().contains("CUSTODIAN by https://school.ph.example.invalid"));
    check_dir(&served.test.dir());
}

#[test]
fn work_for_a_household_is_confirmed_by_a_union_or_shown_as_not_confirmed() {
    let served = Served::new();
    let (household, union) = (body("https://household.ph.example.invalid"), body(UNION));
    enrol(&served, &household, json!({"issuer_kind": "EMPLOYER", "kinds": ["WorkExperienceAttested"]}));
    let kinds = json!(["WorkExperienceAttested", "ExperienceConfirmed"]);
    enrol(
        &served,
        &union,
        json!({"issuer_kind": "WORKERS_ORGANISATION", "name": "a union (demo)", "kinds": kinds}),
    );
    let (worker, other) = (bound(&served), bound(&served));
    let work = |signer: &Body, worker: &Worker| {
        served.test.about(signer, worker, Kind::WorkExperienceAttested, |claims| {
            claims.insert("employer_form".into(), "HOUSEHOLD".into());
        })
    };
    let record = append(&served, work(&household, &worker)).unwrap();
    let independently = |served: &Served| {
        let (found, report) = verified(served, &worker);
        assert_eq!(found, "valid", "{report:#}");
        let offline = report["records"][0].clone();
        let work = shown(served, &worker)["sections"]["work"][0].clone();
        assert_eq!(work["independently_confirmed"], offline["independently_confirmed"]);
        assert_eq!(work["confirmed_by"], offline["confirmed_by"]);
        offline
    };
    assert_eq!(independently(&served)["independently_confirmed"], false);
    let confirmation = |signer: &Body, worker: &Worker, record: &str| {
        let record = record.to_owned();
        served.test.about(signer, worker, Kind::ExperienceConfirmed, |claims| {
            claims.insert("record".into(), record.into());
        })
    };
    // By the employer itself, about a record of somebody else, of what the union itself stated.
    let by_itself = append(&served, confirmation(&household, &worker, &record));
    assert_eq!(by_itself, refused("KIND_NOT_AUTHORISED"));
    assert_eq!(append(&served, confirmation(&union, &other, &record)), refused("UNKNOWN_TARGET"));
    let own = append(&served, work(&union, &other)).unwrap();
    assert_eq!(append(&served, confirmation(&union, &other, &own)), refused("SELF_CONFIRMED"));
    append(&served, confirmation(&union, &worker, &record)).unwrap();
    let confirmed = independently(&served);
    assert_eq!(confirmed["independently_confirmed"], true);
    assert_eq!(confirmed["confirmed_by"][0]["issuer_name"], "a union (demo)");
    // What the worker states may be confirmed too, and stays what the worker states.
    let stated = served.test.about(&TestLedger::holder(&worker), &worker, Kind::SelfAssessed, |_| {});
    let stated = append(&served, stated).unwrap();
    append(&served, confirmation(&union, &worker, &stated)).unwrap();
    let own = shown(&served, &worker)["sections"]["self_declared"][0].clone();
    assert_eq!((&own["independently_confirmed"], &own["section"]), (&json!(true), &json!("self_declared")));
    check_dir(&served.test.dir());
}

/// The fraud of a recruiter who sells experience letters and of an agency that awards units for which nobody authorised
/// it: neither can issue anything, and what it says it has is not believed.
#[test]
fn an_unauthorised_agency_issues_nothing() {
    let served = Served::new();
    let (agency, nta) = (body("https://agency.ph.example.invalid"), body("https://nta.ph.example.invalid"));
    let worker = bound(&served);
    let letter = served.test.about(&agency, &worker, Kind::WorkExperienceAttested, |_| {});
    assert_eq!(append(&served, letter), refused("UNKNOWN_ISSUER"));
    // No authority can make it an issuer: the kind of body is not one that states anything.
    let recruiter =
        granted(&agency, json!({"issuer_kind": "INTERMEDIARY", "kinds": ["WorkExperienceAttested"]}));
    let made = say(&served, &served.test.root, Kind::IssuerAuthorised, &recruiter);
    assert_eq!(made, refused("UNKNOWN_VALUE"));
    // An agency for units, authorised from a later day on: units achieved before are not its to award.
    let units =
        json!({"issuer_kind": "AWARDING_BODY", "kinds": ["UnitAchieved"], "valid_from": "2025-05-21"});
    let unit = |day: &str| {
        served.test.about(&nta, &worker, Kind::UnitAchieved, |claims| {
            claims.insert("achieved_on".into(), day.into());
        })
    };
    assert_eq!(append(&served, unit("2025-05-22")), refused("UNKNOWN_ISSUER"));
    enrol(&served, &nta, units);
    assert_eq!(append(&served, unit("2025-05-20")), refused("OUTSIDE_DATES"));
    let abroad = served.test.about(&nta, &worker, Kind::UnitAchieved, |claims| {
        claims.insert("achieved_on".into(), "2025-05-22".into());
        claims.insert("issuing_country".into(), "HT".into());
    });
    assert_eq!(append(&served, abroad), refused("JURISDICTION_NOT_AUTHORISED"));
    append(&served, unit("2025-05-22")).unwrap();
    let (found, report) = verified(&served, &worker);
    assert_eq!(found, "valid", "{report:#}");
    assert_eq!(report["records"].as_array().unwrap().len(), 1);
}

#[test]
fn a_record_says_on_whose_behalf_it_was_stated() {
    let served = Served::new();
    let worker = bound(&served);
    let provider = served.test.provider.clone();
    let statement = served.test.about(&provider, &worker, Kind::TrainingCompleted, |claims| {
        claims.insert("source".into(), "village school, PH (demo)".into());
    });
    append(&served, statement).unwrap();
    let record = shown(&served, &worker)["sections"]["training"][0].clone();
    assert_eq!(
        (&record["issuer"], &record["source"]),
        (&json!(PROVIDER), &json!("village school, PH (demo)"))
    );
    let (found, report) = verified(&served, &worker);
    assert_eq!((found.as_str(), &report["records"][0]["source"]), ("valid", &record["source"]));
}

#[test]
fn a_bodys_page_shows_endorsements_policies_and_custodians() {
    let served = Served::new();
    let (union, _) = partners(&served);
    let school = body(SCHOOL);
    let grant = enrol(&served, &school, json!({}));
    let given = json!({"sub": SCHOOL, "target": grant});
    let given = say(&served, &union, Kind::AuthorisationEndorsed, &given).unwrap();
    say(&served, &union, Kind::EndorsementWithdrawn, &json!({"sub": SCHOOL, "target": given})).unwrap();
    say(&served, &school, Kind::CustodianNamed, &json!({"sub": SCHOOL, "custodian": UNION})).unwrap();
    let detail = |issuer: &str| -> Value {
        let request = pb::GetBodyRequest { issuer: issuer.to_owned() };
        let answer = served.run(served.registry().get_body(request)).unwrap().into_inner();
        serde_json::from_str(&answer.detail_json).unwrap()
    };
    let page = detail(SCHOOL);
    let endorsement = &page["authorisations"][0]["endorsements"][0];
    assert_eq!((&endorsement["by"], &endorsement["withdrawn"][0]["by"]), (&json!(UNION), &json!(UNION)));
    assert_eq!(page["custodians"][0]["custodian"], UNION);
    assert_eq!(detail(ROOT)["policies"][0]["needed"], 2);
}
