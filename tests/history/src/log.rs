//! The log as everybody sees it: checkpoints, subscriptions, and what is handed out once.

use std::collections::{BTreeMap, BTreeSet};

use crate::fold::{Folded, Operation};
use crate::{Answer, Broken, Event, Hash, Rule};

pub(crate) fn check(folded: &Folded<'_>, events: &[Event]) -> Result<(), Broken> {
    let roots = checkpoints(folded)?;
    generations(folded)?;
    indexes(folded)?;
    let entries = subscriptions(events)?;
    for (at, event) in events.iter().enumerate() {
        let Event::Log { leaves, roots: all } = event else { continue };
        in_the_log(folded, leaves)?;
        for (size, (shown, root)) in &roots {
            if usize::try_from(*size).ok().and_then(|size| all.get(size)) != Some(root) {
                let what =
                    format!("the checkpoint over {size} is no tree of the log, which holds {}", leaves.len());
                return Err(Broken::new(Rule::RootOfTheLog, *shown, what));
            }
        }
        for (leaf, hash) in &entries {
            if usize::try_from(*leaf).ok().and_then(|leaf| leaves.get(leaf)) != Some(hash) {
                let what = format!("leaf {leaf} of the log is not the entry that was given out");
                return Err(Broken::new(Rule::OneEntryALeaf, at, what));
            }
        }
    }
    Ok(())
}

/// Answers of one kind by when they came, each with the greatest value that had been answered before it was asked for.
fn grows<'a>(
    folded: &'a Folded<'_>,
    value: impl Fn(&Answer) -> Option<u64>,
) -> impl Iterator<Item = (&'a Operation<'a>, u64, u64)> {
    let mut by_answer: Vec<(usize, u64)> = Vec::new();
    for operation in &folded.operations {
        by_answer.extend(operation.answer.and_then(|(at, answer)| Some((at, value(answer)?))));
    }
    by_answer.sort_unstable();
    let mut greatest = 0;
    for (_, value) in &mut by_answer {
        greatest = greatest.max(*value);
        *value = greatest;
    }
    folded.operations.iter().filter_map(move |operation| {
        let value = value(operation.answer?.1)?;
        let before = by_answer.partition_point(|(at, _)| *at < operation.called);
        let greatest =
            before.checked_sub(1).and_then(|last| by_answer.get(last)).map_or(0, |(_, value)| *value);
        Some((operation, value, greatest))
    })
}

/// Size to when it was first seen and its root.
fn checkpoints(folded: &Folded<'_>) -> Result<BTreeMap<u64, (usize, Hash)>, Broken> {
    let size =
        |answer: &Answer| if let Answer::Checkpoint { size, .. } = answer { Some(*size) } else { None };
    for (operation, size, before) in grows(folded, size) {
        if size < before {
            let what = format!("a checkpoint over {size}, after one over {before} was seen");
            return Err(Broken::new(Rule::CheckpointsGrow, operation.answered(), what));
        }
    }
    let mut roots: BTreeMap<u64, (usize, Hash)> = BTreeMap::new();
    for operation in &folded.operations {
        let Some((at, Answer::Checkpoint { size, root })) = operation.answer else { continue };
        let (_, first) = roots.entry(*size).or_insert((at, *root));
        if first != root {
            return Err(Broken::new(Rule::OneRoot, at, format!("two trees of {size} leaves were signed")));
        }
    }
    Ok(roots)
}

fn generations(folded: &Folded<'_>) -> Result<(), Broken> {
    let number = |answer: &Answer| {
        if let Answer::Generation(number) = answer { Some(u64::from(*number)) } else { None }
    };
    for (operation, number, before) in grows(folded, number) {
        if number <= before {
            let what = format!("generation {number}, after {before} was in force");
            return Err(Broken::new(Rule::GenerationsGrow, operation.answered(), what));
        }
    }
    Ok(())
}

fn indexes(folded: &Folded<'_>) -> Result<(), Broken> {
    let mut handed = BTreeSet::new();
    for operation in &folded.operations {
        let Some((at, Answer::Allocated(indexes))) = operation.answer else { continue };
        for (list, index) in indexes {
            if !handed.insert((list, *index)) {
                return Err(Broken::new(
                    Rule::IndexOnce,
                    at,
                    format!("index {index} of {list} is handed out twice"),
                ));
            }
        }
    }
    Ok(())
}

fn subscriptions(events: &[Event]) -> Result<BTreeMap<u64, Hash>, Broken> {
    let mut next: BTreeMap<u64, u64> = BTreeMap::new();
    let mut entries: BTreeMap<u64, Hash> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Subscribed { subscription, from } => drop(next.insert(*subscription, *from)),
            Event::Entry { subscription, leaf, hash } => {
                let wanted = next.get_mut(subscription);
                if wanted.as_ref().is_none_or(|wanted| **wanted != *leaf) {
                    let what =
                        format!("subscription {subscription} is given leaf {leaf} instead of {wanted:?}");
                    return Err(Broken::new(Rule::Subscription, at, what));
                }
                wanted.into_iter().for_each(|wanted| *wanted += 1);
                if entries.insert(*leaf, *hash).is_some_and(|other| other != *hash) {
                    return Err(Broken::new(Rule::OneEntryALeaf, at, format!("leaf {leaf} is two entries")));
                }
            }
            Event::Called { .. } | Event::Answered { .. } | Event::Killed | Event::Log { .. } => {}
        }
    }
    Ok(entries)
}

fn in_the_log(folded: &Folded<'_>, leaves: &[Hash]) -> Result<(), Broken> {
    let statements = folded.statements.values().filter_map(|one| Some((one.known, one.leaf?)));
    let erasures = folded.operations.iter().filter_map(|operation| match operation.answer? {
        (at, Answer::Erased { leaf }) => Some((at, *leaf)),
        _ => None,
    });
    for (at, leaf) in statements.chain(erasures) {
        if usize::try_from(leaf).ok().and_then(|leaf| leaves.get(leaf)).is_none() {
            let what = format!("leaf {leaf} was answered, and the log holds {}", leaves.len());
            return Err(Broken::new(Rule::AcknowledgedIsLogged, at, what));
        }
    }
    Ok(())
}
