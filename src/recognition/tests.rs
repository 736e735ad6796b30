//! Every kind of answer, and what the stored edges must never do.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::published::{LedgerReferences, PublishedFramework, PublishedReferencing};
use super::*;
use crate::event::vocab::frameworks;

const TODAY: Date = date(2026, 11, 23);

fn ask(from: &str, target: &str) -> Answer {
    relate_level(from, target, TODAY).unwrap().answer
}

fn reason(from: &str, target: &str) -> &'static str {
    relate_level(from, target, TODAY).unwrap_err().reason()
}

#[test]
fn a_published_edge_comes_with_level_source_and_date() {
    let relation = relate_level("ie/nqf:10", "eqf", TODAY).unwrap();
    assert_eq!((relation.from.as_str(), relation.target.as_str()), ("ie/nfq:10", "eqf"));
    assert_eq!(relation.answer.edge(), Some(("8", "referenced")));
    let source = relation.answer.source().unwrap();
    assert!(source.title.contains("Cedefop"));
    assert_eq!(source.as_of, "2024");
}

#[test]
fn what_is_not_published_is_refused_by_name() {
    for (from, target) in [
        ("ph/nqf:6", "eqf"),
        ("my/nqf:6", "eqf"),
        ("vn/vqf:4", "aqrf"),
        ("aqrf:6", "eqf"),
        ("de/dqr:4", "ie/nfq"),
    ] {
        assert_eq!(ask(from, target).name(), "NoPublishedRelation", "{from} {target}");
        assert_eq!(ask(from, target).level(), None);
    }
}

#[test]
fn edges_are_never_chained_nor_read_backwards() {
    assert_eq!(ask("my/mqf:6", "aqrf").level(), Some("6"));
    assert_eq!(ask("my/mqf:6", "eqf").level(), None, "MY to AQRF to EQF is no relation");
    assert_eq!(ask("ie/nfq:10", "eqf").level(), Some("8"));
    assert_eq!(ask("eqf:8", "ie/nfq").name(), "NoPublishedRelation");
}

#[test]
fn an_unreferenced_framework_differs_from_a_level_below_the_first() {
    for from in ["ba/nqf:4", "ge/nqf:4", "be-dg/qdg:4"] {
        assert_eq!(ask(from, "eqf").name(), "FrameworkNotReferenced", "{from}");
    }
    for from in ["bg/nqf:0", "ie/nfq:1", "nl/nlqf:Entry"] {
        assert_eq!(ask(from, "eqf").name(), "LevelBelowRange", "{from}");
    }
}

#[test]
fn comparisons_and_past_referencings_are_called_so() {
    assert!(matches!(ask("ua/nqf:5", "eqf"), Answer::Compared(_)));
    assert_eq!(ask("ua/nqf:5", "eqf").edge(), Some(("5", "compared")));
    assert_eq!(ask("gb-sct/scqf:11", "eqf"), ask("gb-sct/nqf:11", "eqf"));
    let Answer::Historic { level, .. } = ask("gb-sct/scqf:11", "eqf") else { panic!() };
    assert_eq!(level.as_deref(), Some("7"));
    assert_eq!(ask("gb-sct/scqf:1", "eqf").level(), None);
}

#[test]
fn unread_reports_need_a_check() {
    for (from, level) in
        [("ph/pqf:6", Some("6")), ("my/mqf:3", Some("3")), ("th/nqf:4", Some("4")), ("id/kkni:7", None)]
    {
        let answer = ask(from, "aqrf");
        assert_eq!((answer.name(), answer.level()), ("NeedsCheck", level), "{from}");
        assert!(answer.source().is_some());
    }
    for from in ["dk/nqf:1", "mk/nqf:1", "md/nqf:4.12", "cv/qnq:4"] {
        assert_eq!(ask(from, "eqf").name(), "NeedsCheck", "{from}");
    }
}

