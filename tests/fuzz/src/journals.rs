//! The journal: frames and records.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use skillpass::vault::{Frame, Journal, JournalReader, Position, Record, Tail, VaultError};

/// A segment of a journal, in pieces `kind 1 | length 2 | bytes`: an even kind is bytes as they are, an odd one the records of
/// a frame whose header and checksum are made right, with half the kind as its count.
pub fn journal(data: &[u8]) {
    let segment = segment(data);
    let directory = DIRECTORY.path();
    let path = directory.join("journal");
    fresh(&path);
    std::fs::write(path.join("00000000.skj"), &segment).expect("a file");
    let Ok(reader) = JournalReader::open(&path) else { panic!("segment 0 is there") };
    let Ok(mut frames) = reader.frames_from(Position::START) else { return };
    let mut read = Vec::new();
    let end = loop {
        match frames.next() {
            Some(Ok(frame)) => read.push(frame),
            Some(Err(error)) => break Err(error),
            None => break Ok(frames.tail()),
        }
    };
    for (at, record) in read.iter().flat_map(|frame| &frame.records) {
        assert!(
            reader.read(*at).is_ok_and(|again| again == *record),
            "a record is read where its frame has it"
        );
    }
    write_again(&directory.join("again"), &read, &segment);
    recover(&path, &read, end);
}

static DIRECTORY: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

fn fresh(path: &PathBuf) {
    let _ = std::fs::remove_dir_all(path);
    std::fs::create_dir(path).expect("a directory");
}

fn segment(mut data: &[u8]) -> Vec<u8> {
    let (mut segment, mut leaf) = (Vec::new(), 0_u64);
    while let Some(([kind, high, low], rest)) = data.split_first_chunk::<3>() {
        let (piece, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])).min(rest.len()));
        data = rest;
        if kind % 2 == 0 {
            segment.extend(piece);
            continue;
        }
        let count = u32::from(kind / 2);
        let start = segment.len();
        segment.extend([0xf5, b'S', b'K', 1]);
        segment.extend(u32::try_from(piece.len()).unwrap_or_default().to_be_bytes());
        segment.extend(leaf.to_be_bytes());
        segment.extend(count.to_be_bytes());
        segment.extend(piece);
        let sum = crc32c::crc32c(&segment[start..]);
        segment.extend(sum.to_be_bytes());
        leaf += u64::from(count);
    }
    segment
}

/// What was read is written as the same bytes.
fn write_again(path: &PathBuf, read: &[Frame], segment: &[u8]) {
    fresh(path);
    let mut journal = Journal::create(path).expect("a journal");
    for frame in read {
        let records: Vec<Record> = frame.records.iter().map(|(_, record)| record.clone()).collect();
        if journal.append(frame.start.leaf, &records).is_err() {
            // A frame of no records is read, and never written.
            return assert!(records.is_empty());
        }
    }
    let written = std::fs::read(path.join("00000000.skj")).expect("a file");
    assert!(segment.starts_with(&written), "one spelling");
}

/// A writer that opens it has the same frames; a torn end goes, and then it is clean.
fn recover(path: &Path, read: &[Frame], end: Result<Tail, VaultError>) {
    let opened = Journal::open(path, Position::START);
    let Ok(tail) = end else { return assert!(opened.is_err() || read_on(path)) };
    let mut journal = opened.expect("what is read is opened");
    assert_eq!(journal.tail(), tail);
    assert_eq!(journal.end(), read.last().map_or(Position::START, |frame| frame.end));
    journal.truncate_torn().expect("a cut");
    drop(journal);
    let again = Journal::open(path, Position::START).expect("what was cut is opened");
    assert_eq!(again.tail(), Tail::Clean);
}

/// Opening checks frames, not the records in them.
fn read_on(path: &Path) -> bool {
    JournalReader::open(path)
        .and_then(|reader| reader.frames_from(Position::START))
        .is_ok_and(|mut frames| frames.any(|frame| frame.is_err()))
}
