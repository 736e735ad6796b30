//! Why a file of the data directory was refused, or failed.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::JournalOffset;
use crate::tlog::TlogError;

/// The operating system refused; which file, and what was tried.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {cause}", path = path.display())]
pub struct FileError {
    /// What was tried: open, read, write, sync, ...
    pub action: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// The operating system's answer: on the operator's screen it is half of the message.
    pub cause: io::Error,
}

impl FileError {
    /// Whether it is a matter of rights.
    pub(super) fn is_permission(&self) -> bool {
        self.cause.kind() == io::ErrorKind::PermissionDenied
    }

    /// For `map_err`: `FileError::on("open", path)`.
    pub(super) fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
        move |cause| VaultError::File(Self { action, path: path.to_owned(), cause })
    }
}

/// A broken rule of the files below the data directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The path of the data directory has no last component to put `.key` and `.lock` behind.
    #[error("the data directory needs a name of its own, such as ./ledger")]
    NoDirectoryName,
    /// Something is there already that would have to be made anew.
    #[error("{path} exists already; it is never overwritten", path = path.display())]
    Exists {
        /// What exists.
        path: PathBuf,
    },
    /// Something that every data directory has is absent.
    #[error("{path} is missing", path = path.display())]
    Missing {
        /// What is absent.
        path: PathBuf,
    },
    /// A file far larger than anything this program writes there.
    #[error("{path} is larger than {max} bytes", path = path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// Another process holds the process lock.
    #[error("another process uses this data directory")]
    InUse,
    /// A change was asked for of something opened for reading only.
    #[error("this data directory was opened for reading only")]
    ReadOnly,

    /// A bad frame before a good one, or bytes that should be there and are not.
    #[error("the journal is damaged at {at}: {problem}; restore this segment from a backup")]
    JournalDamaged {
        /// Where the damage begins.
        at: JournalOffset,
        /// What is wrong.
        problem: &'static str,
    },
    /// The last frame is torn and the caller has not yet said that it may go.
    #[error("the journal's last frame is torn at {at}; it must be cut off before anything is appended")]
    JournalTorn {
        /// Where the torn frame begins.
        at: JournalOffset,
    },
    /// An earlier write or fsync failed: what reached the disk is unknown, so nothing more is written.
    #[error("an earlier write to the journal failed; restart, so that what reached the disk is read back")]
    JournalPoisoned,
    /// A frame that does not continue where the last one ended.
    #[error("the frame starts at leaf {found}, the journal continues at leaf {expected}")]
    LeafGap {
        /// The journal's next leaf.
        expected: u64,
        /// The frame's.
        found: u64,
    },
    /// A frame without records.
    #[error("a frame holds at least one record")]
    EmptyFrame,
    /// More bytes than a frame or a record may have.
    #[error("the {what} has {found} bytes; at most {max} are allowed")]
    OverLimit {
        /// Frame, entry or sealed record.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// A record of another layout than the one documented.
    #[error("the record is malformed: {problem}")]
    RecordMalformed {
        /// What is wrong.
        problem: &'static str,
    },
    /// A sealed record that does not open under its worker's key.
    #[error("the sealed record does not open: it, its entry or its key was altered")]
    Unsealable,

    /// A file of the keyring fails its checksum.
    #[error("the keyring's `{file}` is damaged at byte {at}; restore the newest keyring")]
    KeyringDamaged {
        /// slots, erased or blind.
        file: &'static str,
        /// Where.
        at: u64,
    },
    /// The key that wraps the keyring is not in the key directory.
    #[error("the key directory has no `generation-{generation:04}.key`, under which the keyring is wrapped")]
    GenerationKeyMissing {
        /// Which generation.
        generation: u32,
    },
    /// The key that the rotation needs was not made, or is another than the one that was named as being in escrow.
    #[error(
        "the key of generation {generation} that was named is not the one in the key directory: make and copy it first"
    )]
    NotEscrowed {
        /// The next generation.
        generation: u32,
    },
    /// What stands in DIR.lock was made under another pepper.
    #[error("{path} is not the pepper under which this ledger's erasures are on record", path = path.display())]
    OtherPepper {
        /// Which file.
        path: PathBuf,
    },
    /// A slot that was never allocated.
    #[error(
        "key slot {slot} was never allocated; the keyring is older than the journal, restore the newest one"
    )]
    SlotUnknown {
        /// The slot.
        slot: u32,
    },
    /// A slot whose checksum or wrapping fails.
    #[error("key slot {slot} is damaged; restore the newest keyring")]
    SlotDamaged {
        /// The slot.
        slot: u32,
    },
    /// An earlier write or fsync failed: what reached the disk is unknown, so nothing more is written.
    #[error("an earlier write to the keyring failed; restart, so that what reached the disk is read back")]
    KeyringPoisoned,
    /// A record of the status lists that was made durable is not what was written.
    #[error("the status lists are damaged: status/lists, byte {at}")]
    StatusDamaged {
        /// Where.
        at: u64,
    },
    /// An earlier write to the status lists failed; what the disk holds is unknown.
    #[error("an earlier write to the status lists failed; nothing more is written until the next start")]
    StatusPoisoned,
    /// No slot number is left.
    #[error("the keyring is full: it holds at most {max} slots")]
    KeyringFull {
        /// The limit.
        max: u32,
    },

    /// The heads file is not one of ours; it can be made anew from the journal.
    #[error("the heads file is damaged: {problem}; it can be rebuilt from the journal")]
    HeadsDamaged {
        /// What is wrong.
        problem: &'static str,
    },
    /// A tree hash that should be there is not.
    #[error("the log has no hash at level {level} index {index}")]
    HashAbsent {
        /// Tree level.
        level: u8,
        /// Index in it.
        index: u64,
    },
    /// A stored tree hash is not the hash of the two below it.
    #[error("the log's hash at level {level} index {index} is damaged; it can be rebuilt from the journal")]
    HashDamaged {
        /// Tree level.
        level: u8,
        /// Index in it.
        index: u64,
    },
    /// Hashes arrive in order, level by level.
    #[error("level {level} continues at index {expected}, got {found}")]
    HashOutOfOrder {
        /// Tree level.
        level: u8,
        /// Next index.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// A kept checkpoint fails its checksum and is followed by others.
    #[error("`log/{file}` is damaged at byte {at}")]
    ArchiveDamaged {
        /// checkpoint, checkpoints or checkpoints.index; the index may be removed, it is made anew.
        file: &'static str,
        /// Where.
        at: u64,
    },
    /// A checkpoint of a smaller tree or an earlier time than the last one kept.
    #[error(
        "the archive of checkpoints ends at tree size {last}; it takes no smaller or earlier one (got {found})"
    )]
    ArchiveOrder {
        /// Size of the last one.
        last: u64,
        /// Size of this one.
        found: u64,
    },
    /// The checkpoint lock is unreadable.
    #[error("the checkpoint lock is damaged; give the newest known checkpoint to restore it")]
    LockDamaged,
    /// A key file does not hold what it should.
    #[error("{path} does not hold a key of the right kind", path = path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
    },
    /// A witness's memory of a log is unreadable, or not its own.
    #[error(
        "{path} does not hold a checkpoint that this witness cosigned; without its memory it could cosign a fork",
        path = path.display()
    )]
    WitnessDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// A backup's part is not what was written, or its source is not what was promised.
    #[error("{path}: {problem}", path = path.display())]
    BackupDamaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// A restore has not ended.
    #[error("{path} is being restored, or a restore into it was cut short", path = path.display())]
    RestoreUnfinished {
        /// The directory.
        path: PathBuf,
    },
    /// The Merkle maths refused.
    #[error(transparent)]
    Tlog(#[from] TlogError),
}

