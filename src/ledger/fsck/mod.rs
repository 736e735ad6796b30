//! `fsck`: recomputes everything that can be recomputed and names what differs. Reads only, also beside a live ledger: not a byte
//! of DIR, DIR.key or DIR.lock is another afterwards.
//!
//! One pass over the journal (`entries`) recomputes hashes, chains, signatures, authorisations and the tree; what is
//! derived from the journal or promises something about it is then held against that (`derived`).

mod access;
mod archives;
mod derived;
mod entries;
mod store;

use std::path::Path;

use super::error::OpenError;
use super::operators::Operators;
use crate::vault::{
    CheckpointArchive, CheckpointLock, DataDir, JournalReader, Keyring, LedgerKeys, LookingBack,
    OperatorKeyFile, ProcessLock, VaultError, exists,
};

/// More findings than this say nothing new.
const FINDINGS_MAX: usize = 1000;

/// One thing wrong: where, what, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// File, leaf or slot.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct FsckReport {
    /// Entries checked.
    pub entries: u64,
    /// Workers with a passport here, erased ones not counted.
    pub workers: u64,
    /// Records whose key was destroyed; of these only the commitments can be checked.
    pub erased_records: u64,
    /// Published checkpoints checked.
    pub checkpoints: u64,
    /// What could not be checked, and why: beside a live ledger the event store, for example.
    pub not_checked: Vec<String>,
    /// What is worth knowing and no damage.
    pub notes: Vec<String>,
    /// Everything wrong; empty is good.
    pub findings: Vec<Finding>,
}

impl FsckReport {
    fn find(&mut self, place: impl Into<String>, problem: impl Into<String>, remedy: &str) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding {
                place: place.into(),
                problem: problem.into(),
                remedy: remedy.to_owned(),
            });
        }
    }
}

const RESTORE_JOURNAL: &str = "restore the journal from the newest backup; do not start the ledger before";
const REBUILD: &str = "run `skillpass rebuild`";
const RESTART: &str = "start the ledger: it completes this";
const RESTORE_KEYRING: &str = "restore the newest keyring";
const RESTORE_STATUS: &str = "restore the newest DIR/status, or run `skillpass rebuild`";
const RESTORE_ACCESS: &str = "restore the newest DIR/access";
const ASK_WITNESS: &str = "compare with a witness or a monitor; do not sign before the cause is known";

/// Checks the data directory. `Err` only when there is nothing to check: no ledger, no keys, an unreadable directory.
pub fn fsck(dir: &Path) -> Result<FsckReport, OpenError> {
    let paths = super::open::data_dir(dir)?;
    let mut report = FsckReport::default();
    // Held while checking, so that no ledger starts meanwhile; if one runs, what it appends after now is left alone.
    let process_lock = ProcessLock::acquire_read_only(&paths.process_lock());
    let live = matches!(process_lock, Err(VaultError::InUse));
    let archive = opened(CheckpointArchive::open_read_only(&paths).map(Some), &mut report)?;
    let cosigned = opened(CheckpointArchive::open_cosigned_read_only(&paths), &mut report)?;
    let locked = CheckpointLock::at(&paths.checkpoint_lock()).read();
    let archives = archives::Archives::read(archive.as_ref(), cosigned.as_ref(), live, &mut report)?;
    let published = archives.published.last().map_or(0, |kept| kept.size);
    let limit = if live { published } else { u64::MAX };
    let keyring = Keyring::open_read_only(&paths)?;
    let keys = LedgerKeys::open(&paths)?;
    let journal = JournalReader::open(&paths.journal())?;

    let roots = archives.promised_roots(locked.as_ref().ok().and_then(Option::as_ref));
    let mut scan = entries::scan(&journal, &keyring, roots, limit, &mut report)?;
    let seen = std::mem::take(&mut scan.seen);
    let copy = looking_back(&paths, scan.frontier.size(), &mut report)?;
    let against = derived::Against { paths: &paths, scan: &scan, live, copy };
    against.looking_back(&mut report);
    against.notes("log/checkpoints", &archives.published, &mut report);
    against.notes("log/cosigned", &archives.cosigned, &mut report);
    if let Some(archive) = &archive {
        against.current(archive, &archives, &mut report);
    }
    against.own_keys(&keys, &mut report);
    against.lock(locked, published, &mut report);
    against.hashes(&mut report)?;
    against.keyring(&keyring, &mut report)?;
    against.heads(&mut report)?;
    access::access(&paths, &keyring, &mut report)?;
    operators(&paths, &mut report)?;
    against.status(seen, &journal, &keyring, &mut report)?;
    match process_lock {
        // `init` writes the journal alone; the first start makes what follows from it.
        Ok(_) if archive.is_none() && !exists(&paths.sled())? => {
            report.not_checked.push("the event store: the ledger was never started".to_owned());
        }
        Ok(_) => store::check_store(&against, &mut report)?,
        Err(VaultError::InUse) => {
            report.not_checked.push("the event store: a running ledger has it open".to_owned());
            if copy.is_none() {
                report.not_checked.push(format!("entries from {limit} on: not yet in a checkpoint"));
            }
        }
        Err(error) => report
            .not_checked
            .push(format!("the event store: it is not known whether a ledger has it open: {error}")),
    }
    report.entries = scan.frontier.size();
    report.workers = scan.chains.len() as u64;
    report.erased_records = scan.erased_records;
    Ok(report)
}

/// The root operator's key and the list of the others, in DIR.key.
fn operators(paths: &DataDir, report: &mut FsckReport) -> Result<(), OpenError> {
    let key = OperatorKeyFile::read(paths)?;
    if !key.is_as_written {
        let problem = "it is not what was written: another key may be the operator's";
        report.find("DIR.key/operator.pub.jwk", problem, "restore it from escrow");
    }
    if let Some(problem) = Operators::problem(paths, key.has_kid)? {
        let remedy = "restore it from escrow, or name the operators again";
        report.find("DIR.key/operators.json", problem, remedy);
    }
    Ok(())
}

/// What says that this is a copy for looking back, unless it holds more by now.
fn looking_back(
    paths: &DataDir,
    size: u64,
    report: &mut FsckReport,
) -> Result<Option<LookingBack>, OpenError> {
    match LookingBack::read(paths) {
        Err(error @ (VaultError::RecordMalformed { .. } | VaultError::TooLarge { .. })) => {
            report.find("looking-back", error.to_string(), "make the copy again from the backup");
            Ok(None)
        }
        copy => Ok(copy?.filter(|copy| size <= copy.held)),
    }
}

/// An archive for reading; `None` before the first start, when nothing was published, and where its index is gone.
fn opened(
    archive: Result<Option<CheckpointArchive>, VaultError>,
    report: &mut FsckReport,
) -> Result<Option<CheckpointArchive>, OpenError> {
    match archive {
        Err(VaultError::Missing { path }) => {
            if path.extension().is_some_and(|ending| ending == "index") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                report.find(format!("log/{name}"), "it is missing", RESTART);
            }
            Ok(None)
        }
        archive => Ok(archive?),
    }
}
