//! What browsers can do too (Web Cryptography): HKDF-SHA-256 (RFC 5869) and AES-256-GCM, for what travels in a link.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SealError;

/// A key for one box: it must never close a second one, since its nonce comes with it.
pub const BOX_KEY_BYTES: usize = 32 + 12;

/// `N` bytes that follow from `secret` for this purpose.
///
/// # Panics
///
/// Above 8,160 bytes, the function's limit.
pub fn derive<const N: usize>(secret: &[u8], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    #[expect(
        clippy::expect_used,
        reason = "fails only above 255 hashes; what is derived here has at most two"
    )]
    Hkdf::<Sha256>::new(None, secret).expand(info, out.as_mut_slice()).expect("fewer than 255 hashes");
    out
}

/// `ciphertext | tag` under `key | nonce`.
///
/// # Panics
///
/// Above 64 GiB of plaintext, the cipher's limit; a presentation is at most a few MiB.
pub fn close_box(key: &[u8; BOX_KEY_BYTES], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let (cipher, nonce) = cipher(key);
    #[expect(clippy::expect_used, reason = "fails only above 64 GiB; a presentation is at most a few MiB")]
    cipher.encrypt(&nonce, Payload { msg: plain, aad }).expect("a box below the cipher's limit")
}

/// Opens what [`close_box`] made.
pub fn open_box(key: &[u8; BOX_KEY_BYTES], aad: &[u8], closed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (cipher, nonce) = cipher(key);
    cipher.decrypt(&nonce, Payload { msg: closed, aad }).map_err(|_| SealError)
}

fn cipher(key: &[u8; BOX_KEY_BYTES]) -> (Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>) {
    let (mut secret, mut nonce) = (Zeroizing::new([0; 32]), [0; 12]);
    secret.copy_from_slice(&key[..32]);
    nonce.copy_from_slice(&key[32..]);
    (Aes256Gcm::new((&*secret).into()), nonce.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{hex_decode, hex_encode};

    #[test]
    fn derives_as_rfc_5869_does() {
        // Appendix A.3: no salt, no info.
        let okm = derive::<42>(&[0x0b; 22], b"");
        let wanted = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(hex_encode(okm.as_slice()), wanted);
    }

    #[test]
    fn closes_as_nists_test_case_16_does() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test case 16.
        let bytes = |text: &str| hex_decode(text).unwrap();
        let key =
            bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabefacedbaddecaf888");
        let key: [u8; BOX_KEY_BYTES] = key.try_into().unwrap();
        let plain = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let closed = close_box(&key, &aad, &plain);
        assert_eq!(
            hex_encode(&closed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        );
        assert_eq!(open_box(&key, &aad, &closed), Ok(plain));
        for at in 0..closed.len() {
            let mut bent = closed.clone();
            bent[at] ^= 1;
            assert_eq!(open_box(&key, &aad, &bent), Err(SealError), "byte {at}");
        }
        assert_eq!(open_box(&key, b"other", &closed), Err(SealError));
    }
}
