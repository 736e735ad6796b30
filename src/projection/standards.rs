//! The editions of a standard, as their owner published them.

use super::institutions::{public_stream, read};
use crate::event::{Event, Kind, StreamId};
use crate::ledger::{Ledger, ReadError};
use crate::passport::Standard;

/// The edition of the standard `id` called `version`, else the newest one; as published last. `None`: no such standard.
pub fn standard(ledger: &Ledger, id: &str, version: Option<&str>) -> Result<Option<Standard>, ReadError> {
    let trust = ledger.trust();
    let published = public_stream(ledger, StreamId::publication(id))?;
    let editions = published.iter().rev().filter_map(|record| {
        let (kind, statement) = read(&trust, &record.statement)?;
        let event =
            Event::validate(kind, statement.claims()).ok().filter(|_| kind == Kind::StandardPublished)?;
        Standard::read(&event)
    });
    Ok(editions.into_iter().find(|standard| version.is_none_or(|version| standard.version == version)))
}
