//! Sealing: XChaCha20-Poly1305 with a random 24-byte nonce. The key is the only thing ever destroyed.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What sealing adds to the plaintext: the 24-byte nonce in front and the 16-byte tag behind.
pub const SEAL_OVERHEAD_BYTES: usize = 24 + 16;

/// A key that seals one worker's records, or wraps such keys.
#[derive(Clone, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// Takes 32 secret bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for wrapping under another key only.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// The sealed bytes were altered, belong to other associated data, or another key sealed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open under this key and associated data")]
pub struct SealError;

/// `nonce | ciphertext | tag` of the concatenation of `parts`, sealed where it stands: the plaintext leaves no copy. A nonce
/// must never repeat under one key; 24 random bytes never do.
///
/// # Panics
///
/// Above 256 GiB of plaintext, the cipher's limit; a record is at most 64 KiB.
pub fn seal(key: &SealKey, nonce: [u8; 24], aad: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length.saturating_add(SEAL_OVERHEAD_BYTES));
    out.extend_from_slice(&nonce);
    for part in parts {
        out.extend_from_slice(part);
    }
    let tag = Cipher { key, nonce, aad }.encrypt(out.get_mut(nonce.len()..).unwrap_or_default());
    out.extend_from_slice(&tag);
    out
}

/// Opens what [`seal`] made.
pub fn open(key: &SealKey, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, sealed) = sealed.split_first_chunk().ok_or(SealError)?;
    let (text, tag) = sealed.split_last_chunk().ok_or(SealError)?;
    let mut text = text.to_vec();
    Cipher { key, nonce: *nonce, aad }.decrypt(&mut text, tag)?;
    Ok(text)
}

/// Works in place: by the assembly of graviola where the processor has what that needs, portably elsewhere. The bytes are the
/// same, the time three fifths.
struct Cipher<'a> {
    key: &'a SealKey,
    nonce: [u8; 24],
    aad: &'a [u8],
}

impl Cipher<'_> {
    fn encrypt(&self, text: &mut [u8]) -> [u8; 16] {
        #[cfg(feature = "server")]
        if graviola::util::is_cpu_supported() {
            let mut tag = [0; 16];
            self.assembly().encrypt(&self.nonce, self.aad, text, &mut tag);
            return tag;
        }
        self.encrypt_portably(text)
    }

    fn decrypt(&self, text: &mut [u8], tag: &[u8; 16]) -> Result<(), SealError> {
        #[cfg(feature = "server")]
        if graviola::util::is_cpu_supported() {
            return self.assembly().decrypt(&self.nonce, self.aad, text, tag).map_err(|_| SealError);
        }
        self.decrypt_portably(text, tag)
    }

    #[cfg(feature = "server")]
    fn assembly(&self) -> graviola::aead::XChaCha20Poly1305 {
        graviola::aead::XChaCha20Poly1305::new(self.key.0)
    }

    fn portable(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.key.0).into())
    }

    fn encrypt_portably(&self, text: &mut [u8]) -> [u8; 16] {
        let sealed = self.portable().encrypt_inout_detached(&XNonce::from(self.nonce), self.aad, text.into());
        #[expect(clippy::expect_used, reason = "fails only above 256 GiB; a record is at most 64 KiB")]
        sealed.expect("record below the cipher's limit").into()
    }

    fn decrypt_portably(&self, text: &mut [u8], tag: &[u8; 16]) -> Result<(), SealError> {
        let nonce = XNonce::from(self.nonce);
        let opened = self.portable().decrypt_inout_detached(&nonce, self.aad, text.into(), tag.into());
        opened.map_err(|_| SealError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_under_its_key_and_data() {
        let key = SealKey::from_bytes([7; 32]);
        let sealed = seal(&key, [1; 24], b"entry", &[b"state", b"", b"ment"]);
        assert_eq!(sealed.len(), 9 + SEAL_OVERHEAD_BYTES);
        assert_eq!(open(&key, b"entry", &sealed).as_deref(), Ok(&b"statement"[..]));
        assert_eq!(open(&key, b"other", &sealed), Err(SealError));
        assert_eq!(open(&SealKey::from_bytes([8; 32]), b"entry", &sealed), Err(SealError));
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(open(&key, b"entry", &bent), Err(SealError), "byte {at}");
        }
        assert_eq!(open(&key, b"entry", &sealed[..23]), Err(SealError));
    }

    #[test]
    fn both_ciphers_make_the_same_bytes_and_open_the_others() {
        let key = SealKey::from_bytes([7; 32]);
        for length in (0..300).chain([1_000, 4_096, 65_000]) {
            let plain: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let nonce = [plain.last().copied().unwrap_or(7); 24];
            let cipher = Cipher { key: &key, nonce, aad: &plain[..length.min(74)] };
            let (mut one, mut other) = (plain.clone(), plain.clone());
            let tag = cipher.encrypt(&mut one);
            assert_eq!((cipher.encrypt_portably(&mut other), &other), (tag, &one), "{length}");
            assert_eq!(cipher.decrypt(&mut other, &tag), Ok(()));
            assert_eq!(cipher.decrypt_portably(&mut one, &tag), Ok(()));
            assert_eq!((&one, &other), (&plain, &plain));
            let wrong = [!tag[0]; 16];
            assert_eq!(cipher.decrypt(&mut one, &wrong), Err(SealError));
            assert_eq!(cipher.decrypt_portably(&mut other, &wrong), Err(SealError));
        }
    }
}
