//! Spreadsheet rows and templates.

use serde_json::json;

use crate::event::{ClaimError, Event, Kind, split_opening_columns};

/// Reads the two lines of a template; its cells hold no line breaks.
fn row(template: &str) -> Vec<(String, String)> {
    let parse = |line: &str| {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    let mut lines = template.split("\r\n");
    let (header, sample) = (parse(lines.next().unwrap()), parse(lines.next().unwrap()));
    assert_eq!((header.len(), lines.next(), lines.next()), (sample.len(), Some(""), None));
    header.into_iter().zip(sample).collect()
}

#[test]
fn a_cell_has_so_many_bytes() {
    let kind = Kind::TrainingCompleted;
    let reasons = |bytes: usize| {
        let cells = [("provider".to_owned(), "x".repeat(bytes))];
        kind.claims_from_cells(&cells).unwrap_err().into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    // The claim's own limit is lower, and says so; beyond the cell's, nothing of it is looked at.
    assert!(!reasons(8 * 1024)[0].contains("the cell has"), "{:?}", reasons(8 * 1024));
    assert_eq!(reasons(8 * 1024 + 1), ["the cell has 8193 bytes; at most 8192 are allowed"]);
}

#[test]
fn every_sample_row_is_a_valid_event() {
    let mut without = Vec::new();
    for &kind in Kind::all() {
        let Some(template) = kind.csv_template(false) else {
            without.push(kind.name());
            continue;
        };
        let claims =
            kind.claims_from_row(&row(&template)).unwrap_or_else(|e| panic!("{}: {e:?}", kind.name()));
        Event::validate(kind, &claims.clone().into()).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
    }
    assert_eq!(
        without,
        [
            "HolderKeyBound",
            "HolderKeyChanged",
            "HolderKeyRecoveryRequested",
            "HolderKeyRecoveryCancelled",
            "HolderKeyRecovered",
            "ReintegrationClaimed",
            "SelfAssessed",
            "FundingDecided",
            "DisputeRaised",
            "IssuerKeyAdded",
            "ReferencingPublished",
            "AgreementRegistered",
            "MonitoringMeetingHeld",
            "LedgerFounded",
            "AuthorityEstablished",
            "LedgerKeyAdded",
            "LedgerKeyEnded",
            "WitnessNamed",
            "Erased",
        ]
    );
}

#[test]
fn all_bad_cells_of_a_row_are_reported_each_with_its_column() {
    let mut cells = row(&Kind::LanguageCertified.csv_template(false).unwrap());
    for (column, cell) in &mut cells {
        match column.as_str() {
            "worker" => *cell = "wkr_00041061050r3gg28a1c60t3gff".into(),
            "assessed_on" => *cell = "06.07.2024".into(),
            "cefr.writing" => *cell = "B7".into(),
            "issuing_country" => *cell = "ph".into(),
            _ => {}
        }
    }
    cells.push(("titel.en".into(), "x".into()));
    cells.push(("language".into(), "de".into()));
    let errors = Kind::LanguageCertified.claims_from_row(&cells).unwrap_err();
    let found: Vec<(&str, &str)> = errors.iter().map(|e| (e.claim.as_str(), e.reason)).collect();
    assert_eq!(
        found,
        [
            ("worker", "WORKER_ID_CHECK_CHARACTER"),
            ("cefr.writing", "UNKNOWN_VALUE"),
            ("assessed_on", "MALFORMED_DATE"),
            ("titel.en", "UNKNOWN_COLUMN"),
            ("language", "DUPLICATE_COLUMN"),
        ]
    );
    assert!(errors[3].message.contains("`title.en`"), "{}", errors[3].message);
}

#[test]
fn empty_required_cells_and_rules_are_reported_by_column() {
    let blank = |columns: &[&str]| {
        let mut cells = row(&Kind::TrainingCompleted.csv_template(false).unwrap());
        cells
            .iter_mut()
            .filter(|(column, _)| columns.contains(&column.as_str()))
            .for_each(|(_, cell)| cell.clear());
        Kind::TrainingCompleted.claims_from_row(&cells)
    };
    let reasons =
        |errors: Vec<ClaimError>| errors.into_iter().map(|e| (e.claim, e.reason)).collect::<Vec<_>>();
    let missing = |column: &str| (column.to_owned(), "MISSING_CLAIM");
    assert_eq!(
        reasons(blank(&["title.en", "completed_on"]).unwrap_err()),
        [missing("title.en"), missing("completed_on")]
    );
    // The importer may still open a passport for a row without a worker.
    assert!(!blank(&["worker"]).unwrap().contains_key("sub"));
    assert_eq!(reasons(blank(&["credit_point.point"]).unwrap_err()), [missing("credit_point.point")]);
}

#[test]
fn cells_are_read_as_spreadsheets_write_them() {
    let mut cells = row(&Kind::QualificationAwarded.csv_template(false).unwrap());
    for (column, cell) in &mut cells {
        match column.as_str() {
            "is_partial_qualification" => *cell = "FALSE".into(),
            "issuing_country" => *cell = " ph ".into(),
            "worker" => *cell = "WKR_0004-1061-050R-3GG2-8A1C-60T3-GFE".into(),
            "learning_outcomes" => *cell = "one; two ;;".into(),
            _ => {}
        }
    }
    cells.push(("title.fil".into(), "Batsilyer".into()));
    let claims = Kind::QualificationAwarded.claims_from_row(&cells).unwrap();
    assert_eq!(claims["is_partial_qualification"], json!(false));
    assert_eq!(claims["sub"], json!("wkr_00041061050r3gg28a1c60t3gfe"));
    assert_eq!(
        (&claims["issuing_country"], &claims["learning_outcomes"]),
        (&json!("PH"), &json!(["one", "two"]))
    );
    assert_eq!(claims["title"]["fil"], json!("Batsilyer"));

    let twice = [cells.as_slice(), &[("sub".into(), "wkr_00041061050r3gg28a1c60t3gfe".into())]].concat();
    assert_eq!(Kind::QualificationAwarded.claims_from_row(&twice).unwrap_err()[0].reason, "UNKNOWN_COLUMN");

    cells.push(("open.family_name".into(), "SPECIMEN".into()));
    let borrowed: Vec<(&str, &str)> = cells.iter().map(|(column, cell)| (&**column, &**cell)).collect();
    let (own, opening) = split_opening_columns(&borrowed);
    assert_eq!((own.len() + 1, opening), (cells.len(), vec![("family_name", "SPECIMEN")]));
    assert_eq!(Kind::QualificationAwarded.claims_from_row(&cells).unwrap_err()[0].reason, "UNKNOWN_COLUMN");
}
