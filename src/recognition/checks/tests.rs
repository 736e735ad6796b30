//! The journeys' questions, as plain facts.

use jiff::civil::{Date, date};

use super::*;
use crate::event::Kind;
use crate::recognition::{
    Cited, LedgerReferences, NOTHING_PUBLISHED, PublishedProfession, PublishedReferencing,
};

const GRANT: &str = "grant";
const DECISION: &str = "decision";

fn need(country: &'static str, occupation: &'static str, purpose: Purpose) -> Need<'static> {
    Need {
        country,
        occupation: Some(occupation),
        purpose,
        day: date(2026, 1, 15),
        published: &NOTHING_PUBLISHED,
    }
}

fn nurse_in_germany() -> Need<'static> {
    need("DE", "2221", Purpose::Practise)
}

fn decision(outcome: &'static str) -> RecordFacts<'static> {
    RecordFacts {
        stands: Some(true),
        country: Some("DE"),
        origin_country: Some("PH"),
        award_date: Some(date(2024, 9, 16)),
        recognition_kind: Some("PROFESSIONAL"),
        decision: Some(outcome),
        isco08: Some("2221"),
        ..RecordFacts::new(Kind::RecognitionDecided, DECISION)
    }
}

fn licence() -> RecordFacts<'static> {
    RecordFacts {
        stands: Some(true),
        country: Some("DE"),
        isco08: Some("2221"),
        limit_jurisdiction: Some("DE"),
        from: Some(date(2025, 10, 1)),
        until: Some(date(2028, 9, 30)),
        ..RecordFacts::new(Kind::LicenceGranted, GRANT)
    }
}

fn change(kind: Kind, from: Date, until: Option<Date>) -> RecordFacts<'static> {
    RecordFacts {
        stands: Some(true),
        refers_to: Some(GRANT),
        limit_jurisdiction: Some("DE"),
        from: Some(from),
        until,
        ..RecordFacts::new(kind, "change")
    }
}

fn measure(result: &'static str) -> RecordFacts<'static> {
    RecordFacts {
        stands: Some(true),
        refers_to: Some(DECISION),
        result: Some(result),
        ..RecordFacts::new(Kind::CompensationMeasureCompleted, "measure")
    }
}

fn levelled(
    framework: &'static str,
    version: &'static str,
    code: &'static str,
    awarded: Date,
) -> RecordFacts<'static> {
    RecordFacts {
        award_date: Some(awarded),
        level: Some(LevelFact { framework, version, code }),
        ..RecordFacts::new(Kind::QualificationAwarded, "award")
    }
}

#[test]
fn a_level_stands_in_the_edition_of_its_award_date() {
    use Outcome::{Fail, NotApplicable, Pass, Unknown};
    for (framework, version, code, awarded, expected) in [
        ("in/nsqf", "2013", "7", date(2019, 5, 1), Pass),
        ("in/nsqf", "2023", "7", date(2019, 5, 1), Fail),
        ("in/nsqf", "2013", "7", date(2023, 6, 6), Fail),
        ("in/nsqf", "2023", "10", date(2024, 1, 1), Fail),
        ("ph/pqf", "2018", "6", date(2018, 4, 20), Pass),
        ("it/qnq", "2024", "4", date(2020, 7, 1), Pass),
        ("fr/rncp", "2024", "4", date(2016, 7, 1), Unknown),
        ("fr/rncp", "2024", "4", date(2024, 7, 1), Pass),
        ("np/nstb", "undated", "2", date(2023, 6, 1), Pass),
        ("xx/none", "1", "2", date(2023, 6, 1), Unknown),
    ] {
        let finding = framework_version(&levelled(framework, version, code, awarded), &NOTHING_PUBLISHED);
        assert_eq!(finding.outcome, expected, "{framework} {version} {code}: {}", finding.detail);
    }
    assert_eq!(framework_version(&decision("FULL"), &NOTHING_PUBLISHED).outcome, NotApplicable);
}

