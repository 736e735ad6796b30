//! Reading a passport file: closed schema, every limit before the work it bounds, one spelling.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    ANCHORS_MAX, AnchorProof, FILE_BYTES_MAX, FORMAT, FileError, Kind, LEDGERS_MAX, LedgerPart,
    PASSPORTS_MAX, PROOF_HASHES_MAX, PassportFile, ProvenEntry, PublicStream, STATEMENTS_MAX,
    STREAM_ENTRIES_MAX, STREAMS_MAX, StatementPart,
};
use crate::crypto::{Hash, base64url_decode, hex_decode, sha256};
use crate::statement::json;

/// Of the ledger's stream, of each body's, and of each of the worker's.
const HEADS_MAX: usize = 1 + STREAMS_MAX + PASSPORTS_MAX;

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
        let file = match Self::as_written(json, body) {
            Some(file) => file,
            None => Self::by_members(json, body)?,
        };
        file.check_references()?;
        Ok(file)
    }

    /// What [`Self::encode`] wrote, without values in between; `None` for anything else.
    fn as_written(json: &[u8], body: &[u8]) -> Option<Self> {
        let Written { kind, ledgers, statements, holder, presentation, .. } =
            serde_json::from_slice(json).ok()?;
        let file = Self { kind: Kind::named(kind)?, ledgers, statements, holder, presentation };
        (file.is_within_limits() && file.body().as_bytes() == body).then_some(file)
    }

    fn is_within_limits(&self) -> bool {
        let entry = |entry: &ProvenEntry| {
            let anchor = entry.anchor.as_ref().map_or(0, |anchor| anchor.proof.len());
            entry.proof.len().max(anchor) <= PROOF_HASHES_MAX
        };
        let entries = |all: &[ProvenEntry]| all.len() <= STREAM_ENTRIES_MAX && all.iter().all(entry);
        let ledger = |part: &LedgerPart| {
            part.anchors.len() <= ANCHORS_MAX
                && part.streams.len() <= STREAMS_MAX
                && part.standing.len() <= STATEMENTS_MAX
                && part.heads.len() <= HEADS_MAX
                && entries(&part.ledger)
                && part.streams.iter().all(|stream| entries(&stream.entries))
        };
        self.ledgers.len() <= LEDGERS_MAX
            && self.statements.len() <= STATEMENTS_MAX
            && self.holder.len() <= STATEMENTS_MAX
            && self.ledgers.iter().all(ledger)
            && self.statements.iter().all(|part| entry(&part.place))
    }

    /// Any other file, member by member, to say what is wrong with it.
    fn by_members(json: &[u8], body: &[u8]) -> Result<Self, FileError> {
        let mut members = Members::of(json::parse(json)?, "the file")?;
        match members.text("format")? {
            format if format == FORMAT => {}
            format if is_later(&format) => return Err(FileError::UnknownFormat),
            _ => return Err(members.wrong("format")),
        }
        let kind = Kind::named(&members.text("kind")?).ok_or_else(|| members.wrong("kind"))?;
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
        if file.body().as_bytes() == body { Ok(file) } else { Err(FileError::NotCanonical) }
    }
}

