//! A ledger on a temporary directory, with a root authority, a provider and an authority that it has authorised.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use skillpass::crypto::{Entropy, OsEntropy, PrivateKey, base64url_encode, sha256};
use skillpass::event::{Kind, WorkerId};
use skillpass::ledger::{
    Acknowledgement, AppendError, Clock, Founding, Ledger, ManualClock, OpenError, Options, StatusIndexes,
};
use skillpass::statement::{Draft, StatusReference, issue, issue_in_clear};

pub const ORIGIN: &str = "ledger.ph.example.invalid";
pub const ROOT: &str = "https://authority.ph.example.invalid";
pub const PROVIDER: &str = "https://provider.ph.example.invalid";
pub const COMPETENT: &str = "https://nursing.ph.example.invalid";
/// 2025-06-01T00:00:00Z
pub const START_MS: u64 = 1_748_736_000_000;

/// A body that signs.
#[derive(Clone)]
pub struct Body {
    pub issuer: String,
    pub key: PrivateKey,
}

/// One worker with a holder key (not bound until [`TestLedger::bind`]).
pub struct Worker {
    pub id: WorkerId,
    pub key: PrivateKey,
}

pub struct TestLedger {
    /// Kept, so that the directory outlives the ledger.
    pub temp: Arc<tempfile::TempDir>,
    pub ledger: Ledger,
    pub clock: Arc<ManualClock>,
    pub root: Body,
    pub provider: Body,
    pub competent: Body,
    ids: Arc<AtomicU64>,
    dir: PathBuf,
}

pub fn options() -> Options {
    Options { verifiers: 2, checkpoint_interval: Duration::from_millis(20), ..Options::default() }
}

