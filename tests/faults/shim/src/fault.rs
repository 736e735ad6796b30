//! Which call fails, and how.

use std::ffi::{c_int, c_long};

use crate::raw;

/// How.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Errno(c_int),
    /// Half of the bytes.
    Short,
    /// The disk is full from here on.
    Full,
    /// The process is killed before the call.
    Kill,
}

pub(crate) struct Faults {
    at: u64,
    what: Option<What>,
    count: u64,
    full: bool,
}

/// What to do instead of the call.
pub(crate) enum Instead {
    Nothing,
    Fail(c_int),
    Short,
}

impl Faults {
    pub(crate) fn new(at: Option<u64>, what: &str) -> Self {
        let what = match what {
            "ENOSPC" => Some(What::Errno(libc::ENOSPC)),
            "EIO" => Some(What::Errno(libc::EIO)),
            "EINTR" => Some(What::Errno(libc::EINTR)),
            "SHORT" => Some(What::Short),
            "FULL" => Some(What::Full),
            "KILL" => Some(What::Kill),
            _ => None,
        };
        Self { at: at.unwrap_or(u64::MAX), what, count: 0, full: false }
    }

    /// One more call, of interest or not. `grows`: it needs room on the disk; `moves`: it moves bytes.
    pub(crate) fn next(&mut self, counts: bool, grows: bool, moves: bool) -> Instead {
        let is_it = counts && self.count == self.at;
        self.count += u64::from(counts);
        if self.full && grows {
            return Instead::Fail(libc::ENOSPC);
        }
        match self.what.filter(|_| is_it) {
            Some(What::Errno(errno)) => Instead::Fail(errno),
            Some(What::Short) if moves => Instead::Short,
            Some(What::Full) => {
                self.full = true;
                if grows { Instead::Fail(libc::ENOSPC) } else { Instead::Nothing }
            }
            Some(What::Kill) => {
                let process = c_long::from(std::process::id());
                raw::call(libc::SYS_kill, [process, libc::SIGKILL.into(), 0, 0, 0, 0]);
                Instead::Nothing
            }
            Some(What::Short) | None => Instead::Nothing,
        }
    }
}