#[test]
fn sub_levels_go_where_the_table_says() {
    for (from, level) in [
        ("hr/croqf:7.1 sv", "7"),
        ("hr/croqf:4.2", "4"),
        ("cy/cyqf:5b", "5"),
        ("is/isqf:5.2", "6"),
        ("is/isqf:1", "2"),
        ("nl/nlqf:4+", "4"),
        ("mk/nqf:6A", "6"),
        ("si/sqf:9", "8"),
        ("si/sqf:4", "4"),
        ("me/nqf:1.2", "1"),
    ] {
        assert_eq!(ask(from, "eqf").level(), Some(level), "{from}");
    }
}

#[test]
fn a_day_before_the_relation_has_no_edge() {
    let on = |from: &str, target: &str, day: Date| relate_level(from, target, day).unwrap().answer.name();
    assert_eq!(on("de/dqr:4", "eqf", date(2013, 5, 30)), "NeedsCheck", "the source attests it the day after");
    assert_eq!(on("de/dqr:4", "eqf", date(2013, 5, 31)), "Edge");
    assert_eq!(on("de/dqr:4", "eqf", date(2008, 4, 22)), "NoPublishedRelation");
    assert_eq!(on("my/mqf:4", "aqrf", date(2019, 5, 22)), "NoPublishedRelation");
    assert_eq!(on("my/mqf:4", "aqrf", date(2019, 5, 23)), "NeedsCheck");
}

#[test]
fn names_that_mean_several_frameworks_are_refused_with_candidates() {
    let error = relate_level("PQF:6", "eqf", TODAY).unwrap_err();
    assert_eq!(error.reason(), "BARE_FRAMEWORK");
    let message = error.to_string();
    assert!(["ph/pqf", "pacific-pqf", "pl/prk"].iter().all(|id| message.contains(id)), "{message}");
    assert_eq!(reason("ie/nfq:10", "NQF"), "BARE_FRAMEWORK");
    assert_eq!(reason("lk/nqf:4", "eqf"), "BARE_FRAMEWORK");
}

#[test]
fn malformed_questions_are_refused_by_name() {
    for (from, target, expected) in [
        ("ie/nfq", "eqf", "LEVEL_MALFORMED"),
        ("ie/nfq:11", "eqf", "UNKNOWN_LEVEL"),
        ("ie/nfq:08", "eqf", "UNKNOWN_LEVEL"),
        ("ie/nfq:", "eqf", "UNKNOWN_LEVEL"),
        ("in/nsqf:10", "eqf", "UNKNOWN_LEVEL"),
        ("in/nsqf@2019:4", "eqf", "UNKNOWN_FRAMEWORK_VERSION"),
        ("zz/nqf:4", "eqf", "UNKNOWN_FRAMEWORK"),
        ("ie/nfq:10", "ie/nqf", "SAME_FRAMEWORK"),
    ] {
        assert_eq!(reason(from, target), expected, "{from} {target}");
    }
    assert_eq!(relate_level("in/nsqf@2013:10", "eqf", TODAY).unwrap().from, "in/nsqf@2013:10");
}

#[test]
fn every_stored_edge_is_about_a_stored_level_and_has_a_source() {
    for edge in edges::all() {
        let framework =
            Framework::resolve(edge.framework).unwrap_or_else(|error| panic!("{}: {error}", edge.framework));
        let target = Framework::resolve(edge.target).unwrap();
        assert!(!edge.source.title.is_empty() && !edge.source.as_of.is_empty(), "{}", edge.framework);
        assert_eq!(edge.rows().count(), edge.levels.split(',').filter(|row| !row.is_empty()).count());
        for row in edge.rows() {
            assert_eq!(framework.check_level(None, row.national), Ok(()), "{}", edge.framework);
            assert_eq!(
                row.regional.map_or(Ok(()), |level| target.check_level(None, level)),
                Ok(()),
                "{}",
                edge.framework
            );
        }
        assert_eq!(
            edges::all().filter(|other| framework.is(other.framework) && other.target == edge.target).count(),
            1
        );
    }
}

