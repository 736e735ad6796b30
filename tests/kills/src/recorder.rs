//! The history as it is noted, and the moment of the kill: drawn over what has been noted, never over time.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

use history::{Answer, Call, Event, Hash};
use tokio::sync::Notify;

use crate::chance::Chance;

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    Append,
    Read,
    Checkpoint,
    Erase,
    Allocate,
    Backup,
    Rotate,
    LedgerKey,
}

impl Work {
    pub const ALL: [Self; 8] = [
        Self::Append,
        Self::Read,
        Self::Checkpoint,
        Self::Erase,
        Self::Allocate,
        Self::Backup,
        Self::Rotate,
        Self::LedgerKey,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Read => "read",
            Self::Checkpoint => "checkpoint",
            Self::Erase => "erasure",
            Self::Allocate => "allocation",
            Self::Backup => "backup",
            Self::Rotate => "rotation",
            Self::LedgerKey => "ledger key",
        }
    }

    fn of(call: &Call) -> Self {
        match call {
            Call::Append { .. } => Self::Append,
            Call::Read { .. } | Call::Look { .. } => Self::Read,
            Call::Erase { .. } => Self::Erase,
            Call::Checkpoint => Self::Checkpoint,
            Call::Allocate => Self::Allocate,
            Call::Rotate => Self::Rotate,
        }
    }
}

/// When to kill: so many lines of the history after a call of some work, or after the cycle's start.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    after: Option<Work>,
    then: usize,
    at_most: usize,
}

impl Moment {
    /// Every other one in the middle of something rare.
    pub fn draw(chance: &mut Chance) -> Self {
        let rare = [Work::Erase, Work::Allocate, Work::Backup, Work::Rotate, Work::LedgerKey];
        if chance.one_in(2) {
            return Self { after: None, then: chance.below(1500), at_most: 2000 };
        }
        let work = rare[chance.below(rare.len())];
        // The work of other processes takes longer.
        let within = if matches!(work, Work::Backup | Work::Rotate) { 150 } else { 8 };
        Self { after: Some(work), then: chance.below(within), at_most: 2000 }
    }
}

/// Everybody writes here.
pub struct Recorder {
    notes: Mutex<Notes>,
    /// Told once the server was killed.
    pub killed: Notify,
}

#[derive(Default)]
struct Notes {
    events: Vec<Event>,
    operations: u64,
    lanes: u64,
    subscriptions: u64,
    /// Calls on their way.
    waiting: BTreeMap<u64, Work>,
    begun: BTreeMap<Work, u64>,
    done: BTreeMap<Work, u64>,
    /// In how many kills something of it was on its way.
    caught: BTreeMap<Work, u64>,
    entries: u64,
    repeated: u64,
    victim: Option<(Child, Moment)>,
    corpse: Option<Child>,
}

