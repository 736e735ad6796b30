//! What follows from records by named rules: time counted once, units, placements, funding, other skill passports; and what
//! never follows.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use skillpass::crypto::{Hash, PrivateKey};
use skillpass::event::{Event, Kind};
use skillpass::passport::{
    Experience, NotCounted, Options, Progress, Record, Standard, Standing, Stretch, Verdict, View,
    accumulate, counted_once, render_passport, verify,
};

use super::memory_ledger::{DAY_MS, hash_claim};
use super::projection::project;
use super::scenario::{AUTHORITY, Scenario, example};

fn stretch<'a>(from: Date, until: Date, percent: u64, employer: &'a str) -> Stretch<'a> {
    Stretch { from, until, percent, employer }
}

#[test]
fn whole_months_are_whole_months_whatever_their_length() {
    let months = |from, until| counted_once(&[stretch(from, until, 100, "a")]).months;
    assert_eq!(months(date(2019, 2, 1), date(2019, 2, 28)), 1);
    assert_eq!(months(date(2019, 2, 1), date(2019, 2, 27)), 0);
    assert_eq!(months(date(2019, 3, 1), date(2022, 2, 28)), 36);
    assert_eq!(months(date(2023, 4, 1), date(2026, 3, 31)), 36);
    assert_eq!(
        counted_once(&[stretch(date(2024, 2, 1), date(2024, 2, 29), 50, "a")]),
        Experience { days: 14, months: 0 }
    );
}

