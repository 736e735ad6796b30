//! What rests on what: home licence, register of the arrangement, register of the host; and awards of two bodies, which do not.

use serde_json::json;
use skillpass::crypto::{Hash, PrivateKey};
use skillpass::event::Kind;
use skillpass::passport::{Check, PassportFile, Standing, Status, Verdict, View, verify};

use super::memory_ledger::{DAY_MS, hash_claim};
use super::projection::project;
use super::scenario::{AUTHORITY, Scenario};
use super::verification::status_of;

const COMMITTEE: &str = "https://acpe.ph.example.invalid";

/// A licence, an entry that rests on it, and one that rests on that entry.
struct Chain {
    scenario: Scenario,
    committee: PrivateKey,
    licence: Hash,
    acpe: Hash,
    rfpe: Hash,
}

fn entry(scenario: &Scenario, register: &str, base: &Hash) -> serde_json::Value {
    json!({"sub": scenario.worker.to_string(), "issuing_country": "PH", "title": {"en": register},
        "register": register, "register_status": "REGISTERED", "entered_on": "2024-01-06", "isco08": "2142",
        "conditions": ["no independent practice"], "rests_on": hash_claim(base)})
}

fn chain() -> Chain {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let kinds = [Kind::LicenceRenewed, Kind::LicenceSuspended, Kind::LicenceReinstated, Kind::LicenceRevoked];
    scenario.ledger.body("DE", AUTHORITY, "COMPETENT_AUTHORITY", &kinds);
    let (committee, _) =
        scenario.ledger.body("PH", COMMITTEE, "MONITORING_COMMITTEE", &[Kind::RegisterEntered]);
    scenario.ledger.now += 10 * DAY_MS;
    let licence = scenario.licence();
    let mut chain = Chain { scenario, committee, licence, acpe: [0; 32], rfpe: [0; 32] };
    chain.acpe = chain.enter("ASEAN Chartered Professional Engineer", licence);
    chain.rfpe = chain.enter("Registered Foreign Professional Engineer", chain.acpe);
    chain
}

impl Chain {
    fn enter(&mut self, register: &str, base: Hash) -> Hash {
        self.scenario.tick();
        let claims = entry(&self.scenario, register, &base);
        let worker = self.scenario.worker;
        self.scenario.ledger.say(worker, Kind::RegisterEntered, (COMMITTEE, &self.committee), None, claims)
    }

    fn change(&mut self, kind: Kind) {
        self.scenario.tick();
        let mut claims = json!({"sub": self.scenario.worker.to_string(), "issuing_country": "DE",
            "title": {"en": "Licence"}, "target": hash_claim(&self.licence), "limit_jurisdiction": "DE",
            "decided_on": "2024-01-08"});
        let day = if kind == Kind::LicenceRenewed { "valid_from" } else { "effective_from" };
        claims[day] = "2024-01-08".into();
        if kind == Kind::LicenceRenewed {
            claims["valid_until"] = "2029-01-31".into();
        }
        self.scenario.by_authority(kind, claims);
    }

    /// The standing of both entries in the projection, and offline, which must agree.
    fn standings(&mut self, day: &str) -> [Standing; 2] {
        let passport = project(&self.scenario, u64::MAX, day);
        let projected: Vec<Standing> = passport
            .seen_by(View::Employer)
            .filter(|record| record.kind == Kind::RegisterEntered)
            .map(|record| record.standing)
            .collect();
        let bytes = self.scenario.export().encode();
        let mut options = self.scenario.options();
        options.valid_at = Some(day.parse().unwrap());
        let report = verify(&bytes, &self.scenario.trust(), &options);
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        let offline: Vec<Standing> = report
            .records
            .iter()
            .filter(|record| record.kind == Kind::RegisterEntered)
            .map(|record| record.standing)
            .collect();
        assert_eq!(projected, offline);
        projected.try_into().unwrap()
    }
}

#[test]
fn a_register_entry_falls_and_rises_with_what_it_rests_on() {
    let mut chain = chain();
    assert_eq!(chain.standings("2024-06-01"), [Standing::InForce; 2]);
    chain.change(Kind::LicenceSuspended);
    assert_eq!(chain.standings("2024-06-01"), [Standing::Suspended; 2]);
    chain.change(Kind::LicenceReinstated);
    assert_eq!(chain.standings("2024-06-01"), [Standing::InForce; 2]);
    chain.change(Kind::LicenceRevoked);
    assert_eq!(chain.standings("2024-06-01"), [Standing::Revoked; 2]);
}

#[test]
fn a_register_entry_ends_with_the_licence_unless_that_is_renewed() {
    let mut chain = chain();
    assert_eq!(chain.standings("2026-01-31"), [Standing::InForce; 2], "the licence's last day");
    assert_eq!(chain.standings("2026-02-01"), [Standing::Expired; 2]);
    chain.change(Kind::LicenceRenewed);
    assert_eq!(chain.standings("2026-02-01"), [Standing::InForce; 2]);
    assert_eq!(chain.standings("2029-02-01"), [Standing::Expired; 2]);
}

