//! Reading a passport file: closed schema, every limit before the work it bounds, one spelling.

use serde_json::{Map, Value};

use super::{
    ANCHORS_MAX, AnchorProof, FILE_BYTES_MAX, FORMAT, FileError, Kind, LEDGERS_MAX, LedgerPart,
    PASSPORTS_MAX, PROOF_HASHES_MAX, PassportFile, ProvenEntry, PublicStream, STATEMENTS_MAX,
    STREAM_ENTRIES_MAX, STREAMS_MAX, StatementPart,
};
use crate::crypto::{Hash, base64url_decode, hex_decode, sha256};
use crate::statement::json;

/// `,"digest":"` + 64 hex digits + `"}` + LF.
const DIGEST_LABEL: &[u8] = b",\"digest\":\"";
const DIGEST_END: &[u8] = b"\"}\n";
const DIGEST_TAIL_BYTES: usize = DIGEST_LABEL.len() + 64 + DIGEST_END.len();

impl PassportFile {
    /// Reads a file whose digest matches and whose parts refer to each other without gaps. Proofs and signatures are
    /// [`crate::passport::verify`]'s to check.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(FileError::TooLarge);
        }
        let body = check_digest(bytes)?;
        let json = bytes.strip_suffix(b"\n").ok_or(FileError::DigestMissing)?;
        let mut members = Members::of(json::parse(json)?, "the file")?;
        match members.text("format")? {
            format if format == FORMAT => {}
            format if is_later(&format) => return Err(FileError::UnknownFormat),
            _ => return Err(members.wrong("format")),
        }
        let kind = match members.text("kind")?.as_str() {
            "passport" => Kind::Complete,
            "presentation" => Kind::Presentation,
            _ => return Err(members.wrong("kind")),
        };
        let file = Self {
            kind,
            ledgers: members.list("ledgers", LEDGERS_MAX, ledger)?,
            statements: members.list("statements", STATEMENTS_MAX, statement)?,
            holder: members.list("holder", STATEMENTS_MAX, |value| {
                index(&value).ok_or(FileError::WrongMember { place: "the file", member: "holder" })
            })?,
            presentation: members.optional("presentation").map(string).transpose()?,
        };
        members.text("digest")?;
        members.close()?;
        // One content has one spelling: nothing can hide in escapes, spaces or the order of members.
        if file.body().as_bytes() != body {
            return Err(FileError::NotCanonical);
        }
        file.check_references()?;
        Ok(file)
    }
}

/// `skillpass-passport-vN` of another N.
fn is_later(format: &str) -> bool {
    let family = FORMAT.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let version = format.strip_prefix(family);
    version.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// What the digest is of, if it is right. It has one spelling itself.
fn check_digest(bytes: &[u8]) -> Result<&[u8], FileError> {
    let split = bytes.len().checked_sub(DIGEST_TAIL_BYTES).ok_or(FileError::DigestMissing)?;
    let (body, tail) = bytes.split_at_checked(split).ok_or(FileError::DigestMissing)?;
    let digits = tail
        .strip_prefix(DIGEST_LABEL)
        .and_then(|rest| rest.strip_suffix(DIGEST_END))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .ok_or(FileError::DigestMissing)?;
    let digest = hex_decode(digits).map_err(|_| FileError::DigestMissing)?;
    if digest == sha256(&[body]) { Ok(body) } else { Err(FileError::DigestDiffers) }
}

/// The members of one object that were not taken yet.
struct Members {
    map: Map<String, Value>,
    place: &'static str,
}

impl Members {
    fn of(value: Value, place: &'static str) -> Result<Self, FileError> {
        match value {
            Value::Object(map) => Ok(Self { map, place }),
            _ => Err(FileError::WrongMember { place, member: "object" }),
        }
    }

    fn wrong(&self, member: &'static str) -> FileError {
        FileError::WrongMember { place: self.place, member }
    }

    fn optional(&mut self, member: &str) -> Option<Value> {
        self.map.remove(member)
    }

    fn take(&mut self, member: &'static str) -> Result<Value, FileError> {
        self.optional(member).ok_or_else(|| self.wrong(member))
    }

    fn text(&mut self, member: &'static str) -> Result<String, FileError> {
        match self.take(member)? {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(member)),
        }
    }

    fn number(&mut self, member: &'static str) -> Result<u64, FileError> {
        self.take(member)?.as_u64().ok_or_else(|| self.wrong(member))
    }

    fn bytes(&mut self, member: &'static str) -> Result<Vec<u8>, FileError> {
        base64url_decode(self.text(member)?).map_err(|_| self.wrong(member))
    }

    fn nonce(&mut self, member: &'static str) -> Result<[u8; 32], FileError> {
        self.bytes(member)?.try_into().map_err(|_| self.wrong(member))
    }

    fn list<T>(
        &mut self,
        member: &'static str,
        max: usize,
        read: impl Fn(Value) -> Result<T, FileError>,
    ) -> Result<Vec<T>, FileError> {
        match self.take(member)? {
            Value::Array(items) if items.len() <= max => items.into_iter().map(read).collect(),
            Value::Array(_) => Err(FileError::TooMany(member)),
            _ => Err(self.wrong(member)),
        }
    }

    fn close(self) -> Result<(), FileError> {
        match self.map.into_iter().next() {
            Some((member, _)) => Err(FileError::UnknownMember { place: self.place, member }),
            None => Ok(()),
        }
    }
}

