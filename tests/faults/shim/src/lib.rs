//! Preloaded (`LD_PRELOAD`) into the process under test: every change below `FAULTS_ROOT` is done and written to
//! `FAULTS_TRACE` in one step, so that the trace has the order in which things happened; and the `FAULTS_AT`-th call of
//! `FAULTS_KIND` on a file of `FAULTS_NAME` fails as `FAULTS_WHAT` says (`ENOSPC`, `EIO`, `EINTR`, `SHORT`, `FULL`, `KILL`).
//! With `FAULTS_LIST` each such call is listed before it is made.
//!
//! Knows nothing of skillpass. Calls the kernel itself, so none of what it interposes is interposed again. What it does not
//! know how to write down (shared mappings, links, copies inside the kernel) it reports as such, so that a trace that
//! misses something is never taken for a whole one.

mod calls;
mod fault;
mod log;
mod raw;

use std::ffi::{CStr, c_char};

/// Puts a line of the driver's own into the trace: what it was promised, in its place.
///
/// # Safety
/// `text` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn faults_mark(text: *const c_char) {
    let text = unsafe { CStr::from_ptr(text) };
    if let Some(state) = log::state() {
        state.record(log::MARK, 0, 0, 0, text.to_bytes(), &[]);
    }
}
