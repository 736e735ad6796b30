//! Base64 (RFC 4648 section 4), base64url without padding (section 5) and lower-case hexadecimal, strictly:
//! no white space, no spare bits, no padding where none belongs. One value has one spelling.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

/// Text that is not the one spelling of any bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not base64url without padding, or spare bits set.
    #[error("not base64url without padding (RFC 4648 section 5)")]
    Base64Url,
    /// Not padded base64, or spare bits set.
    #[error("not padded base64 (RFC 4648 section 4)")]
    Base64,
    /// Not an even number of lower-case hexadecimal digits.
    #[error("not lower-case hexadecimal")]
    Hex,
}

/// Base64url without padding.
pub fn base64url_encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// The same of 32 bytes, in `room`: for who encodes many.
pub fn base64url_encode_hash<'a>(hash: &[u8; 32], room: &'a mut [u8; 43]) -> &'a str {
    BASE64URL_NOPAD.encode_mut(hash, room);
    std::str::from_utf8(room).unwrap_or_default()
}

/// Strict base64url without padding.
pub fn base64url_decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, EncodingError> {
    BASE64URL_NOPAD.decode(text.as_ref()).map_err(|_| EncodingError::Base64Url)
}

/// [`base64url_decode`] at the front of `room`, which grows as needed: for who decodes many texts.
pub fn base64url_decode_in<'a>(text: &str, room: &'a mut Vec<u8>) -> Result<&'a [u8], EncodingError> {
    let length = BASE64URL_NOPAD.decode_len(text.len()).map_err(|_| EncodingError::Base64Url)?;
    if room.len() < length {
        room.resize(length, 0);
    }
    let out = room.get_mut(..length).unwrap_or_default();
    BASE64URL_NOPAD.decode_mut(text.as_bytes(), out).map_err(|_| EncodingError::Base64Url)?;
    Ok(out)
}

/// [`base64url_decode`] of exactly `N` bytes, without an allocation.
pub fn base64url_decode_exactly<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], EncodingError> {
    let (text, mut bytes) = (text.as_ref(), [0; N]);
    let fits = BASE64URL_NOPAD.decode_len(text.len()) == Ok(N);
    let decoded = fits && BASE64URL_NOPAD.decode_mut(text, &mut bytes).is_ok();
    if decoded { Ok(bytes) } else { Err(EncodingError::Base64Url) }
}

/// Padded base64, as C2SP notes use it.
pub fn base64_encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes.as_ref())
}

/// Strict padded base64.
pub fn base64_decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, EncodingError> {
    let text = text.as_ref();
    // The decoder takes several padded texts one after the other; here padding ends the text.
    let padding_ends_it =
        text.iter().position(|&byte| byte == b'=').is_none_or(|at| at.saturating_add(2) >= text.len());
    BASE64.decode(text).ok().filter(|_| padding_ends_it).ok_or(EncodingError::Base64)
}

/// Lower-case hexadecimal.
pub fn hex_encode(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// Strict lower-case hexadecimal.
pub fn hex_decode(text: &str) -> Result<Vec<u8>, EncodingError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| EncodingError::Hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_bits_and_padding_are_refused() {
        assert_eq!(base64url_decode("AA"), Ok(vec![0]));
        for bad in ["AB", "AA==", "A", "A A", "AA\n", "+/8"] {
            assert_eq!(base64url_decode(bad), Err(EncodingError::Base64Url), "{bad:?}");
        }
        for length in [0, 1, 16, 31, 32, 33, 63, 64, 65, 200] {
            let text = base64url_encode(vec![0xa5; length]);
            assert_eq!(base64url_decode_exactly::<32>(&text).is_ok(), length == 32);
            assert_eq!(base64url_decode_exactly::<64>(&text).ok(), (length == 64).then_some([0xa5; 64]));
        }
        assert!(base64url_decode_exactly::<1>("AB").is_err());
        for hash in [[0; 32], [0xff; 32], std::array::from_fn(|at| u8::try_from(at * 7).unwrap())] {
            assert_eq!(base64url_encode_hash(&hash, &mut [0; 43]), base64url_encode(hash));
        }
        let mut room = Vec::new();
        for text in ["AAECAw", "", "_-8", "AA"] {
            assert_eq!(
                base64url_decode_in(text, &mut room).unwrap(),
                base64url_decode(text).unwrap(),
                "{text:?}"
            );
        }
        for bad in ["AB", "AA==", "A", "A A", "+/8"] {
            assert_eq!(base64url_decode_in(bad, &mut room), Err(EncodingError::Base64Url), "{bad:?}");
        }
        assert_eq!(base64_decode("AA=="), Ok(vec![0]));
        for bad in ["AB==", "AA", "AA=", "_-8=", "AA==AA==", "=", "===="] {
            assert_eq!(base64_decode(bad), Err(EncodingError::Base64), "{bad:?}");
        }
    }

    #[test]
    fn hex_is_lower_case_and_round_trips() {
        assert_eq!(hex_encode([0x0f, 0xa0]), "0fa0");
        assert_eq!(hex_decode("0fa0"), Ok(vec![0x0f, 0xa0]));
        assert_eq!(hex_decode("0FA0"), Err(EncodingError::Hex));
        assert_eq!(hex_decode("0fa"), Err(EncodingError::Hex));
    }
}
