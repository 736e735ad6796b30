//! A ledger to measure: its directory, a root authority, one authorised provider, open passports, statements signed ahead.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::draft::Draft;
use super::super::error::CliError;
use super::super::maintain::open_error;
use super::super::{clock, files};
use crate::crypto::{OsEntropy, PrivateKey, PublicKey};
use crate::event::{Kind, WorkerId};
use crate::ledger::{Founding, Ledger, Options, SystemClock};
use crate::statement::json;

const ROOT: &str = "https://ministry.bench.invalid";
const PROVIDER: &str = "https://provider.bench.invalid";

/// The directory, removed with everything in it when dropped.
#[derive(Debug)]
pub(super) struct Place {
    parent: PathBuf,
}

impl Place {
    /// A fresh directory inside `within`.
    pub(super) fn new(within: &Path) -> Result<Self, CliError> {
        let parent = within.join(format!("skillpass-bench-{}", clock::new_id().simple()));
        std::fs::create_dir(&parent).map_err(|error| files::unwritable(&parent, &error))?;
        Ok(Self { parent })
    }

    /// The ledger's data directory.
    pub(super) fn data(&self) -> PathBuf {
        self.parent.join("ledger")
    }

    /// Leaves it where it is; answers with the data directory.
    pub(super) fn keep(self) -> PathBuf {
        let data = self.data();
        std::mem::forget(self);
        data
    }

    /// Bytes of the files under one part of the data directory.
    pub(super) fn bytes(&self, part: &str) -> u64 {
        bytes_under(&self.data().join(part))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is left for the system to clean; the figures are printed already.
        let _ = std::fs::remove_dir_all(&self.parent);
    }
}

fn bytes_under(path: &Path) -> u64 {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| bytes_under(&entry.path())).sum()
}

/// Keys of the bench's two bodies.
#[derive(Debug)]
pub(super) struct Bodies {
    root: PrivateKey,
    provider: PrivateKey,
}

impl Bodies {
    /// Founds the ledger under a fresh root authority.
    pub(super) fn found(data: &Path) -> Result<Self, CliError> {
        let mut entropy = OsEntropy;
        let (root, provider) =
            (PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_ed25519(&mut entropy));
        let roots = vec![("PH".to_owned(), ROOT.to_owned(), root.public())];
        let founding = Founding { origin: "ledger.bench.invalid".into(), roots };
        Ledger::init(data, &founding, &SystemClock).map_err(|error| open_error(&error))?;
        Ok(Self { root, provider })
    }

    /// The provider's authorisation and key.
    pub(super) fn authorisation(&self) -> Result<Vec<String>, CliError> {
        let authorised = json!({
            "sub": PROVIDER, "name": "training provider, PH (bench)", "issuer_kind": "TRAINING_PROVIDER",
            "basis": "ACCREDITATION", "kinds": ["PassportOpened", "TrainingCompleted"], "jurisdictions": ["PH"],
            "valid_from": "2000-01-01",
        });
        let key = json!({"sub": PROVIDER, "jwk": self.provider.public().to_jwk()});
        Ok(vec![
            sign(&self.root, ROOT, Kind::IssuerAuthorised, &authorised)?,
            sign(&self.root, ROOT, Kind::IssuerKeyAdded, &key)?,
        ])
    }

    /// The root authority.
    pub(super) fn root(&self) -> (&'static str, PublicKey) {
        (ROOT, self.root.public())
    }

    /// `PassportOpened` of one worker.
    pub(super) fn open(&self, worker: WorkerId) -> Result<String, CliError> {
        let mut claims = Kind::PassportOpened.example();
        json::set(&mut claims, "sub", worker.to_string());
        json::set(&mut claims, "issuing_country", "PH");
        sign(&self.provider, PROVIDER, Kind::PassportOpened, &claims)
    }

    /// `TrainingCompleted` of one worker, as a registrar's spreadsheet would give it.
    pub(super) fn training(&self, worker: WorkerId, number: usize) -> Result<String, CliError> {
        let claims = json!({
            "sub": worker.to_string(), "issuing_country": "PH", "title": {"en": format!("Course {number}")},
            "learning_setting": "NON_FORMAL", "started_on": "2024-01-08", "completed_on": "2024-06-28",
            "volume_of_learning_hours": 640, "iscedf_code": "0732",
        });
        sign(&self.provider, PROVIDER, Kind::TrainingCompleted, &claims)
    }
}

fn sign(key: &PrivateKey, issuer: &str, kind: Kind, claims: &Value) -> Result<String, CliError> {
    let mut claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
    for envelope in ["vct", "iss", "cnf"] {
        claims.remove(envelope);
    }
    Draft::new(kind, issuer, claims)?.sign(key)
}

/// Opens the ledger as `serve` does by default.
pub(super) fn open(data: &Path) -> Result<Ledger, CliError> {
    open_with(data, Options::default())
}

/// Opens the ledger.
pub(super) fn open_with(data: &Path, options: Options) -> Result<Ledger, CliError> {
    Ledger::open(data, options, Arc::new(SystemClock)).map_err(|error| open_error(&error))
}
