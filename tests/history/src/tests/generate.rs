//! Histories of a ledger that keeps every promise, with calls that overlap and kills in between.

use std::collections::VecDeque;

use crate::{Answer, Call, Event, Hash, Place};

const STREAMS: u64 = 6;
const LANES: u64 = 2;

/// Numbers that look random and are the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn number(&mut self, end: u64) -> u64 {
        self.below(usize::try_from(end).unwrap()) as u64
    }
}

#[derive(Default)]
struct Stream {
    records: Vec<(u64, Place)>,
    is_erased: bool,
}

/// A call on its way.
struct Pending {
    operation: u64,
    lane: Option<u64>,
    call: Call,
    answer: Option<Answer>,
}

struct World {
    chance: Chance,
    events: Vec<Event>,
    streams: Vec<Stream>,
    size: u64,
    published: u64,
    clock: u64,
    generation: u32,
    allocated: u64,
    pending: VecDeque<Pending>,
    operations: u64,
    statements: u64,
    sent: Vec<(u64, u64)>,
    subscriptions: Vec<u64>,
}

pub(super) fn hash(number: u64) -> Hash {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

/// The same for the same seed.
pub(super) fn good_history(seed: u64, steps: usize) -> Vec<Event> {
    let mut world = World {
        chance: Chance(seed),
        events: Vec::new(),
        streams: (0..STREAMS).map(|_| Stream::default()).collect(),
        size: 3,
        published: 3,
        clock: 1000,
        generation: 0,
        allocated: 0,
        pending: VecDeque::new(),
        operations: 0,
        statements: 0,
        sent: Vec::new(),
        subscriptions: Vec::new(),
    };
    for _ in 0..steps {
        world.step();
    }
    world.end();
    world.events
}

impl World {
    fn step(&mut self) {
        self.clock += self.chance.number(3);
        match self.chance.below(40) {
            0 => self.kill(),
            1 | 2 => self.published = self.size,
            3..=6 => self.follow(),
            7..=18 => self.call(),
            19..=29 => self.act(),
            _ => self.answer(),
        }
    }

    fn call(&mut self) {
        let stream = self.chance.number(STREAMS);
        let call = match self.chance.below(20) {
            0 if self.chance.below(2) == 0 => Call::Erase { stream },
            0..=3 => Call::Read { stream },
            4 | 5 => match self.some_sent() {
                Some((statement, stream)) => Call::Look { stream, statement },
                None => Call::Read { stream },
            },
            6 | 7 => Call::Checkpoint,
            8 => Call::Allocate,
            9 => Call::Rotate,
            _ => {
                let again = (self.chance.below(4) == 0).then(|| self.some_sent()).flatten();
                let (statement, stream) = again.unwrap_or_else(|| {
                    self.statements += 1;
                    self.sent.push((self.statements, stream));
                    (self.statements, stream)
                });
                let near =
                    self.streams[usize::try_from(stream).unwrap()].records.len() + self.chance.below(2);
                let expected = (self.chance.below(3) == 0).then(|| u32::try_from(near).unwrap());
                Call::Append { stream, statement, expected }
            }
        };
        let in_lane = matches!(call, Call::Append { .. }) && self.chance.below(2) == 0;
        let lane = in_lane.then(|| self.chance.number(LANES));
        self.operations += 1;
        self.events.push(Event::Called { operation: self.operations, lane, call: call.clone() });
        self.pending.push_back(Pending { operation: self.operations, lane, call, answer: None });
    }

    fn some_sent(&mut self) -> Option<(u64, u64)> {
        if self.sent.is_empty() { None } else { Some(self.sent[self.chance.below(self.sent.len())]) }
    }

    /// One that waits, the first of its lane; `done`: of those that are done, or of those that are not.
    fn some_pending(&mut self, done: bool) -> Option<usize> {
        if self.pending.is_empty() {
            return None;
        }
        let index = self.chance.below(self.pending.len());
        let lane = self.pending[index].lane;
        let first = match lane {
            None => index,
            Some(_) => self
                .pending
                .iter()
                .position(|other| other.lane == lane && (done || other.answer.is_none()))
                .unwrap_or(index),
        };
        (self.pending[first].answer.is_some() == done).then_some(first)
    }

    /// Does one call, as a whole.
    fn act(&mut self) {
        let Some(index) = self.some_pending(false) else { return };
        let answer = self.answer_to(&self.pending[index].call.clone());
        self.pending[index].answer = Some(answer);
    }

    fn answer_to(&mut self, call: &Call) -> Answer {
        match call {
            Call::Append { stream, statement, expected } => self.append(*stream, *statement, *expected),
            Call::Read { stream } => {
                let stream = self.stream(*stream);
                if stream.is_erased || stream.records.is_empty() {
                    return Answer::NotAvailable;
                }
                Answer::Records(
                    stream.records.iter().map(|(number, place)| (*number, Some(place.leaf))).collect(),
                )
            }
            Call::Look { stream, statement } => {
                let stream = self.stream(*stream);
                let found = stream.records.iter().find(|(number, _)| number == statement);
                let found = found.filter(|_| !stream.is_erased);
                found.map_or(Answer::NotAvailable, |(_, place)| Answer::Found(*place))
            }
            Call::Erase { stream } => {
                let stream = self.stream(*stream);
                if stream.is_erased || stream.records.is_empty() {
                    return Answer::NotAvailable;
                }
                stream.is_erased = true;
                self.size += 1;
                Answer::Erased { leaf: self.size - 1 }
            }
            Call::Checkpoint => Answer::Checkpoint { size: self.published, root: hash(self.published) },
            Call::Allocate => {
                self.allocated += 2;
                Answer::Allocated(vec![("list".into(), self.allocated), ("list".into(), self.allocated + 1)])
            }
            Call::Rotate => {
                self.generation += 1;
                Answer::Generation(self.generation)
            }
        }
    }

    fn stream(&mut self, stream: u64) -> &mut Stream {
        &mut self.streams[usize::try_from(stream).unwrap()]
    }

    fn append(&mut self, number: u64, statement: u64, expected: Option<u32>) -> Answer {
        let (leaf, recorded_at) = (self.size, self.clock);
        let stream = self.stream(number);
        if stream.is_erased {
            return Answer::Refused("ERASED".into());
        }
        if let Some((_, place)) = stream.records.iter().find(|(number, _)| *number == statement) {
            return Answer::Acknowledged { place: *place, repeated: true };
        }
        let revision = u32::try_from(stream.records.len()).unwrap();
        if expected.is_some_and(|expected| expected != revision) {
            return Answer::Refused("REVISION_CONFLICT".into());
        }
        let place = Place { leaf, revision, recorded_at };
        stream.records.push((statement, place));
        self.size += 1;
        Answer::Acknowledged { place, repeated: false }
    }

    fn answer(&mut self) {
        let Some(index) = self.some_pending(true) else { return };
        self.give(index);
    }

    fn give(&mut self, index: usize) {
        let Pending { operation, answer, .. } = self.pending.remove(index).unwrap();
        self.events.push(Event::Answered { operation, answer: answer.unwrap() });
    }

    /// What was on its way is done or not; nobody is told.
    fn kill(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            if pending.answer.is_none() && self.chance.below(2) == 0 {
                self.answer_to(&pending.call);
            }
        }
        self.events.push(Event::Killed);
    }

    fn follow(&mut self) {
        if self.chance.below(8) == 0 || self.subscriptions.is_empty() {
            let from = self.chance.number(self.size);
            self.events.push(Event::Subscribed { subscription: self.subscriptions.len() as u64, from });
            self.subscriptions.push(from);
        }
        let index = self.chance.below(self.subscriptions.len());
        let leaf = self.subscriptions[index];
        if leaf < self.size {
            self.events.push(Event::Entry { subscription: index as u64, leaf, hash: hash(leaf) });
            self.subscriptions[index] += 1;
        }
    }

    /// Everything is answered, every stream read.
    fn end(&mut self) {
        while let Some(pending) = self.pending.front() {
            if pending.answer.is_none() {
                let answer = self.answer_to(&pending.call.clone());
                self.pending[0].answer = Some(answer);
            }
            self.give(0);
        }
        for stream in 0..STREAMS {
            self.ask(Call::Read { stream });
        }
        self.published = self.size;
        self.ask(Call::Checkpoint);
        let (leaves, roots) = ((0..self.size).map(hash).collect(), (0..=self.size).map(hash).collect());
        self.events.push(Event::Log { leaves, roots });
    }

    fn ask(&mut self, call: Call) {
        self.operations += 1;
        self.events.push(Event::Called { operation: self.operations, lane: None, call: call.clone() });
        let answer = self.answer_to(&call);
        self.events.push(Event::Answered { operation: self.operations, answer });
    }
}
