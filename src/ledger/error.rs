//! Why a ledger does not open, a statement is not appended, a read fails: one variant or reason per broken rule.

use std::path::PathBuf;

use crate::event::ClaimError;
use crate::statement::StatementError;
use crate::store::StoreError;
use crate::trust::{Refusal, RefusalKind};
use crate::vault::VaultError;

/// Why a data directory was not created, opened, checked or rebuilt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no ledger in the directory.
    #[error("{path} holds no ledger: {missing} is missing", path = path.display(), missing = missing.display())]
    NotALedger {
        /// The directory.
        path: PathBuf,
        /// What should be there.
        missing: PathBuf,
    },
    /// `init` found something.
    #[error("{path} already exists; an existing ledger and its keys are never touched", path = path.display())]
    AlreadyExists {
        /// What is there.
        path: PathBuf,
    },
    /// `init` was given an unusable name, root or key.
    #[error("cannot found a ledger: {problem}")]
    Founding {
        /// What is wrong with it.
        problem: String,
    },
    /// Bytes that were acknowledged are missing or altered.
    #[error("the journal is damaged at {place}: {problem}")]
    JournalDamaged {
        /// Segment and offset, or leaf.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A checkpoint exists and its lock does not.
    #[error("the checkpoint lock is missing though checkpoints were published: signing could fork the log")]
    LockMissing,
    /// The lock promises more entries than the journal holds.
    #[error(
        "{locked} entries were signed for, the journal holds {held}: this is an old copy, or the journal was cut"
    )]
    LockAhead {
        /// Size in the lock.
        locked: u64,
        /// Entries in the journal.
        held: u64,
    },
    /// There is no checkpoint to export.
    #[error("nothing was published yet: the ledger has never been started")]
    NothingPublished,
    /// The lock is older than the last checkpoint.
    #[error(
        "the checkpoint lock knows {locked} entries, but a checkpoint over {published} was published: it is an old copy"
    )]
    LockBehind {
        /// Size in the lock.
        locked: u64,
        /// Size published.
        published: u64,
    },
    /// A checkpoint given to restore the lock is not this ledger's, or is not the newest.
    #[error("this checkpoint is not signed by this ledger's key, or an even newer one was published")]
    CheckpointRefused,
    /// DIR.key or DIR.lock belongs to another ledger.
    #[error("the {what} belongs to another ledger than the journal")]
    WrongKeys {
        /// Which.
        what: &'static str,
    },
    /// The entries are not those that were signed.
    #[error("the root over the first {size} entries is not the one that was signed")]
    RootDiffers {
        /// Size in the lock.
        size: u64,
    },
    /// The status lists are an older copy than the keyring.
    #[error("the status lists know of {known} erasures, the keyring of {erased}: they are an old copy")]
    StatusBehind {
        /// In the lists.
        known: u32,
        /// In the keyring.
        erased: u32,
    },
    /// What a status list answered is not what the journal says.
    #[error("the status lists contradict the journal")]
    StatusContradicts,
    /// A backup, or a copy of the log, that does not fit this ledger.
    #[error("this backup cannot be used here: {problem}")]
    BackupMismatch {
        /// What does not fit.
        problem: String,
    },
    /// What is missing cannot be made from public files.
    #[error("entry {leaf} is a person's: the log's public files hold its commitments alone, not the record")]
    PersonEntryMissing {
        /// The first such leaf.
        leaf: u64,
    },
    /// The keyring is an older copy than the log.
    #[error(
        "the log has {logged} erasures, the keyring {known}: it is an old copy, and would bring erased workers back"
    )]
    KeyringBehind {
        /// In the log.
        logged: usize,
        /// In the keyring and beside it.
        known: usize,
    },
    /// The vault's failure: lock held by another process, keys missing, a file damaged.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store's failure.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread could not be started.
    #[error("the operating system refused to start a thread")]
    Thread,
}

