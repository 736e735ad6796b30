//! A disk that forgets. The files are real; beside them stands what of them an fsync has made durable, and a power loss
//! writes them anew: what was durable, and of the rest what the seed leaves.
//!
//! An fsync promises the bytes and the length of a file, or the names in a directory, and nothing else. One that fails leaves the
//! bytes clean in memory and perhaps nowhere else: only writing them again can make them durable. Directories themselves always survive
//! here; `tests/faults` loses those too.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::chance::Chance;
use super::file::{Data, File};
use crate::crypto::{Hash, sha256};
use crate::vault::change::Change;

/// What is to go wrong, once so many changes have been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// The power goes: nothing works any more.
    PowerLoss(usize),
    /// The first fsync from then on fails, that one alone.
    FailedSync(usize),
}

pub(super) struct Disk {
    root: PathBuf,
    files: Vec<File>,
    /// As the running process sees them.
    names: BTreeMap<PathBuf, usize>,
    /// As they surely survive.
    durable: BTreeMap<PathBuf, usize>,
    /// May survive, in order of time.
    renaming: Vec<Naming>,
    plan: Option<Plan>,
    /// An fsync has failed in this process.
    pub(super) failed: bool,
    pub(super) lost: bool,
    /// Over every change, in order.
    pub(super) digest: Hash,
}

enum Naming {
    Set(PathBuf, usize),
    Remove(PathBuf),
    Move(PathBuf, PathBuf, usize),
}

impl Disk {
    /// With what is in a directory now, all of it durable.
    pub(super) fn of(root: &Path) -> Self {
        let mut disk = Self {
            root: root.to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            renaming: Vec::new(),
            plan: None,
            failed: false,
            lost: false,
            digest: [0; 32],
        };
        let found = files_in(root).into_iter().map(|path| (std::fs::read(&path).unwrap(), path));
        disk.hold(found.collect());
        disk
    }

    fn hold(&mut self, found: Vec<(Vec<u8>, PathBuf)>) {
        self.names = found.iter().enumerate().map(|(file, (_, path))| (path.clone(), file)).collect();
        self.durable = self.names.clone();
        self.files = found.into_iter().map(|(bytes, _)| File::durable(bytes)).collect();
        self.renaming.clear();
    }

    pub(super) fn plan(&mut self, plan: Plan) {
        self.plan = Some(plan);
    }

    /// One change, or why it is refused.
    pub(super) fn change(&mut self, change: Change<'_>) -> io::Result<()> {
        if self.lost {
            return Err(io::Error::other("the power is gone"));
        }
        self.note(&change);
        let is_sync = matches!(change, Change::Sync { .. } | Change::SyncDir { .. });
        match &mut self.plan {
            Some(Plan::PowerLoss(left) | Plan::FailedSync(left)) if *left > 0 => *left -= 1,
            Some(Plan::PowerLoss(_)) => {
                self.lost = true;
                if let Change::Write { path, at, bytes } = change {
                    self.file(path).change(Data::Write(place(at), bytes.to_vec()));
                }
                return Err(io::Error::other("the power goes"));
            }
            Some(Plan::FailedSync(_)) if is_sync => {
                (self.plan, self.failed) = (None, true);
                if let Change::Sync { path } = change
                    && self.names.contains_key(path)
                {
                    self.file(path).doom();
                }
                return Err(io::Error::other("an fsync fails"));
            }
            _ => {}
        }
        self.apply(change);
        Ok(())
    }

    fn apply(&mut self, change: Change<'_>) {
        match change {
            Change::Make { path, empty } => {
                if !self.names.contains_key(path) {
                    self.files.push(File::default());
                    self.name(Naming::Set(path.to_owned(), self.files.len() - 1));
                } else if empty {
                    self.file(path).change(Data::Length(0));
                }
            }
            Change::Write { path, at, bytes } => {
                self.file(path).change(Data::Write(place(at), bytes.to_vec()));
            }
            Change::Cut { path, length } => self.file(path).change(Data::Length(place(length))),
            // The event store's own file is not here (`store`).
            Change::Sync { path } if !self.names.contains_key(path) => {}
            Change::Sync { path } => self.file(path).sync(),
            Change::SyncDir { path } => {
                for naming in std::mem::take(&mut self.renaming) {
                    if naming.path().parent() == Some(path) {
                        naming.apply(&mut self.durable);
                    } else {
                        self.renaming.push(naming);
                    }
                }
            }
            Change::Rename { from, to } => {
                let file = self.names[from];
                self.name(Naming::Move(from.to_owned(), to.to_owned(), file));
            }
            Change::Remove { path } if self.names.contains_key(path) => {
                self.name(Naming::Remove(path.to_owned()));
            }
            Change::Remove { .. } => {}
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.renaming.push(naming);
    }

    fn file(&mut self, path: &Path) -> &mut File {
        let file = self.names.get(path).unwrap_or_else(|| panic!("{} was never made", path.display()));
        &mut self.files[*file]
    }

    fn note(&mut self, change: &Change<'_>) {
        let what = format!("{change:?}").replace(&self.root.display().to_string(), "");
        self.digest = sha256(&[&self.digest, what.as_bytes()]);
    }

    /// The process is gone; the disk goes on as it is.
    pub(super) fn restart(&mut self) {
        (self.plan, self.failed) = (None, false);
    }

    /// The power is gone: the real files become what is left of them.
    pub(super) fn lose_power(&mut self, chance: &mut Chance) {
        self.restart();
        self.lost = false;
        let mut names = self.durable.clone();
        // File systems with a journal keep changes of names in their order; others need not.
        let until = chance.one_in(2).then(|| chance.below(self.renaming.len() + 1));
        for (number, naming) in self.renaming.iter().enumerate() {
            if until.map_or_else(|| chance.one_in(2), |until| number < until) {
                naming.apply(&mut names);
            }
        }
        let left = names.into_iter().map(|(path, file)| (self.files[file].after_power_loss(chance), path));
        let left: Vec<_> = left.collect();
        for path in files_in(&self.root) {
            std::fs::remove_file(path).unwrap();
        }
        for (bytes, path) in &left {
            std::fs::write(path, bytes).unwrap();
            self.digest = sha256(&[&self.digest, bytes]);
        }
        self.hold(left);
    }
}

impl Naming {
    fn path(&self) -> &Path {
        let (Self::Set(path, _) | Self::Remove(path) | Self::Move(path, ..)) = self;
        path
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Set(path, file) => drop(names.insert(path.clone(), *file)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Move(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
        }
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap()
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
