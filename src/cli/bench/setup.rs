//! A ledger to measure: its directory, a root authority, one authorised provider, open passports, statements signed ahead.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::client::Client;
use super::super::draft::Draft;
use super::super::error::CliError;
use super::super::keyfile::{PassphraseArgs, read_private};
use super::super::maintain::open_error;
use super::super::send::append_in_order;
use super::super::{clock, files};
use super::figures::failed;
use super::load;
use crate::crypto::{OsEntropy, PrivateKey};
use crate::event::{Kind, WorkerId};
use crate::ledger::{Founded, Founding, Ledger, SystemClock};
use crate::pb;
use crate::statement::json;
use crate::trust::{TrustFile, TrustedLedger, TrustedRoot};

const ORIGIN: &str = "ledger.bench.invalid";
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
    founded: Founded,
}

impl Bodies {
    /// Founds the ledger under a fresh root authority.
    pub(super) fn found(place: &Place) -> Result<Self, CliError> {
        let mut entropy = OsEntropy;
        let (root, provider) =
            (PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_ed25519(&mut entropy));
        let roots = vec![("PH".to_owned(), ROOT.to_owned(), root.public())];
        let founding = Founding { origin: ORIGIN.to_owned(), roots };
        let founded =
            Ledger::init(&place.data(), &founding, &SystemClock).map_err(|error| open_error(&error))?;
        Ok(Self { root, provider, founded })
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

    /// What somebody believes who trusts this ledger and its root authority.
    pub(super) fn trust(&self) -> TrustFile {
        let ledger = TrustedLedger {
            origin: ORIGIN.to_owned(),
            log_keys: vec![self.founded.vkey.clone()],
            status_keys: vec![self.founded.status_key.clone()],
        };
        let root = TrustedRoot {
            issuer: ROOT.to_owned(),
            jurisdictions: vec!["PH".to_owned()],
            kids: vec![self.root.public().thumbprint()],
            name: None,
            contact: None,
        };
        TrustFile { ledgers: vec![ledger], roots: vec![root], ..TrustFile::empty() }
    }

    /// The operator's key, who may read every passport.
    pub(super) fn operator(&self) -> Result<PrivateKey, CliError> {
        read_private(&self.founded.operator_key_file, &PassphraseArgs::from_file(None))
    }

    /// The provider's key.
    pub(super) fn provider(&self) -> &PrivateKey {
        &self.provider
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

/// Has the provider authorised and opens a passport for each of so many new workers.
pub(super) async fn open_passports(
    client: &Client,
    bodies: &Bodies,
    count: u64,
) -> Result<Vec<WorkerId>, CliError> {
    append_in_order(client, bodies.authorisation()?).await?;
    let workers: Vec<WorkerId> = (0..count).map(|_| clock::new_worker()).collect();
    for some in workers.chunks(OPENED_AT_ONCE) {
        load::stream(client, signed(some.len(), |at| bodies.open(nth(some, at)?))?).await?;
    }
    Ok(workers)
}

/// Worker `number`, who come round again and again.
pub(super) fn nth(workers: &[WorkerId], number: usize) -> Result<WorkerId, CliError> {
    let at = number.checked_rem(workers.len()).unwrap_or(0);
    workers.get(at).copied().ok_or_else(|| failed("no worker"))
}

/// Passports opened with one signing ahead: no more memory than a wave of statements.
const OPENED_AT_ONCE: usize = 50_000;

/// Requests with the statements of numbers 0 to `count`, made on every core.
pub(super) fn signed(
    count: usize,
    statement: impl Fn(usize) -> Result<String, CliError> + Sync,
) -> Result<Vec<pb::AppendStreamRequest>, CliError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (each, statement) = (count.div_ceil(threads).max(1), &statement);
    let sign = |numbers: std::ops::Range<usize>| {
        let request = |number| {
            let statement = statement(number)?;
            Ok(pb::AppendStreamRequest {
                request_id: number as u64,
                statement,
                expected_revision: None,
                document: None,
            })
        };
        numbers.map(request).collect::<Result<Vec<_>, CliError>>()
    };
    std::thread::scope(|scope| {
        let starts = (0..count).step_by(each);
        let parts: Vec<_> =
            starts.map(|start| scope.spawn(move || sign(start..count.min(start + each)))).collect();
        let mut all = Vec::with_capacity(count);
        for part in parts {
            all.extend(part.join().map_err(|_| failed("a signer panicked"))??);
        }
        Ok(all)
    })
}