/// A file's members. What is not compared with [`PassportFile::body`] is checked before: the digest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(rename = "format")]
    _format: &'a str,
    kind: &'a str,
    ledgers: Vec<LedgerPart>,
    statements: Vec<StatementPart>,
    holder: Vec<usize>,
    presentation: Option<String>,
    #[serde(rename = "digest")]
    _digest: &'a str,
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
        heads: members.list("heads", HEADS_MAX, string)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> PassportFile {
        let entry = |leaf, anchor| ProvenEntry { leaf, entry: vec![7; 5], proof: vec![[9; 32]], anchor };
        let anchor = AnchorProof { index: 0, proof: vec![] };
        let statement = |leaf, n_l, anchor| StatementPart {
            ledger: 0,
            place: entry(leaf, anchor),
            sdjwt: "a.b.c~d~".into(),
            n_s: [3; 32],
            n_l,
        };
        PassportFile {
            kind: Kind::Presentation,
            ledgers: vec![LedgerPart {
                origin: "ledger.example.invalid".into(),
                checkpoint: "ledger.example.invalid\n9\n\n— \"key\" \\ \u{1}\n".into(),
                anchors: vec!["note".into()],
                ledger: vec![entry(0, None), entry(1, Some(anchor.clone()))],
                streams: vec![PublicStream {
                    subject: "https://body.invalid".into(),
                    entries: vec![entry(2, None)],
                }],
                standing: vec!["token".into(); 2],
                heads: vec![],
            }],
            statements: vec![statement(4, Some([4; 32]), None), statement(5, None, Some(anchor))],
            holder: vec![0],
            presentation: Some("x.y.z".into()),
        }
    }

    /// Both readers of a body: they must agree on what it is, or that it is nothing.
    fn read(body: &str) -> Option<PassportFile> {
        let json = format!("{body},\"digest\":\"{}\"}}", "0".repeat(64));
        let written = PassportFile::as_written(json.as_bytes(), body.as_bytes());
        let by_members = PassportFile::by_members(json.as_bytes(), body.as_bytes());
        assert_eq!(written, by_members.ok(), "{body}");
        written
    }

    #[test]
    fn what_is_read_as_written_is_what_is_read_member_by_member() {
        let file = small();
        let body = file.body();
        assert_eq!(read(&body), Some(file));
        for (from, to) in [
            ("{\"format\"", "{ \"format\""),
            ("\"format\":\"s", "\"format\":\"\\u0073"),
            ("passport-v1", "passport-v2"),
            ("\"presentation\",\"ledgers\"", "\"passports\",\"ledgers\""),
            ("\"kind\":", "\"kind\":\"presentation\",\"kind\":"),
            ("\"heads\":[]", "\"heads\":[],\"more\":1"),
            ("\"heads\":[]", "\"heads\":null"),
            ("\"leaf\":4", "\"leaf\":4.0"),
            ("\"leaf\":4", "\"leaf\":-4"),
            ("\"leaf\":4", "\"leaf\":18446744073709551616"),
            ("\"proof\":[\"", "\"anchor\":null,\"proof\":[\""),
            ("\"n_s\":\"A", "\"n_l\":null,\"n_s\":\"A"),
            ("{\"index\":0,\"proof\":[]}", "[0,[]]"),
            (",\"presentation\":\"x", ",\"presentation\":null,\"x\":\"x"),
            ("\"holder\":[0]", "\"holder\":[0],\"holder\":[0]"),
        ] {
            let bent = body.replacen(from, to, 1);
            assert_ne!(bent, body, "{from}");
            assert_eq!(read(&bent), None, "{from} -> {to}");
        }
    }

    #[test]
    fn both_readers_stop_at_the_same_limits() {
        type Longer = fn(&mut PassportFile, usize);
        fn to<T: Clone>(list: &mut Vec<T>, one: &T, length: usize) {
            list.resize(length, one.clone());
        }
        let lists: [(usize, Longer); 11] = [
            (LEDGERS_MAX, |file, length| to(&mut file.ledgers, &small().ledgers[0], length)),
            (STATEMENTS_MAX, |file, length| to(&mut file.statements, &small().statements[0], length)),
            (STATEMENTS_MAX, |file, length| to(&mut file.holder, &0, length)),
            (ANCHORS_MAX, |file, length| to(&mut file.ledgers[0].anchors, &String::new(), length)),
            (STREAMS_MAX, |file, length| {
                to(&mut file.ledgers[0].streams, &small().ledgers[0].streams[0], length);
            }),
            (STATEMENTS_MAX, |file, length| to(&mut file.ledgers[0].standing, &String::new(), length)),
            (HEADS_MAX, |file, length| to(&mut file.ledgers[0].heads, &String::new(), length)),
            (STREAM_ENTRIES_MAX, |file, length| {
                to(&mut file.ledgers[0].ledger, &small().ledgers[0].ledger[0], length);
            }),
            (STREAM_ENTRIES_MAX, |file, length| {
                to(&mut file.ledgers[0].streams[0].entries, &small().ledgers[0].ledger[0], length);
            }),
            (PROOF_HASHES_MAX, |file, length| to(&mut file.statements[1].place.proof, &[1; 32], length)),
            (PROOF_HASHES_MAX, |file, length| {
                let anchor = file.ledgers[0].ledger[1].anchor.as_mut().unwrap();
                to(&mut anchor.proof, &[1; 32], length);
            }),
        ];
        for (place, (max, longer)) in lists.into_iter().enumerate() {
            for length in [max, max + 1] {
                let mut file = small();
                longer(&mut file, length);
                assert_eq!(read(&file.body()).is_some(), length == max, "list {place}");
            }
        }
    }

    #[test]
    fn both_readers_agree_wherever_one_character_is_another() {
        let body = small().body();
        let mut read_all_the_same = 0;
        for (at, character) in body.char_indices() {
            for other in ["", "\"", "\\", ",", "0", "B", "é"] {
                let bent = [&body[..at], other, &body[at + character.len_utf8()..]].concat();
                read_all_the_same += u32::from(read(&bent).is_some_and(|read| read.body() == bent));
            }
        }
        assert!(read_all_the_same > 100, "texts and hashes may be others: {read_all_the_same}");
    }
}
