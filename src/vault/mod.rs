//! What outlives the process: the journal (write-ahead log and value store), the keyring, the heads, the log's public
//! files, the locks and keys beside them.
//!
//! Each file class has one module, each says in its first lines which fsync it does and what a crash between two of
//! them leaves. The ledger calls them in the order of ARCHITECTURE.md, "append"; nothing here knows that order.
//!
//! **Never:** what an event means, who may say it, when to sign. SPEC.md, "Journal frame".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod access;
mod backup;
pub(crate) mod change;
mod checkpoints;
mod durable;
mod error;
mod fields;
mod filesystem;
mod hashes;
mod heads;
mod journal;
mod keyring;
mod keys;
mod lock;
mod looking_back;
mod paths;
mod sealed;
mod shares;
mod status;
mod unfinished;
mod witness;

pub use access::{AccessFiles, NOTE_BYTES_MAX, NOTES_MAX, Note, SETTINGS_BYTES_MAX};
pub use backup::{
    About, BackupDir, KEYRING_TAR, Manifest, ObjectReader, PartWriter, copy_keyring, pack_keyring,
    read_backup_note, unpack_keyring, write_backup_note,
};
pub use checkpoints::{ArchiveProblem, CheckpointArchive, KeptCheckpoint};
pub(crate) use durable::{exists, is_dir};
pub use error::{FileError, VaultError};
pub use filesystem::{FileSystem, Trouble};
pub use hashes::{HashFiles, Hashes};
pub use heads::{Head, Heads, HeadsPosition};
pub use journal::{
    FRAME_BYTES_MAX, Frame, Frames, Journal, JournalReader, Position, Record, SEGMENT_BYTES_MAX, Tail,
    WholeFrame, cut_journal,
};
pub use keyring::{Erasure, KeySlot, Keyring, KeyringReport, MissedErasure, NextGeneration};
pub use keys::{
    LedgerKeys, OperatorKeyFile, read_operator_key, read_operators, write_operator_key, write_operators,
};
pub use lock::{CheckpointLock, LockedTree, ProcessLock};
pub use looking_back::LookingBack;
pub use paths::{DataDir, Space};
pub use sealed::{OpenedRecord, SealedRecord};
pub use shares::{SHARE_BOX_BYTES_MAX, ShareFiles, ShareName};
pub use status::{StatusFile, StatusRecord};
pub use unfinished::Unfinished;
pub use witness::WitnessBook;

#[cfg(test)]
mod tests;
