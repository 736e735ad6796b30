//! Power lost at every moment of a life without faults.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chance::Chance;
use crate::check::check;
use crate::crash::{Crash, Tree, fingerprint, materialise};
use crate::disk::Disk;
use crate::promise::{Promises, mark};
use crate::trace::Op;
use crate::work::{End, Fault, Place, process};

/// Sampled outcomes of a crash at one moment, beside "nothing survived" and "everything did".
const SAMPLES: u64 = 4;

/// One state that a crash leaves.
pub struct State {
    pub moment: usize,
    pub crash: Crash,
    pub tree: Tree,
    pub promises: Promises,
}

/// Lives once, crashes at `wanted` states (0: all) and checks each.
pub fn run(wanted: usize, seed: u64) -> Result<(), String> {
    let place = Place::new("explore").map_err(|error| error.to_string())?;
    match process(&place, Fault::None)? {
        End::Done => {}
        other => {
            let promises = Promises::of(&place.ops()?);
            return Err(format!("a life without faults ends with {other:?} {:?}", promises.stopped));
        }
    }
    let ops = place.ops()?;
    let changes = ops.iter().filter(|op| !matches!(op.act, crate::trace::Act::Mark(_))).count();
    let states = states(&place, &ops, wanted, seed)?;
    let count = states.len();
    let promises = Promises::of(&ops);
    let failures = check_all(states);
    println!(
        "power lost: {count} states at {} moments of {changes} writes, truncations, renames, removals and fsyncs; {} entries acknowledged, \
         {} checkpoints published; lost or contradicted: {}",
        ops.len(),
        promises.acknowledged.len(),
        promises.published.len(),
        failures.len()
    );
    for failure in failures.iter().take(20) {
        println!("  {failure}");
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("{} states break a promise", failures.len())) }
}

/// The states of a trace: at each moment nothing, everything, and some of it survived; each different one once. As many
/// as `wanted` of them, spread by chance.
fn states(place: &Place, ops: &[Op], wanted: usize, seed: u64) -> Result<Vec<State>, String> {
    let mut chance = Chance::new(seed);
    let share = if wanted == 0 { u64::MAX } else { wanted as u64 };
    let all = ops.len() as u64 * (2 + SAMPLES) / 2;
    let (mut disk, mut promises) = (Disk::new(&place.root()), Promises::default());
    let (mut seen, mut states) = (HashSet::new(), Vec::new());
    for (moment, op) in ops.iter().enumerate() {
        disk.apply(op)?;
        mark(op).into_iter().for_each(|mark| promises.take(mark));
        let sampled: Vec<Crash> = (0..SAMPLES).map(|_| Crash::Sampled(chance.next())).collect();
        for crash in [Crash::Dropped, Crash::Kept].into_iter().chain(sampled) {
            if chance.next() % all >= share {
                continue;
            }
            let tree = crash.leaves(&disk);
            // The same files with the same promises were checked before.
            if seen.insert((
                fingerprint(&tree),
                promises.acknowledged.len(),
                promises.published.len(),
                promises.trying,
            )) {
                states.push(State { moment, crash, tree, promises: promises.clone() });
            }
        }
    }
    Ok(states)
}

/// On both hands; what was broken.
pub fn check_all(states: Vec<State>) -> Vec<String> {
    let work = Arc::new(Mutex::new(states.into_iter().enumerate()));
    let hands: Vec<_> = (0..2)
        .map(|hand| {
            let work = Arc::clone(&work);
            std::thread::spawn(move || {
                let mut failures = Vec::new();
                loop {
                    let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, state)) = next else { return failures };
                    if let Err(why) = check_state(&format!("state-{hand}-{number}"), &state) {
                        failures.push(format!("moment {}, {:?}: {why}", state.moment, state.crash));
                    }
                }
            })
        })
        .collect();
    hands
        .into_iter()
        .flat_map(|hand| hand.join().unwrap_or_else(|_| vec!["the check panicked".into()]))
        .collect()
}

fn check_state(name: &str, state: &State) -> Result<(), String> {
    let place = Place::new(name).map_err(|error| error.to_string())?;
    materialise(&state.tree, &place.root()).map_err(|error| error.to_string())?;
    check(&place.data(), &state.promises)
}
