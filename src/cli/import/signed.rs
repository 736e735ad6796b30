//! `F.signed`: what an import has signed, one JSON object a line, durable before it is sent.
//!
//! A row is known by the digest of its content, so the file may be sorted, corrected or lengthened between runs: a row that
//! was signed once is sent again with the same bytes (and the ledger records it once), a new row is signed. What the ledger
//! acknowledged is marked, and not sent again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rustix::fs::Advice;
use serde::{Deserialize, Serialize};

use super::signing::Ready;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::event::Kind;
use crate::statement::Unverified;

/// The largest file read back: a hundred thousand rows of the longest statements fit.
const SIGNED_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes written at once.
const WRITE_BYTES: usize = 64 * 1024;

/// The first line.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Header {
    skillpass_import: u8,
    kind: String,
    iss: String,
}

/// What was signed for one row.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedRow {
    /// Digest of the row's content.
    pub(super) row: String,
    /// The worker.
    pub(super) worker: String,
    /// Id of the statement.
    pub(super) jti: String,
    /// `PassportOpened`, if the row opened a passport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<String>,
    /// Digest of who the row says the worker is, if it opened a passport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<String>,
    /// The worker's name, for the slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Salt of the document number's commitment, for the slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document_salt: Option<String>,
    /// The statement.
    pub(super) statement: String,
}

/// A row that the ledger acknowledged.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    done: String,
    revision: u32,
}

impl SignedRow {
    /// Rows signed by an earlier run count only under the same key: signed anew, they would be recorded twice.
    pub(super) fn must_be_by(&self, kid: &str, path: &Path) -> Result<(), CliError> {
        let signed_by = Unverified::parse(&self.statement).map(|statement| statement.clear().kid.clone());
        match signed_by {
            Ok(earlier) if earlier == kid => Ok(()),
            Ok(_) => {
                let message = format!("rows of this file were signed with another key ({})", path.display());
                let help =
                    "use that key, or, if the ledger recorded none of them, move the .signed file away";
                Err(CliError::refused("SIGNED_WITH_ANOTHER_KEY", message, help))
            }
            Err(_) => Err(damaged(path)),
        }
    }
}

/// The open file; locked, so that two imports of one spreadsheet do not run at once.
#[derive(Debug)]
pub(super) struct SignedFile {
    path: PathBuf,
    file: File,
    rows: HashMap<String, SignedRow>,
    done: HashMap<String, u32>,
    is_new: bool,
    /// This run has made the file's name durable: an earlier one may have been killed before it could.
    is_named: bool,
    header: Header,
}

impl SignedFile {
    /// Opens or creates it. A torn last line (killed while writing) was never sent, and is cut off.
    pub(super) fn open(path: &Path, kind: Kind, issuer: &str) -> Result<Self, CliError> {
        Self::open_within(path, kind, issuer, SIGNED_BYTES_MAX)
    }

    fn open_within(path: &Path, kind: Kind, issuer: &str, bytes_max: u64) -> Result<Self, CliError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let mut file = opened.map_err(|error| files::unwritable(path, &error))?;
        file.try_lock().map_err(|_| {
            let message = format!("another import of this file is running ({} is locked)", path.display());
            CliError::failed("IMPORT_RUNNING", message, "wait for it to end")
        })?;
        // Of a longer file nothing is read: what was not seen would pass for torn and be cut off.
        if file.metadata().map_err(|error| files::unwritable(path, &error))?.len() > bytes_max {
            return Err(files::too_large(path, bytes_max));
        }
        let mut text = String::new();
        (&mut file).take(bytes_max).read_to_string(&mut text).map_err(|_| damaged(path))?;
        let whole = text.rfind('\n').and_then(|at| text.get(..=at)).unwrap_or_default();
        let header = Header { skillpass_import: 1, kind: kind.name().to_owned(), iss: issuer.to_owned() };
        let (rows, done) = (HashMap::new(), HashMap::new());
        let mut signed = Self {
            path: path.to_owned(),
            file,
            rows,
            done,
            is_new: whole.is_empty(),
            is_named: false,
            header,
        };
        signed.load(whole)?;
        let end = signed.file.set_len(whole.len() as u64).and_then(|()| signed.file.seek(SeekFrom::End(0)));
        end.map_err(|error| files::unwritable(path, &error))?;
        Ok(signed)
    }

    fn load(&mut self, text: &str) -> Result<(), CliError> {
        let mut lines = text.lines();
        let Some(first) = lines.next() else { return Ok(()) };
        let found: Header = serde_json::from_str(first).map_err(|_| damaged(&self.path))?;
        if found != self.header {
            let message =
                format!("{} belongs to an import of {} by {}", self.path.display(), found.kind, found.iss);
            return Err(CliError::refused(
                "SIGNED_FILE_OF_ANOTHER_IMPORT",
                message,
                "give the spreadsheet another name",
            ));
        }
        for line in lines {
            if let Ok(row) = serde_json::from_str::<SignedRow>(line) {
                self.rows.insert(row.row.clone(), row);
            } else {
                let mark: Mark = serde_json::from_str(line).map_err(|_| damaged(&self.path))?;
                self.done.insert(mark.done, mark.revision);
            }
        }
        Ok(())
    }

    /// The rows that opened a passport, by whom for.
    pub(super) fn people(&self) -> HashMap<String, SignedRow> {
        let opened = self.rows.values().filter_map(|row| Some((row.person.clone()?, row.clone())));
        opened.collect()
    }

    #[cfg(test)]
    fn get(&self, digest: &str) -> Option<&SignedRow> {
        self.rows.get(digest)
    }

    /// What was signed for a row, which is then known here no more.
    pub(super) fn take(&mut self, digest: &str) -> Option<SignedRow> {
        self.rows.remove(digest)
    }

    /// How many rows that the ledger acknowledged to an earlier run nobody has taken.
    pub(super) fn recorded_and_left(&self) -> usize {
        self.rows.keys().filter(|row| self.done.contains_key(*row)).count()
    }

    /// The revision of a row that the ledger acknowledged to an earlier run.
    pub(super) fn revision(&self, digest: &str) -> Option<u32> {
        self.done.get(digest).copied()
    }

    /// Marks rows as acknowledged. Lost marks do no harm: those rows are sent again.
    pub(super) fn mark(&mut self, done: Vec<(String, u32)>) -> Result<(), CliError> {
        self.write(done.into_iter().map(|(done, revision)| Mark { done, revision }))
    }

    /// Appends rows and makes them durable: on return they may be sent.
    pub(super) fn append(&mut self, rows: &[Ready]) -> Result<(), CliError> {
        self.write(rows.iter().map(|row| &row.signed))
    }

    fn write<T: Serialize>(&mut self, lines: impl Iterator<Item = T>) -> Result<(), CliError> {
        let mut written = self.write_lines(lines).and_then(|()| self.file.sync_all());
        if !self.is_named {
            written = written.and_then(|()| files::sync_directory(&self.path));
        }
        written.map_err(|error| files::unwritable(&self.path, &error))?;
        (self.is_new, self.is_named) = (false, true);
        // Nobody reads it soon: the next lines need no more memory than these did.
        let _ = rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed);
        Ok(())
    }

    fn write_lines<T: Serialize>(&self, lines: impl Iterator<Item = T>) -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(WRITE_BYTES, &self.file);
        if self.is_new {
            line(&mut out, &self.header)?;
        }
        for value in lines {
            line(&mut out, &value)?;
        }
        out.flush()
    }
}

