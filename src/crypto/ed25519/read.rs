//! Reading a key: decoding its point costs a sixth of checking a signature, and the same few keys are named again and again.

use std::cell::RefCell;

use ed25519_dalek::VerifyingKey;

use super::super::KeyError;

/// Keys a thread remembers, by their first byte: each takes the place of the one before it there.
const REMEMBERED: usize = 64;

thread_local! {
    /// Public values that were read well; they change no answer.
    static KEYS: RefCell<[Option<VerifyingKey>; REMEMBERED]> = const { RefCell::new([None; REMEMBERED]) };
}

/// A key from its 32 bytes, in the one spelling that a key has, and no point of small order.
pub(in super::super) fn read_key(bytes: &[u8; 32]) -> Result<VerifyingKey, KeyError> {
    let place = usize::from(bytes.first().copied().unwrap_or_default()) % REMEMBERED;
    let known = KEYS.with_borrow(|keys| keys.get(place).copied().flatten());
    if let Some(key) = known.filter(|key| key.as_bytes() == bytes) {
        return Ok(key);
    }
    let key = decode(bytes)?;
    KEYS.with_borrow_mut(|keys| keys.get_mut(place).map(|here| here.replace(key)));
    Ok(key)
}

fn decode(bytes: &[u8; 32]) -> Result<VerifyingKey, KeyError> {
    if is_beyond_the_field(bytes) {
        return Err(KeyError::NotAKey);
    }
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAKey)?;
    if key.is_weak() { Err(KeyError::SmallOrder) } else { Ok(key) }
}

/// y is 2^255 - 19 or more: the point has another spelling with a smaller one (RFC 8032 section 5.1.3). The one spelling else
/// that is not the canonical one, x = 0 with a sign, is of points of small order.
fn is_beyond_the_field(bytes: &[u8; 32]) -> bool {
    match bytes {
        [low, middle @ .., high] => {
            *low >= 0xed && middle.iter().all(|&byte| byte == 0xff) && high & 0x7f == 0x7f
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Entropy as _, PrivateKey, SeededEntropy};
    use super::*;

    /// What is accepted is what its point is encoded to, and no point of small order: asked of the library.
    fn by_the_library(bytes: &[u8; 32]) -> bool {
        VerifyingKey::from_bytes(bytes)
            .is_ok_and(|key| !key.is_weak() && key.to_edwards().compress().as_bytes() == bytes)
    }

    #[test]
    fn a_key_has_one_spelling() {
        let mut accepted = 0;
        // All y from 2^255 - 300 on, which the field's prime is among, both signs; and the smallest y.
        for low in 0..=u8::MAX {
            for (rest, high) in [(0xff, 0x7f), (0xff, 0xff), (0, 0), (0, 0x80)] {
                let mut bytes = [rest; 32];
                (bytes[0], bytes[31]) = (low, high);
                assert_eq!(read_key(&bytes).is_ok(), by_the_library(&bytes), "{bytes:?}");
                accepted += u32::from(by_the_library(&bytes));
            }
        }
        assert!(accepted > 100, "{accepted}");
    }

    #[test]
    fn a_key_that_is_remembered_answers_for_itself_alone() {
        let mut entropy = SeededEntropy::new("remembered");
        let key = PrivateKey::generate_ed25519(&mut entropy).public().ed25519_bytes().unwrap();
        for round in 0..2 {
            assert_eq!(read_key(&key).unwrap().to_bytes(), key, "round {round}");
            // Others with the same first byte, of which about half are keys.
            for _ in 0..20 {
                let mut other: [u8; 32] = entropy.bytes();
                other[0] = key[0];
                assert_eq!(read_key(&other).is_ok(), by_the_library(&other));
                assert_eq!(read_key(&other).is_ok(), by_the_library(&other));
            }
        }
    }
}
