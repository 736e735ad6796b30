//! C2SP tlog-cosignature, Ed25519 (type 0x04): a witness's signed word that it saw this checkpoint, and when.

use super::note::{Note, sign_line, signature_holds};
use super::{Checkpoint, SignedCheckpoint, TlogError, VerifierKey};
use crate::crypto::PrivateKey;

/// C2SP tlog-cosignature, "Format": a timestamp must not exceed 2^63 - 1.
const MAX_TIMESTAMP: u64 = i64::MAX.unsigned_abs();

/// C2SP tlog-cosignature, "Ed25519 signed message".
fn message(checkpoint_text: &str, timestamp: u64) -> String {
    format!("cosignature/v1\ntime {timestamp}\n{checkpoint_text}")
}

/// A cosignature/v1 line (with LF) by `key` named `name` over the checkpoint at `timestamp` Unix seconds.
pub fn cosign(
    checkpoint: &Checkpoint,
    name: &str,
    key: &PrivateKey,
    timestamp: u64,
) -> Result<String, TlogError> {
    if timestamp > MAX_TIMESTAMP {
        return Err(TlogError::Timestamp);
    }
    let verifier = VerifierKey::cosigner(name, &key.public())?;
    let message = message(&checkpoint.text(), timestamp);
    Ok(sign_line(&verifier, key, &timestamp.to_be_bytes(), message.as_bytes()))
}

impl SignedCheckpoint {
    /// The valid cosignatures by `witnesses`: (index in `witnesses`, timestamp in Unix seconds), one a witness, the
    /// earliest if it signed twice. A known-but-bad one refuses the whole note.
    pub fn cosignatures(&self, witnesses: &[VerifierKey]) -> Result<Vec<(usize, u64)>, TlogError> {
        let note = Note::parse(&self.note)?;
        let mut found = Vec::new();
        for (index, witness) in witnesses.iter().enumerate().filter(|(_, witness)| witness.is_cosigner()) {
            let mut earliest = None;
            for blob in note.signatures_of(witness) {
                let timestamp = verified_timestamp(note.text, witness, blob)?;
                earliest = Some(earliest.map_or(timestamp, |before: u64| before.min(timestamp)));
            }
            found.extend(earliest.map(|timestamp| (index, timestamp)));
        }
        Ok(found)
    }
}

