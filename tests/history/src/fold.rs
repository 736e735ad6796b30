//! Calls joined with their answers, and what is known of each statement and each stream.

use std::collections::BTreeMap;

use crate::{Answer, Broken, Call, Event, Place, Rule};

/// A call and what became of it. Moments are indexes of events.
pub(crate) struct Operation<'a> {
    pub(crate) lane: Option<u64>,
    pub(crate) call: &'a Call,
    pub(crate) called: usize,
    pub(crate) answer: Option<(usize, &'a Answer)>,
    /// The last moment at which it can have been done.
    pub(crate) over: usize,
}

impl Operation<'_> {
    /// When its answer was there.
    pub(crate) fn answered(&self) -> usize {
        self.answer.map_or(usize::MAX, |(at, _)| at)
    }
}

/// One statement, over all calls that sent it.
pub(crate) struct Statement {
    pub(crate) stream: u64,
    pub(crate) first_called: usize,
    /// When the last call with it was over.
    pub(crate) over: usize,
    /// When it was first acknowledged.
    pub(crate) acknowledged: usize,
    /// When it was first seen, acknowledged or read.
    pub(crate) known: usize,
    pub(crate) leaf: Option<u64>,
    pub(crate) place: Option<Place>,
    /// Whether some answer to it tells nothing.
    pub(crate) is_open: bool,
}

/// A history, joined.
pub(crate) struct Folded<'a> {
    pub(crate) operations: Vec<Operation<'a>>,
    pub(crate) statements: BTreeMap<u64, Statement>,
    /// The operations about each stream.
    pub(crate) streams: BTreeMap<u64, Vec<usize>>,
}

impl<'a> Folded<'a> {
    pub(crate) fn of(events: &'a [Event]) -> Result<Self, Broken> {
        let mut folded =
            Self { operations: join(events)?, statements: BTreeMap::new(), streams: BTreeMap::new() };
        folded.gather()?;
        for (index, operation) in folded.operations.iter().enumerate() {
            if let Some(stream) = stream_of(operation.call) {
                folded.streams.entry(stream).or_default().push(index);
            }
        }
        Ok(folded)
    }

    fn gather(&mut self) -> Result<(), Broken> {
        for operation in &self.operations {
            let &Call::Append { stream, statement, .. } = operation.call else { continue };
            let entry = self.statements.entry(statement).or_insert(Statement {
                stream,
                first_called: operation.called,
                over: 0,
                acknowledged: usize::MAX,
                known: usize::MAX,
                leaf: None,
                place: None,
                is_open: false,
            });
            if entry.stream != stream {
                let what = format!("statement {statement} is of two streams");
                return Err(Broken::new(Rule::WellFormed, operation.called, what));
            }
            entry.first_called = entry.first_called.min(operation.called);
            entry.over = entry.over.max(operation.over);
            entry.is_open |= operation.answer.is_none();
        }
        for operation in &self.operations {
            let Some((at, answer)) = operation.answer else { continue };
            match (operation.call, answer) {
                (Call::Append { statement, .. }, Answer::Acknowledged { place, .. }) => {
                    learn(&mut self.statements, *statement, at, place.leaf, Some(*place))?;
                    if let Some(known) = self.statements.get_mut(statement) {
                        known.acknowledged = known.acknowledged.min(at);
                    }
                }
                (Call::Look { statement, .. }, Answer::Found(place)) => {
                    learn(&mut self.statements, *statement, at, place.leaf, Some(*place))?;
                }
                (Call::Read { .. }, Answer::Records(records)) => {
                    for (statement, leaf) in records {
                        let Some(leaf) = leaf else { continue };
                        learn(&mut self.statements, *statement, at, *leaf, None)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What was asked of each stream, in the order of the calls.
    pub(crate) fn by_stream(&self) -> impl Iterator<Item = (u64, Vec<&Operation<'a>>)> {
        self.streams.iter().map(|(stream, indexes)| {
            (*stream, indexes.iter().filter_map(|&index| self.operations.get(index)).collect())
        })
    }

    /// The statements that were sent into each stream.
    pub(crate) fn sent(&self) -> BTreeMap<u64, Vec<(u64, &Statement)>> {
        let mut sent: BTreeMap<u64, Vec<(u64, &Statement)>> = BTreeMap::new();
        for (number, statement) in &self.statements {
            sent.entry(statement.stream).or_default().push((*number, statement));
        }
        sent
    }
}

/// Whose records a call is about.
pub(crate) fn stream_of(call: &Call) -> Option<u64> {
    match call {
        Call::Append { stream, .. }
        | Call::Read { stream }
        | Call::Look { stream, .. }
        | Call::Erase { stream } => Some(*stream),
        Call::Checkpoint | Call::Allocate | Call::Rotate => None,
    }
}

fn learn(
    statements: &mut BTreeMap<u64, Statement>,
    number: u64,
    at: usize,
    leaf: u64,
    place: Option<Place>,
) -> Result<(), Broken> {
    let Some(statement) = statements.get_mut(&number).filter(|known| known.first_called < at) else {
        let what = format!("statement {number} is read and was not sent");
        return Err(Broken::new(Rule::NothingInvented, at, what));
    };
    statement.known = statement.known.min(at);
    let differs = statement.leaf.is_some_and(|known| known != leaf)
        || statement.place.zip(place).is_some_and(|(known, place)| known != place);
    if differs {
        let what = format!(
            "statement {number} stood at {:?}, {:?}; now at {leaf}, {place:?}",
            statement.leaf, statement.place
        );
        return Err(Broken::new(Rule::OnePlace, at, what));
    }
    statement.leaf = Some(leaf);
    statement.place = statement.place.or(place);
    Ok(())
}

fn join(events: &[Event]) -> Result<Vec<Operation<'_>>, Broken> {
    let mut operations: Vec<Operation<'_>> = Vec::new();
    let mut waiting: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Called { operation, lane, call } => {
                if waiting.insert(*operation, operations.len()).is_some() {
                    return Err(Broken::new(
                        Rule::WellFormed,
                        at,
                        format!("operation {operation} is called twice"),
                    ));
                }
                operations.push(Operation {
                    lane: *lane,
                    call,
                    called: at,
                    answer: None,
                    over: events.len(),
                });
            }
            Event::Answered { operation, answer } => {
                let found = waiting.remove(operation).and_then(|index| operations.get_mut(index));
                let Some(found) = found.filter(|found| fits(found.call, answer)) else {
                    return Err(Broken::new(
                        Rule::WellFormed,
                        at,
                        format!("no such call: operation {operation}, {answer:?}"),
                    ));
                };
                found.answer = Some((at, answer));
                found.over = at;
            }
            Event::Killed => {
                for index in std::mem::take(&mut waiting).into_values() {
                    operations[index].over = at;
                }
            }
            Event::Subscribed { .. } | Event::Entry { .. } | Event::Log { .. } => {}
        }
    }
    Ok(operations)
}

fn fits(call: &Call, answer: &Answer) -> bool {
    match call {
        Call::Append { .. } => matches!(answer, Answer::Acknowledged { .. } | Answer::Refused(_)),
        Call::Read { .. } => matches!(answer, Answer::Records(_) | Answer::NotAvailable),
        Call::Look { .. } => matches!(answer, Answer::Found(_) | Answer::NotAvailable),
        Call::Erase { .. } => matches!(answer, Answer::Erased { .. } | Answer::NotAvailable),
        Call::Checkpoint => matches!(answer, Answer::Checkpoint { .. }),
        Call::Allocate => matches!(answer, Answer::Allocated(_)),
        Call::Rotate => matches!(answer, Answer::Generation(_)),
    }
}
