//! A whole ledger in memory, from the pure rooms alone: enough to make real passport files, and to misbehave.

use std::collections::HashMap;
use std::convert::Infallible;

use serde_json::{Map, Value, json};
use skillpass::crypto::{
    Entropy, Hash, PrivateKey, SeededEntropy, base64url_decode, base64url_encode, sha256,
};
use skillpass::event::entry::{Entry, chain_start, link, statement_commitment};
use skillpass::event::{Class, Event, Kind, StreamId, StreamRecord, UnixMs, WorkerId};
use skillpass::passport::token::HEAD_TYP;
use skillpass::passport::{OpenedRecord, PassportFile, ProvenEntry, Source, assemble, read_record};
use skillpass::statement::{Draft, Unverified, issue, issue_in_clear, jws};
use skillpass::tlog::{
    Checkpoint, Frontier, HashReader, SignedCheckpoint, TlogError, VerifierKey, cosign, inclusion_proof,
    leaf_hash,
};
use skillpass::trust::{TrustFile, TrustState, TrustedLedger, TrustedRoot, stream_of};

/// 2024-01-01T00:00:00Z
pub const START_MS: UnixMs = 1_704_067_200_000;
pub const DAY_MS: UnixMs = 86_400_000;

#[derive(Default)]
struct Tree(HashMap<(u8, u64), Hash>, Frontier);

impl HashReader for Tree {
    type Error = TlogError;
    fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
        Ok(self.0[&(level, index)])
    }
}

pub struct MemoryLedger {
    pub origin: String,
    pub log_key: PrivateKey,
    pub status_key: PrivateKey,
    pub entropy: SeededEntropy,
    pub trust: TrustState,
    pub now: UnixMs,
    pub entries: Vec<Vec<u8>>,
    tree: Tree,
    streams: HashMap<StreamId, Vec<u64>>,
    forced: Vec<(String, u64)>,
    workers: HashMap<WorkerId, (Vec<OpenedRecord>, Hash)>,
    pub published: Vec<(UnixMs, u64, String)>,
    pub witnesses: Vec<(String, PrivateKey)>,
    pub roots: Vec<(String, String, PrivateKey)>,
    next_id: u64,
}

impl MemoryLedger {
    pub fn found(origin: &str) -> Self {
        let mut entropy = SeededEntropy::new(origin);
        let log_key = PrivateKey::generate_ed25519(&mut entropy);
        let status_key = PrivateKey::generate_ed25519(&mut entropy);
        let mut ledger = Self {
            origin: origin.to_owned(),
            log_key,
            status_key,
            trust: TrustState::new(),
            now: START_MS,
            entries: vec![],
            tree: Tree::default(),
            streams: HashMap::new(),
            forced: vec![],
            workers: HashMap::new(),
            published: vec![],
            witnesses: vec![],
            roots: vec![],
            next_id: 0,
            entropy,
        };
        let id: [u8; 16] = ledger.entropy.bytes();
        let claims = json!({
            "origin": origin,
            "ledger_id": base64url_encode(id),
            "log_keys": [ledger.log_key.public().to_jwk()],
            "status_keys": [ledger.status_key.public().to_jwk()],
            "entry_version": 1,
        });
        ledger.own(Kind::LedgerFounded, claims);
        ledger
    }

    pub fn id(&mut self) -> uuid::Uuid {
        self.next_id += 1;
        let random: [u8; 10] = self.entropy.bytes();
        uuid::Builder::from_unix_timestamp_millis(self.now + self.next_id, &random).into_uuid()
    }

    pub fn issued_at(&self) -> i64 {
        i64::try_from(self.now / 1_000).unwrap()
    }

    /// Signs with the ledger's key and records.
    pub fn own(&mut self, kind: Kind, claims: Value) -> Hash {
        let issuer = format!("https://{}", self.origin);
        let key = PrivateKey::from_jwk(&self.log_key.to_jwk()).unwrap();
        self.public(kind, &issuer, &key, claims)
    }

    /// A root authority with a fresh key, which also authorises itself.
    pub fn root(&mut self, country: &str, issuer: &str) -> PrivateKey {
        let key = PrivateKey::generate_ed25519(&mut self.entropy);
        self.own(
            Kind::AuthorityEstablished,
            json!({"sub": issuer, "name": format!("labour migration authority, {country} (demo)"),
                "issuer_kind": "LABOUR_MIGRATION_AUTHORITY", "jurisdictions": [country], "jwk": key.public().to_jwk()}),
        );
        self.roots.push((
            country.to_owned(),
            issuer.to_owned(),
            PrivateKey::from_jwk(&key.to_jwk()).unwrap(),
        ));
        key
    }