#[test]
fn a_claimed_eqf_level_must_be_the_published_one() {
    use Outcome::{Fail, Pass, Unknown};
    let awarded = date(2020, 7, 1);
    for (framework, version, code, eqf, expected) in [
        ("it/qnq", "2024", "4", "4", Pass),
        ("it/qnq", "2024", "4", "5", Fail),
        ("ie/nfq", "2024", "10", "8", Pass),
        ("ph/pqf", "2018", "6", "6", Fail),
        ("ba/bqf", "2024", "6", "6", Fail),
        ("bg/nqf", "2024", "0", "1", Fail),
        ("gb-sct/scqf", "2024", "11", "7", Unknown),
        ("md/nqf", "2024", "4.12", "4", Unknown),
    ] {
        let record = RecordFacts { eqf_level: Some(eqf), ..levelled(framework, version, code, awarded) };
        let finding = level_relation(&record, None, &NOTHING_PUBLISHED);
        assert_eq!(finding.outcome, expected, "{framework} {code}: {}", finding.detail);
    }
}

#[test]
fn without_a_claim_levels_stand_side_by_side() {
    use Outcome::{NotApplicable, Pass, Unknown};
    let ph = RecordFacts { country: Some("PH"), ..levelled("ph/pqf", "2018", "6", date(2018, 4, 20)) };
    let finding = level_relation(&ph, Some("DE"), &NOTHING_PUBLISHED);
    assert_eq!(finding.outcome, Unknown);
    assert!(finding.detail.contains("NoPublishedRelation"), "{}", finding.detail);
    assert_eq!(level_relation(&ph, Some("PH"), &NOTHING_PUBLISHED).outcome, NotApplicable);
    assert_eq!(level_relation(&ph, None, &NOTHING_PUBLISHED).outcome, NotApplicable);
    assert_eq!(level_relation(&ph, Some("MY"), &NOTHING_PUBLISHED).outcome, Unknown, "before the report");
    let it = RecordFacts { country: Some("IT"), ..levelled("it/qnq", "2024", "4", date(2020, 7, 1)) };
    let finding = level_relation(&it, Some("DE"), &NOTHING_PUBLISHED);
    assert_eq!(finding.outcome, Pass);
    assert!(finding.detail.contains("eqf 4") && finding.detail.contains("Cedefop"), "{}", finding.detail);
    assert_eq!(
        level_relation(&it, Some("EG"), &NOTHING_PUBLISHED).outcome,
        Unknown,
        "no regional framework stored"
    );
}

