//! Being a witness: every status of C2SP tlog-witness, one size per log that never goes back, kept before it is answered.

use skillpass::crypto::{Hash, OsEntropy, PrivateKey};
use skillpass::ledger::Clock as _;
use skillpass::tlog::{
    Checkpoint, Frontier, HashReader, SignedCheckpoint, Submission, TlogError, VerifierKey,
    consistency_proof, leaf_hash,
};

use super::{Seat, World, get, post};

const ORIGIN: &str = "log.example.invalid";

/// A log whose leaves we choose.
struct Log {
    key: PrivateKey,
    nodes: std::collections::HashMap<(u8, u64), Hash>,
    frontiers: Vec<Frontier>,
}

impl HashReader for Log {
    type Error = TlogError;
    fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
        Ok(self.nodes[&(level, index)])
    }
}

impl Log {
    /// Leaves 0 to `size`; from `fork` on others than in every other history.
    fn new(key: &PrivateKey, size: u64, fork: u64) -> Self {
        let (mut nodes, mut frontier) = (std::collections::HashMap::new(), Frontier::default());
        let mut frontiers = vec![frontier.clone()];
        for n in 0..size {
            let leaf = if n < fork { n } else { n + 1_000_000 };
            frontier.push(leaf_hash(&leaf.to_be_bytes()), |level, index, hash| {
                nodes.insert((level, index), *hash);
            });
            frontiers.push(frontier.clone());
        }
        Self { key: key.clone(), nodes, frontiers }
    }

    fn note(&self, size: usize) -> String {
        let root = self.frontiers[size].root();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: size as u64, root };
        checkpoint.sign(&[&self.key]).unwrap()
    }

    fn submission(&self, old: u64, new: usize) -> Submission {
        let proof = consistency_proof(self, old, new as u64).unwrap();
        Submission { old_size: old, proof, note: self.note(new) }
    }
}

fn log_key() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut OsEntropy)
}

fn followed(world: &World, key: &PrivateKey) -> Seat {
    world.witness_of("union", &[VerifierKey::log(ORIGIN, &key.public()).unwrap()])
}

#[track_caller]
fn answers(world: &World, seat: &Seat, body: &str, status: u16) -> (String, String) {
    let (head, body) = world.run(post(seat.address(), body));
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{status} wanted: {head}\n{body}");
    (head, body)
}

#[test]
fn a_growing_log_is_cosigned_and_each_cosignature_verifies() {
    let world = World::new();
    let key = log_key();
    let (seat, log) = (followed(&world, &key), Log::new(&key, 20, 20));
    for (old, new) in [(0, 3), (3, 3), (3, 8), (8, 20)] {
        let submission = log.submission(old, new);
        let (_, line) = answers(&world, &seat, &submission.encode(), 200);
        let checkpoint =
            SignedCheckpoint::verify(&submission.note, &[VerifierKey::log(ORIGIN, &key.public()).unwrap()]);
        let (_, at) = checkpoint.unwrap().checkpoint.accept_cosignature(&line, &seat.vkey).unwrap();
        assert_eq!(at, world.test().clock.now_ms() / 1000);
    }
    let name = skillpass::vault::WitnessBook::name_of(ORIGIN);
    let (head, note) = world.run(get(seat.address(), &format!("/{name}/checkpoint")));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(SignedCheckpoint::cosigned_by(&note, &seat.vkey).unwrap().checkpoint.size, 20);
    let (head, _) = world.run(get(seat.address(), &format!("/{}/checkpoint", "0".repeat(64))));
    assert!(head.starts_with("http/1.1 404"), "{head}");
}