impl Recorder {
    pub fn new() -> Self {
        Self { notes: Mutex::new(Notes::default()), killed: Notify::new() }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a call is sent.
    pub fn call(&self, lane: Option<u64>, call: Call) -> u64 {
        let work = Work::of(&call);
        self.begin(work, |operation| Some(Event::Called { operation, lane, call }))
    }

    /// Before work begins of which the history has no line.
    pub fn work(&self, work: Work) -> u64 {
        self.begin(work, |_| None)
    }

    fn begin(&self, work: Work, event: impl FnOnce(u64) -> Option<Event>) -> u64 {
        let mut notes = self.notes();
        notes.operations += 1;
        let operation = notes.operations;
        notes.events.extend(event(operation));
        notes.waiting.insert(operation, work);
        *notes.begun.entry(work).or_default() += 1;
        self.moved(&mut notes, Some(work));
        operation
    }

    /// After an answer has arrived.
    pub fn answer(&self, operation: u64, answer: Answer) {
        let mut notes = self.notes();
        if matches!(answer, Answer::Acknowledged { repeated: true, .. }) {
            notes.repeated += 1;
        }
        notes.events.push(Event::Answered { operation, answer });
        self.end(&mut notes, operation);
    }

    /// After work of which the history has no line.
    pub fn worked(&self, operation: u64) {
        self.end(&mut self.notes(), operation);
    }

    /// A call whose answer says nothing, or that failed for want of a server.
    pub fn unanswered(&self, operation: u64) {
        self.notes().waiting.remove(&operation);
    }

    fn end(&self, notes: &mut Notes, operation: u64) {
        if let Some(work) = notes.waiting.remove(&operation) {
            *notes.done.entry(work).or_default() += 1;
        }
        self.moved(notes, None);
    }

    /// One more line. The kill happens here, between this line and the next.
    fn moved(&self, notes: &mut Notes, begun: Option<Work>) {
        let Some((child, moment)) = &mut notes.victim else { return };
        moment.at_most = moment.at_most.saturating_sub(1);
        if moment.after.is_some() && moment.after == begun {
            moment.after = None;
        } else if moment.after.is_none() {
            moment.then = moment.then.saturating_sub(1);
        }
        if (moment.after.is_some() || moment.then > 0) && moment.at_most > 0 {
            return;
        }
        // It may have died by itself; whoever buries it finds out.
        let _ = child.kill();
        notes.corpse = notes.victim.take().map(|(child, _)| child);
        let caught: std::collections::BTreeSet<Work> = notes.waiting.values().copied().collect();
        for work in caught {
            *notes.caught.entry(work).or_default() += 1;
        }
        self.killed.notify_one();
    }

    pub fn lane(&self) -> u64 {
        let mut notes = self.notes();
        notes.lanes += 1;
        notes.lanes
    }

    pub fn subscribed(&self, from: u64) -> u64 {
        let mut notes = self.notes();
        notes.subscriptions += 1;
        let subscription = notes.subscriptions;
        notes.events.push(Event::Subscribed { subscription, from });
        subscription
    }

    pub fn entry(&self, subscription: u64, leaf: u64, hash: Hash) {
        let mut notes = self.notes();
        notes.entries += 1;
        notes.events.push(Event::Entry { subscription, leaf, hash });
    }

    /// From now on the moment counts.
    pub fn arm(&self, child: Child, moment: Moment) {
        self.notes().victim = Some((child, moment));
    }

    /// Whether the server is gone, killed or by itself.
    pub fn is_over(&self) -> bool {
        let mut notes = self.notes();
        let Some((child, _)) = &mut notes.victim else { return true };
        !matches!(child.try_wait(), Ok(None))
    }

    /// Nothing more is on its way. Fails if the server was not killed, but ended by itself.
    pub fn bury(&self) -> Result<(), String> {
        let mut notes = self.notes();
        notes.waiting.clear();
        notes.events.push(Event::Killed);
        let mut corpse = notes.corpse.take().ok_or("the server ended before it was killed")?;
        let status = corpse.wait().map_err(|error| error.to_string())?;
        if status.signal() == Some(9) { Ok(()) } else { Err(format!("the server ended by itself: {status}")) }
    }

    pub fn log(&self, leaves: Vec<Hash>, roots: Vec<Hash>) {
        self.notes().events.push(Event::Log { leaves, roots });
    }

    /// The whole history.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.notes().events)
    }

    pub fn figures(&self) -> Figures {
        let notes = self.notes();
        Figures {
            done: notes.done.clone(),
            begun: notes.begun.clone(),
            caught: notes.caught.clone(),
            entries: notes.entries,
            repeated: notes.repeated,
        }
    }
}

/// How much was done.
pub struct Figures {
    pub done: BTreeMap<Work, u64>,
    pub begun: BTreeMap<Work, u64>,
    pub caught: BTreeMap<Work, u64>,
    /// Given to subscribers.
    pub entries: u64,
    /// Acknowledgements of what had been recorded before.
    pub repeated: u64,
}
