use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::super::{KeySlot, SealedRecord};
use super::*;

fn person(n: u8) -> Record {
    let mut entry = vec![n; 74];
    entry[..2].copy_from_slice(&[1, 2]);
    Record {
        entry,
        sealed: Some(SealedRecord { slot: KeySlot(u32::from(n)), bytes: vec![n; 200 + usize::from(n)] }),
    }
}

fn public(n: u8, len: usize) -> Record {
    let mut entry = vec![n; len];
    entry[..2].copy_from_slice(&[1, 1]);
    Record { entry, sealed: None }
}

/// Frames of one, two and three records.
fn frames() -> Vec<Vec<Record>> {
    vec![vec![public(1, 300)], vec![person(2), public(3, 5000)], vec![person(4), person(5), person(6)]]
}

struct Dir(tempfile::TempDir);

impl Dir {
    /// A journal with [`frames`] in it; the end of each frame.
    fn filled(segment_bytes: u32) -> (Self, Vec<Position>) {
        let dir = Self(tempfile::tempdir().unwrap());
        let mut journal = Journal::create(dir.0.path()).unwrap().with_segments_of(segment_bytes);
        let ends = frames()
            .iter()
            .map(|records| {
                journal.append(journal.end().leaf, records).unwrap();
                journal.end()
            })
            .collect();
        (dir, ends)
    }
    fn open(&self, from: Position) -> Result<Journal, VaultError> {
        Journal::open(self.0.path(), from)
    }
    fn segment(&self, number: u32) -> PathBuf {
        segment::path(self.0.path(), number)
    }
}

impl Dir {
    /// In place: cutting a file to nothing first costs a flush on some file systems.
    fn overwrite(&self, segment: u32, bytes: &[u8]) {
        DataFile::open(&self.segment(segment), crate::vault::durable::Access::Write)
            .unwrap()
            .write_all_at(bytes, 0)
            .unwrap();
    }
}

fn all(journal: &Journal) -> Vec<Vec<Record>> {
    let frames = journal.frames_from(Position::START).unwrap();
    frames.map(|frame| frame.unwrap().records.into_iter().map(|(_, record)| record).collect()).collect()
}

#[test]
fn records_come_back_by_frame_and_by_place_also_over_segments() {
    for segment_bytes in [SEGMENT_BYTES_MAX, 6000, 100] {
        let (dir, ends) = Dir::filled(segment_bytes);
        let journal = dir.open(Position::START).unwrap();
        assert_eq!((journal.tail(), journal.end()), (Tail::Clean, ends[2]));
        assert_eq!(all(&journal), frames());
        for frame in journal.frames_from(Position::START).unwrap() {
            for (at, record) in frame.unwrap().records {
                assert_eq!(journal.read(at).unwrap(), record);
            }
        }
        // From a place in the middle, only what follows.
        let rest: Vec<_> =
            journal.frames_from(ends[0]).unwrap().map(|frame| frame.unwrap().start.leaf).collect();
        assert_eq!(rest, [1, 3]);
    }
}

#[test]
fn appending_goes_on_after_reopening() {
    let (dir, ends) = Dir::filled(SEGMENT_BYTES_MAX);
    for from in [Position::START, ends[1], ends[2]] {
        let mut journal = dir.open(from).unwrap();
        let before = journal.end().leaf;
        assert_eq!(journal.append(before + 1, &[person(9)]).unwrap_err().reason(), "LEAF_GAP");
        assert_eq!(journal.append(before, &[]).unwrap_err().reason(), "EMPTY_FRAME");
        let at = journal.append(before, &[person(9)]).unwrap();
        assert_eq!(journal.read(at[0]).unwrap(), person(9));
    }
    assert_eq!(dir.open(Position::START).unwrap().end().leaf, 9);
}

#[test]
fn a_last_frame_cut_at_any_byte_is_torn_and_goes_only_when_told() {
    let (dir, ends) = Dir::filled(SEGMENT_BYTES_MAX);
    let whole = fs::read(dir.segment(0)).unwrap();
    for cut in ends[1].at.offset + 1..ends[2].at.offset {
        fs::write(dir.segment(0), &whole[..cut as usize]).unwrap();
        let mut journal = dir.open(Position::START).unwrap();
        assert_eq!(journal.tail(), Tail::Torn { at: ends[1].at }, "{cut}");
        assert_eq!(journal.append(3, &[person(9)]).unwrap_err().reason(), "JOURNAL_TORN");
        assert_eq!(fs::metadata(dir.segment(0)).unwrap().len(), u64::from(cut), "opening changes nothing");
        // Each of the following costs three fsyncs; where the cut is no longer matters.
        if cut % 97 != 0 {
            continue;
        }
        journal.truncate_torn().unwrap();
        journal.append(3, &[person(9)]).unwrap();
        assert_eq!(all(&dir.open(Position::START).unwrap())[2], vec![person(9)]);
    }
}

