//! The generation key, changed: made and copied into escrow first, then put into force, then the old one destroyed.
//!
//! Beside a running ledger the copy is made by itself, and the ledger rotates when it is told the copy's digest
//! ([`Ledger::rotate_keyring`](super::Ledger::rotate_keyring)); a stopped one is rotated here.

use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::open::data_dir;
use crate::crypto::{Hash, OsEntropy};
use crate::vault::{Keyring, NextGeneration, ProcessLock};

/// The next generation key, as it lies in escrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscrowedKey {
    /// Its generation.
    pub generation: u32,
    /// The copy.
    pub path: PathBuf,
    /// SHA-256 of the copy.
    pub digest: Hash,
}

/// Makes the key of the next generation, if there is none yet, and copies it into a directory; also beside a running ledger.
/// It is in force only after a rotation.
pub fn escrow_next_generation(dir: &Path, escrow: &Path) -> Result<EscrowedKey, OpenError> {
    let next = NextGeneration::prepare(&data_dir(dir)?, &mut OsEntropy)?;
    let path = next.write_to(escrow)?;
    Ok(EscrowedKey { generation: next.generation, path, digest: next.digest })
}

/// The newest generation key in a directory.
pub fn newest_in_escrow(escrow: &Path) -> Result<EscrowedKey, OpenError> {
    let (generation, path, digest) = NextGeneration::newest_in(escrow)?;
    Ok(EscrowedKey { generation, path, digest })
}

/// Rotates the keyring of a stopped ledger; answers with the generation in force.
pub fn rotate_stopped(dir: &Path, escrowed: &Hash) -> Result<u32, OpenError> {
    let paths = data_dir(dir)?;
    let _process_lock = ProcessLock::acquire(&paths.process_lock())?;
    Ok(Keyring::open(&paths)?.rotate(escrowed, &mut OsEntropy)?)
}

/// Destroys the keys of older generations in escrow: with an old keyring each would undo erasures.
pub fn destroy_older_in_escrow(escrow: &Path, generation: u32) -> Result<(), OpenError> {
    Ok(NextGeneration::destroy_older_in(escrow, generation)?)
}
