//! Every kind of answer, and what the stored edges must never do.

use jiff::civil::{Date, date};

use super::*;

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
    let Answer::Edge { level, kind, source, .. } = relation.answer else { panic!("{:?}", relation.answer) };
    assert_eq!((level, kind), ("8", EdgeKind::Referenced));
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
    let Answer::Edge { kind, level, .. } = ask("ua/nqf:5", "eqf") else {
        panic!("{:?}", ask("ua/nqf:5", "eqf"))
    };
    assert_eq!((kind, level), (EdgeKind::Compared, "5"));
    assert_eq!(ask("gb-sct/scqf:11", "eqf"), ask("gb-sct/nqf:11", "eqf"));
    let Answer::Historic { level, .. } = ask("gb-sct/scqf:11", "eqf") else { panic!() };
    assert_eq!(level, Some("7"));
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
    assert_eq!(reason("lk/nqf:4", "eqf"), "UNKNOWN_FRAMEWORK");
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