/// The timestamp of `u64 timestamp | signature`, if `witness` made it over this text.
fn verified_timestamp(text: &str, witness: &VerifierKey, blob: &[u8]) -> Result<u64, TlogError> {
    let bad = || TlogError::BadSignature { name: witness.name().to_owned() };
    let (timestamp, signature) = blob.split_first_chunk::<8>().ok_or_else(bad)?;
    let timestamp = u64::from_be_bytes(*timestamp);
    if timestamp > MAX_TIMESTAMP {
        return Err(TlogError::Timestamp);
    }
    let holds = signature_holds(witness, message(text, timestamp).as_bytes(), signature);
    if holds { Ok(timestamp) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::tests::{PUBLIC_LOG, PUBLIC_LOG_KEY};
    use super::*;
    use crate::crypto::{SeededEntropy, base64_encode};

    fn key(label: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
    }

    fn signed() -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: "ph.skillpass.invalid".to_owned(), size: 3, root: [7; 32] };
        let note = checkpoint.sign(&[&key("log")]).unwrap();
        let verifier = VerifierKey::log(&checkpoint.origin, &key("log").public()).unwrap();
        SignedCheckpoint::verify(&note, &[verifier]).unwrap()
    }

    fn witness(label: &str) -> VerifierKey {
        VerifierKey::cosigner(&format!("{label}.invalid"), &key(label).public()).unwrap()
    }

    fn line(label: &str, timestamp: u64) -> String {
        cosign(&signed().checkpoint, &format!("{label}.invalid"), &key(label), timestamp).unwrap()
    }

    /// The witness's key as published in transparency-dev/formats, `note/note_cosigv1_test.go`.
    #[test]
    fn a_public_witness_cosignature_verifies() {
        let log = VerifierKey::parse(PUBLIC_LOG_KEY).unwrap();
        let witness =
            VerifierKey::parse("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")
                .unwrap();
        let signed = SignedCheckpoint::verify(PUBLIC_LOG, &[log]).unwrap();
        assert_eq!(signed.cosignatures(&[witness]), Ok(vec![(0, 0x6a12_2120)]));
    }

    #[test]
    fn cosignatures_round_trip_and_unknown_witnesses_are_ignored() {
        let cosigned = signed().with_line(&line("one", 1_700_000_000)).unwrap();
        let cosigned = cosigned.with_line(&line("two", 1_700_000_060)).unwrap();
        let witnesses = [witness("three"), witness("two"), witness("one")];
        assert_eq!(cosigned.cosignatures(&witnesses), Ok(vec![(1, 1_700_000_060), (2, 1_700_000_000)]));
        assert_eq!(signed().cosignatures(&witnesses), Ok(vec![]));
    }

    #[test]
    fn a_line_is_76_bytes_in_base64() {
        let line = line("one", 1);
        let base64 = line.trim_end().rsplit(' ').next().unwrap();
        assert_eq!(crate::crypto::base64_decode(base64).unwrap().len(), 4 + 8 + 64);
    }

    #[test]
    fn the_earliest_of_two_cosignatures_counts() {
        let cosigned = signed().with_line(&line("one", 20)).unwrap().with_line(&line("one", 10)).unwrap();
        assert_eq!(cosigned.cosignatures(&[witness("one")]), Ok(vec![(0, 10)]));
    }

    #[test]
    fn a_changed_time_or_checkpoint_refuses_the_note() {
        let bad = TlogError::BadSignature { name: "one.invalid".to_owned() };
        let text = signed().checkpoint.text();
        let signature = key("one").sign(message(&text, 10).as_bytes());
        let moved = [&witness("one").id()[..], &11_u64.to_be_bytes(), &signature].concat();
        let moved = format!("\u{2014} one.invalid {}\n", base64_encode(moved));
        assert_eq!(signed().with_line(&moved).unwrap().cosignatures(&[witness("one")]), Err(bad.clone()));

        let other = Checkpoint { size: 4, ..signed().checkpoint };
        let elsewhere = cosign(&other, "one.invalid", &key("one"), 10).unwrap();
        assert_eq!(signed().with_line(&elsewhere).unwrap().cosignatures(&[witness("one")]), Err(bad.clone()));

        let short =
            format!("\u{2014} one.invalid {}\n", base64_encode([&witness("one").id()[..], &[0; 7]].concat()));
        assert_eq!(signed().with_line(&short).unwrap().cosignatures(&[witness("one")]), Err(bad));
    }

    #[test]
    fn timestamps_beyond_63_bits_are_refused() {
        let checkpoint = signed().checkpoint;
        assert!(cosign(&checkpoint, "one.invalid", &key("one"), MAX_TIMESTAMP).is_ok());
        assert_eq!(
            cosign(&checkpoint, "one.invalid", &key("one"), MAX_TIMESTAMP + 1),
            Err(TlogError::Timestamp)
        );
        let signature = key("one").sign(message(&checkpoint.text(), u64::MAX).as_bytes());
        let blob = [&witness("one").id()[..], &u64::MAX.to_be_bytes(), &signature].concat();
        let late = format!("\u{2014} one.invalid {}\n", base64_encode(blob));
        let answer = signed().with_line(&late).unwrap().cosignatures(&[witness("one")]);
        assert_eq!(answer, Err(TlogError::Timestamp));
    }

    #[test]
    fn a_log_key_is_no_witness() {
        let log = VerifierKey::log("ph.skillpass.invalid", &key("log").public()).unwrap();
        assert_eq!(signed().cosignatures(&[log]), Ok(vec![]));
    }
}
