//! Base64 (RFC 4648 section 4), base64url without padding (section 5) and lower-case hexadecimal, strictly:
//! no white space, no spare bits, no padding where none belongs. One value has one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

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
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict base64url without padding.
pub fn base64url_decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, EncodingError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| EncodingError::Base64Url)
}

/// Padded base64, as C2SP notes use it.
pub fn base64_encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Strict padded base64.
pub fn base64_decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, EncodingError> {
    STANDARD.decode(text).map_err(|_| EncodingError::Base64)
}

/// Lower-case hexadecimal.
pub fn hex_encode(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.as_ref().iter().flat_map(|&b| [digit(b >> 4), digit(b)]).collect()
}

/// Strict lower-case hexadecimal.
pub fn hex_decode(text: &str) -> Result<Vec<u8>, EncodingError> {
    let nibble = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(EncodingError::Hex),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(EncodingError::Hex);
    }
    pairs.iter().map(|&[high, low]| Ok(nibble(high)? << 4 | nibble(low)?)).collect()
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
        assert_eq!(base64_decode("AA=="), Ok(vec![0]));
        for bad in ["AB==", "AA", "AA=", "_-8="] {
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
