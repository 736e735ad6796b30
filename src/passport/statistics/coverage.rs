//! How many agreements have a clause on the recognition of skills, by region: a table as published, checked against itself.

use serde_json::{Value, json};

/// The most rows of a table.
const ROWS_MAX: usize = 200;
/// The row that says what the others should add up to.
const TOTAL: &str = "total";

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    region: String,
    with_clause: u64,
    agreements: u64,
}

/// A table of agreements by region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    regions: Vec<Row>,
    stated: Option<Row>,
}

/// Why a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, {column}: {message}")]
pub struct CoverageError {
    /// The spreadsheet's own row; the header is 1.
    pub row: usize,
    /// The column.
    pub column: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Coverage {
    /// Reads `region,with_clause,agreements` (rows behind the header); a region called `total` is what the table itself says
    /// they add up to. All bad cells are reported.
    pub fn read(rows: &[[String; 3]]) -> Result<Self, Vec<CoverageError>> {
        let mut errors = vec![];
        let mut read: Vec<Row> = vec![];
        for (at, [region, with_clause, agreements]) in rows.iter().enumerate() {
            let mut error = |column, message: String| {
                errors.push(CoverageError { row: at.saturating_add(2), column, message });
            };
            if at >= ROWS_MAX {
                error("region", format!("at most {ROWS_MAX} rows are read"));
                break;
            }
            let region = region.trim().to_owned();
            if region.is_empty() || read.iter().any(|row| row.region == region) {
                error("region", "must be there, and once".to_owned());
            }
            let with = with_clause.trim().parse::<u32>().map(u64::from);
            let all = agreements.trim().parse::<u32>().map(u64::from);
            for (column, number) in [("with_clause", &with), ("agreements", &all)] {
                if number.is_err() {
                    error(column, "must be a whole number, digits only".to_owned());
                }
            }
            let (Ok(with_clause), Ok(agreements)) = (with, all) else { continue };
            if with_clause > agreements {
                error("with_clause", format!("{with_clause} of {agreements} is more than all"));
            }
            read.push(Row { region, with_clause, agreements });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let (stated, regions): (Vec<Row>, Vec<Row>) =
            read.into_iter().partition(|row| row.region.eq_ignore_ascii_case(TOTAL));
        Ok(Self { regions, stated: stated.into_iter().next() })
    }

    /// Whether the regions add up to what the table says.
    pub fn adds_up(&self) -> bool {
        self.stated.as_ref().is_none_or(|stated| {
            (stated.with_clause, stated.agreements)
                == (self.sum(|row| row.with_clause), self.sum(|row| row.agreements))
        })
    }

    fn sum(&self, of: impl Fn(&Row) -> u64) -> u64 {
        self.regions.iter().map(of).sum()
    }

    /// As in answers: shares in whole percent, and what does not add up, flagged and not mended.
    pub fn to_json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "region": row.region,
                "with_clause": row.with_clause,
                "agreements": row.agreements,
                "percent": percent(row.with_clause, row.agreements),
            })
        };
        let sum = Row {
            region: "sum of the regions".to_owned(),
            with_clause: self.sum(|row| row.with_clause),
            agreements: self.sum(|row| row.agreements),
        };
        json!({
            "regions": self.regions.iter().map(row).collect::<Vec<_>>(),
            "sum": row(&sum),
            "stated_total": self.stated.as_ref().map(row),
            "flags": if self.adds_up() { vec![] } else { vec!["TotalMismatch"] },
        })
    }
}

/// Rounded half up; nothing of nothing is no share.
fn percent(part: u64, whole: u64) -> Option<u64> {
    part.saturating_mul(200).saturating_add(whole).checked_div(whole.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> Result<Coverage, Vec<CoverageError>> {
        Coverage::read(&rows.iter().map(|row| row.map(str::to_owned)).collect::<Vec<_>>())
    }

    #[test]
    fn the_published_table_is_read_and_its_total_flagged() {
        let published = [
            ["Africa", "0", "32"],
            ["Asia", "6", "65"],
            ["Europe and the Americas", "4", "47"],
            ["total", "10", "147"],
        ];
        let json = table(&published).unwrap().to_json();
        let percents: Vec<u64> =
            json["regions"].as_array().unwrap().iter().map(|row| row["percent"].as_u64().unwrap()).collect();
        assert_eq!(percents, [0, 9, 9]);
        assert_eq!((&json["sum"]["agreements"], &json["sum"]["percent"]), (&144.into(), &7.into()));
        assert_eq!(
            (&json["stated_total"]["agreements"], &json["stated_total"]["percent"]),
            (&147.into(), &7.into())
        );
        assert_eq!(json["flags"], json!(["TotalMismatch"]));
        let mut right = published;
        right[3][2] = "144";
        assert_eq!(table(&right).unwrap().to_json()["flags"], json!([]));
    }

    #[test]
    fn every_bad_cell_is_reported_with_its_row_and_column() {
        let errors = table(&[["Africa", "1", "x"], ["Africa", "5", "4"], ["", "0", "1"]]).unwrap_err();
        let places: Vec<(usize, &str)> = errors.iter().map(|error| (error.row, error.column)).collect();
        assert_eq!(places, [(2, "agreements"), (3, "with_clause"), (4, "region")]);
    }

    #[test]
    fn a_table_has_so_many_rows() {
        let read = |count: usize| {
            let rows = (0..count).map(|number| [format!("region {number}"), "0".to_owned(), "1".to_owned()]);
            Coverage::read(&rows.collect::<Vec<_>>())
        };
        assert!(read(ROWS_MAX).is_ok());
        let errors = read(ROWS_MAX + 1).unwrap_err();
        assert_eq!(
            (errors.len(), errors[0].row, errors[0].message.as_str()),
            (1, 202, "at most 200 rows are read")
        );
    }
}
