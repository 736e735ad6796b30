//! The ledger's signed word at a checkpoint: whether one statement stands, where a stream ends. And the holder's binding.
//!
//! Payloads are built here and signed by whoever holds the key; read strictly, one payload has one shape.

use serde_json::{Map, Value, json};

use crate::crypto::{Hash, PrivateKey, PublicKey, base64url_decode, base64url_encode};
use crate::event::StreamId;
pub use crate::event::standing::StatusCode;
use crate::statement::jws::{self, UnverifiedJws};
use crate::tlog::Checkpoint;

/// `typ` of a standing token.
pub const STANDING_TYP: &str = "skillpass-standing+jwt";
/// `typ` of a head token.
pub const HEAD_TYP: &str = "skillpass-head+jwt";
/// `typ` of a presentation's binding.
pub const PRESENTATION_TYP: &str = "skillpass-presentation+jwt";
/// How long a token speaks: 90 days.
pub const TOKEN_SECONDS: i64 = 90 * 86_400;
/// `iat` is a multiple of this, so that it singles nobody out.
const TOKEN_GRID_SECONDS: i64 = 3_600;
/// The longest token accepted.
pub const TOKEN_BYTES_MAX: usize = 4_096;
/// The longest audience or nonce.
pub const BINDING_TEXT_BYTES_MAX: usize = 512;

/// What both kinds of token are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The ledger.
    pub origin: String,
    /// Size of the checkpoint.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Unix seconds, a full hour.
    pub issued_at: i64,
}

/// A standing token's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingToken {
    /// At which checkpoint.
    pub bound: Bound,
    /// The statement's hash.
    pub statement: Hash,
    /// Whether it stands.
    pub status: StatusCode,
    /// Unix seconds since when it does not; `None` while it stands.
    pub since: Option<i64>,
}

/// Which stream a head token speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadOf {
    /// An institution's or the ledger's.
    Public(StreamId),
    /// A worker's, named by the last link alone.
    Worker(Hash),
}

/// A head token's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadToken {
    /// At which checkpoint.
    pub bound: Bound,
    /// Whose head.
    pub of: HeadOf,
    /// Revision and leaf of the last entry; `None` for an empty stream.
    pub end: Option<(u32, u64)>,
}

/// A token of the wrong shape, or not signed by the key it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No JWS of this type, or a member is missing, unknown or of the wrong shape.
    #[error("the token does not have the shape that SPEC gives it")]
    Malformed,
    /// The signature is not the named key's.
    #[error("the token's signature does not verify")]
    Signature,
}

impl Bound {
    /// The same, said no later than `seconds`.
    #[must_use]
    pub fn at_latest(&self, seconds: i64) -> Self {
        let latest = seconds.saturating_sub(seconds.rem_euclid(3600));
        Self { issued_at: self.issued_at.min(latest), ..self.clone() }
    }

    /// Tokens at `checkpoint`, issued in the hour of `now` (Unix seconds).
    pub fn at(checkpoint: &Checkpoint, now: i64) -> Self {
        let issued_at = now.saturating_sub(now.rem_euclid(TOKEN_GRID_SECONDS));
        Self { origin: checkpoint.origin.clone(), size: checkpoint.size, root: checkpoint.root, issued_at }
    }

    /// Whether the token speaks at exactly this checkpoint.
    pub fn is_at(&self, checkpoint: &Checkpoint) -> bool {
        self.origin == checkpoint.origin && self.size == checkpoint.size && self.root == checkpoint.root
    }

    /// The end of what it says; past it nothing follows from it.
    pub fn expires_at(&self) -> i64 {
        self.issued_at.saturating_add(TOKEN_SECONDS)
    }

