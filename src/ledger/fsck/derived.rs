//! What is derived from the journal, or promises something about it, held against it.

use std::collections::HashSet;

use super::entries::Scan;
use super::{ASK_WITNESS, FsckReport, REBUILD, RESTART, RESTORE_JOURNAL, RESTORE_KEYRING, RESTORE_STATUS};
use crate::crypto::Hash;
use crate::event::StreamId;
use crate::ledger::error::OpenError;
use crate::ledger::keys::{LedgerKeyUse, in_force};
use crate::ledger::status::{self, Allow, Reader, Seen, Tables};
use crate::vault::{
    DataDir, Hashes, Heads, JournalReader, Keyring, LedgerKeys, LockedTree, LookingBack, Position,
    StatusFile, VaultError,
};

/// Entries compared at once.
pub(super) const CHUNK: u64 = 4096;

/// What to hold the rest against.
pub(super) struct Against<'a> {
    pub(super) paths: &'a DataDir,
    pub(super) scan: &'a Scan,
    pub(super) live: bool,
    /// Set: a copy for looking back, which signs nothing, publishes nothing and answers no list.
    pub(super) copy: Option<LookingBack>,
}

impl Against<'_> {
    pub(super) fn root_at(&self, size: u64) -> Option<Hash> {
        self.scan.roots.get(&size).copied().flatten()
    }

    /// Whether so many entries are more than there need to be: of a live ledger's, what came since it was looked at is left alone; a
    /// copy for looking back knows of more than it holds.
    pub(super) fn may_lack(&self, size: u64) -> bool {
        self.live || self.copy.is_some_and(|copy| size > copy.held)
    }

    /// How far a copy for looking back goes.
    pub(super) fn looking_back(&self, report: &mut FsckReport) {
        let Some(LookingBack { held, known }) = self.copy else { return };
        report.notes.push(format!(
            "a copy for looking back, made by `restore --until`: {held} of {known} entries; for `serve --read-only`, it signs nothing"
        ));
        let size = self.scan.frontier.size();
        if size < held {
            let problem =
                format!("this copy was made with {held} entries, and its journal ends after {size}");
            report.find("journal", problem, "make the copy again from the backup");
        }
    }

    /// A key of each use in force is in DIR.key.
    pub(super) fn own_keys(&self, keys: &LedgerKeys, report: &mut FsckReport) {
        if self.copy.is_some() {
            return;
        }
        for use_ in [LedgerKeyUse::Log, LedgerKeyUse::Status] {
            if in_force(keys, &self.scan.public.trust, use_).is_empty() {
                let problem = "the log names no key that is there: nothing can be signed";
                report.find(
                    format!("DIR.key, {} keys", use_.as_str()),
                    problem,
                    "restore DIR.key from escrow",
                );
            }
        }
    }

    pub(super) fn lock(
        &self,
        locked: Result<Option<LockedTree>, VaultError>,
        published: u64,
        report: &mut FsckReport,
    ) {
        let place = "checkpoint lock";
        let tree = match locked {
            Err(error) => {
                return report.find(place, error.to_string(), "restore it from the newest known checkpoint");
            }
            Ok(None) if published == 0 || self.copy.is_some() => return,
            Ok(None) => {
                let remedy = "restore it from the newest known checkpoint";
                return report.find(place, "it is missing though checkpoints were published", remedy);
            }
            Ok(Some(tree)) => tree,
        };
        if tree.size < published {
            report.find(
                place,
                "it is older than the newest checkpoint",
                "restore it from the newest known checkpoint",
            );
        }
        if self.scan.public.trust.origin() != Some(tree.origin.as_str()) {
            report.find(place, "it belongs to another ledger", "put DIR.lock of this very ledger beside DIR");
        }
        match self.root_at(tree.size) {
            Some(root) if root == tree.root => {}
            Some(_) => report.find(place, "its root is not that of the entries", ASK_WITNESS),
            None if self.may_lack(tree.size) => {}
            None => report.find(place, "the journal ends before it", RESTORE_JOURNAL),
        }
    }

    /// The hash files up to the newest checkpoint, which they are synced before.
    pub(super) fn hashes(&self, report: &mut FsckReport) -> Result<(), OpenError> {
        let size =
            self.scan.roots.iter().filter(|(_, root)| root.is_some()).map(|(size, _)| *size).next_back();
        let Some(size) = size.filter(|&size| size > 0) else { return Ok(()) };
        let hashes = Hashes::open(&self.paths.levels())?;
        for first in (0..size).step_by(usize::try_from(CHUNK).unwrap_or(1)) {
            let count = CHUNK.min(size.saturating_sub(first));
            let end = first.saturating_add(count);
            let (from, to) =
                (usize::try_from(first).unwrap_or(usize::MAX), usize::try_from(end).unwrap_or(usize::MAX));
            let expected = self.scan.leaf_hashes.get(from..to).unwrap_or_default();
            match hashes.run(0, first, count) {
                Ok(run) if run.as_chunks::<32>().0 == expected => {}
                Ok(_) => report.find(
                    format!("log/levels/00 from {first} on"),
                    "not the entries' leaf hashes",
                    REBUILD,
                ),
                Err(VaultError::HashAbsent { .. }) => {
                    report.find("log/levels/00", format!("it ends before entry {end}"), REBUILD);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        match hashes.check(size) {
            Ok(()) => Ok(()),
            Err(error @ (VaultError::HashAbsent { .. } | VaultError::HashDamaged { .. })) => {
                report.find("log/levels", error.to_string(), REBUILD);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn keyring(&self, keyring: &Keyring, report: &mut FsckReport) -> Result<(), OpenError> {
        let found = match keyring.check() {
            Err(error @ VaultError::KeyringDamaged { .. }) => {
                report.find("keyring", error.to_string(), RESTORE_KEYRING);
                return Ok(());
            }
            found => found?,
        };
        for slot in found.damaged.iter().filter(|slot| self.scan.slots.contains(slot)) {
            report.find(
                format!("keyring, slot {}", slot.0),
                "it is damaged, and records are sealed under it",
                RESTORE_KEYRING,
            );
        }
        for slot in &found.unfinished_erasures {
            report.find(
                format!("keyring, slot {}", slot.0),
                "erased on record, but its key still exists",
                RESTART,
            );
        }
        for slot in &found.unrecorded_tombstones {
            report.find(
                format!("keyring, slot {}", slot.0),
                "its key is destroyed without an erasure on record",
                RESTORE_KEYRING,
            );
        }
        let missed = keyring.missed_erasures()?.len();
        if missed > 0 && !self.live {
            report.find(
                "keyring",
                format!(
                    "{missed} erasures are on record beside it, in DIR.lock, and not in it: it is an old copy"
                ),
                RESTART,
            );
        }
        let beside = keyring.erasures_not_beside()?;
        if beside > 0 && !self.live {
            report.find("DIR.lock/erased", format!("it lacks {beside} erasures of the keyring"), RESTART);
        }
        let noted = self
            .scan
            .public
            .streams
            .get(&StreamId::erasures())
            .map_or(0, |head| u64::from(head.revision).saturating_add(1));
        let done = keyring.erasures()?.len().saturating_add(missed) as u64;
        // Those of later are not in a log that ends before them.
        if done > noted && !self.live && self.copy.is_none() {
            report.find(
                "stream of erasures",
                format!("{done} erasures are on record, {noted} in the log"),
                RESTART,
            );
        }
        if done < noted {
            report.find(
                "keyring",
                format!("the log has {noted} erasures, the keyring {done}: it is an old copy"),
                RESTORE_KEYRING,
            );
        }
        Ok(())
    }

    pub(super) fn heads(&self, report: &mut FsckReport) -> Result<(), OpenError> {
        let heads = match Heads::open_read_only(&self.paths.heads()) {
            Err(VaultError::Missing { .. }) => {
                report.find(
                    "heads",
                    "the file is missing",
                    "start the ledger: it is made anew from the journal",
                );
                return Ok(());
            }
            Err(error @ VaultError::HeadsDamaged { .. }) => {
                report.find("heads", error.to_string(), "start the ledger: it is made anew from the journal");
                return Ok(());
            }
            heads => heads?,
        };
        let size = self.scan.frontier.size();
        let mut seen = HashSet::new();
        for head in heads.all() {
            let Ok(head) = head else {
                report.find(
                    "heads",
                    "a slot's checksum is wrong",
                    "start the ledger: the stream is walked again",
                );
                continue;
            };
            seen.insert(head.worker);
            let chain = self.scan.chains.get(&head.worker);
            // A live ledger goes on, and writes heads some time after the journal.
            let newer = self.live && head.leaf >= size;
            let older = self.live && chain.is_some_and(|chain| chain.leaf >= heads.position().leaf);
            if !newer && !older && chain != Some(&head) {
                report.find(
                    format!("heads, slot {}", head.slot.0),
                    "it is not where its stream ends",
                    REBUILD,
                );
            }
        }
        for head in self.scan.chains.values().filter(|head| !seen.contains(&head.worker)) {
            // Beside a live ledger the worker may have been erased since.
            if !self.live {
                report.find(format!("heads, slot {}", head.slot.0), "a worker's stream has no head", REBUILD);
            }
        }
        let end = self.scan.end.unwrap_or(Position::START);
        if !self.live && heads.position().leaf > end.leaf {
            report.find("heads", "its header is ahead of the journal", RESTORE_JOURNAL);
        } else if !self.live && !self.scan.has_place(heads.position()) {
            report.find("heads", "its header names no place between two frames", REBUILD);
        }
        if !self.live && !heads.is_header_sound()? {
            report.find("heads", "a copy of its header is not what was written", REBUILD);
        }
        Ok(())
    }

    /// The status lists: every index that a readable statement bears, and what it answers.
    pub(super) fn status(
        &self,
        seen: Seen,
        journal: &JournalReader,
        keyring: &Keyring,
        report: &mut FsckReport,
    ) -> Result<(), OpenError> {
        let place =
            |leaf: u64| Ok(usize::try_from(leaf).ok().and_then(|leaf| self.scan.places.get(leaf)).copied());
        let last = |worker| Ok(self.scan.chains.get(&worker).map(|head| head.leaf));
        let reader = Reader { journal, keyring, place: &place, last: &last };
        let derived = status::derive(seen, &self.scan.public.trust, &reader)?;
        let tables = match StatusFile::read(self.paths) {
            Ok(records) => records.map(|records| Tables::load(&records)).transpose(),
            Err(error) => Err(error),
        };
        let tables = match tables {
            Ok(Some(tables)) => tables,
            Ok(None) if derived.is_empty() || self.copy.is_some() => return Ok(()),
            Ok(None) => {
                report.find("status/lists", "it is missing, and statements bear indexes", RESTORE_STATUS);
                return Ok(());
            }
            Err(error @ VaultError::StatusDamaged { .. }) => {
                report.find("status/lists", error.to_string(), RESTORE_STATUS);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let erased = keyring.erasure_count();
        if tables.is_behind(erased) && !self.live {
            let problem = format!(
                "it knows of {} erasures, the keyring of {erased}: it is an old copy",
                tables.erasures
            );
            report.find("status/lists", problem, "restore the newest DIR/status");
        }
        if tables.erasures > erased.saturating_add(1) && !self.live {
            let problem = format!("it knows of {} erasures, the keyring of {erased}", tables.erasures);
            report.find("status/lists", problem, RESTORE_KEYRING);
        }
        if tables.settled.is_some_and(|place| !self.scan.has_place(place)) && !self.live {
            report.find(
                "status/lists",
                "it names no place between two frames of the journal",
                RESTORE_STATUS,
            );
        }
        if !self.live && StatusFile::has_torn_end(self.paths)? {
            report.find("status/lists", "its end is torn, or altered", RESTART);
        }
        let entries = self.scan.frontier.size();
        let allow = Allow { erased_records: self.scan.erased_records, live: self.live, entries };
        // The lists of a copy for looking back are empty: what they answered is of later.
        if self.copy.is_none() {
            for (place, problem) in derived.check(&tables, allow) {
                report.find(place, problem, RESTORE_STATUS);
            }
        }
        Ok(())
    }
}