#[test]
fn the_same_months_attested_by_two_bodies_count_once() {
    let year = |percent, employer| stretch(date(2023, 1, 1), date(2023, 12, 31), percent, employer);
    let months = |stretches: &[Stretch<'_>]| counted_once(stretches).months;
    assert_eq!(months(&[year(100, "implementing body"), year(100, "supervising body")]), 12);
    assert_eq!(months(&[year(50, "a"), year(50, "a")]), 6, "one half job, attested twice");
    assert_eq!(months(&[year(50, "a"), year(30, "b")]), 9, "two jobs beside each other");
    assert_eq!(months(&[year(80, "a"), year(80, "b")]), 12, "never more than full time");
}

proptest! {
    /// No day counts above full time, a period more never makes it less, and the order does not matter.
    #[test]
    fn overlapping_time_is_never_summed_twice(
        spans in prop::collection::vec((0_i32..900, 0_i32..400, 1_u64..=100, 0_usize..3), 1..7),
    ) {
        let day = |offset: i32| date(2018, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
        let stretches: Vec<Stretch<'_>> = spans
            .iter()
            .map(|&(from, length, percent, who)| stretch(day(from), day(from + length), percent, ["a", "b", "c"][who]))
            .collect();
        let all = counted_once(&stretches);
        // Day by day, as a reader would check it.
        let mut parts = 0;
        for offset in 0..1_400 {
            let now = day(offset);
            let of = |who: &str| {
                let held = stretches.iter().filter(|one| one.employer == who && one.from <= now && now <= one.until);
                held.map(|one| one.percent).max().unwrap_or(0)
            };
            parts += (of("a") + of("b") + of("c")).min(100);
        }
        prop_assert_eq!(all.days, parts / 100);
        let mut turned = stretches.clone();
        turned.reverse();
        prop_assert_eq!(counted_once(&turned), all);
        prop_assert!(counted_once(&stretches[1..]).days <= all.days);
    }
}

/// A worker with a fund, an employer and an assessor.
struct Rich {
    scenario: Scenario,
    other: PrivateKey,
}

const OTHER: &str = "https://service.ph.example.invalid";

fn rich(issuer_kind: &str, kinds: &[Kind]) -> Rich {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let (other, _) = scenario.ledger.body("PH", OTHER, issuer_kind, kinds);
    Rich { scenario, other }
}

impl Rich {
    fn say(&mut self, kind: Kind, change: impl FnOnce(&mut Value)) -> Hash {
        self.scenario.tick();
        let mut claims = example(kind, self.scenario.worker, "PH");
        change(&mut claims);
        self.scenario.ledger.say(self.scenario.worker, kind, (OTHER, &self.other), None, claims)
    }

    fn json(&self, view: View, day: &str) -> Value {
        project(&self.scenario, u64::MAX, day).to_json(view)
    }
}

#[test]
fn overlapping_jobs_are_named_and_what_a_worker_says_alone_counts_nothing() {
    let mut rich = rich("EMPLOYER", &[Kind::WorkExperienceAttested]);
    let job = |from: &'static str, until: &'static str| {
        move |claims: &mut Value| {
            claims["started_on"] = from.into();
            claims["ended_on"] = until.into();
        }
    };
    rich.say(Kind::WorkExperienceAttested, job("2020-01-01", "2020-12-31"));
    rich.say(Kind::WorkExperienceAttested, job("2020-07-01", "2021-06-30"));
    let said = json!({"sub": rich.scenario.worker.to_string(), "title": {"en": "Mason"}, "assessed_on": "2024-01-02",
        "isco08": "7112", "started_on": "2000-01-01", "ended_on": "2019-12-31"});
    rich.scenario.tick();
    let key = PrivateKey::from_jwk(&rich.scenario.holder.to_jwk()).unwrap();
    let did = key.public().did_jwk();
    rich.scenario.ledger.say(rich.scenario.worker, Kind::SelfAssessed, (&did, &key), None, said);
    let passport = rich.json(View::Employer, "2024-06-01");
    let experience = &passport["summary"]["experience"];
    assert_eq!(experience["months"], 18);
    assert_eq!(experience["by_occupation"], json!([{"isco08": "7112", "days": 547, "months": 18}]));
    assert_eq!(experience["overlaps"].as_array().unwrap().len(), 1);
    // Self-declared stands apart.
    assert_eq!(passport["sections"]["self_declared"].as_array().unwrap().len(), 1);
    assert_eq!(passport["sections"]["work"].as_array().unwrap().len(), 2);
}

#[test]
fn an_overstay_is_flagged_and_a_placement_shows_its_stage() {
    let kinds = [Kind::PlacementStarted, Kind::StageChanged, Kind::PlacementEnded, Kind::ReturnRecorded];
    let mut rich = rich("LABOUR_MIGRATION_AUTHORITY", &kinds);
    let started = rich.say(Kind::PlacementStarted, |claims| {
        claims["started_on"] = "2020-01-10".into();
        claims["planned_end"] = "2023-01-09".into();
        claims["stage"] = "stage 1".into();
        claims["programme"] = "jp/titp".into();
    });
    let flags =
        |rich: &Rich, day: &str| rich.json(View::Home, day)["summary"]["placements"][0]["flags"].clone();
    assert_eq!(flags(&rich, "2023-01-09"), json!([]), "the planned last day");
    assert_eq!(flags(&rich, "2023-01-10"), json!(["OVERSTAY"]));
    rich.say(Kind::StageChanged, |claims| {
        claims["placement"] = hash_claim(&started);
        claims["changed_on"] = "2021-01-10".into();
    });
    rich.say(Kind::PlacementEnded, |claims| {
        claims["placement"] = hash_claim(&started);
        claims["ended_on"] = "2023-01-09".into();
    });
    assert_eq!(flags(&rich, "2024-01-10"), json!(["RETURN_NOT_RECORDED"]));
    rich.say(Kind::ReturnRecorded, |claims| {
        claims["placement"] = hash_claim(&started);
        claims["returned_on"] = "2023-01-12".into();
    });
    let placement = rich.json(View::Home, "2024-01-10")["summary"]["placements"][0].clone();
    assert_eq!((&placement["flags"], &placement["stage"]), (&json!([]), &json!("stage 2")));
}

#[test]
fn a_placement_longer_than_the_stages_of_its_programme_allow_is_flagged() {
    let mut rich = rich("LABOUR_MIGRATION_AUTHORITY", &[Kind::PlacementStarted]);
    let mut start = |programme: &str| {
        rich.say(Kind::PlacementStarted, |claims| {
            claims["started_on"] = "2020-01-10".into();
            claims["programme"] = programme.into();
            claims.as_object_mut().unwrap().shift_remove("planned_end");
        });
    };
    start("jp/titp");
    start("a programme of which nothing is stored");
    let flags =
        |at: usize, day: &str| rich.json(View::Home, day)["summary"]["placements"][at]["flags"].clone();
    assert_eq!(flags(0, "2025-01-09"), json!([]), "the last day of five years");
    assert_eq!(flags(0, "2025-01-10"), json!(["OVER_PROGRAMME_MAXIMUM"]));
    assert_eq!(flags(1, "2025-01-10"), json!([]));
}

#[test]
fn funding_is_for_the_worker_alone_and_a_charge_that_another_must_bear_is_flagged() {
    let mut rich = rich("JOINT_FUND", &[Kind::FundingDecided, Kind::FundingPaid]);
    let decided = rich.say(Kind::FundingDecided, |claims| {
        claims["cost"] = "1050".into();
        claims["requested"] = "1050".into();
        claims["cap"] = "1000".into();
        claims["borne_by"] = "EMPLOYER".into();
        claims["lines"] = json!([
            {"item": "RECOGNITION_FEE", "payer": "EMPLOYMENT_SERVICE", "amount": "600"},
            {"item": "TRANSLATION", "payer": "EMPLOYMENT_SERVICE", "amount": "400"},
            {"item": "TRANSLATION", "payer": "WORKER", "amount": "50"},
        ]);
    });
    rich.say(Kind::FundingPaid, |claims| {
        claims["funding"] = hash_claim(&decided);
        claims["amount"] = "250.50".into();
    });
    let holder = rich.json(View::Holder, "2024-06-01");
    let funding = &holder["funding"][0];
    assert_eq!((&funding["granted"], &funding["own_share"]), (&json!("1000"), &json!("50")));
    assert_eq!(funding["paid"], json!({"EMPLOYMENT_SERVICE": "250.50"}));
    assert_eq!(funding["flags"], json!(["WORKER_CHARGED"]));
    for view in [View::Employer, View::Home] {
        let text = rich.json(view, "2024-06-01").to_string();
        assert!(!text.contains("funding") && !text.contains("\"1050"), "{text}");
    }
}

proptest! {
    /// The sum of the lines is the cost, or it is refused; what the decider grants and what is the worker's own add up.
    #[test]
    fn funding_lines_add_up(cents in prop::collection::vec(1_u64..200_000, 1..6), own in prop::collection::vec(any::<bool>(), 6), off in 0_u64..2) {
        let money = |cents: u64| if cents.is_multiple_of(100) { format!("{}", cents / 100) } else { format!("{}.{:02}", cents / 100, cents % 100) };
        let mut rich = rich("JOINT_FUND", &[Kind::FundingDecided]);
        // No two lines alike: each has its own note.
        let lines: Vec<Value> = cents.iter().zip(&own).enumerate().map(|(at, (&cents, &own))| {
            let payer = if own { "WORKER" } else { "EMPLOYMENT_SERVICE" };
            json!({"item": "OTHER", "note": format!("item {at}"), "payer": payer, "amount": money(cents)})
        }).collect();
        let total: u64 = cents.iter().sum();
        let own: u64 = cents.iter().zip(&own).filter(|(_, own)| **own).map(|(cents, _)| *cents).sum();
        let mut claims = example(Kind::FundingDecided, rich.scenario.worker, "PH");
        claims["lines"] = lines.into();
        claims["cost"] = money(total + off).into();
        for claim in ["requested", "cap"] {
            claims.as_object_mut().unwrap().shift_remove(claim);
        }
        let checked = Event::check(Kind::FundingDecided, claims.as_object().unwrap());
        if off > 0 {
            prop_assert_eq!(checked.unwrap_err().reason, "FUNDING_SUM");
            return Ok(());
        }
        prop_assert!(checked.is_ok());
        rich.say(Kind::FundingDecided, |all| *all = claims);
        let funding = rich.json(View::Holder, "2024-06-01")["funding"][0].clone();
        prop_assert_eq!(funding["own_share"].as_str().unwrap(), money(own));
        prop_assert_eq!(funding["granted"].as_str().unwrap(), money(total - own));
        // Without `borne_by` nobody is charged what another must bear.
        prop_assert_eq!(&funding["flags"], &json!([]));
    }
}

#[test]
fn other_skill_passports_rules_are_shown_with_their_source() {
    let kinds = [Kind::QualificationAwarded, Kind::TrainingCompleted];
    let mut rich = rich("AWARDING_BODY", &kinds);
    let (employer, _) = rich.scenario.ledger.body(
        "PH",
        "https://site.ph.example.invalid",
        "EMPLOYER",
        &[Kind::WorkExperienceAttested],
    );
    rich.say(Kind::QualificationAwarded, |claims| {
        claims["nqf_level"] = json!({"framework": "lk/nvq", "version": "undated", "code": "3"});
        claims["isco08"] = "7112".into();
    });
    rich.say(Kind::TrainingCompleted, |claims| {
        claims["refresh_due"] = "2024-06-30".into();
        claims.as_object_mut().unwrap().shift_remove("valid_until");
    });
    let attest = |rich: &mut Rich, isco08: &str, from: &str, until: &str| {
        rich.scenario.tick();
        let mut claims = example(Kind::WorkExperienceAttested, rich.scenario.worker, "PH");
        claims["isco08"] = isco08.into();
        claims["started_on"] = from.into();
        claims["ended_on"] = until.into();
        let issuer = ("https://site.ph.example.invalid", &employer);
        rich.scenario.ledger.say(rich.scenario.worker, Kind::WorkExperienceAttested, issuer, None, claims);
    };
    let found = |rich: &Rich, rule: &str, day: &str| {
        let passport = rich.json(View::Home, day);
        let rules = passport["summary"]["skill_passports"].as_array().unwrap().clone();
        let one = rules.into_iter().find(|one| one["rule"] == rule).unwrap();
        assert!(!one["source"].as_str().unwrap().is_empty());
        one["outcome"].as_str().unwrap().to_owned()
    };
    let nsp = "lk/national-skills-passport";
    attest(&mut rich, "7114", "2022-01-01", "2022-11-30");
    assert_eq!(found(&rich, nsp, "2024-06-01"), "NOT_MET", "eleven months");
    attest(&mut rich, "5131", "2023-01-01", "2023-12-31");
    assert_eq!(found(&rich, nsp, "2024-06-01"), "NOT_MET", "a year of something else");
    attest(&mut rich, "7112", "2022-12-01", "2022-12-31");
    assert_eq!(found(&rich, nsp, "2024-06-01"), "MET");
    let esi = "au/esi-skills-passport";
    assert_eq!(found(&rich, esi, "2024-06-30"), "MET");
    assert_eq!(found(&rich, esi, "2024-07-01"), "NOT_MET");
}

#[test]
fn ecvet_points_are_shown_as_historic() {
    let mut rich = rich("AWARDING_BODY", &[Kind::QualificationAwarded]);
    for framework in ["ECVET", "ECTS"] {
        rich.say(Kind::QualificationAwarded, |claims| {
            claims["credit_point"] = json!({"framework": framework, "point": "7.5"});
        });
    }
    let shown = rich.json(View::Employer, "2024-07-01");
    let notes: Vec<&Value> =
        shown["sections"]["training"].as_array().unwrap().iter().map(|one| &one["credit_note"]).collect();
    assert!(notes[0].as_str().unwrap().starts_with("historic"), "{notes:?}");
    assert!(notes[1].is_null(), "{notes:?}");
}

#[test]
fn the_saudi_certificate_ends_after_five_years_even_from_a_29th_of_february() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let (key, _) = {
        scenario.ledger.root("SA", "https://labour.sa.example.invalid");
        scenario.ledger.body("SA", OTHER, "ASSESSMENT_BODY", &[Kind::SkillAssessed])
    };
    scenario.tick();
    scenario.ledger.now += 60 * DAY_MS;
    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "SA", "title": {"en": "Mason"},
        "standard": {"id": "sa/skill-verification-programme", "version": "1"}, "result": "PASSED",
        "assessed_on": "2024-02-29"});
    scenario.ledger.say(scenario.worker, Kind::SkillAssessed, (OTHER, &key), None, claims);
    let outcome = |day: &str| {
        let passport = project(&scenario, u64::MAX, day).to_json(View::Employer);
        passport["summary"]["skill_passports"][0].clone()
    };
    assert_eq!(outcome("2029-02-28")["outcome"], "MET");
    assert_eq!(outcome("2029-02-28")["due"], "2029-02-28");
    assert_eq!(outcome("2029-03-01")["outcome"], "NOT_MET");
}

