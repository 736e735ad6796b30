//! The trace: one record a change, written with one `write` to a descriptor of its own.
//!
//! ```text
//! record = u8 kind | i32 errno (0: done) | u64 a | u64 b | u32 length | text | u32 length | data      little-endian
//! ```
//! `../../src/trace.rs` reads it.

use std::ffi::{CStr, CString, c_long};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::fault::{Faults, Instead};
use crate::raw;

pub(crate) const CREATE: u8 = 1; // a = inode, text = path
pub(crate) const MKDIR: u8 = 2; // text = path
pub(crate) const WRITE: u8 = 3; // a = inode, b = offset, data
pub(crate) const SYNC: u8 = 4; // a = inode, text = path
pub(crate) const SYNC_DIR: u8 = 5; // text = path
pub(crate) const RENAME: u8 = 6; // text = from, data = to
pub(crate) const UNLINK: u8 = 7; // text = path
pub(crate) const RMDIR: u8 = 8; // text = path
pub(crate) const SET_LEN: u8 = 9; // a = inode, b = length
pub(crate) const MARK: u8 = 10; // text
pub(crate) const OPEN: u8 = 11; // only where it was made to fail
pub(crate) const READ: u8 = 12; // likewise
pub(crate) const RANGE: u8 = 13; // sync_file_range: promises nothing
pub(crate) const UNKNOWN: u8 = 14; // text = what
pub(crate) const CALL: u8 = 15; // a = kind, text = path; where FAULTS_LIST asks for it
pub(crate) const STAT: u8 = 16; // only where it was made to fail: whether and what is there
pub(crate) const LIST: u8 = 17; // likewise: the names in a directory

pub(crate) struct State {
    root: Vec<u8>,
    fd: c_long,
    faults: Faults,
    lists: bool,
    /// Only calls of this kind and name count: the path below the root, each digit an N, hexadecimal ones in capitals, too.
    only: Option<(u8, Vec<u8>)>,
}

static STATE: OnceLock<Option<Mutex<State>>> = OnceLock::new();

/// The one lock: held over a change and its record. `None` where nothing is traced.
pub(crate) fn state() -> Option<MutexGuard<'static, State>> {
    let state = STATE.get_or_init(|| {
        let text = |name: &CStr| {
            let value = unsafe { libc::getenv(name.as_ptr()) };
            (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_owned())
        };
        let (root, trace) = (text(c"FAULTS_ROOT")?, text(c"FAULTS_TRACE")?);
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
        let args = [libc::AT_FDCWD.into(), trace.as_ptr() as c_long, flags.into(), 0o600, 0, 0];
        let fd = raw::call(libc::SYS_openat, args);
        let number = |name| text(name)?.to_str().ok()?.parse().ok();
        let what = text(c"FAULTS_WHAT").and_then(|what: CString| what.into_string().ok());
        let faults = Faults::new(number(c"FAULTS_AT"), what.as_deref().unwrap_or_default());
        let lists = text(c"FAULTS_LIST").is_some();
        let kind = text(c"FAULTS_KIND").and_then(|kind| kind.to_str().ok()?.parse().ok());
        let only = kind.zip(text(c"FAULTS_NAME").map(CString::into_bytes));
        (fd >= 0).then(|| Mutex::new(State { root: root.into_bytes(), fd, faults, lists, only }))
    });
    state.as_ref().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner))
}

impl State {
    /// Whether a path is one that is looked after.
    pub(crate) fn concerns(&self, path: &[u8]) -> bool {
        path.starts_with(&self.root)
    }

    fn name(&self, path: &[u8]) -> Vec<u8> {
        let inside = path.strip_prefix(&*self.root).unwrap_or(path);
        inside
            .iter()
            .skip(1)
            .map(|&b| if matches!(b, b'0'..=b'9' | b'A'..=b'F') { b'N' } else { b })
            .collect()
    }

    /// A call of this kind is about to be made: what to do instead. `grows`: it needs room; `moves`: it moves bytes.
    pub(crate) fn call(&mut self, kind: u8, path: &[u8], grows: bool, moves: bool) -> Instead {
        if self.lists {
            self.record(CALL, 0, kind.into(), 0, path, &[]);
        }
        let counts = self.only.as_ref().is_none_or(|(of, name)| *of == kind && *name == self.name(path));
        self.faults.next(counts, grows, moves)
    }

    pub(crate) fn record(&self, kind: u8, errno: i32, a: u64, b: u64, text: &[u8], data: &[u8]) {
        let mut bytes = Vec::with_capacity(32 + text.len() + data.len());
        bytes.push(kind);
        bytes.extend_from_slice(&errno.to_le_bytes());
        bytes.extend_from_slice(&a.to_le_bytes());
        bytes.extend_from_slice(&b.to_le_bytes());
        for part in [text, data] {
            bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        let args = [self.fd, bytes.as_ptr() as c_long, bytes.len() as c_long, 0, 0, 0];
        if raw::call(libc::SYS_write, args) != bytes.len() as c_long {
            eprintln!("faults: the trace could not be written: {}", std::io::Error::last_os_error());
            std::process::abort();
        }
    }

    /// Something that this library cannot follow.
    pub(crate) fn unknown(&self, what: &str, path: &[u8]) {
        let text = [what.as_bytes(), b" ", std::ffi::OsStr::from_bytes(path).as_bytes()].concat();
        self.record(UNKNOWN, 0, 0, 0, &text, &[]);
    }
}
