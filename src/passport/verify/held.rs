//! What of a file may be relied on when a question is asked of it: records whose deciding checks do not fail.

use jiff::civil::Date;

use super::report::Rows;
use super::statement::Checked;
use super::tokens::Said;
use crate::event::standing::day_end;
use crate::passport::held::Held;
use crate::passport::token::StatusCode;

/// The records of the file, as they stood on `day`.
pub(super) fn records(checked: &[Checked<'_>], day: Date, rows: &Rows) -> Vec<Held> {
    let held = checked.iter().filter(|one| !rows.fails(&one.subject)).filter_map(|one| {
        let (statement, event) = (one.statement.as_ref()?, one.event.as_ref()?);
        (!event.kind().binds_key()).then(|| Held::new(statement, event, stood(one, day)))
    });
    held.collect()
}

/// What the ledger says of it; a change that took effect after the day leaves the day as it was.
fn stood(one: &Checked<'_>, day: Date) -> Option<bool> {
    let code = one.code?;
    let changed_later = match &one.said {
        Said::Says(token) => token.since.is_some_and(|since| since > day_end(day)),
        _ => false,
    };
    Some(code == StatusCode::Valid || changed_later)
}