/// `valid_until` is inclusive to the last second of its day, UTC.
#[test]
fn the_last_day_ends_with_its_last_second() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    scenario.ledger.now += 10 * DAY_MS;
    scenario.licence();
    let end: jiff::Timestamp = "2026-01-31T23:59:59Z".parse().unwrap();
    // Tokens are made shortly before, so that they are fresh.
    scenario.ledger.now = u64::try_from(end.as_millisecond()).unwrap() - 7_200_000;
    let bytes = scenario.export().encode();
    let standing = |second: i64| {
        let report = verify(&bytes, &scenario.trust(), &Options::at(second));
        assert_eq!(report.verdict, Verdict::Valid, "an expired licence makes nobody a forger");
        report.records[0].standing
    };
    assert_eq!(standing(end.as_second() - 1), Standing::InForce);
    assert_eq!(standing(end.as_second()), Standing::InForce);
    assert_eq!(standing(end.as_second() + 1), Standing::Expired);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever follows it, a decision short of full recognition is never shown as full, in JSON or in words.
    #[test]
    fn a_decision_is_never_upgraded_by_showing_it(steps in prop::collection::vec(0_u8..4, 1..6)) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        scenario.ledger.body("DE", AUTHORITY, "COMPETENT_AUTHORITY", &[Kind::CompensationMeasureCompleted]);
        let mut last = scenario.decision("PARTIAL");
        for step in steps {
            match step {
                0 => last = scenario.decision("PARTIAL"),
                1 => last = scenario.decision("CONDITIONAL"),
                2 => {
                    scenario.training("Bricklaying, basic course");
                }
                _ => {
                    scenario.tick();
                    let claims = json!({"sub": scenario.worker.to_string(), "issuing_country": "DE",
                        "title": {"en": "Aptitude test"}, "recognition_decision": hash_claim(&last),
                        "compensation_measure": "APTITUDE_TEST", "result": "PASSED", "completed_on": "2024-01-03"});
                    scenario.by_authority(Kind::CompensationMeasureCompleted, claims);
                }
            }
        }
        let passport = project(&scenario, u64::MAX, "2024-06-01");
        let report = verify(&scenario.export().encode(), &scenario.trust(), &scenario.options());
        let decided = |record: &&Record| record.kind == Kind::RecognitionDecided;
        for record in passport.seen_by(View::Holder).filter(decided).chain(report.records.iter().filter(decided)) {
            prop_assert_eq!(record.standing, Standing::Partial);
            prop_assert_ne!(record.text("decision"), Some("FULL"));
        }
        for text in [render_passport(&passport.to_json(View::Employer)), report.render_text()] {
            prop_assert!(!text.contains("decision: FULL"));
            prop_assert!(text.contains("PARTIAL, not full recognition"), "{}", text);
        }
    }

    /// Failed attempts and refusals of every kind are the worker's alone, whatever stands around them.
    #[test]
    fn what_failed_is_the_workers_alone(steps in prop::collection::vec(0_u8..6, 1..8)) {
        let mut scenario = Scenario::opened("ledger.ph.example.invalid");
        let kinds = [Kind::PriorLearningAssessed, Kind::PriorLearningCertified, Kind::CompensationMeasureCompleted];
        scenario.ledger.body("DE", AUTHORITY, "COMPETENT_AUTHORITY", &kinds);
        let (mut failed, mut passed) = (0, 0);
        for step in steps {
            let mut say = |kind: Kind, claim: &str, value: &str| {
                scenario.tick();
                let mut claims = example(kind, scenario.worker, "DE");
                claims[claim] = value.into();
                claims["title"] = json!({"en": "SECRET"});
                scenario.by_authority(kind, claims);
                failed += 1;
            };
            match step {
                0 => say(Kind::PriorLearningAssessed, "result", "FAILED"),
                1 => say(Kind::PriorLearningCertified, "outcome", "NONE"),
                2 => say(Kind::CompensationMeasureCompleted, "result", "FAILED"),
                3 => {
                    scenario.assessment("FAILED");
                    failed += 1;
                }
                4 => {
                    scenario.decision("REFUSED");
                    failed += 1;
                }
                _ => {
                    scenario.training("Bricklaying, basic course");
                    passed += 1;
                }
            }
        }
        let passport = project(&scenario, u64::MAX, "2024-06-01");
        prop_assert_eq!(passport.seen_by(View::Holder).count(), failed + passed);
        for view in [View::Employer, View::Home] {
            prop_assert_eq!(passport.seen_by(view).count(), passed);
            let text = passport.to_json(view).to_string();
            prop_assert!(!["FAILED", "REFUSED", "NONE\"", "SECRET"].iter().any(|word| text.contains(word)), "{}", text);
        }
    }
}