#[test]
fn each_refusal_has_the_status_of_the_protocol_and_changes_nothing() {
    let world = World::new();
    let key = log_key();
    let (seat, log) = (followed(&world, &key), Log::new(&key, 20, 20));
    answers(&world, &seat, &log.submission(0, 8).encode(), 200);

    let elsewhere = Log::new(&key, 20, 20).note(12).replace(ORIGIN, "other.example.invalid");
    answers(&world, &seat, &format!("old 8\n\n{elsewhere}"), 404);
    let stranger = Log::new(&log_key(), 20, 20);
    answers(&world, &seat, &stranger.submission(8, 12).encode(), 403);
    let mut backwards = log.submission(3, 8);
    backwards.old_size = 9;
    answers(&world, &seat, &backwards.encode(), 400);
    for malformed in ["", "old 8\n", "old 08\n\nx", "old 8\n\nx\n1\n", "\u{0}"] {
        answers(&world, &seat, malformed, 400);
    }
    let (head, body) = answers(&world, &seat, &log.submission(3, 12).encode(), 409);
    assert!(head.contains("content-type: text/x.tlog.size"), "{head}");
    assert_eq!(body, "8\n");
    let (_, body) = answers(&world, &seat, &log.submission(0, 12).encode(), 409);
    assert_eq!(body, "8\n", "a log that knows nothing learns the size");
    let mut bent = log.submission(8, 12);
    bent.proof[0][0] ^= 1;
    answers(&world, &seat, &bent.encode(), 422);
    let mut needless = log.submission(8, 8);
    needless.proof.push([1; 32]);
    answers(&world, &seat, &needless.encode(), 422);
    answers(&world, &seat, &"x".repeat(64 * 1024), 400);
    let (_, why) = answers(&world, &seat, &"x".repeat(64 * 1024 + 1), 413);
    assert_eq!(why, "a submission has at most 65536 bytes\n");
    let (head, _) = world.run(get(seat.address(), "/add-checkpoint"));
    assert!(head.starts_with("http/1.1 405"), "{head}");

    answers(&world, &seat, &log.submission(8, 12).encode(), 200);
}

#[test]
fn a_first_checkpoint_needs_an_empty_proof() {
    let world = World::new();
    let key = log_key();
    let (seat, log) = (followed(&world, &key), Log::new(&key, 20, 20));
    let mut proven = log.submission(0, 3);
    proven.proof.push([1; 32]);
    answers(&world, &seat, &proven.encode(), 422);
    answers(&world, &seat, &log.submission(0, 3).encode(), 200);
}

#[test]
fn a_second_history_is_refused_and_a_fork_of_one_size_is_kept_as_evidence() {
    let world = World::new();
    let key = log_key();
    let (mut seat, log, fork) = (followed(&world, &key), Log::new(&key, 20, 20), Log::new(&key, 20, 5));
    answers(&world, &seat, &log.submission(0, 8).encode(), 200);
    answers(&world, &seat, &fork.submission(8, 12).encode(), 422);
    let other = Submission { old_size: 8, proof: vec![], note: fork.note(8) };
    let (head, _) = answers(&world, &seat, &other.encode(), 409);
    assert!(!head.contains("text/x.tlog.size"), "no size that would lead anybody on: {head}");
    answers(&world, &seat, &log.submission(8, 12).encode(), 200);

    world.stop(&mut seat);
    let kept = |ending: &str| {
        let name = skillpass::vault::WitnessBook::name_of(ORIGIN);
        std::fs::read_to_string(seat.dir.join("seen").join(format!("{name}.{ending}"))).unwrap()
    };
    let vkey = [VerifierKey::log(ORIGIN, &key.public()).unwrap()];
    let (a, b) =
        (SignedCheckpoint::verify(&kept("fork-a"), &vkey), SignedCheckpoint::verify(&kept("fork-b"), &vkey));
    let (a, b) = (a.unwrap().checkpoint, b.unwrap().checkpoint);
    assert_eq!((a.size, b.size), (8, 8));
    assert_ne!(a.root, b.root, "two trees of one size, both signed by the log");
}

#[test]
fn what_was_cosigned_is_remembered_across_a_restart() {
    let world = World::new();
    let key = log_key();
    let (mut seat, log) = (followed(&world, &key), Log::new(&key, 20, 20));
    answers(&world, &seat, &log.submission(0, 8).encode(), 200);
    world.stop(&mut seat);
    world.start(&mut seat);
    let (_, size) = answers(&world, &seat, &log.submission(0, 8).encode(), 409);
    assert_eq!(size, "8\n");
    answers(&world, &seat, &log.submission(8, 20).encode(), 200);
}

#[test]
fn of_two_submissions_at_once_from_one_size_one_is_cosigned() {
    let world = World::new();
    let key = log_key();
    let (seat, log) = (followed(&world, &key), Log::new(&key, 20, 20));
    answers(&world, &seat, &log.submission(0, 3).encode(), 200);
    let (a, b) = (log.submission(3, 8).encode(), log.submission(3, 12).encode());
    let address = seat.address();
    let (a, b) = world.run(async { tokio::join!(post(address, &a), post(address, &b)) });
    let cosigned = [&a, &b].iter().filter(|(head, _)| head.starts_with("http/1.1 200")).count();
    let refused = [&a, &b].iter().filter(|(head, _)| head.starts_with("http/1.1 409")).count();
    assert_eq!((cosigned, refused), (1, 1), "{a:?}\n{b:?}");
}