impl TestLedger {
    pub fn new() -> Self {
        let temp = Arc::new(tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::new(START_MS));
        let body = |issuer: &str| Body {
            issuer: issuer.to_owned(),
            key: PrivateKey::generate_ed25519(&mut OsEntropy),
        };
        let (root, provider, competent) = (body(ROOT), body(PROVIDER), body(COMPETENT));
        let roots = vec![("PH".to_owned(), root.issuer.clone(), root.key.public())];
        let founding = Founding { origin: ORIGIN.to_owned(), roots };
        let dir = temp.path().join("ledger");
        Ledger::init(&dir, &founding, &*clock).unwrap();
        let ledger = Ledger::open(&dir, options(), Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let test = Self { temp, ledger, clock, root, provider, competent, ids: Arc::default(), dir };
        test.authorise(&test.provider, "TRAINING_PROVIDER");
        test.authorise(&test.competent, "COMPETENT_AUTHORITY");
        test
    }

    pub fn dir(&self) -> PathBuf {
        self.dir.clone()
    }

    /// Stops the ledger; what is left opens its directory again.
    pub fn stop(self) -> Stopped {
        let Self { temp, ledger, clock, root, provider, competent, ids, dir } = self;
        ledger.close();
        drop(ledger);
        Stopped { temp, clock, root, provider, competent, ids, dir }
    }

    /// Lets go of the ledger without a word.
    pub fn drop_without_closing(self) -> Stopped {
        let Self { temp, ledger, clock, root, provider, competent, ids, dir } = self;
        drop(ledger);
        Stopped { temp, clock, root, provider, competent, ids, dir }
    }

    pub fn open_at(&self, dir: &Path) -> Result<Ledger, OpenError> {
        Ledger::open(dir, options(), Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    /// Stops, and opens the same directory again.
    pub fn reopen(self) -> Self {
        self.stop().open().unwrap()
    }

    /// The root authorises `body` in PH for every kind its sort of body may state, and adds its key.
    pub fn authorise(&self, body: &Body, issuer_kind: &str) -> Acknowledgement {
        let sort = skillpass::trust::IssuerKind::from_name(issuer_kind).unwrap();
        let kinds =
            Kind::all().iter().copied().filter(|kind| kind.is_authorisable() && sort.may_state(*kind));
        self.authorise_for(body, issuer_kind, &kinds.collect::<Vec<_>>())
    }

    /// The same for these kinds only.
    pub fn authorise_for(&self, body: &Body, issuer_kind: &str, kinds: &[Kind]) -> Acknowledgement {
        let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        let authorised = json!({"sub": body.issuer, "name": "a body for tests (demo)", "issuer_kind": issuer_kind,
            "basis": "ACCREDITATION", "kinds": kinds, "jurisdictions": ["PH"], "valid_from": "2020-01-01"});
        self.append(self.in_clear(&self.root, Kind::IssuerAuthorised, &authorised)).unwrap();
        let added = json!({"sub": body.issuer, "jwk": body.key.public().to_jwk()});
        self.append(self.in_clear(&self.root, Kind::IssuerKeyAdded, &added)).unwrap()
    }

    /// A fresh version 7 id, greater than every earlier one, of the clock's time.
    pub fn id(&self) -> uuid::Uuid {
        self.id_at(self.clock.now_ms())
    }

    pub fn id_at(&self, ms: u64) -> uuid::Uuid {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        // 12 bits of counter behind the time keep the order of those made in one millisecond.
        let mut random = [0; 10];
        random[..2].copy_from_slice(&u16::try_from(count & 0xfff).unwrap().to_be_bytes());
        random[2..].copy_from_slice(&count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(ms + (count >> 12), &random).into_uuid()
    }

    /// Signs a statement about an institution.
    pub fn in_clear(&self, body: &Body, kind: Kind, claims: &Value) -> String {
        let draft = self.draft_of(&body.issuer, kind);
        issue_in_clear(&Draft { vct: &kind.vct(), claims: claims.as_object().unwrap(), ..draft }, &body.key)
            .unwrap()
    }

    fn draft_of<'a>(&self, issuer: &'a str, _kind: Kind) -> Draft<'a> {
        static NONE: std::sync::OnceLock<Map<String, Value>> = std::sync::OnceLock::new();
        Draft {
            issuer,
            vct: "",
            id: self.id(),
            issued_at: i64::try_from(self.clock.now_ms() / 1000).unwrap(),
            holder_key: None,
            status: None,
            claims: NONE.get_or_init(Map::new),
        }
    }

    /// Signs a statement about a worker: the kind's example with `sub`, PH, and what `change` does to the claims.
    pub fn about(
        &self,
        body: &Body,
        worker: &Worker,
        kind: Kind,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        self.about_with_id(body, worker, kind, self.id(), change)
    }

    pub fn about_with_id(
        &self,
        body: &Body,
        worker: &Worker,
        kind: Kind,
        id: uuid::Uuid,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        self.about_in_full(body, worker, kind, id, None, change)
    }

    /// [`Self::about`], bearing an index of a status list.
    pub fn bearing(&self, body: &Body, worker: &Worker, kind: Kind, status: &StatusReference) -> String {
        self.about_bearing(body, worker, kind, status, |_| {})
    }

    pub fn about_bearing(
        &self,
        body: &Body,
        worker: &Worker,
        kind: Kind,
        status: &StatusReference,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        self.about_in_full(body, worker, kind, self.id(), Some(status), change)
    }

    fn about_in_full(
        &self,
        body: &Body,
        worker: &Worker,
        kind: Kind,
        id: uuid::Uuid,
        status: Option<&StatusReference>,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let mut claims = kind.example().as_object().unwrap().clone();
        for clear in ["vct", "iss", "cnf", "status"] {
            claims.shift_remove(clear);
        }
        claims.insert("sub".into(), worker.id.to_string().into());
        if claims.contains_key("issuing_country") {
            claims.insert("issuing_country".into(), "PH".into());
        }
        if let Some(date) = kind.award_date_claim() {
            claims.insert(date.into(), "2025-05-20".into());
        }
        change(&mut claims);
        let holder_key = kind.binds_key().then(|| worker.key.public());
        let draft = Draft {
            id,
            vct: &kind.vct(),
            holder_key: holder_key.as_ref(),
            claims: &claims,
            status,
            ..self.draft_of(&body.issuer, kind)
        };
        issue(&draft, &body.key, &mut OsEntropy).unwrap()
    }

    /// The worker as the signer of what only the worker states.
    pub fn holder(worker: &Worker) -> Body {
        Body { issuer: worker.key.public().did_jwk(), key: worker.key.clone() }
    }

    pub fn append(&self, statement: String) -> Result<Acknowledgement, AppendError> {
        self.append_at(statement, None)
    }

    pub fn append_at(
        &self,
        statement: String,
        expected: Option<u32>,
    ) -> Result<Acknowledgement, AppendError> {
        self.ledger.submit(statement, expected)?.blocking_recv().unwrap()
    }

    /// The stable reason of the refusal.
    pub fn refused(&self, statement: String) -> &'static str {
        self.append(statement).unwrap_err().reason
    }

    /// A worker whose id nobody has seen.
    #[expect(clippy::unused_self, reason = "called as the rest is")]
    pub fn stranger(&self) -> Worker {
        Worker { id: WorkerId(OsEntropy.bytes()), key: PrivateKey::generate_ed25519(&mut OsEntropy) }
    }

    pub fn opening(&self, worker: &Worker) -> String {
        self.about(&self.provider, worker, Kind::PassportOpened, |_| {})
    }

    pub fn open_passport(&self) -> Worker {
        let worker = self.stranger();
        self.append(self.opening(&worker)).unwrap();
        worker
    }

    /// Binds the worker's key to the passport.
    pub fn bind(&self, worker: &Worker) -> Acknowledgement {
        self.append(self.about(&self.provider, worker, Kind::HolderKeyBound, |_| {})).unwrap()
    }

    pub fn training(&self, worker: &Worker) -> String {
        self.about(&self.provider, worker, Kind::TrainingCompleted, |_| {})
    }

    /// A training recorded; its text.
    pub fn record_training(&self, worker: &Worker) -> String {
        let text = self.training(worker);
        self.append(text.clone()).unwrap();
        text
    }

    /// An index of a status list, allocated to the body.
    pub fn index_for(&self, body: &Body) -> StatusReference {
        self.indexes_for(body, 1).remove(0)
    }

    pub fn indexes_for(&self, body: &Body, count: u32) -> Vec<StatusReference> {
        let given = self.ledger.allocate_status(&body.issuer, count).unwrap();
        let of = |lot: StatusIndexes| {
            let at = move |index| StatusReference { uri: lot.uri.clone(), index: u64::from(index) };
            lot.indexes.into_iter().map(at).collect::<Vec<_>>()
        };
        given.into_iter().flat_map(of).collect()
    }

    /// What the list answers for it now, or at a time.
    pub fn answered(&self, reference: &StatusReference, at: Option<i64>) -> u8 {
        status_in(&self.ledger, reference, at)
    }

    /// Waits until a checkpoint covers every acknowledged entry.
    pub fn published(&self) -> Arc<skillpass::ledger::Published> {
        let size = *self.ledger.size().borrow();
        let mut published = self.ledger.published();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let covered = published.wait_for(|published| published.checkpoint.size >= size);
            tokio::time::timeout(Duration::from_secs(10), covered).await.unwrap().unwrap().clone()
        })
    }

    /// Stops; `fsck` of the directory finds nothing.
    pub fn check(self) -> Stopped {
        let stopped = self.stop();
        check_dir(&stopped.dir());
        stopped
    }
}