/// The standard of the tests: two mandatory units, one elective of two.
fn standard(change: impl FnOnce(&mut Value)) -> Standard {
    let unit = |code: &str, requirement: &str| json!({"code": code, "title": {"en": code}, "requirement": requirement});
    let mut claims = json!({"sub": "https://standards.example.invalid/masonry", "owner": OTHER,
        "title": {"en": "Masonry"}, "version": "2022", "qualification_code": "MAS-2",
        "units": [unit("M1", "MANDATORY"), unit("M2", "MANDATORY"), unit("E1", "ELECTIVE"), unit("E2", "ELECTIVE")],
        "electives_required": 1});
    change(&mut claims);
    let event =
        Event::validate(Kind::StandardPublished, &claims.as_object().unwrap().clone().into()).unwrap();
    Standard::read(&event).unwrap()
}

fn unit(rich: &mut Rich, code: &str, version: &str) -> Hash {
    rich.say(Kind::UnitAchieved, |claims| {
        claims["unit_code"] = code.into();
        claims["standard"] = json!({"id": "https://standards.example.invalid/masonry", "version": version});
    })
}

/// Progress, and what did not count and why.
fn counted(rich: &Rich, standard: &Standard) -> (Progress, Vec<(String, NotCounted)>) {
    let passport = project(&rich.scenario, u64::MAX, "2024-06-01");
    let records: Vec<&Record> = passport.seen_by(View::Home).collect();
    let accumulated = accumulate(standard, &records);
    (accumulated.progress, accumulated.not_counted.into_iter().map(|(_, code, why)| (code, why)).collect())
}

