//! Good histories pass; for each rule a small bad one is refused by its name.

mod generate;

use std::collections::BTreeSet;

use crate::{Answer, Call, Event, Place, Rule, check};
use generate::{good_history, hash};

#[test]
fn histories_of_a_ledger_that_keeps_its_promises_pass() {
    for seed in 0..400 {
        let events = good_history(seed, 400);
        assert_eq!(check(&events), Ok(()), "seed {seed}");
    }
}

/// What good histories hold, or passing them would say little.
#[test]
fn good_histories_hold_everything_that_is_judged() {
    let events: Vec<Event> = (0..100).flat_map(|seed| good_history(seed, 400)).collect();
    let answers = |wanted: fn(&Answer) -> bool| {
        events
            .iter()
            .filter(|event| matches!(event, Event::Answered { answer, .. } if wanted(answer)))
            .count()
    };
    assert!(answers(|answer| matches!(answer, Answer::Acknowledged { repeated: true, .. })) > 20);
    assert!(answers(|answer| matches!(answer, Answer::Acknowledged { repeated: false, .. })) > 200);
    assert!(answers(|answer| *answer == Answer::Refused("REVISION_CONFLICT".into())) > 20);
    assert!(answers(|answer| *answer == Answer::Refused("ERASED".into())) > 20);
    assert!(answers(|answer| matches!(answer, Answer::Erased { .. })) > 20);
    assert!(answers(|answer| matches!(answer, Answer::Records(_))) > 20);
    assert!(answers(|answer| matches!(answer, Answer::Found(_))) > 20);
    assert!(events.iter().filter(|event| **event == Event::Killed).count() > 20);
    assert!(events.iter().filter(|event| matches!(event, Event::Entry { .. })).count() > 200);
}

/// A history under construction: what is asked is answered at once, unless told otherwise.
#[derive(Default)]
struct Told {
    events: Vec<Event>,
    operations: u64,
}

fn place(leaf: u64, revision: u32) -> Place {
    Place { leaf, revision, recorded_at: 1000 + leaf }
}

fn new(leaf: u64, revision: u32) -> Answer {
    Answer::Acknowledged { place: place(leaf, revision), repeated: false }
}

fn again(leaf: u64, revision: u32) -> Answer {
    Answer::Acknowledged { place: place(leaf, revision), repeated: true }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused(reason.into())
}

fn append(stream: u64, statement: u64) -> Call {
    Call::Append { stream, statement, expected: None }
}

impl Told {
    fn called(&mut self, call: Call) -> u64 {
        self.in_lane(None, call)
    }

    fn in_lane(&mut self, lane: Option<u64>, call: Call) -> u64 {
        self.operations += 1;
        self.events.push(Event::Called { operation: self.operations, lane, call });
        self.operations
    }

    fn answered(&mut self, operation: u64, answer: Answer) {
        self.events.push(Event::Answered { operation, answer });
    }

    fn ask(&mut self, call: Call, answer: Answer) {
        let operation = self.called(call);
        self.answered(operation, answer);
    }

    fn append(&mut self, stream: u64, statement: u64, answer: Answer) {
        self.ask(append(stream, statement), answer);
    }

    fn expecting(&mut self, stream: u64, statement: u64, expected: u32, answer: Answer) {
        self.ask(Call::Append { stream, statement, expected: Some(expected) }, answer);
    }

    fn read(&mut self, stream: u64, records: &[(u64, u64)]) {
        let records = records.iter().map(|(statement, leaf)| (*statement, Some(*leaf))).collect();
        self.ask(Call::Read { stream }, Answer::Records(records));
    }

    fn checkpoint(&mut self, size: u64, root: u64) {
        self.ask(Call::Checkpoint, Answer::Checkpoint { size, root: hash(root) });
    }

    fn entries(&mut self, subscription: u64, leaves: &[u64]) {
        for &leaf in leaves {
            self.events.push(Event::Entry { subscription, leaf, hash: hash(leaf) });
        }
    }

    fn log(&mut self, size: u64) {
        let (leaves, roots) = ((0..size).map(hash).collect(), (0..=size).map(hash).collect());
        self.events.push(Event::Log { leaves, roots });
    }
}

