use super::super::contract::{sample, sample_batch};
use super::*;

#[test]
fn keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    super::super::check(&SledStore::open(&dir.path().join("sled")).unwrap());
}

#[test]
fn keeps_the_contract_while_it_is_opened_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    super::super::check(&SledStore::open_and_reopen(&dir.path().join("sled"), 30).unwrap());
}

/// Without it a start would read the whole log, which grows for ever.
#[test]
fn a_store_that_grows_leaves_a_snapshot_behind() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = || {
        let names = fs::read_dir(dir.path()).unwrap().map(|item| item.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("snap.")).collect::<Vec<_>>()
    };
    let store = SledStore::open_and_reopen(dir.path(), 100).unwrap();
    store.apply(&sample_batch(0, 99)).unwrap();
    let before = snapshots();
    store.apply(&sample_batch(99, 1)).unwrap();
    let after = snapshots();
    assert_ne!(before, after, "a snapshot of the first hundred");
    store.apply(&sample_batch(100, 99)).unwrap();
    assert_eq!(snapshots(), after, "none of less than a hundred more");
    assert_eq!(store.entries(0, 1000).unwrap(), (0..199).map(sample).collect::<Vec<_>>());
}

#[test]
fn a_half_filled_chunk_goes_on_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let mut size = 0;
    for count in [1, 30, 1, 33, 70] {
        let store = SledStore::open(dir.path()).unwrap();
        store.apply(&sample_batch(size, count)).unwrap();
        store.sync().unwrap();
        size += count;
    }
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(store.entries(0, 1000).unwrap(), (0..size).map(sample).collect::<Vec<_>>());
    assert_eq!(store.mark().unwrap().unwrap().size, size);
}

/// As a crash leaves it: the database comes back as far as some moment, and the mark is put in last.
#[test]
fn what_a_crash_left_of_a_batch_without_its_mark_is_taken_out() {
    let stream = StreamId([7; 16]);
    for (marked, more) in [(0, 1), (0, 70), (31, 1), (32, 5), (40, 20), (40, 200), (64, 64)] {
        let dir = tempfile::tempdir().unwrap();
        let first = sample_batch(0, marked);
        let mut second = sample_batch(marked, more);
        second.streams = vec![(stream, 0, marked), (stream, 1, marked + more - 1)];
        second.streams.truncate(usize::try_from(more).unwrap());
        let store = SledStore::open(dir.path()).unwrap();
        store.apply(&first).unwrap();
        store.apply(&second).unwrap();
        store.with(|db| Ok(db.insert(MARK, encode_mark(&first.mark)).unwrap())).unwrap();
        drop(store);
        let store = SledStore::open(dir.path()).unwrap();
        let expected: Vec<_> = (0..marked).map(sample).collect();
        assert_eq!(store.entries(0, 1000).unwrap(), expected, "{marked} and {more}");
        assert_eq!(store.entry(marked).unwrap(), None);
        assert_eq!(store.public_entries().unwrap(), vec![]);
        store.apply(&second).unwrap();
        drop(store);
        let store = SledStore::open(dir.path()).unwrap();
        assert_eq!(store.entries(0, 1000).unwrap(), (0..marked + more).map(sample).collect::<Vec<_>>());
        assert_eq!(store.public_entries().unwrap(), second.streams);
    }
}

/// Where its log ends.
fn log_end(dir: &Path) -> usize {
    fs::read(dir.join("db")).unwrap().iter().rposition(|&byte| byte != 0).unwrap()
}

/// The store as power losses leave it: its log ends at some place from `from` on.
fn cut_short(dir: &Path, from: usize) -> impl Iterator<Item = (usize, tempfile::TempDir)> {
    let whole = fs::read(dir.join("db")).unwrap();
    let conf = fs::read(dir.join("conf")).unwrap();
    (from..=log_end(dir)).step_by(29).map(move |cut| {
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join("conf"), &conf).unwrap();
        let mut bytes = whole.clone();
        bytes[cut..].fill(0);
        fs::write(copy.path().join("db"), bytes).unwrap();
        (cut, copy)
    })
}

