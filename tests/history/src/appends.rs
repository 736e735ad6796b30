//! Appends: one order for all, and each statement in it once.

use std::collections::BTreeMap;

use crate::fold::{Folded, Operation, Statement};
use crate::{Answer, Broken, Call, Rule};

pub(crate) fn check(folded: &Folded<'_>) -> Result<(), Broken> {
    places(folded)?;
    recorded_once(folded)?;
    real_time(folded)?;
    lanes(folded)?;
    revisions(folded)
}

/// Leaves and revisions are given once, and agree with each other and with time.
fn places(folded: &Folded<'_>) -> Result<(), Broken> {
    let mut leaves: BTreeMap<u64, (u64, &Statement)> = BTreeMap::new();
    let mut revisions: BTreeMap<(u64, u32), (u64, u64)> = BTreeMap::new();
    let twice = |at, what: String| Err(Broken::new(Rule::OneStatementAPlace, at, what));
    for (number, statement) in &folded.statements {
        let Some(leaf) = statement.leaf else { continue };
        if let Some((other, _)) = leaves.insert(leaf, (*number, statement)) {
            return twice(statement.known, format!("leaf {leaf} is that of statements {other} and {number}"));
        }
        let Some(place) = statement.place else { continue };
        if let Some((_, other)) = revisions.insert((statement.stream, place.revision), (leaf, *number)) {
            let what = format!(
                "revision {} of stream {} is that of {other} and {number}",
                place.revision, statement.stream
            );
            return twice(statement.known, what);
        }
    }
    for operation in &folded.operations {
        let Some((at, Answer::Erased { leaf })) = operation.answer else { continue };
        if let Some((other, _)) = leaves.get(leaf) {
            return twice(at, format!("leaf {leaf} is that of an erasure and of statement {other}"));
        }
    }
    let mut last: Option<(u64, u64)> = None;
    for ((stream, revision), (leaf, number)) in &revisions {
        if let Some((_, before)) = last.filter(|(of, _)| of == stream)
            && before > *leaf
        {
            let what = format!(
                "revision {revision} of stream {stream} has leaf {leaf}, an earlier one has {before}"
            );
            return Err(Broken::new(Rule::StreamOrder, folded.statements[number].known, what));
        }
        last = Some((*stream, *leaf));
    }
    let mut newest = 0;
    for (leaf, (_, statement)) in &leaves {
        let Some(place) = statement.place else { continue };
        if place.recorded_at < newest {
            let what =
                format!("leaf {leaf} was recorded at {}, one before it at {newest}", place.recorded_at);
            return Err(Broken::new(Rule::TimeOrder, statement.known, what));
        }
        newest = place.recorded_at;
    }
    Ok(())
}

fn recorded_once(folded: &Folded<'_>) -> Result<(), Broken> {
    let mut new: BTreeMap<u64, usize> = BTreeMap::new();
    for operation in &folded.operations {
        let &Call::Append { statement: number, .. } = operation.call else { continue };
        let Some((at, Answer::Acknowledged { repeated, .. })) = operation.answer else { continue };
        let statement = &folded.statements[&number];
        let wrong = if *repeated {
            let before = |&index: &usize| {
                let other = &folded.operations[index];
                other.called < at
                    && other.called != operation.called
                    && matches!(other.call, Call::Append { statement, .. } if *statement == number)
            };
            let was_sent = folded.streams[&statement.stream].iter().any(before);
            (!was_sent).then_some("called repeated, and was never sent before")
        } else if new.insert(number, at).is_some() {
            Some("called new twice")
        } else if statement.acknowledged < operation.called {
            Some("called new, and had been acknowledged before")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(Broken::new(Rule::RecordedOnce, at, format!("statement {number} is {wrong}")));
        }
    }
    Ok(())
}

/// What was known before another was first sent has the smaller leaf.
fn real_time(folded: &Folded<'_>) -> Result<(), Broken> {
    // leaf -> (first sent, first known)
    let mut order: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for statement in folded.statements.values() {
        if let Some(leaf) = statement.leaf {
            order.insert(leaf, (statement.first_called, statement.known));
        }
    }
    for operation in &folded.operations {
        if let Some((at, Answer::Erased { leaf })) = operation.answer {
            order.insert(*leaf, (operation.called, at));
        }
    }
    let (mut latest, mut of) = (0, 0);
    for (leaf, (sent, known)) in order {
        if known < latest {
            let what = format!("leaf {leaf} was known before what has leaf {of} was sent");
            return Err(Broken::new(Rule::LeafOrder, latest, what));
        }
        if sent > latest {
            (latest, of) = (sent, leaf);
        }
    }
    Ok(())
}

fn lanes(folded: &Folded<'_>) -> Result<(), Broken> {
    // lane -> (answered, leaf of the newest new one)
    let mut lanes: BTreeMap<u64, (usize, Option<u64>)> = BTreeMap::new();
    for operation in &folded.operations {
        let (Some(lane), Some((at, answer))) = (operation.lane, operation.answer) else { continue };
        let (answered, newest) = lanes.entry(lane).or_default();
        if at < *answered {
            let what = format!("lane {lane}: an answer comes before that of an earlier request");
            return Err(Broken::new(Rule::AnswerOrder, at, what));
        }
        *answered = at;
        if let Answer::Acknowledged { place, repeated: false } = answer {
            if let Some(before) = newest.filter(|before| *before > place.leaf) {
                let what = format!("lane {lane}: leaf {} was sent after what has leaf {before}", place.leaf);
                return Err(Broken::new(Rule::RequestOrder, at, what));
            }
            *newest = Some(place.leaf);
        }
    }
    Ok(())
}

fn revisions(folded: &Folded<'_>) -> Result<(), Broken> {
    let sent = folded.sent();
    for operation in &folded.operations {
        let &Call::Append { stream, statement, expected } = operation.call else { continue };
        let Some((at, answer)) = operation.answer else { continue };
        let broken = |what: String| Err(Broken::new(Rule::ExpectedRevision, at, what));
        match (answer, expected) {
            (Answer::Acknowledged { place, repeated: false }, Some(expected))
                if place.revision != expected =>
            {
                return broken(format!(
                    "statement {statement} expects revision {expected} and gets {}",
                    place.revision
                ));
            }
            (Answer::Refused(reason), None) if reason == "REVISION_CONFLICT" => {
                return broken(format!("statement {statement} expects no revision and is refused for it"));
            }
            (Answer::Refused(reason), Some(expected)) if reason == "REVISION_CONFLICT" => {
                let others = sent.get(&stream).map(Vec::as_slice).unwrap_or_default();
                if surely_at(folded, operation, others) == Some(expected) {
                    return broken(format!(
                        "statement {statement} expects {expected}, which it is, and is refused"
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The number of records that the stream had while an operation lasted, where that is sure.
fn surely_at(folded: &Folded<'_>, operation: &Operation<'_>, others: &[(u64, &Statement)]) -> Option<u32> {
    let stream = others.first()?.1.stream;
    let mut of_stream = folded.streams[&stream].iter().filter_map(|&index| folded.operations.get(index));
    if of_stream.any(|other| matches!(other.call, Call::Erase { .. })) {
        return None;
    }
    let (mut surely, mut perhaps) = (0, 0);
    for (_, other) in others {
        if other.first_called < operation.answered() && (other.leaf.is_some() || other.is_open) {
            perhaps += 1;
        }
        if other.known < operation.called {
            surely += 1;
        }
    }
    (surely == perhaps).then_some(surely)
}