/// A planted violation: the rule, what is planted, and the history.
type Planted = (Rule, &'static str, fn(&mut Told));

const PLANTED: &[Planted] = &[
    (Rule::WellFormed, "an answer to nothing", |told| told.answered(7, new(1, 0))),
    (Rule::WellFormed, "an answer of another call", |told| told.ask(Call::Rotate, new(1, 0))),
    (Rule::OnePlace, "acknowledged at another leaf", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 1, again(6, 0));
    }),
    (Rule::OnePlace, "found at another revision", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Look { stream: 1, statement: 1 }, Answer::Found(place(5, 1)));
    }),
    (Rule::OneStatementAPlace, "one leaf for two", |told| {
        told.append(1, 1, new(5, 0));
        told.append(2, 2, new(5, 0));
    }),
    (Rule::OneStatementAPlace, "one revision for two", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 2, new(6, 0));
    }),
    (Rule::OneStatementAPlace, "a leaf that is an erasure's", |told| {
        told.append(1, 1, new(5, 0));
        told.append(2, 2, new(6, 0));
        told.ask(Call::Erase { stream: 2 }, Answer::Erased { leaf: 5 });
    }),
    (Rule::RecordedOnce, "sent again and recorded again", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 1, new(5, 0));
    }),
    (Rule::RecordedOnce, "repeated at its first sending", |told| told.append(1, 1, again(5, 0))),
    (Rule::StreamOrder, "revisions against leaves", |told| {
        let first = told.called(append(1, 1));
        let second = told.called(append(1, 2));
        told.answered(
            first,
            Answer::Acknowledged { place: Place { leaf: 6, revision: 0, recorded_at: 1 }, repeated: false },
        );
        told.answered(
            second,
            Answer::Acknowledged { place: Place { leaf: 5, revision: 1, recorded_at: 1 }, repeated: false },
        );
    }),
    (Rule::StreamOrder, "a read out of order", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 2, new(6, 1));
        told.read(1, &[(2, 6), (1, 5)]);
    }),
    (Rule::TimeOrder, "time runs back", |told| {
        told.append(1, 1, new(5, 0));
        let at = Place { leaf: 6, revision: 1, recorded_at: 3 };
        told.append(1, 2, Answer::Acknowledged { place: at, repeated: false });
    }),
    (Rule::LeafOrder, "acknowledged first, behind in the log", |told| {
        let at = |leaf| Place { leaf, revision: 0, recorded_at: 1 };
        told.append(1, 1, Answer::Acknowledged { place: at(6), repeated: false });
        told.append(2, 2, Answer::Acknowledged { place: at(5), repeated: false });
    }),
    (Rule::RequestOrder, "overtaken on one stream of requests", |told| {
        let at = |leaf| Place { leaf, revision: 0, recorded_at: 1 };
        let first = told.in_lane(Some(1), append(1, 1));
        let second = told.in_lane(Some(1), append(2, 2));
        told.answered(first, Answer::Acknowledged { place: at(6), repeated: false });
        told.answered(second, Answer::Acknowledged { place: at(5), repeated: false });
    }),
    (Rule::AnswerOrder, "answers cross", |told| {
        let first = told.in_lane(Some(1), append(1, 1));
        let second = told.in_lane(Some(1), append(2, 2));
        told.answered(second, new(6, 0));
        told.answered(first, new(5, 0));
    }),
    (Rule::ExpectedRevision, "another than expected", |told| told.expecting(1, 1, 3, new(5, 0))),
    (Rule::ExpectedRevision, "a conflict where there is none", |told| {
        told.append(1, 1, new(5, 0));
        told.expecting(1, 2, 1, refused("REVISION_CONFLICT"));
    }),
    (Rule::ExpectedRevision, "a conflict that nobody asked about", |told| {
        told.append(1, 1, refused("REVISION_CONFLICT"))
    }),
    (Rule::NothingInvented, "a record that nobody sent", |told| told.read(1, &[(9, 5)])),
    (Rule::NothingInvented, "a record of another stream", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Read { stream: 2 }, Answer::Records(vec![(1, None)]));
    }),
    (Rule::ReadYourWrites, "acknowledged, then killed, then gone", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 2, new(6, 1));
        told.events.push(Event::Killed);
        told.read(1, &[(1, 5)]);
    }),
    (Rule::ReadYourWrites, "the whole stream gone", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Read { stream: 1 }, Answer::NotAvailable);
    }),
    (Rule::ReadYourWrites, "the receipt gone", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Look { stream: 1, statement: 1 }, Answer::NotAvailable);
    }),
    (Rule::ReadYourWrites, "the stream unknown to the next append", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 2, refused("UNKNOWN_WORKER"));
    }),
    (Rule::ReadsGrow, "read once, then not", |told| {
        told.append(1, 1, new(5, 0));
        told.called(append(1, 2));
        told.events.push(Event::Killed);
        told.read(1, &[(1, 5), (2, 6)]);
        told.read(1, &[(1, 5)]);
    }),
    (Rule::NoLateEffect, "appears long after the kill", |told| {
        told.append(1, 1, new(5, 0));
        told.called(append(1, 2));
        told.events.push(Event::Killed);
        told.read(1, &[(1, 5)]);
        told.read(1, &[(1, 5), (2, 6)]);
    }),
    (Rule::ErasedStaysErased, "read after its erasure", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Erase { stream: 1 }, Answer::Erased { leaf: 6 });
        told.read(1, &[(1, 5)]);
    }),
    (Rule::ErasedStaysErased, "gone after an erasure without an answer, then back", |told| {
        told.append(1, 1, new(5, 0));
        told.called(Call::Erase { stream: 1 });
        told.events.push(Event::Killed);
        told.ask(Call::Read { stream: 1 }, Answer::NotAvailable);
        told.read(1, &[(1, 5)]);
    }),
    (Rule::ErasedStaysErased, "takes a statement after its erasure", |told| {
        told.append(1, 1, new(5, 0));
        told.ask(Call::Erase { stream: 1 }, Answer::Erased { leaf: 6 });
        told.append(1, 2, new(7, 1));
    }),
    (Rule::ErasedStaysErased, "erased without anybody's word", |told| {
        told.append(1, 1, new(5, 0));
        told.append(1, 2, refused("ERASED"));
    }),
    (Rule::CheckpointsGrow, "an older checkpoint", |told| {
        told.checkpoint(5, 5);
        told.checkpoint(4, 4);
    }),
    (Rule::OneRoot, "two trees of one size", |told| {
        told.checkpoint(5, 5);
        told.checkpoint(5, 6);
    }),
    (Rule::RootOfTheLog, "a tree that is not the log's", |told| {
        told.checkpoint(5, 6);
        told.log(8);
    }),
    (Rule::RootOfTheLog, "a tree larger than the log", |told| {
        told.checkpoint(9, 9);
        told.log(8);
    }),
    (Rule::Subscription, "an entry skipped", |told| {
        told.events.push(Event::Subscribed { subscription: 1, from: 3 });
        told.entries(1, &[3, 5]);
    }),
    (Rule::Subscription, "an entry twice", |told| {
        told.events.push(Event::Subscribed { subscription: 1, from: 3 });
        told.entries(1, &[3, 3]);
    }),
    (Rule::Subscription, "begun too late", |told| {
        told.events.push(Event::Subscribed { subscription: 1, from: 3 });
        told.entries(1, &[4]);
    }),
    (Rule::OneEntryALeaf, "two entries of one leaf", |told| {
        told.events.push(Event::Subscribed { subscription: 1, from: 3 });
        told.entries(1, &[3]);
        told.events.push(Event::Subscribed { subscription: 2, from: 3 });
        told.events.push(Event::Entry { subscription: 2, leaf: 3, hash: hash(99) });
    }),
    (Rule::OneEntryALeaf, "given out, and another in the log", |told| {
        told.events.push(Event::Subscribed { subscription: 1, from: 3 });
        told.events.push(Event::Entry { subscription: 1, leaf: 3, hash: hash(99) });
        told.log(8);
    }),
    (Rule::AcknowledgedIsLogged, "acknowledged beyond the end of the log", |told| {
        told.append(1, 1, new(8, 0));
        told.log(8);
    }),
    (Rule::IndexOnce, "an index twice", |told| {
        told.ask(Call::Allocate, Answer::Allocated(vec![("a".into(), 1)]));
        told.ask(Call::Allocate, Answer::Allocated(vec![("b".into(), 1), ("a".into(), 1)]));
    }),
    (Rule::GenerationsGrow, "the same generation again", |told| {
        told.ask(Call::Rotate, Answer::Generation(2));
        told.ask(Call::Rotate, Answer::Generation(2));
    }),
];

