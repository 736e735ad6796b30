//! DIR/looking-back: a copy that `restore --until` made. It holds the log as it was and knows of checkpoints, erasures and workers'
//! settings of later, so that it can sign nothing: whoever checks it must not take that for damage.
//!
//! ```text
//! skillpass-looking-back/v1 LF | entries held, decimal LF | entries known, decimal LF | crc32c of all before, 8 hex digits LF
//! ```
//! *fsync:* put in place by rename while the restore fills DIR; goes once `recover` has added what lacked.

use std::path::PathBuf;

use super::durable;
use super::{DataDir, VaultError};

const TITLE: &str = "skillpass-looking-back/v1\n";
const BYTES_MAX: u64 = 256;

/// How far such a copy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookingBack {
    /// Entries that it holds.
    pub held: u64,
    /// Entries of the newest checkpoint that it knows.
    pub known: u64,
}

impl LookingBack {
    /// What the directory says; `None` for any other ledger. [`VaultError::RecordMalformed`] where it was altered.
    pub fn read(paths: &DataDir) -> Result<Option<Self>, VaultError> {
        let Some(bytes) = durable::read_small(&path(paths), BYTES_MAX)? else { return Ok(None) };
        let altered = VaultError::RecordMalformed { problem: "DIR/looking-back is not what was written" };
        std::str::from_utf8(&bytes).ok().and_then(decode).map(Some).ok_or(altered)
    }

    /// Says so, durably.
    pub fn write(self, paths: &DataDir) -> Result<(), VaultError> {
        durable::replace(&path(paths), encode(self).as_bytes())
    }

    /// The copy is whole: it looks back no more.
    pub fn remove(paths: &DataDir) -> Result<(), VaultError> {
        durable::remove(&path(paths))
    }
}

fn path(paths: &DataDir) -> PathBuf {
    paths.root().join("looking-back")
}

fn encode(LookingBack { held, known }: LookingBack) -> String {
    let text = format!("{TITLE}{held}\n{known}\n");
    let crc = crc32c::crc32c(text.as_bytes());
    format!("{text}{crc:08x}\n")
}

fn decode(text: &str) -> Option<LookingBack> {
    let mut lines = text.strip_prefix(TITLE)?.split('\n');
    let mut number = || lines.next()?.parse().ok();
    let copy = LookingBack { held: number()?, known: number()? };
    // Encoding again compares the checksum and every spelling in one.
    (encode(copy) == text).then_some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_says_how_far_it_goes_and_an_altered_word_is_no_word() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("copy")).unwrap();
        paths.create().unwrap();
        assert_eq!(LookingBack::read(&paths).unwrap(), None);
        let copy = LookingBack { held: 12, known: 345 };
        copy.write(&paths).unwrap();
        assert_eq!(LookingBack::read(&paths).unwrap(), Some(copy));
        let good = std::fs::read(path(&paths)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(path(&paths), bad).unwrap();
            assert_eq!(LookingBack::read(&paths).unwrap_err().reason(), "RECORD_MALFORMED", "byte {at}");
        }
        LookingBack::remove(&paths).unwrap();
        assert_eq!(LookingBack::read(&paths).unwrap(), None);
    }

    #[test]
    fn the_file_in_the_specification_is_the_file_on_disk() {
        let text = encode(LookingBack { held: 1234, known: 5678 });
        assert!(include_str!("../../proto/SPEC.md").contains(&format!("```text\n{text}```\n")), "{text}");
    }
}
