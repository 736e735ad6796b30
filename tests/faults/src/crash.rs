//! What a crash leaves: for each change that was not forced, a choice; and the files that follow.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::disk::{Data, Dir, Disk, File, Node};

/// Paths below the root; `None` is a directory.
pub type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// Which of the unforced changes survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// None.
    Dropped,
    /// All: the process was killed, or the disk was quick.
    Kept,
    /// As the seed says.
    Sampled(u64),
}

impl Crash {
    /// The files it leaves.
    pub fn leaves(self, disk: &Disk) -> Tree {
        let mut choice = Choice::new(self);
        let mut tree = Tree::new();
        choice.walk(disk, 0, Path::new(""), &mut tree);
        tree
    }
}

/// To know a tree again.
pub fn fingerprint(tree: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    tree.hash(&mut hasher);
    hasher.finish()
}

/// Writes a tree below `root`.
pub fn materialise(tree: &Tree, root: &Path) -> std::io::Result<()> {
    for (path, content) in tree {
        match content {
            None => std::fs::create_dir_all(root.join(path))?,
            Some(bytes) => std::fs::write(root.join(path), bytes)?,
        }
    }
    Ok(())
}

/// The disk writes this much as one, or that.
const SECTORS: [usize; 2] = [512, 4096];

struct Choice {
    crash: Crash,
    chance: Chance,
    /// File systems with a journal keep changes of names in their order: none behind this moment survives.
    names_until: Option<u64>,
}

/// How one file fares. The disk gets pages as they are in memory: where a write survives, so do the earlier ones to the same
/// sector, and to other sectors perhaps none.
#[derive(Clone, Copy)]
enum Fate {
    Dropped,
    Kept,
    /// Up to the same moment everywhere.
    Until(usize),
    /// Each sector of this size up to a moment of its own.
    Sectors(usize),
    /// The new length is there and none of the bytes.
    LengthOnly,
}

impl Choice {
    fn new(crash: Crash) -> Self {
        let mut chance = Chance::new(if let Crash::Sampled(seed) = crash { seed } else { 0 });
        let names_until = chance.one_in(2).then_some(u64::MAX);
        Self { crash, chance, names_until }
    }

    fn walk(&mut self, disk: &Disk, node: usize, path: &Path, tree: &mut Tree) {
        match &disk.nodes[node] {
            Node::File(file) => drop(tree.insert(path.to_owned(), Some(self.content(file)))),
            Node::Dir(dir) => {
                if node != 0 {
                    tree.insert(path.to_owned(), None);
                } else if self.names_until.is_some() {
                    self.names_until = Some(self.moment(disk));
                }
                for (name, child) in self.names(dir) {
                    self.walk(disk, child, &path.join(name), tree);
                }
            }
        }
    }

    /// A moment among those of the pending changes of names.
    fn moment(&mut self, disk: &Disk) -> u64 {
        let dirs =
            disk.nodes.iter().filter_map(|node| if let Node::Dir(dir) = node { Some(dir) } else { None });
        let mut moments: Vec<u64> = dirs.flat_map(|dir| dir.pending.iter().map(|(when, _)| *when)).collect();
        moments.push(0);
        moments[self.chance.below(moments.len())]
    }

    fn names(&mut self, dir: &Dir) -> BTreeMap<std::ffi::OsString, usize> {
        let mut names = dir.durable.clone();
        for (when, naming) in &dir.pending {
            let survives = match (self.crash, self.names_until) {
                (Crash::Dropped, _) => false,
                (Crash::Kept, _) => true,
                (Crash::Sampled(_), Some(until)) => *when <= until,
                (Crash::Sampled(_), None) => self.chance.one_in(2),
            };
            if survives {
                naming.apply(&mut names);
            }
        }
        names
    }

    fn content(&mut self, file: &File) -> Vec<u8> {
        let count = file.pending.len();
        let fate = match self.crash {
            Crash::Dropped => Fate::Dropped,
            Crash::Kept => Fate::Kept,
            Crash::Sampled(_) => match self.chance.below(6) {
                0 => Fate::Dropped,
                1 => Fate::Kept,
                2 => Fate::Until(self.chance.below(count + 1)),
                3 => Fate::LengthOnly,
                _ => Fate::Sectors(SECTORS[self.chance.below(2)]),
            },
        };
        let mut content = file.durable.clone();
        let mut moments = HashMap::new();
        for (number, change) in file.pending.iter().enumerate() {
            let survives = match fate {
                Fate::Dropped => false,
                Fate::Kept => true,
                Fate::Until(end) => number < end,
                Fate::LengthOnly => {
                    grow(&change.what, &mut content);
                    false
                }
                Fate::Sectors(sector) => {
                    let mut until =
                        |place| *moments.entry(place).or_insert_with(|| self.chance.below(count + 1));
                    let parts = sectors(&change.what, sector).into_iter();
                    parts
                        .filter(|(place, _)| number < until(*place))
                        .for_each(|(_, part)| part.apply(&mut content));
                    false
                }
            };
            if survives {
                change.what.apply(&mut content);
            }
        }
        content
    }
}

fn grow(what: &Data, content: &mut Vec<u8>) {
    if let Data::Write { at, bytes } = what {
        let end = usize::try_from(*at).unwrap_or(0) + bytes.len();
        content.resize(content.len().max(end), 0);
    }
}

/// A write, cut where sectors begin, each part with its sector's number; a new length belongs to none.
fn sectors(what: &Data, sector: usize) -> Vec<(usize, Data)> {
    let Data::Write { at, bytes } = what else { return vec![(usize::MAX, what.clone())] };
    let (mut parts, mut from) = (Vec::new(), 0);
    while from < bytes.len() {
        let place = usize::try_from(*at).unwrap_or(0) + from;
        let to = bytes.len().min(from + sector - place % sector);
        parts.push((place / sector, Data::Write { at: place as u64, bytes: bytes[from..to].to_vec() }));
        from = to;
    }
    parts
}
