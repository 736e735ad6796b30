//! DIR/status/lists: which indexes of which Token Status Lists were handed out, to whom, which are taken, and what each
//! answers since when. It names no statement and no worker: a random index is nobody's without the statement that bears it.
//!
//! ```text
//! record = u8 type | u8 code | zero[2] | u32 list | u32 index | rest[24] | u32 crc32c over the 36 bytes before      (40 B)
//!          0 format     rest = "SKPSTAT1" | zero[16]; the first record and no other
//!          1 begun      rest = name[16] | u64 begun at, ms; lists are numbered in this order
//!          2 allocated  rest = institution stream of the body[16] | zero[8]
//!          3 used       by a recorded statement
//!          4 step       code 0..3 | rest = u64 recorded at, ms | i64 from, seconds | zero[8]
//!          5 settled    rest = u64 leaf | u32 segment | u32 offset | u64 length: what the journal holds before that place
//!                       stands in the first so many bytes of this file, which were synced
//!          6 erasures   index = how many are known here; before any of them the file was synced
//! ```
//! *fsync:* allocations before they are answered, an erasure before it begins, the rest when the publisher settles. What
//! a crash can tear stands behind the greatest *length* that a record names; it is cut off from the first bad record on.
//! A bad record before that place is damage.

use super::durable::{self, Access, DataFile};
use super::fields::Fields;
use super::journal::Position;
use super::{DataDir, VaultError};
use crate::event::{StreamId, UnixMs};
use crate::store::JournalOffset;

const RECORD_BYTES: usize = 40;
const MAGIC: [u8; 8] = *b"SKPSTAT1";

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRecord {
    /// A list was begun; its number is how many were begun before.
    Begun {
        /// Random.
        name: [u8; 16],
        /// When.
        at: UnixMs,
    },
    /// An index was handed out.
    Allocated {
        /// The list.
        list: u32,
        /// The index in it.
        index: u32,
        /// The body's institution stream.
        body: StreamId,
    },
    /// A recorded statement bears it.
    Used {
        /// The list.
        list: u32,
        /// The index in it.
        index: u32,
    },
    /// What it answers (`event::standing::StatusStep`).
    Step {
        /// The list.
        list: u32,
        /// The index in it.
        index: u32,
        /// 0 to 3.
        code: u8,
        /// Since when it is known.
        recorded_at: UnixMs,
        /// Unix seconds.
        from: i64,
    },
    /// How much of the journal stands in how much of the file.
    Settled {
        /// The place in the journal.
        position: Position,
        /// Bytes of this file.
        length: u64,
    },
    /// Erasures that are known here.
    Erasures(u32),
}

/// The open file. One writer, which the ledger's lock makes sure of.
#[derive(Debug)]
pub struct StatusFile {
    file: DataFile,
    end: u64,
    dirty: bool,
    poisoned: bool,
}

impl StatusFile {
    /// Opens for writing and gives every record. A directory from before there were lists gets an empty file, which knows
    /// of `erasures` that came before it.
    pub fn open(paths: &DataDir, erasures: u32) -> Result<(Self, Vec<StatusRecord>), VaultError> {
        let path = paths.status_lists();
        if !durable::exists(&path)? {
            durable::create_dir(&paths.status())?;
            let first = [encode_format(), encode(&StatusRecord::Erasures(erasures))].concat();
            durable::create(&path, &first)?;
        }
        let file = DataFile::open(&path, Access::Write)?;
        let Contents { records, durable, end } = read(&file)?;
        if end < file.len()? {
            file.set_len(end)?;
        }
        // Nobody knows whether the process that appended these lived to sync them.
        file.rewrite(durable, end)?;
        Ok((Self { file, end, dirty: false, poisoned: false }, records))
    }

    /// Every record, changing nothing; `None` where there is no file.
    pub fn read(paths: &DataDir) -> Result<Option<Vec<StatusRecord>>, VaultError> {
        let path = paths.status_lists();
        if !durable::exists(&path)? {
            return Ok(None);
        }
        Ok(Some(read(&DataFile::open(&path, Access::Read)?)?.records))
    }

    /// Whether something stands behind the last whole record: torn, or altered where nothing promised that it was durable.
    pub fn has_torn_end(paths: &DataDir) -> Result<bool, VaultError> {
        let path = paths.status_lists();
        if !durable::exists(&path)? {
            return Ok(false);
        }
        let file = DataFile::open(&path, Access::Read)?;
        Ok(read(&file)?.end < file.len()?)
    }

