//! Every system call of a life fails once; afterwards the process is started again, goes on, and loses power.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chance::Chance;
use crate::check::check;
use crate::crash::{Crash, materialise};
use crate::disk::Disk;
use crate::promise::{Promises, mark};
use crate::trace::{self, Act, Op};
use crate::work::{Call, End, Fault, Place, process};

/// How a call of a kind can fail. `FULL`: from there on the disk is full, until the process is started again. `KILL`: the
/// process is killed at the call.
fn whats(call: &Call) -> &'static [&'static str] {
    match trace::KINDS[call.kind] {
        "write" => &["EIO", "ENOSPC", "EINTR", "SHORT", "FULL", "KILL"],
        "read" => &["EIO", "EINTR", "SHORT"],
        "open" | "sync_file_range" => &["EIO", "EINTR"],
        "fsync" | "fsync of directory" | "truncate" => &["EIO", "ENOSPC", "EINTR", "KILL"],
        "create" | "mkdir" | "rename" => &["EIO", "ENOSPC", "FULL", "KILL"],
        "stat" | "list" => &["EIO"],
        _ => &["EIO", "KILL"],
    }
}

/// A process that its ledger stopped is started again at most so often.
const STARTS_MAX: usize = 4;
/// Moments after the fault at which power is lost, beside the end.
const MOMENTS: usize = 3;

/// So many faults later a line tells how far it is.
const TELL_EVERY: u64 = 250;

/// What came of the faults.
#[derive(Default)]
struct Report {
    /// So many are to be injected.
    wanted: usize,
    faults: BTreeMap<&'static str, u64>,
    /// Call and file of those that failed.
    places: BTreeMap<String, u64>,
    stopped: u64,
    states: u64,
    failures: Vec<String>,
}

impl Report {
    fn injected(&self) -> u64 {
        self.faults.values().sum()
    }

    /// A long run is watched by these lines; what it found is told at once.
    fn tell_progress(&self) {
        let done = self.injected();
        if done.is_multiple_of(TELL_EVERY) {
            let (wanted, states, lost) = (self.wanted, self.states, self.failures.len());
            eprintln!("{done} of {wanted} faults; power lost: {states} states; lost or contradicted: {lost}");
        }
    }
}

/// What is to fail.
pub struct Wanted {
    /// So many; 0: each kind at every call.
    pub faults: usize,
    pub seed: u64,
    /// At calls whose place contains this.
    pub at: String,
    /// Of this kind alone.
    pub what: Option<String>,
}

/// Injects them.
pub fn run(wanted: &Wanted) -> Result<(), String> {
    let calls = list_calls()?;
    let mut chance = Chance::new(wanted.seed);
    let faults = choose(&calls, wanted, &mut chance);
    if faults.is_empty() {
        return Err(format!("no call of a life is at {:?} and can fail as {:?}", wanted.at, wanted.what));
    }
    let report = Arc::new(Mutex::new(Report { wanted: faults.len(), ..Report::default() }));
    let work = Arc::new(Mutex::new(
        faults.into_iter().map(|fault| (fault, chance.next())).collect::<Vec<_>>().into_iter(),
    ));
    let hands: Vec<_> = (0..2)
        .map(|hand| {
            let (work, report) = (Arc::clone(&work), Arc::clone(&report));
            std::thread::spawn(move || {
                loop {
                    let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((fault, seed)) = next else { return };
                    inject(&format!("fault-{hand}"), &fault, seed, &report);
                }
            })
        })
        .collect();
    for hand in hands {
        hand.join().map_err(|_| "the check panicked")?;
    }
    let report = report.lock().unwrap_or_else(PoisonError::into_inner);
    print(&report, calls.values().sum());
    if report.failures.is_empty() {
        Ok(())
    } else {
        Err(format!("{} faults break a promise", report.failures.len()))
    }
}

fn print(report: &Report, calls: usize) {
    if std::env::var_os("FAULTS_PLACES").is_some() {
        report.places.iter().for_each(|(place, count)| println!("{count:6} {place}"));
    }
    let kinds: Vec<String> = report.faults.iter().map(|(what, count)| format!("{count} {what}")).collect();
    println!(
        "faults injected: {} among {calls} calls ({}), at {} kinds of call; {} times the ledger stopped and was started again; power \
         lost afterwards: {} states; lost or contradicted: {}",
        report.injected(),
        kinds.join(", "),
        report.places.len(),
        report.stopped,
        report.states,
        report.failures.len()
    );
    report.failures.iter().take(30).for_each(|failure| println!("  {failure}"));
}

/// The calls of a life, and how many of each.
fn list_calls() -> Result<BTreeMap<Call, usize>, String> {
    let place = Place::new("calls").map_err(|error| error.to_string())?;
    match process(&place, Fault::List)? {
        End::Done => {}
        other => return Err(format!("a life without faults ends with {other:?}")),
    }
    let is_call = |op: &&Op| matches!(op.act, Act::Call { .. });
    let mut calls = BTreeMap::new();
    for op in place.ops()?.iter().filter(is_call) {
        *calls.entry(Call::of(&place, op)).or_default() += 1;
    }
    Ok(calls)
}

