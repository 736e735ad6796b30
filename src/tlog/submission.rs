//! C2SP tlog-witness: the body of `add-checkpoint`, and what a witness answers.

use super::note::{Note, check_line};
use super::{Checkpoint, SignedCheckpoint, TlogError, VerifierKey, strict_decimal};
use crate::crypto::{Hash, base64_decode, base64_encode};

/// C2SP tlog-witness: the client must not send more.
pub const SUBMISSION_MAX_HASHES: usize = 63;
/// The longest body: a proof and a note with the signatures of some dozen witnesses are far below.
pub const SUBMISSION_MAX_BYTES: usize = 64 * 1024;
/// The longest answer of a witness that is read.
pub const COSIGNATURES_MAX_BYTES: usize = 16 * 1024;

/// What a log sends to a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The size that the witness cosigned last, as far as the log knows.
    pub old_size: u64,
    /// RFC 6962 consistency proof from there to the checkpoint.
    pub proof: Vec<Hash>,
    /// The checkpoint, a signed note; nothing in it is verified yet.
    pub note: String,
}

impl Submission {
    /// The body: `old <size>`, the proof's hashes, an empty line, the checkpoint.
    pub fn encode(&self) -> String {
        let hashes: String = self.proof.iter().map(|hash| base64_encode(hash) + "\n").collect();
        format!("old {}\n{hashes}\n{}", self.old_size, self.note)
    }

    /// The inverse, in the one spelling.
    pub fn parse(body: &str) -> Result<Self, TlogError> {
        let (head, note) = body.split_once("\n\n").ok_or(TlogError::SubmissionShape)?;
        let mut lines = head.split('\n');
        let old =
            lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(TlogError::SubmissionShape)?;
        let old_size = strict_decimal(old).ok_or(TlogError::SubmissionShape)?;
        let hash = |line| base64_decode(line).ok().and_then(|bytes| bytes.try_into().ok());
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.filter(|proof| proof.len() <= SUBMISSION_MAX_HASHES);
        Ok(Self { old_size, proof: proof.ok_or(TlogError::SubmissionShape)?, note: note.to_owned() })
    }
}

impl Checkpoint {
    /// Reads a note that nobody has verified: to find the keys to verify it with.
    pub fn claimed(note: &str) -> Result<Self, TlogError> {
        Self::parse_text(Note::parse(note)?.text)
    }

    /// The line of `witness` in its answer, and when it cosigned: the answer holds signature lines only, and one of this
    /// key, over exactly this checkpoint. Lines of other keys are ignored; a bad one of this key refuses the answer.
    pub fn accept_cosignature(
        &self,
        answer: &str,
        witness: &VerifierKey,
    ) -> Result<(String, u64), TlogError> {
        let mut found = None;
        for line in answer.split_inclusive('\n') {
            check_line(line)?;
            let alone =
                SignedCheckpoint { checkpoint: self.clone(), note: format!("{}\n{line}", self.text()) };
            let seen = alone.cosignatures(std::slice::from_ref(witness))?;
            if let Some((_, at)) = seen.first() {
                found = Some((line.to_owned(), *at));
            }
        }
        found.ok_or(TlogError::NoKnownSignature)
    }
}

impl SignedCheckpoint {
    /// Reads a note by the cosignature of `witness` on it, whoever's log it is: what a witness kept of its own.
    pub fn cosigned_by(note: &str, witness: &VerifierKey) -> Result<Self, TlogError> {
        let checkpoint = Checkpoint::parse_text(Note::parse(note)?.text)?;
        let signed = Self { checkpoint, note: note.to_owned() };
        let seen = signed.cosignatures(std::slice::from_ref(witness))?;
        if seen.is_empty() { Err(TlogError::NoKnownSignature) } else { Ok(signed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};
    use crate::tlog::cosign;

    fn key(label: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(label))
    }

    fn witness(label: &str) -> VerifierKey {
        VerifierKey::cosigner(&format!("{label}.invalid"), &key(label).public()).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "ph.skillpass.invalid".to_owned(), size: 3, root: [7; 32] }
    }