#[test]
fn a_last_frame_with_zeroed_or_flipped_bytes_is_torn() {
    let (dir, ends) = Dir::filled(SEGMENT_BYTES_MAX);
    let whole = fs::read(dir.segment(0)).unwrap();
    let (from, to) = (ends[1].at.offset as usize, ends[2].at.offset as usize);
    for at in (from..to).step_by(7).chain(from..from + 24) {
        let mut bad = whole.clone();
        bad[at] ^= 0x40;
        dir.overwrite(0, &bad);
        assert_eq!(dir.open(Position::START).unwrap().tail(), Tail::Torn { at: ends[1].at }, "flip at {at}");
        let mut bad = whole.clone();
        bad[at..].fill(0);
        dir.overwrite(0, &bad);
        assert_eq!(
            dir.open(Position::START).unwrap().tail(),
            Tail::Torn { at: ends[1].at },
            "zero from {at}"
        );
    }
}

#[test]
fn a_flipped_bit_before_the_last_frame_is_damage_at_its_frame() {
    for segment_bytes in [SEGMENT_BYTES_MAX, 100] {
        let (dir, ends) = Dir::filled(segment_bytes);
        let starts = [Position::START.at, ends[0].at];
        for (frame, end) in ends[..2].iter().enumerate() {
            let segment = dir.segment(end.at.segment);
            let whole = fs::read(&segment).unwrap();
            let from = if starts[frame].segment == end.at.segment { starts[frame].offset } else { 0 };
            for at in (from..end.at.offset).step_by(11).chain(from..from + 24) {
                let mut bad = whole.clone();
                bad[at as usize] ^= 1;
                dir.overwrite(end.at.segment, &bad);
                match dir.open(Position::START).unwrap_err() {
                    VaultError::JournalDamaged { at, .. } => {
                        assert_eq!((at.segment, at.offset), (end.at.segment, from));
                    }
                    other => panic!("{other}"),
                }
                // What was applied before is not read again.
                assert!(dir.open(ends[1]).is_ok());
            }
            fs::write(&segment, whole).unwrap();
        }
    }
}

#[test]
fn a_cut_or_missing_earlier_segment_is_damage() {
    let (dir, ends) = Dir::filled(100);
    assert_eq!(ends[2].at.segment, 2);
    let middle = fs::read(dir.segment(1)).unwrap();
    for cut in [0, 1, middle.len() - 1] {
        fs::write(dir.segment(1), &middle[..cut]).unwrap();
        assert_eq!(dir.open(Position::START).unwrap_err().reason(), "JOURNAL_DAMAGED", "{cut} bytes");
    }
    fs::remove_file(dir.segment(1)).unwrap();
    assert_eq!(dir.open(Position::START).unwrap_err().reason(), "JOURNAL_DAMAGED");
    fs::remove_file(dir.segment(0)).unwrap();
    assert_eq!(dir.open(Position::START).unwrap_err().reason(), "FILE_MISSING");
}

#[test]
fn a_bad_frame_before_a_just_begun_segment_is_damage() {
    let (dir, ends) = Dir::filled(SEGMENT_BYTES_MAX);
    segment::create(dir.0.path(), 1).unwrap();
    assert_eq!(
        dir.open(Position::START).unwrap().end(),
        Position { at: JournalOffset { segment: 1, offset: 0 }, leaf: 6 }
    );
    let whole = fs::read(dir.segment(0)).unwrap();
    fs::write(dir.segment(0), &whole[..ends[2].at.offset as usize - 1]).unwrap();
    assert_eq!(dir.open(Position::START).unwrap_err().reason(), "JOURNAL_DAMAGED");
}

#[test]
fn an_empty_segment_left_by_a_crash_is_used() {
    let (dir, _) = Dir::filled(6000);
    segment::create(dir.0.path(), 1).unwrap_err();
    segment::create(dir.0.path(), 2).unwrap();
    let mut journal = dir.open(Position::START).unwrap();
    let at = journal.append(6, &[person(9)]).unwrap();
    assert_eq!(at[0].segment, 2);
    assert_eq!(dir.open(Position::START).unwrap().end().leaf, 7);
}

#[test]
fn a_journal_that_ends_before_a_known_place_is_damage() {
    let (dir, ends) = Dir::filled(SEGMENT_BYTES_MAX);
    fs::write(dir.segment(0), &fs::read(dir.segment(0)).unwrap()[..ends[1].at.offset as usize]).unwrap();
    assert_eq!(dir.open(ends[2]).unwrap_err().reason(), "JOURNAL_DAMAGED");
    let beyond = Position { at: JournalOffset { segment: 3, offset: 0 }, leaf: 6 };
    assert_eq!(dir.open(beyond).unwrap_err().reason(), "JOURNAL_DAMAGED");
}

#[test]
fn a_frame_that_skips_or_repeats_leaves_is_damage() {
    let (dir, _) = Dir::filled(SEGMENT_BYTES_MAX);
    let whole = fs::read(dir.segment(0)).unwrap();
    // Given another history, the frames are whole but stand in the wrong place.
    fs::write(dir.segment(0), whole.repeat(2)).unwrap();
    assert_eq!(dir.open(Position::START).unwrap_err().reason(), "JOURNAL_DAMAGED");
}

