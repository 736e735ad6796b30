//! Endorsements, custodians, confirmations and signing for others, offline; and streams that no honest ledger would write.

use serde_json::{Value, json};
use skillpass::crypto::{Hash, PrivateKey};
use skillpass::event::Kind;
use skillpass::passport::{Check, PassportFile, Report, Standing, Status, Verdict, verify};

use super::memory_ledger::hash_claim;
use super::scenario::{PROVIDER, Scenario};
use super::verification::{rows_with, status_of};

const ROOT: &str = "https://labour.ph.example.invalid";
const SCHOOL: &str = "https://school.ph.example.invalid";
const UNION: &str = "https://union.ph.example.invalid";
const FEDERATION: &str = "https://federation.ph.example.invalid";
const ARCHIVE: &str = "https://archive.ph.example.invalid";

fn report_of(scenario: &Scenario, file: &PassportFile) -> Report {
    verify(&file.encode(), &scenario.trust(), &scenario.options())
}

#[track_caller]
fn valid(scenario: &Scenario, file: &PassportFile) -> Report {
    let report = report_of(scenario, file);
    let open = (rows_with(&report, Status::Fail), rows_with(&report, Status::Unknown));
    assert_eq!(report.verdict, Verdict::Valid, "{open:#?}");
    report
}

#[track_caller]
fn fails(scenario: &Scenario, file: &PassportFile, check: Check) {
    let report = report_of(scenario, file);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(status_of(&report, check).contains(&Status::Fail), "{:#?}", rows_with(&report, Status::Fail));
}

fn root(scenario: &Scenario) -> PrivateKey {
    scenario.root_ph.clone()
}

fn granted(subject: &str) -> Value {
    json!({"sub": subject, "name": "school, PH (demo)", "issuer_kind": "TRAINING_PROVIDER", "basis": "ACCREDITATION",
        "kinds": ["TrainingCompleted"], "jurisdictions": ["PH"], "valid_from": "2020-01-01"})
}

/// A union, a federation, a policy of two sides; then a school, not endorsed yet.
struct Partners {
    scenario: Scenario,
    union: PrivateKey,
    federation: PrivateKey,
    school: PrivateKey,
    grant: Hash,
}

impl Partners {
    fn new() -> Self {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let kinds = [Kind::WorkExperienceAttested];
        let (union, _) = scenario.ledger.body("PH", UNION, "WORKERS_ORGANISATION", &kinds);
        let (federation, _) = scenario.ledger.body("PH", FEDERATION, "EMPLOYERS_ORGANISATION", &kinds);
        let key = root(&scenario);
        let policy = json!({"sub": ROOT, "jurisdictions": ["PH"], "issuer_kinds": ["TRAINING_PROVIDER"],
            "sides": ["GOVERNMENT", "EMPLOYERS", "WORKERS"], "needed": 2});
        scenario.ledger.public(Kind::EndorsementPolicySet, ROOT, &key, policy);
        let (school, grant) =
            scenario.ledger.body("PH", SCHOOL, "TRAINING_PROVIDER", &[Kind::TrainingCompleted]);
        Self { scenario, union, federation, school, grant }
    }

    fn endorse(&mut self) {
        for (issuer, key) in [(UNION, self.union.clone()), (FEDERATION, self.federation.clone())] {
            let claims = json!({"sub": SCHOOL, "target": hash_claim(&self.grant)});
            self.scenario.ledger.public(Kind::AuthorisationEndorsed, issuer, &key, claims);
        }
    }

    fn teach(&mut self) {
        self.scenario.tick();
        let claims = json!({"sub": self.scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Course"},
            "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02"});
        let worker = self.scenario.worker;
        self.scenario.ledger.say(worker, Kind::TrainingCompleted, (SCHOOL, &self.school), None, claims);
    }
}

