//! Who does what in a step.

use super::calls::Asked;
use super::cast::{Cast, START_MS};
use super::disk::Plan;
use super::model::{Person, Sent};
use super::play::Play;
use super::process::{Meanwhile, Publishing};
use crate::event::Kind;
use crate::ledger::Clock as _;

const DAY_MS: u64 = 86_400_000;
/// No clock here shows more than this after the start.
const SPAN_MS: u64 = 20 * 365 * DAY_MS;

/// What follows a step.
pub(super) enum Next {
    Step,
    Crash,
    Finish,
}

impl Play {
    pub(super) fn act(&mut self) -> Result<Next, String> {
        match self.chance.below(100) {
            0..22 => self.send_new(),
            22..27 => self.send_again(),
            27 => self.erase(),
            28..44 => self.verify(),
            44..60 => self.hand_over(),
            60..72 => {
                let skip = self.chance.below(3);
                let meanwhile = match self.chance.below(6) {
                    0..3 => Some((skip, Meanwhile::Publisher(self.publishing()))),
                    3 => {
                        let ids = self.model.people.iter().map(|person| person.id).collect();
                        Some((skip, Meanwhile::Reader(ids)))
                    }
                    _ => None,
                };
                self.log(format!("write, meanwhile {meanwhile:?}"));
                self.process().write(meanwhile);
            }
            72..82 => {
                let (publishing, meanwhile) = (self.publishing(), self.chance.one_in(2));
                self.log(format!("{publishing:?}, the writer meanwhile: {meanwhile}"));
                self.process().publish(publishing, meanwhile);
            }
            82..90 => self.look()?,
            90..97 => self.jump(),
            // One fault at a time.
            _ if self.chance.one_in(2) && !self.disk.borrow().failed => self.plan(),
            _ if self.chance.one_in(4) => return Ok(Next::Crash),
            _ if self.chance.one_in(3) => return Ok(Next::Finish),
            _ => {}
        }
        Ok(Next::Step)
    }

    pub(super) fn publishing(&mut self) -> Publishing {
        if self.chance.one_in(2) { Publishing::Settle } else { Publishing::Publish }
    }

    pub(super) fn plan(&mut self) {
        let after = self.chance.below(32);
        let plan = if self.chance.one_in(2) { Plan::PowerLoss(after) } else { Plan::FailedSync(after) };
        self.log(format!("{plan:?}"));
        self.disk.borrow_mut().plan(plan);
    }

    pub(super) fn note_statement(&mut self, text: String, kind: Kind, person: Option<usize>) -> usize {
        let id = self.cast.id();
        self.note_with_id(text, id, kind, person)
    }

    pub(super) fn note_with_id(
        &mut self,
        text: String,
        id: uuid::Uuid,
        kind: Kind,
        person: Option<usize>,
    ) -> usize {
        let made_at = self.cast.clock.now_ms();
        self.model.sent.push(Sent { text, id, kind, person, made_at, place: None });
        self.model.sent.len() - 1
    }

    /// A statement that nobody has sent, about anybody.
    pub(super) fn send_new(&mut self) {
        let somebody = self.model.open().contains(&true);
        let kind = match self.chance.below(12) {
            0..3 => Kind::PassportOpened,
            4..9 if !somebody => Kind::PassportOpened,
            3 => Kind::Revoked,
            4 if self.chance.one_in(3) => {
                let text = self.cast.public();
                let sent = self.note_statement(text, Kind::IssuerKeyAdded, None);
                return self.submit(sent, None);
            }
            _ => Kind::TrainingCompleted,
        };
        let opens_new = kind == Kind::PassportOpened && !self.chance.one_in(6);
        if opens_new || self.model.people.is_empty() {
            let person = Person { id: Cast::stranger(), records: Vec::new(), erased: false, erasing: false };
            self.model.people.push(person);
        }
        let newest = self.model.people.len() - 1;
        // Mostly about somebody who has a passport.
        let open: Vec<usize> = (0..=newest).filter(|one| self.model.is_open(*one)).collect();
        let known = open.get(self.chance.below(open.len())).filter(|_| !self.chance.one_in(8)).copied();
        let any = self.chance.below(newest + 1);
        let person = if opens_new { newest } else { known.unwrap_or(any) };
        let of_person = |sent: &Sent| sent.person == Some(person);
        let earlier: Vec<usize> =
            (0..self.model.sent.len()).filter(|sent| of_person(&self.model.sent[*sent])).collect();
        let any = earlier.get(self.chance.below(earlier.len())).copied();
        // Now and then under an id that is taken.
        let taken = any.filter(|_| self.chance.one_in(12)).map(|any| self.model.sent[any].id);
        let id = taken.unwrap_or_else(|| self.cast.id());
        let target = any.filter(|_| kind == Kind::Revoked).map(|any| self.model.sent[any].text.clone());
        let text = self.cast.about(self.model.people[person].id, kind, id, target.as_deref());
        let sent = self.note_with_id(text, id, kind, Some(person));
        let revision = u32::try_from(self.model.people[person].records.len()).unwrap();
        let expected = self.chance.one_in(6).then(|| revision + u32::from(self.chance.one_in(4)));
        self.submit(sent, expected);
    }

