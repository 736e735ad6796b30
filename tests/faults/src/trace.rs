//! The trace of the preloaded library (`shim/src/log.rs` has its bytes), read back.

use std::path::PathBuf;

/// One change of the file system, or a mark of the driver's, in the order in which they happened.
#[derive(Debug, Clone)]
pub struct Op {
    /// What.
    pub act: Act,
    /// 0: done. Else it was made to fail with this.
    pub errno: i32,
}

/// What was called.
#[derive(Debug, Clone)]
pub enum Act {
    Create {
        inode: u64,
        path: PathBuf,
    },
    Mkdir {
        path: PathBuf,
    },
    Write {
        inode: u64,
        at: u64,
        data: Vec<u8>,
        path: PathBuf,
    },
    Sync {
        inode: u64,
        path: PathBuf,
    },
    SyncDir {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Unlink {
        path: PathBuf,
    },
    Rmdir {
        path: PathBuf,
    },
    SetLen {
        inode: u64,
        length: u64,
        path: PathBuf,
    },
    Mark(String),
    /// Only where it was made to fail.
    Open {
        path: PathBuf,
    },
    /// Likewise.
    Read {
        path: PathBuf,
    },
    /// Likewise: `sync_file_range`.
    Range {
        path: PathBuf,
    },
    /// Likewise: what is there was asked.
    Stat {
        path: PathBuf,
    },
    /// Likewise: the names in a directory were asked.
    List {
        path: PathBuf,
    },
    /// Where a process lists its calls: one of this kind is next.
    Call {
        kind: u8,
        path: PathBuf,
    },
}

/// What they are called in reports.
pub const KINDS: [&str; 18] = [
    "",
    "create",
    "mkdir",
    "write",
    "fsync",
    "fsync of directory",
    "rename",
    "unlink",
    "rmdir",
    "truncate",
    "mark",
    "open",
    "read",
    "sync_file_range",
    "",
    "",
    "stat",
    "list",
];

impl Act {
    /// The kind of the call, and its file.
    pub fn kind(&self) -> (usize, Option<&PathBuf>) {
        let (kind, path) = match self {
            Self::Create { path, .. } => (1, path),
            Self::Mkdir { path } => (2, path),
            Self::Write { path, .. } => (3, path),
            Self::Sync { path, .. } => (4, path),
            Self::SyncDir { path } => (5, path),
            Self::Rename { to, .. } => (6, to),
            Self::Unlink { path } => (7, path),
            Self::Rmdir { path } => (8, path),
            Self::SetLen { path, .. } => (9, path),
            Self::Mark(_) => return (10, None),
            Self::Open { path } => (11, path),
            Self::Read { path } => (12, path),
            Self::Range { path } => (13, path),
            Self::Stat { path } => (16, path),
            Self::List { path } => (17, path),
            Self::Call { kind, path } => (usize::from(*kind), path),
        };
        (kind, Some(path))
    }
}

/// Every record of a trace.
pub fn read(bytes: &[u8]) -> Result<Vec<Op>, String> {
    let mut ops = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        // A process that was killed leaves a whole record or none: each is one write.
        let op =
            op(&mut rest).ok_or_else(|| format!("the trace is cut short behind {} records", ops.len()))?;
        ops.push(op?);
    }
    Ok(ops)
}

/// The record of a mark, for a trace that goes on from an earlier one.
pub fn encode_mark(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("marks are short").to_le_bytes();
    [&[10][..], &[0; 20], &length, text.as_bytes(), &[0; 4]].concat()
}

fn op(rest: &mut &[u8]) -> Option<Result<Op, String>> {
    let kind = take::<1>(rest)?[0];
    let errno = i32::from_le_bytes(take(rest)?);
    let (a, b) = (u64::from_le_bytes(take(rest)?), u64::from_le_bytes(take(rest)?));
    let (text, data) = (part(rest)?, part(rest)?);
    let name = String::from_utf8_lossy(text).into_owned();
    let path = PathBuf::from(name.clone());
    let act = match kind {
        1 => Act::Create { inode: a, path },
        2 => Act::Mkdir { path },
        3 => Act::Write { inode: a, at: b, data: data.to_vec(), path },
        4 => Act::Sync { inode: a, path },
        5 => Act::SyncDir { path },
        6 => Act::Rename { from: path, to: PathBuf::from(String::from_utf8_lossy(data).into_owned()) },
        7 => Act::Unlink { path },
        8 => Act::Rmdir { path },
        9 => Act::SetLen { inode: a, length: b, path },
        10 => Act::Mark(name),
        11 => Act::Open { path },
        12 => Act::Read { path },
        13 => Act::Range { path },
        16 => Act::Stat { path },
        17 => Act::List { path },
        15 => Act::Call { kind: u8::try_from(a).unwrap_or(0), path },
        _ => return Some(Err(format!("the process did what the trace cannot follow: {name}"))),
    };
    Some(Ok(Op { act, errno }))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}
