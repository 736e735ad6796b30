//! C2SP signed-note: a text, an empty line, signature lines; and the verifier keys that check them.

use super::TlogError;
use crate::crypto::{
    PrivateKey, PublicKey, SIGNATURE_BYTES, base64_decode, base64_encode, hex_decode, hex_encode, sha256,
};

/// The longest note we read: 64 post-quantum signatures of other people's fit.
pub const NOTE_MAX_BYTES: usize = 256 * 1024;
/// The most signatures we read. C2SP signed-note: at least 16 must be accepted.
pub const NOTE_MAX_SIGNATURES: usize = 64;
/// The longest key name: C2SP tlog-cosignature gives it one length byte.
pub const KEY_NAME_MAX_BYTES: usize = 255;

/// C2SP signed-note, signature types: Ed25519 over the note text.
const TYPE_LOG: u8 = 0x01;
/// C2SP tlog-cosignature: Ed25519 over a time and the note text.
const TYPE_COSIGNER: u8 = 0x04;

/// A C2SP verifier key: `name+hex8(keyid)+base64(type||key)`; type 0x01 (log) or 0x04 (cosigner), Ed25519.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    cosigner: bool,
    key: PublicKey,
    /// The type byte and the key, as they stand in the id's hash and in the text.
    material: [u8; 33],
}

impl VerifierKey {
    /// Parses and checks the key id.
    pub fn parse(text: &str) -> Result<Self, TlogError> {
        // Base64 may hold a `+` of its own, a name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TlogError::VerifierKey);
        };
        let id: [u8; 4] =
            hex_decode(id).ok().and_then(|id| id.try_into().ok()).ok_or(TlogError::VerifierKey)?;
        let material = base64_decode(material).map_err(|_| TlogError::VerifierKey)?;
        let (&kind, key) = material.split_first().ok_or(TlogError::VerifierKey)?;
        if kind != TYPE_LOG && kind != TYPE_COSIGNER {
            return Err(TlogError::KeyType(kind));
        }
        let key: &[u8; 32] = key.try_into().map_err(|_| TlogError::VerifierKey)?;
        let key = PublicKey::from_ed25519_bytes(key).map_err(|_| TlogError::NotEd25519)?;
        let parsed = Self::new(name, kind, &key)?;
        if parsed.id == id { Ok(parsed) } else { Err(TlogError::KeyId) }
    }

    /// A log's key (type 0x01).
    pub fn log(name: &str, key: &PublicKey) -> Result<Self, TlogError> {
        Self::new(name, TYPE_LOG, key)
    }

    /// A witness's key (type 0x04).
    pub fn cosigner(name: &str, key: &PublicKey) -> Result<Self, TlogError> {
        Self::new(name, TYPE_COSIGNER, key)
    }

    fn new(name: &str, kind: u8, key: &PublicKey) -> Result<Self, TlogError> {
        check_key_name(name)?;
        let bytes = key.ed25519_bytes().ok_or(TlogError::NotEd25519)?;
        let mut material = [kind; 33];
        material[1..].copy_from_slice(&bytes);
        // C2SP signed-note, "Signatures": SHA-256(name | LF | type | key)[:4].
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &material]);
        let (name, key) = (name.to_owned(), key.clone());
        Ok(Self { name, id: [a, b, c, d], cosigner: kind == TYPE_COSIGNER, key, material })
    }

    /// Key name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that stand in front of every signature by it.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Whether it cosigns.
    pub fn is_cosigner(&self) -> bool {
        self.cosigner
    }

    /// The Ed25519 key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex_encode(self.id), base64_encode(self.material))
    }
}

/// C2SP signed-note, "Format": not empty, no Unicode space, no `+`, and as part of a note no control character.
pub(super) fn check_key_name(name: &str) -> Result<(), TlogError> {
    let fits = (1..=KEY_NAME_MAX_BYTES).contains(&name.len());
    if fits && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        Ok(())
    } else {
        Err(TlogError::KeyName { limit: KEY_NAME_MAX_BYTES })
    }
}

/// A parsed note; nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// What is signed: ends in a line feed.
    pub(super) text: &'a str,
    /// Key name, then key id and signature, in the order of the lines.
    signatures: Vec<(&'a str, Vec<u8>)>,
}

impl<'a> Note<'a> {
    pub(super) fn parse(note: &'a str) -> Result<Self, TlogError> {
        if note.len() > NOTE_MAX_BYTES {
            return Err(TlogError::NoteTooLong { limit: NOTE_MAX_BYTES });
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(TlogError::NoteCharacter);
        }
        // The text may hold empty lines; the last one of the note ends it.
        let end = note.rfind("\n\n").ok_or(TlogError::NoteShape)?;
        let (text, rest) = note.split_at(end.saturating_add(1));
        let lines =
            rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n')).ok_or(TlogError::NoteShape)?;
        if lines.split('\n').count() > NOTE_MAX_SIGNATURES {
            return Err(TlogError::TooManySignatures { limit: NOTE_MAX_SIGNATURES });
        }
        let signatures = lines.split('\n').map(parse_line).collect::<Result<_, _>>()?;
        Ok(Self { text, signatures })
    }

