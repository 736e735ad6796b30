//! A disk that forgets: what a trace has made durable, and what it has not.
//!
//! Only an `fsync` promises anything, and only of what it was called for: a file's of its bytes and length, a directory's of
//! the names in it. Everything since may survive a crash or not, in any combination (`crash` chooses). A failed `fsync` of a file leaves its bytes clean in memory and perhaps nowhere else, as Linux does: no later
//! `fsync` makes them durable, only writing them again. A failed one of a directory promises nothing, but may be repeated.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::crash::Tree;
use crate::trace::{Act, Op};

pub type NodeId = usize;

/// Everything at one moment of a trace.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
    pub nodes: Vec<Node>,
    by_inode: HashMap<u64, NodeId>,
    clock: u64,
}

#[derive(Debug, Clone)]
pub enum Node {
    File(File),
    Dir(Dir),
}

#[derive(Debug, Clone, Default)]
pub struct File {
    /// Survives.
    pub durable: Vec<u8>,
    /// May survive, in order of time.
    pub pending: Vec<Change>,
}

#[derive(Debug, Clone)]
pub struct Change {
    /// An `fsync` has failed on it: none will make it durable any more.
    pub doomed: bool,
    pub what: Data,
}

#[derive(Debug, Clone)]
pub enum Data {
    Write { at: u64, bytes: Vec<u8> },
    SetLen(u64),
}

#[derive(Debug, Clone, Default)]
pub struct Dir {
    pub durable: BTreeMap<OsString, NodeId>,
    /// As the running process sees it.
    current: BTreeMap<OsString, NodeId>,
    pub pending: Vec<(u64, Naming)>,
}

#[derive(Debug, Clone)]
pub enum Naming {
    Set(OsString, NodeId),
    Remove(OsString),
    Move { from: OsString, to: OsString, node: NodeId },
}

