//! Who says what: bodies, workers and statements, the same in every process and every run.

use serde_json::{Map, Value, json};
use skillpass::crypto::{Entropy as _, PrivateKey, SeededEntropy, base64url_encode, sha256};
use skillpass::event::{Kind, WorkerId, document_number_commitment};
use skillpass::ledger::{Founding, OpeningDocument};
use skillpass::statement::{Draft, StatusReference, issue, issue_in_clear};

pub const ORIGIN: &str = "ledger.ph.example.invalid";
/// What takes its place in the end.
pub const SUCCESSOR: &str = "next.ph.example.invalid";
pub const WITNESS: &str = "witness.example.invalid";
pub const AUTHORITY: &str = "https://authority.ph.example.invalid";
pub const PROVIDER: &str = "https://provider.ph.example.invalid";
/// 2025-06-01T00:00:00Z, when everything happens.
pub const NOW_MS: u64 = 1_748_736_000_000;

/// One statement, named by its number: signing it again gives the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Saying {
    /// Ids ascend with it.
    pub number: u64,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The provider may open passports and state trainings.
    Authorise,
    /// And this is its key.
    AddKey,
    /// Opens a passport with a document of this number.
    Open { worker: u64, document: u64 },
    /// A training; with the n-th index that was allocated, if there is to be one.
    Train { worker: u64, index: Option<usize> },
    /// Revokes an earlier saying.
    Revoke { worker: u64, of: Box<Saying> },
}

impl Saying {
    /// Whose stream it goes to.
    pub fn worker(&self) -> Option<u64> {
        match self.what {
            What::Authorise | What::AddKey => None,
            What::Open { worker, .. } | What::Train { worker, .. } | What::Revoke { worker, .. } => {
                Some(worker)
            }
        }
    }

    /// Its text. `indexes`: those that were allocated.
    pub fn text(&self, indexes: &[StatusReference]) -> String {
        match &self.what {
            What::Authorise => {
                let kinds: Vec<&str> = [Kind::PassportOpened, Kind::TrainingCompleted, Kind::Revoked]
                    .iter()
                    .map(|kind| kind.name())
                    .collect();
                let claims = json!({"sub": PROVIDER, "name": "a body for tests (demo)", "issuer_kind": "TRAINING_PROVIDER",
                    "basis": "ACCREDITATION", "kinds": kinds, "jurisdictions": ["PH"], "valid_from": "2020-01-01"});
                self.in_clear(Kind::IssuerAuthorised, &claims)
            }
            What::AddKey => {
                let claims = json!({"sub": PROVIDER, "jwk": key(PROVIDER).public().to_jwk()});
                self.in_clear(Kind::IssuerKeyAdded, &claims)
            }
            What::Open { worker, document } => self.about(*worker, Kind::PassportOpened, None, |claims| {
                let commitment = document_number_commitment(&SALT, "KH", "PASSPORT", &number(*document));
                claims.insert("document_number_commitment".into(), base64url_encode(commitment).into());
            }),
            What::Train { worker, index } => {
                let status = index.and_then(|index| indexes.get(index));
                self.about(*worker, Kind::TrainingCompleted, status, |_| {})
            }
            What::Revoke { worker, of } => {
                let target = of.text(indexes);
                let target =
                    base64url_encode(sha256(&[target.split('~').next().unwrap_or_default().as_bytes()]));
                self.about(*worker, Kind::Revoked, None, |claims| {
                    claims.insert("target".into(), target.into());
                    for name in ["effective_from", "suspended_until", "legal_basis"] {
                        claims.shift_remove(name);
                    }
                })
            }
        }
    }

    /// What is told beside an opening.
    pub fn document(&self) -> Option<OpeningDocument> {
        let What::Open { document, .. } = self.what else { return None };
        Some(OpeningDocument { number: number(document).into(), salt: SALT })
    }

    fn draft<'a>(&self, issuer: &'a str, vct: &'a str, claims: &'a Map<String, Value>) -> Draft<'a> {
        let id = uuid::Builder::from_unix_timestamp_millis(NOW_MS + self.number, &[7; 10]).into_uuid();
        let issued_at = i64::try_from(NOW_MS / 1000).unwrap_or(0);
        Draft { issuer, vct, id, issued_at, holder_key: None, status: None, claims }
    }

    fn in_clear(&self, kind: Kind, claims: &Value) -> String {
        let claims = claims.as_object().cloned().unwrap_or_default();
        issue_in_clear(&self.draft(AUTHORITY, &kind.vct(), &claims), &key(AUTHORITY)).expect("a good draft")
    }

    fn about(
        &self,
        worker: u64,
        kind: Kind,
        status: Option<&StatusReference>,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let mut claims = kind.example().as_object().cloned().unwrap_or_default();
        for clear in ["vct", "iss", "cnf", "status"] {
            claims.shift_remove(clear);
        }
        claims.insert("sub".into(), worker_id(worker).to_string().into());
        if claims.contains_key("issuing_country") {
            claims.insert("issuing_country".into(), "PH".into());
        }
        if let Some(date) = kind.award_date_claim() {
            claims.insert(date.into(), "2025-05-20".into());
        }
        change(&mut claims);
        let vct = kind.vct();
        let draft = Draft { status, ..self.draft(PROVIDER, &vct, &claims) };
        let mut salts = SeededEntropy::new(&format!("salts {}", self.number));
        issue(&draft, &key(PROVIDER), &mut salts).expect("a good draft")
    }
}

const SALT: [u8; 16] = [5; 16];

fn number(document: u64) -> String {
    format!("P{document:07}")
}

/// A body's key.
pub fn key(issuer: &str) -> PrivateKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new(issuer))
}

/// A worker's id.
pub fn worker_id(worker: u64) -> WorkerId {
    WorkerId(SeededEntropy::new(&format!("worker {worker}")).bytes())
}

/// The name of a share's box.
pub fn share_name(name: u8) -> [u8; 16] {
    [name; 16]
}

/// What is in it: more than a sector.
pub fn box_of(name: u8) -> Vec<u8> {
    vec![name; 1500]
}

/// What a ledger of this origin is founded with.
pub fn founding(origin: &str) -> Founding {
    let root = ("PH".to_owned(), AUTHORITY.to_owned(), key(AUTHORITY).public());
    Founding { origin: origin.to_owned(), roots: vec![root] }
}