fn nta() -> Rich {
    let kinds = [
        Kind::UnitAchieved,
        Kind::QualificationAwarded,
        Kind::PriorLearningAssessed,
        Kind::PriorLearningCertified,
        Kind::Revoked,
    ];
    rich("AWARDING_BODY", &kinds)
}

#[test]
fn all_mandatory_units_and_enough_electives_of_one_edition_make_eligible() {
    let mut rich = nta();
    let standard = standard(|_| {});
    unit(&mut rich, "M1", "2022");
    unit(&mut rich, "M2", "2022");
    assert_eq!(counted(&rich, &standard).0, Progress::InProgress, "an elective is missing");
    let elective = unit(&mut rich, "E2", "2022");
    assert_eq!(counted(&rich, &standard), (Progress::Eligible, vec![]));
    rich.say(Kind::Revoked, |claims| {
        claims["target"] = hash_claim(&elective);
        claims.as_object_mut().unwrap().shift_remove("effective_from");
    });
    assert_eq!(
        counted(&rich, &standard),
        (Progress::InProgress, vec![("E2".into(), NotCounted::NotInForce)])
    );
}

#[test]
fn units_of_another_edition_count_only_by_a_published_mapping() {
    let mut rich = nta();
    unit(&mut rich, "M1", "2018");
    unit(&mut rich, "M9", "2022");
    unit(&mut rich, "M2", "2022");
    unit(&mut rich, "E1", "2022");
    let why = vec![("M1".to_owned(), NotCounted::OtherVersion), ("M9".to_owned(), NotCounted::UnknownUnit)];
    assert_eq!(counted(&rich, &standard(|_| {})), (Progress::InProgress, why));
    let mapped = standard(|claims| {
        claims["unit_mappings"] = json!([{"from_standard": "https://standards.example.invalid/masonry",
            "from_version": "2018", "from_unit": "M1", "to_unit": "M1"}]);
    });
    assert_eq!(counted(&rich, &mapped).0, Progress::Eligible);
}

