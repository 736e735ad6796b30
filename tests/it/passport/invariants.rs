//! Rules that hold whatever was recorded, over generated histories (docs/invariants.md names every rule and its test).

use proptest::prelude::*;
use serde_json::json;
use skillpass::crypto::PrivateKey;
use skillpass::event::entry::Entry;
use skillpass::event::{Event, Kind, Section};
use skillpass::passport::{Check, Record, Status, Verdict, View, verify};
use skillpass::tlog::{Policy, VerifierKey};
use skillpass::trust::Question;

use super::memory_ledger::{DAY_MS, id_of};
use super::projection::project;
use super::scenario::{AUTHORITY, PROVIDER, Scenario};

const ROOT: &str = "https://labour.ph.example.invalid";

fn utc(at: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(at.try_into().unwrap()).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// One record left out, or two that change places: the chain breaks at the first record that is not where it was, and the
    /// report names that place.
    #[test]
    fn a_missing_or_moved_record_breaks_the_chain_where_it_stood(
        more in 2_usize..6, at in any::<prop::sample::Index>(), swap in any::<bool>(),
    ) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        for _ in 0..more {
            scenario.training("Bricklaying, basic course");
        }
        let mut file = scenario.export();
        // Neither the opening, which has a rule of its own, nor the last, whose absence the head token shows.
        let first = 1 + at.index(file.statements.len() - 2);
        if swap {
            // Their entries change places, as in a log that was told in another order.
            let (one, other) = (file.statements[first].place.leaf, file.statements[first + 1].place.leaf);
            file.statements.swap(first, first + 1);
            file.statements[first].place.leaf = one;
            file.statements[first + 1].place.leaf = other;
            file.ledgers[0].standing.swap(first, first + 1);
        } else {
            file.statements.remove(first);
            file.ledgers[0].standing.remove(first);
            file.holder = if first == 1 { vec![0] } else { file.holder };
        }
        let report = verify(&file.encode(), &scenario.trust(), &scenario.options());
        prop_assert_eq!(report.verdict, Verdict::Invalid);
        let chain: Vec<&str> = report
            .checks
            .iter()
            .filter(|row| row.check == Check::Chain && row.status == Status::Fail)
            .map(|row| row.detail.as_str())
            .collect();
        let place = format!("revision {first}:");
        prop_assert!(chain.iter().any(|detail| detail.starts_with(&place)), "{place} not in {chain:?}");
    }

    /// A key that was compromised since a moment: what witnesses saw before it stands, what was recorded from it on fails, whatever
    /// day it claims to speak of.
    #[test]
    fn a_compromise_divides_the_past_at_its_moment(before in 1_usize..5, after in 0_usize..3, hours in 1_u64..150) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let witness = PrivateKey::generate_ed25519(&mut scenario.ledger.entropy);
        let vkey = VerifierKey::cosigner("witness.example.invalid", &witness.public()).unwrap();
        scenario.ledger.witnesses.push(("witness.example.invalid".into(), witness));
        let mut trust = scenario.trust();
        trust.policy = Some(Policy::parse(&format!("witness W {vkey}\nquorum W\n")).unwrap());
        scenario.ledger.publish();
        // Trainings speak of 2 January 2024, which is before all of this.
        for _ in 0..before {
            scenario.training("Bricklaying, basic course");
            scenario.ledger.publish();
        }
        let since = scenario.ledger.now + 3_600_000 - (hours * 3_600_000).min(before as u64 * DAY_MS);
        scenario.tick();
        let declared = json!({"sub": PROVIDER, "kid": scenario.provider.public().thumbprint(), "reason": "COMPROMISED",
            "compromised_since": utc(since)});
        let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
        scenario.ledger.public(Kind::IssuerKeyEnded, ROOT, &root, declared);
        for _ in 0..after {
            scenario.training("Back-dated course");
        }
        scenario.tick();
        let file = scenario.export();
        let report = verify(&file.encode(), &trust, &scenario.options());
        for part in &file.statements {
            let recorded_at = Entry::decode(&part.place.entry).unwrap().recorded_at();
            let subject = id_of(&part.sdjwt).urn().to_string();
            let rows: Vec<Status> = report
                .checks
                .iter()
                .filter(|row| row.check == Check::IssuerKey && row.subject == subject)
                .map(|row| row.status)
                .collect();
            let expected = if recorded_at >= since { Status::Fail } else { Status::Pass };
            prop_assert_eq!(rows, [expected], "recorded {} , since {}", utc(recorded_at), utc(since));
        }
    }

    /// An authorisation is asked about the day of the award, its country and its occupation; the day of the recording says nothing.
    #[test]
    fn a_limit_is_judged_on_the_day_of_the_award(
        award in 0_i32..1000, from in 0_i32..500, length in 0_i32..400, later in 0_u64..1000, ours in any::<bool>(), here in any::<bool>(),
    ) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let first: jiff::civil::Date = "2021-06-01".parse().unwrap();
        let day = |days: i32| first.checked_add(jiff::Span::new().days(days)).unwrap();
        let (from, until, award) = (day(from), day(from + length), day(award));
        let root = PrivateKey::from_jwk(&scenario.root_ph.to_jwk()).unwrap();
        let body = "https://masons.ph.example.invalid";
        let claims = json!({"sub": body, "name": "training provider (demo)", "issuer_kind": "TRAINING_PROVIDER",
            "basis": "ACCREDITATION", "kinds": ["TrainingCompleted"], "jurisdictions": ["PH"], "limit_isco08": ["711"],
            "valid_from": from.to_string(), "valid_until": until.to_string()});
        scenario.ledger.public(Kind::IssuerAuthorised, ROOT, &root, claims);
        let said = json!({"sub": scenario.worker.to_string(), "issuing_country": if here { "PH" } else { "DE" },
            "title": {"en": "Course"}, "learning_setting": "NON_FORMAL", "completed_on": award.to_string(),
            "isco08": if ours { "7112" } else { "2221" }});
        let event = Event::validate(Kind::TrainingCompleted, &said.as_object().unwrap().clone().into()).unwrap();
        let recorded_at = scenario.ledger.now + (2000 + later) * DAY_MS;
        let leaf = scenario.ledger.entries.len() as u64;
        let found = scenario.ledger.trust.authorise(&Question::about(body, &event, leaf, recorded_at));
        let is_within = from <= award && award <= until && ours && here;
        prop_assert_eq!(found.is_ok(), is_within, "{:?}: {} in {}..{}", found.err(), award, from, until);
    }

    /// What workers say of themselves, and the level that an issuer gives its own record, is never among what was recognised.
    #[test]
    fn nobodys_own_word_stands_among_what_was_recognised(steps in prop::collection::vec(0_u8..5, 1..8)) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let (awarding, _) = scenario.ledger.body("PH", "https://college.ph.example.invalid", "AWARDING_BODY",
            &[Kind::QualificationAwarded]);
        let holder = PrivateKey::from_jwk(&scenario.holder.to_jwk()).unwrap();
        let did = holder.public().did_jwk();
        let mut decided = 0;
        for step in steps {
            scenario.tick();
            let sub = scenario.worker.to_string();
            match step {
                0 | 1 => {
                    let claims = json!({"sub": sub, "title": {"en": "Recognised as a general care nurse"}, "isco08": "2221",
                        "assessed_on": "2024-01-02",
                        "skills": ["licensed nurse"]});
                    scenario.ledger.say(scenario.worker, Kind::SelfAssessed, (&did, &holder), None, claims);
                }
                2 => {
                    let claims = json!({"sub": sub, "issuing_country": "PH", "title": {"en": "Degree, equivalent to EQF 6"},
                        "awarding_date": "2024-01-02", "is_partial_qualification": false, "eqf_level": "6",
                        "nqf_level": {"framework": "ph/pqf", "version": "2018", "code": "6"}});
                    let by = ("https://college.ph.example.invalid", &awarding);
                    scenario.ledger.say(scenario.worker, Kind::QualificationAwarded, by, None, claims);
                }
                3 => drop(scenario.training("Course that calls itself recognised")),
                _ => {
                    scenario.decision("FULL");
                    decided += 1;
                }
            }
        }
        let passport = project(&scenario, u64::MAX, "2025-01-01");
        let report = verify(&scenario.export().encode(), &scenario.trust(), &scenario.options());
        let is_recognised = |record: &&Record| matches!(record.section, Section::Recognition | Section::Licence);
        for records in [passport.seen_by(View::Holder).collect::<Vec<_>>(), report.records.iter().collect()] {
            let recognised: Vec<&Record> = records.into_iter().filter(is_recognised).collect();
            prop_assert_eq!(recognised.len(), decided);
            prop_assert!(recognised.iter().all(|record| record.issuer == AUTHORITY));
        }
    }
}

/// So that no kind added later opens a way round the rule above.
#[test]
fn whatever_a_worker_can_state_is_shown_as_self_declared_or_not_at_all() {
    let own = Kind::all().iter().filter(|kind| kind.is_by_holder());
    for kind in own {
        assert!(matches!(kind.section(), None | Some(Section::SelfDeclared)), "{}", kind.name());
    }
}
