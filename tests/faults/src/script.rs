//! What the driver does, step by step: a ledger's whole life, small enough to be lived a thousand times.

use crate::cast::{Saying, What};

/// One step. Each may be tried again after it failed, whatever it had done before.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Found,
    Open,
    /// All at once, as many callers.
    Say(Vec<Saying>),
    /// Waits for a checkpoint over everything acknowledged.
    Publish,
    /// So many indexes of status lists.
    Allocate(u32),
    /// The worker keeps a body out.
    Block {
        worker: u64,
        body: String,
    },
    /// Notes that somebody looked.
    Note(u64),
    Operator {
        name: &'static str,
        named: bool,
    },
    /// Closes the first case of the review of duplicates.
    Review,
    Erase(u64),
    Rotate,
    /// Another key of the ledger's own for a use, and the end of the older one.
    ReplaceKey {
        log: bool,
    },
    /// The worker lays a box there under this name.
    Share {
        worker: u64,
        name: u8,
    },
    Unshare {
        worker: u64,
        name: u8,
    },
    Close,
    Rebuild,
    /// The witness cosigns the newest checkpoint.
    Cosign,
    /// One more part, and all of them read again.
    Backup,
    /// The backup as a copy, without the lock.
    Restore,
    /// The copy, opened for readers alone.
    ReadCopy,
    /// What the copy lacks, from the original's journal.
    Recover,
    /// The copy is told of the newest checkpoint: it is the ledger from here on.
    Relock,
    /// A ledger of another origin that names the newest checkpoint.
    Succeed,
}

/// The whole life.
pub fn life() -> Vec<Step> {
    let mut number = 0;
    let mut say = |what| {
        number += 1;
        Saying { number, what }
    };
    let open = |worker, document| What::Open { worker, document };
    let train = |worker| What::Train { worker, index: None };
    let bearing = say(What::Train { worker: 0, index: Some(1) });
    let bearing = Saying { number: 1000, ..bearing };
    let revoke = What::Revoke { worker: 0, of: Box::new(bearing.clone()) };
    let mut steps = vec![
        Step::Found,
        Step::Open,
        Step::Say(vec![say(What::Authorise)]),
        Step::Say(vec![say(What::AddKey)]),
        // 1 and 2 show the same document.
        Step::Say(vec![say(open(0, 0)), say(open(1, 1)), say(open(2, 1)), say(open(3, 3))]),
        Step::Say((0..4).flat_map(|worker| [say(train(worker)), say(train(worker))]).collect()),
        Step::Publish,
        Step::Cosign,
        Step::Backup,
        Step::Review,
        Step::Allocate(3),
        Step::Say(vec![bearing]),
        Step::Say(vec![Saying { number: 1001, what: revoke }]),
        Step::Block { worker: 1, body: "https://other.ph.example.invalid".into() },
        Step::Note(1),
        Step::Share { worker: 1, name: 1 },
        Step::Share { worker: 1, name: 2 },
        Step::Share { worker: 3, name: 3 },
        Step::Unshare { worker: 1, name: 1 },
        Step::Operator { name: "desk-1", named: true },
        Step::Operator { name: "desk-2", named: true },
        Step::Operator { name: "desk-1", named: false },
        Step::Erase(3),
        Step::Backup,
        Step::Rotate,
        Step::Say(vec![say(open(4, 4)), say(train(2))]),
        Step::ReplaceKey { log: true },
        Step::ReplaceKey { log: false },
        Step::Close,
        Step::Open,
        Step::Block { worker: 1, body: "https://another.ph.example.invalid".into() },
    ];
    number = 2000;
    let mut say = |what| {
        number += 1;
        Saying { number, what }
    };
    steps.extend((0..4).map(|_| Step::Say(vec![say(train(1)), say(train(4))])));
    steps.extend([
        Step::Erase(2),
        Step::Close,
        Step::Rebuild,
        Step::Open,
        Step::Say(vec![say(open(5, 5)), say(train(0))]),
        Step::Say(vec![say(train(5))]),
        Step::Publish,
        Step::Cosign,
        Step::Backup,
        // What the backup lacks.
        Step::Say(vec![say(train(0))]),
        Step::Publish,
        Step::Close,
        Step::Restore,
        Step::ReadCopy,
        Step::Recover,
        Step::Relock,
        Step::Open,
        Step::Say(vec![say(train(5)), say(train(1))]),
        Step::Publish,
        Step::Cosign,
        Step::Backup,
        Step::Close,
        Step::Succeed,
    ]);
    steps
}
