//! Keys: Ed25519 for bodies and ledgers, Ed25519 or ES256 for holders. JWK (RFC 7517, 8037), thumbprints
//! (RFC 7638), `did:jwk` and `did:key`.

use ed25519_dalek::{Signer as _, SigningKey as EdPrivate, VerifyingKey as EdPublic};
use p256::ecdsa::{SigningKey as EsPrivate, VerifyingKey as EsPublic, signature::Verifier as _};
use serde_json::{Map, Value, json};

use super::{BusyKeys, Entropy, base64url_decode, base64url_encode, ed25519, sha256};

/// Both algorithms sign in 64 bytes: Ed25519's R and S, ES256's r and s (RFC 7518 section 3.4).
pub const SIGNATURE_BYTES: usize = 64;

/// A signature algorithm, by key type; the JOSE name is in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032); `EdDSA` in headers we write, `Ed25519` (RFC 9864) accepted as well.
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (RFC 7518).
    Es256,
}

impl Algorithm {
    /// The `alg` we write.
    pub fn jose_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm behind an accepted `alg`; nothing else is on the list, `none` least of all.
    pub fn from_jose_name(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The JWK is not an OKP/Ed25519 or EC/P-256 key of the right shape.
    #[error("not an Ed25519 or P-256 JWK (RFC 8037, RFC 7518 section 6.2)")]
    NotAKey,
    /// A JWK that should be public carries its private part.
    #[error("the JWK carries a private part (`d`); give the public key only")]
    PrivatePart,
    /// The JWK has no private part.
    #[error("the JWK has no private part (`d`)")]
    NoPrivatePart,
    /// An Ed25519 point of small order, under which one signature fits many messages.
    #[error("the Ed25519 key is a small-order point")]
    SmallOrder,
    /// The private and the public half do not belong together.
    #[error("the private and the public part of the JWK do not belong together")]
    Mismatch,
    /// Not `did:jwk:` followed by a base64url JWK.
    #[error("not a did:jwk of an Ed25519 or P-256 key")]
    NotADidJwk,
}

/// A public key that was checked when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519, never a small-order point.
    Ed25519(EdPublic),
    /// P-256.
    Es256(EsPublic),
}