    fn members(&self) -> Map<String, Value> {
        let value = json!({
            "origin": self.origin,
            "size": self.size,
            "root": base64url_encode(self.root),
            "iat": self.issued_at,
            "exp": self.expires_at(),
        });
        match value {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn take(members: &mut Map<String, Value>) -> Option<Self> {
        let bound = Self {
            origin: members.remove("origin")?.as_str()?.to_owned(),
            size: members.remove("size")?.as_u64()?,
            root: hash(&members.remove("root")?)?,
            issued_at: members.remove("iat")?.as_i64()?,
        };
        let on_grid = bound.issued_at >= 0 && bound.issued_at % TOKEN_GRID_SECONDS == 0;
        (on_grid && members.remove("exp")?.as_i64()? == bound.expires_at()).then_some(bound)
    }
}

impl StandingToken {
    /// The payload to sign.
    pub fn payload(&self) -> Map<String, Value> {
        let mut members = self.bound.members();
        members.insert("s".to_owned(), base64url_encode(self.statement).into());
        members.insert("status".to_owned(), self.status.number().into());
        members.insert("since".to_owned(), self.since.map_or(Value::Null, Value::from));
        members
    }

    fn read(mut members: Map<String, Value>) -> Option<Self> {
        let token = Self {
            bound: Bound::take(&mut members)?,
            statement: hash(&members.remove("s")?)?,
            status: StatusCode::from_number(members.remove("status")?.as_u64()?)?,
            since: nullable(&members.remove("since")?, Value::as_i64)?,
        };
        let fits = token.since.is_none() == (token.status == StatusCode::Valid);
        (members.is_empty() && fits).then_some(token)
    }
}

impl HeadToken {
    /// The payload to sign.
    pub fn payload(&self) -> Map<String, Value> {
        let mut members = self.bound.members();
        match &self.of {
            HeadOf::Public(stream) => members.insert("stream".to_owned(), base64url_encode(stream.0).into()),
            HeadOf::Worker(link) => members.insert("l".to_owned(), base64url_encode(link).into()),
        };
        members.insert("revision".to_owned(), self.end.map_or(Value::Null, |(revision, _)| revision.into()));
        members.insert("leaf".to_owned(), self.end.map_or(Value::Null, |(_, leaf)| leaf.into()));
        members
    }

    fn read(mut members: Map<String, Value>) -> Option<Self> {
        let bound = Bound::take(&mut members)?;
        let of = match (members.remove("stream"), members.remove("l")) {
            (Some(stream), None) => {
                HeadOf::Public(StreamId(base64url_decode(stream.as_str()?).ok()?.try_into().ok()?))
            }
            (None, Some(link)) => HeadOf::Worker(hash(&link)?),
            _ => return None,
        };
        let revision = nullable(&members.remove("revision")?, Value::as_u64)?;
        let end = match (revision, nullable(&members.remove("leaf")?, Value::as_u64)?) {
            (Some(revision), Some(leaf)) => Some((u32::try_from(revision).ok()?, leaf)),
            (None, None) => None,
            _ => return None,
        };
        members.is_empty().then_some(Self { bound, of, end })
    }
}

fn hash(value: &Value) -> Option<Hash> {
    base64url_decode(value.as_str()?).ok()?.try_into().ok()
}

/// `Some(None)` for null, `Some(Some(..))` for a value of the right type, `None` for anything else.
#[expect(clippy::option_option, reason = "absent, null and present are three things")]
fn nullable<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    if value.is_null() { Some(None) } else { read(value).map(Some) }
}

/// A token that was read; its signature is not checked yet.
#[derive(Debug, Clone)]
pub struct Unchecked<T> {
    /// What it says, unverified: enough to see that it belongs elsewhere.
    pub content: T,
    /// `kid` of its header.
    pub kid: String,
    jws: UnverifiedJws,
}

impl Unchecked<StandingToken> {
    /// Reads a standing token.
    pub fn standing(text: &str) -> Result<Self, TokenError> {
        Self::read(text, STANDING_TYP, StandingToken::read)
    }
}

impl Unchecked<HeadToken> {
    /// Reads a head token.
    pub fn head(text: &str) -> Result<Self, TokenError> {
        Self::read(text, HEAD_TYP, HeadToken::read)
    }
}

impl Unchecked<Binding> {
    /// Reads a presentation's binding.
    pub fn binding(text: &str) -> Result<Self, TokenError> {
        Self::read(text, PRESENTATION_TYP, Binding::read)
    }
}

impl<T> Unchecked<T> {
    fn read(
        text: &str,
        typ: &'static str,
        read: impl Fn(Map<String, Value>) -> Option<T>,
    ) -> Result<Self, TokenError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        let mut jws = UnverifiedJws::parse(text, typ).map_err(|_| TokenError::Malformed)?;
        let kid = jws.kid.clone().ok_or(TokenError::Malformed)?;
        let content = read(std::mem::take(&mut jws.payload)).ok_or(TokenError::Malformed)?;
        Ok(Self { content, kid, jws })
    }

