//! What an audit keeps from one time to the next: the checkpoint it believed, the tree's right edge, the public entries.

use serde::{Deserialize, Serialize};

use super::log::AuditedLog;
use crate::crypto::{base64url_decode, base64url_encode};
use crate::event::UnixMs;
use crate::tlog::{Checkpoint, Frontier};

/// The largest state file read.
pub const STATE_BYTES_MAX: u64 = 512 * 1024 * 1024;
const FORMAT: &str = "skillpass-audit-v1";

/// A state file that cannot be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state file {0}")]
pub struct StateError(&'static str);

/// What was believed last.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The signed note, cosignatures included.
    pub note: String,
    /// What it says.
    pub checkpoint: Checkpoint,
    pub(super) log: AuditedLog,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    format: String,
    checkpoint: String,
    frontier: String,
    recorded_at: UnixMs,
    /// Leaf and entry, base64url.
    public: Vec<(u64, String)>,
}

impl Kept {
    pub(super) fn new(note: String, checkpoint: Checkpoint, log: AuditedLog) -> Self {
        Self { note, checkpoint, log }
    }

    /// Writes the file.
    pub fn to_json(&self) -> String {
        let public = self.log.public.iter().map(|(leaf, entry)| (*leaf, base64url_encode(entry))).collect();
        let json = Json {
            format: FORMAT.to_owned(),
            checkpoint: self.note.clone(),
            frontier: base64url_encode(self.log.frontier.encode()),
            recorded_at: self.log.recorded_at,
            public,
        };
        serde_json::to_string(&json).unwrap_or_default() + "\n"
    }

    /// Reads it. Size and root are those of the checkpoint, the public entries are admitted again; the signature is checked
    /// by whoever names the keys.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let json: Json = serde_json::from_str(text).map_err(|_| StateError("is no audit state"))?;
        if json.format != FORMAT {
            return Err(StateError("is of another version"));
        }
        let frontier = base64url_decode(&json.frontier).ok();
        let frontier = frontier.and_then(|bytes| Frontier::decode(&bytes).ok());
        let frontier = frontier.ok_or(StateError("is damaged: its frontier"))?;
        let mut log = AuditedLog::default();
        for (leaf, entry) in &json.public {
            let entry = base64url_decode(entry).map_err(|_| StateError("is damaged: an entry"))?;
            log.admit(*leaf, &entry).map_err(|_| StateError("is damaged: an entry is not admissible"))?;
        }
        log.recorded_at = log.recorded_at.max(json.recorded_at);
        let checkpoint =
            Checkpoint::claimed(&json.checkpoint).map_err(|_| StateError("is damaged: its checkpoint"))?;
        if (checkpoint.size, checkpoint.root) != (frontier.size(), frontier.root()) {
            return Err(StateError("is damaged: its tree is not its checkpoint's"));
        }
        log.frontier = frontier;
        Ok(Self { note: json.checkpoint, checkpoint, log })
    }
}
