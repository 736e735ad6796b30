use std::fs;
use std::path::Path;

use super::*;

fn kept(size: u64, published_at: UnixMs) -> KeptCheckpoint {
    KeptCheckpoint {
        size,
        published_at,
        note: format!("origin.invalid\n{size}\nroot\n\n— signed at {published_at}\n"),
    }
}

/// Size 10 twice: the second time with another signature.
fn history() -> Vec<KeptCheckpoint> {
    [(3, 1000), (10, 2000), (10, 3000), (25, 3000), (40, 9000)].map(|(size, at)| kept(size, at)).to_vec()
}

fn filled() -> (tempfile::TempDir, DataDir, CheckpointArchive) {
    let outside = tempfile::tempdir().unwrap();
    let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
    paths.create().unwrap();
    let archive = CheckpointArchive::open(&paths).unwrap();
    assert_eq!((archive.current().unwrap(), archive.at_most(u64::MAX).unwrap()), (None, None));
    for kept in history() {
        archive.publish(&kept).unwrap();
        assert_eq!(archive.current().unwrap(), Some(kept.note));
    }
    (outside, paths, archive)
}

fn all(archive: &CheckpointArchive) -> Vec<KeptCheckpoint> {
    (0..archive.count()).map(|number| archive.nth(number).unwrap().unwrap()).collect()
}

/// Behind the archive's back an earlier index record may only be lost with every later one: each is synced before the next.
#[test]
fn a_torn_last_record_of_the_index_is_made_again() {
    let (_outside, paths, archive) = filled();
    drop(archive);
    let path = paths.log().join("checkpoints.index");
    let whole = fs::read(&path).unwrap();
    let last = whole.len() - INDEX_BYTES;
    for torn in
        [[&whole[..last], &[0; INDEX_BYTES]].concat(), whole[..last + 9].to_vec(), whole[..last].to_vec()]
    {
        fs::write(&path, torn).unwrap();
        assert_finds(&CheckpointArchive::open(&paths).unwrap());
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

fn assert_finds(archive: &CheckpointArchive) {
    let history = history();
    assert_eq!(all(archive), history);
    assert_eq!(archive.nth(5).unwrap(), None);
    for (size, want) in
        [(2, None), (3, Some(0)), (9, Some(0)), (10, Some(2)), (39, Some(3)), (u64::MAX, Some(4))]
    {
        assert_eq!(
            archive.at_most(size).unwrap().as_ref(),
            want.map(|at: usize| &history[at]),
            "size {size}"
        );
    }
    for (time, want) in [(1000, None), (1001, Some(0)), (3000, Some(1)), (3001, Some(3)), (u64::MAX, Some(4))]
    {
        assert_eq!(archive.before(time).unwrap().as_ref(), want.map(|at: usize| &history[at]), "time {time}");
    }
    for (leaf, want) in [(0, Some(0)), (3, Some(1)), (10, Some(3)), (39, Some(4)), (40, None)] {
        assert_eq!(
            archive.covering(leaf).unwrap().as_ref(),
            want.map(|at: usize| &history[at]),
            "leaf {leaf}"
        );
    }
}

#[test]
fn every_checkpoint_is_found_by_size_and_time_also_after_reopening() {
    let (_outside, paths, archive) = filled();
    assert_finds(&archive);
    assert_finds(&CheckpointArchive::open(&paths).unwrap());
    assert_finds(&CheckpointArchive::open_read_only(&paths).unwrap());
}

#[test]
fn sizes_and_times_never_fall() {
    let (_outside, _paths, archive) = filled();
    for (size, at) in [(39, 9001), (41, 8999)] {
        assert_eq!(archive.publish(&kept(size, at)).unwrap_err().reason(), "ARCHIVE_ORDER");
    }
    assert_finds(&archive);
}

#[test]
fn an_index_that_is_lost_torn_or_behind_is_made_anew() {
    let (_outside, paths, _archive) = filled();
    let index = paths.log().join("checkpoints.index");
    let whole = fs::read(&index).unwrap();
    for cut in 0..whole.len() {
        fs::write(&index, &whole[..cut]).unwrap();
        assert_finds(&CheckpointArchive::open(&paths).unwrap());
    }
    let mut flipped = whole.clone();
    flipped[whole.len() - 9] ^= 1;
    fs::write(&index, flipped).unwrap();
    assert_finds(&CheckpointArchive::open(&paths).unwrap());
    assert_eq!(fs::read(&index).unwrap(), whole);
}

#[test]
fn a_last_record_torn_at_any_byte_was_never_published_and_goes() {
    let (_outside, paths, _archive) = filled();
    let records = paths.log().join("checkpoints");
    let whole = fs::read(&records).unwrap();
    let last = whole.len() - (HEADER_BYTES + kept(40, 9000).note.len() + 4);
    let index = paths.log().join("checkpoints.index");
    let indexed = fs::read(&index).unwrap();
    for cut in last..whole.len() {
        fs::write(&records, &whole[..cut]).unwrap();
        fs::write(&index, &indexed[..4 * INDEX_BYTES]).unwrap();
        let archive = CheckpointArchive::open(&paths).unwrap();
        assert_eq!(all(&archive), history()[..4], "{cut} bytes");
        archive.publish(&kept(40, 9000)).unwrap();
        assert_eq!(fs::read(&records).unwrap(), whole);
    }
}

#[test]
fn a_flipped_bit_before_the_last_record_is_damage() {
    let (_outside, paths, archive) = filled();
    let last = archive.indexed(4).unwrap().offset;
    let records = paths.log().join("checkpoints");
    let whole = fs::read(&records).unwrap();
    for at in (0..usize::try_from(last).unwrap()).step_by(3) {
        overwrite(&records, at, whole[at] ^ 4);
        // With the index, at the checkpoint itself; without it, at opening.
        let found = (0..5).map(|number| archive.nth(number)).find_map(Result::err).unwrap();
        assert_eq!(found.reason(), "ARCHIVE_DAMAGED", "byte {at}");
        fs::remove_file(paths.log().join("checkpoints.index")).unwrap();
        assert_eq!(CheckpointArchive::open(&paths).unwrap_err().reason(), "ARCHIVE_DAMAGED", "byte {at}");
        overwrite(&records, at, whole[at]);
    }
}

fn overwrite(path: &Path, at: usize, byte: u8) {
    DataFile::open(path, Access::Write).unwrap().write_all_at(&[byte], at as u64).unwrap();
}
