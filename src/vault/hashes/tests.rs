use std::fs;

use super::*;

/// What a tree calls back with, made the plain way: level by level.
fn levels(size: u64) -> Vec<Vec<Hash>> {
    let mut levels = vec![(0..size).map(|leaf| tlog::leaf_hash(&leaf.to_be_bytes())).collect::<Vec<Hash>>()];
    while levels[levels.len() - 1].len() > 1 {
        let below = &levels[levels.len() - 1];
        let next =
            below.as_chunks::<2>().0.iter().map(|[left, right]| tlog::node_hash(left, right)).collect();
        levels.push(next);
    }
    levels
}

fn add(files: &mut HashFiles, from: u64, to: u64) {
    for (level, hashes) in (0..).zip(levels(to)) {
        for index in from >> level..to >> level {
            files.add(level, index, &hashes[usize::try_from(index).unwrap()]).unwrap();
        }
    }
}

fn assert_whole(hashes: &Hashes, size: u64) {
    assert_eq!(hashes.size().unwrap(), size);
    hashes.check(size).unwrap();
    for (level, want) in (0..).zip(levels(size)) {
        for (index, hash) in (0..).zip(&want) {
            assert_eq!(hashes.hash(level, index).unwrap(), *hash, "level {level} index {index}");
        }
        assert_eq!(hashes.hash(level, want.len() as u64).unwrap_err().reason(), "HASH_ABSENT");
    }
}

#[test]
fn hashes_come_back_at_every_size_also_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let reader = Hashes::open(dir.path()).unwrap();
    let mut size = 0;
    for step in [1, 1, 1, 4, 9, 50, 0, 190, 300] {
        let mut files = HashFiles::open(dir.path()).unwrap();
        assert_eq!(files.size(), size);
        add(&mut files, size, size + step);
        assert_eq!(reader.size().unwrap(), size, "nothing is seen before it is synced");
        files.sync().unwrap();
        size += step;
        assert_eq!(files.size(), size);
        for hashes in [&files.reader(), &reader, &Hashes::open(dir.path()).unwrap()] {
            assert_whole(hashes, size);
        }
    }
}

#[test]
fn what_a_crash_left_uneven_is_cut_to_the_largest_whole_tree() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = HashFiles::open(dir.path()).unwrap();
    add(&mut files, 0, 100);
    files.sync().unwrap();
    for (level, keep, size) in [(3, 10, 87), (1, 42, 85), (0, 33, 33), (5, 0, 31)] {
        let level_file = fs::OpenOptions::new().write(true).open(files.reader.path(level)).unwrap();
        level_file.set_len(keep * HASH_BYTES + 5).unwrap();
        files = HashFiles::open(dir.path()).unwrap();
        assert_eq!(files.size(), size, "level {level}");
    }
    files.truncate_to(20).unwrap();
    add(&mut files, 20, 70);
    files.sync().unwrap();
    assert_whole(&files.reader(), 70);
}

#[test]
fn a_flipped_bit_above_the_leaves_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = HashFiles::open(dir.path()).unwrap();
    add(&mut files, 0, 64);
    files.sync().unwrap();
    for (level, index) in [(0, 63), (1, 0), (2, 7), (6, 0)] {
        let file = files.reader.file(level).unwrap().unwrap();
        let good = file.read_at(index * HASH_BYTES, 1).unwrap();
        file.write_all_at(&[good[0] ^ 1], index * HASH_BYTES).unwrap();
        match files.reader.check(64).unwrap_err() {
            // A level's own hash, or the parent that no longer fits.
            VaultError::HashDamaged { level: found, .. } => assert_eq!(found, level.max(1)),
            other => panic!("{other}"),
        }
        file.write_all_at(&good, index * HASH_BYTES).unwrap();
        files.reader.check(64).unwrap();
    }
}

#[test]
fn hashes_out_of_order_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = HashFiles::open(dir.path()).unwrap();
    files.add(0, 0, &[0; 32]).unwrap();
    assert_eq!(files.add(0, 0, &[0; 32]).unwrap_err().reason(), "HASH_OUT_OF_ORDER");
    assert_eq!(files.add(0, 2, &[0; 32]).unwrap_err().reason(), "HASH_OUT_OF_ORDER");
    assert_eq!(files.add(2, 0, &[0; 32]).unwrap_err().reason(), "HASH_OUT_OF_ORDER");
}

#[test]
fn a_tile_is_a_run_of_every_eighth_level() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = HashFiles::open(dir.path()).unwrap();
    add(&mut files, 0, 600);
    files.sync().unwrap();
    let levels = levels(600);
    assert_eq!(files.reader().tile(0, 1, 256).unwrap(), levels[0][256..512].concat());
    assert_eq!(files.reader().tile(0, 2, 88).unwrap(), levels[0][512..600].concat());
    assert_eq!(files.reader().tile(1, 0, 2).unwrap(), levels[8].concat());
    for (level, index, width) in [(0, 2, 89), (1, 0, 3), (2, 0, 1), (63, 0, 1), (0, u64::MAX, 1)] {
        assert_eq!(files.reader().tile(level, index, width).unwrap_err().reason(), "HASH_ABSENT");
    }
}
