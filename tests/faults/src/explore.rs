//! Power lost at every moment of a life without faults, and again at every moment of the recovery from it.

use std::collections::HashSet;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::chance::Chance;
use crate::check::check;
use crate::crash::{Crash, Tree, fingerprint, materialise};
use crate::disk::Disk;
use crate::promise::{Promises, mark};
use crate::script;
use crate::trace::{Act, Op, encode_mark};
use crate::work::{End, Fault, Place, process};

/// Sampled outcomes of a crash at one moment, beside "nothing survived" and "everything did".
const SAMPLES: u64 = 4;
/// Of so many states one is lived on from, under a trace of its own.
const LIVED_ON: usize = 50;
/// So many records into the new life the recovery is over.
const RECOVERY: usize = 120;

/// One state that a crash leaves.
#[derive(Clone)]
struct State {
    moment: usize,
    crash: Crash,
    tree: Tree,
    promises: Promises,
}

/// Which states.
pub struct Wanted {
    /// So many; 0: all.
    pub states: usize,
    pub seed: u64,
    /// Only while a step of this name is tried.
    pub during: String,
}

impl Wanted {
    fn is_during(&self, step: usize) -> bool {
        self.during.is_empty() || format!("{:?}", script::life()[step]).starts_with(&self.during)
    }
}

/// Lives once, crashes at the states that are wanted and checks each.
pub fn run(wanted: &Wanted) -> Result<(), String> {
    let place = Place::new("explore").map_err(|error| error.to_string())?;
    live(&place)?;
    let ops = place.ops()?;
    let mut chance = Chance::new(wanted.seed);
    let promises = Promises::of(&ops);
    println!(
        "a life: {} writes, truncations, renames, removals and fsyncs; {} entries acknowledged, {} checkpoints published",
        ops.iter().filter(|op| !matches!(op.act, Act::Mark(_))).count(),
        promises.acknowledged.len(),
        promises.published.len()
    );
    let checks = Checks::start();
    let (mut count, mut moments, mut lived_on) = (0, HashSet::new(), Vec::new());
    let marks = Promises::steps(&ops);
    let during: Vec<bool> = marks.iter().map(|step| wanted.is_during(*step)).collect();
    if !during.contains(&true) {
        return Err(format!("no step of a life is called {:?} (script.rs)", wanted.during));
    }
    states(Disk::new(&place.root()), &ops, &during, wanted.states, &mut chance, |state| {
        count += 1;
        moments.insert(state.moment);
        if state.promises.founded && count % LIVED_ON == LIVED_ON / 2 {
            lived_on.push(state.clone());
        }
        checks.add(state);
    })?;
    let mut again = 0;
    for state in &lived_on {
        live_on(state, &ops, wanted.states, &mut chance, |state| {
            again += 1;
            checks.add(state);
        })?;
    }
    let failures = checks.end();
    println!(
        "power lost: {count} states at {} moments, and {again} states during {} recoveries; lost or contradicted: {}",
        moments.len(),
        lived_on.len(),
        failures.len()
    );
    failures.iter().take(20).for_each(|failure| println!("  {failure}"));
    if failures.is_empty() { Ok(()) } else { Err(format!("{} states break a promise", failures.len())) }
}

fn live(place: &Place) -> Result<(), String> {
    match process(place, Fault::None)? {
        End::Done => Ok(()),
        other => {
            let stopped = Promises::of(&place.ops()?).stopped;
            Err(format!("a life without faults ends with {other:?}: {stopped:?}"))
        }
    }
}