    /// The signatures of `key` on this note, without the key id: one, unless somebody wrote a line twice.
    pub(super) fn signatures_of(&self, key: &VerifierKey) -> impl Iterator<Item = &[u8]> {
        let lines = self.signatures.iter().filter(|(name, _)| *name == key.name);
        lines.filter_map(|(_, bytes)| bytes.strip_prefix(&key.id))
    }
}

/// A signed note of any text that ends in a line feed, for what is published like a checkpoint but is none: trust lists.
pub fn sign_note(text: &str, signers: &[(&VerifierKey, &PrivateKey)]) -> String {
    let lines: String =
        signers.iter().map(|(name, key)| sign_line(name, key, &[], text.as_bytes())).collect();
    format!("{text}\n{lines}")
}

/// The text of a signed note, unverified: it says with which keys to verify the note.
pub fn note_text(note: &str) -> Result<&str, TlogError> {
    Note::parse(note).map(|note| note.text)
}

/// Whether `key` signed the note, and every signature that it is said to have made is its own.
pub fn note_is_signed_by(note: &str, key: &VerifierKey) -> Result<bool, TlogError> {
    let note = Note::parse(note)?;
    let mut signatures = note.signatures_of(key).peekable();
    let is_there = signatures.peek().is_some();
    Ok(is_there && signatures.all(|signature| signature_holds(key, note.text.as_bytes(), signature)))
}

fn parse_line(line: &str) -> Result<(&str, Vec<u8>), TlogError> {
    let rest = line.strip_prefix("\u{2014} ").ok_or(TlogError::SignatureLine)?;
    let (name, base64) = rest.split_once(' ').ok_or(TlogError::SignatureLine)?;
    check_key_name(name)?;
    let bytes = base64_decode(base64).map_err(|_| TlogError::SignatureLine)?;
    // Four bytes of key id and at least one of signature.
    if bytes.len() > 4 { Ok((name, bytes)) } else { Err(TlogError::SignatureLine) }
}

/// Whether `line` is exactly one signature line with its line feed.
pub(super) fn check_line(line: &str) -> Result<(), TlogError> {
    let body = line.strip_suffix('\n').filter(|body| !body.contains('\n')).ok_or(TlogError::SignatureLine)?;
    parse_line(body).map(|_| ())
}

/// The signature line, with its line feed, that `key` (which must be the private half of `verifier`) makes of
/// `message`; `prefix` stands between key id and signature.
pub(super) fn sign_line(verifier: &VerifierKey, key: &PrivateKey, prefix: &[u8], message: &[u8]) -> String {
    let blob = [&verifier.id, prefix, &key.sign(message)].concat();
    format!("\u{2014} {} {}\n", verifier.name, base64_encode(blob))
}