    /// Checks the signature by `key`, which must be the key that `kid` names.
    pub fn verify(self, key: &PublicKey) -> Result<T, TokenError> {
        self.jws.verify(key).map(|_| self.content).map_err(|_| TokenError::Signature)
    }

    /// Whether each verifies with the key beside it: cheaper than one by one.
    pub fn are_signed(several: &[(&Self, &PublicKey)]) -> Vec<bool> {
        let signed: Vec<_> = several.iter().map(|(one, key)| (&one.jws, *key)).collect();
        UnverifiedJws::are_signed(&signed)
    }
}

/// What the holder signs to present a file to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// For whom.
    pub audience: String,
    /// Their challenge.
    pub nonce: String,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
    /// SHA-256 of all bytes of the file before the comma in front of `"presentation"`.
    pub file_hash: Hash,
}

impl Binding {
    /// Signs as the holder.
    pub fn sign(&self, holder: &PrivateKey) -> String {
        let mut members = Map::new();
        members.insert("aud".to_owned(), self.audience.as_str().into());
        members.insert("nonce".to_owned(), self.nonce.as_str().into());
        members.insert("iat".to_owned(), self.issued_at.into());
        members.insert("exp".to_owned(), self.expires_at.into());
        members.insert("file_hash".to_owned(), base64url_encode(self.file_hash).into());
        jws::sign(PRESENTATION_TYP, &members, holder)
    }

    fn read(mut members: Map<String, Value>) -> Option<Self> {
        let binding = Self {
            audience: members.remove("aud")?.as_str()?.to_owned(),
            nonce: members.remove("nonce")?.as_str()?.to_owned(),
            issued_at: members.remove("iat")?.as_i64()?,
            expires_at: members.remove("exp")?.as_i64()?,
            file_hash: hash(&members.remove("file_hash")?)?,
        };
        let short =
            binding.audience.len() <= BINDING_TEXT_BYTES_MAX && binding.nonce.len() <= BINDING_TEXT_BYTES_MAX;
        (members.is_empty() && short && binding.issued_at < binding.expires_at).then_some(binding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;

    fn key() -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new("token"))
    }

    #[test]
    fn a_token_is_read_up_to_its_limit() {
        let token = |origin: usize| {
            let bound = Bound { origin: "o".repeat(origin), size: 1, root: [1; 32], issued_at: 0 };
            let token = StandingToken { bound, statement: [2; 32], status: StatusCode::Valid, since: None };
            jws::sign(STANDING_TYP, &token.payload(), &key())
        };
        // Base64url jumps over some lengths, so the origin says how long it gets.
        let longest =
            (0..TOKEN_BYTES_MAX).rev().find(|origin| token(*origin).len() <= TOKEN_BYTES_MAX).unwrap();
        assert!(token(longest).len() > TOKEN_BYTES_MAX - 4);
        assert!(Unchecked::standing(&token(longest)).is_ok());
        assert_eq!(Unchecked::standing(&token(longest + 1)).err(), Some(TokenError::Malformed));
    }

    #[test]
    fn a_binding_is_for_an_audience_and_a_nonce_of_so_many_bytes() {
        let bound = |audience: usize, nonce: usize| {
            let (audience, nonce) = ("a".repeat(audience), "n".repeat(nonce));
            Binding { audience, nonce, issued_at: 1, expires_at: 2, file_hash: [3; 32] }.sign(&key())
        };
        let most = BINDING_TEXT_BYTES_MAX;
        assert!(Unchecked::binding(&bound(most, most)).is_ok());
        assert_eq!(Unchecked::binding(&bound(most + 1, 1)).err(), Some(TokenError::Malformed));
        assert_eq!(Unchecked::binding(&bound(1, most + 1)).err(), Some(TokenError::Malformed));
    }
}
