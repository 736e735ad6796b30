//! Reading a spreadsheet saved as CSV (RFC 4180): UTF-8 with or without BOM; comma, semicolon or tab; quoted newlines.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::files;

/// The largest spreadsheet.
const SHEET_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most rows; more are cut into several files, so that one mistake does not hold up a hundred thousand people.
const ROWS_MAX: usize = 100_000;
/// The most columns.
const COLUMNS_MAX: usize = 256;

/// A spreadsheet as read.
#[derive(Debug)]
pub(in crate::cli) struct Sheet {
    /// The header's cells, trimmed.
    pub(in crate::cli) columns: Vec<String>,
    /// The rows below it that are not wholly empty.
    pub(in crate::cli) rows: Vec<SheetRow>,
}

/// One row.
#[derive(Debug)]
pub(in crate::cli) struct SheetRow {
    /// As the spreadsheet program numbers it: the header is row 1, and a cell with a line break is still one row.
    pub(in crate::cli) number: u64,
    /// Its cells, trimmed, line breaks inside them made spaces.
    pub(in crate::cli) cells: Vec<String>,
}

impl Sheet {
    /// Reads a file.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, CliError> {
        Self::parse(&files::read(path, SHEET_BYTES_MAX)?).map_err(|mut error| {
            error.message = format!("{}: {}", path.display(), error.message);
            error
        })
    }

    pub(in crate::cli) fn parse(bytes: &[u8]) -> Result<Self, CliError> {
        let (text, delimiter) = delimiter(decode(bytes)?);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut lines = RowNumbers::default();
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        loop {
            let start = reader.position().line();
            let more = reader.read_record(&mut record).map_err(|_| not_csv())?;
            if !more {
                break;
            }
            let number = lines.next(start, reader.position().line(), &record);
            let cells: Vec<String> = record.iter().map(one_line).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if cells.len() > COLUMNS_MAX {
                return Err(limit(format!("row {number} has more than {COLUMNS_MAX} cells")));
            }
            rows.push(SheetRow { number, cells });
            if rows.len() > ROWS_MAX + 1 {
                return Err(limit(format!("more than {ROWS_MAX} rows")));
            }
        }
        if rows.len() < 2 {
            let help = "the first row names the columns; `skillpass kinds KIND --csv-template` prints one";
            return Err(CliError::refused("SHEET_EMPTY", "no row below a header row", help));
        }
        let columns = rows.remove(0).cells;
        Ok(Self { columns, rows })
    }
}

/// A cell's text on one line: a line break inside a cell is how it was laid out, not what it says.
fn one_line(cell: &str) -> String {
    if cell.contains(['\n', '\r']) {
        return cell.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    cell.trim().to_owned()
}

/// Counts rows as a spreadsheet does, although the CSV reader skips blank lines silently.
#[derive(Debug, Default)]
struct RowNumbers {
    last: u64,
}

impl RowNumbers {
    /// `start` and `end` are the reader's physical lines before and after the record.
    fn next(&mut self, start: u64, end: u64, record: &csv::StringRecord) -> u64 {
        let inside = record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        // Lines passed, less those inside cells and the record's own end, were blank.
        let blank = end.saturating_sub(start).saturating_sub(inside).saturating_sub(1);
        self.last = self.last.saturating_add(blank).saturating_add(1);
        self.last
    }
}

fn decode(bytes: &[u8]) -> Result<&str, CliError> {
    // Workbooks of Excel and LibreOffice are ZIP archives; old Excel's are OLE.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let help = "open it in the spreadsheet program and save it as \"CSV UTF-8\"";
        return Err(CliError::refused("NOT_CSV", "this is a workbook, not a CSV file", help));
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        let help = "save it as \"CSV UTF-8\", not as \"Unicode text\"";
        return Err(CliError::refused("NOT_UTF8", "this is UTF-16 text", help));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        let line = valid.split(|&byte| byte == b'\n').count();
        let help = "save it as \"CSV UTF-8\"; names would be garbled otherwise";
        CliError::refused(
            "NOT_UTF8",
            format!("not UTF-8 text in line {line}, at `{}`", around(valid, rest)),
            help,
        )
    })?;
    if text.contains('\0') {
        return Err(not_csv());
    }
    Ok(text)
}

/// The text where it stops being UTF-8, so that people find the cell.
fn around(valid: &[u8], rest: &[u8]) -> String {
    let is_end = |byte: &u8| matches!(byte, b',' | b';' | b'\t' | b'\n' | b'\r');
    let before = valid.iter().rev().take(20).take_while(|byte| !is_end(byte)).count();
    let after = rest.iter().take(20).take_while(|byte| !is_end(byte)).count();
    let cell = [valid.get(valid.len().saturating_sub(before)..), rest.get(..after)]
        .map(Option::unwrap_or_default)
        .concat();
    String::from_utf8_lossy(&cell).into_owned()
}

