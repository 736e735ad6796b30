//! Holds a data directory, as a crash has left it, against what was promised before the crash.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use skillpass::crypto::{Hash, base64url_encode};
use skillpass::ledger::{Audience, Ledger, fsck};
use skillpass::tlog::{Frontier, leaf_hash};

use crate::beside;
use crate::cast::{PROVIDER, Saying, What, box_of, share_name, worker_id};
use crate::driver::{clock, options};
use crate::promise::{Acknowledged, Promises};
use crate::script::{Step, life};

/// Ids of statements that only the check makes.
const NEW: u64 = 1_000_000;

/// Opens the ledger below `root` and looks for every promise; says which is broken.
pub fn check(root: &Path, promises: &Promises) -> Result<(), String> {
    let checked = catch_unwind(AssertUnwindSafe(|| held(root, promises)));
    checked.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("a panic: {}", text.unwrap_or_else(|| "no text".to_owned())))
    })
}

fn held(root: &Path, promises: &Promises) -> Result<(), String> {
    let (dir, begun) = (&promises.home(root), begun(promises));
    beside::copies(root, promises, &begun)?;
    let ledger = match Ledger::open(dir, options(), clock()) {
        Ok(ledger) => ledger,
        // A founding that nobody was told of may be no ledger.
        Err(_) if !promises.founded => return Ok(()),
        Err(error) => return Err(format!("it does not open: {}: {error}", error.reason())),
    };
    let held = Held { ledger: &ledger, promises, begun: begun.clone() };
    held.log()?;
    held.streams()?;
    held.beside_the_log()?;
    held.shares()?;
    beside::witness(root, &ledger, promises)?;
    held.goes_on()?;
    ledger.close();
    if !promises.founded {
        return Ok(());
    }
    drop(ledger);
    beside::backs_up(root, promises, &begun)?;
    clean(dir, promises)
}

/// `fsck` finds nothing. Notes of who looked that were not synced yet may be torn, which it names: nothing else in the
/// world could tell that from an altered one.
pub fn clean(dir: &Path, promises: &Promises) -> Result<(), String> {
    let report = fsck(dir).map_err(|error| format!("fsck: {}: {error}", error.reason()))?;
    let is_torn = |place: &str| promises.noted && place.starts_with("access, notes of");
    match report.findings.iter().find(|finding| !is_torn(&finding.place)) {
        Some(finding) => Err(format!("fsck: {}: {}", finding.place, finding.problem)),
        None => Ok(()),
    }
}

/// What may have happened without anybody having been told: what the step does that was tried when the crash came.
fn begun(promises: &Promises) -> Step {
    life().into_iter().nth(promises.trying).unwrap_or(Step::Close)
}

struct Held<'a> {
    ledger: &'a Ledger,
    promises: &'a Promises,
    begun: Step,
}

fn failed(error: impl std::fmt::Display) -> String {
    format!("a read fails: {error}")
}