/// The life goes on from a crashed state; the states that a second crash leaves, soon after the start.
fn live_on(
    state: &State,
    ops: &[Op],
    wanted: usize,
    chance: &mut Chance,
    each: impl FnMut(State),
) -> Result<(), String> {
    let place = Place::new("again").map_err(|error| error.to_string())?;
    materialise(&state.tree, &place.root()).map_err(|error| error.to_string())?;
    // What was promised before stands at the head of the new trace.
    let before = ops.iter().take(state.moment + 1);
    let marks = before.filter_map(|op| if let Act::Mark(text) = &op.act { Some(text) } else { None });
    let marks: Vec<u8> = marks.flat_map(|text| encode_mark(text)).collect();
    std::fs::write(place.trace(), marks).map_err(|error| error.to_string())?;
    live(&place).map_err(|why| format!("moment {}, {:?}: {why}", state.moment, state.crash))?;
    let mut ops = place.ops()?;
    let start = ops.iter().position(|op| !matches!(op.act, Act::Mark(_))).unwrap_or(0);
    ops.truncate(start + RECOVERY);
    // Of the whole long target a share: these lives are many.
    let wanted = if wanted == 0 { 60 } else { (wanted / 20).max(1) };
    let later: Vec<bool> = (0..ops.len()).map(|moment| moment >= start).collect();
    states(Disk::with(&place.root(), &state.tree)?, &ops, &later, wanted, chance, each)
}

/// The states of a trace at the moments that are `meant`: at each nothing, everything, and some of it survived; each different one once. As many
/// as `wanted` of them, spread by chance.
fn states(
    mut disk: Disk,
    ops: &[Op],
    meant: &[bool],
    wanted: usize,
    chance: &mut Chance,
    mut each: impl FnMut(State),
) -> Result<(), String> {
    let share = if wanted == 0 { u64::MAX } else { wanted as u64 };
    // About half of the outcomes are alike.
    let all = (meant.iter().filter(|is| **is).count() as u64 * (2 + SAMPLES) / 2).max(1);
    let mut promises = Promises::default();
    let mut seen = HashSet::new();
    for (moment, op) in ops.iter().enumerate() {
        disk.apply(op)?;
        mark(op).into_iter().for_each(|mark| promises.take(mark));
        if !meant[moment] {
            continue;
        }
        let sampled: Vec<Crash> = (0..SAMPLES).map(|_| Crash::Sampled(chance.next())).collect();
        for crash in [Crash::Dropped, Crash::Kept].into_iter().chain(sampled) {
            if chance.next() % all >= share {
                continue;
            }
            let tree = crash.leaves(&disk);
            let promised = (promises.acknowledged.len(), promises.published.len(), promises.trying);
            // The same files with the same promises were checked before.
            if seen.insert((fingerprint(&tree), promised)) {
                each(State { moment, crash, tree, promises: promises.clone() });
            }
        }
    }
    Ok(())
}

/// Checks on both hands, a few states ahead.
struct Checks {
    door: SyncSender<State>,
    hands: Vec<JoinHandle<Vec<String>>>,
}

impl Checks {
    fn start() -> Self {
        let (door, states) = sync_channel::<State>(8);
        let states = Arc::new(Mutex::new(states));
        let work = |hand: u32| {
            let states = Arc::clone(&states);
            move || {
                let mut failures = Vec::new();
                loop {
                    let next = states.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(state) = next else { return failures };
                    if let Err(why) = check_state(&format!("state-{hand}"), &state) {
                        failures.push(format!("moment {}, {:?}: {why}", state.moment, state.crash));
                    }
                }
            }
        };
        Self { door, hands: (0..2).map(|hand| std::thread::spawn(work(hand))).collect() }
    }

    fn add(&self, state: State) {
        self.door.send(state).expect("hands that work");
    }

    /// What was broken.
    fn end(self) -> Vec<String> {
        drop(self.door);
        let of =
            |hand: JoinHandle<Vec<String>>| hand.join().unwrap_or_else(|_| vec!["the check panicked".into()]);
        self.hands.into_iter().flat_map(of).collect()
    }
}

fn check_state(name: &str, state: &State) -> Result<(), String> {
    let place = Place::new(name).map_err(|error| error.to_string())?;
    materialise(&state.tree, &place.root()).map_err(|error| error.to_string())?;
    check(&place.root(), &state.promises)
}
