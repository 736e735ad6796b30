//! Joined passports offline: two ledgers, one person, and what a verifier must not take for that.

use serde_json::json;
use skillpass::crypto::{Entropy as _, PrivateKey};
use skillpass::event::{Kind, WorkerId};
use skillpass::passport::{PassportFile, PresentError, PresentRequest, Report, Status, Verdict, verify};
use skillpass::statement::jws;
use skillpass::trust::{JOIN_TYP, JoinConsent, TrustFile};

use super::scenario::{Scenario, example};
use super::verification::rows_with;

const OFFICE: &str = "https://office.example.invalid";

/// One person, a passport under another id on each of two ledgers, one holder key.
struct Person {
    home: Scenario,
    abroad: Scenario,
    offices: [PrivateKey; 2],
}

fn person() -> Person {
    let mut home = Scenario::new();
    let mut abroad = Scenario::opened("ledger.de.example.invalid");
    abroad.worker = WorkerId(abroad.ledger.entropy.bytes());
    abroad.holder = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    abroad.tick();
    let worker = abroad.worker;
    abroad.by_provider(Kind::PassportOpened, None, example(Kind::PassportOpened, worker, "PH"));
    let key = PrivateKey::from_jwk(&home.holder.to_jwk()).unwrap();
    abroad.by_provider(Kind::HolderKeyBound, Some(&key), example(Kind::HolderKeyBound, worker, "PH"));
    abroad.training("Language and safety course");
    let may = [Kind::PassportsJoined, Kind::Revoked];
    let offices = [&mut home, &mut abroad]
        .map(|scenario| scenario.ledger.body("PH", OFFICE, "LABOUR_MIGRATION_AUTHORITY", &may).0);
    abroad.ledger.now = home.ledger.now;
    Person { home, abroad, offices }
}

impl Person {
    /// Records the half of the join in one of the two passports, with the consent signed by `key`.
    fn say(&mut self, at_home: bool, key: &PrivateKey) -> skillpass::crypto::Hash {
        let (home, abroad) = (self.home.worker.to_string(), self.abroad.worker.to_string());
        let (scenario, office, worker, other) = if at_home {
            (&mut self.home, &self.offices[0], home, abroad)
        } else {
            (&mut self.abroad, &self.offices[1], abroad, home)
        };
        scenario.tick();
        let now = scenario.ledger.issued_at();
        let consent = JoinConsent { body: OFFICE, worker: &worker, other: &other };
        let consent = jws::sign(JOIN_TYP, &consent.payload(now, now + 86_400), key);
        let claims = json!({"sub": worker, "issuing_country": "PH", "other": other, "method": "IN_PERSON", "consent": consent});
        let worker = scenario.worker;
        scenario.ledger.say(worker, Kind::PassportsJoined, (OFFICE, office), None, claims)
    }

    fn join(&mut self) -> [skillpass::crypto::Hash; 2] {
        let key = self.key();
        [self.say(true, &key), self.say(false, &key)]
    }

    fn key(&self) -> PrivateKey {
        PrivateKey::from_jwk(&self.home.holder.to_jwk()).unwrap()
    }

    fn file(&mut self) -> PassportFile {
        let now = self.home.ledger.now.max(self.abroad.ledger.now);
        (self.home.ledger.now, self.abroad.ledger.now) = (now, now);
        PassportFile::merge(&[self.home.export(), self.abroad.export()]).unwrap()
    }

    fn trust(&self) -> TrustFile {
        let mut trust = self.home.trust();
        let other = self.abroad.trust();
        trust.ledgers.extend(other.ledgers);
        for (root, other) in trust.roots.iter_mut().zip(other.roots) {
            root.kids.extend(other.kids);
        }
        trust
    }

    fn check(&self, bytes: &[u8]) -> Report {
        verify(bytes, &self.trust(), &self.home.options())
    }

    /// A record of each passport.
    fn request(&self) -> PresentRequest {
        let mut request: PresentRequest = self.home.request(&[2]);
        request.shows.extend(self.abroad.request(&[2]).shows);
        request
    }
}