    /// A whole new file in the place of the old one, durable.
    pub fn replace(paths: &DataDir, records: &[StatusRecord]) -> Result<(), VaultError> {
        durable::create_dir(&paths.status())?;
        let bytes: Vec<u8> =
            std::iter::once(encode_format()).chain(records.iter().map(encode)).flatten().collect();
        durable::replace(&paths.status_lists(), &bytes)
    }

    /// Appends; not yet durable.
    #[expect(clippy::arithmetic_side_effects, reason = "the end of what was written to a file")]
    pub fn append(&mut self, records: &[StatusRecord]) -> Result<(), VaultError> {
        if records.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = records.iter().flat_map(encode).collect();
        self.attempt(|file, end| file.write_all_at(&bytes, end))?;
        self.end += bytes.len() as u64;
        self.dirty = true;
        Ok(())
    }

    /// Everything appended survives power loss.
    pub fn sync(&mut self) -> Result<(), VaultError> {
        if self.dirty {
            self.attempt(|file, _| file.sync())?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Whether something is appended and not yet durable.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Makes everything durable and notes up to where in the journal that is. The note itself needs no fsync: without it a
    /// start reads more of the journal again.
    pub fn settle(&mut self, position: Position) -> Result<(), VaultError> {
        self.sync()?;
        let note = StatusRecord::Settled { position, length: self.end };
        self.append(&[note])?;
        self.dirty = false;
        Ok(())
    }

    /// Makes the last note durable too.
    pub fn sync_note(&mut self) -> Result<(), VaultError> {
        self.attempt(|file, _| file.sync())
    }

    /// After a failed write or sync nobody knows what the disk holds.
    fn attempt(
        &mut self,
        act: impl FnOnce(&DataFile, u64) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        if self.poisoned {
            return Err(VaultError::StatusPoisoned);
        }
        let result = act(&self.file, self.end);
        self.poisoned = result.is_err();
        result
    }
}

struct Contents {
    records: Vec<StatusRecord>,
    /// Up to here it is known to be durable.
    durable: u64,
    /// Where the last whole record ends.
    end: u64,
}

#[expect(clippy::arithmetic_side_effects, reason = "places in the bytes that were read")]
fn read(file: &DataFile) -> Result<Contents, VaultError> {
    let bytes = file.read_at(0, usize::try_from(file.len()?).unwrap_or(usize::MAX))?;
    let (cells, _) = bytes.as_chunks::<RECORD_BYTES>();
    let decoded: Vec<Option<StatusRecord>> = cells.iter().skip(1).map(decode).collect();
    let damaged = |at: usize| VaultError::StatusDamaged { at: (at * RECORD_BYTES) as u64 };
    if cells.first() != Some(&encode_format()) {
        return Err(damaged(0));
    }
    let durable = decoded.iter().flatten().filter_map(|record| match record {
        StatusRecord::Settled { length, .. } => Some(*length),
        _ => None,
    });
    let durable = durable.max().unwrap_or(0);
    let whole = decoded.iter().take_while(|record| record.is_some()).count();
    let end = ((whole + 1) * RECORD_BYTES) as u64;
    if end < durable {
        return Err(damaged(whole + 1));
    }
    Ok(Contents { records: decoded.into_iter().take(whole).flatten().collect(), durable, end })
}

fn cell(kind: u8, code: u8, list: u32, index: u32, rest: &[&[u8]]) -> [u8; RECORD_BYTES] {
    let mut cell = [0; RECORD_BYTES];
    cell[0] = kind;
    cell[1] = code;
    cell[4..8].copy_from_slice(&list.to_be_bytes());
    cell[8..12].copy_from_slice(&index.to_be_bytes());
    for (to, from) in cell[12..36].iter_mut().zip(rest.concat()) {
        *to = from;
    }
    let crc = crc32c::crc32c(&cell[..36]);
    cell[36..].copy_from_slice(&crc.to_be_bytes());
    cell
}

fn encode_format() -> [u8; RECORD_BYTES] {
    cell(0, 0, 0, 0, &[&MAGIC])
}

fn encode(record: &StatusRecord) -> [u8; RECORD_BYTES] {
    match *record {
        StatusRecord::Begun { name, at } => cell(1, 0, 0, 0, &[&name, &at.to_be_bytes()]),
        StatusRecord::Allocated { list, index, body } => cell(2, 0, list, index, &[&body.0]),
        StatusRecord::Used { list, index } => cell(3, 0, list, index, &[]),
        StatusRecord::Step { list, index, code, recorded_at, from } => {
            cell(4, code, list, index, &[&recorded_at.to_be_bytes(), &from.to_be_bytes()])
        }
        StatusRecord::Settled { position, length } => {
            let Position { at: JournalOffset { segment, offset }, leaf } = position;
            let place = [&leaf.to_be_bytes()[..], &segment.to_be_bytes(), &offset.to_be_bytes()];
            cell(5, 0, 0, 0, &[&place.concat(), &length.to_be_bytes()])
        }
        StatusRecord::Erasures(count) => cell(6, 0, 0, count, &[]),
    }
}

fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<StatusRecord> {
    let mut fields = Fields(bytes);
    let [kind, code, _, _] = fields.take::<4>()?;
    let (list, index) = (fields.u32()?, fields.u32()?);
    let record = match kind {
        1 => StatusRecord::Begun { name: fields.take()?, at: fields.u64()? },
        2 => StatusRecord::Allocated { list, index, body: StreamId(fields.take()?) },
        3 => StatusRecord::Used { list, index },
        4 => StatusRecord::Step {
            list,
            index,
            code,
            recorded_at: fields.u64()?,
            from: fields.take().map(i64::from_be_bytes)?,
        },
        5 => {
            let (leaf, segment, offset) = (fields.u64()?, fields.u32()?, fields.u32()?);
            let position = Position { at: JournalOffset { segment, offset }, leaf };
            StatusRecord::Settled { position, length: fields.u64()? }
        }
        6 => StatusRecord::Erasures(index),
        _ => return None,
    };
    // One spelling a record: checksum, unused bytes and all.
    (encode(&record) == *bytes).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_at(dir: &std::path::Path) -> (DataDir, StatusFile, Vec<StatusRecord>) {
        let paths = DataDir::new(&dir.join("ledger")).unwrap();
        if !paths.root().exists() {
            paths.create().unwrap();
        }
        let (file, records) = StatusFile::open(&paths, 3).unwrap();
        (paths, file, records)
    }

    fn all() -> Vec<StatusRecord> {
        let (list, index) = (0, 77);
        vec![
            StatusRecord::Begun { name: [7; 16], at: 1_748_736_000_000 },
            StatusRecord::Allocated { list, index, body: StreamId([9; 16]) },
            StatusRecord::Used { list, index },
            StatusRecord::Step { list, index, code: 1, recorded_at: 1_748_736_000_001, from: -5 },
            StatusRecord::Erasures(4),
        ]
    }

    fn place(leaf: u64) -> Position {
        Position { at: JournalOffset { segment: 1, offset: 99 }, leaf }
    }

    #[test]
    fn records_survive_and_a_torn_end_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let (paths, mut file, records) = open_at(dir.path());
        assert_eq!(records, [StatusRecord::Erasures(3)]);
        file.append(&all()).unwrap();
        file.settle(place(12)).unwrap();
        drop(file);
        let whole = std::fs::read(paths.status_lists()).unwrap();
        let (_, _, records) = open_at(dir.path());
        let settled = StatusRecord::Settled { position: place(12), length: 7 * 40 };
        let expected = [vec![StatusRecord::Erasures(3)], all(), vec![settled]].concat();
        assert_eq!(records, expected);
        // What a power loss can leave: blocks of zeros, half a record, and later ones whole.
        for tail in [vec![0; 40], whole[40..60].to_vec(), [vec![0; 40], whole[80..120].to_vec()].concat()] {
            std::fs::write(paths.status_lists(), [&whole[..], &tail].concat()).unwrap();
            assert_eq!(open_at(dir.path()).2, expected);
            assert_eq!(std::fs::read(paths.status_lists()).unwrap(), whole);
        }
    }

    #[test]
    fn what_was_synced_and_differs_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let (paths, mut file, _) = open_at(dir.path());
        file.append(&all()).unwrap();
        file.settle(place(12)).unwrap();
        drop(file);
        let whole = std::fs::read(paths.status_lists()).unwrap();
        for at in [0, 41, 130, 279] {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            std::fs::write(paths.status_lists(), &bad).unwrap();
            assert_eq!(StatusFile::open(&paths, 0).unwrap_err().reason(), "STATUS_DAMAGED", "byte {at}");
        }
        std::fs::write(paths.status_lists(), &whole[..120]).unwrap();
        let cut = StatusFile::open(&paths, 0).unwrap().1;
        assert_eq!(cut.len(), 2, "a file cut short is an old copy; the count of erasures tells");
    }

    #[test]
    fn a_new_file_takes_the_place_of_the_old_one_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (paths, ..) = open_at(dir.path());
        StatusFile::replace(&paths, &all()).unwrap();
        assert_eq!(StatusFile::read(&paths).unwrap().unwrap(), all());
    }
}
