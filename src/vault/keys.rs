//! The ledger's own keys, in DIR.key/, never in a backup of DIR: its signing keys, the keys of standing tokens and status
//! lists, the operator's public key. The operator's private key is written beside DIR once, to be taken away.
//!
//! Which of them are in force the log says, not this directory: a key is written here before the log names it, and
//! destroyed after the log has ended it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{DataDir, VaultError, durable};
use crate::crypto::{Entropy, PrivateKey, PublicKey, wipe_jwk};

const KEY_FILE_BYTES_MAX: u64 = 4096;

/// What a key of the ledger is for, as in its statements and file names.
const USES: [&str; 2] = ["log", "status"];

/// The keys a ledger runs with.
#[derive(Debug, Clone)]
pub struct LedgerKeys {
    held: Vec<HeldKey>,
    /// Files whose key was overwritten when a crash came: they hold nothing and wait to be removed.
    spent: Vec<PathBuf>,
    /// May ask for what only operators may.
    pub operator: PublicKey,
}

/// A private key of the ledger that is in DIR.key.
#[derive(Debug, Clone)]
struct HeldKey {
    use_: &'static str,
    nth: u32,
    key: PrivateKey,
}

impl LedgerKeys {
    /// Makes all keys of a new ledger and writes them, the operator's private key to DIR.operator.key. None is ever
    /// overwritten.
    pub fn create(paths: &DataDir, entropy: &mut impl Entropy) -> Result<Self, VaultError> {
        let operator = PrivateKey::generate_ed25519(entropy);
        let mut keys = Self { held: Vec::new(), spent: Vec::new(), operator: operator.public() };
        write_operator_key(&paths.operator_key(), &operator)?;
        write_line(&paths.operator_public_key(), &operator_jwk(&keys.operator, true))?;
        for use_ in USES {
            keys.add(paths, use_, entropy)?;
        }
        Ok(keys)
    }

    /// Reads them.
    pub fn open(paths: &DataDir) -> Result<Self, VaultError> {
        let (mut held, mut spent) = (Vec::new(), Vec::new());
        for (use_, nth) in
            durable::names_in(&paths.key_dir())?.iter().filter_map(|name| DataDir::ledger_key_of(name, &USES))
        {
            let path = paths.ledger_key(use_, nth);
            if durable::is_destroyed(&path, KEY_FILE_BYTES_MAX)? {
                spent.push(path);
            } else {
                held.push(HeldKey { use_, nth, key: read_private(&path)? });
            }
        }
        held.sort_by_key(|one| (one.use_, one.nth));
        // A directory without any is none of a ledger; the first one's name says what is missing.
        if let Some(use_) = USES.iter().find(|use_| !held.iter().any(|one| one.use_ == **use_)) {
            return Err(VaultError::Missing { path: paths.ledger_key(use_, 1) });
        }
        let operator = OperatorKeyFile::read(paths)?.key;
        Ok(Self { held, spent, operator })
    }

    /// The private keys for a use (`log`, `status`), oldest first.
    pub fn of<'a>(&'a self, use_: &'a str) -> impl Iterator<Item = &'a PrivateKey> {
        self.held.iter().filter(move |one| one.use_ == use_).map(|one| &one.key)
    }

    /// Makes another key for a use and writes it, durable before it is answered.
    pub fn add(
        &mut self,
        paths: &DataDir,
        use_: &'static str,
        entropy: &mut impl Entropy,
    ) -> Result<PrivateKey, VaultError> {
        let last = self.held.iter().filter(|one| one.use_ == use_).map(|one| one.nth).max().unwrap_or(0);
        let exists = || VaultError::Exists { path: paths.ledger_key(use_, last) };
        let nth = last.checked_add(1).ok_or_else(exists)?;
        let key = PrivateKey::generate_ed25519(entropy);
        write_line(&paths.ledger_key(use_, nth), &key.to_jwk_text())?;
        self.held.push(HeldKey { use_, nth, key: key.clone() });
        Ok(key)
    }

