//! One life of the ledger's process, without its threads: each actor takes a step when it is told to.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use super::store::{Database, SimulatedStore, between, between_nothing};
use crate::event::WorkerId;
use crate::ledger::error::OpenError;
use crate::ledger::intake::Intake;
use crate::ledger::pipeline::{Outcome, Verifier, Work};
use crate::ledger::publisher::Publisher;
use crate::ledger::shared::Shared;
use crate::ledger::writer::{Tickets, Writer};
use crate::ledger::{AppendError, Clock, Doors, ErasureBasis, Handle, Ledger, Options, open};
use crate::store::Store;
use crate::tlog::Frontier;
use tokio::sync::oneshot;

/// Small, so that the journal has several.
const SEGMENT_BYTES: u32 = 24 * 1024;
/// Fewer than the writer would wait for.
const QUEUE: usize = 48;

pub(super) struct Process {
    pub(super) ledger: Ledger,
    intake: Arc<Intake>,
    /// Accepted and not yet verified.
    pub(super) unverified: usize,
    verifier: Verifier,
    /// Verified and not yet with the writer.
    pub(super) lots: Vec<Work>,
    to_writer: Sender<Work>,
    writer: Rc<RefCell<WriterActor>>,
    publisher: Rc<RefCell<PublisherActor>>,
}

struct WriterActor {
    shared: Arc<Shared>,
    /// Gone once it has failed.
    writer: Option<Writer>,
    work: Receiver<Work>,
    tickets: Tickets,
}

struct PublisherActor {
    shared: Arc<Shared>,
    publisher: Option<Publisher>,
    settled: u64,
    published: u64,
    /// What was settled last.
    frontier: Option<Frontier>,
}

/// What the publisher does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publishing {
    /// Heads, store and hashes.
    Settle,
    /// The lock and the checkpoint of what is settled.
    Publish,
}

/// Who comes in while the writer works.
#[derive(Debug)]
pub(super) enum Meanwhile {
    Publisher(Publishing),
    /// Somebody who reads the log and these workers.
    Reader(Vec<WorkerId>),
}

impl Process {
    pub(super) fn start(dir: &Path, clock: Arc<dyn Clock>, database: &Database) -> Result<Self, OpenError> {
        let options = Options { segment_bytes: SEGMENT_BYTES, queue: QUEUE, ..Options::default() };
        let store = |_: &Path| Ok(Arc::new(SimulatedStore::open(database)?) as Arc<dyn Store>);
        let (shared, writer, publisher) = open::ready(dir, options, clock, store)?;
        let intake = Arc::new(Intake::new(1));
        let (to_writer, work) = channel::<Work>();
        let doors = RwLock::new(Some(Doors { intake: Arc::clone(&intake), writer: to_writer.clone() }));
        let size = shared.published.borrow().checkpoint.size;
        let writer = WriterActor {
            shared: Arc::clone(&shared),
            writer: Some(writer),
            work,
            tickets: Tickets::default(),
        };
        let publisher = PublisherActor {
            shared: Arc::clone(&shared),
            publisher: Some(publisher),
            settled: size,
            published: size,
            frontier: None,
        };
        Ok(Self {
            ledger: Ledger(Arc::new(Handle { shared, doors, threads: Mutex::default() })),
            intake,
            unverified: 0,
            verifier: Verifier::default(),
            lots: Vec::new(),
            to_writer,
            writer: Rc::new(RefCell::new(writer)),
            publisher: Rc::new(RefCell::new(publisher)),
        })
    }

    pub(super) fn submit(
        &mut self,
        text: &str,
        expected: Option<u32>,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        let receiver = self.ledger.submit(text.to_owned(), expected)?;
        self.unverified += 1;
        Ok(receiver)
    }

