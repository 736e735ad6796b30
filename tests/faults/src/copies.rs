//! What the driver does beside a ledger: backups and what is made of them, a witness, a successor.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use skillpass::ledger::{Ledger, Options, Until, backup, recover, restore, restore_lock, verify_backup};
use skillpass::tlog::{Submission, VerifierKey};
use skillpass::trust::TrustState;
use skillpass::vault::WitnessBook;
use skillpass::witness::{RefusedSubmission, Witness, WitnessFile};

use crate::cast::{ORIGIN, SUCCESSOR, WITNESS, founding, key, worker_id};
use crate::driver::{Driver, Failure, again, clock, options, remove_ledger, stop};
use crate::promise::Mark;

/// The ledger as it was founded.
pub fn original(root: &Path) -> PathBuf {
    root.join("ledger")
}

/// Where it is restored to, and goes on.
pub fn copy(root: &Path) -> PathBuf {
    root.join("copy")
}

pub fn backup_of(root: &Path) -> PathBuf {
    root.join("backup")
}

pub fn successor(root: &Path) -> PathBuf {
    root.join("next")
}

pub fn reading() -> Options {
    Options { read_only: true, ..options() }
}

/// The witness, with what it remembers.
pub fn witness(root: &Path, trust: &TrustState) -> Result<Witness, String> {
    let mut file = WitnessFile { name: WITNESS.to_owned(), logs: std::collections::BTreeMap::new() };
    for key in trust.log_keys_ever() {
        let vkey = VerifierKey::log(ORIGIN, &key).expect("a ledger's key");
        file.add(&vkey.to_string()).expect("few logs");
    }
    Witness::open(&root.join("witness"), &file, clock()).map_err(|error| format!("the witness: {error}"))
}

impl Driver {
    /// The newest checkpoint goes to the witness, as `serve` sends it.
    pub fn cosign(&mut self) -> Result<(), Failure> {
        let dir = self.root.join("witness");
        // A key that was not finished has signed nothing: whoever makes the witness takes it away and begins again.
        if WitnessBook::open(&dir).is_err() && self.promises.cosigned.is_none() {
            if dir.try_exists().map_err(again)? {
                fs::remove_dir_all(&dir).map_err(again)?;
            }
            WitnessBook::create(&dir, &key(WITNESS)).map_err(again)?;
        }
        let ledger = self.ledger()?;
        let published = ledger.published().borrow().clone();
        let witness = witness(&self.root, &ledger.trust()).map_err(Failure::Again)?;
        let last = self.runtime.block_on(witness.last(&WitnessBook::name_of(ORIGIN)));
        let (old_size, size) = (last.map_or(0, |last| last.checkpoint.size), published.checkpoint.size);
        let proof = ledger.consistency_proof(old_size, size).map_err(again)?;
        let body = Submission { old_size, proof, note: published.note.clone() }.encode();
        match self.runtime.block_on(witness.judge(&body)) {
            Ok(_) => self.mark(Mark::Cosigned { size, root: published.checkpoint.root }),
            Err(refused @ (RefusedSubmission::OtherRoot | RefusedSubmission::NotConsistent)) => {
                self.mark(Mark::Broken(format!("the witness: {refused}")));
            }
            Err(refused) => return Err(again(refused)),
        }
        Ok(())
    }

    pub fn backup(&mut self) -> Result<(), Failure> {
        let to = backup_of(&self.root);
        let made = backup(&self.dir, &to, &*clock())?;
        let found = verify_backup(&to)?;
        if (found.size, found.digest) != (made.size, made.digest) {
            self.mark(Mark::Broken(format!("made {made:?}, found {found:?}")));
        }
        self.mark(Mark::BackedUp { parts: found.parts, size: made.size, digest: made.digest });
        Ok(())
    }

    /// With the keys that stand beside the original.
    pub fn restore(&mut self) -> Result<(), Failure> {
        let (from, to) = (beside(&original(&self.root), ".key"), copy(&self.root));
        copy_keys(&from, &beside(&to, ".key")).map_err(again)?;
        let size = match restore(&backup_of(&self.root), &to, Until::End, None) {
            Ok(restored) => restored.size,
            // Its last answer was not heard; opening it tells whether it is whole.
            Err(error) if error.reason() == "ALREADY_EXISTS" => 0,
            Err(error) => return Err(error.into()),
        };
        self.mark(Mark::Restored { size });
        Ok(())
    }

    pub fn read_copy(&mut self) -> Result<(), Failure> {
        let ledger = Ledger::open(&copy(&self.root), reading(), clock()).map_err(|error| stop(&error))?;
        self.mark(Mark::Noted);
        ledger.note_access(worker_id(1), b"looked at the copy", |_| None).map_err(again)?;
        ledger.worker(worker_id(1)).map_err(again)?;
        ledger.close();
        Ok(())
    }

    pub fn recover(&mut self) -> Result<(), Failure> {
        let note = self.newest_note()?;
        let recovered = recover(&copy(&self.root), &original(&self.root), Some(&note))?;
        self.mark(Mark::Recovered { size: recovered.size });
        Ok(())
    }

    /// From here on the copy is the ledger.
    pub fn relock(&mut self) -> Result<(), Failure> {
        restore_lock(&copy(&self.root), &self.newest_note()?)?;
        self.dir = copy(&self.root);
        self.mark(Mark::Moved);
        Ok(())
    }

    pub fn succeed(&mut self) -> Result<(), Failure> {
        let (dir, note) = (successor(&self.root), self.newest_note()?);
        if let Err(error) = Ledger::init_successor(&dir, &founding(SUCCESSOR), &note, &*clock()) {
            remove_ledger(&dir).map_err(again)?;
            return Err(error.into());
        }
        self.mark(Mark::Succeeded);
        Ok(())
    }

    fn newest_note(&self) -> Result<String, Failure> {
        fs::read_to_string(self.dir.join("log/checkpoint")).map_err(again)
    }
}

pub fn beside(dir: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", dir.display()))
}

/// As whoever restores has to: durable before anything is restored beside them.
pub fn copy_keys(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from)? {
        let path = item?.path();
        let mut file = File::create(to.join(path.file_name().unwrap_or_default()))?;
        file.write_all(&fs::read(&path)?)?;
        file.sync_all()?;
    }
    File::open(to)?.sync_all()?;
    File::open(to.parent().unwrap_or(to))?.sync_all()
}