impl PublicKey {
    /// An Ed25519 key from its 32 bytes.
    pub fn from_ed25519_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        ed25519::read_key(bytes).map(Self::Ed25519)
    }

    /// The 32 bytes of an Ed25519 key; `None` for ES256.
    pub fn ed25519_bytes(&self) -> Option<[u8; 32]> {
        match self {
            Self::Ed25519(key) => Some(key.to_bytes()),
            Self::Es256(_) => None,
        }
    }

    /// A public JWK. Members beyond the key itself (`kid`, `use`, `alg`) are allowed and ignored; `d` is refused.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        if jwk.get("d").is_some() {
            return Err(KeyError::PrivatePart);
        }
        Self::from_jwk_members(jwk)
    }

    fn from_jwk_members(jwk: &Value) -> Result<Self, KeyError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).ok_or(KeyError::NotAKey);
        let coordinate = |name: &str| -> Result<[u8; 32], KeyError> {
            let bytes = base64url_decode(text(name)?).map_err(|_| KeyError::NotAKey)?;
            bytes.try_into().map_err(|_| KeyError::NotAKey)
        };
        match (text("kty")?, text("crv")?) {
            ("OKP", "Ed25519") => Self::from_ed25519_bytes(&coordinate("x")?),
            ("EC", "P-256") => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&coordinate("x")?);
                point[33..].copy_from_slice(&coordinate("y")?);
                EsPublic::from_sec1_bytes(&point).map(Self::Es256).map_err(|_| KeyError::NotAKey)
            }
            _ => Err(KeyError::NotAKey),
        }
    }

    /// The public JWK with its required members alone, in the order of RFC 7638.
    pub fn to_jwk(&self) -> Value {
        match self {
            Self::Ed25519(key) => {
                json!({"crv": "Ed25519", "kty": "OKP", "x": base64url_encode(key.as_bytes())})
            }
            Self::Es256(key) => {
                let point = key.to_sec1_point(false);
                // Uncompressed (SEC 1): 4, x, y.
                let (x, y) = point.as_bytes().get(1..).unwrap_or_default().split_at(32);
                let (x, y) = (base64url_encode(x), base64url_encode(y));
                json!({"crv": "P-256", "kty": "EC", "x": x, "y": y})
            }
        }
    }

    /// The RFC 7638 thumbprint, base64url: our `kid`.
    pub fn thumbprint(&self) -> String {
        let digest = match self {
            // Every statement's `kid` is compared with one: the members of an OKP key, spelt out.
            Self::Ed25519(key) => {
                let x = base64url_encode(key.as_bytes());
                sha256(&[br#"{"crv":"Ed25519","kty":"OKP","x":""#, x.as_bytes(), br#""}"#])
            }
            Self::Es256(_) => sha256(&[self.to_jwk().to_string().as_bytes()]),
        };
        base64url_encode(digest)
    }

    /// `did:jwk:` and the base64url of [`Self::to_jwk`].
    pub fn did_jwk(&self) -> String {
        format!("did:jwk:{}", base64url_encode(self.to_jwk().to_string()))
    }

    /// Reads a `did:jwk`, which must be spelt exactly as [`Self::did_jwk`] spells it, so that one key has one name.
    pub fn from_did_jwk(did: &str) -> Result<Self, KeyError> {
        let body = did.strip_prefix("did:jwk:").ok_or(KeyError::NotADidJwk)?;
        let bytes = base64url_decode(body).map_err(|_| KeyError::NotADidJwk)?;
        let jwk: Value = serde_json::from_slice(&bytes).map_err(|_| KeyError::NotADidJwk)?;
        let key = Self::from_jwk(&jwk)?;
        if key.did_jwk() == did { Ok(key) } else { Err(KeyError::NotADidJwk) }
    }

    /// `did:key:z…`: multicodec `ed25519-pub` or `p256-pub`, base58btc.
    pub fn did_key(&self) -> String {
        let bytes = match self {
            Self::Ed25519(key) => [&[0xed, 0x01][..], key.as_bytes()].concat(),
            Self::Es256(key) => [&[0x80, 0x24][..], key.to_sec1_point(true).as_bytes()].concat(),
        };
        format!("did:key:z{}", base58btc(&bytes))
    }

    /// The algorithm this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::Ed25519,
            Self::Es256(_) => Algorithm::Es256,
        }
    }

    /// True if `signature` is this key's over `message`. Ed25519 strictly: canonical encodings, no small-order points.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519::verify_strict(key, message, signature),
            Self::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }

    /// [`Self::verify`] of several (key, message, signature), each with its own verdict: cheaper than one by one, and the
    /// more so for keys that `busy` has seen often.
    #[must_use]
    pub fn verify_all(signed: &[(&Self, &[u8], &[u8; SIGNATURE_BYTES])], busy: &mut BusyKeys) -> Vec<bool> {
        let edwards = signed.iter().filter_map(|(key, message, signature)| match key {
            Self::Ed25519(key) => Some((key, *message, *signature)),
            Self::Es256(_) => None,
        });
        let mut verdicts = ed25519::verify_all(&edwards.collect::<Vec<_>>(), busy).into_iter();
        let verdict = |&(key, message, signature): &(&Self, &[u8], &[u8; SIGNATURE_BYTES])| match key {
            Self::Ed25519(_) => verdicts.next().unwrap_or(false),
            Self::Es256(_) => key.verify(message, signature),
        };
        signed.iter().map(verdict).collect()
    }

    /// [`Self::verify`] by the library's own strict check: what its answers are tested against, and the yardstick of
    /// `bench`.
    #[must_use]
    pub fn verify_as_library(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519::verify_strict_as_library(key, message, signature),
            Self::Es256(_) => self.verify(message, signature),
        }
    }
}

/// A private key. Dropped, it leaves no copy in memory; printed, it shows nothing.
#[derive(Clone)]
pub enum PrivateKey {
    /// Ed25519.
    Ed25519(EdPrivate),
    /// P-256.
    Es256(EsPrivate),
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().thumbprint())
    }
}

impl PrivateKey {
    /// A fresh Ed25519 key.
    pub fn generate_ed25519(entropy: &mut impl Entropy) -> Self {
        Self::from_ed25519_seed(&entropy.bytes())
    }

    /// The Ed25519 key of a 32-byte seed (RFC 8032 section 5.1.5).
    pub fn from_ed25519_seed(seed: &[u8; 32]) -> Self {
        Self::Ed25519(EdPrivate::from_bytes(seed))
    }

