//! The kernel, without the C library's wrappers, and what can be asked of a descriptor.

use std::ffi::{CStr, c_char, c_int, c_long};

/// A system call; -1 and `errno` on failure, as the C library would.
pub(crate) fn call(number: c_long, a: [c_long; 6]) -> c_long {
    unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) }
}

pub(crate) fn fail(errno: c_int) -> c_long {
    unsafe { *libc::__errno_location() = errno };
    -1
}

pub(crate) fn errno() -> c_int {
    unsafe { *libc::__errno_location() }
}

/// The path a descriptor was opened by, as it is called now.
pub(crate) fn path_of(fd: c_int) -> Vec<u8> {
    let link = format!("/proc/self/fd/{fd}\0");
    let mut path = vec![0_u8; 4096];
    let at = libc::AT_FDCWD as c_long;
    let args = [at, link.as_ptr() as c_long, path.as_mut_ptr() as c_long, path.len() as c_long, 0, 0];
    let length = call(libc::SYS_readlinkat, args);
    path.truncate(usize::try_from(length).unwrap_or(0));
    path
}

/// `path` as an absolute one, seen from `dir`.
pub(crate) unsafe fn absolute(dir: c_int, path: *const c_char) -> Vec<u8> {
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    if path.starts_with(b"/") {
        return path.to_vec();
    }
    let mut whole = if dir == libc::AT_FDCWD {
        std::env::current_dir().map(|dir| dir.into_os_string().into_encoded_bytes()).unwrap_or_default()
    } else {
        path_of(dir)
    };
    whole.push(b'/');
    whole.extend_from_slice(path);
    whole
}

/// (inode, length, whether it is a directory)
pub(crate) fn status(fd: c_int) -> (u64, u64, bool) {
    let mut stat: libc::stat64 = unsafe { std::mem::zeroed() };
    let found = &raw mut stat;
    call(
        libc::SYS_newfstatat,
        [fd.into(), c"".as_ptr() as c_long, found as c_long, libc::AT_EMPTY_PATH.into(), 0, 0],
    );
    (stat.st_ino, u64::try_from(stat.st_size).unwrap_or(0), stat.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

/// Whether something of that name exists; not followed if it is a link.
pub(crate) unsafe fn exists(dir: c_int, path: *const c_char) -> bool {
    let mut stat: libc::stat64 = unsafe { std::mem::zeroed() };
    let args = [dir.into(), path as c_long, &raw mut stat as c_long, libc::AT_SYMLINK_NOFOLLOW.into(), 0, 0];
    call(libc::SYS_newfstatat, args) == 0
}

/// Where the next `write` to it goes.
pub(crate) fn position(fd: c_int, flags_append: bool, length: u64) -> u64 {
    if flags_append {
        return length;
    }
    u64::try_from(call(libc::SYS_lseek, [fd.into(), 0, libc::SEEK_CUR.into(), 0, 0, 0])).unwrap_or(0)
}

pub(crate) fn appends(fd: c_int) -> bool {
    let flags = call(libc::SYS_fcntl, [fd.into(), libc::F_GETFL.into(), 0, 0, 0, 0]);
    flags & c_long::from(libc::O_APPEND) != 0
}
