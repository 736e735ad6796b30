//! C2SP tlog-checkpoint: a log's signed word on its size and root.

use super::note::{Note, check_key_name, check_line, sign_line, signature_holds};
use super::{TlogError, VerifierKey, empty_root, strict_decimal};
use crate::crypto::{Hash, PrivateKey, base64_decode, base64_encode};

/// origin, size, root (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity line.
    pub origin: String,
    /// Tree size.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

impl Checkpoint {
    /// The note text, three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64_encode(self.root))
    }

    /// Text and signature lines by each of `keys` (C2SP signed-note, type 0x01), key name = origin.
    pub fn sign(&self, keys: &[&PrivateKey]) -> Result<String, TlogError> {
        if keys.is_empty() {
            return Err(TlogError::NoSigner);
        }
        let text = self.text();
        let mut note = format!("{text}\n");
        for key in keys {
            let verifier = VerifierKey::log(&self.origin, &key.public())?;
            note.push_str(&sign_line(&verifier, key, &[], text.as_bytes()));
        }
        // What we could not read ourselves (an impossible root, too many keys) is not sent out.
        Self::parse_text(Note::parse(&note)?.text)?;
        Ok(note)
    }

    /// The three lines, in their one spelling.
    pub(super) fn parse_text(text: &str) -> Result<Self, TlogError> {
        let body = text.strip_suffix('\n').ok_or(TlogError::CheckpointShape)?;
        let mut lines = body.splitn(4, '\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(TlogError::CheckpointShape);
        };
        if lines.next().is_some() {
            return Err(TlogError::ExtensionLines);
        }
        // The origin is the key name of the log's own signatures, so it obeys the rules of one.
        check_key_name(origin)?;
        let size = strict_decimal(size).ok_or(TlogError::TreeSize)?;
        let root: Hash =
            base64_decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(TlogError::RootHash)?;
        if size == 0 && root != empty_root() {
            return Err(TlogError::RootHash);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A signed note that was parsed; which signatures count is for the keys handed in to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The whole note as received.
    pub note: String,
}

impl SignedCheckpoint {
    /// Parses a note and verifies it under at least one of the log's keys (name must equal the origin; unknown
    /// signatures ignored; a known-but-bad one refuses the whole note). Extension lines are refused.
    pub fn verify(note: &str, log_keys: &[VerifierKey]) -> Result<Self, TlogError> {
        let parsed = Note::parse(note)?;
        let checkpoint = Checkpoint::parse_text(parsed.text)?;
        let mut verified = false;
        // A key of another origin, or a cosigner's, can vouch for nothing here.
        for key in log_keys.iter().filter(|key| key.name() == checkpoint.origin && !key.is_cosigner()) {
            for signature in parsed.signatures_of(key) {
                if !signature_holds(key, parsed.text.as_bytes(), signature) {
                    return Err(TlogError::BadSignature { name: key.name().to_owned() });
                }
                verified = true;
            }
        }
        if verified {
            Ok(Self { checkpoint, note: note.to_owned() })
        } else {
            Err(TlogError::NoKnownSignature)
        }
    }

    /// The same note with one more signature line.
    pub fn with_line(&self, line: &str) -> Result<Self, TlogError> {
        check_line(line)?;
        let note = format!("{}{line}", self.note);
        Note::parse(&note)?;
        Ok(Self { checkpoint: self.checkpoint.clone(), note })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;
    use crate::tlog::cosign;

    /// A checkpoint of a public CT log with cosignatures of public witnesses, and the log's Ed25519 key, as published
    /// in arche2025h1.staging.ct.transparency.dev. Its first line is a signature of type 0x05 by the same name.
    pub(in crate::tlog) const PUBLIC_LOG: &str = "arche2025h1.staging.ct.transparency.dev\n1432088532\n\
        U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n\
        \u{2014} arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllz\
        alApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n\
        \u{2014} arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bf\
        TW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n\
        \u{2014} transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVk\
        jZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n\
        \u{2014} remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0\
        WBxtqB0DrAWfBw==\n";
    pub(in crate::tlog) const PUBLIC_LOG_KEY: &str =
        "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";

    fn key(label: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "ph.skillpass.invalid".to_owned(), size: 3, root: [7; 32] }
    }

    fn verifier(key: &PrivateKey) -> VerifierKey {
        VerifierKey::log("ph.skillpass.invalid", &key.public()).unwrap()
    }

    #[test]
    fn a_public_logs_checkpoint_verifies() {
        let key = VerifierKey::parse(PUBLIC_LOG_KEY).unwrap();
        let signed = SignedCheckpoint::verify(PUBLIC_LOG, std::slice::from_ref(&key)).unwrap();
        assert_eq!(signed.checkpoint.size, 1_432_088_532);
        assert!(PUBLIC_LOG.starts_with(&signed.checkpoint.text()));
        let grown = PUBLIC_LOG.replace("1432088532", "1432088533");
        let refused = TlogError::BadSignature { name: key.name().to_owned() };
        assert_eq!(SignedCheckpoint::verify(&grown, &[key]), Err(refused));
    }

    #[test]
    fn text_is_the_specifications_three_lines() {
        let note = checkpoint().sign(&[&key("log")]).unwrap();
        let lines: Vec<&str> = note.split('\n').collect();
        assert_eq!(
            lines[..4],
            ["ph.skillpass.invalid", "3", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", ""]
        );
        assert!(lines[4].starts_with("\u{2014} ph.skillpass.invalid "));
        assert_eq!(lines[5..], [""]);
    }

    #[test]
    fn each_of_two_keys_suffices_and_neither_may_fail() {
        let (old, new, other) = (key("old"), key("new"), key("other"));
        let note = checkpoint().sign(&[&old, &new]).unwrap();
        for keys in [vec![verifier(&old)], vec![verifier(&new)], vec![verifier(&other), verifier(&new)]] {
            assert_eq!(SignedCheckpoint::verify(&note, &keys).unwrap().checkpoint, checkpoint());
        }
        assert_eq!(SignedCheckpoint::verify(&note, &[verifier(&other)]), Err(TlogError::NoKnownSignature));
        // The new key's line now stands under the old key's id: known, and bad.
        let blob =
            base64_encode([&verifier(&old).id()[..], &new.sign(checkpoint().text().as_bytes())].concat());
        let forged = format!("{note}\u{2014} ph.skillpass.invalid {blob}\n");
        let refused = SignedCheckpoint::verify(&forged, &[verifier(&new), verifier(&old)]);
        assert_eq!(refused, Err(TlogError::BadSignature { name: "ph.skillpass.invalid".to_owned() }));
    }

    #[test]
    fn keys_of_other_origins_and_cosigners_do_not_count() {
        let log = key("log");
        let note = checkpoint().sign(&[&log]).unwrap();
        let elsewhere = VerifierKey::log("de.skillpass.invalid", &log.public()).unwrap();
        let witness = VerifierKey::cosigner("ph.skillpass.invalid", &log.public()).unwrap();
        for keys in [vec![], vec![elsewhere], vec![witness]] {
            assert_eq!(SignedCheckpoint::verify(&note, &keys), Err(TlogError::NoKnownSignature));
        }
        let cosigned = cosign(&checkpoint(), "ph.skillpass.invalid", &log, 1).unwrap();
        let only_cosigned = format!("{}\n{cosigned}", checkpoint().text());
        let witness = VerifierKey::cosigner("ph.skillpass.invalid", &log.public()).unwrap();
        for key in [verifier(&log), witness] {
            let refused = SignedCheckpoint::verify(&only_cosigned, &[key]);
            assert_eq!(refused, Err(TlogError::NoKnownSignature));
        }
        let elsewhere = VerifierKey::log("de.skillpass.invalid", &log.public()).unwrap();
        let line = sign_line(&elsewhere, &log, &[], checkpoint().text().as_bytes());
        let named_otherwise = format!("{}\n{line}", checkpoint().text());
        let refused = SignedCheckpoint::verify(&named_otherwise, &[elsewhere]);
        assert_eq!(refused, Err(TlogError::NoKnownSignature), "the key's name is not the origin");
    }

    #[test]
    fn malformed_texts_are_refused_although_signed() {
        let log = key("log");
        let sign = |text: &str| format!("{text}\n{}", sign_line(&verifier(&log), &log, &[], text.as_bytes()));
        let root = base64_encode([7; 32]);
        let cases = [
            (format!("ph.skillpass.invalid\n3\n{root}\nextension\n"), TlogError::ExtensionLines),
            (format!("ph.skillpass.invalid\n3\n{root}\n\n"), TlogError::ExtensionLines),
            ("ph.skillpass.invalid\n3\n".to_owned(), TlogError::CheckpointShape),
            (format!("ph.skillpass.invalid\n03\n{root}\n"), TlogError::TreeSize),
            (format!("ph.skillpass.invalid\n+3\n{root}\n"), TlogError::TreeSize),
            (format!("ph.skillpass.invalid\n\n{root}\n"), TlogError::TreeSize),
            (format!("ph.skillpass.invalid\n18446744073709551616\n{root}\n"), TlogError::TreeSize),
            ("ph.skillpass.invalid\n3\nBwcH\n".to_owned(), TlogError::RootHash),
            (format!("ph.skillpass.invalid\n0\n{root}\n"), TlogError::RootHash),
            (format!("ph skillpass.invalid\n3\n{root}\n"), TlogError::KeyName { limit: 255 }),
        ];
        for (text, expected) in cases {
            assert_eq!(SignedCheckpoint::verify(&sign(&text), &[verifier(&log)]), Err(expected), "{text:?}");
        }
        let largest = sign(&format!("ph.skillpass.invalid\n18446744073709551615\n{root}\n"));
        assert_eq!(SignedCheckpoint::verify(&largest, &[verifier(&log)]).unwrap().checkpoint.size, u64::MAX);
    }

    #[test]
    fn any_flipped_bit_of_text_or_signature_is_refused() {
        let log = key("log");
        let note = checkpoint().sign(&[&log]).unwrap();
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let refused = String::from_utf8(bytes)
                    .map_or(true, |bent| SignedCheckpoint::verify(&bent, &[verifier(&log)]).is_err());
                assert!(refused, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn sixteen_foreign_signatures_are_ignored() {
        let log = key("log");
        let mut signed =
            SignedCheckpoint::verify(&checkpoint().sign(&[&log]).unwrap(), &[verifier(&log)]).unwrap();
        for n in 0..16 {
            let line = cosign(&checkpoint(), &format!("witness{n}.invalid"), &key("foreign"), 5).unwrap();
            signed = signed.with_line(&line).unwrap();
        }
        assert_eq!(SignedCheckpoint::verify(&signed.note, &[verifier(&log)]), Ok(signed));
    }

    #[test]
    fn unfit_checkpoints_and_lines_are_not_signed_or_added() {
        let log = key("log");
        assert_eq!(checkpoint().sign(&[]), Err(TlogError::NoSigner));
        let nameless = Checkpoint { origin: String::new(), ..checkpoint() };
        assert_eq!(nameless.sign(&[&log]), Err(TlogError::KeyName { limit: 255 }));
        let impossible = Checkpoint { size: 0, ..checkpoint() };
        assert_eq!(impossible.sign(&[&log]), Err(TlogError::RootHash));
        let signed =
            SignedCheckpoint::verify(&checkpoint().sign(&[&log]).unwrap(), &[verifier(&log)]).unwrap();
        for bad in ["", "\n", "\u{2014} a AAAAAAA=", "\n\u{2014} a AAAAAAA=\n", "x\n"] {
            assert_eq!(signed.with_line(bad), Err(TlogError::SignatureLine), "{bad:?}");
        }
    }
}
