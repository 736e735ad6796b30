//! An SD-JWT with its JSON in the open, so that the fuzzer changes JSON and not base64, and gets past the signature.
//!
//! ```text
//! header LF payload { LF disclosure } [ LF > header of the key binding LF > its payload ]
//! ```
//! `^k` stands for the issuer key's thumbprint, `^j` for the holder's JWK, `^h` for `sd_hash`, `^0` to `^9` for the
//! digests of the disclosures, and whatever else `^` has behind it for itself.

use std::sync::LazyLock;

use skillpass::crypto::{PrivateKey, SeededEntropy, base64url_encode, sha256};

/// The key that signs statements, tokens and lists.
pub static ISSUER: LazyLock<PrivateKey> = LazyLock::new(|| key("vectors: body"));
/// The holder's, as phones have it.
pub static HOLDER: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate_es256(&mut SeededEntropy::new("vectors: holder")));

/// A key of this label.
pub fn key(label: &str) -> PrivateKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
}

/// The parts, as they stand in the input.
pub struct Open<'a> {
    pub header: &'a str,
    pub payload: &'a str,
    pub disclosures: Vec<&'a str>,
    pub binding: Option<(&'a str, &'a str)>,
}

impl<'a> Open<'a> {
    /// The parts; `None` for a text that is an SD-JWT already, or neither.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut lines = text.split('\n').filter(|line| !line.is_empty());
        let header = lines.next().filter(|line| line.starts_with('{'))?;
        let payload = lines.next()?;
        let (mut disclosures, mut binding) = (vec![], vec![]);
        for line in lines {
            match line.strip_prefix('>') {
                Some(line) => binding.push(line),
                None => disclosures.push(line),
            }
        }
        let binding = match binding[..] {
            [header, payload, ..] => Some((header, payload)),
            _ => None,
        };
        Some(Self { header, payload, disclosures, binding })
    }

    /// Encodes, hashes and signs.
    pub fn close(&self, issuer: &PrivateKey, holder: &PrivateKey) -> String {
        let mut fill = Fill::new(issuer, holder);
        let mut behind = String::new();
        for disclosure in &self.disclosures {
            let encoded = base64url_encode(fill.fill(disclosure));
            fill.digests.push(base64url_encode(sha256(&[encoded.as_bytes()])));
            behind.push_str(&encoded);
            behind.push('~');
        }
        let mut text = sign(&fill.fill(self.header), &fill.fill(self.payload), issuer);
        text.push('~');
        text.push_str(&behind);
        if let Some((header, payload)) = self.binding {
            fill.sd_hash = base64url_encode(sha256(&[text.as_bytes()]));
            text.push_str(&sign(&fill.fill(header), &fill.fill(payload), holder));
        }
        text
    }
}

/// A JWS of a header and a payload that are text, whatever they say.
pub fn sign(header: &str, payload: &str, key: &PrivateKey) -> String {
    let signed = format!("{}.{}", base64url_encode(header), base64url_encode(payload));
    let signature = base64url_encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A JWS of this type by [`ISSUER`]: what the ledger signs.
pub fn token(typ: &str, payload: &str) -> String {
    let kid = ISSUER.public().thumbprint();
    sign(&format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{kid}"}}"#), payload, &ISSUER)
}

/// A text with what its marks stand for.
pub fn fill(text: &str) -> String {
    Fill::new(&ISSUER, &HOLDER).fill(text)
}

struct Fill {
    kid: String,
    jwk: String,
    digests: Vec<String>,
    sd_hash: String,
}

impl Fill {
    fn new(issuer: &PrivateKey, holder: &PrivateKey) -> Self {
        let (kid, jwk) = (issuer.public().thumbprint(), holder.public().to_jwk().to_string());
        Self { kid, jwk, digests: vec![], sd_hash: String::new() }
    }

    fn fill(&self, text: &str) -> String {
        let mut parts = text.split('^');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut rest = part.chars();
            let known = rest.next().and_then(|mark| self.stands_for(mark));
            match known {
                Some(known) => out.extend([known, rest.as_str()]),
                None => out.extend(["^", part]),
            }
        }
        out
    }

    fn stands_for(&self, mark: char) -> Option<&str> {
        match mark {
            'k' => Some(&self.kid),
            'j' => Some(&self.jwk),
            'h' => Some(&self.sd_hash),
            digit => self.digests.get(digit.to_digit(10)? as usize).map(String::as_str),
        }
    }
}
