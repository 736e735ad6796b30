//! How the records of one stream stand where keys were compromised: what such a key signed since fails (SPEC.md, "Time"), so
//! it takes nothing back either.

use std::collections::HashMap;

use crate::crypto::Hash;
use crate::event::StreamRecord;
use crate::event::standing::{StandingChange, StatusCode, fold_standing, seconds};

/// Why a record does not count, for people.
pub(super) const VOID: &str = "signed with a key that was compromised by the time this was recorded";

/// The records that do not stand at `at` (Unix seconds), by statement hash. One that `is_void` changes no other, and is itself
/// as good as revoked since it was recorded.
pub(super) fn standings(
    records: &[&StreamRecord],
    at: i64,
    is_void: impl Fn(&StreamRecord) -> bool,
) -> HashMap<Hash, StandingChange> {
    let (void, sound): (Vec<&StreamRecord>, Vec<&StreamRecord>) =
        records.iter().partition(|record| is_void(record));
    let sound: Vec<_> = sound.into_iter().map(StreamRecord::recorded).collect();
    let mut changed = fold_standing(&sound, at);
    changed.extend(void.into_iter().map(|record| {
        let since = seconds(record.recorded_at);
        (record.statement.hash(), StandingChange { code: StatusCode::Revoked, since })
    }));
    changed
}
