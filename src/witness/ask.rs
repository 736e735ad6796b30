//! One exchange with one witness: the checkpoint and its proof out, a cosignature back, nothing believed that does not verify.

use std::time::Duration;

use super::serve::SIZE_TYPE;
use crate::ledger::{Ledger, Published};
use crate::net::{HttpClient, HttpError, HttpRequest};
use crate::tlog::{COSIGNATURES_MAX_BYTES, Submission, TlogError, VerifierKey};

/// A witness may tell of another size this often; one that always does is cut off.
const ATTEMPTS: usize = 3;
/// A cosignature may be dated this far ahead of our clock, seconds.
const AHEAD_MAX_SECONDS: u64 = 300;

/// Why a witness did not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// No connection, or one that broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// Nothing, or not all, in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// Longer than is read.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    /// 404.
    #[error("it does not follow this ledger: give its operator the ledger's verifier key")]
    NotFollowed,
    /// 403.
    #[error("it knows no key that signs our checkpoints: give its operator the ledger's verifier keys")]
    KeyUnknown,
    /// 400.
    #[error("it takes our submission for malformed")]
    Refused,
    /// 409 with a size above ours.
    #[error(
        "it cosigned {seen} leaves of this origin, we published {ours}: this ledger was taken back in time, or its key signs elsewhere"
    )]
    Ahead {
        /// What it says.
        seen: u64,
        /// What we have.
        ours: u64,
    },
    /// 409 without a size, or 422.
    #[error("it saw another history of this origin")]
    OtherHistory,
    /// 409 again and again.
    #[error("it names another size each time")]
    Unsteady,
    /// Its line does not verify, is of another tree, or is not of its key.
    #[error("its answer is no cosignature of its own over this checkpoint: {0}")]
    NoCosignature(TlogError),
    /// Dated later than it can have been made.
    #[error("its cosignature is dated in the future")]
    FromTheFuture,
    /// A status that the protocol does not have, or a body that it cannot have.
    #[error("it answered with status {0}, or in a form, that tlog-witness does not know")]
    Status(u16),
    /// Our own proof could not be read.
    #[error("the consistency proof cannot be read")]
    Proof,
}

impl AskError {
    /// Stable, for programs and as a label.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "UNREACHABLE",
            Self::TimedOut => "TIMED_OUT",
            Self::TooLong(_) => "ANSWER_TOO_LONG",
            Self::NotFollowed => "NOT_FOLLOWED",
            Self::KeyUnknown => "KEY_UNKNOWN",
            Self::Refused => "REFUSED",
            Self::Ahead { .. } => "WITNESS_AHEAD",
            Self::OtherHistory => "OTHER_HISTORY",
            Self::Unsteady => "UNSTEADY",
            Self::NoCosignature(_) => "NO_COSIGNATURE",
            Self::FromTheFuture => "FROM_THE_FUTURE",
            Self::Status(_) => "UNEXPECTED_ANSWER",
            Self::Proof => "PROOF_FAILED",
        }
    }
}

impl From<HttpError> for AskError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooSlow(_) => Self::TimedOut,
            HttpError::TooLong(limit) => Self::TooLong(limit),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

/// How a witness is reached.
#[derive(Debug, Clone)]
pub struct Line {
    /// The connections.
    pub client: HttpClient,
    /// The longest an answer may take.
    pub timeout: Duration,
}

/// A cosignature that verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The witness's line.
    pub line: String,
    /// The smaller size that it remembered though it had cosigned more: it was taken back in time.
    pub rolled_back_to: Option<u64>,
}

/// Asks the witness at `url` (the prefix before `/add-checkpoint`) to cosign `target`. `cosigned` is the size it is known to have
/// cosigned, 0 if none.
pub async fn ask(
    by: &Line,
    url: &str,
    witness: &VerifierKey,
    ledger: &Ledger,
    target: &Published,
    cosigned: u64,
) -> Result<Asked, AskError> {
    let ours = target.checkpoint.size;
    let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let (mut old_size, mut rolled_back_to) = (cosigned.min(ours), None);
    for _ in 0..ATTEMPTS {
        let reader = ledger.clone();
        let proof = tokio::task::spawn_blocking(move || reader.consistency_proof(old_size, ours)).await;
        let proof = proof.ok().and_then(Result::ok).ok_or(AskError::Proof)?;
        let body = Submission { old_size, proof, note: target.note.clone() }.encode();
        let request = HttpRequest {
            url: &address,
            body: Some(body.into_bytes()),
            bytes_max: COSIGNATURES_MAX_BYTES,
            time_max: by.timeout,
        };
        let answer = by.client.ask(request).await?;
        match answer.status {
            200 => {
                let text = std::str::from_utf8(&answer.body).map_err(|_| AskError::Status(200))?;
                let accepted = target.checkpoint.accept_cosignature(text, witness);
                let (line, at) = accepted.map_err(AskError::NoCosignature)?;
                if at > (ledger.now_ms() / 1_000).saturating_add(AHEAD_MAX_SECONDS) {
                    return Err(AskError::FromTheFuture);
                }
                return Ok(Asked { line, rolled_back_to });
            }
            409 if answer.content_type.as_deref() == Some(SIZE_TYPE) => {
                let seen = size_in(&answer.body).ok_or(AskError::Status(409))?;
                if seen > ours {
                    return Err(AskError::Ahead { seen, ours });
                }
                if seen < cosigned {
                    rolled_back_to = Some(seen);
                }
                old_size = seen;
            }
            409 | 422 => return Err(AskError::OtherHistory),
            404 => return Err(AskError::NotFollowed),
            403 => return Err(AskError::KeyUnknown),
            400 => return Err(AskError::Refused),
            status => return Err(AskError::Status(status)),
        }
    }
    Err(AskError::Unsteady)
}

/// `<size> LF`, decimal.
fn size_in(body: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(body).ok()?.strip_suffix('\n')?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::size_in;

    #[test]
    fn a_size_is_one_decimal_line() {
        assert_eq!(size_in(b"50\n"), Some(50));
        for bad in
            [&b"50"[..], b"", b"\n", b"-1\n", b"+1\n", b"1\n2\n", b"99999999999999999999999\n", b"\xff\n"]
        {
            assert_eq!(size_in(bad), None, "{bad:?}");
        }
    }
}
