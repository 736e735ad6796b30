//! Token Status Lists: indexes handed out before anything is signed, taken when a statement is recorded, answered by what
//! the log says. Everything but the handing out follows from the journal.
//!
//! The writer only checks and takes (`take`); what a change does to the statements it changes is worked out beside it, by
//! the publisher or by whoever asks first (`follow`). `remake` holds the file against the journal for `fsck` and
//! `rebuild`.
//!
//! **Never:** which statement, which worker: at rest an index is a number and a body.

mod follow;
mod remake;
mod tables;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::{AppendError, AppendErrorKind, ReadError};
use super::{Ledger, Position};
use crate::crypto::{Entropy as _, OsEntropy, base64url_decode, base64url_encode};
use crate::event::{StreamId, UnixMs};
use crate::statement::StatusReference;
use crate::vault::{DataDir, StatusFile, StatusRecord, VaultError};

pub(super) use follow::{Concern, Pending, Seen};
pub(super) use remake::{Allow, Reader, derive};
pub use tables::STATUS_LIST_SIZE;
pub(super) use tables::{Place, Tables};

/// The most indexes handed out at once.
pub const STATUS_ALLOCATE_MAX: u32 = 10_000;
/// The most indexes that a body may hold unused, counted since the ledger started.
pub const STATUS_SPARE_MAX: u32 = 200_000;

/// Indexes of one list, handed out to one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusIndexes {
    /// The list's URI.
    pub uri: String,
    /// Random, each handed out once and for all.
    pub indexes: Vec<u32>,
}

/// What a list answers at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusValues {
    /// The list's URI.
    pub uri: String,
    /// The indexes that answer something else than 0.
    pub numbers: Vec<(u32, u8)>,
    /// Unix seconds.
    pub at: i64,
}

/// How much there is, for the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusFigures {
    /// Lists begun.
    pub lists: u64,
    /// Indexes handed out.
    pub allocated: u64,
    /// Indexes that a recorded statement bears.
    pub used: u64,
}

/// The lists of an open ledger.
#[derive(Debug)]
pub(super) struct StatusLists {
    /// `https://<origin>/status/`
    base: String,
    // Where both are locked, the file comes first.
    file: Mutex<StatusFile>,
    tables: Mutex<Tables>,
    pending: Mutex<Pending>,
    /// Whether any statement bears an index: without one no change concerns the lists.
    in_use: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ends the ledger; what is in memory is not written after one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the file says, before the journal is read again.
pub(super) struct Opened {
    file: StatusFile,
    tables: Tables,
}

impl Opened {
    /// Reads the file, or makes one for a directory that has none. `erasures` is how many the keyring knows.
    pub(super) fn read(paths: &DataDir, erasures: u32) -> Result<Self, super::OpenError> {
        let (mut file, records) = StatusFile::open(paths, erasures)?;
        let tables = Tables::load(&records)?;
        if tables.is_behind(erasures) {
            return Err(super::OpenError::StatusBehind { known: tables.erasures, erased: erasures });
        }
        if tables.erasures < erasures {
            file.append(&[StatusRecord::Erasures(erasures)])?;
            file.sync()?;
        }
        Ok(Self { file, tables })
    }

    /// From where on the journal has to be read again; `None` for a new file, to which nothing that was recorded refers.
    pub(super) fn settled(&self) -> Option<Position> {
        self.tables.settled
    }

    /// Ready to serve: with what was seen in the journal since, up to its `end`.
    pub(super) fn into_lists(
        self,
        origin: &str,
        seen: Seen,
        end: Position,
    ) -> Result<StatusLists, VaultError> {
        let Self { mut file, mut tables } = self;
        if tables.settled.is_none() {
            file.settle(end)?;
            file.sync_note()?;
            tables.settled = Some(end);
        }
        let in_use = tables.lists.iter().any(|list| list.handed.values().any(|handed| handed.used));
        let lists = StatusLists {
            base: base(origin),
            file: Mutex::new(file),
            tables: Mutex::new(tables),
            pending: Mutex::default(),
            in_use: AtomicBool::new(in_use),
        };
        lists.resume(seen);
        Ok(lists)
    }
}

/// What every list's URI of this ledger begins with.
pub(super) fn base(origin: &str) -> String {
    format!("https://{origin}/status/")
}

/// The name in a list's URI.
pub(super) fn name_in<'a>(base: &str, uri: &'a str) -> Option<&'a str> {
    uri.strip_prefix(base)
}

fn name_bytes(name: &str) -> Option<[u8; 16]> {
    base64url_decode(name).ok()?.try_into().ok()
}

/// The list and index that a statement names, if that list is known.
fn place_of(tables: &Tables, base: &str, reference: &StatusReference) -> Option<Place> {
    let list = tables.number(&name_bytes(name_in(base, &reference.uri)?)?)?;
    Some(Place { list, index: u32::try_from(reference.index).ok()? })
}

