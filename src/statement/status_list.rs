//! Token Status Lists (draft-ietf-oauth-status-list): many statuses, a few bits each, packed, compressed, signed. A list
//! says nothing but numbers: whose they are only a statement's `status` tells.
//!
//! **Never:** what a number means for a record, a clock. SPEC.md, "Status lists".

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};

use super::error::StatementError;
use super::jws::UnverifiedJws;
use super::{CLOCK_SKEW_MAX_SECONDS, StatusReference};
use crate::crypto::{PublicKey, base64url_decode, base64url_encode};

/// The Token Status List draft that is followed.
pub const STATUS_LIST_DRAFT: u8 = 21;
/// `typ` of a Status List Token.
pub const STATUS_LIST_TYP: &str = "statuslist+jwt";
/// Bits a status: VALID, INVALID, SUSPENDED and one of our own.
pub const STATUS_BITS: u8 = 2;
/// The longest token accepted.
pub const STATUS_TOKEN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest list accepted, inflated: 64 million statuses of two bits.
pub const STATUS_LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a Status List Token says nothing of a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusListError {
    /// No JWS of this type by this key.
    #[error("the status list: {0}")]
    Token(#[from] StatementError),
    /// A member is missing or of another type.
    #[error("the status list lacks `{0}`, or it is of another type than it should be")]
    Member(&'static str),
    /// `sub` is not the URI in the statement's `status`.
    #[error("this is another status list than the one that the statement names (`sub` is not its URI)")]
    OtherUri,
    /// `bits`.
    #[error("`bits` of the status list must be 1, 2, 4 or 8")]
    Bits,
    /// `lst` is not zlib, or something stands behind it.
    #[error("`lst` of the status list is not zlib (RFC 1950) in base64url")]
    NotZlib,
    /// `lst` inflates to more than is accepted.
    #[error("the status list inflates to more than {STATUS_LIST_BYTES_MAX} bytes")]
    TooLarge,
    /// `idx` is beyond the list.
    #[error("the statement's index is beyond the end of the status list")]
    OutOfRange,
}

impl StatusListError {
    /// Stable, `SCREAMING_SNAKE`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Token(error) => error.reason(),
            Self::Member(_) => "STATUS_LIST_MALFORMED",
            Self::OtherUri => "STATUS_LIST_OTHER_URI",
            Self::Bits => "STATUS_LIST_BITS",
            Self::NotZlib => "STATUS_LIST_NOT_ZLIB",
            Self::TooLarge => "STATUS_LIST_TOO_LARGE",
            Self::OutOfRange => "STATUS_INDEX_OUT_OF_RANGE",
        }
    }
}

/// Statuses, packed: the first in the least significant bits of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// `size` statuses of [`STATUS_BITS`], all 0 but those given as (index, number).
    #[expect(clippy::arithmetic_side_effects, reason = "STATUS_BITS is 2")]
    pub fn of(size: u32, set: impl IntoIterator<Item = (u32, u8)>) -> Self {
        let each = 8 / u32::from(STATUS_BITS);
        let mut bytes = vec![0; size.div_ceil(each) as usize];
        for (index, number) in set {
            if let Some(byte) = bytes.get_mut((index / each) as usize) {
                *byte |= (number & 3) << (u32::from(STATUS_BITS) * (index % each));
            }
        }
        Self { bits: STATUS_BITS, bytes }
    }

    /// The status at `index`; `None` beyond the end.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a list has 1, 2, 4 or 8 bits a status, from its reading on"
    )]
    pub fn get(&self, index: u64) -> Option<u8> {
        let each = u64::from(8 / self.bits);
        let byte = self.bytes.get(usize::try_from(index / each).ok()?)?;
        let shift = u64::from(self.bits) * (index % each);
        let mask = u8::MAX >> (8 - self.bits);
        Some(byte >> shift & mask)
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        // Writing into memory does not fail.
        let _ = zlib.write_all(&self.bytes);
        let compressed = zlib.finish().unwrap_or_default();
        let mut members = Map::new();
        members.insert("bits".into(), self.bits.into());
        members.insert("lst".into(), base64url_encode(compressed).into());
        members
    }

    fn read(list: &Value) -> Result<Self, StatusListError> {
        let member = |name| list.get(name).ok_or(StatusListError::Member(name));
        let bits = member("bits")?.as_u64().and_then(|bits| u8::try_from(bits).ok());
        let bits = bits.filter(|bits| matches!(bits, 1 | 2 | 4 | 8)).ok_or(StatusListError::Bits)?;
        let text = member("lst")?.as_str().ok_or(StatusListError::Member("lst"))?;
        let compressed = base64url_decode(text).map_err(|_| StatusListError::NotZlib)?;
        Ok(Self { bits, bytes: inflate(&compressed)? })
    }
}

