//! Share links: a presentation closed under a secret that only the link holds (SPEC.md, "Share links").
//!
//! The ledger keeps the box, and hashes by which it recognises who may have it. It can neither open it nor learn the birth
//! date, and whoever has the link needs both it and the birth date to be given the box.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::crypto::{
    BOX_KEY_BYTES, Entropy, Hash, SealError, base64url_decode, base64url_encode, close_box, derive, open_box,
    sha256,
};

/// The secret in a link.
const SHARE_SECRET_BYTES: usize = 16;
/// What is sent to ask for a box, and the name it is kept under.
pub const SHARE_ID_BYTES: usize = 16;
/// The longest presentation that a link may lead to.
pub const SHARE_BYTES_MAX: usize = 1024 * 1024;
/// The longest time a link opens: 90 days.
pub const SHARE_SECONDS_MAX: i64 = 90 * 24 * 3600;
/// How many wrong birth dates close a link for good.
pub const SHARE_WRONG_MAX: u32 = 10;
/// The longest name of an audience.
pub const SHARE_AUDIENCE_BYTES_MAX: usize = 200;

/// In front of the secret in a link's fragment.
const FRAGMENT: &str = "#s=";

/// What a link holds.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ShareSecret([u8; SHARE_SECRET_BYTES]);

impl std::fmt::Debug for ShareSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShareSecret(..)")
    }
}

impl ShareSecret {
    /// A new one.
    pub fn new(entropy: &mut impl Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// From a link; `None` if it is none.
    pub fn from_link(link: &str) -> Option<Self> {
        let (_, text) = link.trim().split_once(FRAGMENT)?;
        Some(Self(base64url_decode(text).ok()?.try_into().ok()?))
    }

    /// The link, on the server at `base` (no slash at the end). The fragment is never sent.
    pub fn link(&self, base: &str) -> String {
        format!("{base}/v{FRAGMENT}{}", base64url_encode(self.0))
    }

    /// What is sent to ask for the box. The secret does not follow from it.
    pub fn id(&self) -> [u8; SHARE_ID_BYTES] {
        *derive(&self.0, b"skillpass/v1 share id\n")
    }

    /// What is sent beside it: only who has the link and knows the birth date (`YYYY-MM-DD`) can make it.
    pub fn gate(&self, birth_date: &str) -> Hash {
        *derive(&self.0, &[b"skillpass/v1 share birth date\n", birth_date.as_bytes()].concat())
    }

    /// The nonce of the presentation: it was made for this link.
    pub fn nonce(&self) -> String {
        base64url_encode(derive::<16>(&self.0, b"skillpass/v1 share nonce\n").as_slice())
    }

    /// Closes the presentation.
    pub fn close(&self, presentation: &[u8]) -> Vec<u8> {
        close_box(&self.key(), &self.id(), presentation)
    }

    /// Opens the box.
    pub fn open(&self, closed: &[u8]) -> Result<Vec<u8>, SealError> {
        open_box(&self.key(), &self.id(), closed)
    }

    fn key(&self) -> zeroize::Zeroizing<[u8; BOX_KEY_BYTES]> {
        derive(&self.0, b"skillpass/v1 share box\n")
    }
}

/// Under which name the box of this id is kept.
pub fn share_name(id: &[u8]) -> [u8; SHARE_ID_BYTES] {
    let mut name = [0; SHARE_ID_BYTES];
    name.copy_from_slice(&sha256(&[id])[..SHARE_ID_BYTES]);
    name
}

/// By what the ledger recognises a gate.
pub fn gate_hash(gate: &[u8]) -> Hash {
    sha256(&[gate])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex_encode;

    /// The vector of SPEC.md, "Share links", which browsers' code is tested with too.
    #[test]
    fn everything_follows_from_the_secret_as_spec_shows() {
        let link = "https://ledger.example.invalid/v#s=AAECAwQFBgcICQoLDA0ODw";
        let secret = ShareSecret::from_link(link).unwrap();
        assert_eq!(secret.link("https://ledger.example.invalid"), link);
        let spec = include_str!("../../proto/SPEC.md");
        let section = spec.split("\n### Share links\n").nth(1).unwrap();
        for shown in [
            link.to_owned(),
            hex_encode(secret.id()),
            hex_encode(secret.gate("1990-05-17")),
            secret.nonce(),
            hex_encode(secret.close(b"a presentation")),
            hex_encode(share_name(&secret.id())),
        ] {
            assert!(section.contains(&shown), "{shown}");
        }
    }

    #[test]
    fn a_box_opens_under_its_own_links_secret_only() {
        let secret = |byte| ShareSecret([byte; SHARE_SECRET_BYTES]);
        let closed = secret(1).close(b"file");
        assert_eq!(secret(1).open(&closed).as_deref(), Ok(&b"file"[..]));
        assert_eq!(secret(2).open(&closed), Err(SealError));
        assert_ne!(secret(1).gate("1990-05-17"), secret(1).gate("1990-05-18"));
        assert_ne!(secret(1).gate("1990-05-17"), secret(2).gate("1990-05-17"));
    }

    #[test]
    fn what_is_no_link_is_none() {
        for text in [
            "",
            "#s=",
            "https://x.invalid/v",
            "https://x.invalid/v#s=AAECAwQFBgcICQoLDA0OD",
            "https://x.invalid/v#s=AAECAwQFBgcICQoLDA0ODx",
        ] {
            assert_eq!(ShareSecret::from_link(text), None, "{text}");
        }
    }
}
