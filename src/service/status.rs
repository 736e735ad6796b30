//! The only place where an error becomes a `tonic::Status`: code, `google.rpc.ErrorInfo` with a stable reason and what to
//! do, `google.rpc.RetryInfo` where waiting helps. Nothing internal leaks: what went wrong inside goes to the log.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::access::AccessError;
use super::convert::RequestError;
use super::grants::SettingsError;
use crate::ledger::{AppendError, AppendErrorKind, OperatorError, ReadError, ReviewError};
use crate::passport::{AssembleError, FileError, RecordError};
use crate::pb;
use crate::projection::ExportError;
use crate::recognition::RecognitionError;
use crate::vault::VaultError;

/// `domain` of every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "skillpass";
/// The key in its metadata that says what to do.
pub const HELP_KEY: &str = "help";

/// How long a caller waits after an overload before it tries again.
const OVERLOAD_WAIT: Duration = Duration::from_millis(250);
/// How long while a ledger restarts.
const RESTART_WAIT: Duration = Duration::from_secs(2);

/// How long before a report that is being made is asked for again: that call waits again.
const REPORT_WAIT: Duration = Duration::from_secs(1);

/// Everything a call can fail with.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Operator(OperatorError),
    #[error(transparent)]
    Settings(SettingsError),
    /// What was read is in the log; the caller learns that nothing about the request is at fault.
    #[error("the ledger could not read what was asked for")]
    Unreadable,
    #[error("no checkpoint of the ledger covers the passport at that time")]
    NotPublished,
    #[error("this copy of the ledger was opened for reading only and signs no tokens")]
    LedgerReadOnly,
    /// The digest that was named is not that of the next generation's key.
    #[error("{0}")]
    NotEscrowed(VaultError),
    #[error("the passport does not fit a file: {0}")]
    NoFile(FileError),
    #[error(transparent)]
    Recognition(#[from] RecognitionError),
    #[error(transparent)]
    Transport(TransportError),
    /// A person's data: unknown, forbidden and blocked are this one answer (DESIGN 2, promise 6).
    #[error("not available to this caller")]
    NotAvailable,
    /// A body, a publication, a public statement, an entry: these are public, so absence may be said.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error(transparent)]
    Review(ReviewError),
    #[error("the server is stopping")]
    Stopping,
    #[error("the report is not made yet, or one to another question is being made")]
    ReportRunning,
    #[error("too many reads of persons in a short time")]
    TooManyReads(Duration),
    #[error("too many calls at once, of all or from this address")]
    TooManyCalls,
    #[error("too many subscribers")]
    TooManySubscribers,
    #[error("the subscriber took too long for a message")]
    TooSlow,
    #[error("the call took too long")]
    TookTooLong,
    /// Already in the log by whoever saw it.
    #[error("the server failed; nothing about the request is at fault")]
    Failed,
}

/// Failures that arose before any handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TransportError {
    #[error("the message is larger than this call accepts")]
    MessageTooLarge,
    #[error("the message is not the Protocol Buffers message that this call takes")]
    MalformedMessage,
    #[error("there is no such method")]
    UnknownMethod,
    #[error("the message is compressed in a way this server does not read")]
    UnknownEncoding,
}

impl TransportError {
    /// Which one a status without details of ours stands for, if any.
    pub(super) fn of(status: &Status) -> Option<Self> {
        match status.code() {
            Code::OutOfRange | Code::ResourceExhausted => Some(Self::MessageTooLarge),
            // Said with what would be read, as gRPC's "Compression" asks.
            Code::Unimplemented if status.metadata().contains_key("grpc-accept-encoding") => {
                Some(Self::UnknownEncoding)
            }
            Code::Unimplemented => Some(Self::UnknownMethod),
            Code::Internal => Some(Self::MalformedMessage),
            _ => None,
        }
    }
}

/// What travels: the same fields in a unary status and in a stream's refusal.
struct Named {
    code: Code,
    reason: &'static str,
    message: String,
    help: &'static str,
    retry: Option<Duration>,
}

