//! Who looked: noted for the worker, sealed, within the read itself; never in the log of the ledger or of the program.
//!
//! Equal reads within an hour are one note with a count, so that nobody can wash an old note out of the ring by asking
//! again and again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access::{self, Caller};
use super::convert;
use super::shared::Shared;
use super::status::CallError;
use crate::event::{UnixMs, WorkerId};
use crate::ledger::{Ledger, ReadError};
use crate::pb;

/// Equal reads within this are one note.
const SAME_NOTE_MS: u64 = 60 * 60 * 1000;

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    by: String,
    who: String,
    kid: String,
    purpose: String,
    call: String,
    first: UnixMs,
    last: UnixMs,
    times: u32,
}

/// Who reads, as the note tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reader {
    /// `holder`, `operator`, `grant`, `assistance`, `share`.
    pub(super) by: &'static str,
    /// Name of the operator, of the share link, or id of the grant.
    pub(super) who: String,
    /// Thumbprint of the key.
    pub(super) kid: String,
    /// Of a grant.
    pub(super) purpose: String,
}

impl Reader {
    /// Notes this read of `worker`. A read that cannot be noted is not answered.
    pub(super) fn note(&self, ledger: &Ledger, worker: WorkerId, call: &str) -> Result<(), ReadError> {
        let now = ledger.now_ms();
        let Self { by, who, kid, purpose } = self.clone();
        let note = Note {
            by: by.to_owned(),
            who,
            kid,
            purpose,
            call: call.to_owned(),
            first: now,
            last: now,
            times: 1,
        };
        let bytes = serde_json::to_vec(&note).unwrap_or_default();
        ledger.note_access(worker, &bytes, |known| note.taken_into(known))
    }
}

impl Note {
    fn taken_into(&self, known: &[u8]) -> Option<Vec<u8>> {
        let known: Self = serde_json::from_slice(known).ok()?;
        let alike = Self { first: known.first, last: known.last, times: known.times, ..self.clone() };
        let is_same = known == alike && self.first.saturating_sub(known.first) < SAME_NOTE_MS;
        let more = Self { last: self.last.max(known.last), times: known.times.saturating_add(1), ..known };
        is_same.then(|| serde_json::to_vec(&more).ok()).flatten()
    }

    fn told(self) -> pb::AccessNote {
        let Self { by, who, kid, purpose, call, first, last, times } = self;
        pb::AccessNote { by, who, kid, purpose, call, first, last, times }
    }
}

/// `ListAccess`: for the holder alone, and not noted itself.
pub(super) async fn list(
    shared: &Arc<Shared>,
    caller: Caller,
    request: pb::ListAccessRequest,
) -> Result<pb::ListAccessResponse, CallError> {
    let started = tokio::time::Instant::now();
    let worker = convert::worker_id(&request.worker)?;
    let read = move |ledger: &Ledger| -> Result<_, ReadError> {
        if access::is_holder(&caller, ledger, worker)? { ledger.access_notes(worker) } else { Ok(None) }
    };
    let Some(notes) = shared.heavy(read).await?? else { return access::refuse(started).await };
    let notes = notes.iter().filter_map(|note| serde_json::from_slice::<Note>(note).ok());
    Ok(pb::ListAccessResponse { notes: notes.map(Note::told).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(call: &str, at: UnixMs) -> Note {
        let text = |text: &str| text.to_owned();
        Note {
            by: text("operator"),
            who: text("desk-1"),
            kid: text("kid"),
            purpose: String::new(),
            call: text(call),
            first: at,
            last: at,
            times: 1,
        }
    }

    #[test]
    fn equal_reads_within_an_hour_are_one_note_that_counts() {
        let known = serde_json::to_vec(&note("GetPassport", 1000)).unwrap();
        let taken = note("GetPassport", 2000).taken_into(&known).unwrap();
        let taken: Note = serde_json::from_slice(&taken).unwrap();
        assert_eq!((taken.first, taken.last, taken.times), (1000, 2000, 2));
        assert_eq!(note("ExportPassport", 2000).taken_into(&known), None);
        assert_eq!(note("GetPassport", 1000 + SAME_NOTE_MS).taken_into(&known), None);
        let other = Note { kid: "other".to_owned(), ..note("GetPassport", 2000) };
        assert_eq!(other.taken_into(&known), None);
    }

    #[test]
    fn the_longest_note_fits_its_cell() {
        let id = "urn:uuid:019340f0-0000-7000-8000-00000000abcd".to_owned();
        // Each of the longest purpose's characters may take six in JSON (`\u0022`: two, control characters are refused).
        let purpose = "\"".repeat(crate::passport::PURPOSE_BYTES_MAX);
        let longest = Note {
            by: "assistance".to_owned(),
            who: id,
            kid: "x".repeat(43),
            purpose,
            first: u64::MAX,
            last: u64::MAX,
            times: u32::MAX,
            ..note("OpenAssistance", 0)
        };
        assert!(serde_json::to_vec(&longest).unwrap().len() <= crate::ledger::ACCESS_NOTE_BYTES_MAX);
    }
}
