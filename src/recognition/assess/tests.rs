use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::recognition::NOTHING_PUBLISHED;
use crate::recognition::checks::LevelFact;

/// A record of one worker: its event and whether it stands.
struct Made {
    jti: String,
    event: Event,
    hash: String,
    refers_to: Option<String>,
    stands: Option<bool>,
}

fn record(kind: Kind, country: &str, changes: &Value) -> Made {
    let mut claims: Map<String, Value> = kind.example().as_object().cloned().unwrap();
    claims.retain(|name, _| kind.claims().iter().any(|claim| claim.name == name && claim.required));
    claims.insert("issuing_country".into(), country.into());
    for (name, value) in changes.as_object().unwrap() {
        claims.insert(name.clone(), value.clone());
    }
    if kind.is_by_holder() {
        claims.shift_remove("issuing_country");
    }
    let event = Event::validate(kind, &claims.clone().into())
        .unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
    let refers_to = changes.get("recognition_decision").and_then(Value::as_str).map(str::to_owned);
    let hash = changes.get("as").and_then(Value::as_str).unwrap_or(kind.name()).to_owned();
    Made { jti: format!("urn:{}", kind.name()), event, hash, refers_to, stands: Some(true) }
}

fn shown(made: &Made) -> Shown<'_> {
    let event = &made.event;
    let facts = RecordFacts {
        refers_to: made.refers_to.as_deref(),
        stands: made.stands,
        country: event.text("issuing_country"),
        origin_country: event.text("origin_country"),
        award_date: event.award_date(),
        recognition_kind: event.text("recognition_kind"),
        decision: event.text("decision"),
        regulated: event.claims().get("regulated").and_then(Value::as_bool),
        result: event.text("result"),
        isco08: event.text("isco08"),
        limit_jurisdiction: event.text("limit_jurisdiction"),
        from: event.date("valid_from"),
        until: event.date("valid_until"),
        has_conditions: event.claims().contains_key("conditions"),
        instrument: event.text("instrument"),
        level: event.member("nqf_level", "framework").map(|framework| LevelFact {
            framework,
            version: event.member("nqf_level", "version").unwrap(),
            code: event.member("nqf_level", "code").unwrap(),
        }),
        ..RecordFacts::new(event.kind(), &made.hash)
    };
    Shown { jti: &made.jti, event, facts }
}

const DAY: Date = date(2025, 11, 30);

fn ask(made: &[Made], country: &str, occupation: &str, purpose: Purpose, day: Date) -> Assessment {
    let shown: Vec<Shown<'_>> = made.iter().map(shown).collect();
    let need = Need { country, occupation: Some(occupation), purpose, day, published: &NOTHING_PUBLISHED };
    assess(&shown, &need, &[])
}

fn degree() -> Made {
    record(
        Kind::QualificationAwarded,
        "PH",
        &json!({"awarding_date": "2018-04-20", "is_partial_qualification": false, "isco08": "2221",
                "nqf_level": {"framework": "ph/pqf", "version": "2018", "code": "6"}}),
    )
}

fn decision(decision: &str, on: &str) -> Made {
    let mut claims = json!({"recognition_kind": "PROFESSIONAL", "decision": decision, "decided_on": on,
        "isco08": "2221", "origin_country": "PH", "reference_occupation": "Pflegefachfrau/-mann"});
    if decision != "FULL" {
        claims["substantial_differences"] = json!(["care of the aged"]);
    }
    record(Kind::RecognitionDecided, "DE", &claims)
}

fn licence(changes: &Value) -> Made {
    let mut claims = json!({"isco08": "2221", "limit_jurisdiction": "DE", "granted_on": "2025-10-01", "valid_from": "2025-10-01"});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    record(Kind::LicenceGranted, "DE", &claims)
}

fn applies<'a>(answer: &'a Assessment, id: &str) -> Option<&'a InstrumentLine> {
    answer.instruments.iter().find(|line| line.id == id)
}

#[test]
fn partial_recognition_becomes_a_right_to_practise_only_by_a_licence() {
    let before = [degree(), decision("PARTIAL", "2024-09-16")];
    let answer = ask(&before, "DE", "2221", Purpose::Practise, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::Partial, Outcome::Fail));
    let missing: Vec<&str> = answer.missing.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(missing[0], "care of the aged");
    assert!(missing.iter().any(|what| what.starts_with("a licence for DE")), "{missing:?}");
    let after = [degree(), decision("FULL", "2025-09-25"), licence(&json!({}))];
    let answer = ask(&after, "DE", "2221", Purpose::Practise, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::InForce, Outcome::Pass));
    assert!(answer.missing.is_empty(), "{:?}", answer.missing);
    // A full decision alone is no licence.
    let answer = ask(&after[..2], "DE", "2221", Purpose::Practise, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::Recognised, Outcome::Fail));
    // What came later answers no question about an earlier day.
    let answer = ask(&after, "DE", "2221", Purpose::Practise, date(2025, 9, 24));
    assert_eq!((answer.state, answer.outcome()), (State::NoDecision, Outcome::Fail));
}