/// Every fault, in an order of chance, so that a run that is ended early has tried all kinds; or as many as wanted: kinds of call in turn,
/// so that one that is made often does not crowd out the others.
fn choose(calls: &BTreeMap<Call, usize>, wanted: &Wanted, chance: &mut Chance) -> Vec<Fault> {
    let meant = calls.iter().filter(|(call, _)| call.to_string().contains(&wanted.at));
    let mut turns: Vec<(&Call, usize, &'static str)> =
        meant.flat_map(|(call, count)| whats(call).iter().map(move |what| (call, *count, *what))).collect();
    turns.retain(|(_, _, what)| wanted.what.as_ref().is_none_or(|wanted| wanted == what));
    if wanted.faults == 0 {
        let each = |(call, count, what): (&Call, usize, _)| {
            let call = call.clone();
            (0..count).map(move |at| Fault::At(call.clone(), at, what))
        };
        let mut all: Vec<Fault> = turns.into_iter().flat_map(each).collect();
        shuffle(&mut all, chance);
        return all;
    }
    shuffle(&mut turns, chance);
    // What was found to break most comes first, however few are wanted.
    turns.sort_by_key(|(call, _, what)| *what != "EIO" || !trace::KINDS[call.kind].starts_with("fsync"));
    let turns = turns.iter().cycle().take(if turns.is_empty() { 0 } else { wanted.faults });
    turns.map(|(call, count, what)| Fault::At((*call).clone(), chance.below(*count), what)).collect()
}

fn shuffle<T>(items: &mut [T], chance: &mut Chance) {
    (0..items.len()).rev().for_each(|last| items.swap(last, chance.below(last + 1)));
}

fn inject(name: &str, fault: &Fault, seed: u64, report: &Mutex<Report>) {
    let Fault::At(call, at, what) = fault else { return };
    let outcome = suffer(name, fault.clone(), seed);
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    *report.faults.entry(*what).or_default() += 1;
    match outcome {
        Ok(suffered) => {
            report.stopped += suffered.starts;
            report.states += suffered.states;
            *report.places.entry(call.to_string()).or_default() += 1;
        }
        Err(why) => {
            let failure = format!("{what} at {call}, number {at}: {why}");
            eprintln!("{failure}");
            report.failures.push(failure);
        }
    }
    report.tell_progress();
}

struct Suffered {
    starts: u64,
    states: u64,
}

fn suffer(name: &str, fault: Fault, seed: u64) -> Result<Suffered, String> {
    let place = Place::new(name).map_err(|error| error.to_string())?;
    let mut end = process(&place, fault)?;
    let suffered = place.ops()?.len();
    let mut starts = 0;
    while end != End::Done {
        if !matches!(end, End::Stopped | End::Killed) {
            return Err(format!("the process ends with {end:?}"));
        }
        let stopped = Promises::of(&place.ops()?).stopped;
        if starts == STARTS_MAX as u64 {
            return Err(format!("it does not recover: {stopped:?}"));
        }
        starts += 1;
        end = process(&place, Fault::None)?;
    }
    let ops = place.ops()?;
    let states = lose_power(&place, &ops, suffered, seed)?;
    Ok(Suffered { starts, states })
}

/// At the end, and at moments after the fault.
fn lose_power(place: &Place, ops: &[Op], from: usize, seed: u64) -> Result<u64, String> {
    let mut chance = Chance::new(seed);
    let later = ops.len().saturating_sub(from);
    let mut moments: Vec<usize> = (0..MOMENTS).map(|_| from + chance.below(later)).collect();
    // The fault itself, wherever a promise was made soon behind it, and the end.
    moments.extend(ops.iter().position(|op| op.errno != 0).map(|at| at + 1 + chance.below(40)));
    moments.push(ops.len() - 1);
    let (mut disk, mut promises, mut count) = (Disk::new(&place.root()), Promises::default(), 0);
    for (moment, op) in ops.iter().enumerate() {
        disk.apply(op)?;
        mark(op).into_iter().for_each(|mark| promises.take(mark));
        if !promises.broken.is_empty() {
            return Err(promises.broken.join("; "));
        }
        if moments.contains(&moment) {
            for crash in [Crash::Dropped, Crash::Sampled(chance.next())] {
                let left = Place::new(&format!("left-{seed}")).map_err(|error| error.to_string())?;
                materialise(&crash.leaves(&disk), &left.root()).map_err(|error| error.to_string())?;
                count += 1;
                check(&left.root(), &promises).map_err(|why| {
                    format!("power lost at moment {moment} of {}, {crash:?}: {why}", ops.len())
                })?;
            }
        }
    }
    Ok(count)
}
