//! One worker, two countries' bodies, one ledger: what most tests start from.

use serde_json::{Value, json};
use skillpass::crypto::{Entropy, PrivateKey};
use skillpass::event::{Kind, WorkerId};
use skillpass::passport::{Options, PassportFile, PresentRequest, Show};
use skillpass::trust::TrustFile;

use super::memory_ledger::{DAY_MS, MemoryLedger};

pub const PROVIDER: &str = "https://training.ph.example.invalid";
pub const AUTHORITY: &str = "https://nursing.de.example.invalid";
pub const AUDIENCE: &str = "https://employer.de.example.invalid";
pub const NONCE: &str = "n-0S6_WzA2Mj";

pub struct Scenario {
    pub ledger: MemoryLedger,
    pub worker: WorkerId,
    pub holder: PrivateKey,
    pub provider: PrivateKey,
    pub authority: PrivateKey,
    pub root_ph: PrivateKey,
}

impl Scenario {
    /// PassportOpened, HolderKeyBound, TrainingCompleted, SkillAssessed, RecognitionDecided, LicenceGranted.
    pub fn new() -> Self {
        let mut scenario = Self::opened("ledger.ph.example.invalid");
        scenario.training("Bricklaying, basic course");
        scenario.assessment("PASSED");
        scenario.decision("PARTIAL");
        scenario.licence();
        scenario.ledger.now += DAY_MS;
        scenario
    }

    /// A worker with a passport and a bound key.
    pub fn opened(origin: &str) -> Self {
        let mut scenario = Self::unopened(origin);
        let opening = example(Kind::PassportOpened, scenario.worker, "PH");
        scenario.by_provider(Kind::PassportOpened, None, opening);
        let key = PrivateKey::from_jwk(&scenario.holder.to_jwk()).unwrap();
        let binding = example(Kind::HolderKeyBound, scenario.worker, "PH");
        scenario.by_provider(Kind::HolderKeyBound, Some(&key), binding);
        scenario
    }

    /// A worker and bodies.
    pub fn unopened(origin: &str) -> Self {
        let mut ledger = MemoryLedger::found(origin);
        let root_ph = ledger.root("PH", "https://labour.ph.example.invalid");
        ledger.root("DE", "https://labour.de.example.invalid");
        let teach = [
            Kind::PassportOpened,
            Kind::HolderKeyBound,
            Kind::TrainingCompleted,
            Kind::Revoked,
            Kind::Suspended,
            Kind::Reinstated,
            Kind::Superseded,
        ];
        let (provider, _) = ledger.body("PH", PROVIDER, "LABOUR_MIGRATION_AUTHORITY", &teach[..2]);
        let _ = provider;
        let (provider, _) = ledger.body("PH", PROVIDER, "TRAINING_PROVIDER", &teach[2..]);
        let decide = [Kind::RecognitionDecided, Kind::LicenceGranted, Kind::SkillAssessed, Kind::Revoked];
        let (authority, _) = ledger.body("DE", AUTHORITY, "COMPETENT_AUTHORITY", &decide);
        let holder = PrivateKey::generate_ed25519(&mut ledger.entropy);
        let worker = WorkerId(ledger.entropy.bytes());
        let mut scenario = Self { ledger, worker, holder, provider, authority, root_ph };
        scenario.tick();
        scenario
    }

    pub fn tick(&mut self) {
        self.ledger.now += DAY_MS;
    }

    pub fn by_provider(
        &mut self,
        kind: Kind,
        holder: Option<&PrivateKey>,
        claims: Value,
    ) -> skillpass::crypto::Hash {
        self.ledger.say(self.worker, kind, (PROVIDER, &self.provider), holder, claims)
    }

    pub fn by_authority(&mut self, kind: Kind, claims: Value) -> skillpass::crypto::Hash {
        self.ledger.say(self.worker, kind, (AUTHORITY, &self.authority), None, claims)
    }