/// Counts of the transcribed table: 379 referenced, 8 compared, 23 historic, 27 without a level.
#[test]
fn the_european_table_is_whole() {
    let rows = |kind: Option<EdgeKind>, with_level: bool| {
        let of_kind = edges::all().filter(move |edge| edge.target == "eqf" && edge.kind == kind);
        of_kind.flat_map(edges::Referencing::rows).filter(|row| row.regional.is_some() == with_level).count()
    };
    assert_eq!(rows(Some(EdgeKind::Referenced), true), 379);
    assert_eq!(rows(Some(EdgeKind::Compared), true), 8);
    assert_eq!(rows(Some(EdgeKind::Historic), true) + rows(Some(EdgeKind::Historic), false), 23);
    assert_eq!(rows(None, false) + rows(Some(EdgeKind::Referenced), false), 27);
}

/// The example of SPEC.md, "Relations", line by line.
#[test]
fn the_specifications_example_is_what_we_answer() {
    let spec = include_str!("../../proto/SPEC.md");
    let (_, relations) = spec.split_once("\n## Relations\n").unwrap();
    let example = relations.split("```").nth(1).unwrap();
    let lines: Vec<&str> = example.lines().skip(1).collect();
    assert_eq!(lines.len(), 9);
    for line in lines {
        let items: Vec<&str> =
            line.split([' ', ',', ';', '(', ')']).filter(|item| !item.is_empty()).collect();
        let [from, target, answer, ..] = items[..] else { panic!("{line}") };
        match relate_level(from, target, TODAY) {
            Ok(relation) => {
                assert_eq!(relation.answer.name(), answer, "{line}");
                let level = relation.answer.level();
                assert_eq!(level, items.get(3).copied().filter(|item| item.parse::<u8>().is_ok()), "{line}");
            }
            Err(error) => assert!(line.contains(error.reason()), "{line}: {error}"),
        }
    }
}

/// The table, row by row, against the transcription it was compressed from, where that is at hand.
#[test]
fn the_european_table_is_the_transcribed_one() {
    let Ok(text) = std::fs::read_to_string("../shared/data/nqf_eqf_2024.csv") else { return };
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let mut count = 0;
    for row in rows.records() {
        let row = row.unwrap();
        let (region, level, eqf, relation) = (row[0].to_lowercase(), &row[2], &row[3], &row[4]);
        // A row that the source leaves blank stands under the level of its neighbours.
        let blank = level.is_empty();
        let found = edge_rows()
            .find(|edge| {
                let of_region = edge.framework.split('/').next() == Some(region.as_str());
                of_region && edge.target == "eqf" && (edge.level == level || blank && edge.level == "1")
            })
            .unwrap_or_else(|| panic!("{row:?}"));
        let expected = Some(eqf).filter(|eqf| !eqf.is_empty() && *eqf != "none");
        assert_eq!(found.target_level, expected, "{row:?}");
        let kind = match (relation, found.kind) {
            ("none", _) => continue,
            (_, kind) => kind.map(EdgeKind::name),
        };
        assert_eq!(kind, Some(relation), "{row:?}");
        count += 1;
    }
    assert_eq!(count, 379 + 8 + 23);
}

#[test]
fn without_an_edge_the_descriptors_stand_side_by_side_and_compare_nothing() {
    let beside = relate_level("caricom-cvq:2", "eqf", TODAY).unwrap().side_by_side.unwrap();
    assert_eq!(beside.from.map(|row| row.level), Some("2"));
    assert_eq!(beside.target.len(), 8);
    let printed = listing::side_by_side_json(&beside);
    assert_eq!(printed["is_comparison"], false);
    assert!(
        relate_level("ie/nfq:10", "eqf", TODAY).unwrap().side_by_side.is_none(),
        "an edge speaks for itself"
    );
}

#[test]
fn a_relation_stays_with_its_edition() {
    assert_eq!(ask("fr/rncp@2024:5", "eqf").level(), Some("5"));
    assert_eq!(ask("fr/rncp@before-2019:III", "eqf").name(), "NoPublishedRelation");
    assert_eq!(reason("fr/rncp@before-2019:3", "eqf"), "UNKNOWN_LEVEL");
    assert_eq!(reason("fr/rncp@2024:III", "eqf"), "UNKNOWN_LEVEL");
}

