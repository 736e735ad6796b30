//! One seed played: who acts next, what goes wrong, and after each step whether everything promised still holds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::acts::Next;
use super::calls::Calls;
use super::cast::Cast;
use super::chance::Chance;
use super::disk::Disk;
use super::model::{Model, ensure};
use super::process::Process;
use super::store::{Database, crash};
use crate::crypto::{SeededEntropy, seeded};
use crate::event::Kind;
use crate::ledger::{Clock as _, Ledger, fsck};
use crate::vault::change::listen;

const STEPS: usize = 500;

/// How often what was played.
pub(super) type Played = BTreeMap<&'static str, usize>;

pub(super) struct Play {
    pub(super) chance: Chance,
    pub(super) cast: Cast,
    _temp: tempfile::TempDir,
    pub(super) dir: PathBuf,
    pub(super) disk: Rc<RefCell<Disk>>,
    database: Database,
    pub(super) calls: Rc<RefCell<Calls>>,
    pub(super) model: Model,
    /// None between two lives.
    pub(super) process: Option<Process>,
    /// Where a subscriber is.
    pub(super) subscribed: u64,
    pub(super) history: Vec<String>,
    pub(super) played: Played,
}

impl Drop for Play {
    fn drop(&mut self) {
        listen(None);
        seeded::set(None);
    }
}

impl Play {
    pub(super) fn new(seed: u64) -> Result<Self, String> {
        seeded::set(Some(SeededEntropy::new(&format!("simulation {seed}"))));
        let cast = Cast::new();
        // In memory, where there is such a place: nobody waits for a real disk.
        let memory = Path::new("/dev/shm");
        let temp = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let dir = temp.path().join("ledger");
        Ledger::init(&dir, &cast.founding(), &*cast.clock).unwrap();
        let mut play = Self {
            chance: Chance::new(seed),
            disk: Rc::new(RefCell::new(Disk::of(temp.path()))),
            cast,
            _temp: temp,
            dir,
            database: Database::default(),
            calls: Rc::default(),
            model: Model::default(),
            process: None,
            subscribed: 0,
            history: Vec::new(),
            played: Played::new(),
        };
        play.listen();
        play.open()?;
        play.model.founded(&play.process.as_ref().unwrap().ledger)?;
        for text in play.cast.authorisation() {
            let sent = play.note_statement(text, Kind::IssuerAuthorised, None);
            play.submit(sent, None);
        }
        play.finish()?;
        Ok(play)
    }

    /// Everything that changes files goes over the simulated disk; what is answered before one fails is taken down first.
    fn listen(&self) {
        let (disk, calls) = (Rc::clone(&self.disk), Rc::clone(&self.calls));
        listen(Some(Box::new(move |change| {
            let mut disk = disk.borrow_mut();
            let had_failed = disk.failed;
            let changed = disk.change(change);
            if changed.is_err() {
                calls.borrow_mut().collect(had_failed);
            }
            changed
        })));
    }