#[test]
fn a_licence_with_conditions_expired_or_withdrawn_is_not_in_force() {
    let with =
        |made: Made| ask(&[decision("FULL", "2025-09-25"), made], "DE", "2221", Purpose::Practise, DAY);
    let limited = with(licence(&json!({"conditions": ["under supervision only"]})));
    assert_eq!((limited.state, limited.outcome()), (State::InForceWithConditions, Outcome::Unknown));
    let ended = |last: &str| with(licence(&json!({"valid_until": last}))).state;
    assert_eq!(ended("2025-11-30"), State::InForce, "the last day is inclusive");
    assert_eq!(ended("2025-11-29"), State::Expired);
    let revoked = with(Made { stands: Some(false), ..licence(&json!({})) });
    assert_eq!((revoked.state, revoked.outcome()), (State::Revoked, Outcome::Fail));
    assert_eq!(revoked.set_aside.len(), 1);
}

#[test]
fn another_member_state_follows_three_years_certified_by_the_first() {
    let made = [degree(), decision("FULL", "2025-09-25"), licence(&json!({}))];
    let why = |day| {
        let answer = ask(&made, "AT", "2221", Purpose::Practise, day);
        let line = applies(&answer, "eu/directive-2005-36").unwrap().clone();
        (line.applies, line.why)
    };
    let (applies, text) = why(date(2028, 9, 30));
    assert_eq!(applies, Applies::No);
    assert!(text.contains("CONDITION_NOT_MET until 2028-10-01") && text.contains("DE"), "{text}");
    assert_eq!(why(date(2028, 10, 1)).0, Applies::Unknown, "the certificate itself cannot be told");
    let unrecognised = ask(&[degree()], "AT", "2221", Purpose::Practise, DAY);
    let line = self::applies(&unrecognised, "eu/directive-2005-36").unwrap();
    assert!(line.applies == Applies::No && line.why.contains("article 2(2)"), "{}", line.why);
}

#[test]
fn an_arrangement_binds_its_parties_and_a_planned_one_nobody() {
    let accountant = record(
        Kind::QualificationAwarded,
        "KE",
        &json!({"awarding_date": "2020-01-15", "is_partial_qualification": false, "isco08": "2411"}),
    );
    let made = [accountant];
    let line = |country: &str, occupation: &str, id: &str| {
        let answer = ask(&made, country, occupation, Purpose::Practise, date(2023, 9, 1));
        applies(&answer, id).cloned().unwrap_or_else(|| panic!("{id} for {occupation} in {country}"))
    };
    let outside = line("DE", "2411", "asean/mra-accountancy");
    assert!(outside.applies == Applies::No && outside.why.contains("NOT_A_PARTY"), "{}", outside.why);
    let engineer = line("TZ", "2142", "eac/mra-engineering");
    assert_eq!(engineer.applies, Applies::Yes, "{}", engineer.why);
    let planned = line("RW", "2262", "eac/mra-pharmacy");
    assert!(planned.applies == Applies::No && planned.why.contains("NOT_IN_FORCE"), "{}", planned.why);
}

#[test]
fn what_unions_of_other_countries_agreed_is_no_answer() {
    let mason = record(
        Kind::QualificationAwarded,
        "BD",
        &json!({"awarding_date": "2023-06-20", "is_partial_qualification": false, "isco08": "7112"}),
    );
    let line = |country: &str, id: &str| {
        let answer = ask(std::slice::from_ref(&mason), country, "7112", Purpose::Hire, DAY);
        applies(&answer, id).is_some()
    };
    for (country, id, is_told) in [
        ("CH", "ch/lmv", true),
        ("SA", "ch/lmv", false),
        ("QA", "qa/workers-welfare-2016", true),
        ("PL", "qa/workers-welfare-2016", false),
    ] {
        assert_eq!(line(country, id), is_told, "{id} for {country}");
    }
}

