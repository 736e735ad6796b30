//! A school with many workers, which signs without the command line: that would start a process for each statement.

use serde_json::{Value, json};
use skillpass::crypto::{Entropy as _, PrivateKey, SeededEntropy};
use skillpass::event::{Kind, WorkerId};
use skillpass::statement::{Draft, issue};

use super::{Desk, SCHOOL};

const WORKERS: usize = 100;

/// Signs statements, each with an id of its own.
pub(super) struct School {
    key: PrivateKey,
    workers: Vec<WorkerId>,
    entropy: SeededEntropy,
    signed: u64,
}

impl School {
    pub(super) fn new(desk: &Desk) -> Self {
        let key: Value = serde_json::from_str(&desk.read("school.jwk")).unwrap();
        let mut entropy = SeededEntropy::new("kill");
        let workers = (0..WORKERS).map(|_| WorkerId(entropy.bytes())).collect();
        Self { key: PrivateKey::from_jwk(&key).unwrap(), workers, entropy, signed: 0 }
    }

    /// `PassportOpened` of every worker.
    pub(super) fn passports(&mut self) -> Vec<String> {
        let mut claims = Kind::PassportOpened.example();
        for envelope in ["vct", "iss"] {
            claims.as_object_mut().unwrap().remove(envelope);
        }
        self.each(Kind::PassportOpened, &claims)
    }

    /// `TrainingCompleted` of every worker.
    pub(super) fn trainings(&mut self) -> Vec<String> {
        let claims = json!({"title": {"en": "Ward practice"}, "learning_setting": "FORMAL", "completed_on": "2024-06-28"});
        self.each(Kind::TrainingCompleted, &claims)
    }

    fn each(&mut self, kind: Kind, claims: &Value) -> Vec<String> {
        let workers = self.workers.clone();
        workers.into_iter().map(|worker| self.sign(kind, worker, claims.clone())).collect()
    }

    fn sign(&mut self, kind: Kind, worker: WorkerId, mut claims: Value) -> String {
        claims["sub"] = worker.to_string().into();
        claims["issuing_country"] = "PH".into();
        self.signed += 1;
        let draft = Draft {
            issuer: SCHOOL,
            vct: &kind.vct(),
            id: uuid::Builder::from_unix_timestamp_millis(
                1_750_000_000_000 + self.signed,
                &self.entropy.bytes(),
            )
            .into_uuid(),
            issued_at: 1_750_000_000,
            holder_key: None,
            status: None,
            claims: claims.as_object().unwrap(),
        };
        issue(&draft, &self.key, &mut self.entropy).unwrap()
    }
}