/// Power is lost while its log is written: wherever that ends, the store has all that its mark counts, and nothing more.
#[test]
fn a_log_that_ends_anywhere_has_what_its_mark_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    store.apply(&sample_batch(0, 20)).unwrap();
    store.sync().unwrap();
    let before = log_end(dir.path());
    let mut streams = Vec::new();
    for (revision, first) in [(0, 20), (1, 25), (2, 30)] {
        let mut batch = sample_batch(first, 5);
        batch.streams = vec![(StreamId([1; 16]), revision, first), (StreamId([2; 16]), revision, first + 4)];
        store.apply(&batch).unwrap();
        streams.append(&mut batch.streams);
    }
    store.sync().unwrap();
    drop(store);
    let mut sizes = std::collections::BTreeSet::new();
    for (cut, copy) in cut_short(dir.path(), before) {
        let store = SledStore::open(copy.path()).unwrap();
        let size = store.mark().unwrap().map_or(0, |mark| mark.size);
        assert_eq!(store.entries(0, 1000).unwrap(), (0..size).map(sample).collect::<Vec<_>>(), "{cut}");
        let mut found = store.public_entries().unwrap();
        found.sort_unstable_by_key(|&(_, _, leaf)| leaf);
        let expected: Vec<_> = streams.iter().copied().filter(|&(_, _, leaf)| leaf < size).collect();
        assert_eq!(found, expected, "{cut}");
        sizes.insert(size);
    }
    assert!(sizes.len() > 2, "{sizes:?}");
}

/// Power is lost once more, while an open takes out what the first loss left: the next one finds the rest.
#[test]
fn what_is_taken_out_halfway_is_taken_out_by_the_next_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = sample_batch(0, 40);
    first.streams = vec![(StreamId([1; 16]), 0, 3)];
    let mut second = sample_batch(40, 100);
    second.streams = (0..4).map(|revision| (StreamId([2; 16]), revision, 50 + u64::from(revision))).collect();
    let store = SledStore::open(dir.path()).unwrap();
    store.apply(&first).unwrap();
    store.apply(&second).unwrap();
    store.with(|db| Ok(db.insert(MARK, encode_mark(&first.mark)).unwrap())).unwrap();
    store.sync().unwrap();
    let before = log_end(dir.path());
    drop(store);
    drop(SledStore::open(dir.path()).unwrap());
    let mut tried = 0;
    for (cut, copy) in cut_short(dir.path(), before + 1) {
        let store = SledStore::open(copy.path()).unwrap();
        assert_eq!(store.entries(0, 1000).unwrap(), (0..40).map(sample).collect::<Vec<_>>(), "{cut}");
        assert_eq!(store.public_entries().unwrap(), first.streams, "{cut}");
        store.apply(&second).unwrap();
        assert_eq!(store.entries(0, 1000).unwrap(), (0..140).map(sample).collect::<Vec<_>>(), "{cut}");
        tried += 1;
    }
    assert!(tried > 5, "{tried}");
}

#[test]
fn a_second_handle_is_told_that_it_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let _store = SledStore::open(dir.path()).unwrap();
    assert_eq!(SledStore::open(dir.path()).unwrap_err().reason(), "IN_USE");
}

#[test]
fn an_unfinished_snapshot_does_not_stop_the_next_open() {
    let dir = tempfile::tempdir().unwrap();
    SledStore::open(dir.path()).unwrap().apply(&sample_batch(0, 40)).unwrap();
    fs::write(dir.path().join("snap.00000000FFFFFFFF.generating"), b"half").unwrap();
    assert_eq!(SledStore::open(dir.path()).unwrap().mark().unwrap().unwrap().size, 40);
}

/// What the caller relies on: an answer, and never a wrong entry. A store that comes back shorter, or not at all, is
/// made good from the journal.
#[test]
fn damaged_files_give_an_answer_and_never_a_wrong_entry() {
    let expected: Vec<_> = (0..400).map(sample).collect();
    let dir = tempfile::tempdir().unwrap();
    SledStore::open(dir.path()).unwrap().apply(&sample_batch(0, 400)).unwrap();
    let db = fs::read(dir.path().join("db")).unwrap();
    let flipped = |at: usize| {
        let mut bytes = db.clone();
        bytes[at] ^= 0x10;
        ("db", bytes)
    };
    let flips = (0..60).map(|i| flipped(i * 631));
    let others =
        [("conf", b"nonsense".to_vec()), ("conf", vec![]), ("snap.00000000FFFFFFFF", b"short".to_vec())];
    let cut = [("db", db[..db.len() / 2].to_vec()), ("db", vec![])];
    for (name, bytes) in flips.chain(others).chain(cut) {
        let copy = tempfile::tempdir().unwrap();
        for file in ["db", "conf"] {
            fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
        }
        fs::write(copy.path().join(name), bytes).unwrap();
        match SledStore::open(copy.path()) {
            Ok(store) => {
                let found = store.entries(0, 1000).unwrap();
                assert_eq!(found, expected[..found.len()], "{name}");
            }
            Err(error) => assert_eq!(error.reason(), "STORE_UNOPENABLE", "{name}: {error}"),
        }
    }
}