    /// Lets go of every private key: for a ledger that signs nothing.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Destroys the files of keys that fit, e.g. those that the log has ended, and removes what a crash left of earlier ones.
    pub fn destroy(
        &mut self,
        paths: &DataDir,
        fits: impl Fn(&'static str, &PublicKey) -> bool,
    ) -> Result<(), VaultError> {
        for one in self.held.extract_if(.., |one| fits(one.use_, &one.key.public())) {
            durable::destroy(&paths.ledger_key(one.use_, one.nth))?;
        }
        self.spent.drain(..).try_for_each(|path| durable::remove(&path))
    }
}

/// Writes a private key as a JWK of mode 0600; refuses an existing file.
pub fn write_operator_key(path: &Path, key: &PrivateKey) -> Result<(), VaultError> {
    write_line(path, &key.to_jwk_text())
}

/// Reads a private JWK.
pub fn read_operator_key(path: &Path) -> Result<PrivateKey, VaultError> {
    read_private(path)
}

/// The operator's public key as it stands in DIR.key. With its `kid`, the key's thumbprint, no other key can be in its place
/// unnoticed, and it says that the list of operators stands beside it with a checksum. Ledgers from before have neither; they get
/// both when the list is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorKeyFile {
    /// The key.
    pub key: PublicKey,
    /// Whether it has its `kid`.
    pub has_kid: bool,
    /// Whether each byte is as it was written.
    pub is_as_written: bool,
}

impl OperatorKeyFile {
    /// Reads it; refuses a `kid` that is another key's.
    pub fn read(paths: &DataDir) -> Result<Self, VaultError> {
        let path = paths.operator_public_key();
        let bytes = durable::read_small(&path, KEY_FILE_BYTES_MAX)?;
        let bytes = bytes.ok_or_else(|| VaultError::Missing { path: path.clone() })?;
        let refused = || VaultError::KeyFile { path: path.clone() };
        let jwk: Value = serde_json::from_slice(&bytes).map_err(|_| refused())?;
        let key = PublicKey::from_jwk(&jwk).map_err(|_| refused())?;
        let kid = jwk.get("kid");
        if kid.is_some_and(|kid| kid.as_str() != Some(key.thumbprint().as_str())) {
            return Err(refused());
        }
        let has_kid = kid.is_some();
        let is_as_written = bytes == format!("{}\n", operator_jwk(&key, has_kid)).as_bytes();
        Ok(Self { key, has_kid, is_as_written })
    }

    /// Gives a file from before its `kid`, durable. The list of operators was written with its checksum.
    pub fn add_kid(paths: &DataDir) -> Result<(), VaultError> {
        let Self { key, has_kid, .. } = Self::read(paths)?;
        if has_kid {
            return Ok(());
        }
        durable::replace(&paths.operator_public_key(), format!("{}\n", operator_jwk(&key, true)).as_bytes())
    }
}

fn operator_jwk(key: &PublicKey, with_kid: bool) -> String {
    let mut jwk = key.to_jwk();
    if let Some(members) = jwk.as_object_mut().filter(|_| with_kid) {
        members.insert("kid".to_owned(), key.thumbprint().into());
    }
    jwk.to_string()
}

/// The most bytes of the list of operators.
const OPERATORS_BYTES_MAX: u64 = 64 * 1024;

/// The list of operators as it was last written; `None` if nobody was ever named. It stands in DIR.key, so that a backup of
/// DIR brings no operator back who was removed since.
pub fn read_operators(paths: &DataDir) -> Result<Option<Vec<u8>>, VaultError> {
    durable::read_small(&paths.operators(), OPERATORS_BYTES_MAX)
}

/// Puts the list in place, durable.
pub fn write_operators(paths: &DataDir, bytes: &[u8]) -> Result<(), VaultError> {
    durable::replace(&paths.operators(), bytes)
}

fn write_line(path: &Path, text: &str) -> Result<(), VaultError> {
    let text = zeroize::Zeroizing::new(format!("{text}\n"));
    durable::create(path, text.as_bytes())
}

fn read_private(path: &Path) -> Result<PrivateKey, VaultError> {
    let mut jwk = read_jwk(path)?;
    let key = PrivateKey::from_jwk(&jwk).map_err(|_| VaultError::KeyFile { path: path.to_owned() });
    wipe_jwk(&mut jwk);
    key
}