impl StatusLists {
    /// Checks what a statement by `issuer` names, and takes it: from here on no other statement can have it. Should the
    /// statement not become durable, the ledger has stopped, and the next start reads back what was.
    pub(super) fn take(&self, reference: &StatusReference, issuer: &str) -> Result<Place, AppendError> {
        let mut tables = lock(&self.tables);
        let name = name_in(&self.base, &reference.uri).and_then(name_bytes);
        let list = name.and_then(|name| tables.number(&name)).ok_or_else(|| {
            AppendError::invalid(
                "STATUS_LIST_UNKNOWN",
                "`status` names no status list of this ledger",
                "have an index allocated by this ledger (`skillpass status allocate`), or leave `status` out",
            )
        })?;
        let place = u32::try_from(reference.index).ok().map(|index| Place { list, index });
        let body = StreamId::institution(issuer);
        let own = |place: &Place| tables.handed(*place).is_some_and(|handed| handed.body == body);
        let place = place.filter(own).ok_or_else(|| {
            AppendError::new(
                AppendErrorKind::Unauthorised,
                "STATUS_INDEX_NOT_YOURS",
                "the index in `status` was not allocated to `iss`",
                "have one allocated with a key of this very issuer (`skillpass status allocate`) and sign again",
            )
        })?;
        if !tables.take(place) {
            return Err(AppendError::new(
                AppendErrorKind::Conflict,
                "STATUS_INDEX_USED",
                "another statement bears the index in `status`",
                "allocate a fresh index for each statement and sign again",
            ));
        }
        self.in_use.store(true, Ordering::Relaxed);
        Ok(place)
    }

    /// Hands out indexes; they are durable when this returns.
    fn allocate(&self, issuer: &str, count: u32, now: UnixMs) -> Result<Vec<StatusIndexes>, Allocation> {
        if count == 0 || count > STATUS_ALLOCATE_MAX {
            return Err(Allocation::Refused(AppendError::invalid(
                "STATUS_COUNT",
                format!("between 1 and {STATUS_ALLOCATE_MAX} indexes can be allocated at once"),
                "ask again for the rest",
            )));
        }
        let body = StreamId::institution(issuer);
        let mut file = lock(&self.file);
        let mut indexes: Vec<StatusIndexes> = Vec::new();
        let records = {
            let mut tables = lock(&self.tables);
            if tables.spare(body).saturating_add(count) > STATUS_SPARE_MAX {
                return Err(Allocation::Refused(AppendError::new(
                    AppendErrorKind::Conflict,
                    "STATUS_INDEXES_UNUSED",
                    format!(
                        "this body would hold more than {STATUS_SPARE_MAX} indexes that no statement bears"
                    ),
                    "use those that were allocated before",
                )));
            }
            let records = tables.hand_out(body, count, now, &mut || OsEntropy.bytes());
            for record in &records {
                let &StatusRecord::Allocated { list, index, .. } = record else { continue };
                let uri = self.uri(&tables, list);
                match indexes.last_mut().filter(|last| last.uri == uri) {
                    Some(last) => last.indexes.push(index),
                    None => indexes.push(StatusIndexes { uri, indexes: vec![index] }),
                }
            }
            records
        };
        file.append(&records)?;
        file.sync()?;
        Ok(indexes)
    }

    fn uri(&self, tables: &Tables, list: u32) -> String {
        let name = tables.list(list).map(|list| list.name).unwrap_or_default();
        format!("{}{}", self.base, base64url_encode(name))
    }
}

/// Why nothing was allocated.
enum Allocation {
    Refused(AppendError),
    /// What the disk holds is unknown: the ledger stops.
    Failed(VaultError),
}

impl From<VaultError> for Allocation {
    fn from(error: VaultError) -> Self {
        Self::Failed(error)
    }
}

impl Ledger {
    /// Hands out `count` random indexes of Token Status Lists to a body; durable when this returns, and never handed out
    /// again. The caller made sure that it is the body who asks.
    pub fn allocate_status(&self, issuer: &str, count: u32) -> Result<Vec<StatusIndexes>, AppendError> {
        let shared = &self.0.shared;
        shared.check_serving()?;
        shared.status.allocate(issuer, count, shared.clock.now_ms()).map_err(|error| match error {
            Allocation::Refused(error) => error,
            Allocation::Failed(error) => {
                shared.fail(&error.to_string());
                AppendError::not_serving()
            }
        })
    }

    /// What a list answers now, or answered at `at` (Unix seconds); `None` for an unknown list, and for a time before it
    /// was begun or in the future.
    pub fn status_values(&self, name: &str, at: Option<i64>) -> Result<Option<StatusValues>, ReadError> {
        let shared = &self.0.shared;
        shared.status_follow()?;
        let now = seconds(shared.clock.now_ms());
        let tables = lock(&shared.status.tables);
        let Some(number) = name_bytes(name).and_then(|name| tables.number(&name)) else { return Ok(None) };
        let Some(list) = tables.list(number) else { return Ok(None) };
        if at.is_some_and(|at| at < seconds(list.begun_at) || at > now) {
            return Ok(None);
        }
        // What is recorded counts at once, also while the clock is set back.
        let known = at.unwrap_or_else(|| now.max(seconds(tables.newest)));
        let numbers = Tables::numbers_at(list, known);
        Ok(Some(StatusValues { uri: shared.status.uri(&tables, number), numbers, at: at.unwrap_or(now) }))
    }

    /// The URI of every list, in the order in which they were begun.
    pub fn status_list_uris(&self) -> Vec<String> {
        let tables = lock(&self.0.shared.status.tables);
        let lists = 0..u32::try_from(tables.lists.len()).unwrap_or(u32::MAX);
        lists.map(|list| self.0.shared.status.uri(&tables, list)).collect()
    }

    /// How much there is.
    pub fn status_figures(&self) -> StatusFigures {
        let tables = lock(&self.0.shared.status.tables);
        let handed = || tables.lists.iter().flat_map(|list| list.handed.values());
        StatusFigures {
            lists: tables.lists.len() as u64,
            allocated: handed().count() as u64,
            used: handed().filter(|handed| handed.used).count() as u64,
        }
    }
}

fn seconds(at: UnixMs) -> i64 {
    crate::event::standing::seconds(at)
}