    fn line(label: &str, of: &Checkpoint) -> String {
        cosign(of, &format!("{label}.invalid"), &key(label), 5).unwrap()
    }

    /// C2SP tlog-witness, "add-checkpoint", the example: its head is written as we write it.
    #[test]
    fn the_specifications_example_is_read_and_written() {
        let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
            jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\n\
            example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGz\
            Gku9nTo+zyWE+xeMcTOAYQ8=\n";
        let read = Submission::parse(body).unwrap();
        assert_eq!((read.old_size, read.proof.len()), (20_852_014, 2));
        assert_eq!(Checkpoint::claimed(&read.note).unwrap().origin, "example.com/behind-the-sofa");
        assert_eq!(read.encode(), body);
    }

    #[test]
    fn other_spellings_of_a_submission_are_refused() {
        let note = checkpoint().sign(&[&key("log")]).unwrap();
        let hash = base64_encode([1; 32]);
        let many = format!("{hash}\n").repeat(64);
        for head in [
            "",
            "old\n",
            "old 03\n",
            "old +3\n",
            "old -1\n",
            "old 18446744073709551616\n",
            "Old 3\n",
            "old  3\n",
            "3\n",
            "old 3\nBwcH\n",
            "old 3\r\n",
            &format!("old 3\n{}\n", hash.trim_end_matches('=')),
            &format!("old 3\n{many}"),
        ] {
            let refused = Submission::parse(&format!("{head}\n{note}"));
            assert_eq!(refused, Err(TlogError::SubmissionShape), "{head:?}");
        }
        let most = format!("old 3\n{}\n{note}", format!("{hash}\n").repeat(63));
        assert_eq!(Submission::parse(&most).unwrap().proof.len(), 63);
        assert_eq!(Submission::parse("old 0"), Err(TlogError::SubmissionShape));
    }

    #[test]
    fn only_a_line_of_this_witness_over_this_checkpoint_is_accepted() {
        let (here, good) = (checkpoint(), line("one", &checkpoint()));
        assert_eq!(here.accept_cosignature(&good, &witness("one")), Ok((good.clone(), 5)));
        let beside = format!("{}{good}", line("two", &here));
        assert_eq!(here.accept_cosignature(&beside, &witness("one")), Ok((good.clone(), 5)));
        let bad = TlogError::BadSignature { name: "one.invalid".to_owned() };
        let other_root = Checkpoint { root: [8; 32], ..checkpoint() };
        let other_origin = Checkpoint { origin: "de.skillpass.invalid".to_owned(), ..checkpoint() };
        for (answer, why) in [
            (line("two", &here), TlogError::NoKnownSignature),
            (String::new(), TlogError::NoKnownSignature),
            (line("one", &other_root), bad.clone()),
            (line("one", &other_origin), bad.clone()),
            (format!("{good}{}", line("one", &other_root)), bad),
            (good.trim_end().to_owned(), TlogError::SignatureLine),
            (format!("\n{good}"), TlogError::SignatureLine),
            (format!("hello\n{good}"), TlogError::SignatureLine),
        ] {
            assert_eq!(here.accept_cosignature(&answer, &witness("one")), Err(why), "{answer:?}");
        }
    }

    #[test]
    fn a_kept_note_is_read_by_the_cosignature_of_its_witness_alone() {
        let note = checkpoint().sign(&[&key("log")]).unwrap() + &line("one", &checkpoint());
        assert_eq!(SignedCheckpoint::cosigned_by(&note, &witness("one")).unwrap().checkpoint, checkpoint());
        let refused = SignedCheckpoint::cosigned_by(&note, &witness("two"));
        assert_eq!(refused, Err(TlogError::NoKnownSignature));
        let grown = note.replace("\n3\n", "\n4\n");
        assert!(SignedCheckpoint::cosigned_by(&grown, &witness("one")).is_err());
    }
}