    /// A body authorised by the root of `country` for `kinds`, with a fresh key; gives key and hash of the authorisation.
    pub fn body(
        &mut self,
        country: &str,
        issuer: &str,
        issuer_kind: &str,
        kinds: &[Kind],
    ) -> (PrivateKey, Hash) {
        let (_, root, root_key) = self.roots.iter().find(|(known, _, _)| known == country).unwrap();
        let (root, root_key) = (root.clone(), PrivateKey::from_jwk(&root_key.to_jwk()).unwrap());
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let granted = self.public(
            Kind::IssuerAuthorised,
            &root,
            &root_key,
            json!({"sub": issuer, "name": format!("{} of {country} (demo)", issuer_kind.to_lowercase()),
                "issuer_kind": issuer_kind, "basis": "ACCREDITATION", "kinds": kinds, "jurisdictions": [country],
                "valid_from": "2020-01-01"}),
        );
        let key = PrivateKey::generate_ed25519(&mut self.entropy);
        self.public(
            Kind::IssuerKeyAdded,
            &root,
            &root_key,
            json!({"sub": issuer, "jwk": key.public().to_jwk()}),
        );
        (key, granted)
    }

    /// Signs and records a public statement; the trust state must admit it.
    pub fn public(&mut self, kind: Kind, issuer: &str, key: &PrivateKey, claims: Value) -> Hash {
        let text = self.sign_public(kind, issuer, key, claims);
        let leaf = self.entries.len() as u64;
        let (statement, event) = self.trust.verify_public(&text, leaf, self.now).unwrap();
        self.trust.apply(&statement, &event, leaf, self.now);
        self.push_public(kind, statement.subject().unwrap_or_default(), text);
        statement.hash()
    }

    /// Signs and records a public statement that no honest ledger would: the trust state refuses it, for this reason.
    pub fn force_public(
        &mut self,
        kind: Kind,
        issuer: &str,
        key: &PrivateKey,
        claims: Value,
    ) -> &'static str {
        let subject = claims["sub"].as_str().unwrap().to_owned();
        let text = self.sign_public(kind, issuer, key, claims);
        let leaf = self.entries.len() as u64;
        let refusal = self.trust.verify_public(&text, leaf, self.now).unwrap_err();
        self.push_public(kind, &subject, text);
        // Our own export would refuse such a stream: `export` leaves it out, `export_forced` adds it.
        self.streams.get_mut(&stream_of(kind, &subject).unwrap()).unwrap().pop();
        self.forced.push((subject, leaf));
        refusal.reason()
    }

    /// A complete passport with what was forced into the streams, its head tokens signed again: what a ledger that does
    /// not keep the rules would hand out.
    pub fn export_forced(&mut self, worker: WorkerId) -> PassportFile {
        let mut file = self.export(worker);
        let size = self.entries.len() as u64;
        for (subject, leaf) in self.forced.clone() {
            let part = &mut file.ledgers[0];
            let place = part.streams.iter().position(|stream| stream.subject == subject).unwrap();
            let proof = inclusion_proof(&self.tree, size, leaf).unwrap();
            let entry = self.entries[leaf as usize].clone();
            part.streams[place].entries.push(ProvenEntry { leaf, entry, proof, anchor: None });
            let payload = part.heads[place + 1].split('.').nth(1).unwrap();
            let mut payload: Map<String, Value> =
                serde_json::from_slice(&base64url_decode(payload).unwrap()).unwrap();
            payload["revision"] = (part.streams[place].entries.len() - 1).into();
            payload["leaf"] = leaf.into();
            part.heads[place + 1] = jws::sign(HEAD_TYP, &payload, &self.status_key);
        }
        file
    }

    fn sign_public(&mut self, kind: Kind, issuer: &str, key: &PrivateKey, claims: Value) -> String {
        let claims = object(claims);
        let id = self.id();
        let draft = Draft {
            issuer,
            vct: &kind.vct(),
            id,
            issued_at: self.issued_at(),
            holder_key: None,
            status: None,
            claims: &claims,
        };
        issue_in_clear(&draft, key).unwrap()
    }

    fn push_public(&mut self, kind: Kind, subject: &str, text: String) {
        let leaf = self.entries.len() as u64;
        let stream = stream_of(kind, subject).unwrap();
        let earlier = self.streams.entry(stream).or_default();
        let prev = earlier.last().map_or([0; 32], |last| leaf_hash(&self.entries[*last as usize]));
        let entry = Entry::Public {
            class: kind.class(),
            recorded_at: self.now,
            stream,
            revision: u32::try_from(earlier.len()).unwrap(),
            prev,
            statement: text,
        };
        earlier.push(leaf);
        assert_ne!(kind.class(), Class::Person);
        self.push(entry.encode());
    }

    fn push(&mut self, entry: Vec<u8>) {
        let Tree(nodes, frontier) = &mut self.tree;
        frontier.push(leaf_hash(&entry), |level, index, hash| {
            nodes.insert((level, index), *hash);
        });
        self.entries.push(entry);
    }

    /// Signs a statement about a person.
    pub fn sign(
        &mut self,
        kind: Kind,
        issuer: &str,
        key: &PrivateKey,
        holder: Option<&PrivateKey>,
        claims: Value,
    ) -> String {
        let claims = object(claims);
        Event::check(kind, &claims).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
        let id = self.id();
        let holder = holder.map(PrivateKey::public);
        let draft = Draft {
            issuer,
            vct: &kind.vct(),
            id,
            issued_at: self.issued_at(),
            holder_key: holder.as_ref(),
            status: None,
            claims: &claims,
        };
        issue(&draft, key, &mut self.entropy).unwrap()
    }

    /// Records a statement about a person, whatever it says: the verifier's rules are what is tested.
    pub fn record(&mut self, worker: WorkerId, statement: &str) -> Hash {
        let jwt = statement.split('~').next().unwrap();
        let (n_s, n_l) = (self.entropy.bytes(), self.entropy.bytes());
        let genesis = sha256(&[&self.entries[0]]);
        let (records, l_prev) =
            self.workers.entry(worker).or_insert_with(|| (vec![], chain_start(&genesis, worker)));
        let s = statement_commitment(&n_s, jwt);
        let revision = u32::try_from(records.len()).unwrap();
        let l = link(&n_l, worker, revision, l_prev, self.now, &s);
        let entry = Entry::Person { recorded_at: self.now, s, l }.encode();
        let leaf = self.entries.len() as u64;
        let record = read_record(statement, leaf, self.now, &self.trust).unwrap();
        records.push(OpenedRecord { record, entry: entry.clone(), n_s, n_l });
        *l_prev = l;
        self.push(entry);
        sha256(&[jwt.as_bytes()])
    }

    /// Signs and records.
    pub fn say(
        &mut self,
        worker: WorkerId,
        kind: Kind,
        (issuer, key): (&str, &PrivateKey),
        holder: Option<&PrivateKey>,
        claims: Value,
    ) -> Hash {
        let statement = self.sign(kind, issuer, key, holder, claims);
        self.record(worker, &statement)
    }

    /// Publishes a checkpoint, with a cosignature of each witness.
    pub fn publish(&mut self) -> Checkpoint {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: self.entries.len() as u64,
            root: self.tree.1.root(),
        };
        let note = checkpoint.sign(&[&self.log_key]).unwrap();
        let vkey = VerifierKey::log(&self.origin, &self.log_key.public()).unwrap();
        let mut signed = SignedCheckpoint::verify(&note, &[vkey]).unwrap();
        for (name, key) in &self.witnesses {
            signed = signed.with_line(&cosign(&checkpoint, name, key, self.now / 1_000).unwrap()).unwrap();
        }
        self.published.push((self.now, checkpoint.size, signed.note));
        checkpoint
    }

    /// A complete passport at a new checkpoint.
    pub fn export(&mut self, worker: WorkerId) -> PassportFile {
        let checkpoint = self.publish();
        let note = self.published.last().unwrap().2.clone();
        let records = self.workers[&worker].0.clone();
        assemble(self, &checkpoint, note, &[records], self.issued_at()).unwrap()
    }

    pub fn records(&self, worker: WorkerId) -> &[OpenedRecord] {
        &self.workers[&worker].0
    }

    /// What a verifier who trusts this ledger and its roots holds.
    pub fn trust_file(&self) -> TrustFile {
        let mut file = TrustFile::empty();
        file.ledgers.push(TrustedLedger {
            origin: self.origin.clone(),
            log_keys: vec![VerifierKey::log(&self.origin, &self.log_key.public()).unwrap()],
            status_keys: vec![self.status_key.public()],
        });
        for (country, issuer, key) in &self.roots {
            file.roots.push(TrustedRoot {
                issuer: issuer.clone(),
                jurisdictions: vec![country.clone()],
                kids: vec![key.public().thumbprint()],
                name: Some(format!("labour migration authority, {country} (demo)")),
                contact: None,
            });
        }
        file
    }
}

