//! Off the answer path: what was derived becomes durable, the tree is locked, signed and published.
//!
//! DESIGN section 4, steps (4) and (5). A crash anywhere in between costs a replay, never a record: (4) only shortens
//! that replay; in (5) the lock is durable before the signature leaves, so that no second tree of that size is ever
//! signed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Published;
use super::error::OpenError;
use super::group::Node;
use super::observe::DiskWork;
use super::shared::Shared;
use crate::crypto::PrivateKey;
use crate::event::UnixMs;
use crate::tlog::{Checkpoint, Frontier, TlogError};
use crate::vault::{CheckpointArchive, CheckpointLock, HashFiles, KeptCheckpoint, LockedTree, Position};

/// How often heads and store are made durable while statements come in.
const SETTLE_EVERY: Duration = Duration::from_millis(200);
/// The most hashes whose room is kept for the next ones: 3 MiB, what comes in between two looks at 100,000 statements a second.
const ROOM_MAX: usize = 1 << 16;
/// With nothing to do it looks up this often all the same.
const IDLE: Duration = Duration::from_secs(60);

/// The publishing thread's own state.
pub(super) struct Publisher {
    pub(super) shared: Arc<Shared>,
    pub(super) hashes: HashFiles,
    pub(super) lock: CheckpointLock,
    /// Room for what is committed next, used again and again: to touch new memory can take the writer milliseconds.
    pub(super) room: Vec<Node>,
}

/// What was committed at one moment.
pub(super) struct Snapshot {
    pub(super) frontier: Frontier,
    end: Position,
    nodes: Vec<Node>,
    finished: bool,
}

impl Publisher {
    /// Works until the writer has ended and everything is published, or until the machine fails.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.serve()));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => shared.fail(&error.to_string()),
            Err(_) => shared.fail("the publisher panicked"),
        }
    }

    fn serve(&mut self) -> Result<(), OpenError> {
        let interval = self.shared.options.checkpoint_interval;
        let mut settled = self.shared.published.borrow().checkpoint.size;
        let mut published = settled;
        let mut last = Instant::now().checked_sub(interval).unwrap_or_else(Instant::now);
        loop {
            let due = interval.saturating_sub(last.elapsed());
            let mut snapshot = self.wait(settled, if settled > published { due } else { IDLE });
            if self.shared.has_failed() {
                return Ok(());
            }
            let size = snapshot.frontier.size();
            self.take_up(&mut snapshot, settled)?;
            settled = size;
            if size > published && (snapshot.finished || last.elapsed() >= interval) {
                let shared = Arc::clone(&self.shared);
                shared.timed(DiskWork::Publish, || self.publish(&snapshot.frontier))?;
                published = size;
                last = Instant::now();
            }
            if snapshot.finished {
                return Ok(());
            }
            self.shared.wait_for_end(SETTLE_EVERY.min(interval));
        }
    }

    /// What was committed, as soon as that is more than `seen`, the writer has ended, or `timeout` is over.
    pub(super) fn wait(&mut self, seen: u64, timeout: Duration) -> Snapshot {
        let mut progress = self.shared.wait_for_growth(seen, timeout);
        Snapshot {
            frontier: progress.frontier.clone(),
            end: progress.end,
            nodes: std::mem::replace(&mut progress.nodes, std::mem::take(&mut self.room)),
            finished: progress.finished,
        }
    }

    /// The hashes, and (4) if there is something beyond `settled`.
    pub(super) fn take_up(&mut self, snapshot: &mut Snapshot, settled: u64) -> Result<(), OpenError> {
        for (level, index, hash) in snapshot.nodes.drain(..) {
            self.hashes.add(level, index, &hash)?;
        }
        self.room = std::mem::take(&mut snapshot.nodes);
        self.room.shrink_to(ROOM_MAX);
        if snapshot.frontier.size() > settled {
            self.shared.timed(DiskWork::Settle, || self.settle(snapshot))?;
        }
        Ok(())
    }

    /// (4) Heads, their header, the store, the status lists: a start after a crash replays from here.
    fn settle(&self, snapshot: &Snapshot) -> Result<(), OpenError> {
        self.shared.heads().sync_slots()?;
        self.shared.heads().sync_header(snapshot.end)?;
        self.shared.store.sync()?;
        self.shared.status.settle(&self.shared, snapshot.end, snapshot.finished)?;
        Ok(())
    }

    /// (5)
    pub(super) fn publish(&mut self, frontier: &Frontier) -> Result<(), OpenError> {
        let now = self.shared.clock.now_ms().max(self.shared.published.borrow().published_at);
        let tree =
            Checkpoint { origin: self.shared.origin.clone(), size: frontier.size(), root: frontier.root() };
        self.hashes.sync()?;
        let published =
            sign_and_publish(tree, &self.shared.log_signers(), &self.lock, &self.shared.archive, now)?;
        self.shared.published.send_replace(Arc::new(published));
        Ok(())
    }
}

/// At a start: the newest checkpoint as it was published, or the tree at hand published now.
pub(super) fn kept_or_published(
    checkpoint: Checkpoint,
    signers: &[PrivateKey],
    lock: &CheckpointLock,
    archive: &CheckpointArchive,
    now: UnixMs,
) -> Result<Published, OpenError> {
    let current = archive.at_most(u64::MAX)?;
    let now = current.as_ref().map_or(now, |kept| kept.published_at.max(now));
    match current {
        // Kept and in place; only kept is what a crash between the two leaves.
        Some(kept) if kept.size == checkpoint.size && archive.current()?.as_ref() == Some(&kept.note) => {
            Ok(Published { checkpoint, note: kept.note, published_at: kept.published_at })
        }
        _ => sign_and_publish(checkpoint, signers, lock, archive, now),
    }
}

/// Lock, sign with every log key in force, publish: the hashes are durable already.
fn sign_and_publish(
    checkpoint: Checkpoint,
    signers: &[PrivateKey],
    lock: &CheckpointLock,
    archive: &CheckpointArchive,
    now: UnixMs,
) -> Result<Published, OpenError> {
    let Checkpoint { origin, size, root } = checkpoint.clone();
    lock.write(&LockedTree { origin, size, root })?;
    let note = checkpoint
        .sign(&signers.iter().collect::<Vec<_>>())
        .map_err(|error: TlogError| crate::vault::VaultError::from(error))?;
    archive.publish(&KeptCheckpoint { size, published_at: now, note: note.clone() })?;
    Ok(Published { checkpoint, note, published_at: now })
}