#[test]
fn an_endorsed_authorisation_carries_and_the_file_says_who_endorsed() {
    let mut partners = Partners::new();
    partners.endorse();
    partners.teach();
    let file = partners.scenario.export();
    let report = valid(&partners.scenario, &file);
    let endorsers: Vec<_> =
        report.records[0].endorsed_by.iter().map(|one| (one.issuer.as_str(), one.side.name())).collect();
    assert_eq!(endorsers, [(UNION, "WORKERS"), (FEDERATION, "EMPLOYERS")]);
    assert!(report.render_text().contains("endorsed by workers_organisation of PH (demo) (workers)"));
    let subjects: Vec<&str> = file.ledgers[0].streams.iter().map(|stream| stream.subject.as_str()).collect();
    assert!(subjects.contains(&UNION) && subjects.contains(&FEDERATION), "the endorsers' streams travel");
    let request = partners.scenario.request(&[2]);
    let bytes = file.present(&request, &partners.scenario.holder).unwrap();
    let report = verify(&bytes, &partners.scenario.trust(), &partners.scenario.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
    assert_eq!(report.records[0].endorsed_by.len(), 2);
}

#[test]
fn what_is_stated_before_the_endorsements_are_complete_is_not_authorised() {
    let mut partners = Partners::new();
    partners.teach();
    partners.endorse();
    let file = partners.scenario.export();
    let report = report_of(&partners.scenario, &file);
    assert_eq!(report.verdict, Verdict::Invalid);
    let row = report.checks.iter().find(|row| row.status == Status::Fail).unwrap();
    assert_eq!(row.check, Check::IssuerAuthorised);
    assert!(row.detail.contains("0 of the 2 endorsements"), "{}", row.detail);
    assert_eq!(report.records[0].standing, Standing::Unknown);
}

#[test]
fn an_endorsement_left_out_of_a_file_shows() {
    let mut honest = Partners::new();
    honest.endorse();
    honest.teach();
    let mut file = honest.scenario.export();
    valid(&honest.scenario, &file);
    let school = file.ledgers[0].streams.iter_mut().find(|stream| stream.subject == SCHOOL).unwrap();
    school.entries.pop();
    fails(&honest.scenario, &file, Check::IssuerAuthorised);
    // Nor can the endorser's own stream be left out.
    let mut file = honest.scenario.export();
    let place = file.ledgers[0].streams.iter().position(|stream| stream.subject == UNION).unwrap();
    file.ledgers[0].streams.remove(place);
    file.ledgers[0].heads.remove(place + 1);
    fails(&honest.scenario, &file, Check::IssuerAuthorised);
}

#[test]
fn an_authorisations_end_left_out_of_a_file_shows() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let (school, grant) = scenario.ledger.body("PH", SCHOOL, "TRAINING_PROVIDER", &[Kind::TrainingCompleted]);
    let key = root(&scenario);
    let end = json!({"sub": SCHOOL, "target": hash_claim(&grant), "reason": "WITHDRAWN"});
    let mut partners =
        Partners { union: school.clone(), federation: school.clone(), school, grant, scenario };
    partners.teach();
    let file = partners.scenario.export();
    valid(&partners.scenario, &file);
    partners.scenario.ledger.public(Kind::AuthorisationEnded, ROOT, &key, end);
    partners.teach();
    let mut file = partners.scenario.export();
    fails(&partners.scenario, &file, Check::IssuerAuthorised);
    let stream = file.ledgers[0].streams.iter_mut().find(|stream| stream.subject == SCHOOL).unwrap();
    stream.entries.pop();
    let report = report_of(&partners.scenario, &file);
    assert_eq!(report.verdict, Verdict::Invalid);
    let whole = report
        .checks
        .iter()
        .find(|row| row.check == Check::IssuerAuthorised && row.subject == "ledger.ph.example.invalid");
    assert_eq!(whole.unwrap().status, Status::Fail, "the head token names a later end");
}

