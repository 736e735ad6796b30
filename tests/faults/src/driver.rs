//! Lives the script against a ledger, under the preloaded library, and marks what it was promised.
//!
//! Where a step fails it is tried once more, as a client would; where the ledger has stopped, the process ends with
//! [`STOPPED`], and the next process goes on with the same step.

use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use skillpass::ledger::{
    Acknowledgement, AppendError, Clock, Ledger, ManualClock, OpenError, Options, rebuild,
};
use skillpass::tlog::leaf_hash;

use crate::cast::{NOW_MS, ORIGIN, Saying, founding, worker_id};
use crate::promise::{Acknowledged, Mark, Promises};
use crate::script::{Step, life};

/// The process was stopped by its ledger and has to be started again.
pub const STOPPED: u8 = 10;
/// Small, so that a short life fills several.
const SEGMENT_BYTES: u32 = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(120);

/// A process of its own.
pub struct Driver {
    /// Everything stands below it.
    pub root: PathBuf,
    /// The ledger's directory.
    pub dir: PathBuf,
    pub promises: Promises,
    pub ledger: Option<Ledger>,
    pub runtime: tokio::runtime::Runtime,
}

/// Why a step did not work out.
pub enum Failure {
    /// The ledger does not serve, or did not open: it wants to be started again.
    Stop(String),
    /// This call failed, others may not.
    Again(String),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Again(format!("{}: {error}", error.reason()))
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        let text = format!("{}: {error}", error.reason);
        if error.reason == "NOT_SERVING" { Self::Stop(text) } else { Self::Again(text) }
    }
}

pub fn again(error: impl std::fmt::Display) -> Failure {
    Failure::Again(error.to_string())
}

/// How the ledger of tests works.
pub fn options() -> Options {
    Options {
        verifiers: 1,
        checkpoint_interval: Duration::from_millis(5),
        segment_bytes: SEGMENT_BYTES,
        ..Options::default()
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(NOW_MS))
}

/// Lives on from where the trace ends; the exit code.
pub fn run(root: &Path, promises: Promises) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let dir = promises.home(root);
    let mut driver = Driver { root: root.to_owned(), dir, ledger: None, runtime, promises };
    match driver.live() {
        Ok(()) => 0,
        Err(why) => {
            driver.mark(Mark::Stopped(why));
            STOPPED
        }
    }
}

impl Driver {
    fn live(&mut self) -> Result<(), String> {
        let steps = life();
        let from = self.promises.trying;
        if self.promises.founded && is_served(&steps[from]) {
            self.open()?;
        }
        for (number, step) in steps.iter().enumerate().skip(from) {
            self.mark(Mark::Trying(number));
            for attempt in 0.. {
                match self.step(step) {
                    Ok(()) => break,
                    Err(Failure::Stop(why)) => return Err(format!("step {number} {step:?}: {why}")),
                    Err(Failure::Again(why)) if attempt == 1 => {
                        return Err(format!("step {number} {step:?}, twice: {why}"));
                    }
                    Err(Failure::Again(_)) => {}
                }
            }
        }
        Ok(())
    }

    pub fn mark(&mut self, mark: Mark) {
        let text = serde_json::to_string(&mark).expect("marks are plain");
        self.promises.take(mark);
        // Present only where the library was preloaded.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"faults_mark".as_ptr()) };
        if symbol.is_null() {
            return println!("{text}");
        }
        let text = CString::new(text).expect("no zero bytes in JSON");
        let put: unsafe extern "C" fn(*const c_char) = unsafe { std::mem::transmute(symbol) };
        unsafe { put(text.as_ptr()) }
    }

    pub fn ledger(&self) -> Result<Ledger, Failure> {
        self.ledger.clone().ok_or_else(|| Failure::Stop("no ledger is open".to_owned()))
    }

    fn open(&mut self) -> Result<(), String> {
        let opened = Ledger::open(&self.dir, options(), clock());
        self.ledger = Some(opened.map_err(|error| format!("it does not open: {}: {error}", error.reason()))?);
        self.note_published();
        Ok(())
    }

    /// What anybody may have seen published by now.
    pub fn note_published(&mut self) {
        let Some(ledger) = &self.ledger else { return };
        let checkpoint = ledger.published().borrow().checkpoint.clone();
        self.mark(Mark::Published { size: checkpoint.size, root: checkpoint.root });
    }

    fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Found => self.found(),
            Step::Open if self.ledger.is_some() => Ok(()),
            Step::Open => self.open().map_err(Failure::Stop),
            Step::Say(sayings) => self.say(sayings),
            Step::Publish => self.publish(),
            Step::Allocate(count) => self.allocate(*count),
            Step::Block { worker, body } => self.block(*worker, body),
            Step::Note(worker) => {
                self.mark(Mark::Noted);
                self.ledger()?.note_access(worker_id(*worker), b"looked", |_| None).map_err(again)
            }
            Step::Operator { name, named } => self.operator(name, *named),
            Step::Review => self.review(),
            Step::Erase(worker) => self.erase(*worker),
            Step::Rotate => self.rotate(),
            Step::ReplaceKey { log } => self.replace_key(*log),
            Step::Share { worker, name } => self.share(*worker, *name),
            Step::Unshare { worker, name } => self.unshare(*worker, *name),
            Step::Close => self.close(),
            Step::Rebuild => rebuild(&self.dir).map(|_| ()).map_err(|error| stop(&error)),
            Step::Cosign => self.cosign(),
            Step::Backup => self.backup(),
            Step::Restore => self.restore(),
            Step::ReadCopy => self.read_copy(),
            Step::Recover => self.recover(),
            Step::Relock => self.relock(),
            Step::Succeed => self.succeed(),
        }
    }

    fn close(&mut self) -> Result<(), Failure> {
        let Some(ledger) = self.ledger.take() else { return Ok(()) };
        ledger.close();
        let failed = *ledger.size().borrow() > ledger.published().borrow().checkpoint.size;
        self.ledger = Some(ledger);
        self.note_published();
        self.ledger = None;
        if failed { Err(Failure::Stop("it closed without publishing".to_owned())) } else { Ok(()) }
    }

    /// A founding that was cut short is no ledger: whoever founds it again takes away what it left, as `init` says.
    fn found(&mut self) -> Result<(), Failure> {
        match Ledger::init(&self.dir, &founding(ORIGIN), &*clock()) {
            Ok(_) => {
                self.mark(Mark::Founded);
                Ok(())
            }
            Err(error) => {
                remove_ledger(&self.dir).map_err(again)?;
                Err(Failure::Again(format!("{}: {error}", error.reason())))
            }
        }
    }

    fn say(&mut self, sayings: &[Saying]) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        let mut waiting = Vec::new();
        for saying in sayings {
            let text = saying.text(&self.promises.indexes);
            waiting.push((saying, ledger.submit_with(text, None, saying.document())?));
        }
        let mut failed = None;
        for (saying, answer) in waiting {
            let answer = answer.blocking_recv().unwrap_or_else(|_| Err(not_serving()));
            match answer {
                Ok(acknowledgement) => self.acknowledged(Some(saying), &acknowledgement)?,
                Err(error) => failed = Some(Failure::from(error)),
            }
        }
        self.note_published();
        failed.map_or(Ok(()), Err)
    }

    pub fn acknowledged(&mut self, saying: Option<&Saying>, answer: &Acknowledgement) -> Result<(), Failure> {
        // A read may fail where an append did not: what was acknowledged stays so.
        let entry = (0..3).find_map(|_| self.ledger().ok()?.entry(answer.leaf).ok().flatten());
        let Some(entry) = entry else {
            return Err(Failure::Again(format!("leaf {} was acknowledged and cannot be read", answer.leaf)));
        };
        self.mark(Mark::Acknowledged(Acknowledged {
            number: saying.map(|saying| saying.number),
            worker: saying.and_then(Saying::worker),
            leaf: answer.leaf,
            revision: answer.revision,
            recorded_at: answer.recorded_at,
            leaf_hash: leaf_hash(&entry),
        }));
        Ok(())
    }

    fn publish(&mut self) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        let size = *ledger.size().borrow();
        let mut published = ledger.published();
        let mut serving = || {
            // The publisher may have failed meanwhile: nothing more is published then.
            self.runtime.block_on(async {
                let covered = published.wait_for(|published| published.checkpoint.size >= size);
                tokio::time::timeout(Duration::from_millis(50), covered).await.is_ok()
            })
        };
        let until = std::time::Instant::now() + PATIENCE;
        while !serving() {
            if !ledger.is_serving() || std::time::Instant::now() > until {
                return Err(Failure::Stop("nothing is published any more".to_owned()));
            }
        }
        self.note_published();
        Ok(())
    }
}

/// Whether a process that goes on with this step opens the ledger first.
fn is_served(step: &Step) -> bool {
    let alone = [Step::Found, Step::Open, Step::Rebuild, Step::Restore, Step::ReadCopy, Step::Recover];
    !alone.contains(step) && !matches!(step, Step::Relock | Step::Succeed)
}

pub fn stop(error: &OpenError) -> Failure {
    Failure::Stop(format!("{}: {error}", error.reason()))
}

fn not_serving() -> AppendError {
    AppendError {
        reason: "NOT_SERVING",
        message: "the answer was dropped".to_owned(),
        help: "",
        kind: skillpass::ledger::AppendErrorKind::Unavailable,
    }
}

/// Takes away what a founding left: DIR and what stands beside it.
pub fn remove_ledger(dir: &Path) -> std::io::Result<()> {
    let parent = dir.parent().unwrap_or(Path::new("/"));
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for item in std::fs::read_dir(parent)? {
        let path = item?.path();
        if path.file_name().is_some_and(|found| found.to_string_lossy().starts_with(&name)) {
            if path.is_dir() { std::fs::remove_dir_all(&path)? } else { std::fs::remove_file(&path)? }
        }
    }
    Ok(())
}
