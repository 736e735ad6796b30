//! The interposed calls. `open` and its kin are variadic in C; the mode is taken as a plain argument, which the calling
//! conventions of the platforms at hand pass in the same place.
#![allow(clippy::missing_safety_doc, reason = "each is the C library's function of that name")]
#![allow(missing_docs, reason = "likewise")]

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use std::sync::OnceLock;

use libc::{iovec, mode_t, off64_t, size_t, ssize_t};

use crate::fault::Instead;
use crate::log::{self, State};
use crate::raw;

unsafe fn open_at(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let args = [dir.into(), path as c_long, flags.into(), mode.into(), 0, 0];
    let whole = unsafe { raw::absolute(dir, path) };
    let Some(mut state) = log::state().filter(|state| state.concerns(&whole)) else {
        return raw::call(libc::SYS_openat, args) as c_int;
    };
    let creates = flags & libc::O_CREAT != 0 && !unsafe { raw::exists(dir, path) };
    let kind = if creates { log::CREATE } else { log::OPEN };
    if let Instead::Fail(errno) = state.call(kind, &whole, creates, false) {
        state.record(kind, errno, 0, 0, &whole, &[]);
        return raw::fail(errno) as c_int;
    }
    let fd = raw::call(libc::SYS_openat, args) as c_int;
    if fd >= 0 {
        let (inode, _, _) = raw::status(fd);
        if creates {
            state.record(log::CREATE, 0, inode, 0, &whole, &[]);
        } else if flags & libc::O_TRUNC != 0 {
            state.record(log::SET_LEN, 0, inode, 0, &whole, &[]);
        }
    }
    fd
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe { open_at(dir, path, flags, mode) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    unsafe { open_at(dir, path, flags, mode) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    unsafe { open_at(libc::AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode) }
}

/// What is asked about a path, or of a descriptor where the path is empty.
unsafe fn look_with(dir: c_int, path: *const c_char, look: impl FnOnce() -> c_long) -> c_int {
    // The standard library asks so whether the kernel knows the call.
    if path.is_null() {
        return look() as c_int;
    }
    let whole = if unsafe { *path } == 0 { raw::path_of(dir) } else { unsafe { raw::absolute(dir, path) } };
    let Some(mut state) = log::state().filter(|state| state.concerns(&whole)) else { return look() as c_int };
    if let Instead::Fail(errno) = state.call(log::STAT, &whole, false, false) {
        state.record(log::STAT, errno, 0, 0, &whole, &[]);
        return raw::fail(errno) as c_int;
    }
    look() as c_int
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn statx(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mask: c_uint,
    found: *mut c_void,
) -> c_int {
    let args = [dir.into(), path as c_long, flags.into(), mask.into(), found as c_long, 0];
    unsafe { look_with(dir, path, || raw::call(libc::SYS_statx, args)) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fstatat64(
    dir: c_int,
    path: *const c_char,
    found: *mut c_void,
    flags: c_int,
) -> c_int {
    let args = [dir.into(), path as c_long, found as c_long, flags.into(), 0, 0];
    unsafe { look_with(dir, path, || raw::call(libc::SYS_newfstatat, args)) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stat64(path: *const c_char, found: *mut c_void) -> c_int {
    unsafe { fstatat64(libc::AT_FDCWD, path, found, 0) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstat64(path: *const c_char, found: *mut c_void) -> c_int {
    unsafe { fstatat64(libc::AT_FDCWD, path, found, libc::AT_SYMLINK_NOFOLLOW) }
}

/// The library's own, which this one stands before: a directory's stream is its to make and to read.
fn next<F: Copy>(cell: &OnceLock<usize>, name: &CStr) -> F {
    let found = *cell.get_or_init(|| unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) } as usize);
    unsafe { std::mem::transmute_copy(&found) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn opendir(path: *const c_char) -> *mut libc::DIR {
    static NEXT: OnceLock<usize> = OnceLock::new();
    let open: unsafe extern "C" fn(*const c_char) -> *mut libc::DIR = next(&NEXT, c"opendir");
    let whole = unsafe { raw::absolute(libc::AT_FDCWD, path) };
    if let Some(mut state) = log::state().filter(|state| state.concerns(&whole))
        && let Instead::Fail(errno) = state.call(log::LIST, &whole, false, false)
    {
        state.record(log::LIST, errno, 0, 0, &whole, &[]);
        raw::fail(errno);
        return std::ptr::null_mut();
    }
    unsafe { open(path) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn readdir64(dir: *mut libc::DIR) -> *mut libc::dirent64 {
    static NEXT: OnceLock<usize> = OnceLock::new();
    let read: unsafe extern "C" fn(*mut libc::DIR) -> *mut libc::dirent64 = next(&NEXT, c"readdir64");
    if let Some((mut state, whole)) = file_of(unsafe { libc::dirfd(dir) })
        && let Instead::Fail(errno) = state.call(log::LIST, &whole, false, false)
    {
        state.record(log::LIST, errno, 0, 0, &whole, &[]);
        raw::fail(errno);
        return std::ptr::null_mut();
    }
    unsafe { read(dir) }
}

/// The state and the path, where a descriptor is of a file that is looked after.
fn file_of(fd: c_int) -> Option<(std::sync::MutexGuard<'static, State>, Vec<u8>)> {
    if fd < 3 {
        return None;
    }
    let state = log::state()?;
    let path = raw::path_of(fd);
    state.concerns(&path).then_some((state, path))
}

/// Writes `bytes` at `offset`, or at the descriptor's own place.
unsafe fn write_at(fd: c_int, bytes: *const c_void, count: size_t, offset: Option<off64_t>) -> ssize_t {
    let write = |count: size_t| match offset {
        Some(at) => raw::call(libc::SYS_pwrite64, [fd.into(), bytes as c_long, count as c_long, at, 0, 0]),
        None => raw::call(libc::SYS_write, [fd.into(), bytes as c_long, count as c_long, 0, 0, 0]),
    };
    let Some((mut state, path)) = file_of(fd) else { return write(count) as ssize_t };
    let (inode, length, _) = raw::status(fd);
    let at = offset.map_or_else(|| raw::position(fd, raw::appends(fd), length), |at| at as u64);
    let written = match state.call(log::WRITE, &path, true, true) {
        Instead::Nothing => write(count),
        Instead::Short => write(if count > 1 { count / 2 } else { count }),
        Instead::Fail(errno) => {
            state.record(log::WRITE, errno, inode, at, &path, &[]);
            return raw::fail(errno) as ssize_t;
        }
    };
    if written > 0 {
        let data = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), written as usize) };
        state.record(log::WRITE, 0, inode, at, &path, data);
    }
    written as ssize_t
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    unsafe { write_at(fd, bytes, count, None) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, at: off64_t) -> ssize_t {
    unsafe { write_at(fd, bytes, count, Some(at)) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, at: off64_t) -> ssize_t {
    unsafe { write_at(fd, bytes, count, Some(at)) }
}

/// Gathering writes: only the first part, which the caller must expect.
unsafe fn write_first(fd: c_int, parts: *const iovec, count: c_int, offset: Option<off64_t>) -> ssize_t {
    let parts = unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) };
    match parts.iter().find(|part| part.iov_len > 0) {
        Some(part) => unsafe { write_at(fd, part.iov_base, part.iov_len, offset) },
        None => 0,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if file_of(fd).is_none() {
        return raw::call(libc::SYS_writev, [fd.into(), parts as c_long, count.into(), 0, 0, 0]) as ssize_t;
    }
    unsafe { write_first(fd, parts, count, None) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwritev(fd: c_int, parts: *const iovec, count: c_int, at: off64_t) -> ssize_t {
    unsafe { write_first(fd, parts, count, Some(at)) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwritev64(fd: c_int, parts: *const iovec, count: c_int, at: off64_t) -> ssize_t {
    unsafe { write_first(fd, parts, count, Some(at)) }
}

fn read_with(fd: c_int, count: size_t, read: impl Fn(size_t) -> c_long) -> ssize_t {
    let Some((mut state, path)) = file_of(fd) else { return read(count) as ssize_t };
    match state.call(log::READ, &path, false, true) {
        Instead::Nothing => read(count) as ssize_t,
        Instead::Short => read(if count > 1 { count / 2 } else { count }) as ssize_t,
        Instead::Fail(errno) => {
            state.record(log::READ, errno, 0, 0, &path, &[]);
            raw::fail(errno) as ssize_t
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn read(fd: c_int, bytes: *mut c_void, count: size_t) -> ssize_t {
    let read =
        |count: size_t| raw::call(libc::SYS_read, [fd.into(), bytes as c_long, count as c_long, 0, 0, 0]);
    read_with(fd, count, read)
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread64(fd: c_int, bytes: *mut c_void, count: size_t, at: off64_t) -> ssize_t {
    let read =
        |count: size_t| raw::call(libc::SYS_pread64, [fd.into(), bytes as c_long, count as c_long, at, 0, 0]);
    read_with(fd, count, read)
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread(fd: c_int, bytes: *mut c_void, count: size_t, at: off64_t) -> ssize_t {
    unsafe { pread64(fd, bytes, count, at) }
}

fn sync_with(fd: c_int, number: c_long) -> c_int {
    let sync = || raw::call(number, [fd.into(), 0, 0, 0, 0, 0]) as c_int;
    let Some((mut state, path)) = file_of(fd) else { return sync() };
    let (inode, _, is_dir) = raw::status(fd);
    let kind = if is_dir { log::SYNC_DIR } else { log::SYNC };
    if let Instead::Fail(errno) = state.call(kind, &path, false, false) {
        state.record(kind, errno, inode, 0, &path, &[]);
        return raw::fail(errno) as c_int;
    }
    // The test's disk may be memory; what counts is that the call was made.
    let result = sync();
    state.record(kind, if result < 0 { raw::errno() } else { 0 }, inode, 0, &path, &[]);
    result
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    sync_with(fd, libc::SYS_fsync)
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync_with(fd, libc::SYS_fdatasync)
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sync_file_range(fd: c_int, at: off64_t, count: off64_t, flags: c_uint) -> c_int {
    let sync = || raw::call(libc::SYS_sync_file_range, [fd.into(), at, count, flags.into(), 0, 0]) as c_int;
    let Some((mut state, path)) = file_of(fd) else { return sync() };
    if let Instead::Fail(errno) = state.call(log::RANGE, &path, false, false) {
        state.record(log::RANGE, errno, 0, 0, &path, &[]);
        return raw::fail(errno) as c_int;
    }
    sync()
}

/// A change of names, done by `change`.
fn name_with(kind: u8, path: &[u8], to: &[u8], grows: bool, change: impl Fn() -> c_long) -> c_int {
    let Some(mut state) = log::state().filter(|state| state.concerns(path)) else {
        return change() as c_int;
    };
    if let Instead::Fail(errno) = state.call(kind, path, grows, false) {
        state.record(kind, errno, 0, 0, path, to);
        return raw::fail(errno) as c_int;
    }
    let result = change();
    if result >= 0 {
        state.record(kind, 0, 0, 0, path, to);
    }
    result as c_int
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat2(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    let (old, new) = unsafe { (raw::absolute(from_dir, from), raw::absolute(to_dir, to)) };
    let args = [from_dir.into(), from as c_long, to_dir.into(), to as c_long, flags.into(), 0];
    name_with(log::RENAME, &old, &new, true, || raw::call(libc::SYS_renameat2, args))
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(a: c_int, from: *const c_char, b: c_int, to: *const c_char) -> c_int {
    unsafe { renameat2(a, from, b, to, 0) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    unsafe { renameat2(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    let whole = unsafe { raw::absolute(dir, path) };
    let kind = if flags & libc::AT_REMOVEDIR != 0 { log::RMDIR } else { log::UNLINK };
    let args = [dir.into(), path as c_long, flags.into(), 0, 0, 0];
    name_with(kind, &whole, &[], false, || raw::call(libc::SYS_unlinkat, args))
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    unsafe { unlinkat(libc::AT_FDCWD, path, libc::AT_REMOVEDIR) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdirat(dir: c_int, path: *const c_char, mode: mode_t) -> c_int {
    let whole = unsafe { raw::absolute(dir, path) };
    let args = [dir.into(), path as c_long, mode.into(), 0, 0, 0];
    name_with(log::MKDIR, &whole, &[], true, || raw::call(libc::SYS_mkdirat, args))
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    unsafe { mkdirat(libc::AT_FDCWD, path, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off64_t) -> c_int {
    let cut = || raw::call(libc::SYS_ftruncate, [fd.into(), length, 0, 0, 0, 0]) as c_int;
    let Some((mut state, path)) = file_of(fd) else { return cut() };
    let (inode, before, _) = raw::status(fd);
    if let Instead::Fail(errno) = state.call(log::SET_LEN, &path, length as u64 > before, false) {
        state.record(log::SET_LEN, errno, inode, length as u64, &path, &[]);
        return raw::fail(errno) as c_int;
    }
    let result = cut();
    if result == 0 {
        state.record(log::SET_LEN, 0, inode, length as u64, &path, &[]);
    }
    result
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off64_t) -> c_int {
    unsafe { ftruncate64(fd, length) }
}

// --- what is not followed: reported, so that no trace is whole by mistake ---

fn report(fd: c_int, what: &str) {
    if let Some((state, path)) = file_of(fd) {
        state.unknown(what, &path);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    at: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off64_t,
) -> *mut c_void {
    if fd >= 0 && flags & libc::MAP_SHARED != 0 && protection & libc::PROT_WRITE != 0 {
        report(fd, "mmap");
    }
    let args = [at as c_long, length as c_long, protection.into(), flags.into(), fd.into(), offset];
    raw::call(libc::SYS_mmap, args) as *mut c_void
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap64(
    at: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off64_t,
) -> *mut c_void {
    unsafe { mmap(at, length, protection, flags, fd, offset) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate64(fd: c_int, mode: c_int, at: off64_t, length: off64_t) -> c_int {
    report(fd, "fallocate");
    raw::call(libc::SYS_fallocate, [fd.into(), mode.into(), at, length, 0, 0]) as c_int
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate(fd: c_int, mode: c_int, at: off64_t, length: off64_t) -> c_int {
    unsafe { fallocate64(fd, mode, at, length) }
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_at: *mut off64_t,
    to: c_int,
    to_at: *mut off64_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    report(to, "copy_file_range");
    let args = [from.into(), from_at as c_long, to.into(), to_at as c_long, length as c_long, flags.into()];
    raw::call(libc::SYS_copy_file_range, args) as ssize_t
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    let whole = unsafe { raw::absolute(to_dir, to) };
    if let Some(state) = log::state().filter(|state| state.concerns(&whole)) {
        state.unknown("link", &whole);
    }
    let args = [from_dir.into(), from as c_long, to_dir.into(), to as c_long, flags.into(), 0];
    raw::call(libc::SYS_linkat, args) as c_int
}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    unsafe { linkat(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0) }
}