    pub(super) fn run(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step()?;
        }
        self.finish()?;
        self.end(false);
        self.count("erasures", self.model.erasures());
        self.log(format!("disk {:02x?}", self.disk.borrow().digest));
        Ok(())
    }

    pub(super) fn log(&mut self, line: String) {
        self.history.push(line);
    }

    pub(super) fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    fn step(&mut self) -> Result<(), String> {
        self.count("steps", 1);
        let open_before = self.model.open();
        let next = self.act()?;
        self.judge(&open_before)?;
        let (lost, failed) = (self.disk.borrow().lost, self.disk.borrow().failed);
        match next {
            Next::Finish => self.finish(),
            Next::Crash => self.crash(),
            Next::Step if lost || failed && self.chance.one_in(6) => self.crash(),
            Next::Step => Ok(()),
        }
    }

    /// Everything that was answered in a step, against the model.
    fn judge(&mut self, open_before: &[bool]) -> Result<(), String> {
        let (failed, lost) = (self.disk.borrow().failed, self.disk.borrow().lost);
        self.calls.borrow_mut().collect(failed);
        let answers = self.calls.borrow_mut().take_answers();
        for answer in &answers {
            self.count(if answer.outcome.is_ok() { "acknowledgements" } else { "refusals" }, 1);
            let told = answer.outcome.as_ref().map_err(|error| error.reason);
            let told = told.map(|ack| (ack.leaf, ack.revision, ack.recorded_at, ack.repeated));
            self.history.push(format!("  {} {:?}: {told:?}", answer.number, answer.asked));
        }
        let ledger = &self.process.as_ref().unwrap().ledger;
        self.model.see_entries(ledger, Some(self.cast.clock.now_ms()))?;
        self.model.judge(answers, open_before, self.cast.clock.now_ms())?;
        if failed || lost {
            ensure!(!ledger.is_serving(), "the ledger goes on after what the disk refused");
            return Ok(());
        }
        self.model.all_told()
    }

    /// Everything accepted is answered and published.
    fn finish(&mut self) -> Result<(), String> {
        self.log("finish".to_owned());
        let open_before = self.model.open();
        let (calls, now) = (Rc::clone(&self.calls), self.cast.clock.now_ms());
        self.process().finish(|count| calls.borrow_mut().verified(count, now));
        self.judge(&open_before)?;
        self.model.checkpoint(&self.process.as_ref().unwrap().ledger)?;
        if self.disk.borrow().failed || self.disk.borrow().lost {
            self.crash()?;
            return self.finish();
        }
        ensure!(self.calls.borrow().waiting() == 0, "somebody is not answered");
        let (size, published) = (self.model.entries.len() as u64, self.model.published.0);
        ensure!(size == published, "{size} entries, and a checkpoint over {published}");
        self.end(false);
        self.start()
    }

    /// All in memory goes, and with the power what was not synced.
    pub(super) fn end(&mut self, power: bool) {
        self.calls.borrow_mut().forget();
        listen(None);
        self.process = None;
        let mut disk = self.disk.borrow_mut();
        crash(&self.database, &mut self.chance);
        if power {
            disk.lose_power(&mut self.chance);
        } else {
            disk.restart();
        }
        drop(disk);
        self.listen();
    }

    fn crash(&mut self) -> Result<(), String> {
        let power = self.disk.borrow().lost || self.chance.one_in(2);
        self.count_end(power);
        self.log(if power { "power loss" } else { "kill" }.to_owned());
        self.end(power);
        if self.chance.one_in(4) {
            self.plan();
        }
        self.start()
    }

    /// The next life, looked at from all sides.
    fn start(&mut self) -> Result<(), String> {
        self.open()?;
        self.model.started(&self.process.as_ref().unwrap().ledger)?;
        self.end(false);
        self.check_files()?;
        self.open()?;
        self.model.started(&self.process.as_ref().unwrap().ledger)
    }

    /// Between two lives.
    pub(super) fn check_files(&self) -> Result<(), String> {
        let report = fsck(&self.dir).map_err(|error| error.to_string())?;
        // The event store is in memory here.
        let found = report.findings.iter().find(|finding| finding.place != "sled");
        ensure!(found.is_none(), "fsck: {found:?}");
        Ok(())
    }

    /// Starts, and starts again where the disk fails on the way.
    pub(super) fn open(&mut self) -> Result<(), String> {
        loop {
            let clock = Arc::clone(&self.cast.clock);
            let opened = Process::start(&self.dir, clock, &self.database);
            let (lost, failed) = (self.disk.borrow().lost, self.disk.borrow().failed);
            match opened {
                Ok(process) => {
                    ensure!(!lost && !failed, "a start overlooks that the disk refused something");
                    self.process = Some(process);
                    return Ok(());
                }
                Err(error) => {
                    ensure!(lost || failed, "it does not start: {error}");
                    let power = lost || self.chance.one_in(2);
                    self.log(format!("it does not start; power loss: {power}"));
                    self.count_end(power);
                    self.end(power);
                }
            }
        }
    }

    fn count_end(&mut self, power: bool) {
        let failed = self.disk.borrow().failed;
        self.count("failed syncs", usize::from(failed));
        self.count(if power { "power losses" } else { "kills" }, 1);
    }

    pub(super) fn count(&mut self, what: &'static str, by: usize) {
        *self.played.entry(what).or_default() += by;
    }
}