#[test]
fn passports_of_two_ledgers_are_one_file_and_one_presentation_once_joined() {
    let mut person = person();
    let apart = person.file();
    assert_eq!(person.check(&apart.encode()).verdict, Verdict::Invalid);
    assert_eq!(apart.present(&person.request(), &person.key()).unwrap_err(), PresentError::NotJoined);
    let key = person.key();
    person.say(true, &key);
    let half = person.file();
    assert_eq!(rows_with(&person.check(&half.encode()), Status::Fail).len(), 1, "one half joins nothing");
    person.say(false, &key);
    let file = person.file();
    let report = person.check(&file.encode());
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
    let shown = file.present(&person.request(), &key).unwrap();
    let report = person.check(&shown);
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", rows_with(&report, Status::Fail));
    assert_eq!(report.records.len(), 2);
    // Alone, either shows nothing of the other.
    let alone = file.present(&person.home.request(&[2]), &key).unwrap();
    assert_eq!(person.check(&alone).verdict, Verdict::Valid);
    let alone = String::from_utf8(alone).unwrap();
    assert!(!alone.contains("ledger.de.example.invalid"));
}

#[test]
fn a_join_without_consent_is_found_out() {
    let mut person = person();
    let (holder, stranger) = (person.key(), PrivateKey::from_ed25519_seed(&[9; 32]));
    person.say(true, &holder);
    person.say(false, &stranger);
    let file = person.file();
    let failed = rows_with(&person.check(&file.encode()), Status::Fail);
    assert!(failed.iter().any(|row| row.starts_with("key_binding urn:uuid:")), "{failed:#?}");
    assert!(failed.iter().any(|row| row.starts_with("disclosures file")), "{failed:#?}");
    let shown = file.present(&person.request(), &holder).unwrap();
    let failed = rows_with(&person.check(&shown), Status::Fail);
    assert!(failed.iter().any(|row| row.starts_with("disclosures file")), "{failed:#?}");
}

#[test]
fn a_join_that_was_taken_back_joins_nothing_and_an_old_word_on_it_decides_nothing() {
    let mut person = person();
    let [first, _] = person.join();
    let file = person.file();
    let mut late = person.home.options();
    late.now += 40 * 86_400;
    let report = verify(&file.encode(), &person.trust(), &late);
    assert!(rows_with(&report, Status::Unknown).iter().any(|row| row.starts_with("disclosures file")));
    let claims = json!({"sub": person.home.worker.to_string(), "issuing_country": "PH",
        "target": super::memory_ledger::hash_claim(&first), "reason": "ISSUED_IN_ERROR"});
    person.home.tick();
    let worker = person.home.worker;
    person.home.ledger.say(worker, Kind::Revoked, (OFFICE, &person.offices[0]), None, claims);
    let file = person.file();
    let failed = rows_with(&person.check(&file.encode()), Status::Fail);
    assert!(failed.iter().any(|row| row.starts_with("disclosures file")), "{failed:#?}");
    assert_eq!(
        person.check(&file.present(&person.request(), &person.key()).unwrap()).verdict,
        Verdict::Invalid
    );
}

#[test]
fn two_workers_under_one_key_do_not_pass_for_one_by_hiding_who_they_are() {
    // The same key in both passports, named in a record of each, and nothing that joins them: no record needs its `sub`.
    let mut person = person();
    let key = person.key();
    for scenario in [&mut person.home, &mut person.abroad] {
        scenario.tick();
        let claims = example(Kind::TrainingCompleted, scenario.worker, "PH");
        scenario.by_provider(Kind::TrainingCompleted, Some(&key), claims);
    }
    let mut file = person.file();
    // Made by a program that does not ask whether they are joined: each ledger's part cut by itself, then put together.
    let home = file.present(&person.home.request(&[6]), &key).unwrap();
    let abroad = file.present(&person.abroad.request(&[3]), &key).unwrap();
    let [home, abroad] = [home, abroad].map(|bytes| PassportFile::parse(&bytes).unwrap());
    file = abroad;
    let moved = file.statements.len();
    file.holder.extend(home.holder.iter().map(|at| at + moved));
    file.statements.extend(home.statements.into_iter().map(|mut part| {
        part.ledger = 1;
        part
    }));
    file.ledgers.extend(home.ledgers);
    let binding = skillpass::passport::token::Binding {
        audience: "a".into(),
        nonce: "n".into(),
        issued_at: person.home.ledger.issued_at(),
        expires_at: person.home.ledger.issued_at() + 3600,
        file_hash: file.file_hash(),
    };
    file.presentation = Some(binding.sign(&key));
    let failed = rows_with(&person.check(&file.encode()), Status::Fail);
    assert_eq!(failed, ["key_binding file: the evidence of the holder's key has a gap"]);
}
