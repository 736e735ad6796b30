//! How bytes and hashes are spelt in the file: base64url, strictly.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{AnchorProof, ProvenEntry, StatementPart};
use crate::crypto::{
    Hash, base64url_decode, base64url_decode_exactly, base64url_encode, base64url_encode_hash,
};

/// Bytes of a kind that has one spelling.
pub(super) trait Spelt: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn read(text: &str) -> Option<Self>;
}

impl Spelt for Vec<u8> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url_encode(self))
    }

    fn read(text: &str) -> Option<Self> {
        base64url_decode(text).ok()
    }
}

impl Spelt for Hash {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(base64url_encode_hash(self, &mut [0; 43]))
    }

    fn read(text: &str) -> Option<Self> {
        base64url_decode_exactly(text).ok()
    }
}

/// For `#[serde(with = "…")]`.
pub(super) fn serialize<S: Serializer>(bytes: &impl Spelt, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.write(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Spelt>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: Spelt> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64url")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).ok_or_else(|| E::custom(""))
    }
}

/// A hash among others, or one that need not be there.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct One(#[serde(with = "self::super::spelling")] Hash);

/// For `#[serde(with = "…")]`.
pub(super) mod hashes {
    use super::{Deserialize, Deserializer, Hash, One, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        proof: &[Hash],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(proof.iter().copied().map(One))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Hash>, D::Error> {
        Ok(Vec::<One>::deserialize(deserializer)?.into_iter().map(|One(hash)| hash).collect())
    }
}

/// For `#[serde(with = "…")]`.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Hash, One, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub(in super::super) fn serialize<S: Serializer>(
        hash: &Option<Hash>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        hash.map(One).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Hash>, D::Error> {
        Ok(Option::<One>::deserialize(deserializer)?.map(|One(hash)| hash))
    }
}

/// A statement's members as they stand in the file: those of its place beside its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlatStatement {
    ledger: usize,
    leaf: u64,
    #[serde(with = "self::super::spelling")]
    entry: Vec<u8>,
    #[serde(with = "hashes")]
    proof: Vec<Hash>,
    anchor: Option<AnchorProof>,
    sdjwt: String,
    #[serde(with = "self::super::spelling")]
    n_s: Hash,
    #[serde(default, with = "optional")]
    n_l: Option<Hash>,
}

impl From<FlatStatement> for StatementPart {
    fn from(flat: FlatStatement) -> Self {
        let FlatStatement { ledger, leaf, entry, proof, anchor, sdjwt, n_s, n_l } = flat;
        Self { ledger, place: ProvenEntry { leaf, entry, proof, anchor }, sdjwt, n_s, n_l }
    }
}