    pub(super) fn send_again(&mut self) {
        let count = self.model.sent.len();
        // Mostly something recent.
        let back = if self.chance.one_in(3) { count } else { count.min(8) };
        let again = count - 1 - self.chance.below(back);
        self.submit(again, None);
    }

    pub(super) fn submit(&mut self, statement: usize, expected: Option<u32>) {
        let text = self.model.sent[statement].text.clone();
        let receiver = self.process().submit(&text, expected);
        let outcome = receiver.as_ref().map_or_else(|error| error.reason, |_| "accepted");
        self.log(format!("append {statement}, expecting {expected:?}: {outcome}"));
        if let Ok(receiver) = receiver {
            self.calls.borrow_mut().add(Asked::Append { statement, expected }, receiver);
        }
    }

    pub(super) fn erase(&mut self) {
        let open: Vec<usize> = (0..self.model.people.len()).filter(|one| self.model.is_open(*one)).collect();
        let Some(&person) = open.get(self.chance.below(open.len())) else { return };
        let id = self.model.people[person].id;
        if let Ok(receiver) = self.process().erase(id) {
            self.log(format!("erase {person}"));
            self.model.people[person].erasing = true;
            self.calls.borrow_mut().add(Asked::Erase { person }, receiver);
        }
    }

    pub(super) fn verify(&mut self) {
        let awake = 1 + self.chance.below(3);
        let count = self.process().verify(awake);
        self.log(format!("verify {count}"));
        self.calls.borrow_mut().verified(count, self.cast.clock.now_ms());
    }

    pub(super) fn hand_over(&mut self) {
        let lots = self.process().lots.len();
        if lots > 0 {
            let lot = self.chance.below(lots);
            self.log(format!("hand over {lot} of {lots}"));
            self.process().hand_over(lot);
        }
    }

    /// What anyone sees at any time, also of a ledger that has stopped itself.
    pub(super) fn look(&mut self) -> Result<(), String> {
        let ledger = self.process().ledger.clone();
        let people = self.model.people.len();
        if people > 0 && !self.disk.borrow().failed {
            self.model.read(&ledger, self.chance.below(people))?;
        }
        self.subscribed = self.model.subscribe(&ledger, self.subscribed, 1 + self.chance.below(20))?;
        self.log(format!("subscribed until {}", self.subscribed));
        self.model.checkpoint(&ledger)
    }

    pub(super) fn jump(&mut self) {
        let now = self.cast.clock.now_ms();
        let far = [1, 50, 60_000, 3_600_000, DAY_MS, 40 * DAY_MS, 3 * 365 * DAY_MS];
        let by = far[self.chance.below(far.len())] * (1 + self.chance.below(3) as u64);
        let to = if self.chance.one_in(2) { now.saturating_sub(by) } else { now + by };
        let to = to.clamp(START_MS, START_MS + SPAN_MS);
        self.cast.clock.set(to);
        self.count("clock jumps", usize::from(to != now));
        self.log(format!("clock {to}"));
    }
}