#[test]
fn a_unit_counts_once_at_whatever_level_and_by_whichever_body() {
    let mut rich = nta();
    unit(&mut rich, "M1", "2022");
    rich.say(Kind::UnitAchieved, |claims| {
        claims["unit_code"] = "M1".into();
        claims["standard"] = json!({"id": "https://standards.example.invalid/masonry", "version": "2022"});
        claims["nqf_level"] = json!({"framework": "caricom-cvq", "version": "undated", "code": "2"});
    });
    assert_eq!(counted(&rich, &standard(|_| {})).1, [("M1".to_owned(), NotCounted::CountedAlready)]);
}

#[test]
fn units_of_a_body_that_the_scheme_does_not_name_do_not_count() {
    let mut rich = nta();
    unit(&mut rich, "M1", "2022");
    let named = |body: &str, until: &str| {
        standard(|claims| claims["unit_bodies"] = json!([{"body": body, "valid_until": until}]))
    };
    assert_eq!(counted(&rich, &named(OTHER, "2030-12-31")).1, []);
    let why = [("M1".to_owned(), NotCounted::BodyNotNamed)];
    assert_eq!(counted(&rich, &named("https://nta.example.invalid", "2030-12-31")).1, why);
    assert_eq!(counted(&rich, &named(OTHER, "2023-12-31")).1, why, "authorised once, and not then");
}