/// One statement that the rules refuse, in a stream of a file that is right but for it.
#[test]
fn a_ledger_that_breaks_the_rules_of_authorisation_is_found_out() {
    type Case = fn(&mut Partners) -> &'static str;
    let cases: [(&str, Case, &str, Check); 8] = [
        (
            "a forged authorisation",
            |p| {
                let thief = PrivateKey::from_ed25519_seed(&[66; 32]);
                p.scenario.ledger.force_public(Kind::IssuerAuthorised, ROOT, &thief, granted(SCHOOL))
            },
            "UNKNOWN_KEY",
            Check::IssuerKey,
        ),
        (
            "delegation too deep",
            |p| {
                let key = p.school.clone();
                p.scenario.ledger.force_public(Kind::IssuerAuthorised, SCHOOL, &key, granted(PROVIDER))
            },
            "DELEGATION_TOO_DEEP",
            Check::IssuerAuthorised,
        ),
        (
            "a scope widened by a sub-body",
            |p| {
                let mut wide = granted(SCHOOL);
                wide["may_authorise_depth"] = json!(1);
                wide["limit_iscedf"] = json!(["07"]);
                let (root, key) = (root(&p.scenario), p.school.clone());
                p.scenario.ledger.public(Kind::IssuerAuthorised, ROOT, &root, wide);
                p.scenario.ledger.force_public(Kind::IssuerAuthorised, SCHOOL, &key, granted(PROVIDER))
            },
            "SCOPE_WIDENED",
            Check::IssuerAuthorised,
        ),
        (
            "a thief who declares an old compromise",
            |p| {
                let key = p.school.clone();
                let claims = json!({"sub": SCHOOL, "kid": key.public().thumbprint(), "reason": "COMPROMISED",
                    "compromised_since": "2020-01-01T00:00:00Z"});
                p.scenario.ledger.force_public(Kind::IssuerKeyEnded, SCHOOL, &key, claims)
            },
            "BACKDATED_COMPROMISE",
            Check::IssuerAuthorised,
        ),
        (
            "an organisation that endorses twice",
            |p| {
                let claims = json!({"sub": SCHOOL, "target": hash_claim(&p.grant)});
                let key = p.union.clone();
                p.scenario.ledger.force_public(Kind::AuthorisationEndorsed, UNION, &key, claims)
            },
            "ALREADY_ENDORSED",
            Check::IssuerAuthorised,
        ),
        (
            "a body that endorses itself",
            |p| {
                let claims = json!({"sub": SCHOOL, "target": hash_claim(&p.grant)});
                let key = p.school.clone();
                p.scenario.ledger.force_public(Kind::AuthorisationEndorsed, SCHOOL, &key, claims)
            },
            "SELF_ENDORSED",
            Check::IssuerAuthorised,
        ),
        (
            "a custodian named by a stranger",
            |p| {
                let claims = json!({"sub": SCHOOL, "custodian": UNION});
                let key = p.union.clone();
                p.scenario.ledger.force_public(Kind::CustodianNamed, UNION, &key, claims)
            },
            "NOT_YOUR_BODY",
            Check::IssuerAuthorised,
        ),
        (
            "a policy of a body that is no root",
            |p| {
                let claims =
                    json!({"sub": UNION, "jurisdictions": ["PH"], "sides": ["WORKERS"], "needed": 0});
                let key = p.union.clone();
                p.scenario.ledger.force_public(Kind::EndorsementPolicySet, UNION, &key, claims)
            },
            "NOT_A_ROOT",
            Check::IssuerAuthorised,
        ),
    ];
    for (name, force, reason, check) in cases {
        let mut partners = Partners::new();
        partners.endorse();
        partners.teach();
        let worker = partners.scenario.worker;
        let file = partners.scenario.export();
        valid(&partners.scenario, &file);
        assert_eq!(force(&mut partners), reason, "{name}");
        let file = partners.scenario.ledger.export_forced(worker);
        let report = report_of(&partners.scenario, &file);
        assert_eq!(report.verdict, Verdict::Invalid, "{name}");
        assert!(
            status_of(&report, check).contains(&Status::Fail),
            "{name}: {:#?}",
            rows_with(&report, Status::Fail)
        );
    }
}

#[test]
fn a_custodian_acts_for_a_body_that_closed_and_not_before_it_was_named() {
    for named_first in [true, false] {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let record = scenario.training("Bricklaying, basic course");
        let (archive, _) =
            scenario.ledger.body("PH", ARCHIVE, "QUALIFICATIONS_AUTHORITY", &[Kind::DisputeResolved]);
        let key = root(&scenario);
        let naming = json!({"sub": PROVIDER, "custodian": ARCHIVE});
        if named_first {
            scenario.ledger.public(Kind::CustodianNamed, ROOT, &key, naming.clone());
        }
        scenario.tick();
        let revoked = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH",
            "target": hash_claim(&record), "reason": "ISSUED_IN_ERROR"});
        scenario.ledger.say(scenario.worker, Kind::Revoked, (ARCHIVE, &archive), None, revoked);
        if !named_first {
            scenario.ledger.public(Kind::CustodianNamed, ROOT, &key, naming);
        }
        let file = scenario.export();
        if named_first {
            let report = valid(&scenario, &file);
            assert_eq!(report.records[0].standing, Standing::Revoked);
            let detail = report.checks.iter().find(|row| row.detail.contains("CUSTODIAN"));
            assert!(detail.is_some_and(|row| row.status == Status::Pass));
            let mut file = file;
            let place = file.ledgers[0].streams.iter().position(|stream| stream.subject == ARCHIVE).unwrap();
            file.ledgers[0].streams.remove(place);
            file.ledgers[0].heads.remove(place + 1);
            fails(&scenario, &file, Check::IssuerAuthorised);
        } else {
            fails(&scenario, &file, Check::IssuerAuthorised);
        }
    }
}

