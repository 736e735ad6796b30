//! One witness: which submissions it cosigns, in the order of checks of C2SP tlog-witness.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::logs::WitnessFile;
use crate::crypto::PrivateKey;
use crate::ledger::Clock;
use crate::tlog::{
    Checkpoint, SignedCheckpoint, Submission, TlogError, VerifierKey, cosign, verify_consistency,
};
use crate::vault::{VaultError, WitnessBook};

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// Its directory.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its name.
    #[error("the witness's name cannot be a key name: {0}")]
    Name(TlogError),
}

/// Why a submission is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedSubmission {
    /// 400.
    #[error("not a submission: {0}")]
    Malformed(TlogError),
    /// 404.
    #[error("this witness does not follow a log of this origin")]
    UnknownLog,
    /// 403.
    #[error("the checkpoint is not signed by a key that this witness knows for its origin: {0}")]
    NotSigned(TlogError),
    /// 400.
    #[error("the old size exceeds the checkpoint's")]
    OldAboveNew,
    /// 409 with the size.
    #[error("the last checkpoint cosigned has {0} leaves")]
    Conflict(u64),
    /// 409 without a size.
    #[error("a checkpoint of this size with another root was cosigned: the log has two histories")]
    OtherRoot,
    /// 422.
    #[error("the consistency proof does not lead from the last checkpoint cosigned to this one")]
    NotConsistent,
    /// 500.
    #[error("the witness cannot remember the checkpoint, so it does not cosign it")]
    Failed,
}

/// A cosigned checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The witness's line, with its line feed.
    pub line: String,
}

/// A witness of some logs.
pub struct Witness {
    key: PrivateKey,
    vkey: VerifierKey,
    logs: HashMap<String, Log>,
    book: Arc<WitnessBook>,
    clock: Arc<dyn Clock>,
}

struct Log {
    keys: Vec<VerifierKey>,
    /// Held from comparing the old size until the new checkpoint is durable: one submission of a log at a time.
    last: Arc<Mutex<Option<SignedCheckpoint>>>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Witness({}, {} logs)", self.vkey.name(), self.logs.len())
    }
}

impl Witness {
    /// Opens the witness in `dir` with what it remembers of each log.
    pub fn open(dir: &Path, file: &WitnessFile, clock: Arc<dyn Clock>) -> Result<Self, WitnessError> {
        let (book, key) = WitnessBook::open(dir)?;
        let vkey = VerifierKey::cosigner(&file.name, &key.public()).map_err(WitnessError::Name)?;
        let mut logs = HashMap::new();
        for (origin, keys) in &file.logs {
            let last = Arc::new(Mutex::new(book.last(origin, &vkey)?));
            logs.insert(origin.clone(), Log { keys: keys.clone(), last });
        }
        Ok(Self { key, vkey, logs, book: Arc::new(book), clock })
    }

    /// By whom its cosignatures are made.
    pub fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The origins it follows.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.logs.keys().map(String::as_str)
    }

    /// The checkpoint it cosigned last of the log whose origin has this SHA-256, in hexadecimal.
    pub async fn last(&self, name: &str) -> Option<SignedCheckpoint> {
        let (_, log) = self.logs.iter().find(|(origin, _)| WitnessBook::name_of(origin) == name)?;
        log.last.lock().await.clone()
    }

    /// Cosigns a submission or says why not. What is cosigned is durable when this returns.
    pub async fn judge(&self, body: &str) -> Result<Judged, RefusedSubmission> {
        let submission = Submission::parse(body).map_err(RefusedSubmission::Malformed)?;
        let claimed = Checkpoint::claimed(&submission.note).map_err(RefusedSubmission::Malformed)?;
        let origin = claimed.origin;
        let log = self.logs.get(&origin).ok_or(RefusedSubmission::UnknownLog)?;
        let signed =
            SignedCheckpoint::verify(&submission.note, &log.keys).map_err(RefusedSubmission::NotSigned)?;
        if submission.old_size > signed.checkpoint.size {
            return Err(RefusedSubmission::OldAboveNew);
        }
        let mut last = Arc::clone(&log.last).lock_owned().await;
        self.compare(&submission, &signed.checkpoint, last.as_ref())?;
        let seconds = self.clock.now_ms() / 1_000;
        let line = cosign(&signed.checkpoint, self.vkey.name(), &self.key, seconds);
        let line = line.map_err(|_| RefusedSubmission::Failed)?;
        // Of the submitted note only the log's own signatures are kept: others' are not ours to vouch for.
        let cosigned = own_lines(&signed, &log.keys, &line).ok_or(RefusedSubmission::Failed)?;
        let book = Arc::clone(&self.book);
        let kept = tokio::task::spawn_blocking(move || {
            let kept = book.keep(&cosigned);
            if kept.is_ok() {
                *last = Some(cosigned);
            }
            kept
        });
        match kept.await {
            Ok(Ok(())) => Ok(Judged { line }),
            Ok(Err(error)) => {
                tracing::error!(error = %error, origin, "a checkpoint could not be kept, and is not cosigned");
                Err(RefusedSubmission::Failed)
            }
            Err(_) => Err(RefusedSubmission::Failed),
        }
    }

    /// Against what was cosigned last.
    fn compare(
        &self,
        submission: &Submission,
        new: &Checkpoint,
        last: Option<&SignedCheckpoint>,
    ) -> Result<(), RefusedSubmission> {
        let known = last.map_or(0, |last| last.checkpoint.size);
        if submission.old_size != known {
            return Err(RefusedSubmission::Conflict(known));
        }
        let proof = &submission.proof;
        let Some(last) = last else {
            // Every tree extends the empty one; the proof of that is empty.
            return if proof.is_empty() { Ok(()) } else { Err(RefusedSubmission::NotConsistent) };
        };
        if new.size == known && new.root != last.checkpoint.root {
            let kept = self.book.keep_fork(&new.origin, &last.note, &submission.note);
            let kept = kept.is_ok();
            tracing::error!(
                origin = new.origin,
                size = known,
                kept,
                "FORK: the log signed two trees of this size"
            );
            return Err(RefusedSubmission::OtherRoot);
        }
        let consistent = verify_consistency(known, new.size, &last.checkpoint.root, &new.root, proof);
        consistent.map_err(|_| {
            tracing::warn!(origin = new.origin, known, size = new.size, "a submission was not consistent");
            RefusedSubmission::NotConsistent
        })
    }
}

/// The checkpoint with the signatures of the log's known keys and this witness's line.
fn own_lines(signed: &SignedCheckpoint, keys: &[VerifierKey], line: &str) -> Option<SignedCheckpoint> {
    let note = signed.note.lines().skip(4).map(|line| format!("{line}\n")).filter(|line| {
        let alone = format!("{}\n{line}", signed.checkpoint.text());
        SignedCheckpoint::verify(&alone, keys).is_ok()
    });
    let note = format!("{}\n{}{line}", signed.checkpoint.text(), note.collect::<String>());
    SignedCheckpoint::verify(&note, keys).ok()
}