impl OpenError {
    /// Stable.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotALedger { .. } => "NOT_A_LEDGER",
            Self::AlreadyExists { .. } => "ALREADY_EXISTS",
            Self::Founding { .. } => "FOUNDING_INVALID",
            Self::JournalDamaged { .. } => "JOURNAL_DAMAGED",
            Self::LockMissing => "LOCK_MISSING",
            Self::LockBehind { .. } => "LOCK_BEHIND",
            Self::NothingPublished => "NOTHING_PUBLISHED",
            Self::CheckpointRefused => "CHECKPOINT_REFUSED",
            Self::WrongKeys { .. } => "WRONG_KEYS",
            Self::LockAhead { .. } => "LOCK_AHEAD_OF_JOURNAL",
            Self::RootDiffers { .. } => "ROOT_DIFFERS",
            Self::StatusBehind { .. } => "STATUS_LISTS_BEHIND",
            Self::StatusContradicts => "STATUS_LISTS_CONTRADICT",
            Self::BackupMismatch { .. } => "BACKUP_MISMATCH",
            Self::PersonEntryMissing { .. } => "PERSON_ENTRY_MISSING",
            Self::KeyringBehind { .. } => "KEYRING_BEHIND",
            Self::Vault(error) => error.reason(),
            Self::Store(_) => "STORE_FAILED",
            Self::Thread => "NO_THREAD",
        }
    }

    /// What the operator can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotALedger { .. } => "check the path, or found a ledger there with `skillpass init`",
            Self::AlreadyExists { .. } => {
                "choose another directory; to start over, move the old one and its .key and .lock away yourself"
            }
            Self::Founding { .. } => "see `skillpass init --help`",
            Self::JournalDamaged { .. } => {
                "stop, copy the directory, run `skillpass fsck`, and restore the journal from a backup"
            }
            Self::LockMissing | Self::LockBehind { .. } | Self::CheckpointRefused => {
                "give the newest checkpoint known to anyone (a witness, a monitor, a passport file) to `skillpass log relock`; until \
                 then `skillpass serve --read-only` answers readers"
            }
            Self::NothingPublished => "start the ledger once",
            Self::WrongKeys { .. } => "put DIR.key and DIR.lock of this very ledger beside DIR",
            Self::LockAhead { .. } | Self::RootDiffers { .. } => {
                "do not sign: restore the newest copy of the journal; `skillpass fsck` says what differs"
            }
            Self::StatusBehind { .. } => {
                "restore the newest DIR/status, which belongs to the newest keyring; if it is lost, move DIR/status away: its \
                 lists are then answered no more"
            }
            Self::StatusContradicts => "run `skillpass fsck`, then `skillpass rebuild`",
            Self::BackupMismatch { .. } => {
                "check both paths; begin a new backup in an empty directory if this one is another ledger's"
            }
            Self::PersonEntryMissing { .. } => {
                "find a copy of the journal; if none is left, found a successor (deploy/README.md, Restore)"
            }
            Self::KeyringBehind { .. } => {
                "restore the newest keyring, or put the newest list of erasures beside it (DIR.lock/erased): the start erases again"
            }
            Self::Vault(VaultError::RestoreUnfinished { .. }) => {
                "run `skillpass restore` into it again: it begins anew, and nothing is lost that the backup has"
            }
            Self::Vault(_) => "see the message; `skillpass fsck` checks every file",
            Self::Store(_) => "run `skillpass rebuild`: the store is made anew from the journal",
            Self::Thread => "raise the limit of threads or free memory",
        }
    }
}

/// What kind of failure an [`AppendError`] is, for status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendErrorKind {
    /// The statement itself is wrong.
    Invalid,
    /// Its issuer may not say it.
    Unauthorised,
    /// It does not fit what is recorded.
    Conflict,
    /// Its id is taken.
    Duplicate,
    /// What it refers to is unknown.
    NotFound,
    /// Try again in a moment.
    Overloaded,
    /// The ledger does not record at present.
    Unavailable,
    /// This copy of the ledger never records.
    ReadOnly,
    /// It could not be judged: a bug of ours, or a damaged file.
    Unjudged,
}

/// Why a statement was not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AppendError {
    /// Stable.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// Kind of failure, for gRPC codes.
    pub kind: AppendErrorKind,
}

impl AppendError {
    pub(super) fn new(
        kind: AppendErrorKind,
        reason: &'static str,
        message: impl Into<String>,
        help: &'static str,
    ) -> Self {
        Self { reason, message: message.into(), help, kind }
    }

    pub(super) fn invalid(reason: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self::new(AppendErrorKind::Invalid, reason, message, help)
    }

    pub(super) fn unauthorised(reason: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self::new(AppendErrorKind::Unauthorised, reason, message, help)
    }

    /// Unknown, or not this worker's key: the same answer.
    pub(super) fn unknown_worker() -> Self {
        Self::new(
            AppendErrorKind::NotFound,
            "UNKNOWN_WORKER",
            "this ledger has no passport for `sub` that the signer may add to",
            "check the worker id; the first statement of a passport is PassportOpened; a worker's own statements are \
             signed with the current holder key",
        )
    }