fn index(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

fn string(value: Value) -> Result<String, FileError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(FileError::WrongMember { place: "the file", member: "text" }),
    }
}

fn ledger(value: Value) -> Result<LedgerPart, FileError> {
    let mut members = Members::of(value, "a ledger")?;
    let part = LedgerPart {
        origin: members.text("origin")?,
        checkpoint: members.text("checkpoint")?,
        anchors: members.list("anchors", ANCHORS_MAX, string)?,
        ledger: members.list("ledger", STREAM_ENTRIES_MAX, entry)?,
        streams: members.list("streams", STREAMS_MAX, stream)?,
        standing: members.list("standing", STATEMENTS_MAX, string)?,
        heads: members.list("heads", 1 + STREAMS_MAX + PASSPORTS_MAX, string)?,
    };
    members.close()?;
    Ok(part)
}

fn stream(value: Value) -> Result<PublicStream, FileError> {
    let mut members = Members::of(value, "a stream")?;
    let part = PublicStream {
        subject: members.text("sub")?,
        entries: members.list("entries", STREAM_ENTRIES_MAX, entry)?,
    };
    members.close()?;
    Ok(part)
}

fn entry(value: Value) -> Result<ProvenEntry, FileError> {
    let mut members = Members::of(value, "an entry")?;
    let part = place(&mut members)?;
    members.close()?;
    Ok(part)
}

fn place(members: &mut Members) -> Result<ProvenEntry, FileError> {
    Ok(ProvenEntry {
        leaf: members.number("leaf")?,
        entry: members.bytes("entry")?,
        proof: members.list("proof", PROOF_HASHES_MAX, hash)?,
        anchor: members.optional("anchor").map(anchor).transpose()?,
    })
}

fn anchor(value: Value) -> Result<AnchorProof, FileError> {
    let mut members = Members::of(value, "an anchor")?;
    let index = index(&members.take("index")?).ok_or_else(|| members.wrong("index"))?;
    let part = AnchorProof { index, proof: members.list("proof", PROOF_HASHES_MAX, hash)? };
    members.close()?;
    Ok(part)
}

#[expect(clippy::needless_pass_by_value, reason = "one signature for every reader of list items")]
fn hash(value: Value) -> Result<Hash, FileError> {
    let wrong = FileError::WrongMember { place: "a proof", member: "hash" };
    let text = value.as_str().ok_or_else(|| wrong.clone())?;
    base64url_decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(wrong)
}

fn statement(value: Value) -> Result<StatementPart, FileError> {
    let mut members = Members::of(value, "a statement")?;
    let ledger = index(&members.take("ledger")?).ok_or_else(|| members.wrong("ledger"))?;
    let part = StatementPart {
        ledger,
        place: place(&mut members)?,
        sdjwt: members.text("sdjwt")?,
        n_s: members.nonce("n_s")?,
        n_l: if members.map.contains_key("n_l") { Some(members.nonce("n_l")?) } else { None },
    };
    members.close()?;
    Ok(part)
}