#[test]
fn what_an_entry_rests_on_is_looked_for_in_the_files_of_all_ledgers() {
    let mut home = Scenario::opened("ledger.ph.example.invalid");
    home.ledger.now += 10 * DAY_MS;
    let licence = home.licence();
    let mut abroad = Scenario::opened("ledger.sg.example.invalid");
    abroad.worker = home.worker;
    abroad.holder = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    abroad.tick();
    let opened = super::scenario::example(Kind::PassportOpened, home.worker, "PH");
    abroad.by_provider(Kind::PassportOpened, None, opened);
    let key = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    let bound = super::scenario::example(Kind::HolderKeyBound, home.worker, "PH");
    abroad.by_provider(Kind::HolderKeyBound, Some(&key), bound);
    let (committee, _) =
        abroad.ledger.body("PH", COMMITTEE, "MONITORING_COMMITTEE", &[Kind::RegisterEntered]);
    abroad.ledger.now = home.ledger.now + DAY_MS;
    let claims = entry(&abroad, "Registered Foreign Professional Engineer", &licence);
    abroad.ledger.say(home.worker, Kind::RegisterEntered, (COMMITTEE, &committee), None, claims);
    home.ledger.now = abroad.ledger.now;
    let mut trust = home.trust();
    let other = abroad.trust();
    trust.ledgers.extend(other.ledgers);
    for (root, other) in trust.roots.iter_mut().zip(other.roots) {
        root.kids.extend(other.kids);
    }
    let options = home.options();
    let standing = |bytes: &[u8]| {
        let report = verify(bytes, &trust, &options);
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        let entry = report.records.iter().find(|record| record.kind == Kind::RegisterEntered).unwrap();
        (entry.standing, status_of(&report, Check::Status).contains(&Status::Unknown))
    };
    let alone = abroad.export();
    assert_eq!(standing(&alone.encode()), (Standing::Unknown, true), "what it rests on is not shown");
    let merged = PassportFile::merge(&[home.export(), alone]).unwrap();
    let report = verify(&merged.encode(), &trust, &options);
    let entry = report.records.iter().find(|record| record.kind == Kind::RegisterEntered).unwrap();
    assert_eq!(entry.standing, Standing::InForce, "{:#?}", report.checks);
}

/// A presentation of the entry alone hides what it rests on, and then nobody can tell.
#[test]
fn an_entry_shown_without_what_it_rests_on_cannot_be_told() {
    let mut chain = chain();
    let show = |chain: &mut Chain, revisions: &[usize]| {
        let bytes = chain.scenario.present(revisions);
        let report = verify(&bytes, &chain.scenario.trust(), &chain.scenario.options());
        assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
        let of_kind = report.records.iter().filter(|record| record.kind == Kind::RegisterEntered);
        of_kind.map(|record| record.standing).collect::<Vec<_>>()
    };
    assert_eq!(show(&mut chain, &[3]), [Standing::Unknown]);
    assert_eq!(show(&mut chain, &[2, 3]), [Standing::InForce]);
    assert_eq!(show(&mut chain, &[2, 4]), [Standing::Unknown], "the step between is missing");
    assert_eq!(show(&mut chain, &[2, 3, 4]), [Standing::InForce; 2]);
}

#[test]
fn two_bodies_awards_of_one_achievement_fall_separately() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let kinds = [Kind::QualificationAwarded, Kind::Revoked];
    let (italy, _) =
        scenario.ledger.body("DE", "https://ministry.de.example.invalid", "AWARDING_BODY", &kinds);
    let (egypt, _) =
        scenario.ledger.body("PH", "https://ministry.ph.example.invalid", "AWARDING_BODY", &kinds);
    let award = |scenario: &mut Scenario, issuer: &str, key: &PrivateKey, country: &str| {
        scenario.tick();
        let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": country,
            "title": {"en": "Diploma, technical institute"}, "awarding_date": "2024-01-02",
            "is_partial_qualification": false, "achievement_id": "diploma-2024-17"});
        scenario.ledger.say(scenario.worker, Kind::QualificationAwarded, (issuer, key), None, claims)
    };
    let one = award(&mut scenario, "https://ministry.de.example.invalid", &italy, "DE");
    award(&mut scenario, "https://ministry.ph.example.invalid", &egypt, "PH");
    scenario.tick();
    let revoked = json!({"sub": scenario.worker.to_string(), "issuing_country": "DE",
        "target": hash_claim(&one), "reason": "CONDITIONS_NO_LONGER_MET"});
    let issuer = ("https://ministry.de.example.invalid", &italy);
    scenario.ledger.say(scenario.worker, Kind::Revoked, issuer, None, revoked);
    let passport = project(&scenario, u64::MAX, "2024-06-01");
    let awards: Vec<_> =
        passport.seen_by(View::Employer).filter(|record| record.kind == Kind::QualificationAwarded).collect();
    let standings: Vec<Standing> = awards.iter().map(|record| record.standing).collect();
    assert_eq!(standings, [Standing::Revoked, Standing::InForce]);
    assert_eq!(awards[0].awarded_with, [awards[1].jti.clone()]);
    assert_eq!(awards[1].awarded_with, [awards[0].jti.clone()]);
}