/// Work in a household, told by the household; then confirmed by whom it says.
fn household() -> (Scenario, PrivateKey, Hash) {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let employer = "https://household.ph.example.invalid";
    let (key, _) = scenario.ledger.body("PH", employer, "EMPLOYER", &[Kind::WorkExperienceAttested]);
    let kinds = [Kind::ExperienceConfirmed, Kind::WorkExperienceAttested, Kind::Revoked];
    let (union, _) = scenario.ledger.body("PH", UNION, "WORKERS_ORGANISATION", &kinds);
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Domestic worker"},
        "isco08": "9111", "started_on": "2022-01-01", "ended_on": "2023-12-31", "employer_form": "HOUSEHOLD"});
    let record =
        scenario.ledger.say(scenario.worker, Kind::WorkExperienceAttested, (employer, &key), None, claims);
    (scenario, union, record)
}

fn confirm(scenario: &mut Scenario, union: &PrivateKey, record: &Hash) -> Hash {
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "record": hash_claim(record),
        "confirmed_on": "2024-01-02", "confirmation_method": "WITNESSES_HEARD"});
    scenario.ledger.say(scenario.worker, Kind::ExperienceConfirmed, (UNION, union), None, claims)
}

#[test]
fn a_household_alone_is_shown_as_not_independently_confirmed() {
    let (mut scenario, union, record) = household();
    let file = scenario.export();
    let report = valid(&scenario, &file);
    assert_eq!(report.records[0].independently_confirmed, Some(false));
    assert!(report.render_text().contains("not independently confirmed"));
    let confirmation = confirm(&mut scenario, &union, &record);
    let file = scenario.export();
    let report = valid(&scenario, &file);
    assert_eq!(report.records[0].independently_confirmed, Some(true));
    let by = &report.records[0].confirmed_by;
    assert_eq!((by[0].issuer.as_str(), by[0].issuer_kind.as_str()), (UNION, "WORKERS_ORGANISATION"));
    assert!(report.render_text().contains("confirmed by workers_organisation of PH (demo) on 2024-01-02"));
    // The holder shows the confirmation with the record, or does not.
    let request = scenario.request(&[2, 3]);
    let bytes = file.present(&request, &scenario.holder).unwrap();
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
    assert_eq!(report.records[0].independently_confirmed, Some(true));
    let bytes = file.present(&scenario.request(&[2]), &scenario.holder).unwrap();
    let report = verify(&bytes, &scenario.trust(), &scenario.options());
    assert_eq!(report.records[0].independently_confirmed, Some(false));
    let alone = file.present(&scenario.request(&[3]), &scenario.holder).unwrap_err();
    assert_eq!(alone.reason(), "CONFIRMS_HIDDEN");
    // A confirmation that was revoked confirms nothing.
    let revoked = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH",
        "target": hash_claim(&confirmation), "reason": "ISSUED_IN_ERROR"});
    scenario.ledger.say(scenario.worker, Kind::Revoked, (UNION, &union), None, revoked);
    let file = scenario.export();
    let report = valid(&scenario, &file);
    assert_eq!(report.records[0].independently_confirmed, Some(false));
    assert!(report.records[0].confirmed_by.is_empty());
}

#[test]
fn a_confirmation_by_a_body_of_the_same_kind_or_by_itself_does_not_verify() {
    let (mut scenario, union, _) = household();
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Domestic worker"},
        "isco08": "9111", "started_on": "2022-01-01", "ended_on": "2023-12-31", "employer_form": "HOUSEHOLD"});
    let own =
        scenario.ledger.say(scenario.worker, Kind::WorkExperienceAttested, (UNION, &union), None, claims);
    let file = scenario.export();
    assert_eq!(
        valid(&scenario, &file).records[1].independently_confirmed,
        Some(true),
        "a union speaks for itself"
    );
    confirm(&mut scenario, &union, &own);
    let file = scenario.export();
    fails(&scenario, &file, Check::IssuerAuthorised);
}

#[test]
fn who_signs_on_behalf_of_another_is_named_with_whom() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.tick();
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": "Course"},
        "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02", "source": "village school, PH (demo)"});
    scenario.by_provider(Kind::TrainingCompleted, None, claims);
    let file = scenario.export();
    let report = valid(&scenario, &file);
    assert_eq!(
        (report.records[0].issuer.as_str(), report.records[0].text("source")),
        (PROVIDER, Some("village school, PH (demo)"))
    );
    let text = report.render_text();
    assert!(
        text.contains("stated by training_provider of PH (demo) on behalf of village school, PH (demo), PH"),
        "{text}"
    );
}