impl CallError {
    #[expect(
        clippy::too_many_lines,
        reason = "one table: each error with its code, its reason and what to do"
    )]
    fn named(&self) -> Named {
        let (code, reason, help, retry) = match self {
            Self::Append(error) => return append(error),
            Self::Unreadable => (
                Code::Internal,
                "UNREADABLE",
                "tell the operator; `skillpass fsck` says what is damaged",
                None,
            ),
            Self::NotPublished => (
                Code::FailedPrecondition,
                "NOT_PUBLISHED",
                "ask for a time after the passport was opened, or again in a moment",
                Some(RESTART_WAIT),
            ),
            Self::LedgerReadOnly => (
                Code::Unavailable,
                "LEDGER_READ_ONLY",
                "read the passport with GetPassport, or export it from the ledger that records",
                None,
            ),
            Self::NotEscrowed(error) => (
                Code::FailedPrecondition,
                error.reason(),
                "make the key and copy it into escrow with `skillpass keyring escrow`; it prints the digest to name here",
                None,
            ),
            Self::NoFile(error) => (
                Code::FailedPrecondition,
                error.reason(),
                "read the passport with GetPassport; SPEC.md, \"Passport file\", says what a file holds",
                None,
            ),
            Self::Access(error) => (Code::Unauthenticated, error.reason(), error.help(), None),
            Self::Settings(error) => (Code::FailedPrecondition, error.reason(), error.help(), None),
            Self::Operator(error) => (
                operator_code(error),
                error.reason(),
                "`skillpass operator list` shows the names, keys and roles there are",
                None,
            ),
            Self::Request(error) => (Code::InvalidArgument, error.reason(), error.help(), None),
            Self::Recognition(error) => (
                Code::InvalidArgument,
                error.reason(),
                "`skillpass reference list` names every framework and its levels",
                None,
            ),
            Self::Transport(error) => transport(*error),
            Self::NotAvailable => (
                Code::NotFound,
                "NOT_AVAILABLE",
                "check the worker id, and call with the holder's key, the operator's, or that of a grant; which of these is \
                 wrong is never told",
                None,
            ),
            Self::NotFound(_) => {
                (Code::NotFound, "NOT_FOUND", "check the spelling; list what there is", None)
            }
            Self::Review(error) => review(error),
            Self::Stopping => {
                (Code::Unavailable, "STOPPING", "call again when the server is back", Some(RESTART_WAIT))
            }
            Self::ReportRunning => (
                Code::Unavailable,
                "REPORT_RUNNING",
                "ask the same again: the server goes on meanwhile, and the answer waits for you",
                Some(REPORT_WAIT),
            ),
            Self::TooManyReads(wait) => (
                Code::ResourceExhausted,
                "TOO_MANY_READS",
                "wait as long as the answer says; whoever operates the ledger sets `limits.reads_per_peer` and `limits.reads_per_credential`",
                Some(*wait),
            ),
            Self::TooManyCalls => (
                Code::ResourceExhausted,
                "TOO_MANY_CALLS",
                "wait as long as the answer says, and send fewer at once; whoever operates the ledger sets `limits.calls` and `limits.calls_per_peer`",
                Some(OVERLOAD_WAIT),
            ),
            Self::TooManySubscribers => (
                Code::ResourceExhausted,
                "TOO_MANY_SUBSCRIBERS",
                "close a subscription that is not needed, or call again later",
                Some(RESTART_WAIT),
            ),
            Self::TooSlow => (
                Code::ResourceExhausted,
                "SUBSCRIBER_TOO_SLOW",
                "subscribe again from the last entry you have, and read faster than the log grows",
                None,
            ),
            Self::TookTooLong => (
                Code::DeadlineExceeded,
                "TOOK_TOO_LONG",
                "call again; a statement sent again unaltered is recorded at most once",
                Some(OVERLOAD_WAIT),
            ),
            Self::Failed => {
                (Code::Internal, "INTERNAL", "tell the operator when this happened; the log says more", None)
            }
        };
        Named { code, reason, message: self.to_string(), help, retry }
    }
}

impl From<ReadError> for CallError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::OutOfRange { .. } => RequestError::OutOfRange.into(),
            ReadError::NotEscrowed(error) => Self::NotEscrowed(error),
            ReadError::Damaged { .. }
            | ReadError::StatusContradicts
            | ReadError::Vault(_)
            | ReadError::Store(_)
            | ReadError::Tree(_) => {
                tracing::error!(error = %error, "a read failed");
                Self::Unreadable
            }
        }
    }
}

impl From<RecordError> for CallError {
    fn from(error: RecordError) -> Self {
        tracing::error!(reason = error.reason(), "a recorded statement of a worker cannot be read");
        Self::Failed
    }
}

impl From<OperatorError> for CallError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Read(error) => error.into(),
            error => Self::Operator(error),
        }
    }
}

impl From<ReviewError> for CallError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Unknown => Self::NotFound("review"),
            ReviewError::Read(error) => error.into(),
            error => Self::Review(error),
        }
    }
}

/// A resolution that says what has not happened.
fn review(error: &ReviewError) -> (Code, &'static str, &'static str, Option<Duration>) {
    let (reason, help) = match error {
        ReviewError::NotJoined => (
            "REVIEW_NOT_JOINED",
            "have a body join them with the holder's consent first (`skillpass worker join --help`)",
        ),
        _ => (
            "REVIEW_NOT_REVOKED",
            "have the body that opened it revoke its PassportOpened (`skillpass revoke`), or erase the passport",
        ),
    };
    (Code::FailedPrecondition, reason, help, None)
}

fn operator_code(error: &OperatorError) -> Code {
    match error {
        OperatorError::Taken => Code::AlreadyExists,
        OperatorError::Unknown => Code::NotFound,
        OperatorError::TooMany => Code::FailedPrecondition,
        _ => Code::InvalidArgument,
    }
}