/// Whether `signature`, 64 bytes, is `key`'s over `message`.
pub(super) fn signature_holds(key: &VerifierKey, message: &[u8], signature: &[u8]) -> bool {
    <&[u8; SIGNATURE_BYTES]>::try_from(signature).is_ok_and(|signature| key.key.verify(message, signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};

    /// C2SP signed-note, "Verifier keys", example.
    const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn holds(note: &str, key: &VerifierKey) -> bool {
        let note = Note::parse(note).unwrap();
        note.signatures_of(key).all(|signature| signature_holds(key, note.text.as_bytes(), signature))
            && note.signatures_of(key).count() == 1
    }

    #[test]
    fn example_of_the_specification_verifies() {
        let key = VerifierKey::parse(SPEC_KEY).unwrap();
        assert_eq!((key.name(), key.is_cosigner()), ("example.com/foo", false));
        assert_eq!(key.to_string(), SPEC_KEY);
        assert_eq!(Note::parse(SPEC_NOTE).unwrap().text, "This is an example message.\n");
        assert!(holds(SPEC_NOTE, &key));
        assert!(!holds(&SPEC_NOTE.replace("example message", "exemple message"), &key));
    }

    /// transparency-dev/formats, `note/note_cosigv1_test.go`: a cosigner's key in use, and base64 that holds a `+`.
    #[test]
    fn keys_of_other_software_parse_and_print_unchanged() {
        let cosigner = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
        assert!(VerifierKey::parse(cosigner).unwrap().is_cosigner());
        let plus = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        for text in [cosigner, plus] {
            assert_eq!(VerifierKey::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_verifier_keys_are_refused() {
        let mldsa = base64_encode([6; 33]);
        let cases = [
            ("example.com/foo+530d903a", TlogError::VerifierKey),
            ("example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", TlogError::VerifierKey),
            ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", TlogError::VerifierKey),
            ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0", TlogError::VerifierKey),
            ("example.com/foo+530d903a+", TlogError::VerifierKey),
            ("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", TlogError::KeyId),
            (
                "example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                TlogError::KeyName { limit: 255 },
            ),
            ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", TlogError::KeyName { limit: 255 }),
        ];
        for (text, expected) in cases {
            assert_eq!(VerifierKey::parse(text), Err(expected), "{text}");
        }
        assert_eq!(VerifierKey::parse(&format!("a+00000000+{mldsa}")), Err(TlogError::KeyType(6)));
        let small_order = base64_encode([&[1][..], &[0; 32]].concat());
        assert_eq!(VerifierKey::parse(&format!("a+00000000+{small_order}")), Err(TlogError::NotEd25519));
        let es256 = PrivateKey::generate_es256(&mut SeededEntropy::new("note")).public();
        assert_eq!(VerifierKey::log("a", &es256), Err(TlogError::NotEd25519));
    }

    #[test]
    fn a_note_has_so_many_bytes_signatures_and_letters_in_a_name() {
        let line = "\u{2014} a AAAAAAA=\n";
        let padded = |bytes: usize| format!("{}\n\n{line}", "x".repeat(bytes - 2 - line.len()));
        assert_eq!(padded(NOTE_MAX_BYTES).len(), NOTE_MAX_BYTES);
        assert!(Note::parse(&padded(NOTE_MAX_BYTES)).is_ok());
        let long = padded(NOTE_MAX_BYTES + 1);
        assert_eq!(Note::parse(&long), Err(TlogError::NoteTooLong { limit: NOTE_MAX_BYTES }));
        let signed = |count: usize| format!("text\n\n{}", line.repeat(count));
        assert!(Note::parse(&signed(NOTE_MAX_SIGNATURES)).is_ok());
        let many = Note::parse(&signed(NOTE_MAX_SIGNATURES + 1)).unwrap_err();
        assert_eq!(many.reason(), "NOTE_TOO_MANY_SIGNATURES");
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("note")).public();
        let named = |bytes: usize| VerifierKey::log(&"n".repeat(bytes), &key);
        assert!(named(KEY_NAME_MAX_BYTES).is_ok());
        assert_eq!(named(KEY_NAME_MAX_BYTES + 1), Err(TlogError::KeyName { limit: KEY_NAME_MAX_BYTES }));
        let by = |bytes: usize| format!("text\n\n\u{2014} {} AAAAAAA=\n", "n".repeat(bytes));
        assert!(Note::parse(&by(KEY_NAME_MAX_BYTES)).is_ok());
        assert!(Note::parse(&by(KEY_NAME_MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn text_ends_at_the_last_empty_line() {
        let text = "one\n\n\ntwo\n";
        let note = format!("{text}\n\u{2014} a AAAAAAA=\n");
        assert_eq!(Note::parse(&note).unwrap().text, text);
    }

    #[test]
    fn malformed_notes_are_refused() {
        let cases = [
            ("text\n\u{2014} a AAAAAAA=\n", TlogError::NoteShape),
            ("text\n\n\u{2014} a AAAAAAA=", TlogError::NoteShape),
            ("text\n\n", TlogError::NoteShape),
            ("te\txt\n\n\u{2014} a AAAAAAA=\n", TlogError::NoteCharacter),
            ("text\r\n\n\u{2014} a AAAAAAA=\n", TlogError::NoteCharacter),
            ("text\n\n- a AAAAAAA=\n", TlogError::SignatureLine),
            ("text\n\n\u{2014} a\n", TlogError::SignatureLine),
            ("text\n\n\u{2014} a AAAAAA==\n", TlogError::SignatureLine),
            ("text\n\n\u{2014} a AAAAAAB=\n", TlogError::SignatureLine),
            ("text\n\n\u{2014} a b AAAAAAA=\n", TlogError::SignatureLine),
            ("text\n\n\u{2014} a+b AAAAAAA=\n", TlogError::KeyName { limit: 255 }),
            ("text\n\n\u{2014} a\u{a0}b AAAAAAA=\n", TlogError::KeyName { limit: 255 }),
            ("text\n\n\u{2014}  AAAAAAA=\n", TlogError::KeyName { limit: 255 }),
        ];
        for (note, expected) in cases {
            assert_eq!(Note::parse(note), Err(expected), "{note:?}");
        }
    }

    #[test]
    fn sixty_four_signatures_are_read_and_no_more() {
        let note = |count: usize| format!("text\n\n{}", "\u{2014} a AAAAAAA=\n".repeat(count));
        assert!(Note::parse(&note(64)).is_ok());
        assert_eq!(Note::parse(&note(65)), Err(TlogError::TooManySignatures { limit: 64 }));
        let long = format!("{}\n\n\u{2014} a AAAAAAA=\n", "x".repeat(NOTE_MAX_BYTES));
        assert_eq!(Note::parse(&long), Err(TlogError::NoteTooLong { limit: NOTE_MAX_BYTES }));
    }
}
