//! Argon2id (RFC 9106): a passphrase to the key that seals a key file.

use super::SealKey;

/// What one guess costs. RFC 9106 section 4, second recommended option: 64 MiB, 3 passes (one lane, as we use one thread).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassphraseCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PassphraseCost {
    /// What we write.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3 };
    /// The most we read: a key file must not exhaust the machine that opens it.
    const MEMORY_KIB_MAX: u32 = 1024 * 1024;
    const PASSES_MAX: u32 = 16;
}

/// The cost is outside what Argon2 or this program allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the passphrase cost must be 8 to {} KiB and 1 to {} passes",
    PassphraseCost::MEMORY_KIB_MAX,
    PassphraseCost::PASSES_MAX
)]
pub struct PassphraseError;

/// Derives the sealing key of a passphrase under a random salt.
pub fn passphrase_key(
    passphrase: &[u8],
    salt: &[u8; 16],
    cost: PassphraseCost,
) -> Result<SealKey, PassphraseError> {
    if cost.memory_kib > PassphraseCost::MEMORY_KIB_MAX || cost.passes > PassphraseCost::PASSES_MAX {
        return Err(PassphraseError);
    }
    let params =
        argon2::Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(|_| PassphraseError)?;
    let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = zeroize::Zeroizing::new([0; 32]);
    hasher.hash_password_into(passphrase, salt, &mut *key).map_err(|_| PassphraseError)?;
    Ok(SealKey::from_bytes(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PassphraseCost = PassphraseCost { memory_kib: 64, passes: 1 };

    #[test]
    fn another_passphrase_salt_or_cost_gives_another_key() {
        let key = passphrase_key(b"one", &[0; 16], CHEAP).unwrap();
        assert_eq!(key, passphrase_key(b"one", &[0; 16], CHEAP).unwrap());
        assert_ne!(key, passphrase_key(b"two", &[0; 16], CHEAP).unwrap());
        assert_ne!(key, passphrase_key(b"one", &[1; 16], CHEAP).unwrap());
        assert_ne!(key, passphrase_key(b"one", &[0; 16], PassphraseCost { passes: 2, ..CHEAP }).unwrap());
    }

    #[test]
    fn a_cost_that_would_exhaust_the_machine_is_refused() {
        let huge = PassphraseCost { memory_kib: PassphraseCost::MEMORY_KIB_MAX + 1, passes: 1 };
        assert_eq!(passphrase_key(b"one", &[0; 16], huge), Err(PassphraseError));
        let passes = |passes| passphrase_key(b"one", &[0; 16], PassphraseCost { passes, ..CHEAP });
        assert!(passes(PassphraseCost::PASSES_MAX).is_ok());
        assert_eq!(passes(PassphraseCost::PASSES_MAX + 1), Err(PassphraseError));
    }
}
