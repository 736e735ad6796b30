//! The kept checkpoints: their bytes, their signatures, the trees they are over.

use std::collections::BTreeMap;

use super::derived::Against;
use super::{ASK_WITNESS, FsckReport, RESTART, RESTORE_JOURNAL};
use crate::crypto::Hash;
use crate::ledger::error::OpenError;
use crate::tlog::{SignedCheckpoint, TlogError, VerifierKey};
use crate::vault::{ArchiveProblem, CheckpointArchive, KeptCheckpoint, LockedTree};

/// The kept checkpoints, read without their indexes.
pub(super) struct Archives {
    pub(super) published: Vec<KeptCheckpoint>,
    pub(super) cosigned: Vec<KeptCheckpoint>,
}

impl Archives {
    /// Reads both archives; what is wrong with their bytes goes into the report.
    pub(super) fn read(
        published: Option<&CheckpointArchive>,
        cosigned: Option<&CheckpointArchive>,
        live: bool,
        report: &mut FsckReport,
    ) -> Result<Self, OpenError> {
        let mut read = |file: &str, archive: Option<&CheckpointArchive>| -> Result<Vec<_>, OpenError> {
            let Some(archive) = archive else { return Ok(Vec::new()) };
            let (mut kept, mut problems) = archive.check()?;
            if live && !problems.is_empty() {
                // What was being written at that moment is whole by now.
                (kept, problems) = archive.check()?;
            }
            for problem in problems {
                archive_problem(file, problem, live, report);
            }
            Ok(kept)
        };
        let archives = Self {
            published: read("log/checkpoints", published)?,
            cosigned: read("log/cosigned", cosigned)?,
        };
        report.checkpoints = archives.published.len() as u64;
        Ok(archives)
    }

    /// The sizes whose root someone promised: every checkpoint's, and the lock's.
    pub(super) fn promised_roots(&self, locked: Option<&LockedTree>) -> BTreeMap<u64, Option<Hash>> {
        let kept = self.published.iter().chain(&self.cosigned).map(|kept| kept.size);
        kept.chain(locked.map(|tree| tree.size)).map(|size| (size, None)).collect()
    }
}

fn archive_problem(file: &str, problem: ArchiveProblem, live: bool, report: &mut FsckReport) {
    let remove_index = "remove the index: the start makes it anew";
    match problem {
        ArchiveProblem::Record { at } => report.find(
            format!("{file}, byte {at}"),
            "a kept checkpoint is not what was written",
            "restore the file from the newest backup; a torn last one is cut off by the start",
        ),
        ArchiveProblem::Order { at } => {
            report.find(format!("{file}, byte {at}"), "a size or a time falls", ASK_WITNESS);
        }
        ArchiveProblem::Index { number } => report.find(
            format!("{file}.index, record {number}"),
            "it does not lead to its checkpoint",
            remove_index,
        ),
        // A running ledger writes the record first.
        ArchiveProblem::NotIndexed { .. } if live => {}
        ArchiveProblem::NotIndexed { at } => {
            report.find(
                format!("{file}.index"),
                format!("it ends before the checkpoint at byte {at}"),
                RESTART,
            );
        }
    }
}

impl Against<'_> {
    /// The published checkpoint is the newest that is kept.
    pub(super) fn current(&self, archive: &CheckpointArchive, archives: &Archives, report: &mut FsckReport) {
        let newest = archives.published.last().map(|kept| kept.note.clone());
        let current = archive.current();
        // A copy for looking back publishes nothing.
        let is_none = self.copy.is_some() && matches!(current, Ok(None));
        if !self.live && !is_none && !current.is_ok_and(|current| current == newest) {
            report.find("log/checkpoint", "it is not the newest of the checkpoints kept", RESTART);
        }
    }

    /// The notes of an archive: signed by the ledger, over trees that these entries make, and cosigned by whom they say as far
    /// as the log names its key. One tree for all of them means that each is consistent with each.
    pub(super) fn notes(&self, file: &str, kept: &[KeptCheckpoint], report: &mut FsckReport) {
        let trust = &self.scan.public.trust;
        let origin = trust.origin().unwrap_or_default();
        let vkeys: Vec<_> =
            trust.log_keys_ever().into_iter().filter_map(|key| VerifierKey::log(origin, &key).ok()).collect();
        for kept in kept {
            let place = format!("{file}, tree size {}", kept.size);
            let signed = match SignedCheckpoint::verify(&kept.note, &vkeys) {
                Ok(signed) => signed,
                // A key that was added after the journal breaks off is not known here.
                Err(TlogError::NoKnownSignature) if self.root_at(kept.size).is_none() => {
                    self.beyond(place, kept.size, report);
                    continue;
                }
                Err(error) => {
                    report.find(place, error.to_string(), ASK_WITNESS);
                    continue;
                }
            };
            if let Err(error) = signed.cosignatures(&self.scan.public.witnesses) {
                report.find(place.as_str(), error.to_string(), ASK_WITNESS);
            }
            if signed.checkpoint.size != kept.size || signed.checkpoint.origin != origin {
                report.find(place, "it is kept under another size or origin than it says", ASK_WITNESS);
                continue;
            }
            match self.root_at(kept.size) {
                Some(root) if root == signed.checkpoint.root => {}
                Some(_) => report.find(place, "its root is not that of the entries", ASK_WITNESS),
                None => self.beyond(place, kept.size, report),
            }
        }
    }

    /// A checkpoint over more entries than were read.
    fn beyond(&self, place: String, size: u64, report: &mut FsckReport) {
        if !self.may_lack(size) {
            report.find(place, "the journal ends before it", RESTORE_JOURNAL);
        }
    }
}
