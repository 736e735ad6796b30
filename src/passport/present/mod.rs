//! Cutting a complete file to what the holder chooses to show, and binding it to whom it is for.

mod cut;
mod disclose;
mod evidence;

use std::collections::BTreeSet;

use uuid::Uuid;

use self::cut::Cutter;
pub use self::disclose::hash_claims;
use super::file::{Kind as FileKind, PassportFile, StatementPart};
use super::token::{BINDING_TEXT_BYTES_MAX, Binding, TOKEN_BYTES_MAX};
use crate::crypto::PrivateKey;
use crate::statement::StatementError;

/// One record to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    /// Its statement's id.
    pub id: Uuid,
    /// The claims to disclose; `None`: all but `sub` and hashes that could lead to hidden records. Where and when it was
    /// said and what decides its meaning (a result, a decision, an end) are always shown.
    pub claims: Option<Vec<String>>,
}

/// What to show to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentRequest {
    /// The records.
    pub shows: Vec<Show>,
    /// For whom: an https URI or whatever name the verifier goes by.
    pub audience: String,
    /// The verifier's challenge.
    pub nonce: String,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Why a presentation cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// It is cut already.
    #[error("a presentation cannot be cut again: start from the complete passport")]
    NotComplete,
    /// Nothing chosen.
    #[error("choose at least one record to show")]
    NothingChosen,
    /// No such record.
    #[error("the passport holds no record {0}")]
    UnknownRecord(Uuid),
    /// It is for the worker alone.
    #[error("the record {0} is for the worker alone: what was funded leaves in no file")]
    NeverShown(Uuid),
    /// A confirmation without what it confirms.
    #[error("the confirmation {0} says nothing by itself: show the record {1} that it confirms, too")]
    ConfirmsHidden(Uuid, Uuid),
    /// No such claim in it.
    #[error("the record {record} makes no claim `{claim}`")]
    UnknownClaim {
        /// `jti`
        record: Uuid,
        /// The claim asked for.
        claim: String,
    },
    /// No key was ever bound.
    #[error("no holder key is bound to this passport on {0}: ask a body there to bind one")]
    NoHolderKey(String),
    /// The key given is not the current one.
    #[error("this is not the key that the passport names as the holder's on {0}")]
    NotTheHolder(String),
    /// Records of several workers.
    #[error("the passports are of different workers and were never joined")]
    NotJoined,
    /// Audience, nonce or times.
    #[error(
        "audience and nonce are 1 to {BINDING_TEXT_BYTES_MAX} bytes with few control characters, and the end is after the beginning"
    )]
    Binding,
    /// A statement in the file could not be read.
    #[error("a record cannot be read: {0}")]
    Statement(#[from] StatementError),
    /// The key of an issuer is not in the file.
    #[error("the file does not hold the key of an issuer; export it again")]
    UnknownIssuer,
}

impl PresentError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotComplete => "NOT_COMPLETE",
            Self::NothingChosen => "NOTHING_CHOSEN",
            Self::UnknownRecord(_) => "UNKNOWN_RECORD",
            Self::NeverShown(_) => "NEVER_SHOWN",
            Self::ConfirmsHidden(..) => "CONFIRMS_HIDDEN",
            Self::UnknownClaim { .. } => "UNKNOWN_CLAIM",
            Self::NoHolderKey(_) => "NO_HOLDER_KEY",
            Self::NotTheHolder(_) => "NOT_THE_HOLDER",
            Self::NotJoined => "NOT_JOINED",
            Self::Binding => "BINDING_INVALID",
            Self::Statement(error) => error.reason(),
            Self::UnknownIssuer => "UNKNOWN_ISSUER",
        }
    }
}

impl PassportFile {
    /// The file that shows what `request` names and nothing that links it to the rest, signed by the holder.
    pub fn present(&self, request: &PresentRequest, holder: &PrivateKey) -> Result<Vec<u8>, PresentError> {
        check_request(self, request)?;
        let mut cut = Cutter::new(self, request, holder)?.cut()?;
        let shown: BTreeSet<Uuid> = cut.statements.iter().filter_map(StatementPart::id).collect();
        if let Some(missing) = request.shows.iter().find(|show| !shown.contains(&show.id)) {
            return Err(PresentError::UnknownRecord(missing.id));
        }
        let binding = Binding {
            audience: request.audience.clone(),
            nonce: request.nonce.clone(),
            issued_at: request.issued_at,
            expires_at: request.expires_at,
            file_hash: cut.file_hash(),
        };
        let token = binding.sign(holder);
        // Control characters are six each in JSON: what no verifier reads is not made.
        if token.len() > TOKEN_BYTES_MAX {
            return Err(PresentError::Binding);
        }
        cut.presentation = Some(token);
        Ok(cut.encode())
    }
}

fn check_request(file: &PassportFile, request: &PresentRequest) -> Result<(), PresentError> {
    if file.kind != FileKind::Complete {
        return Err(PresentError::NotComplete);
    }
    if request.shows.is_empty() {
        return Err(PresentError::NothingChosen);
    }
    let fits = |text: &str| !text.is_empty() && text.len() <= BINDING_TEXT_BYTES_MAX;
    if fits(&request.audience) && fits(&request.nonce) && request.issued_at < request.expires_at {
        Ok(())
    } else {
        Err(PresentError::Binding)
    }
}
