//! Persons' records of the journal, opened and read on every core, and given on in the journal's order: what a rebuild
//! spends most of its time on needs nothing of what came before.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::error::OpenError;
use super::replay::{Person, read_persons};
use crate::vault::{Frame, Frames, Keyring, VaultError, WholeFrame};

/// Frames that one reader has before it; each is a few hundred kilobytes at most.
const AHEAD: usize = 8;

/// A frame without its sealed parts, and what its persons' records say.
pub(super) struct ReadFrame {
    pub(super) frame: Frame,
    pub(super) persons: Vec<Person>,
}

type Read = Result<ReadFrame, OpenError>;

/// `act` on each of the frames in their order.
pub(super) fn read_ahead(
    frames: Frames,
    keyring: &Keyring,
    mut act: impl FnMut(ReadFrame) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let readers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        // The frames go round: reader n has every frame whose number leaves n, so their order is known without asking.
        let (to, from): (Vec<_>, Vec<_>) = (0..readers)
            .map(|_| {
                let (to_reader, jobs) = sync_channel(AHEAD);
                let (to_us, read) = sync_channel(AHEAD);
                scope.spawn(move || read_until_closed(keyring, &jobs, &to_us));
                (to_reader, read)
            })
            .unzip();
        scope.spawn(move || {
            for (frame, reader) in frames.whole().zip(to.iter().cycle()) {
                if reader.send(frame).is_err() {
                    return; // Whoever acts has met an error and left.
                }
            }
        });
        for reader in from.iter().cycle() {
            // The first reader without an answer is the one that would have had the frame after the last.
            let Ok(read) = reader.recv() else { break };
            act(read?)?;
        }
        Ok(())
    })
}

fn read_until_closed(
    keyring: &Keyring,
    jobs: &Receiver<Result<WholeFrame, VaultError>>,
    to_us: &SyncSender<Read>,
) {
    for frame in jobs {
        let read = || {
            let mut frame = frame?.decode()?;
            let persons = read_persons(keyring, &frame)?;
            // What this thread has allocated it frees itself; nobody looks at the sealed parts any more.
            frame.records.iter_mut().for_each(|(_, record)| record.sealed = None);
            Ok(ReadFrame { frame, persons })
        };
        if to_us.send(read()).is_err() {
            return;
        }
    }
}