/// The text below a `sep=` line, if there is one, and what stands between cells: comma, or semicolon or tab where a spreadsheet's
/// country uses the comma in numbers, whichever the header row has most of.
fn delimiter(text: &str) -> (&str, u8) {
    if let Some(rest) = text.strip_prefix("sep=")
        && let [delimiter @ (b',' | b';' | b'\t'), after @ ..] = rest.as_bytes()
        && let Some(text) =
            rest.get(1..).and_then(|rest| rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')))
        && !after.is_empty()
    {
        return (text, *delimiter);
    }
    let (mut counts, mut quoted) = ([(b',', 0_usize), (b';', 0), (b'\t', 0)], false);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(delimiter, _)| *delimiter == byte)
                .for_each(|(_, count)| *count = count.saturating_add(1)),
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    (text, most.map_or(b',', |(delimiter, _)| delimiter))
}

fn not_csv() -> CliError {
    CliError::refused("NOT_CSV", "this is no CSV text", "save the spreadsheet as \"CSV UTF-8\"")
}

fn limit(message: String) -> CliError {
    CliError::refused("SHEET_TOO_LARGE", message, "cut it into several files")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers_and_first_cells(text: &[u8]) -> Vec<(u64, String)> {
        Sheet::parse(text).unwrap().rows.into_iter().map(|row| (row.number, row.cells[0].clone())).collect()
    }

    fn expected(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|&(number, cell)| (number, cell.to_owned())).collect()
    }

    #[test]
    fn bom_semicolon_and_crlf_are_read() {
        let sheet = Sheet::parse(b"\xEF\xBB\xBFworker;title\r\nA;\"x;y\"\r\n").unwrap();
        assert_eq!(sheet.columns, ["worker", "title"]);
        assert_eq!(sheet.rows[0].cells, ["A", "x;y"]);
    }

    #[test]
    fn tabs_and_a_sep_line_are_read() {
        for text in ["worker\ttitle\nA\tx, y; z\n", "sep=;\r\nworker;title\r\nA;\"x, y; z\"\r\n"] {
            let sheet = Sheet::parse(text.as_bytes()).unwrap();
            assert_eq!(sheet.columns, ["worker", "title"], "{text}");
            assert_eq!((sheet.rows[0].number, sheet.rows[0].cells[1].as_str()), (2, "x, y; z"));
        }
    }

    #[test]
    fn text_in_another_encoding_is_shown_where_it_stands() {
        let error = Sheet::parse(b"a,b\nx,Jos\xE9 Garc\xEDa,z\n").unwrap_err();
        assert!(error.message.contains("line 2, at `Jos\u{fffd} Garc\u{fffd}a`"), "{}", error.message);
    }

    #[test]
    fn rows_are_numbered_as_the_spreadsheet_numbers_them() {
        let rows = expected(&[(2, "two lines"), (3, "three"), (6, "six"), (8, "eight")]);
        assert_eq!(numbers_and_first_cells(b"a,b\n\"two\nlines\",1\nthree,1\n\n\nsix,1\n,\neight,1\n"), rows);
        assert_eq!(
            numbers_and_first_cells(b"a,b\r\n\"two\nlines\",1\r\nthree,1\r\n\r\n\r\nsix,1\r\n,\r\neight,1"),
            rows
        );
    }

    #[test]
    fn a_spreadsheet_has_so_many_rows_and_columns() {
        let rows = |count: usize| format!("a\n{}", "1\n".repeat(count));
        assert_eq!(Sheet::parse(rows(ROWS_MAX).as_bytes()).unwrap().rows.len(), ROWS_MAX);
        let error = Sheet::parse(rows(ROWS_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(
            (error.reason.as_ref(), error.message.as_str()),
            ("SHEET_TOO_LARGE", "more than 100000 rows")
        );
        let columns = |count: usize| format!("a\n{}\n", vec!["1"; count].join(","));
        assert_eq!(Sheet::parse(columns(COLUMNS_MAX).as_bytes()).unwrap().rows[0].cells.len(), COLUMNS_MAX);
        let error = Sheet::parse(columns(COLUMNS_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(
            (error.reason.as_ref(), error.message.as_str()),
            ("SHEET_TOO_LARGE", "row 2 has more than 256 cells")
        );
    }

    #[test]
    fn what_is_no_spreadsheet_is_refused_by_name() {
        for (bytes, reason) in [
            (&b"a,b\n\xFF,1\n"[..], "NOT_UTF8"),
            (b"", "SHEET_EMPTY"),
            (b"a,b\n", "SHEET_EMPTY"),
            (b"a\0b\n1\n", "NOT_CSV"),
            (b"PK\x03\x04workbook", "NOT_CSV"),
            (b"\xFF\xFEa\0,\0", "NOT_UTF8"),
        ] {
            assert_eq!(Sheet::parse(bytes).unwrap_err().reason, reason);
        }
    }
}