#[test]
fn every_planted_violation_is_refused_by_the_name_of_its_rule() {
    for (rule, what, plant) in PLANTED {
        let mut told = Told::default();
        plant(&mut told);
        let found = check(&told.events).map_err(|broken| broken.rule);
        assert_eq!(found, Err(*rule), "{what}");
    }
}

#[test]
fn every_rule_has_a_planted_violation() {
    let planted: BTreeSet<Rule> = PLANTED.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(planted, Rule::ALL.into_iter().collect());
}

/// What a kill leaves open may have happened or not; both pass.
#[test]
fn a_call_without_an_answer_may_have_been_done_or_not() {
    for was_done in [false, true] {
        let mut told = Told::default();
        told.append(1, 1, new(5, 0));
        told.called(append(1, 2));
        told.called(Call::Erase { stream: 2 });
        told.events.push(Event::Killed);
        if was_done {
            told.read(1, &[(1, 5), (2, 6)]);
            told.append(1, 2, again(6, 1));
        } else {
            told.read(1, &[(1, 5)]);
            told.append(1, 2, new(6, 1));
        }
        told.log(7);
        assert_eq!(check(&told.events), Ok(()));
    }
}

/// Overlapping calls may be done in either order.
#[test]
fn what_overlaps_has_no_order() {
    let mut told = Told::default();
    let at =
        |leaf| Answer::Acknowledged { place: Place { leaf, revision: 0, recorded_at: 1 }, repeated: false };
    let first = told.called(append(1, 1));
    let second = told.called(append(2, 2));
    told.answered(first, at(6));
    told.answered(second, at(5));
    assert_eq!(check(&told.events), Ok(()));
}