#[test]
fn academic_and_professional_recognition_do_not_stand_in_for_each_other() {
    use Outcome::{Fail, Pass, Unknown};
    let academic = RecordFacts { recognition_kind: Some("ACADEMIC"), ..decision("FULL") };
    let study = need("DE", "2221", Purpose::Study);
    for (record, need, expected) in [
        (academic, study, Pass),
        (academic, nurse_in_germany(), Fail),
        (decision("FULL"), nurse_in_germany(), Pass),
        (decision("PARTIAL"), nurse_in_germany(), Pass),
        (decision("FULL"), study, Fail),
        (decision("COMPARABILITY_STATEMENT"), nurse_in_germany(), Fail),
        (decision("REFUSED"), nurse_in_germany(), Fail),
        (RecordFacts { decision: None, ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { stands: None, ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { country: Some("AT"), ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { isco08: None, ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { isco08: Some("222"), ..decision("FULL") }, nurse_in_germany(), Pass),
        (RecordFacts { isco08: Some("2"), ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { isco08: Some("2222"), ..decision("FULL") }, nurse_in_germany(), Unknown),
        (RecordFacts { stands: Some(false), ..decision("FULL") }, nurse_in_germany(), Unknown),
    ] {
        let finding = recognition_kind(&[record], &need);
        assert_eq!(finding.outcome, expected, "{}", finding.detail);
    }
}

#[test]
fn an_employer_assesses_only_where_the_authority_says_so() {
    let mason = need("QA", "7112", Purpose::Hire);
    assert_eq!(recognition_kind(&[], &mason).outcome, Outcome::Unknown, "unknown, never unregulated");
    assert_eq!(licence_in_destination(&[], &mason).outcome, Outcome::Unknown);
    let said = |country| RecordFacts {
        stands: Some(true),
        country: Some(country),
        regulated: Some(false),
        isco08: mason.occupation,
        ..RecordFacts::new(Kind::RecognitionApplied, "application")
    };
    assert_eq!(recognition_kind(&[said("QA")], &mason).outcome, Outcome::NotApplicable);
    assert_eq!(licence_in_destination(&[said("QA")], &mason).outcome, Outcome::NotApplicable);
    let other = RecordFacts { isco08: Some("7411"), ..said("QA") };
    assert_eq!(recognition_kind(&[other], &mason).outcome, Outcome::Unknown, "said of another occupation");
    let doubted = RecordFacts { regulated: Some(true), ..said("QA") };
    assert_eq!(recognition_kind(&[said("QA"), doubted], &mason).outcome, Outcome::Unknown);
    assert_eq!(recognition_kind(&[said("NP")], &mason).outcome, Outcome::Unknown);
    let nurse = need("DE", "2221", Purpose::Hire);
    assert_eq!(
        recognition_kind(&[said("DE")], &nurse).outcome,
        Outcome::Unknown,
        "a stored law outweighs it"
    );
}

#[test]
fn a_regulated_occupation_needs_the_destinations_licence() {
    use Outcome::{Fail, NotApplicable, Pass, Unknown};
    let german = nurse_in_germany();
    let found = |records: &[RecordFacts<'_>]| licence_in_destination(records, &german).outcome;
    assert_eq!(found(&[decision("PARTIAL")]), Fail, "a decision is no licence");
    assert_eq!(found(&[RecordFacts { limit_jurisdiction: Some("PH"), ..licence() }]), Fail);
    assert_eq!(found(&[RecordFacts { isco08: Some("5321"), ..licence() }]), Fail);
    assert_eq!(found(&[licence()]), Pass);
    assert_eq!(found(&[RecordFacts { isco08: None, ..licence() }]), Unknown);
    assert_eq!(found(&[RecordFacts { stands: None, ..licence() }]), Unknown);
    assert_eq!(found(&[RecordFacts { stands: Some(false), ..licence() }]), Fail);
    assert_eq!(licence_in_destination(&[], &need("DE", "2221", Purpose::Study)).outcome, NotApplicable);
}

#[test]
fn a_licence_is_valid_on_its_last_day_and_not_after() {
    let on = |day| licence_in_destination(&[licence()], &Need { day, ..nurse_in_germany() }).outcome;
    assert_eq!(on(date(2025, 9, 30)), Outcome::Fail);
    assert_eq!(on(date(2025, 10, 1)), Outcome::Pass);
    assert_eq!(on(date(2028, 9, 30)), Outcome::Pass);
    assert_eq!(on(date(2028, 10, 1)), Outcome::Fail);
}

#[test]
fn changes_of_a_licence_count_from_their_day() {
    use Outcome::{Fail, Pass};
    let found = |changes: &[RecordFacts<'_>], day| {
        let records = [&[licence()], changes].concat();
        licence_in_destination(&records, &Need { day, ..nurse_in_germany() }).outcome
    };
    let suspended = change(Kind::LicenceSuspended, date(2026, 2, 3), Some(date(2026, 8, 2)));
    assert_eq!(found(&[suspended], date(2026, 2, 2)), Pass);
    assert_eq!(found(&[suspended], date(2026, 2, 3)), Fail);
    assert_eq!(found(&[suspended], date(2026, 8, 3)), Pass, "the suspension has run out");
    let reinstated = change(Kind::LicenceReinstated, date(2026, 5, 1), None);
    assert_eq!(found(&[suspended, reinstated], date(2026, 5, 1)), Pass);
    let revoked = change(Kind::LicenceRevoked, date(2026, 6, 1), None);
    assert_eq!(found(&[suspended, reinstated, revoked], date(2027, 1, 1)), Fail);
    let renewed = change(Kind::LicenceRenewed, date(2028, 10, 1), Some(date(2031, 9, 30)));
    assert_eq!(found(&[renewed], date(2031, 9, 30)), Pass);
    assert_eq!(found(&[renewed], date(2031, 10, 1)), Fail);
}

#[test]
fn a_partial_decision_is_never_full_until_its_measure_is_passed() {
    use Outcome::{Fail, NotApplicable, Pass, Unknown};
    let found = |records: &[RecordFacts<'_>]| conditions(records, &nurse_in_germany()).outcome;
    assert_eq!(found(&[decision("PARTIAL")]), Fail);
    assert_eq!(found(&[decision("CONDITIONAL"), measure("FAILED")]), Fail);
    assert_eq!(found(&[decision("PARTIAL"), measure("PASSED")]), Pass);
    assert_eq!(found(&[decision("PARTIAL"), RecordFacts { stands: None, ..measure("PASSED") }]), Fail);
    assert_eq!(found(&[decision("PARTIAL"), RecordFacts { hash: "later", ..decision("FULL") }]), Pass);
    assert_eq!(found(&[decision("FULL"), RecordFacts { has_conditions: true, ..licence() }]), Unknown);
    assert_eq!(found(&[]), NotApplicable);
    let later = RecordFacts { award_date: Some(date(2026, 1, 16)), ..measure("PASSED") };
    assert_eq!(found(&[decision("PARTIAL"), later]), Fail, "passed the day after the day asked about");
    let later = RecordFacts { hash: "later", award_date: Some(date(2026, 1, 16)), ..decision("FULL") };
    assert_eq!(found(&[decision("PARTIAL"), later]), Fail, "decided the day after");
}

#[test]
fn the_fullest_decision_is_named() {
    let full = RecordFacts { hash: "later", ..decision("FULL") };
    for records in [[decision("PARTIAL"), full], [full, decision("PARTIAL")]] {
        let finding = recognition_kind(&records, &nurse_in_germany());
        assert!(finding.detail.ends_with("FULL"), "{}", finding.detail);
    }
    let later = RecordFacts { award_date: Some(date(2026, 1, 16)), ..full };
    assert_eq!(recognition_kind(&[later], &nurse_in_germany()).outcome, Outcome::Unknown);
}

#[test]
fn an_instrument_needs_both_parties_on_the_day() {
    use Outcome::{Fail, NotApplicable, Pass, Unknown};
    let citing = |instrument, country, origin, day| RecordFacts {
        instrument: Some(instrument),
        country: Some(country),
        origin_country: Some(origin),
        award_date: Some(day),
        ..decision("FULL")
    };
    let day = date(2024, 9, 16);
    for (record, expected) in [
        (citing("asean/mra-nursing", "SG", "PH", day), Pass),
        (citing("asean/mra-nursing", "DE", "PH", day), Fail),
        (citing("asean/mra-nursing", "TL", "PH", day), Unknown),
        (citing("asean/mra-nursing", "SG", "PH", date(2006, 12, 7)), Fail),
        (citing("asean/mra-engineering", "SG", "PH", day), Fail),
        (citing("eac/mra-pharmacy", "RW", "KE", day), Fail),
        (citing("eac/mra-engineering", "RW", "KE", day), Fail),
        (citing("de-ph/nurses-2013", "DE", "PH", day), Pass),
        (citing("some treaty", "DE", "PH", day), Unknown),
        (RecordFacts { origin_country: None, ..citing("asean/mra-nursing", "SG", "PH", day) }, Unknown),
    ] {
        let finding = mra_parties(&record);
        assert_eq!(finding.outcome, expected, "{:?} {}", record.instrument, finding.detail);
    }
    assert_eq!(mra_parties(&decision("FULL")).outcome, NotApplicable);
    let placement =
        RecordFacts { kind: Kind::PlacementStarted, ..citing("de-ph/nurses-2013", "DE", "PH", day) };
    assert_eq!(mra_parties(&placement).outcome, NotApplicable);
    let granted = |country| RecordFacts {
        country: Some(country),
        award_date: Some(day),
        instrument: Some("asean/mra-nursing"),
        ..licence()
    };
    assert_eq!(mra_parties(&granted("SG")).outcome, Pass, "a licence is about its own country");
    assert_eq!(mra_parties(&granted("DE")).outcome, Fail);
    let engineers = RecordFacts { isco08: Some("2142"), ..citing("eac/mra-engineering", "RW", "KE", day) };
    assert_eq!(mra_parties(&engineers).outcome, Unknown, "Rwanda may have joined since 2012");
    let binding = mra_parties(&citing("de-ph/nurses-2013", "DE", "PH", day)).detail;
    assert!(binding.contains("INTER_AGENCY") && !binding.contains("needs-check"), "{binding}");
    let unread = mra_parties(&citing("eg-it/schools-1970", "IT", "EG", day)).detail;
    assert!(unread.contains("needs-check"), "{unread}");
}

fn regulated(isco08: &str, country: &str, is: bool, recorded_on: Date) -> PublishedProfession {
    let source = Cited { title: "gazette".into(), url: None, as_of: "2010-01-01".into(), published: None };
    PublishedProfession {
        isco08: isco08.into(),
        country: country.into(),
        title: "a trade".into(),
        law: "an act".into(),
        regulated: is,
        valid_from: date(2010, 1, 1),
        valid_until: Some(date(2026, 3, 31)),
        recorded_on,
        source,
    }
}

/// A body's word on a profession goes before the built-in tables, for its very code before its group, while it holds, and from
/// its recording on.
#[test]
fn a_published_law_is_a_law_and_so_is_the_word_that_there_is_none() {
    use Outcome::{Fail, NotApplicable, Unknown};
    let ask = |professions: Vec<PublishedProfession>, day| {
        let published = LedgerReferences { professions, ..LedgerReferences::default() };
        let need = Need { day, published: &published, ..need("QA", "7112", Purpose::Hire) };
        (law_of(&need).map(|law| law.source), licence_in_destination(&[], &need).outcome)
    };
    let (recorded, day) = (date(2026, 1, 10), date(2026, 1, 15));
    let reserved = || regulated("711", "QA", true, recorded);
    assert_eq!(ask(vec![], day), (None, Unknown));
    assert_eq!(ask(vec![reserved()], day), (Some("an act (gazette)".into()), Fail));
    assert_eq!(ask(vec![regulated("7112", "QA", false, recorded), reserved()], day), (None, NotApplicable));
    assert_eq!(ask(vec![regulated("711", "OM", true, recorded)], day), (None, Unknown), "another country's");
    assert_eq!(ask(vec![reserved()], date(2026, 1, 9)), (None, Unknown), "nobody had said so yet");
    assert_eq!(ask(vec![reserved()], date(2026, 4, 1)), (None, Unknown), "it holds no longer");
    // Germany's own law is built in; a body's word that it is gone goes before it.
    let published = LedgerReferences {
        professions: vec![regulated("2221", "DE", false, recorded)],
        ..LedgerReferences::default()
    };
    assert!(law_of(&nurse_in_germany()).is_some());
    assert_eq!(law_of(&Need { published: &published, ..nurse_in_germany() }), None);
}

/// An old award is judged by what is known on the day of the question about the day of the award.
#[test]
fn a_referencing_recorded_after_the_award_counts_for_who_asks_later() {
    use Outcome::{Pass, Unknown};
    let cited = Cited { title: "report".into(), url: None, as_of: "2019".into(), published: None };
    let referencing = PublishedReferencing {
        framework: "ph/pqf".into(),
        version: "2018".into(),
        target: "aqrf".into(),
        compared: false,
        rows: vec![("6".into(), Some("6".into()))],
        published_on: date(2019, 5, 23),
        recorded_on: date(2026, 1, 10),
        ended: None,
        source: cited,
    };
    let awarded = |day| levelled("ph/pqf", "2018", "6", day);
    let known_on = |day| LedgerReferences {
        referencings: vec![referencing.clone()],
        known_on: Some(day),
        ..LedgerReferences::default()
    };
    let on = |award, day| level_relation(&awarded(award), Some("MY"), &known_on(day)).outcome;
    assert_eq!(on(date(2020, 4, 20), date(2026, 1, 15)), Pass);
    assert_eq!(on(date(2020, 4, 20), date(2026, 1, 9)), Unknown, "what is built in needs a check");
    assert_eq!(on(date(2018, 4, 20), date(2026, 1, 15)), Unknown, "before it was published");
}