impl Source for MemoryLedger {
    type Error = Infallible;
    fn stream(&self, stream: StreamId) -> Result<Vec<(u64, Vec<u8>)>, Infallible> {
        let leaves = self.streams.get(&stream).cloned().unwrap_or_default();
        Ok(leaves.into_iter().map(|leaf| (leaf, self.entries[leaf as usize].clone())).collect())
    }
    fn proof(&self, leaf: u64, size: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(inclusion_proof(&self.tree, size, leaf).unwrap())
    }
    fn published_before(&self, at: UnixMs, size_min: u64) -> Result<Option<(u64, String)>, Infallible> {
        let found = self.published.iter().rev().find(|(when, size, _)| *when < at && *size >= size_min);
        Ok(found.map(|(_, size, note)| (*size, note.clone())))
    }
    fn sign_status(&self, typ: &str, payload: &Map<String, Value>) -> String {
        jws::sign(typ, payload, &self.status_key)
    }
    fn is_void(&self, record: &StreamRecord) -> bool {
        self.trust.fails_by_key(record)
    }
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("claims are an object"),
    }
}

/// The hash claim of a statement's hash.
pub fn hash_claim(hash: &Hash) -> Value {
    base64url_encode(hash).into()
}

/// `jti` of a statement.
pub fn id_of(statement: &str) -> uuid::Uuid {
    Unverified::parse(statement).unwrap().clear().id
}