#[test]
fn records_beyond_the_limits_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path()).unwrap();
    let mut long = person(1);
    long.sealed.as_mut().unwrap().bytes = vec![0; 64 * 1024 + 1];
    assert_eq!(journal.append(0, &[long]).unwrap_err().reason(), "OVER_LIMIT");
    assert_eq!(journal.append(0, &[public(1, 70_000)]).unwrap_err().reason(), "OVER_LIMIT");
    assert_eq!(journal.append(0, &vec![public(1, 60_000); 1200]).unwrap_err().reason(), "OVER_LIMIT");
    for (class, sealed) in [(1, person(1).sealed), (2, None)] {
        let bad = Record { entry: vec![1, class, 0], sealed };
        assert_eq!(journal.append(0, &[bad]).unwrap_err().reason(), "RECORD_MALFORMED");
    }
    assert_eq!(journal.end(), Position::START);
    journal.append(0, &[public(1, 65_535)]).unwrap();
}

#[test]
fn after_a_failed_write_nothing_more_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    // A disk that is always full.
    symlink("/dev/full", segment::path(dir.path(), 0)).unwrap();
    let mut journal = Journal::open(dir.path(), Position::START).unwrap();
    assert_eq!(journal.append(0, &[person(1)]).unwrap_err().reason(), "DISK_FULL");
    assert_eq!(journal.append(0, &[person(1)]).unwrap_err().reason(), "JOURNAL_POISONED");
}

#[test]
fn leaves_and_segments_are_never_counted_beyond_the_last_number() {
    let (dir, _) = Dir::filled(SEGMENT_BYTES_MAX);
    let mut frame = Vec::new();
    encode_frame(&mut frame, u64::MAX - 1, &[person(1), person(2)]).unwrap();
    fs::write(dir.segment(0), &frame).unwrap();
    let last = Position { leaf: u64::MAX - 1, ..Position::START };
    assert_eq!(dir.open(last).unwrap_err().reason(), "JOURNAL_DAMAGED");

    fs::write(dir.segment(0), b"").unwrap();
    let mut journal = dir.open(last).unwrap();
    assert_eq!(journal.append(last.leaf, &[person(1), person(2)]).unwrap_err().reason(), "JOURNAL_DAMAGED");
    assert_eq!(fs::read(dir.segment(0)).unwrap(), b"", "refused before anything is written");
    journal.append(last.leaf, &[person(1)]).unwrap();
    assert_eq!(journal.append(u64::MAX, &[person(2)]).unwrap_err().reason(), "JOURNAL_DAMAGED");

    segment::create(dir.0.path(), u32::MAX).unwrap();
    let at = JournalOffset { segment: u32::MAX, offset: 0 };
    let mut journal = dir.open(Position { at, leaf: 0 }).unwrap().with_segments_of(1);
    journal.append(0, &[person(1)]).unwrap();
    assert_eq!(journal.append(1, &[person(2)]).unwrap_err().reason(), "JOURNAL_DAMAGED");
    assert_eq!(dir.open(Position { at, leaf: 0 }).unwrap().end().leaf, 1);
}

#[test]
fn a_reader_beside_the_writer_sees_what_is_durable_and_writes_nothing() {
    let (dir, ends) = Dir::filled(6000);
    let mut journal = dir.open(Position::START).unwrap();
    let reader = JournalReader::open(dir.0.path()).unwrap();
    let at = journal.append(6, &[person(9)]).unwrap();
    assert_eq!(reader.read(at[0]).unwrap(), person(9));
    assert_eq!(reader.frames_from(ends[2]).unwrap().count(), 1);
    let nowhere = JournalOffset { offset: at[0].offset + 1, ..at[0] };
    assert_eq!(reader.read(nowhere).unwrap_err().reason(), "JOURNAL_DAMAGED");
}

/// The bytes shown in SPEC.md, "Journal frame", are the bytes written.
#[test]
fn the_frame_in_the_specification_is_the_frame_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path()).unwrap();
    let public = Record { entry: vec![1, 1, 0xaa, 0xbb], sealed: None };
    let sealed = Some(SealedRecord { slot: KeySlot(7), bytes: vec![0xcc, 0xdd] });
    let person = Record { entry: vec![1, 2, 0xee], sealed };
    journal.append(0, &[public, person]).unwrap();
    let hex = crate::crypto::hex_encode(fs::read(dir.path().join("00000000.skj")).unwrap());
    let shown: String = include_str!("../../../proto/SPEC.md")
        .split_once("f5534b01")
        .and_then(|(_, rest)| rest.split_once("```"))
        .map(|(frame, _)| frame.lines().filter_map(|line| line.split("  ").next()).collect())
        .unwrap();
    assert_eq!(format!("f5534b01{}", shown.replace(char::is_whitespace, "")), hex);
}
