//! National frameworks and the European Qualifications Framework.
//!
//! Level pairs: Cedefop's level tables, state of play 2024. From when: Cedefop's own reports of which frameworks were
//! linked by a day; the referencing may be older, but before that day nothing is claimed.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{EdgeKind, Referencing, SAME_1_TO_8};

const TABLES_2024: Source = Source {
    title: "Cedefop, NQFs online tool, level tables, state of play 2024",
    url: Some("https://www.cedefop.europa.eu/en/tools/nqfs-online-tool"),
    as_of: "2024",
};
const COMPARISON_UA: Source = Source {
    title: "Europass, comparison of the EQF with the national framework of Ukraine (2023); levels as in Cedefop's tables",
    url: Some("https://europass.europa.eu/en/node/2036"),
    as_of: "2024",
};
const COMPARISON_CV: Source = Source {
    title: "Europass, comparison of the EQF with the national framework of Cabo Verde (2023)",
    url: Some("https://europass.europa.eu/en/node/2036"),
    as_of: "2023",
};
const UNITED_KINGDOM: Source = Source {
    title: "EQF referencing reports of the United Kingdom, 2010 and 2014; general knowledge, not re-read",
    url: None,
    as_of: "2014",
};

/// Cedefop, press release on its fourth annual report: linked by December 2012.
const BY_2012: Since = Since::Attested(date(2012, 12, 31));
/// The same press release: linked by late May 2013. Germany's report is dated 8 May 2013.
const BY_MAY_2013: Since = Since::Attested(date(2013, 5, 31));
/// Cedefop, news on the European inventory 2016: linked by February 2017.
const BY_2017: Since = Since::Attested(date(2017, 2, 28));
const BY_2023: Since = Since::Attested(date(2023, 12, 31));
const BY_2024: Since = Since::Attested(date(2024, 12, 31));

const fn referenced(framework: &'static str, since: Since, levels: &'static str) -> Referencing {
    Referencing {
        framework,
        target: "eqf",
        kind: Some(EdgeKind::Referenced),
        levels,
        certainty: Certainty::Sure,
        since,
        source: &TABLES_2024,
        note: "",
    }
}

/// A framework that the tables list with "No EQF level" throughout.
const fn unreferenced(framework: &'static str) -> Referencing {
    Referencing { kind: None, ..referenced(framework, BY_2024, "1>-,2>-,3>-,4>-,5>-,6>-,7>-,8>-") }
}

const fn historic(framework: &'static str, levels: &'static str) -> Referencing {
    Referencing {
        kind: Some(EdgeKind::Historic),
        certainty: Certainty::NeedsCheck,
        source: &UNITED_KINGDOM,
        note: "the United Kingdom has left the EQF process",
        ..referenced(framework, BY_2024, levels)
    }
}