#[test]
fn wherever_an_agreement_is_the_basis_its_kind_and_force_are_said() {
    let placed = record(
        Kind::PlacementStarted,
        "JP",
        &json!({"isco08": "8142", "started_on": "2022-04-01", "origin_country": "IN", "destination_country": "JP",
                "instrument": "in-jp/titp-2017"}),
    );
    let answer = ask(&[placed], "JP", "8142", Purpose::Hire, DAY);
    let line = applies(&answer, "in-jp/titp-2017").unwrap();
    assert_eq!(line.kind, "MOU");
    assert!(line.force.starts_with("non-binding"), "{}", line.force);
    assert_eq!(line.cited_by, ["urn:PlacementStarted"]);
    assert!(render(&answer.to_json()).contains("MOU, non-binding"));
    let cited = record(
        Kind::PlacementStarted,
        "JP",
        &json!({"isco08": "8142", "started_on": "2022-04-01", "origin_country": "IN", "destination_country": "JP",
                "instrument": "treaty of nowhere"}),
    );
    let answer = ask(&[cited], "JP", "8142", Purpose::Hire, DAY);
    let line = applies(&answer, "treaty of nowhere").unwrap();
    assert_eq!((line.applies, line.force), (Applies::Unknown, "not known"));
}

#[test]
fn an_occupation_said_to_be_unregulated_is_the_employers_to_assess() {
    let said = |regulated: bool| {
        record(
            Kind::RecognitionApplied,
            "DE",
            &json!({"recognition_kind": "PROFESSIONAL", "applied_on": "2024-01-02", "isco08": "7112", "regulated": regulated}),
        )
    };
    let answer = ask(&[said(false)], "DE", "7112", Purpose::Hire, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::EmployerAssesses, Outcome::Pass));
    // A statement that decides nothing takes nothing away from that.
    let statement = record(
        Kind::RecognitionDecided,
        "DE",
        &json!({"recognition_kind": "ACADEMIC", "decision": "COMPARABILITY_STATEMENT", "decided_on": "2024-01-03",
                "isco08": "7112", "regulated": false}),
    );
    let answer = ask(&[said(false), statement], "DE", "7112", Purpose::Hire, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::EmployerAssesses, Outcome::Pass));
    let answer = ask(&[said(true)], "DE", "7112", Purpose::Hire, DAY);
    assert_eq!((answer.state, answer.outcome()), (State::Unknown, Outcome::Unknown));
}

#[test]
fn nothing_says_that_somebody_may_work_or_how_much_anything_is_worth() {
    let made = [degree(), decision("FULL", "2025-09-25"), licence(&json!({}))];
    for (country, purpose) in [("DE", Purpose::Practise), ("AT", Purpose::Hire), ("PH", Purpose::Study)] {
        let answer = ask(&made, country, "2221", purpose, DAY).to_json();
        let text = format!("{answer} {}", render(&answer)).to_lowercase();
        for word in ["may work", "score", "percent", "equivalent", "visa"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        assert!(text.contains("admission and residence: unknown"), "{text}");
    }
}

#[test]
fn the_directive_that_is_explained_is_in_the_registry() {
    let answer = ask(&[degree()], "AT", "2221", Purpose::Practise, DAY);
    let line = applies(&answer, "eu/directive-2005-36").unwrap();
    assert!(line.source.is_some() && line.kind == "LEGISLATION");
}

proptest! {
    /// Whether an occupation is regulated is unknown where no law is stored, and what the worker says of themselves never
    /// changes an answer.
    #[test]
    fn silence_is_unknown_and_self_declared_records_decide_nothing(
        country in "(QA|SA|NP|ZM|CD|JP)", occupation in "(7112|9313|8142|5321)", statements in 0_usize..4,
    ) {
        let own = |_| record(Kind::SelfAssessed, "", &json!({"assessed_on": "2017-05-03", "isco08": "7112"}));
        let made: Vec<Made> = (0..statements).map(own).collect();
        for purpose in [Purpose::Practise, Purpose::Hire] {
            let answer = ask(&made, &country, &occupation, purpose, DAY);
            prop_assert_eq!(answer.state, State::Unknown);
            prop_assert_eq!(answer.outcome(), Outcome::Unknown);
            prop_assert!(answer.evidence.is_empty());
        }
    }

    /// No order of the same records changes the answer.
    #[test]
    fn the_order_of_records_changes_nothing(swap in any::<bool>(), day in 0_i32..900) {
        use jiff::ToSpan as _;
        let mut made = vec![degree(), decision("PARTIAL", "2024-09-16"), licence(&json!({"granted_on": "2025-10-01"}))];
        let day = date(2024, 6, 1).checked_add(day.days()).unwrap();
        let first = ask(&made, "DE", "2221", Purpose::Practise, day);
        if swap { made.reverse(); } else { made.rotate_left(1); }
        let second = ask(&made, "DE", "2221", Purpose::Practise, day);
        prop_assert_eq!((first.state, first.outcome(), first.missing), (second.state, second.outcome(), second.missing));
        if day < date(2025, 10, 1) {
            prop_assert!(first.state != State::InForce);
        }
    }
}