    /// A fresh P-256 key.
    pub fn generate_es256(entropy: &mut impl Entropy) -> Self {
        loop {
            // A scalar of zero or above the group order is refused; the chance is below 2^-32.
            if let Ok(key) = EsPrivate::from_slice(&entropy.bytes::<32>()) {
                return Self::Es256(key);
            }
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key()),
            Self::Es256(key) => PublicKey::Es256(*key.verifying_key()),
        }
    }

    /// A private JWK; the two halves must belong together.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let public = PublicKey::from_jwk_members(jwk)?;
        let d = jwk.get("d").and_then(Value::as_str).ok_or(KeyError::NoPrivatePart)?;
        let bytes = zeroize::Zeroizing::new(base64url_decode(d).map_err(|_| KeyError::NotAKey)?);
        let secret = bytes.as_slice().try_into().map(zeroize::Zeroizing::<[u8; 32]>::new);
        let secret = secret.map_err(|_| KeyError::NotAKey)?;
        let key = match public {
            PublicKey::Ed25519(_) => Self::from_ed25519_seed(&secret),
            PublicKey::Es256(_) => {
                Self::Es256(EsPrivate::from_slice(&*secret).map_err(|_| KeyError::NotAKey)?)
            }
        };
        if key.public() == public { Ok(key) } else { Err(KeyError::Mismatch) }
    }

    /// The private JWK. Whoever holds it signs as its owner: write it to a file of mode 0600 or nowhere.
    pub fn to_jwk(&self) -> Value {
        let d = match self {
            Self::Ed25519(key) => base64url_encode(key.to_bytes()),
            Self::Es256(key) => base64url_encode(key.to_bytes()),
        };
        let mut jwk: Map<String, Value> = self.public().to_jwk().as_object().cloned().unwrap_or_default();
        jwk.insert("d".into(), d.into());
        Value::Object(jwk)
    }

    /// The private JWK as text, with nothing of it left in memory once the text is dropped.
    pub fn to_jwk_text(&self) -> zeroize::Zeroizing<String> {
        let mut jwk = self.to_jwk();
        let text = zeroize::Zeroizing::new(jwk.to_string());
        wipe_jwk(&mut jwk);
        text
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes(),
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().into()
            }
        }
    }
}

/// Overwrites the private part of a JWK.
pub fn wipe_jwk(jwk: &mut Value) {
    if let Some(Value::String(d)) = jwk.get_mut("d") {
        zeroize::Zeroize::zeroize(d);
    }
}

fn base58btc(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        // At most 255 + 57 * 256.
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry = carry.saturating_add(u32::from(*digit) << 8);
            *digit = u8::try_from(carry % 58).unwrap_or_default();
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).unwrap_or_default());
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let tail = digits.iter().rev().map(|&digit| ALPHABET.get(usize::from(digit)).copied().map(char::from));
    std::iter::repeat_n('1', zeros).chain(tail.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::SeededEntropy;
    use super::*;

    /// RFC 8037 appendix A.1 to A.3.
    #[test]
    fn rfc8037_key_has_its_published_thumbprint() {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let key = PrivateKey::from_jwk(&jwk).unwrap();
        assert_eq!(key.public().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(PublicKey::from_jwk(&jwk), Err(KeyError::PrivatePart));
    }

    #[test]
    fn a_wiped_jwk_holds_no_private_part() {
        let key = PrivateKey::generate_es256(&mut SeededEntropy::new("wiped"));
        let mut jwk: Value = serde_json::from_str(&key.to_jwk_text()).unwrap();
        assert_eq!(jwk, key.to_jwk());
        wipe_jwk(&mut jwk);
        assert_eq!(jwk["d"], "");
    }

    #[test]
    fn both_algorithms_round_trip_through_jwk_and_did_jwk() {
        let mut entropy = SeededEntropy::new("keys");
        for key in [PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_es256(&mut entropy)] {
            let again = PrivateKey::from_jwk(&key.to_jwk()).unwrap();
            let signature = again.sign(b"message");
            let public = PublicKey::from_did_jwk(&key.public().did_jwk()).unwrap();
            assert!(public.verify(b"message", &signature));
            assert!(!public.verify(b"massage", &signature));
        }
    }

    /// The did:key method's own example of an Ed25519 key.
    #[test]
    fn did_key_matches_the_published_example() {
        let x = hex("2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6");
        let key = PublicKey::from_ed25519_bytes(&x).unwrap();
        assert_eq!(key.did_key(), "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
    }

    #[test]
    fn small_order_points_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_ed25519_bytes(&identity), Err(KeyError::SmallOrder));
        assert_eq!(PublicKey::from_ed25519_bytes(&[0; 32]), Err(KeyError::SmallOrder));
    }

    #[test]
    fn halves_of_two_keys_are_refused() {
        let mut entropy = SeededEntropy::new("halves");
        let (one, two) =
            (PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_ed25519(&mut entropy));
        let mut jwk = one.to_jwk();
        jwk["d"] = two.to_jwk()["d"].clone();
        assert_eq!(PrivateKey::from_jwk(&jwk).map(|_| ()), Err(KeyError::Mismatch));
    }

    fn hex(text: &str) -> [u8; 32] {
        super::super::hex_decode(text).unwrap().try_into().unwrap()
    }
}