/// A statement that an import had recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The worker.
    pub(crate) worker: String,
    /// The statement's text.
    pub(crate) statement: String,
}

/// What the ledger acknowledged to an import, in the order in which it was signed. Reads only.
pub(crate) fn recorded(path: &Path) -> Result<Vec<Recorded>, CliError> {
    let text = String::from_utf8(files::read(path, SIGNED_BYTES_MAX)?).map_err(|_| damaged(path))?;
    // A torn last line was never sent.
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    let mut lines = whole.lines();
    let header = lines.next().unwrap_or_default();
    serde_json::from_str::<Header>(header).map_err(|_| damaged(path))?;
    let (mut rows, mut done) = (Vec::new(), HashMap::new());
    for line in lines {
        if let Ok(row) = serde_json::from_str::<SignedRow>(line) {
            rows.push(row);
        } else {
            let mark: Mark = serde_json::from_str(line).map_err(|_| damaged(path))?;
            done.insert(mark.done, mark.revision);
        }
    }
    let recorded = rows.into_iter().filter(|row| done.contains_key(&row.row));
    Ok(recorded.map(|SignedRow { worker, statement, .. }| Recorded { worker, statement }).collect())
}

fn line(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn damaged(path: &Path) -> CliError {
    let message = format!("{} is damaged", path.display());
    CliError::failed(
        "SIGNED_FILE_DAMAGED",
        message,
        "restore it from a backup: without it rows might be recorded twice",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISS: &str = "https://school.example.invalid";

    fn row(digest: &str) -> Ready {
        let signed = SignedRow { row: digest.into(), statement: "s~".into(), ..SignedRow::default() };
        Ready { number: 2, document: None, signed, hash: String::new() }
    }

    #[test]
    fn rows_survive_and_a_torn_last_line_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.signed");
        SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap().append(&[row("a"), row("b")]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"row\":\"c\",\"wor"].concat()).unwrap();
        let mut again = SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap();
        assert!(again.get("a").is_some() && again.get("b").is_some() && again.get("c").is_none());
        again.append(&[row("d")]).unwrap();
        again.mark(vec![("a".into(), 7)]).unwrap();
        drop(again);
        let third = SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap();
        assert!(third.get("d").is_some());
        assert_eq!((third.revision("a"), third.revision("d")), (Some(7), None));
    }

    #[test]
    fn a_longer_file_than_is_read_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.signed");
        let rows = vec![row("a"), row("b"), row("c")];
        SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap().append(&rows).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let within = |bytes_max| SignedFile::open_within(&path, Kind::TrainingCompleted, ISS, bytes_max);
        assert_eq!(within(whole.len() as u64 - 1).unwrap_err().reason, "FILE_TOO_LARGE");
        assert_eq!(std::fs::read(&path).unwrap(), whole, "what was signed and perhaps sent stays");
        assert!(within(whole.len() as u64).unwrap().get("c").is_some());
    }

    #[test]
    fn another_kind_issuer_or_a_second_process_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.signed");
        let mut first = SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap();
        first.append(&[]).unwrap();
        assert_eq!(
            SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap_err().reason,
            "IMPORT_RUNNING"
        );
        drop(first);
        let other = SignedFile::open(&path, Kind::UnitAchieved, ISS);
        assert_eq!(other.unwrap_err().reason, "SIGNED_FILE_OF_ANOTHER_IMPORT");
    }

    #[test]
    fn a_damaged_line_in_the_middle_stops_the_import() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.signed");
        SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap().append(&[row("a")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap() + "garbage\n{}\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap_err().reason,
            "SIGNED_FILE_DAMAGED"
        );
    }
}