/// Never holds more than the limit, whatever a few kilobytes promise to become.
fn inflate(compressed: &[u8]) -> Result<Vec<u8>, StatusListError> {
    let mut bytes = Vec::new();
    let mut zlib = ZlibDecoder::new(compressed).take((STATUS_LIST_BYTES_MAX as u64).saturating_add(1));
    zlib.read_to_end(&mut bytes).map_err(|_| StatusListError::NotZlib)?;
    if bytes.len() > STATUS_LIST_BYTES_MAX {
        return Err(StatusListError::TooLarge);
    }
    let whole = zlib.into_inner().total_in() == compressed.len() as u64;
    if whole { Ok(bytes) } else { Err(StatusListError::NotZlib) }
}

/// What a Status List Token says beside its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusClaims {
    /// `sub`: the list's URI.
    pub uri: String,
    /// `iat`, Unix seconds.
    pub issued_at: i64,
    /// `exp`: past it the token says nothing.
    pub expires_at: Option<i64>,
    /// `ttl`: after so many seconds a newer one should be asked for.
    pub ttl: Option<i64>,
}

impl StatusClaims {
    /// The payload to sign. `issuer` is whose metadata names the key, `aggregation` where all lists are listed.
    pub fn payload(&self, list: &StatusList, issuer: &str, aggregation: &str) -> Map<String, Value> {
        let mut status_list = list.to_json();
        status_list.insert("aggregation_uri".into(), aggregation.into());
        let mut members = Map::new();
        members.insert("iss".into(), issuer.into());
        members.insert("sub".into(), self.uri.as_str().into());
        members.insert("iat".into(), self.issued_at.into());
        members.extend(self.expires_at.map(|expires_at| ("exp".into(), json!(expires_at))));
        members.extend(self.ttl.map(|ttl| ("ttl".into(), json!(ttl))));
        members.insert("status_list".into(), status_list.into());
        members
    }

    /// Whether the token speaks at `now` at all: `exp` is not past, and its clock is not ahead.
    pub fn speaks(&self, now: i64) -> bool {
        let is_past = self.expires_at.is_some_and(|expires_at| expires_at <= now);
        !is_past && self.issued_at <= now.saturating_add(CLOCK_SKEW_MAX_SECONDS)
    }

    /// Whether it speaks and is recent: `ttl` seconds have not passed since `iat`. A token with neither `ttl` nor `exp` is
    /// recent for `max_age` seconds.
    pub fn is_fresh(&self, now: i64, max_age: i64) -> bool {
        let age = match (self.ttl, self.expires_at) {
            (Some(ttl), _) => Some(ttl.max(0)),
            (None, Some(_)) => None,
            (None, None) => Some(max_age),
        };
        self.speaks(now) && age.is_none_or(|age| now < self.issued_at.saturating_add(age))
    }
}

/// What a token whose signature is by `key` says of the statement that carries `reference`: its claims, and the number at
/// the index. Whether it is fresh enough is for the caller to ask ([`StatusClaims::is_fresh`]).
pub fn look_up(
    token: &str,
    key: &PublicKey,
    reference: &StatusReference,
) -> Result<(StatusClaims, u8), StatusListError> {
    let payload =
        UnverifiedJws::parse_at_most(token, STATUS_LIST_TYP, STATUS_TOKEN_BYTES_MAX)?.verify(key)?;
    let uri = payload.get("sub").and_then(Value::as_str).ok_or(StatusListError::Member("sub"))?;
    if uri != reference.uri {
        return Err(StatusListError::OtherUri);
    }
    let claims = StatusClaims {
        uri: uri.to_owned(),
        issued_at: seconds(&payload, "iat")?.ok_or(StatusListError::Member("iat"))?,
        expires_at: seconds(&payload, "exp")?,
        ttl: seconds(&payload, "ttl")?,
    };
    let list = payload.get("status_list").ok_or(StatusListError::Member("status_list"))?;
    let number = StatusList::read(list)?.get(reference.index).ok_or(StatusListError::OutOfRange)?;
    Ok((claims, number))
}