fn cited() -> Cited {
    let published = Some(("https://authority.example.invalid".to_owned(), 7));
    Cited { title: "report".into(), url: None, as_of: "2020-01-01".into(), published }
}

fn referencing(framework: &str, rows: &[(&str, Option<&str>)], recorded_on: Date) -> PublishedReferencing {
    PublishedReferencing {
        framework: framework.into(),
        version: "2018".into(),
        target: "aqrf".into(),
        compared: false,
        rows: rows.iter().map(|(from, to)| ((*from).to_owned(), to.map(str::to_owned))).collect(),
        published_on: date(2019, 5, 23),
        recorded_on,
        ended: None,
        source: cited(),
    }
}

#[test]
fn what_a_body_published_goes_before_what_is_built_in_from_its_recording_on() {
    let ledger = LedgerReferences {
        referencings: vec![referencing("ph/pqf", &[("6", Some("6")), ("1", None)], date(2025, 2, 1))],
        ..LedgerReferences::default()
    };
    let on = |level: &str, day| relate_level_with(level, "aqrf", day, &ledger).unwrap().answer;
    assert_eq!(
        on("ph/pqf:6", date(2025, 1, 31)),
        relate_level("ph/pqf:6", "aqrf", date(2025, 1, 31)).unwrap().answer
    );
    assert_eq!(on("ph/pqf:6", date(2025, 2, 1)).edge(), Some(("6", "referenced")));
    assert_eq!(on("ph/pqf:6", TODAY).source().unwrap().published.as_ref().map(|(_, leaf)| *leaf), Some(7));
    assert_eq!(on("ph/pqf:1", TODAY).name(), "LevelBelowRange");
    assert_eq!(on("ph/pqf:5", TODAY).name(), "NeedsCheck", "its table has no such row");
    assert_eq!(on("my/mqf:6", TODAY).name(), "NeedsCheck", "another country's is untouched");
}

#[test]
fn an_ended_referencing_is_historic_from_the_day_the_ledger_knew() {
    let mut ended = referencing("ph/pqf", &[("6", Some("6"))], date(2020, 1, 1));
    ended.ended = Some((date(2024, 1, 1), date(2025, 1, 1)));
    let ledger = LedgerReferences { referencings: vec![ended], ..LedgerReferences::default() };
    let on = |day| relate_level_with("ph/pqf:6", "aqrf", day, &ledger).unwrap().answer;
    assert_eq!(on(date(2024, 12, 31)).name(), "Edge", "nobody had said so yet");
    assert_eq!((on(date(2025, 1, 1)).name(), on(date(2025, 1, 1)).level()), ("Historic", Some("6")));
}

#[test]
fn a_published_framework_is_known_from_its_recording_on() {
    let published = PublishedFramework {
        framework: "np/nqf".into(),
        version: "2025".into(),
        levels: vec!["1".into(), "2".into()],
        valid_from: date(2025, 1, 1),
        valid_until: None,
        recorded_on: date(2025, 3, 1),
        source: cited(),
    };
    let ledger = LedgerReferences {
        frameworks: vec![published],
        referencings: vec![PublishedReferencing {
            version: "2025".into(),
            ..referencing("np/nqf", &[("2", Some("3"))], date(2025, 3, 2))
        }],
        ..LedgerReferences::default()
    };
    let ask = |level: &str, day| relate_level_with(level, "aqrf", day, &ledger);
    assert_eq!(ask("np/nqf:2", date(2025, 2, 28)).unwrap_err().reason(), "UNKNOWN_FRAMEWORK");
    assert_eq!(ask("np/nqf:2", date(2025, 3, 1)).unwrap().answer.name(), "NoPublishedRelation");
    assert_eq!(ask("np/nqf@2025:2", TODAY).unwrap().answer.edge(), Some(("3", "referenced")));
    assert_eq!(ask("np/nqf:3", TODAY).unwrap_err().reason(), "UNKNOWN_LEVEL");
}