    pub(super) fn erase(&self, worker: WorkerId) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        self.ledger.0.ask_writer(|reply| Work::Erase { worker, basis: ErasureBasis::Order, reply })
    }

    /// One of so many verifiers that are awake takes a lot and checks it; how many statements that were.
    pub(super) fn verify(&mut self, awake: usize) -> usize {
        if self.unverified == 0 {
            return 0;
        }
        let shared = &self.ledger.0.shared;
        let (ticket, jobs) = self.intake.lot_beside(awake);
        let count = jobs.len();
        self.unverified -= count;
        self.lots.push(Work::Lot { ticket, lot: self.verifier.verify(shared, jobs) });
        count
    }

    /// A verifier is done: its lot goes to the writer, whatever its ticket.
    pub(super) fn hand_over(&mut self, lot: usize) {
        self.to_writer.send(self.lots.swap_remove(lot)).unwrap();
    }

    /// The writer takes what is there; `meanwhile`, somebody comes in at the so-many-th moment.
    pub(super) fn write(&mut self, meanwhile: Option<(usize, Meanwhile)>) {
        match meanwhile {
            Some((skip, Meanwhile::Publisher(publishing))) => {
                let publisher = Rc::clone(&self.publisher);
                between(skip, move || publisher.borrow_mut().step(publishing));
            }
            Some((skip, Meanwhile::Reader(workers))) => {
                let ledger = self.ledger.clone();
                between(skip, move || read_all(&ledger, &workers));
            }
            None => {}
        }
        self.writer.borrow_mut().step();
        between_nothing();
    }

    /// The publisher takes a step. `meanwhile`: the writer comes in.
    pub(super) fn publish(&mut self, publishing: Publishing, meanwhile: bool) {
        if meanwhile {
            let writer = Rc::clone(&self.writer);
            between(0, move || writer.borrow_mut().step());
        }
        self.publisher.borrow_mut().step(publishing);
        between_nothing();
    }

    /// Ends as `Ledger::close` does: everything accepted is answered, then published.
    pub(super) fn finish(&mut self, mut verified: impl FnMut(usize)) {
        while self.unverified > 0 {
            verified(self.verify(1));
        }
        while !self.lots.is_empty() {
            self.hand_over(0);
        }
        self.write(None);
        self.ledger.0.shared.finish();
        self.publish(Publishing::Settle, false);
        self.publish(Publishing::Publish, false);
    }
}

/// Everything shown fits together at any moment, and nothing is shown that is not acknowledged.
fn read_all(ledger: &Ledger, workers: &[WorkerId]) {
    let size = *ledger.size().borrow();
    assert_eq!(ledger.entries(0, 1000, usize::MAX).unwrap().len() as u64, size, "entries that can be read");
    assert!(ledger.published().borrow().checkpoint.size <= size, "a checkpoint is ahead of the log");
    for worker in workers {
        let records = ledger.worker(*worker).unwrap().unwrap_or_default();
        assert!(records.iter().all(|one| one.record.leaf < size), "a record is ahead of the log");
    }
}

impl WriterActor {
    fn step(&mut self) {
        let Ok(first) = self.work.try_recv() else { return };
        let Some(writer) = &mut self.writer else { return };
        if let Err(why) = writer.turn(first, &self.work, &mut self.tickets) {
            // As its thread does; what is still in the queue is dropped.
            self.shared.fail(&why);
            self.shared.finish();
            self.writer = None;
            self.tickets = Tickets::default();
            self.work.try_iter().for_each(drop);
        }
    }
}

impl PublisherActor {
    fn step(&mut self, publishing: Publishing) {
        if let Err(error) = self.act(publishing) {
            self.shared.fail(&error.to_string());
        }
        if self.shared.has_failed() {
            self.publisher = None;
        }
    }

    fn act(&mut self, publishing: Publishing) -> Result<(), OpenError> {
        let Some(publisher) = self.publisher.as_mut().filter(|_| !self.shared.has_failed()) else {
            return Ok(());
        };
        match publishing {
            Publishing::Settle => {
                let mut snapshot = publisher.wait(self.settled, Duration::ZERO);
                publisher.take_up(&mut snapshot, self.settled)?;
                self.settled = snapshot.frontier.size();
                self.frontier = Some(snapshot.frontier);
            }
            Publishing::Publish => {
                let Some(frontier) = self.frontier.take_if(|frontier| frontier.size() > self.published)
                else {
                    return Ok(());
                };
                publisher.publish(&frontier)?;
                self.published = frontier.size();
            }
        }
        Ok(())
    }
}
