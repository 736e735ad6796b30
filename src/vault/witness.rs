//! What a witness keeps: its key, and for each log the checkpoint it cosigned last.
//!
//! ```text
//! DIR/witness.key           private JWK
//! DIR/seen/HEX.checkpoint   HEX = SHA-256(origin): the last note cosigned, with the witness's own line
//! DIR/seen/HEX.fork-a, -b   two checkpoints of one size and two roots, both signed by the log: kept once, never replaced
//! ```
//! *fsync:* temporary file, fsync, rename, directory fsync, before the cosignature leaves. A crash in between leaves the older
//! checkpoint and a cosignature that nobody got, or the newer one. What is read back must carry the witness's own cosignature,
//! so neither a damaged file nor another witness's is taken for its memory.

use std::path::{Path, PathBuf};

use super::keys::{read_operator_key, write_operator_key};
use super::{ProcessLock, VaultError, durable};
use crate::crypto::{PrivateKey, hex_encode, sha256};
use crate::tlog::{SignedCheckpoint, VerifierKey};

const NOTE_BYTES_MAX: u64 = 64 * 1024;

/// A witness's directory, held for as long as this lives.
#[derive(Debug)]
pub struct WitnessBook {
    seen: PathBuf,
    _process_lock: ProcessLock,
}

impl WitnessBook {
    /// Makes the directory and writes the key; refuses an existing one.
    pub fn create(dir: &Path, key: &PrivateKey) -> Result<(), VaultError> {
        // Absolute, so that it has a parent to sync.
        let dir = std::path::absolute(dir).map_err(|_| VaultError::NoDirectoryName)?;
        if durable::exists(&dir)? {
            return Err(VaultError::Exists { path: dir });
        }
        durable::create_dir(&dir)?;
        durable::create_dir(&dir.join("seen"))?;
        write_operator_key(&dir.join("witness.key"), key)
    }

    /// Opens it, alone, with the witness's key.
    pub fn open(dir: &Path) -> Result<(Self, PrivateKey), VaultError> {
        let key = read_operator_key(&dir.join("witness.key"))?;
        let seen = dir.join("seen");
        if !durable::is_dir(&seen)? {
            return Err(VaultError::Missing { path: seen });
        }
        let process_lock = ProcessLock::acquire(&dir.join(".process.lock"))?;
        // What is read back is told to whoever asks: a name that an earlier process could not sync is durable first.
        durable::sync_dir(dir)?;
        durable::sync_dir(&seen)?;
        Ok((Self { seen, _process_lock: process_lock }, key))
    }

    /// The file name of a log, which is also the name under which its checkpoint is served.
    pub fn name_of(origin: &str) -> String {
        hex_encode(sha256(&[origin.as_bytes()]))
    }

    fn path(&self, origin: &str, ending: &str) -> PathBuf {
        self.seen.join(format!("{}.{ending}", Self::name_of(origin)))
    }

    /// The checkpoint of this log that `witness` cosigned last.
    pub fn last(&self, origin: &str, witness: &VerifierKey) -> Result<Option<SignedCheckpoint>, VaultError> {
        let path = self.path(origin, "checkpoint");
        let Some(bytes) = durable::read_small(&path, NOTE_BYTES_MAX)? else { return Ok(None) };
        let note = std::str::from_utf8(&bytes).ok();
        let signed = note.and_then(|note| SignedCheckpoint::cosigned_by(note, witness).ok());
        signed
            .filter(|signed| signed.checkpoint.origin == origin)
            .map(Some)
            .ok_or(VaultError::WitnessDamaged { path })
    }

    /// Keeps a cosigned checkpoint; durable when this returns. Only then may the cosignature leave.
    pub fn keep(&self, cosigned: &SignedCheckpoint) -> Result<(), VaultError> {
        durable::replace(&self.path(&cosigned.checkpoint.origin, "checkpoint"), cosigned.note.as_bytes())
    }

    /// Keeps the first proof of a fork: what was cosigned, and what contradicts it.
    pub fn keep_fork(&self, origin: &str, cosigned: &str, other: &str) -> Result<(), VaultError> {
        let (a, b) = (self.path(origin, "fork-a"), self.path(origin, "fork-b"));
        if durable::exists(&b)? {
            return Ok(());
        }
        durable::replace(&a, cosigned.as_bytes())?;
        durable::replace(&b, other.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;
    use crate::tlog::{Checkpoint, cosign};

    const ORIGIN: &str = "ledger.example.invalid";

    fn key(label: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
    }

    fn vkey(label: &str) -> VerifierKey {
        VerifierKey::cosigner("witness.example.invalid", &key(label).public()).unwrap()
    }

    fn cosigned(size: u64) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: [7; 32] };
        let line = cosign(&checkpoint, "witness.example.invalid", &key("witness"), 5).unwrap();
        let note = checkpoint.sign(&[&key("log")]).unwrap() + &line;
        SignedCheckpoint::cosigned_by(&note, &vkey("witness")).unwrap()
    }

    #[test]
    fn what_was_kept_is_read_back_by_the_same_witness_only() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("witness");
        WitnessBook::create(&home, &key("witness")).unwrap();
        assert_eq!(WitnessBook::create(&home, &key("witness")).unwrap_err().reason(), "EXISTS");
        let (book, read) = WitnessBook::open(&home).unwrap();
        assert_eq!(read.public(), key("witness").public());
        assert_eq!(WitnessBook::open(&home).unwrap_err().reason(), "IN_USE");
        assert_eq!(book.last(ORIGIN, &vkey("witness")).unwrap(), None);
        book.keep(&cosigned(3)).unwrap();
        book.keep(&cosigned(4)).unwrap();
        assert_eq!(book.last(ORIGIN, &vkey("witness")).unwrap(), Some(cosigned(4)));
        let other = book.last(ORIGIN, &vkey("other"));
        assert_eq!(other.unwrap_err().reason(), "WITNESS_DAMAGED");
    }

    #[test]
    fn a_memory_with_a_flipped_bit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("witness");
        WitnessBook::create(&home, &key("witness")).unwrap();
        let (book, _) = WitnessBook::open(&home).unwrap();
        book.keep(&cosigned(4)).unwrap();
        let path = book.path(ORIGIN, "checkpoint");
        let good = std::fs::read_to_string(&path).unwrap();
        for bad in
            [good.replace("\n4\n", "\n2\n"), good.replace(ORIGIN, "other.example.invalid"), String::new()]
        {
            std::fs::write(&path, bad).unwrap();
            assert_eq!(book.last(ORIGIN, &vkey("witness")).unwrap_err().reason(), "WITNESS_DAMAGED");
        }
    }

    #[test]
    fn the_first_fork_stays() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("witness");
        WitnessBook::create(&home, &key("witness")).unwrap();
        let (book, _) = WitnessBook::open(&home).unwrap();
        book.keep_fork(ORIGIN, "a", "b").unwrap();
        book.keep_fork(ORIGIN, "c", "d").unwrap();
        let read = |ending| std::fs::read_to_string(book.path(ORIGIN, ending)).unwrap();
        assert_eq!((read("fork-a"), read("fork-b")), ("a".to_owned(), "b".to_owned()));
    }
}
