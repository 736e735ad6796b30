//! Each change of the vault's files, told before it is made to whoever simulates a disk, who may refuse it. Only tests listen:
//! every other build has nothing of it.

use std::io;
use std::path::Path;

/// What is about to happen.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by tests alone"))]
pub(crate) enum Change<'a> {
    /// A file is made, or, if it is there, emptied on demand.
    Make { path: &'a Path, empty: bool },
    /// Bytes at a place.
    Write { path: &'a Path, at: u64, bytes: &'a [u8] },
    /// A new length.
    Cut { path: &'a Path, length: u64 },
    /// fsync or fdatasync of a file.
    Sync { path: &'a Path },
    /// fsync of a directory.
    SyncDir { path: &'a Path },
    /// Within one directory.
    Rename { from: &'a Path, to: &'a Path },
    /// A file is unlinked, if it is there.
    Remove { path: &'a Path },
}

/// Makes the change, unless whoever listens refuses it.
#[inline]
pub(crate) fn told<T>(change: Change<'_>, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    #[cfg(test)]
    listening::tell(change)?;
    let _ = change;
    make()
}

#[cfg(test)]
pub(crate) use listening::{listen, tell};

#[cfg(test)]
mod listening {
    use std::cell::RefCell;

    use super::{Change, io};

    /// Whoever listens.
    pub(crate) type Listener = Box<dyn FnMut(Change<'_>) -> io::Result<()>>;

    thread_local! {
        static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
    }

    /// Has `listener` told of what this thread changes from now on.
    pub(crate) fn listen(listener: Option<Listener>) {
        LISTENER.set(listener);
    }

    pub(crate) fn tell(change: Change<'_>) -> io::Result<()> {
        LISTENER.with_borrow_mut(|listener| listener.as_mut().map_or(Ok(()), |listener| listener(change)))
    }
}