impl Held<'_> {
    /// Every acknowledged entry at its place; every published tree.
    fn log(&self) -> Result<(), String> {
        let size = *self.ledger.size().borrow();
        let mut leaves: Vec<Hash> = Vec::new();
        while (leaves.len() as u64) < size {
            let entries = self.ledger.entries(leaves.len() as u64, 1000, usize::MAX).map_err(failed)?;
            if entries.is_empty() {
                return Err(format!("entry {} of {size} is missing", leaves.len()));
            }
            leaves.extend(entries.iter().map(|(_, bytes)| leaf_hash(bytes)));
        }
        for (leaf, one) in &self.promises.acknowledged {
            let found = usize::try_from(*leaf).ok().and_then(|leaf| leaves.get(leaf));
            if found != Some(&one.leaf_hash) {
                let what = if found.is_none() { "missing" } else { "another" };
                return Err(format!("leaf {leaf}, acknowledged, is {what}; {size} are there"));
            }
        }
        let mut tree = Frontier::default();
        let mut roots = vec![tree.root()];
        for leaf in leaves {
            tree.push(leaf, |_, _, _| {});
            roots.push(tree.root());
        }
        for (size, root) in &self.promises.published {
            if usize::try_from(*size).ok().and_then(|size| roots.get(size)) != Some(root) {
                return Err(format!("the published tree of {size} is not the tree that is there"));
            }
        }
        let published = self.ledger.published().borrow().checkpoint.clone();
        let seen = self.promises.published.keys().max().copied().unwrap_or(0);
        if published.size < seen {
            return Err(format!("a checkpoint over {seen} was published, now one over {}", published.size));
        }
        let signed = usize::try_from(published.size).ok().and_then(|size| roots.get(size));
        if signed == Some(&published.root) {
            Ok(())
        } else {
            Err("it signed a tree that is not there".into())
        }
    }

    fn may_be_erased(&self, worker: u64) -> bool {
        self.promises.erased.contains(&worker) || matches!(self.begun, Step::Erase(of) if of == worker)
    }

    /// Every worker's records open, to the last that was acknowledged; those of the erased do not.
    fn streams(&self) -> Result<(), String> {
        for worker in 0..6 {
            let records = self.ledger.worker(worker_id(worker)).map_err(failed)?;
            if self.promises.erased.contains(&worker) {
                if records.is_some() {
                    return Err(format!("worker {worker} was erased and is there"));
                }
                let again = Saying { number: NEW, what: What::Open { worker, document: 99 } };
                match self.append(&again, None) {
                    Err(reason) if reason == "ERASED" => {}
                    other => {
                        return Err(format!(
                            "worker {worker} was erased; a new opening is answered {other:?}"
                        ));
                    }
                }
                continue;
            }
            let Some(revision) = self.promises.revision(worker) else { continue };
            let Some(records) = records else {
                if self.may_be_erased(worker) {
                    continue;
                }
                return Err(format!("worker {worker} is unknown; revision {revision} was acknowledged"));
            };
            let last = records.len().checked_sub(1).and_then(|last| u32::try_from(last).ok());
            if last < Some(revision) || last != self.revision(worker)? {
                return Err(format!("worker {worker} ends at {last:?}; {revision} was acknowledged"));
            }
        }
        Ok(())
    }

    fn revision(&self, worker: u64) -> Result<Option<u32>, String> {
        self.ledger.worker_revision(worker_id(worker)).map_err(|error| format!("worker {worker}: {error}"))
    }

    /// Access settings, operators, reviews, indexes, keys of the ledger.
    fn beside_the_log(&self) -> Result<(), String> {
        for (worker, body) in &self.promises.blocked {
            if self.may_be_erased(*worker) {
                continue;
            }
            let settings = self.ledger.access(worker_id(*worker)).map_err(failed)?.unwrap_or_default();
            if !settings.blocks.iter().any(|block| block.audience == Audience::Issuer(body.clone())) {
                return Err(format!("worker {worker} had kept {body} out"));
            }
        }
        for (name, named) in &self.promises.operators {
            let undecided = matches!(self.begun, Step::Operator { name: tried, .. } if tried == name);
            let is_there = self.ledger.operators().iter().any(|operator| operator.name == *name);
            if is_there != *named && !undecided {
                return Err(format!("operator {name}: there {is_there}, promised {named}"));
            }
        }
        let cases = self.ledger.reviews(None, true).map_err(failed)?;
        for id in &self.promises.reviewed {
            if cases.iter().any(|case| case.id == *id && case.resolution.is_none()) {
                return Err(format!("case {id} had been closed"));
            }
        }
        for (kid, in_force) in &self.promises.own_keys {
            let key = self.ledger.own_keys().into_iter().find(|key| key.kid == *kid);
            let found = key.map(|key| key.ended.is_none());
            let undecided = matches!(self.begun, Step::ReplaceKey { .. });
            if found != Some(*in_force) && !undecided {
                return Err(format!("the ledger's key {kid}: in force {found:?}, promised {in_force}"));
            }
        }
        if !self.promises.acknowledged.is_empty() {
            let given = self.ledger.allocate_status(PROVIDER, 2).map_err(|error| error.to_string())?;
            let handed =
                given.iter().flat_map(|lot| lot.indexes.iter().map(|index| (&lot.uri, u64::from(*index))));
            for (uri, index) in handed {
                if self.promises.indexes.iter().any(|old| old.uri == *uri && old.index == index) {
                    return Err(format!("index {index} is handed out a second time"));
                }
            }
        }
        Ok(())
    }

    /// Boxes that were laid there are, as they were; those taken back open to nobody.
    fn shares(&self) -> Result<(), String> {
        for (name, (worker, open)) in &self.promises.shares {
            let undecided = matches!(self.begun, Step::Share { name: of, .. } | Step::Unshare { name: of, .. } if of == *name);
            let erased = self.promises.erased.contains(worker);
            if undecided || (!erased && self.may_be_erased(*worker)) {
                continue;
            }
            let settings = self.ledger.access(worker_id(*worker)).map_err(failed)?.unwrap_or_default();
            let boxed = self.ledger.share_box(worker_id(*worker), &share_name(*name)).map_err(failed)?;
            let named = settings.names(&base64url_encode(share_name(*name)));
            let expected = *open && !erased;
            if named != expected || (expected && boxed != Some(box_of(*name))) || (erased && boxed.is_some())
            {
                return Err(format!(
                    "share {name}: open {expected}, named {named}, there {}",
                    boxed.is_some()
                ));
            }
        }
        Ok(())
    }

    /// What was acknowledged last is acknowledged again alike, and each stream takes what comes next.
    fn goes_on(&self) -> Result<(), String> {
        let said: Vec<Saying> = life()
            .into_iter()
            .flat_map(|step| if let Step::Say(sayings) = step { sayings } else { Vec::new() })
            .collect();
        let kept = |one: &&Acknowledged| one.worker.is_none_or(|worker| !self.may_be_erased(worker));
        for one in self.promises.acknowledged.values().rev().filter(kept).take(4) {
            let Some(saying) = said.iter().find(|saying| Some(saying.number) == one.number) else { continue };
            match self.append(saying, None) {
                Ok((leaf, revision, recorded_at, true))
                    if (leaf, revision, recorded_at) == (one.leaf, one.revision, one.recorded_at) => {}
                other => {
                    return Err(format!(
                        "saying {} again is answered {other:?}, once {one:?}",
                        saying.number
                    ));
                }
            }
        }
        let is_authorised = self.promises.acknowledged.values().any(|one| one.number == Some(2));
        for worker in 0..6 {
            if self.may_be_erased(worker) || self.promises.revision(worker).is_none() || !is_authorised {
                continue;
            }
            let revision = self.revision(worker)?;
            let next = Saying { number: NEW + 1 + worker, what: What::Train { worker, index: None } };
            if let Err(reason) = self.append(&next, revision.map(|last| last + 1)) {
                return Err(format!("worker {worker} takes nothing behind revision {revision:?}: {reason}"));
            }
        }
        Ok(())
    }

    fn append(&self, saying: &Saying, expected: Option<u32>) -> Result<(u64, u32, u64, bool), String> {
        let text = saying.text(&self.promises.indexes);
        let answer = self.ledger.submit_with(text, expected, saying.document());
        let answer = answer.and_then(|answer| answer.blocking_recv().expect("an answer"));
        match answer {
            Ok(done) => Ok((done.leaf, done.revision, done.recorded_at, done.repeated)),
            Err(error) => Err(error.reason.to_owned()),
        }
    }
}