#[test]
fn an_exemption_reduces_what_is_required_and_is_no_award() {
    let mut rich = nta();
    unit(&mut rich, "M1", "2022");
    unit(&mut rich, "E1", "2022");
    let assessed = rich.say(Kind::PriorLearningAssessed, |claims| {
        claims["standard"] = json!({"id": "https://standards.example.invalid/masonry", "version": "2022"});
    });
    rich.say(Kind::PriorLearningCertified, |claims| {
        claims["assessment"] = hash_claim(&assessed);
        claims["outcome"] = "EXEMPTION".into();
        claims["exempted_units"] = json!(["M2"]);
        claims["qualification_code"] = "MAS-2".into();
    });
    let standard = standard(|_| {});
    assert_eq!(counted(&rich, &standard).0, Progress::Eligible, "not awarded: an exemption is none");
    let passport = project(&rich.scenario, u64::MAX, "2024-06-01");
    let records: Vec<&Record> = passport.seen_by(View::Home).collect();
    let json = accumulate(&standard, &records).to_json();
    assert_eq!(json["units"][1]["state"], "EXEMPTED");
    assert_eq!(json["mandatory"], json!({"required": 2, "shown": 2}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However often, in whatever order, by whatever edition units are shown: each counts once, and eligible means all.
    #[test]
    fn units_count_once(shown in prop::collection::vec((0_usize..5, any::<bool>()), 0..9)) {
        let mut rich = nta();
        let codes = ["M1", "M2", "E1", "E2", "X"];
        for (code, current) in &shown {
            unit(&mut rich, codes[*code], if *current { "2022" } else { "2018" });
        }
        let standard = standard(|_| {});
        let passport = project(&rich.scenario, u64::MAX, "2024-06-01");
        let records: Vec<&Record> = passport.seen_by(View::Home).collect();
        let found = accumulate(&standard, &records);
        let has = |at: usize| shown.contains(&(at, true));
        let by: Vec<&str> = found.units.iter().filter_map(|unit| Some(unit.by?.jti.as_str())).collect();
        let distinct: std::collections::BTreeSet<&&str> = by.iter().collect();
        prop_assert_eq!(by.len(), distinct.len());
        prop_assert_eq!(by.len() + found.not_counted.len(), shown.len());
        prop_assert_eq!(found.progress == Progress::Eligible, has(0) && has(1) && (has(2) || has(3)));
    }
}
