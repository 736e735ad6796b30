//! What anyone can see of the ledger, held against the model: streams, subscriptions, checkpoints, and all of it after a start.

use super::model::{Model, Owner, ensure, problem};
use crate::event::Kind;
use crate::event::entry::Entry;
use crate::ledger::Ledger;
use crate::tlog::{Frontier, SignedCheckpoint, leaf_hash};

impl Model {
    /// A new process serves the same disk: all that anyone was told is there, and of the rest what was sent.
    pub(super) fn started(&mut self, ledger: &Ledger) -> Result<(), String> {
        self.forget_calls(ledger.now_ms());
        let seen = self.entries.len() as u64;
        self.see_entries(ledger, None)?;
        let mut from = 0;
        while from < seen {
            from = self.subscribe(ledger, from, 1000)?;
        }
        let mut untold_erasure = false;
        for number in 0..self.people.len() {
            untold_erasure |= self.adopt_person(ledger, number)?;
        }
        let mut erasures = 0;
        for leaf in 0..self.entries.len() as u64 {
            let told = self.owners.get(&leaf);
            erasures += usize::from(told == Some(&Owner::Erasure));
            if told.is_some() {
                continue;
            }
            match self.entry_of(leaf)? {
                Entry::Person { .. } => {
                    ensure!(untold_erasure, "leaf {leaf} is of nobody");
                    self.owners.insert(leaf, Owner::Untold);
                }
                Entry::Public { revision, statement, .. } => {
                    if let Some(number) = self.sent.iter().position(|sent| sent.text == statement) {
                        self.settle(number, leaf, revision)?;
                        continue;
                    }
                    ensure!(self.is_erasure(leaf)?, "leaf {leaf} was never sent");
                    self.owners.insert(leaf, Owner::Erasure);
                    erasures += 1;
                }
            }
        }
        ensure!(
            erasures == self.erasures(),
            "{erasures} erasures in the log, {} in the world",
            self.erasures()
        );
        self.checkpoint(ledger)
    }

    /// What a person's stream holds beyond what was told; whether it was erased without anybody being told.
    fn adopt_person(&mut self, ledger: &Ledger, number: usize) -> Result<bool, String> {
        let person = &mut self.people[number];
        let erasing = std::mem::take(&mut person.erasing);
        let Some(records) = ledger.worker(person.id).map_err(problem)? else {
            ensure!(
                person.records.is_empty() || person.erased || erasing,
                "the records of person {number} are gone"
            );
            let untold = !person.erased && !person.records.is_empty();
            person.erased |= untold;
            return Ok(untold);
        };
        let known = person.records.len();
        ensure!(!person.erased, "person {number} was erased, and is there again");
        for record in records.into_iter().skip(known) {
            let (leaf, text) = (record.record.leaf, record.record.statement.text().to_owned());
            let sent = self.sent.iter().position(|sent| sent.text == text);
            let sent = sent.ok_or_else(|| format!("leaf {leaf} holds what nobody sent"))?;
            ensure!(self.sent[sent].person == Some(number), "leaf {leaf} is another person's");
            ensure!(self.sent[sent].place.is_none(), "statement {sent} is recorded twice");
            self.settle(sent, leaf, record.revision)?;
        }
        self.read(ledger, number)?;
        Ok(false)
    }

    /// A worker's records are exactly those that were acknowledged.
    pub(super) fn read(&self, ledger: &Ledger, number: usize) -> Result<(), String> {
        let person = &self.people[number];
        let found = ledger.worker(person.id).map_err(problem)?;
        if person.erased || person.records.is_empty() {
            ensure!(found.is_none(), "person {number} is erased or unknown, and can be read");
            return Ok(());
        }
        let found = found.ok_or_else(|| format!("person {number} cannot be read"))?;
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.record.statement.text(), Some((one.record.leaf, one.revision))))
            .collect();
        let wanted = person.records.iter().map(|record| &self.sent[*record]);
        let wanted: Vec<_> = wanted.map(|sent| (sent.text.as_str(), sent.place)).collect();
        ensure!(found == wanted, "person {number} has {} records, not {}", found.len(), wanted.len());
        ensure!(self.sent[person.records[0]].kind == Kind::PassportOpened, "person {number} was not opened");
        Ok(())
    }

    /// A subscriber goes on from a leaf; where it is then.
    pub(super) fn subscribe(&self, ledger: &Ledger, from: u64, max: usize) -> Result<u64, String> {
        let entries = ledger.entries(from, max, usize::MAX).map_err(problem)?;
        for (leaf, bytes) in &entries {
            let seen = self.entries.get(usize::try_from(*leaf).unwrap());
            ensure!(seen == Some(bytes), "leaf {leaf} is another entry than before");
        }
        Ok(from + entries.len() as u64)
    }

    /// No checkpoint goes back, in size or in time, and each is the tree of what the log holds.
    pub(super) fn checkpoint(&mut self, ledger: &Ledger) -> Result<(), String> {
        let published = ledger.published().borrow().clone();
        let (size, at) = (published.checkpoint.size, published.published_at);
        ensure!(
            (size, at) >= self.published && at >= self.published.1,
            "a checkpoint over {size} of {at} after {:?}",
            self.published
        );
        self.published = (size, at);
        let leaves = self.entries.get(..usize::try_from(size).unwrap());
        let leaves =
            leaves.ok_or_else(|| format!("a checkpoint over {size} of {} entries", self.entries.len()))?;
        let mut tree = Frontier::default();
        for entry in leaves {
            tree.push(leaf_hash(entry), |_, _, _| {});
        }
        ensure!(tree.root() == published.checkpoint.root, "the checkpoint over {size} is of another tree");
        let signed = SignedCheckpoint::verify(&published.note, &ledger.vkeys()).map_err(problem)?;
        ensure!(signed.checkpoint == published.checkpoint, "the note over {size} says something else");
        Ok(())
    }

    /// Everything recorded has been answered.
    pub(super) fn all_told(&self) -> Result<(), String> {
        let untold = (0..self.entries.len() as u64).find(|leaf| !self.owners.contains_key(leaf));
        ensure!(untold.is_none(), "nobody was told of leaf {untold:?}");
        Ok(())
    }
}