/// Any level of any edition of any framework, and any framework.
fn any_question() -> impl Strategy<Value = (String, &'static str)> {
    let framework =
        || any::<prop::sample::Index>().prop_map(|at| *at.get(&frameworks::all().collect::<Vec<_>>()));
    (framework(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), framework()).prop_map(
        |(from, edition, level, target)| {
            let edition = edition.get(from.editions);
            (format!("{}@{}:{}", from.id, edition.version, level.get(edition.levels)), target.id)
        },
    )
}

fn any_day() -> impl Strategy<Value = Date> {
    (0_i32..9000).prop_map(|days| date(2005, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap())
}

proptest! {
    /// A level comes with its source and date, or a named refusal comes without a level; and it comes only from a stored row.
    #[test]
    fn every_answer_is_a_stored_row_or_a_named_refusal((from, target) in any_question(), day in any_day()) {
        let Ok(relation) = relate_level(&from, target, day) else { return Ok(()) };
        let answer = relation.answer;
        if let Some(level) = answer.level() {
            let source = answer.source();
            prop_assert!(source.is_some_and(|source| !source.title.is_empty() && !source.as_of.is_empty()));
            let (framework, code) = relation.from.split_once(':').unwrap();
            let framework = framework.split('@').next().unwrap();
            prop_assert!(edge_rows().any(|row| row.framework == framework && row.level == code
                && row.target == target && row.target_level == Some(level)), "{from} {target} {level}");
        } else {
            prop_assert!(answer.edge().is_none());
        }
    }

    /// No answer can be asked on: whatever a level is related to, the next step finds nothing published.
    #[test]
    fn no_second_step_is_answered((from, target) in any_question(), next in any_question(), day in any_day()) {
        let Ok(relation) = relate_level(&from, target, day) else { return Ok(()) };
        let Some(level) = relation.answer.level() else { return Ok(()) };
        let second = relate_level(&format!("{target}:{level}"), next.1, day);
        prop_assert!(second.is_err() || second.is_ok_and(|second| second.answer.name() == "NoPublishedRelation"));
    }

    /// What is published later changes no answer about an earlier day.
    #[test]
    fn a_newer_publication_never_changes_a_past_answer(day in any_day(), later in 1_i32..2000, level in 1_u8..9) {
        let recorded_on = day.checked_add(jiff::Span::new().days(later)).unwrap();
        let rows = [("1", Some("8")), ("6", Some("1"))];
        let ledger = LedgerReferences {
            referencings: vec![referencing("ph/pqf", &rows, recorded_on)],
            ..LedgerReferences::default()
        };
        let from = format!("ph/pqf:{level}");
        prop_assert_eq!(relate_level_with(&from, "aqrf", day, &ledger), relate_level(&from, "aqrf", day));
    }

    /// A bare abbreviation never stands for a framework, in whatever case it is written.
    #[test]
    fn bare_abbreviations_are_refused(at in 0_usize..4, upper in any::<bool>()) {
        let name = ["PQF", "NQF", "AQF", "RQF"][at];
        let name = if upper { name.to_owned() } else { name.to_lowercase() };
        let error = relate_level(&format!("{name}:4"), "eqf", TODAY).unwrap_err();
        prop_assert_eq!(error.reason(), "BARE_FRAMEWORK");
        let error = relate_level("ie/nfq:4", &name, TODAY).unwrap_err();
        prop_assert_eq!(error.reason(), "BARE_FRAMEWORK");
    }

    /// An occupation of which no law is stored is unknown, whichever it is.
    #[test]
    fn an_occupation_without_a_stored_law_is_unknown(code in 1000_u32..9999, country in 0_usize..250) {
        let code = code.to_string();
        let country = crate::event::vocab::countries::COUNTRIES[country].0;
        let stored = professions().any(|row| row.country == country && code.starts_with(row.isco08));
        prop_assert!(stored || regulated(&code, country, TODAY).is_none());
    }
}