// One line a framework, as in the source's table.
#[rustfmt::skip]
pub(super) const REFERENCINGS: &[Referencing] = &[
    referenced("al/nqf", BY_2024, SAME_1_TO_8),
    referenced("at/nqf", BY_2012, SAME_1_TO_8),
    referenced("be-vlg/nqf", BY_2012, SAME_1_TO_8),
    referenced("be-wal/nqf", BY_2017, SAME_1_TO_8),
    referenced("cz/nqf", BY_2012, SAME_1_TO_8),
    referenced("ee/nqf", BY_2012, SAME_1_TO_8),
    referenced("fi/nqf", BY_2024, SAME_1_TO_8),
    Referencing {
        note: "before 2019 the framework had levels I to V, which are not these",
        ..referenced("fr/nqf", BY_2024, SAME_1_TO_8)
    },
    referenced("de/nqf", BY_MAY_2013, SAME_1_TO_8),
    referenced("gr/nqf", BY_2017, SAME_1_TO_8),
    referenced("hu/nqf", BY_2017, SAME_1_TO_8),
    referenced("it/nqf", BY_MAY_2013, SAME_1_TO_8),
    referenced("xk/nqf", BY_2017, SAME_1_TO_8),
    referenced("lv/nqf", BY_2012, SAME_1_TO_8),
    referenced("li/nqf", BY_2017, SAME_1_TO_8),
    referenced("lt/nqf", BY_2012, SAME_1_TO_8),
    referenced("lu/nqf", BY_2012, SAME_1_TO_8),
    referenced("mt/nqf", BY_2012, SAME_1_TO_8),
    referenced("pl/nqf", BY_MAY_2013, SAME_1_TO_8),
    referenced("pt/nqf", BY_2012, SAME_1_TO_8),
    referenced("ro/nqf", BY_2024, SAME_1_TO_8),
    referenced("sk/nqf", BY_2024, SAME_1_TO_8),
    referenced("es/nqf", BY_2024, SAME_1_TO_8),
    referenced("se/nqf", BY_2017, SAME_1_TO_8),
    referenced("tr/nqf", BY_2024, SAME_1_TO_8),
    referenced("ch/nqf", BY_2017, SAME_1_TO_8),
    Referencing {
        kind: Some(EdgeKind::Compared), source: &COMPARISON_UA, note: "a third country's framework: compared, not referenced",
        ..referenced("ua/nqf", BY_2023, SAME_1_TO_8)
    },
    Referencing {
        kind: Some(EdgeKind::Compared), source: &COMPARISON_CV, certainty: Certainty::NeedsCheck,
        note: "a third country's framework: compared, not referenced; the comparison's level table was not read",
        ..referenced("cv/nqf", BY_2023, "")
    },
    referenced("bg/nqf", BY_2017, "0>-,1>1,2>2,3>3,4>4,5>5,6>6,7>7,8>8"),
    referenced("dk/nqf", BY_2012, "2>2,3>3,4>4,5>5,6>6,7>7,8>8,1?>1"),
    referenced("hr/nqf", BY_2012, "8.2>8,8.1>8,8>8,7.2>7,7.1 sv>7,7.1 st>7,7>7,6 sv>6,6 st>6,6>6,5>5,4.2>4,4.1>4,4>4,3>3,2>2,1>1"),
    referenced("cy/nqf", BY_2017, "8>8,7c>7,7b>7,7a>7,6>6,5c>5,5b>5,5a>5,5>5,4>4,3>3,2>2,1>1"),
    referenced("is/nqf", BY_2017, "7.2>8,7.1>8,6.2>7,6.1>7,5.2>6,5.1>6,4>5,3>4,2>3,1>2"),
    referenced("ie/nqf", BY_2012, "10>8,9>7,8>6,7>6,6>5,5>4,4>3,3>2,2>1,1>-"),
    referenced("me/nqf", BY_2017, "8>8,7.2>7,7.1>7,6>6,5>5,4.2>4,4.1>4,3>3,2>2,1.2>1,1.1>1"),
    referenced("nl/nqf", BY_2012, "8>8,7>7,6>6,5>5,4+>4,4>4,3>3,2>2,1>1,Entry>-"),
    referenced("mk/nqf", BY_2017, "8>8,7A>7,7B>7,6A>6,6B>6,5A>5,5B>5,4>4,3>3,2>2,1?>1"),
    referenced("no/nqf", BY_2017, "8>8,7>7,6.2>6,6.1>6,5.2>5,5.1>5,4>4,3>3,2>2"),
    referenced("rs/nqf", BY_2024, "8>8,7.2>7,7.1>7,6.2>6,6.1>6,5>5,4>4,3>3,2>2,1>1"),
    referenced("si/nqf", BY_MAY_2013, "10>8,9>8,8>7,7>6,6>5,5>4,4>4,3>3,2>2,1>1"),
    Referencing {
        certainty: Certainty::NeedsCheck, note: "the formal status of this referencing was not checked",
        ..referenced("md/nqf", BY_2024, "8.1>8,8.2>8,8.3>8,8.4>8,7.1>7,7.2>7,7.3>7,7.4>7,6.1>6,6.2>6,6.3>6,6.4>6,6.5>6,6.6>6,5.1>5,5.2>5,5.3>5,5.4>5,5.5>5,5.6>5,5.7>5,4.1>4,4.2>4,4.3>4,4.4>4,4.5>4,4.6>4,4.7>4,4.8>4,4.9>4,4.10>4,4.11>4,4.12>4,3.1>3,3.2>3,3.3>3,3.4>3,3.5>3,3.6>3,3.7>3,3.8>3,2.1>2,2.2>2,2.3>2,1.1>1,1.2>1")
    },
    unreferenced("ba/nqf"),
    unreferenced("be-dg/nqf"),
    unreferenced("ge/nqf"),
    historic("gb-eng/nqf", "E1>-,E2>-,E3>1,1>2,2>3,3>4,4>5,5>5,6>6,7>7,8>8"),
    historic("gb-sct/nqf", "1>-,2>-,3>1,4>2,5>3,6>4,7>5,8>5,9>6,10>6,11>7,12>8"),
];