impl VaultError {
    /// A stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::File(file) => match file.cause.kind() {
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "READ_ONLY_DIRECTORY",
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "DISK_FULL",
                _ => "FILE_FAILED",
            },
            Self::NoDirectoryName => "NO_DIRECTORY_NAME",
            Self::Exists { .. } => "EXISTS",
            Self::Missing { .. } => "FILE_MISSING",
            Self::TooLarge { .. } => "FILE_TOO_LARGE",
            Self::InUse => "IN_USE",
            Self::ReadOnly => "READ_ONLY",
            Self::JournalDamaged { .. } => "JOURNAL_DAMAGED",
            Self::JournalTorn { .. } => "JOURNAL_TORN",
            Self::JournalPoisoned => "JOURNAL_POISONED",
            Self::LeafGap { .. } => "LEAF_GAP",
            Self::EmptyFrame => "EMPTY_FRAME",
            Self::OverLimit { .. } => "OVER_LIMIT",
            Self::RecordMalformed { .. } => "RECORD_MALFORMED",
            Self::Unsealable => "UNSEALABLE",
            Self::KeyringDamaged { .. } => "KEYRING_DAMAGED",
            Self::GenerationKeyMissing { .. } => "GENERATION_KEY_MISSING",
            Self::NotEscrowed { .. } => "NOT_ESCROWED",
            Self::OtherPepper { .. } => "OTHER_PEPPER",
            Self::SlotUnknown { .. } => "SLOT_UNKNOWN",
            Self::SlotDamaged { .. } => "SLOT_DAMAGED",
            Self::KeyringPoisoned => "KEYRING_POISONED",
            Self::StatusDamaged { .. } => "STATUS_DAMAGED",
            Self::StatusPoisoned => "STATUS_POISONED",
            Self::KeyringFull { .. } => "KEYRING_FULL",
            Self::HeadsDamaged { .. } => "HEADS_DAMAGED",
            Self::HashAbsent { .. } => "HASH_ABSENT",
            Self::HashDamaged { .. } => "HASH_DAMAGED",
            Self::HashOutOfOrder { .. } => "HASH_OUT_OF_ORDER",
            Self::ArchiveDamaged { .. } => "ARCHIVE_DAMAGED",
            Self::ArchiveOrder { .. } => "ARCHIVE_ORDER",
            Self::LockDamaged => "LOCK_DAMAGED",
            Self::KeyFile { .. } => "KEY_FILE",
            Self::WitnessDamaged { .. } => "WITNESS_DAMAGED",
            Self::BackupDamaged { .. } => "BACKUP_DAMAGED",
            Self::RestoreUnfinished { .. } => "RESTORE_UNFINISHED",
            Self::Tlog(_) => "TLOG",
        }
    }
}
