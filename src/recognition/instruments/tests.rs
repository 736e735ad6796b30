//! What the stored instruments say, and what they must not be read to say.

use jiff::civil::date;

use super::*;

#[test]
fn ids_are_unique_and_every_row_has_a_source() {
    let mut ids: Vec<&str> = instruments().map(|instrument| instrument.id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for row in instruments() {
        assert!(!row.title.is_empty() && !row.source.title.is_empty(), "{}", row.id);
        assert!(crate::event::vocab::check_instrument(row.id).is_ok(), "{}", row.id);
        assert!(!row.source.as_of.is_empty() && !row.signed.is_empty(), "{}", row.id);
    }
}

#[test]
fn nursing_arrangement_binds_the_ten_that_signed() {
    let nursing = instrument("asean/mra-nursing").unwrap();
    assert_eq!(nursing.party("PH", date(2010, 1, 1)), PartyAnswer::Party);
    assert_eq!(nursing.party("PH", date(2006, 12, 7)), PartyAnswer::NotAParty);
    assert_eq!(nursing.party("DE", date(2024, 1, 1)), PartyAnswer::NotAParty);
    assert_eq!(nursing.party("TL", date(2026, 1, 1)), PartyAnswer::Unknown, "joined ASEAN in 2025");
    assert!(nursing.covers("2221") && !nursing.covers("2142"));
}

#[test]
fn asean_has_eight_arrangements_and_the_engineers_register_has_two_steps() {
    assert_eq!(instruments().filter(|row| row.id.starts_with("asean/mra-")).count(), 8);
    let steps: Vec<&str> =
        instrument("asean/mra-engineering").unwrap().registers.iter().map(|register| register.name).collect();
    assert_eq!(steps, ["ACPE", "RFPE"]);
}

#[test]
fn a_planned_arrangement_is_not_in_force() {
    for id in ["eac/mra-pharmacy", "eac/mra-advocates", "eac/mra-land-surveying"] {
        let planned = instrument(id).unwrap();
        assert_eq!(planned.in_force_on(date(2026, 1, 1)), Some(false), "{id}");
        assert!(planned.warnings().contains(&NOT_IN_FORCE), "{id}");
    }
    assert!(!instrument("eac/mra-accountancy").unwrap().warnings().contains(&NOT_IN_FORCE));
}

#[test]
fn burundi_and_rwanda_did_not_sign_for_engineers() {
    let engineers = instrument("eac/mra-engineering").unwrap();
    assert_eq!(engineers.party("KE", date(2013, 1, 1)), PartyAnswer::Party);
    for country in ["BI", "RW"] {
        assert_eq!(engineers.party(country, date(2013, 1, 1)), PartyAnswer::Unknown, "may have joined since");
    }
}

#[test]
fn the_kinds_say_what_they_bind() {
    assert!(instrument("in-jp/titp-2017").unwrap().kind.force().starts_with("non-binding"));
    let four: Vec<&str> = InstrumentKind::ALL
        .iter()
        .filter(|kind| kind.is_labour_migration())
        .map(|kind| kind.name())
        .collect();
    assert_eq!(four, ["BINDING_BLA", "MOU", "INTER_AGENCY", "FRAMEWORK"]);
    for kind in InstrumentKind::ALL {
        assert_eq!(InstrumentKind::from_name(kind.name()), Some(kind));
    }
}

#[test]
fn monitoring_that_nobody_starts_or_pays_shows() {
    let nurses = instrument("de-ph/nurses-2013").unwrap();
    assert!(nurses.warnings().contains(&MONITORING_UNASSIGNED), "nobody is named who pays");
    let assigned = Instrument {
        monitoring: Monitoring { initiator: Some("committee"), payer: Some("both services") },
        ..*nurses
    };
    assert!(!assigned.warnings().contains(&MONITORING_UNASSIGNED));
    let collective = instrument("ch/lmv").unwrap();
    assert!(!collective.warnings().contains(&MONITORING_UNASSIGNED), "no agreement on migration");
}

#[test]
fn an_arrangement_without_notification_shows_a_warning() {
    let arrangement = instrument("asean/mra-nursing").unwrap();
    assert!(arrangement.warnings().contains(&WTO_NOTIFICATION_NOT_STORED));
    let notified = Instrument { wto_notified: Some("2010-01-01"), ..*arrangement };
    assert!(!notified.warnings().contains(&WTO_NOTIFICATION_NOT_STORED));
    assert!(instrument("ilo/c143").unwrap().warnings().is_empty());
}

#[test]
fn a_norm_is_known_and_says_nothing_of_parties() {
    for id in ["ilo/c097", "ilo/c142", "ilo/c143", "ilo/r086", "ilo/r151", "ilo/r195", "ilo/mflm-2006"] {
        let norm = instrument(id).unwrap();
        assert_ne!(norm.in_force_on(date(2020, 1, 1)), Some(false), "{id}");
        assert_eq!(norm.party("DE", date(2020, 1, 1)), PartyAnswer::Unknown, "{id}");
    }
    let c143 = instrument("ilo/c143").unwrap();
    assert!(c143.clauses.iter().any(|clause| clause.article == Some("article 14(b)")));
}

#[test]
fn a_listed_diploma_counts_among_the_members_of_cames_only() {
    let pred = instrument("cames/pred").unwrap();
    let day = date(2020, 1, 1);
    assert_eq!((pred.party("BF", day), pred.party("SN", day)), (PartyAnswer::Party, PartyAnswer::Party));
    assert_eq!(pred.party("GH", day), PartyAnswer::NotAParty);
}
