//! The ledger's own keys, in DIR.key/, never in a backup of DIR: its signing key, the key of standing tokens and status
//! lists, the operator's public key. The operator's private key is written beside DIR once, to be taken away.

use std::path::Path;

use serde_json::Value;

use super::{DataDir, VaultError, durable};
use crate::crypto::{Entropy, PrivateKey, PublicKey};

const KEY_FILE_BYTES_MAX: u64 = 4096;

/// The keys a ledger runs with.
#[derive(Debug, Clone)]
pub struct LedgerKeys {
    /// Signs checkpoints and the ledger's own statements.
    pub log: PrivateKey,
    /// Signs standing and head tokens and status lists.
    pub status: PrivateKey,
    /// May ask for what only operators may.
    pub operator: PublicKey,
}

impl LedgerKeys {
    /// Makes all keys of a new ledger and writes them, the operator's private key to DIR.operator.key. None is ever
    /// overwritten.
    pub fn create(paths: &DataDir, entropy: &mut impl Entropy) -> Result<Self, VaultError> {
        let operator = PrivateKey::generate_ed25519(entropy);
        let keys = Self {
            log: PrivateKey::generate_ed25519(entropy),
            status: PrivateKey::generate_ed25519(entropy),
            operator: operator.public(),
        };
        write_operator_key(&paths.operator_key(), &operator)?;
        write_jwk(&paths.operator_public_key(), &keys.operator.to_jwk())?;
        write_jwk(&paths.log_key(), &keys.log.to_jwk())?;
        write_jwk(&paths.status_key(), &keys.status.to_jwk())?;
        Ok(keys)
    }

    /// Reads them.
    pub fn open(paths: &DataDir) -> Result<Self, VaultError> {
        let operator = paths.operator_public_key();
        Ok(Self {
            log: read_private(&paths.log_key())?,
            status: read_private(&paths.status_key())?,
            operator: PublicKey::from_jwk(&read_jwk(&operator)?)
                .map_err(|_| VaultError::KeyFile { path: operator })?,
        })
    }
}

/// Writes a private key as a JWK of mode 0600; refuses an existing file.
pub fn write_operator_key(path: &Path, key: &PrivateKey) -> Result<(), VaultError> {
    write_jwk(path, &key.to_jwk())
}

/// Reads a private JWK.
pub fn read_operator_key(path: &Path) -> Result<PrivateKey, VaultError> {
    read_private(path)
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

fn write_jwk(path: &Path, jwk: &Value) -> Result<(), VaultError> {
    let text = zeroize::Zeroizing::new(format!("{jwk}\n"));
    durable::create(path, text.as_bytes())
}

fn read_private(path: &Path) -> Result<PrivateKey, VaultError> {
    PrivateKey::from_jwk(&read_jwk(path)?).map_err(|_| VaultError::KeyFile { path: path.to_owned() })
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
        assert_eq!(read.log.public(), made.log.public());
        assert_eq!(read.status.public(), made.status.public());
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
