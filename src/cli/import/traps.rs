//! What spreadsheet programs do to cells without asking: it looks like data, and is none.

/// How much of a cell goes into a message.
const SHOWN_CHARACTERS: usize = 40;

/// The column, reason and message of a cell that a spreadsheet program spoilt.
pub(super) fn find<'a>(column: &'a str, cell: &str) -> Option<(&'a str, &'static str, String)> {
    if is_program_error(cell) {
        let message = format!(
            "`{}` is what the spreadsheet program shows when it has no value; correct the formula or the width",
            shown(cell)
        );
        return Some((column, "SPREADSHEET_ERROR", message));
    }
    if cell.starts_with('=') {
        let message =
            format!("`{}` is a formula; save the spreadsheet with values, or write the value", shown(cell));
        return Some((column, "FORMULA", message));
    }
    is_rounded(cell).then(|| {
        let message = format!(
            "`{}` is a long number that the spreadsheet program has rounded; format the column as text and enter it again",
            shown(cell)
        );
        (column, "NUMBER_ROUNDED", message)
    })
}

/// `#REF!`, `#N/A`, `####` of Excel; `Err:502` of LibreOffice.
fn is_program_error(cell: &str) -> bool {
    const ERRORS: [&str; 9] =
        ["#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"];
    let hashes = cell.len() >= 3 && cell.bytes().all(|byte| byte == b'#');
    let of_libreoffice = cell
        .strip_prefix("Err:")
        .is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    hashes || of_libreoffice || ERRORS.contains(&cell)
}

/// `2.05E+13`, or with a comma: the digits behind it are lost.
fn is_rounded(cell: &str) -> bool {
    let Some((digits, exponent)) = cell.split_once("E+") else { return false };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, rest) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    whole.len() == 1 && exponent.len() <= 3 && [whole, rest, exponent].into_iter().all(all_digits)
}

/// What of a cell goes into a message.
pub(super) fn shown(cell: &str) -> String {
    let mut shown: String =
        cell.chars().take(SHOWN_CHARACTERS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if cell.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_program_spoilt_is_named() {
        for (cell, reason) in [
            ("#REF!", "SPREADSHEET_ERROR"),
            ("#N/A", "SPREADSHEET_ERROR"),
            ("#######", "SPREADSHEET_ERROR"),
            ("Err:502", "SPREADSHEET_ERROR"),
            ("=A1&B1", "FORMULA"),
            ("2.05E+13", "NUMBER_ROUNDED"),
            ("2,05E+13", "NUMBER_ROUNDED"),
            ("2E+13", "NUMBER_ROUNDED"),
        ] {
            assert_eq!(find("c", cell).map(|found| found.1), Some(reason), "{cell}");
        }
        for cell in ["", "#1", "##", "Err:", "Error", "E+", "12E+3", "x.1E+13", "1.E+13", "A = B", "C#"] {
            assert_eq!(find("c", cell), None, "{cell}");
        }
    }
}
