//! Share links as the ledger keeps them: who may be given which box, beside the grants; the boxes themselves in files of their
//! own. What a link means and who may open it is for the rooms above.

use serde::{Deserialize, Serialize};

use super::Ledger;
use super::access::AccessSettings;
use super::error::ReadError;
use crate::crypto::base64url_decode;
use crate::event::WorkerId;
use crate::vault::ShareName;

/// The most share links of one worker at a time.
pub const SHARES_MAX: usize = 16;

/// One share link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Name of its box, base64url.
    pub name: String,
    /// By what the right gate is recognised, base64url.
    pub gate: String,
    /// Whom it was made for, in the worker's words.
    pub audience: String,
    /// Thumbprint of the holder key that made it.
    pub kid: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; it is dropped after that.
    pub expires_at: i64,
    /// How many wrong birth dates were given.
    pub wrong: u32,
}

impl Share {
    /// The name of its box.
    pub(super) fn box_name(&self) -> Option<ShareName> {
        base64url_decode(&self.name).ok()?.try_into().ok()
    }
}

impl AccessSettings {
    /// Whether a share of this name is among them.
    pub fn names(&self, name: &str) -> bool {
        self.shares.iter().any(|share| share.name == name)
    }
}

impl Ledger {
    /// Whose share this is; `None` if nobody's.
    pub fn worker_of_share(&self, name: &ShareName) -> Result<Option<WorkerId>, ReadError> {
        let shared = &self.0.shared;
        let Some(slot) = shared.shares.slot(name) else { return Ok(None) };
        Ok(shared.heads().read(slot)?.map(|head| head.worker))
    }

    /// The box of a share; `None` if there is none, or its worker was erased.
    pub fn share_box(&self, worker: WorkerId, name: &ShareName) -> Result<Option<Vec<u8>>, ReadError> {
        let shared = &self.0.shared;
        let Some((head, key)) = shared.open_worker(worker)? else { return Ok(None) };
        Ok(shared.shares.read(head.slot, &key, name)?)
    }
}
