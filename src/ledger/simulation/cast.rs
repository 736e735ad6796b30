//! Who signs what: a root authority, a provider that it authorises, workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, base64url_encode, sha256};
use crate::event::{Kind, UnixMs, WorkerId};
use crate::ledger::{Clock, Founding};
use crate::statement::{Draft, issue, issue_in_clear};
use crate::trust::IssuerKind;

/// 2025-06-01T00:00:00Z: no clock here shows less.
pub(super) const START_MS: UnixMs = 1_748_736_000_000;

/// A clock that is set to any time.
pub(super) struct JumpingClock(AtomicU64);

impl JumpingClock {
    pub(super) fn set(&self, ms: UnixMs) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for JumpingClock {
    fn now_ms(&self) -> UnixMs {
        self.0.load(Ordering::SeqCst)
    }
}

struct Body {
    issuer: String,
    key: PrivateKey,
}

pub(super) struct Cast {
    pub(super) clock: Arc<JumpingClock>,
    root: Body,
    provider: Body,
    ids: u64,
}

impl Cast {
    pub(super) fn new() -> Self {
        let body = |name: &str| Body {
            issuer: format!("https://{name}.ph.example.invalid"),
            key: PrivateKey::generate_ed25519(&mut OsEntropy),
        };
        let clock = Arc::new(JumpingClock(START_MS.into()));
        Self { clock, root: body("authority"), provider: body("provider"), ids: 0 }
    }

    pub(super) fn founding(&self) -> Founding {
        let roots = vec![("PH".to_owned(), self.root.issuer.clone(), self.root.key.public())];
        Founding { origin: "ledger.ph.example.invalid".to_owned(), roots }
    }

    /// An id of now, greater than all of this millisecond before.
    pub(super) fn id(&mut self) -> uuid::Uuid {
        self.ids += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.ids.to_be_bytes());
        random[..2].copy_from_slice(&u16::try_from(self.ids & 0xfff).unwrap().to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.clock.now_ms(), &random).into_uuid()
    }

    fn draft<'a>(
        &self,
        issuer: &'a str,
        vct: &'a str,
        id: uuid::Uuid,
        claims: &'a Map<String, Value>,
    ) -> Draft<'a> {
        let issued_at = i64::try_from(self.clock.now_ms() / 1000).unwrap();
        Draft { issuer, vct, id, issued_at, holder_key: None, status: None, claims }
    }

    fn by_root(&mut self, kind: Kind, claims: &Value) -> String {
        let (id, vct) = (self.id(), kind.vct());
        let draft = self.draft(&self.root.issuer, &vct, id, claims.as_object().unwrap());
        issue_in_clear(&draft, &self.root.key).unwrap()
    }

    /// The root authorises the provider and names its key.
    pub(super) fn authorisation(&mut self) -> [String; 2] {
        let sort = IssuerKind::from_name("TRAINING_PROVIDER").unwrap();
        let may = |kind: &&Kind| kind.is_authorisable() && sort.may_state(**kind);
        let kinds: Vec<&str> = Kind::all().iter().filter(may).map(|kind| kind.name()).collect();
        let authorised = json!({"sub": self.provider.issuer, "name": "a provider", "issuer_kind": "TRAINING_PROVIDER",
            "basis": "ACCREDITATION", "kinds": kinds, "jurisdictions": ["PH"], "valid_from": "2020-01-01"});
        let added = json!({"sub": self.provider.issuer, "jwk": self.provider.key.public().to_jwk()});
        [self.by_root(Kind::IssuerAuthorised, &authorised), self.by_root(Kind::IssuerKeyAdded, &added)]
    }

    /// Something public, which changes who may say what: another key of the provider.
    pub(super) fn public(&mut self) -> String {
        let jwk = PrivateKey::generate_ed25519(&mut OsEntropy).public().to_jwk();
        self.by_root(Kind::IssuerKeyAdded, &json!({"sub": self.provider.issuer, "jwk": jwk}))
    }

    pub(super) fn stranger() -> WorkerId {
        WorkerId(OsEntropy.bytes())
    }

    /// The kind's example, about a worker, by the provider; `target` is what it revokes.
    pub(super) fn about(&self, worker: WorkerId, kind: Kind, id: uuid::Uuid, target: Option<&str>) -> String {
        let mut claims = kind.example().as_object().unwrap().clone();
        for clear in ["vct", "iss", "cnf", "status"] {
            claims.shift_remove(clear);
        }
        claims.insert("sub".into(), worker.to_string().into());
        if claims.contains_key("issuing_country") {
            claims.insert("issuing_country".into(), "PH".into());
        }
        if let Some(date) = kind.award_date_claim() {
            claims.insert(date.into(), "2025-05-20".into());
        }
        if let Some(target) = target {
            let jwt = target.split('~').next().unwrap();
            claims.insert("target".into(), base64url_encode(sha256(&[jwt.as_bytes()])).into());
            claims.shift_remove("effective_from");
        }
        let vct = kind.vct();
        issue(&self.draft(&self.provider.issuer, &vct, id, &claims), &self.provider.key, &mut OsEntropy)
            .unwrap()
    }
}