/// A stopped ledger's directory and everyone's keys.
pub struct Stopped {
    pub temp: Arc<tempfile::TempDir>,
    pub clock: Arc<ManualClock>,
    root: Body,
    provider: Body,
    competent: Body,
    ids: Arc<AtomicU64>,
    dir: PathBuf,
}

impl Stopped {
    /// The same ledger in another directory.
    pub fn moved_to(self, dir: PathBuf) -> Self {
        Self { dir, ..self }
    }

    pub fn dir(&self) -> PathBuf {
        self.dir.clone()
    }

    pub fn open_at(&self, dir: &Path) -> Result<Ledger, OpenError> {
        Ledger::open(dir, options(), Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    pub fn open(&self) -> Result<TestLedger, OpenError> {
        Ok(self.with(self.open_at(&self.dir())?, Arc::clone(&self.clock)))
    }

    /// Opens with other options.
    pub fn open_with(&self, options: Options) -> TestLedger {
        let clock = Arc::clone(&self.clock);
        let ledger = Ledger::open(&self.dir(), options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        self.with(ledger, clock)
    }

    /// Opens with another clock, which shows `ms`.
    pub fn open_with_clock(&self, ms: u64) -> Result<TestLedger, OpenError> {
        let clock = Arc::new(ManualClock::new(ms));
        let ledger = Ledger::open(&self.dir(), options(), Arc::clone(&clock) as Arc<dyn Clock>)?;
        Ok(self.with(ledger, clock))
    }

    fn with(&self, ledger: Ledger, clock: Arc<ManualClock>) -> TestLedger {
        TestLedger {
            temp: Arc::clone(&self.temp),
            ledger,
            clock,
            root: self.root.clone(),
            provider: self.provider.clone(),
            competent: self.competent.clone(),
            ids: Arc::clone(&self.ids),
            dir: self.dir.clone(),
        }
    }
}

/// What a status list answers for an index.
pub fn status_in(ledger: &Ledger, reference: &StatusReference, at: Option<i64>) -> u8 {
    let name = reference.uri.rsplit('/').next().unwrap();
    let values = ledger.status_values(name, at).unwrap().expect("a list that answers");
    let found = values.numbers.iter().find(|(index, _)| u64::from(*index) == reference.index);
    found.map_or(0, |(_, number)| *number)
}

pub fn check_dir(dir: &Path) {
    let report = skillpass::ledger::fsck(dir).unwrap();
    assert!(report.findings.is_empty(), "fsck: {:#?}", report.findings);
}

/// A statement's hash as `target` and the like have it.
pub fn hash_of(statement: &str) -> String {
    base64url_encode(sha256(&[statement.split('~').next().unwrap().as_bytes()]))
}

/// Copies a live ledger, with DIR.key and DIR.lock beside it, in the reverse of the order in which it writes, so that the copy is a state that a crash could
/// leave: nothing in it rests on something that is older in the copy.
pub fn copy_ledger(from: &Path, to: &Path) {
    let beside = |path: &Path, suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    std::fs::create_dir_all(to.join("log")).unwrap();
    for file in ["log/checkpoint", "log/checkpoints.index", "log/checkpoints"] {
        copy_file(&from.join(file), &to.join(file));
    }
    copy_dir(&beside(from, ".lock"), &beside(to, ".lock"));
    for part in ["log", "sled", "status", "journal", "keyring"] {
        copy_dir(&from.join(part), &to.join(part));
    }
    copy_file(&from.join("heads"), &to.join("heads"));
    copy_dir(&beside(from, ".key"), &beside(to, ".key"));
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_dir(&item.path(), &target);
        } else {
            copy_file(&item.path(), &target);
        }
    }
}

/// What is there already was copied first, and stays.
fn copy_file(from: &Path, to: &Path) {
    if to.exists() {
        return;
    }
    // Of a live ledger a temporary file may be gone by now.
    match std::fs::copy(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
}