impl From<ExportError> for CallError {
    fn from(error: ExportError) -> Self {
        match error {
            // Erased since the caller was found to be allowed.
            ExportError::UnknownWorker => Self::NotAvailable,
            ExportError::NotPublished => Self::NotPublished,
            ExportError::ReadOnly => Self::LedgerReadOnly,
            ExportError::Read(error) | ExportError::Assemble(AssembleError::Source(error)) => error.into(),
            ExportError::Assemble(AssembleError::File(error)) => Self::NoFile(error),
            ExportError::Assemble(error) => {
                tracing::error!(reason = error.reason(), "an export failed");
                Self::Unreadable
            }
        }
    }
}

fn append(error: &AppendError) -> Named {
    let (code, retry) = match error.kind {
        AppendErrorKind::Invalid => (Code::InvalidArgument, None),
        AppendErrorKind::Unauthorised => (Code::PermissionDenied, None),
        AppendErrorKind::Conflict => (Code::FailedPrecondition, None),
        AppendErrorKind::Duplicate => (Code::AlreadyExists, None),
        AppendErrorKind::NotFound => (Code::NotFound, None),
        AppendErrorKind::Overloaded => (Code::ResourceExhausted, Some(OVERLOAD_WAIT)),
        AppendErrorKind::Unavailable => (Code::Unavailable, Some(RESTART_WAIT)),
        AppendErrorKind::ReadOnly => (Code::Unavailable, None),
        AppendErrorKind::Unjudged => (Code::Internal, None),
    };
    Named { code, reason: error.reason, message: error.message.clone(), help: error.help, retry }
}

type Parts = (Code, &'static str, &'static str, Option<Duration>);

fn transport(error: TransportError) -> Parts {
    match error {
        TransportError::MessageTooLarge => (
            Code::OutOfRange,
            "MESSAGE_TOO_LARGE",
            "a statement may have 32 KiB, a request 64 KiB (on AppendStream 128 KiB), a file to verify 4 MiB; keep evidence outside and cite its hash",
            None,
        ),
        TransportError::MalformedMessage => (
            Code::InvalidArgument,
            "MALFORMED_MESSAGE",
            "use the published .proto files of skillpass.v1",
            None,
        ),
        TransportError::UnknownMethod => {
            (Code::Unimplemented, "UNKNOWN_METHOD", "ask this server's reflection what it serves", None)
        }
        TransportError::UnknownEncoding => {
            (Code::Unimplemented, "UNKNOWN_ENCODING", "send messages uncompressed", None)
        }
    }
}

impl From<CallError> for Status {
    fn from(error: CallError) -> Self {
        let named = error.named();
        let help = HashMap::from([(HELP_KEY.to_owned(), named.help.to_owned())]);
        let mut details = ErrorDetails::with_error_info(named.reason, ERROR_DOMAIN, help);
        if named.retry.is_some() {
            details.set_retry_info(named.retry);
        }
        Self::with_error_details(named.code, named.message, details)
    }
}

/// A refusal on a stream: the same fields, and the stream goes on.
pub(super) fn refusal(error: &AppendError) -> pb::Refusal {
    let named = append(error);
    pb::Refusal {
        reason: named.reason.to_owned(),
        message: named.message,
        help: named.help.to_owned(),
        retry_after_ms: named.retry.map(|wait| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overloaded() -> AppendError {
        AppendError {
            reason: "OVERLOADED",
            message: "too many".to_owned(),
            help: "wait",
            kind: AppendErrorKind::Overloaded,
        }
    }

    #[test]
    fn a_refusal_says_the_same_on_a_stream_and_in_a_status() {
        let status = Status::from(CallError::Append(overloaded()));
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        let refused = refusal(&overloaded());
        assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, refused.message.as_str()));
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (refused.reason.as_str(), ERROR_DOMAIN));
        assert_eq!(info.metadata.get(HELP_KEY), Some(&refused.help));
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(refused.retry_after_ms.map(u128::from), Some(wait.as_millis()));
    }

    #[test]
    fn only_what_may_succeed_when_it_is_sent_again_bears_a_delay() {
        use AppendErrorKind as Kind;
        let delay = |kind| refusal(&AppendError { kind, ..overloaded() }).retry_after_ms;
        for kind in [Kind::Overloaded, Kind::Unavailable] {
            assert!(delay(kind).is_some(), "{kind:?}");
        }
        let for_good = [Kind::Invalid, Kind::Unauthorised, Kind::Conflict, Kind::Duplicate, Kind::NotFound];
        for kind in [&for_good[..], &[Kind::ReadOnly, Kind::Unjudged]].concat() {
            assert_eq!(delay(kind), None, "{kind:?}");
        }
    }

    #[test]
    fn failures_of_the_transport_get_a_reason() {
        let named = |code| TransportError::of(&Status::new(code, ""));
        assert_eq!(named(Code::OutOfRange), Some(TransportError::MessageTooLarge));
        assert_eq!(named(Code::Internal), Some(TransportError::MalformedMessage));
        assert_eq!(named(Code::Unimplemented), Some(TransportError::UnknownMethod));
        assert_eq!(named(Code::Cancelled), None);
        let mut compressed = Status::unimplemented("");
        compressed.metadata_mut().insert("grpc-accept-encoding", "identity".parse().unwrap());
        assert_eq!(TransportError::of(&compressed), Some(TransportError::UnknownEncoding));
    }
}
