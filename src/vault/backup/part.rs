//! Writing one part, and reading objects back.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::manifest::{About, name};
use super::{Manifest, OBJECT_BYTES_MAX, Object};
use crate::crypto::{hex_encode, sha256};
use crate::vault::VaultError;
use crate::vault::durable::{self, Access, DataFile, create_dir, exists};

/// A part that is being written.
#[derive(Debug)]
pub struct PartWriter {
    dir: PathBuf,
    number: u32,
    previous: Option<String>,
    objects: Vec<Object>,
}

impl PartWriter {
    pub(super) fn begin(dir: PathBuf, number: u32, previous: Option<String>) -> Result<Self, VaultError> {
        create_dir(&dir)?;
        Ok(Self { dir, number, previous, objects: Vec::new() })
    }

    /// Which part.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Bytes of all objects so far.
    pub fn bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.bytes).sum()
    }

    /// Copies the bytes `from..to` of a file of the data directory.
    #[expect(clippy::arithmetic_side_effects, reason = "`at` is below `to`, or where bytes of a file end")]
    pub fn copy(&mut self, root: &Path, file: &str, from: u64, to: u64) -> Result<(), VaultError> {
        let source = DataFile::open(&root.join(file), Access::Read)?;
        let mut at = from;
        while at < to {
            let most = usize::try_from(to - at).unwrap_or(usize::MAX).min(OBJECT_BYTES_MAX);
            // One that an interrupted run has finished is kept at its own length.
            let held = self.length_held(file, at)?.filter(|held| *held > 0 && *held <= most);
            let bytes = source.read_at(at, held.unwrap_or(most))?;
            if bytes.is_empty() {
                let problem = "it is shorter than what was promised of it";
                return Err(VaultError::BackupDamaged { path: root.join(file), problem });
            }
            self.put(file, at, &bytes)?;
            at += bytes.len() as u64;
        }
        Ok(())
    }

    fn length_held(&self, file: &str, from: u64) -> Result<Option<usize>, VaultError> {
        let path = self.dir.join(name(file, from));
        if !exists(&path)? {
            return Ok(None);
        }
        Ok(usize::try_from(DataFile::open(&path, Access::Read)?.len()?).ok())
    }

    /// One object, durable and read back; what is there already and the same stays.
    fn put(&mut self, file: &str, from: u64, bytes: &[u8]) -> Result<(), VaultError> {
        let object = Object {
            file: file.to_owned(),
            from,
            bytes: bytes.len() as u64,
            sha256: hex_encode(sha256(&[bytes])),
        };
        let path = self.dir.join(object.name());
        if read_object(&path, &object).is_err() {
            durable::replace(&path, bytes)?;
            read_object(&path, &object)?;
        }
        self.objects.push(object);
        Ok(())
    }

    /// For a file that is made on the way: cut into objects as it is written.
    pub fn file<'a>(&'a mut self, file: &'a str) -> ObjectWriter<'a> {
        ObjectWriter { part: self, file, at: 0, held: Vec::new() }
    }

    /// Forgets the objects of a file that has to be made again.
    pub fn forget(&mut self, file: &str) {
        self.objects.retain(|object| object.file != file);
    }

    /// Writes the manifest: from here on the part exists. What an interrupted run left and nothing names goes.
    pub fn finish(self, about: About) -> Result<Manifest, VaultError> {
        let named: Vec<String> = self.objects.iter().map(Object::name).collect();
        for left in durable::names_in(&self.dir)?.iter().filter(|name| !named.contains(name)) {
            durable::destroy(&self.dir.join(left))?;
        }
        let manifest = Manifest::new(self.number, self.previous, about, self.objects);
        let path = self.dir.join("manifest.json");
        let mut bytes = serde_json::to_vec_pretty(&manifest)
            .map_err(|_| VaultError::BackupDamaged { path: path.clone(), problem: "it cannot be written" })?;
        bytes.push(b'\n');
        durable::create(&path, &bytes)?;
        Ok(manifest)
    }
}

/// Writes a file of a part.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    part: &'a mut PartWriter,
    file: &'a str,
    at: u64,
    held: Vec<u8>,
}

impl ObjectWriter<'_> {
    #[expect(clippy::arithmetic_side_effects, reason = "bytes that were written, one after the other")]
    fn put(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.held);
        self.part.put(self.file, self.at, &bytes).map_err(io::Error::other)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

impl Write for ObjectWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = OBJECT_BYTES_MAX.saturating_sub(self.held.len());
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.held.extend_from_slice(taken);
        if self.held.len() == OBJECT_BYTES_MAX {
            self.put()?;
        }
        Ok(taken.len())
    }

    /// The last object; nothing may be written behind it.
    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() { Ok(()) } else { self.put() }
    }
}

/// Reads objects one after the other, none unchecked.
#[derive(Debug)]
pub struct ObjectReader {
    objects: std::vec::IntoIter<(PathBuf, Object)>,
    held: io::Cursor<Vec<u8>>,
    at: u64,
}

impl ObjectReader {
    pub(super) fn new(objects: Vec<(PathBuf, Object)>) -> Self {
        Self { objects: objects.into_iter(), held: io::Cursor::default(), at: 0 }
    }

    /// The next object's bytes, checked; `None` behind the last.
    #[expect(clippy::arithmetic_side_effects, reason = "bytes that were read, one after the other")]
    pub fn next_object(&mut self) -> Result<Option<Vec<u8>>, VaultError> {
        let Some((path, object)) = self.objects.next() else { return Ok(None) };
        if object.from != self.at {
            return Err(VaultError::BackupDamaged { path, problem: "the piece before it is missing" });
        }
        let bytes = read_object(&path, &object)?;
        self.at += object.bytes;
        Ok(Some(bytes))
    }
}

impl ObjectReader {
    /// All of it as a new file, durable.
    #[expect(clippy::arithmetic_side_effects, reason = "the end of what is written to a file")]
    pub fn write_to(mut self, path: &Path) -> Result<(), VaultError> {
        let file = DataFile::create_new(path)?;
        let mut at = 0;
        while let Some(bytes) = self.next_object()? {
            file.write_all_at(&bytes, at)?;
            at += bytes.len() as u64;
        }
        file.sync()?;
        path.parent().map_or(Ok(()), durable::sync_dir)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.held.read(buffer)? {
                0 if !buffer.is_empty() => match self.next_object().map_err(io::Error::other)? {
                    Some(bytes) => self.held = io::Cursor::new(bytes),
                    None => return Ok(0),
                },
                read => return Ok(read),
            }
        }
    }
}

fn read_object(path: &Path, object: &Object) -> Result<Vec<u8>, VaultError> {
    let damaged = |problem| VaultError::BackupDamaged { path: path.to_owned(), problem };
    let bytes = durable::read_small(path, OBJECT_BYTES_MAX as u64)?.ok_or(damaged("it is missing"))?;
    if bytes.len() as u64 != object.bytes || hex_encode(sha256(&[&bytes])) != object.sha256 {
        return Err(damaged("it is not what was written"));
    }
    Ok(bytes)
}