/// A `NumericDate` (RFC 7519 section 2) or a number of seconds; a fraction is cut off.
fn seconds(payload: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, StatusListError> {
    let Some(value) = payload.get(name) else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
    let whole = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
    whole.map(Some).ok_or(StatusListError::Member(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};
    use crate::statement::jws;

    const URI: &str = "https://ledger.example.invalid/status/AAAA";

    fn key() -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new("status list"))
    }

    fn claims() -> StatusClaims {
        StatusClaims { uri: URI.into(), issued_at: 1000, expires_at: Some(2000), ttl: Some(500) }
    }

    fn payload() -> Map<String, Value> {
        let list = StatusList::of(64, [(1, 1), (2, 2), (6, 3)]);
        claims().payload(&list, "https://ledger.example.invalid", "https://ledger.example.invalid/status")
    }

    fn at(index: u64) -> StatusReference {
        StatusReference { uri: URI.into(), index }
    }

    fn asked(payload: &Map<String, Value>, reference: &StatusReference) -> Result<u8, &'static str> {
        let key = key();
        let token = jws::sign(STATUS_LIST_TYP, payload, &key);
        look_up(&token, &key.public(), reference).map(|(_, number)| number).map_err(|error| error.reason())
    }

    /// The draft's example of two bits: statuses 1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3 pack to c9 44 f9.
    #[test]
    fn the_first_status_stands_in_the_least_significant_bits() {
        let statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        let list = StatusList::of(12, (0..).zip(statuses));
        assert_eq!(list.bytes, [0xc9, 0x44, 0xf9]);
        let back: Vec<u8> = (0..12).map(|index| list.get(index).unwrap()).collect();
        assert_eq!((back, list.get(12)), (statuses.to_vec(), None));
        let one_bit = StatusList { bits: 1, bytes: vec![0xb9, 0xa3] };
        let bits: Vec<u8> = (0..16).map(|index| one_bit.get(index).unwrap()).collect();
        assert_eq!(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], "the draft's example of one bit");
    }

    #[test]
    fn each_index_has_its_number_and_beyond_the_end_there_is_none() {
        for (index, expected) in
            [(0, Ok(0)), (1, Ok(1)), (2, Ok(2)), (6, Ok(3)), (64, Err("STATUS_INDEX_OUT_OF_RANGE"))]
        {
            assert_eq!(asked(&payload(), &at(index)), expected, "{index}");
        }
        assert_eq!(asked(&payload(), &at(u64::MAX)), Err("STATUS_INDEX_OUT_OF_RANGE"));
    }

    #[test]
    fn a_list_for_another_uri_or_by_another_key_or_of_another_type_says_nothing() {
        let other = StatusReference { uri: format!("{URI}A"), index: 1 };
        assert_eq!(asked(&payload(), &other), Err("STATUS_LIST_OTHER_URI"));
        let (key, stranger) = (key(), PrivateKey::generate_ed25519(&mut SeededEntropy::new("stranger")));
        let token = jws::sign(STATUS_LIST_TYP, &payload(), &key);
        assert_eq!(look_up(&token, &stranger.public(), &at(1)).unwrap_err().reason(), "KID_MISMATCH");
        let forged = token.replacen(&token[token.len() - 8..], "AAAAAAAA", 1);
        assert_eq!(look_up(&forged, &key.public(), &at(1)).unwrap_err().reason(), "SIGNATURE_INVALID");
        let typ = jws::sign("JWT", &payload(), &key);
        assert_eq!(look_up(&typ, &key.public(), &at(1)).unwrap_err().reason(), "WRONG_TYP");
    }

    #[test]
    fn members_are_there_and_of_their_type() {
        for (name, value) in
            [("sub", json!(1)), ("iat", json!("1000")), ("exp", json!(null)), ("ttl", json!([]))]
        {
            let mut wrong = payload();
            wrong.insert(name.into(), value);
            assert_eq!(asked(&wrong, &at(1)), Err("STATUS_LIST_MALFORMED"), "{name}");
        }
        for name in ["sub", "iat", "status_list"] {
            let mut missing = payload();
            missing.remove(name);
            assert_eq!(asked(&missing, &at(1)), Err("STATUS_LIST_MALFORMED"), "{name}");
        }
        let with = |name: &str, value: Value| {
            let mut changed = payload();
            changed["status_list"][name] = value;
            asked(&changed, &at(1))
        };
        assert_eq!(with("bits", json!(3)), Err("STATUS_LIST_BITS"));
        assert_eq!(with("bits", json!(1)), Ok(0), "a foreign list of one bit is read as such");
        assert_eq!(with("lst", json!("AAAA")), Err("STATUS_LIST_NOT_ZLIB"));
        let good = payload()["status_list"]["lst"].as_str().unwrap().to_owned();
        let longer = base64url_encode([base64url_decode(&good).unwrap(), vec![0]].concat());
        assert_eq!(with("lst", json!(longer)), Err("STATUS_LIST_NOT_ZLIB"), "something behind it");
        assert_eq!(with("lst", json!(good[..good.len() - 4].to_owned())), Err("STATUS_LIST_NOT_ZLIB"), "cut");
    }

    #[test]
    fn gigabytes_out_of_kilobytes_are_refused() {
        let with = |compressed: Vec<u8>| {
            let mut payload = payload();
            payload["status_list"]["lst"] = base64url_encode(compressed).into();
            payload
        };
        let zeros = |count: usize| {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
            zlib.write_all(&vec![0; count]).unwrap();
            with(zlib.finish().unwrap())
        };
        assert_eq!(asked(&zeros(STATUS_LIST_BYTES_MAX), &at(7)), Ok(0), "the longest");
        assert_eq!(asked(&zeros(STATUS_LIST_BYTES_MAX + 1), &at(7)), Err("STATUS_LIST_TOO_LARGE"));
        // One block of a mebibyte of zeros, said a thousand times over.
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        let block = |zlib: &mut ZlibEncoder<Vec<u8>>| {
            zlib.write_all(&vec![0; 1024 * 1024]).unwrap();
            zlib.flush().unwrap();
            std::mem::take(zlib.get_mut())
        };
        let (first, next) = (block(&mut zlib), block(&mut zlib));
        let gigabyte = [first, next.repeat(1023)].concat();
        assert!(gigabyte.len() < 2 * 1024 * 1024, "{}", gigabyte.len());
        assert_eq!(asked(&with(gigabyte), &at(7)), Err("STATUS_LIST_TOO_LARGE"));
        let long = "a".repeat(STATUS_TOKEN_BYTES_MAX + 1);
        assert_eq!(look_up(&long, &key().public(), &at(7)).unwrap_err().reason(), "TOO_LARGE");
    }

    #[test]
    fn a_token_speaks_until_the_first_of_its_ends() {
        let fresh = |claims: &StatusClaims, now| claims.is_fresh(now, 300);
        let both = claims();
        assert_eq!([1499, 1500].map(|now| fresh(&both, now)), [true, false], "ttl");
        let exp = StatusClaims { ttl: None, ..claims() };
        assert_eq!([1999, 2000].map(|now| fresh(&exp, now)), [true, false], "exp");
        let neither = StatusClaims { ttl: None, expires_at: None, ..claims() };
        assert_eq!([1299, 1300].map(|now| fresh(&neither, now)), [true, false], "the verifier's own limit");
        assert_eq!([699, 700].map(|now| fresh(&both, now)), [false, true], "from a clock that is ahead");
        assert_eq!(
            [1500, 1999, 2000].map(|now| both.speaks(now)),
            [true, true, false],
            "until `exp` in any case"
        );
    }
}
