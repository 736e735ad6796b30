//! What a file system does to the promise that nothing acknowledged is lost.
//!
//! Numbers: `linux/magic.h` of Linux 6.12 (`f_type`, statfs(2)). What is not in the table is taken for a disk of this machine.

use std::path::{Path, PathBuf};

use super::{FileError, VaultError, durable};

/// A file system on which a ledger's files are not what they are on a disk of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystem {
    /// Its name, for people.
    pub name: &'static str,
    /// What it does to the ledger's files.
    pub trouble: Trouble,
}

/// What is wrong with a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Another machine, or a program, decides what fsync and a lock are worth.
    Elsewhere,
    /// No journal of its own and no rights of files: a power cut may take a rename apart, and everybody may read the keys.
    Plain,
    /// It is gone with the power.
    Memory,
    /// It is gone with the container.
    Layer,
}

impl Trouble {
    /// Whether to start there is to break the promise unseen; of the others a ledger that is meant to last is warned.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Elsewhere | Self::Plain)
    }

    /// Why, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Self::Elsewhere => {
                "what is written may be lost after it was synced, and two machines may hold one lock"
            }
            Self::Plain => "a power cut may damage it as a whole, and it keeps no file from other users",
            Self::Memory => "all is gone with the power",
            Self::Layer => "all is gone with the container: mount a volume",
        }
    }
}

const TABLE: [(u32, &str, Trouble); 17] = [
    (0x6969, "NFS", Trouble::Elsewhere),         // NFS_SUPER_MAGIC
    (0x517b, "SMB", Trouble::Elsewhere),         // SMB_SUPER_MAGIC
    (0xff53_4d42, "CIFS", Trouble::Elsewhere),   // CIFS_SUPER_MAGIC
    (0xfe53_4d42, "SMB 2", Trouble::Elsewhere),  // SMB2_SUPER_MAGIC
    (0x00c3_6400, "Ceph", Trouble::Elsewhere),   // CEPH_SUPER_MAGIC
    (0x5346_414f, "AFS", Trouble::Elsewhere),    // AFS_SUPER_MAGIC
    (0x6b41_4653, "AFS", Trouble::Elsewhere),    // AFS_FS_MAGIC
    (0x7375_7245, "Coda", Trouble::Elsewhere),   // CODA_SUPER_MAGIC
    (0x564c, "NetWare", Trouble::Elsewhere),     // NCP_SUPER_MAGIC
    (0x0102_1997, "9p", Trouble::Elsewhere),     // V9FS_MAGIC: folders of the host in virtual machines
    (0x00c0_ffee, "hostfs", Trouble::Elsewhere), // HOSTFS_SUPER_MAGIC
    (0x6573_5546, "FUSE", Trouble::Elsewhere), // FUSE_SUPER_MAGIC: sshfs, s3fs, ntfs-3g, folders of the host
    (0x4d44, "FAT", Trouble::Plain),           // MSDOS_SUPER_MAGIC
    (0x2011_bab0, "exFAT", Trouble::Plain),    // EXFAT_SUPER_MAGIC
    (0x0102_1994, "tmpfs", Trouble::Memory),   // TMPFS_MAGIC
    (0x8584_58f6, "ramfs", Trouble::Memory),   // RAMFS_MAGIC
    (0x794c_7630, "overlayfs", Trouble::Layer), // OVERLAYFS_SUPER_MAGIC
];

impl FileSystem {
    /// What is to be said of a file system of this type; `None` of a disk.
    pub fn of_type(f_type: u32) -> Option<Self> {
        let (_, name, trouble) = *TABLE.iter().find(|(magic, ..)| *magic == f_type)?;
        Some(Self { name, trouble })
    }

    /// The same of the place where `path` is, or will be made.
    pub fn below(path: &Path) -> Result<Option<Self>, VaultError> {
        let path = nearest_existing(path)?;
        let found =
            rustix::fs::statfs(&path).map_err(|error| FileError::on("measure", &path)(error.into()))?;
        Ok(u32::try_from(found.f_type).ok().and_then(Self::of_type))
    }
}

fn nearest_existing(path: &Path) -> Result<PathBuf, VaultError> {
    let path = std::path::absolute(path).map_err(|_| VaultError::NoDirectoryName)?;
    for one in path.ancestors() {
        if durable::exists(one)? {
            return Ok(one.to_owned());
        }
    }
    Err(VaultError::Missing { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_machine_or_program_keeps_is_refused_and_what_ends_with_this_one_is_warned_of() {
        let refused =
            |f_type| FileSystem::of_type(f_type).map(|found| (found.name, found.trouble.is_refused()));
        for (f_type, name) in
            [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0x6573_5546, "FUSE"), (0x0102_1997, "9p")]
        {
            assert_eq!(refused(f_type), Some((name, true)));
        }
        for (f_type, name) in [(0x0102_1994, "tmpfs"), (0x8584_58f6, "ramfs"), (0x794c_7630, "overlayfs")] {
            assert_eq!(refused(f_type), Some((name, false)));
        }
        // ext4, XFS, Btrfs, F2FS, ZFS.
        for disk in [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1] {
            assert_eq!(refused(disk), None, "{disk:x}");
        }
    }

    #[test]
    fn no_type_stands_twice_in_the_table() {
        let types: std::collections::HashSet<u32> = TABLE.iter().map(|(f_type, ..)| *f_type).collect();
        assert_eq!(types.len(), TABLE.len());
    }

    #[test]
    fn a_directory_that_is_not_made_yet_is_where_its_parents_are() {
        let dir = tempfile::tempdir().unwrap();
        let there = FileSystem::below(dir.path()).unwrap();
        assert_eq!(FileSystem::below(&dir.path().join("not/made/yet")).unwrap(), there);
        #[cfg(target_os = "linux")]
        if Path::new("/dev/shm").is_dir() {
            assert_eq!(
                FileSystem::below(Path::new("/dev/shm")).unwrap().map(|found| found.name),
                Some("tmpfs")
            );
        }
    }
}