impl Naming {
    pub fn apply(&self, names: &mut BTreeMap<OsString, NodeId>) {
        match self {
            Self::Set(name, node) => drop(names.insert(name.clone(), *node)),
            Self::Remove(name) => drop(names.remove(name)),
            Self::Move { from, to, node } => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

impl Data {
    pub fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let at = usize::try_from(*at).expect("test files are small");
                if content.len() < at + bytes.len() {
                    content.resize(at + bytes.len(), 0);
                }
                content[at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::SetLen(length) => {
                content.resize(usize::try_from(*length).expect("test files are small"), 0)
            }
        }
    }
}

impl Disk {
    /// With the durable, empty directory `root`.
    pub fn new(root: &Path) -> Self {
        let nodes = vec![Node::Dir(Dir::default())];
        Self { root: root.to_owned(), nodes, by_inode: HashMap::new(), clock: 0 }
    }

    /// With these files, all of them durable.
    pub fn with(root: &Path, tree: &Tree) -> Result<Self, String> {
        let mut disk = Self::new(root);
        for (path, content) in tree {
            let node = match content {
                None => Node::Dir(Dir::default()),
                Some(bytes) => Node::File(File { durable: bytes.clone(), pending: Vec::new() }),
            };
            disk.add(&root.join(path), node)?;
        }
        for node in &mut disk.nodes {
            if let Node::Dir(dir) = node {
                dir.sync();
            }
        }
        Ok(disk)
    }

    /// One record of the trace.
    pub fn apply(&mut self, op: &Op) -> Result<(), String> {
        self.clock += 1;
        if op.errno != 0 {
            return self.fail(op);
        }
        match &op.act {
            Act::Create { inode, path } => {
                let node = self.add(path, Node::File(File::default()))?;
                self.by_inode.insert(*inode, node);
            }
            Act::Mkdir { path } => drop(self.add(path, Node::Dir(Dir::default()))?),
            Act::Write { inode, at, data, path } => {
                self.change(*inode, path, Data::Write { at: *at, bytes: data.clone() })?;
            }
            Act::SetLen { inode, length, path } => self.change(*inode, path, Data::SetLen(*length))?,
            Act::Sync { inode, path } => self.file(*inode, path)?.sync(),
            Act::SyncDir { path } => self.dir_at(path)?.sync(),
            Act::Rename { from, to } => self.rename(from, to)?,
            Act::Unlink { path } | Act::Rmdir { path } => {
                let (clock, name) = (self.clock, name_of(path)?);
                let dir = self.parent_of(path)?;
                dir.name(clock, Naming::Remove(name));
            }
            Act::Mark(_)
            | Act::Open { .. }
            | Act::Read { .. }
            | Act::Range { .. }
            | Act::Stat { .. }
            | Act::List { .. }
            | Act::Call { .. } => {}
        }
        Ok(())
    }

    fn fail(&mut self, op: &Op) -> Result<(), String> {
        if let (Act::Sync { inode, path }, true) = (&op.act, op.errno != libc::EINTR) {
            self.file(*inode, path)?.pending.iter_mut().for_each(|change| change.doomed = true);
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, node: Node) -> Result<NodeId, String> {
        let (clock, name, id) = (self.clock, name_of(path)?, self.nodes.len());
        self.nodes.push(node);
        self.parent_of(path)?.name(clock, Naming::Set(name, id));
        Ok(id)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), String> {
        if from.parent() != to.parent() {
            return Err(format!("a rename between directories: {} to {}", from.display(), to.display()));
        }
        let (clock, node) = (self.clock, self.find(from)?);
        let naming = Naming::Move { from: name_of(from)?, to: name_of(to)?, node };
        self.parent_of(from)?.name(clock, naming);
        Ok(())
    }

    fn change(&mut self, inode: u64, path: &Path, what: Data) -> Result<(), String> {
        self.file(inode, path)?.pending.push(Change { doomed: false, what });
        Ok(())
    }

    fn find(&self, path: &Path) -> Result<NodeId, String> {
        let unknown = || format!("{} is not in the trace", path.display());
        let inside = path.strip_prefix(&self.root).map_err(|_| unknown())?;
        let step = |node: NodeId, name: &std::ffi::OsStr| match &self.nodes[node] {
            Node::Dir(dir) => dir.current.get(name).copied(),
            Node::File(_) => None,
        };
        inside.iter().try_fold(0, step).ok_or_else(unknown)
    }

    fn dir_at(&mut self, path: &Path) -> Result<&mut Dir, String> {
        let node = self.find(path)?;
        match &mut self.nodes[node] {
            Node::Dir(dir) => Ok(dir),
            Node::File(_) => Err(format!("{} is no directory", path.display())),
        }
    }

    fn parent_of(&mut self, path: &Path) -> Result<&mut Dir, String> {
        self.dir_at(path.parent().ok_or("a path without parent")?)
    }

    fn file(&mut self, inode: u64, path: &Path) -> Result<&mut File, String> {
        let node = match self.by_inode.get(&inode) {
            Some(node) => *node,
            // One that was there before the trace began.
            None => self.find(path)?,
        };
        self.by_inode.insert(inode, node);
        match &mut self.nodes[node] {
            Node::File(file) => Ok(file),
            Node::Dir(_) => Err(format!("{} is a directory", path.display())),
        }
    }
}

impl Dir {
    fn sync(&mut self) {
        for (_, naming) in std::mem::take(&mut self.pending) {
            naming.apply(&mut self.durable);
        }
    }

    fn name(&mut self, when: u64, naming: Naming) {
        naming.apply(&mut self.current);
        self.pending.push((when, naming));
    }
}

/// The least that a file system writes of a file.
const SECTOR: u64 = 512;

impl File {
    /// Everything pending becomes durable, but what an earlier `fsync` failed on, in sectors that nobody has written to since.
    fn sync(&mut self) {
        let (mut doomed, fresh): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending).into_iter().partition(|change| change.doomed);
        for change in fresh {
            if let Data::Write { at, bytes } = &change.what {
                let end = (at + bytes.len() as u64).next_multiple_of(SECTOR);
                let (revived, rest) = split(doomed, at - at % SECTOR, end);
                revived.iter().for_each(|change| change.what.apply(&mut self.durable));
                doomed = rest;
            }
            change.what.apply(&mut self.durable);
        }
        self.pending = doomed;
    }
}

/// What of some changes lies between two places, and what does not.
fn split(changes: Vec<Change>, from: u64, to: u64) -> (Vec<Change>, Vec<Change>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for change in changes {
        let Data::Write { at, bytes } = &change.what else {
            outside.push(change);
            continue;
        };
        let (start, end) = (*at, at + bytes.len() as u64);
        let part = |from: u64, to: u64| {
            let (from, to) = (from.clamp(start, end), to.clamp(start, end));
            let place = |at: u64| usize::try_from(at - start).unwrap_or(0);
            let what = Data::Write { at: from, bytes: bytes.get(place(from)..place(to))?.to_vec() };
            (from < to).then_some(Change { what, ..change })
        };
        outside.extend([part(start, from), part(to, end)].into_iter().flatten());
        inside.extend(part(from, to));
    }
    (inside, outside)
}

fn name_of(path: &Path) -> Result<OsString, String> {
    path.file_name().map(OsString::from).ok_or_else(|| format!("{} has no name", path.display()))
}
