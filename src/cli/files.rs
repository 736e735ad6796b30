//! Files of the command line: bounded reading, whole-or-not-at-all writing, secrets readable by their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use serde_json::{Map, Value};

use super::error::CliError;
use crate::statement::json;

/// The largest JSON, key or statement file that is read.
pub(crate) const SMALL_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// How an option that names a file to write is read: `-`, standard input where files are read, is none.
pub(crate) fn written() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") { Err("this writes a file: give its name, or `./-`") } else { Ok(path) }
    })
}

/// Reads a file of at most `max` bytes; `-` is standard input.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, CliError> {
    let unreadable = |error: &std::io::Error| unreadable(path, error);
    let mut bytes = Vec::new();
    // One byte more than allowed tells that there is more.
    let most = max.saturating_add(1);
    if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    } else {
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        // What says how long it is need not be read to be refused; a pipe says nothing.
        if file.metadata().is_ok_and(|about| about.len() > max) {
            return Err(too_large(path, max));
        }
        file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    }
    if bytes.len() as u64 > max { Err(too_large(path, max)) } else { Ok(bytes) }
}

/// A file beyond its limit.
pub(crate) fn too_large(path: &Path, max: u64) -> CliError {
    let message = format!("{} is larger than {max} bytes", path.display());
    CliError::refused("FILE_TOO_LARGE", message, "is it the right file?")
}

/// Whether something has this name. What cannot be looked at is not absent.
pub(crate) fn exists(path: &Path) -> Result<bool, CliError> {
    path.try_exists().map_err(|error| unreadable(path, &error))
}

/// Reads a small UTF-8 file.
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    String::from_utf8(read(path, SMALL_FILE_BYTES_MAX)?).map_err(|_| {
        CliError::refused("NOT_UTF8", format!("{} is not UTF-8 text", path.display()), "save it as UTF-8")
    })
}

/// Reads a small JSON file strictly.
pub(crate) fn read_json(path: &Path) -> Result<Value, CliError> {
    let bytes = read(path, SMALL_FILE_BYTES_MAX)?;
    json::parse(&bytes).map_err(|error| {
        CliError::refused(
            "NOT_JSON",
            format!("{}: {error}", path.display()),
            "give one JSON value without duplicate members",
        )
    })
}

/// Reads a small file that holds one JSON object.
pub(crate) fn read_object(path: &Path) -> Result<Map<String, Value>, CliError> {
    if let Value::Object(members) = read_json(path)? {
        return Ok(members);
    }
    let message = format!("{} holds no JSON object", path.display());
    let help = "`skillpass kinds KIND --example` prints one to start from";
    Err(CliError::refused("CLAIMS_NOT_AN_OBJECT", message, help))
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::failed(
        "FILE_UNREADABLE",
        format!("{} cannot be read: {}", path.display(), error.kind()),
        "check its name and rights",
    )
}

/// A file that could not be written.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    let help = match error.kind() {
        std::io::ErrorKind::AlreadyExists => "nothing was overwritten; choose another name or move it away",
        _ => "check that the directory exists, its rights and the space left",
    };
    CliError::failed(
        "FILE_UNWRITABLE",
        format!("{} cannot be written: {}", path.display(), error.kind()),
        help,
    )
}

/// Replaces a file whole: temporary file, fsync, rename, fsync of the directory.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    replace_with(path, bytes, 0o644)
}

/// The same for what only its owner may read.
pub(crate) fn replace_secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    replace_with(path, bytes, 0o600)
}

fn replace_with(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CliError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let temporary = with_suffix(path, ".tmp");
    remove(&temporary)?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        sync_directory(path)
    };
    write().map_err(|error| unwritable(path, &error))
}

/// Creates a new file of mode 0600 and makes it durable; refuses an existing one, so that no key is ever overwritten.
pub(crate) fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_directory(path)
    };
    write().map_err(|error| unwritable(path, &error))
}

/// Removes a file that may be absent.
pub(crate) fn remove(path: &Path) -> Result<(), CliError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// Makes the name of a new or renamed file durable.
pub(crate) fn sync_directory(of: &Path) -> std::io::Result<()> {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// `path` with `suffix` behind its whole name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_is_the_owners_alone_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.jwk");
        create_secret(&path, b"one").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create_secret(&path, b"two").unwrap_err().reason, "FILE_UNWRITABLE");
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn a_file_beyond_its_limit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large");
        std::fs::write(&path, [0; 11]).unwrap();
        assert_eq!(read(&path, 10).unwrap_err().reason, "FILE_TOO_LARGE");
        assert_eq!(read(&path, 11).unwrap().len(), 11);
    }

    #[test]
    fn a_stream_that_does_not_say_how_long_it_is_is_read_up_to_its_limit() {
        // Its length is 0 by what the system says, and it never ends.
        let endless = Path::new("/dev/zero");
        let error = read(endless, 10).unwrap_err();
        assert_eq!(
            (error.reason.as_ref(), error.message.as_str()),
            ("FILE_TOO_LARGE", "/dev/zero is larger than 10 bytes")
        );
    }
}