    pub fn training(&mut self, title: &str) -> skillpass::crypto::Hash {
        self.tick();
        let claims = json!({"sub": self.worker.to_string(), "issuing_country": "PH", "title": {"en": title},
            "learning_setting": "NON_FORMAL", "completed_on": "2024-01-02", "volume_of_learning_hours": 320});
        self.by_provider(Kind::TrainingCompleted, None, claims)
    }

    pub fn assessment(&mut self, result: &str) -> skillpass::crypto::Hash {
        self.tick();
        let claims = json!({"sub": self.worker.to_string(), "issuing_country": "DE", "title": {"en": "Practical test"},
            "standard": {"id": "https://standards.example.invalid/masonry", "version": "2022"},
            "assessed_on": "2024-01-02", "result": result});
        self.by_authority(Kind::SkillAssessed, claims)
    }

    pub fn decision(&mut self, decision: &str) -> skillpass::crypto::Hash {
        self.tick();
        let mut claims = json!({"sub": self.worker.to_string(), "issuing_country": "DE",
            "title": {"en": "Recognition as general care nurse"}, "recognition_kind": "PROFESSIONAL",
            "decision": decision, "decided_on": "2024-01-03", "isco08": "2221"});
        match decision {
            "PARTIAL" | "CONDITIONAL" => claims["substantial_differences"] = json!(["geriatric care"]),
            "REFUSED" => claims["reasons"] = json!(["too little practice"]),
            _ => {}
        }
        self.by_authority(Kind::RecognitionDecided, claims)
    }

    pub fn licence(&mut self) -> skillpass::crypto::Hash {
        self.tick();
        let claims = json!({"sub": self.worker.to_string(), "issuing_country": "DE",
            "title": {"en": "Licence to practise as a nurse"}, "isco08": "2221", "limit_jurisdiction": "DE",
            "granted_on": "2024-01-04", "valid_from": "2024-01-04", "valid_until": "2026-01-31"});
        self.by_authority(Kind::LicenceGranted, claims)
    }

    pub fn change(&mut self, kind: Kind, target: &skillpass::crypto::Hash) -> skillpass::crypto::Hash {
        self.tick();
        let claims = json!({"sub": self.worker.to_string(), "issuing_country": "PH",
            "target": super::memory_ledger::hash_claim(target), "reason": "ISSUED_IN_ERROR"});
        self.by_provider(kind, None, claims)
    }

    pub fn export(&mut self) -> PassportFile {
        self.ledger.export(self.worker)
    }

    pub fn trust(&self) -> TrustFile {
        self.ledger.trust_file()
    }

    /// The verifier looks an hour after the ledger's clock.
    pub fn options(&self) -> Options {
        Options::at(self.ledger.issued_at() + 3_600)
    }

    /// Shows the records at these revisions.
    pub fn request(&self, revisions: &[usize]) -> PresentRequest {
        let show = |revision: &usize| {
            let statement = &self.ledger.records(self.worker)[*revision].record.statement;
            Show { id: super::memory_ledger::id_of(statement.text()), claims: None }
        };
        PresentRequest {
            shows: revisions.iter().map(show).collect(),
            audience: AUDIENCE.into(),
            nonce: NONCE.into(),
            issued_at: self.ledger.issued_at(),
            expires_at: self.ledger.issued_at() + 7 * 86_400,
        }
    }

    pub fn present(&mut self, revisions: &[usize]) -> Vec<u8> {
        let request = self.request(revisions);
        self.export().present(&request, &self.holder).unwrap()
    }
}

/// The kind's own example, about this worker, in this country, dated before the tests' clock.
pub fn example(kind: Kind, worker: WorkerId, country: &str) -> Value {
    let mut claims = kind.example();
    let members = claims.as_object_mut().unwrap();
    for clear in ["vct", "iss", "cnf"] {
        members.shift_remove(clear);
    }
    members["sub"] = worker.to_string().into();
    if members.contains_key("issuing_country") {
        members["issuing_country"] = country.into();
    }
    members.shift_remove("started_on");
    if let Some(award) = kind.award_date_claim() {
        members.insert(award.into(), "2024-01-01".into());
    }
    claims
}