fn read_jwk(path: &Path) -> Result<Value, VaultError> {
    let bytes = durable::read_small(path, KEY_FILE_BYTES_MAX)?;
    let bytes = zeroize::Zeroizing::new(bytes.ok_or_else(|| VaultError::Missing { path: path.to_owned() })?);
    serde_json::from_slice(&bytes).map_err(|_| VaultError::KeyFile { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;

    #[cfg(unix)]
    #[test]
    fn keys_are_written_once_closed_to_others_and_read_back() {
        use std::os::unix::fs::PermissionsExt as _;
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let made = LedgerKeys::create(&paths, &mut SeededEntropy::new("keys")).unwrap();
        let read = LedgerKeys::open(&paths).unwrap();
        let publics = |keys: &LedgerKeys, use_| keys.of(use_).map(PrivateKey::public).collect::<Vec<_>>();
        for use_ in USES {
            assert_eq!((publics(&read, use_), publics(&read, use_).len()), (publics(&made, use_), 1));
        }
        assert_eq!(read_operator_key(&paths.operator_key()).unwrap().public(), made.operator);
        for path in [paths.log_key(), paths.status_key(), paths.operator_key()] {
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
        }
        let again = LedgerKeys::create(&paths, &mut SeededEntropy::new("others"));
        assert_eq!(again.unwrap_err().reason(), "EXISTS");
    }

    #[test]
    fn a_key_added_is_read_back_beside_the_first_and_a_destroyed_one_is_gone() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let mut entropy = SeededEntropy::new("keys");
        let mut keys = LedgerKeys::create(&paths, &mut entropy).unwrap();
        let first = keys.of("log").next().unwrap().public();
        let second = keys.add(&paths, "log", &mut entropy).unwrap().public();
        let read = |use_| -> Vec<PublicKey> {
            LedgerKeys::open(&paths).unwrap().of(use_).map(PrivateKey::public).collect()
        };
        assert_eq!(read("log"), [first.clone(), second.clone()]);
        keys.destroy(&paths, |_, key| *key == first).unwrap();
        assert_eq!(read("log"), [second]);
        let third = keys.add(&paths, "log", &mut entropy).unwrap().public();
        assert!(paths.ledger_key("log", 3).exists(), "a number is not used again");
        assert_eq!(read("log").last(), Some(&third));
        assert_eq!(read("status").len(), 1);
    }

    #[test]
    fn a_key_whose_file_has_the_last_number_is_followed_by_none() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let mut entropy = SeededEntropy::new("keys");
        LedgerKeys::create(&paths, &mut entropy).unwrap();
        std::fs::copy(paths.log_key(), paths.ledger_key("log", u32::MAX)).unwrap();
        let mut keys = LedgerKeys::open(&paths).unwrap();
        assert_eq!(keys.add(&paths, "log", &mut entropy).unwrap_err().reason(), "EXISTS");
        assert!(keys.add(&paths, "status", &mut entropy).is_ok());
    }

    #[test]
    fn what_a_crash_leaves_of_a_key_that_is_being_destroyed_is_removed() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let mut entropy = SeededEntropy::new("keys");
        LedgerKeys::create(&paths, &mut entropy).unwrap().add(&paths, "log", &mut entropy).unwrap();
        let path = paths.log_key();
        let length = std::fs::read(&path).unwrap().len();
        // Overwritten, and not yet unlinked.
        std::fs::write(&path, vec![0; length]).unwrap();
        let mut keys = LedgerKeys::open(&paths).unwrap();
        assert_eq!(keys.of("log").count(), 1);
        keys.destroy(&paths, |_, _| false).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn another_operators_key_is_refused_and_a_file_from_before_gets_its_kid() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let made = LedgerKeys::create(&paths, &mut SeededEntropy::new("keys")).unwrap().operator;
        let path = paths.operator_public_key();
        let written = std::fs::read_to_string(&path).unwrap();
        let whole = OperatorKeyFile { key: made.clone(), has_kid: true, is_as_written: true };
        assert_eq!(OperatorKeyFile::read(&paths).unwrap(), whole);
        for at in 0..written.len() {
            let mut bad = written.clone().into_bytes();
            bad[at] ^= 1;
            std::fs::write(&path, bad).unwrap();
            let found = OperatorKeyFile::read(&paths);
            assert!(found.map_or(true, |file| !file.is_as_written), "byte {at}");
        }
        let other = PrivateKey::generate_ed25519(&mut SeededEntropy::new("other")).public();
        let swapped =
            written.replace(made.to_jwk()["x"].as_str().unwrap(), other.to_jwk()["x"].as_str().unwrap());
        std::fs::write(&path, swapped).unwrap();
        assert_eq!(LedgerKeys::open(&paths).unwrap_err().reason(), "KEY_FILE");

        std::fs::write(&path, format!("{}\n", made.to_jwk())).unwrap();
        let before = OperatorKeyFile { has_kid: false, ..whole };
        assert_eq!(OperatorKeyFile::read(&paths).unwrap(), before);
        OperatorKeyFile::add_kid(&paths).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    }

    #[test]
    fn a_key_file_of_another_kind_is_named() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        LedgerKeys::create(&paths, &mut SeededEntropy::new("keys")).unwrap();
        let public = std::fs::read(paths.operator_public_key()).unwrap();
        for bad in [&public[..], b"{}", b"not json", b""] {
            std::fs::write(paths.log_key(), bad).unwrap();
            assert_eq!(LedgerKeys::open(&paths).unwrap_err().reason(), "KEY_FILE");
        }
        std::fs::remove_file(paths.log_key()).unwrap();
        assert_eq!(LedgerKeys::open(&paths).unwrap_err().reason(), "FILE_MISSING");
    }
}
