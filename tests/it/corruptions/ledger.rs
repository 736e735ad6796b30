//! A ledger in whose directory every class of file holds something.

use std::path::PathBuf;

use skillpass::crypto::{Entropy as _, OsEntropy, PrivateKey, base64url_encode};
use skillpass::event::{Kind, document_number_commitment};
use skillpass::ledger::{
    Audience, Block, ErasureBasis, LedgerKeyUse, OpeningDocument, Operator, Options, Resolution, Role, Share,
    backup,
};
use skillpass::tlog::{Policy, VerifierKey, cosign};

use crate::support::{Stopped, TestLedger, Worker, hash_of, options};

const WITNESS: &str = "witness.example.invalid";

pub(crate) struct Made {
    pub(crate) stopped: Stopped,
    /// The key slots of the living workers.
    pub(crate) slots: Vec<u32>,
    /// A backup of one part, from before the erasure.
    pub(crate) backup: PathBuf,
    /// The checkpoint that the first part of the backup ends with.
    pub(crate) before_erasure: u64,
}

fn open_with_document(test: &TestLedger, number: &str) -> Worker {
    let worker = test.stranger();
    let salt: [u8; 16] = OsEntropy.bytes();
    let text = test.about(&test.provider, &worker, Kind::PassportOpened, |claims| {
        let commitment = document_number_commitment(&salt, "KH", "PASSPORT", number);
        claims.insert("document_number_commitment".into(), base64url_encode(commitment).into());
    });
    let document = OpeningDocument { number: number.to_owned().into(), salt };
    test.ledger.submit_with(text, None, Some(document)).unwrap().blocking_recv().unwrap().unwrap();
    worker
}

/// A share link: its box, and the settings that name it.
pub(crate) fn share(test: &TestLedger, worker: &Worker) {
    let name: [u8; 16] = OsEntropy.bytes();
    let share = Share {
        name: base64url_encode(name),
        gate: base64url_encode([7; 32]),
        audience: "a clinic".to_owned(),
        kid: worker.key.public().thumbprint(),
        created_at: 1,
        expires_at: i64::MAX,
        wrong: 0,
    };
    let set =
        test.ledger.change_access_with(worker.id, Some((&name, b"a presentation, closed")), |settings| {
            settings.shares.push(share);
            Ok::<_, std::convert::Infallible>(())
        });
    set.unwrap().unwrap().unwrap();
}

pub(crate) fn make() -> Made {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let witness = PrivateKey::generate_ed25519(&mut OsEntropy);
    let vkey = VerifierKey::cosigner(WITNESS, &witness.public()).unwrap();
    let policy = Policy::parse(&format!("witness W {vkey}\nquorum W\n")).unwrap();
    let test = TestLedger::new().stop().open_with(Options { witness_policy: Some(policy), ..options() });
    let named = serde_json::json!({"name": WITNESS, "vkey": vkey.to_string()});
    let named = named.as_object().unwrap().clone();
    runtime.block_on(test.ledger.append_own(Kind::WitnessNamed, named)).unwrap();
    runtime.block_on(test.ledger.add_own_key(LedgerKeyUse::Log)).unwrap();
    let desk = PrivateKey::generate_ed25519(&mut OsEntropy).public();
    let desk = Operator { name: "desk".to_owned(), key: desk, roles: vec![Role::Reader] };
    test.ledger.add_operator(desk).unwrap();

    let (one, two) = (open_with_document(&test, "P7654321Z"), open_with_document(&test, "P7654321Z"));
    let gone = open_with_document(&test, "P1111111A");
    let published = test.published();
    let line = cosign(&published.checkpoint, WITNESS, &witness, 1_748_736_100).unwrap();
    test.ledger.keep_cosignature(&published, &line).unwrap();
    let indexes = test.indexes_for(&test.provider, 3);
    let bearing = test.bearing(&test.provider, &one, Kind::TrainingCompleted, &indexes[0]);
    test.append(bearing.clone()).unwrap();
    test.append(test.bearing(&test.provider, &two, Kind::TrainingCompleted, &indexes[1])).unwrap();
    test.published();
    let revoked = test.about(&test.provider, &one, Kind::Revoked, |claims| {
        claims.insert("target".into(), hash_of(&bearing).into());
    });
    test.append(revoked).unwrap();
    for _ in 0..9 {
        for worker in [&one, &two, &gone] {
            test.record_training(worker);
        }
    }
    let review = test.ledger.reviews(None, false).unwrap().remove(0);
    test.ledger.resolve_review(review.id, Resolution::NotTheSame).unwrap();
    for worker in [&one, &two] {
        let block = Block { audience: Audience::Country("KH".into()), by: "holder".into(), since: 1 };
        let set = test.ledger.change_access(worker.id, |settings| {
            settings.blocks.push(block);
            Ok::<_, std::convert::Infallible>(())
        });
        set.unwrap().unwrap().unwrap();
        test.ledger.note_access(worker.id, b"{\"kid\":\"k\"}", |_| None).unwrap();
        share(&test, worker);
    }
    let published = test.published();
    let line = cosign(&published.checkpoint, WITNESS, &witness, 1_748_736_200).unwrap();
    test.ledger.keep_cosignature(&published, &line).unwrap();
    let to = test.temp.path().join("backup");
    backup(&test.dir(), &to, &*test.clock).unwrap();
    runtime.block_on(test.ledger.erase(gone.id, ErasureBasis::Order)).unwrap();
    test.published();
    let dir = test.dir();
    let stopped = test.stop();
    let heads =
        skillpass::vault::Heads::open(&skillpass::vault::DataDir::new(&dir).unwrap().heads()).unwrap();
    let slots = [one.id, two.id].map(|worker| heads.get(worker).unwrap().unwrap().slot.0).to_vec();
    Made { stopped, slots, backup: to, before_erasure: published.checkpoint.size }
}

/// A ledger whose journal has many segments.
pub(crate) fn of_many_segments() -> Stopped {
    let small = Options { segment_bytes: 4096, ..options() };
    let test = TestLedger::new().stop().open_with(small);
    let worker = test.open_passport();
    for _ in 0..20 {
        test.record_training(&worker);
    }
    test.published();
    test.stop()
}