    pub(super) fn not_serving() -> Self {
        Self::new(
            AppendErrorKind::Unavailable,
            "NOT_SERVING",
            "the ledger does not record at present; whether this statement was recorded is not known",
            "send the very same statement again later: it is recorded at most once",
        )
    }

    pub(super) fn read_only() -> Self {
        Self::new(
            AppendErrorKind::ReadOnly,
            "LEDGER_READ_ONLY",
            "this copy of the ledger was opened for reading only; nothing was recorded",
            "send it again when the ledger records, or to the ledger that took its place",
        )
    }

    /// A bug of ours or a damaged file; nothing was recorded.
    pub(super) fn internal() -> Self {
        Self::new(
            AppendErrorKind::Unjudged,
            "INTERNAL",
            "the ledger could not judge this statement; it was not recorded",
            "tell the operator: `skillpass fsck` checks the data directory",
        )
    }

    pub(super) fn overloaded(queue: usize) -> Self {
        Self::new(
            AppendErrorKind::Overloaded,
            "OVERLOADED",
            format!("{queue} statements are waiting already"),
            "wait a moment and send the same statement again",
        )
    }
}

impl From<StatementError> for AppendError {
    fn from(error: StatementError) -> Self {
        let help = match error.reason() {
            "TOO_LARGE" => "keep evidence outside the statement and cite its hash",
            _ => "issue the statement again with `skillpass issue`, or see SPEC.md, \"Statement\"",
        };
        Self::invalid(error.reason(), error.to_string(), help)
    }
}

impl From<ClaimError> for AppendError {
    fn from(error: ClaimError) -> Self {
        Self::invalid(
            error.reason,
            error.to_string(),
            "`skillpass kinds KIND --schema` shows what the kind may hold",
        )
    }
}

impl From<Refusal> for AppendError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.kind() {
            RefusalKind::Invalid => AppendErrorKind::Invalid,
            RefusalKind::Unauthorised => AppendErrorKind::Unauthorised,
            RefusalKind::Conflict => AppendErrorKind::Conflict,
        };
        let help = match &refusal {
            Refusal::Statement(_) | Refusal::Claim(_) => "issue the statement again with `skillpass issue`",
            Refusal::UnknownIssuer(_) => {
                "ask the authority of that country to record an IssuerAuthorised; `iss` is compared byte for byte"
            }
            Refusal::UnknownKey { .. } | Refusal::KeyEnded(_) | Refusal::KeyCompromised(_) => {
                "sign with a current key of the issuer, or record the new key first (IssuerKeyAdded)"
            }
            Refusal::LastLogKey => "add its successor first (`skillpass log key add`)",
            Refusal::AuthorisationCircular { .. } => {
                "have it authorised by somebody whom it did not authorise"
            }
            _ => {
                "ask the authority of that country to authorise the issuer for this, or correct what is stated"
            }
        };
        Self::new(kind, refusal.reason(), refusal.to_string(), help)
    }
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Asked beyond what there is.
    #[error("{asked} is beyond the {size} entries that can be proved")]
    OutOfRange {
        /// Leaf or size asked for.
        asked: u64,
        /// What there is.
        size: u64,
    },
    /// What is stored does not decode or does not fit.
    #[error("entry {leaf} is damaged: {problem}")]
    Damaged {
        /// Its leaf.
        leaf: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// The next generation key was not named as it lies in escrow.
    #[error(transparent)]
    NotEscrowed(crate::vault::VaultError),
    /// The vault's failure.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
    /// The store's failure.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What a status list answered is not what the journal says.
    #[error("the status lists contradict the journal")]
    StatusContradicts,
    /// The tree's failure.
    #[error(transparent)]
    Tree(#[from] crate::tlog::TlogError),
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Vault(error) | ReadError::NotEscrowed(error) => error.into(),
            ReadError::Store(error) => error.into(),
            ReadError::Tree(error) => crate::vault::VaultError::from(error).into(),
            ReadError::StatusContradicts => Self::StatusContradicts,
            ReadError::Damaged { leaf, problem } => {
                Self::JournalDamaged { place: format!("leaf {leaf}"), problem: problem.to_owned() }
            }
            ReadError::OutOfRange { asked, .. } => {
                Self::JournalDamaged { place: format!("leaf {asked}"), problem: "it is not there".to_owned() }
            }
        }
    }
}
