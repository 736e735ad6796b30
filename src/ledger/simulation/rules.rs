//! Rules that a simulation found broken, each in the one order that shows it.

use std::convert::Infallible;

use tokio::sync::oneshot;

use super::cast::Cast;
use super::disk::Plan;
use super::play::Play;
use super::process::{Meanwhile, Publishing};
use crate::event::{Kind, WorkerId};
use crate::ledger::pipeline::Outcome;
use crate::ledger::{Audience, Block, escrow_next_generation};
use crate::vault::DataDir;

impl Play {
    /// Verified, and with the writer.
    fn send(&mut self, text: &str) -> oneshot::Receiver<Outcome> {
        let receiver = self.process().submit(text, None).unwrap();
        self.process().verify(1);
        self.process().hand_over(0);
        receiver
    }

    fn opening(&mut self, worker: WorkerId) -> oneshot::Receiver<Outcome> {
        let id = self.cast.id();
        let text = self.cast.about(worker, Kind::PassportOpened, id, None);
        self.send(&text)
    }

    fn fail_sync(&mut self, after: usize) {
        self.disk.borrow_mut().plan(Plan::FailedSync(after));
    }
}

fn reason(mut receiver: oneshot::Receiver<Outcome>) -> &'static str {
    receiver.try_recv().unwrap().map_or_else(|error| error.reason, |_| "acknowledged")
}

#[test]
fn after_the_publisher_has_failed_the_writer_acknowledges_nothing() {
    for is_again in [false, true] {
        let mut play = Play::new(0).unwrap();
        let texts = [(); 2].map(|()| {
            let id = play.cast.id();
            play.cast.about(Cast::stranger(), Kind::PassportOpened, id, None)
        });
        let before = play.send(&texts[0]);
        play.process().write(None);
        // New, or recorded already.
        let after = play.send(&texts[usize::from(!is_again)]);
        play.fail_sync(0);
        play.process().publish(Publishing::Settle, false);
        play.process().write(None);
        assert_eq!((reason(before), reason(after)), ("acknowledged", "NOT_SERVING"), "again: {is_again}");
    }
}

#[test]
fn nor_what_was_being_written_as_it_failed() {
    let mut play = Play::new(0).unwrap();
    let before = play.opening(Cast::stranger());
    play.process().write(None);
    let meanwhile = play.opening(Cast::stranger());
    // After key slot and frame, of the heads.
    play.fail_sync(4);
    play.process().write(Some((0, Meanwhile::Publisher(Publishing::Settle))));
    assert_eq!((reason(before), reason(meanwhile)), ("acknowledged", "NOT_SERVING"));
}

#[test]
fn a_refusal_waits_until_what_it_rests_on_is_durable() {
    let mut play = Play::new(0).unwrap();
    let worker = Cast::stranger();
    let (first, second) = (play.opening(worker), play.opening(worker));
    play.process().write(None);
    assert_eq!((reason(first), reason(second)), ("acknowledged", "WORKER_EXISTS"));

    let worker = Cast::stranger();
    let (first, second) = (play.opening(worker), play.opening(worker));
    // After the key slots, of the frame: there is no passport, perhaps for ever.
    play.fail_sync(2);
    play.process().write(None);
    assert_eq!((reason(first), reason(second)), ("NOT_SERVING", "NOT_SERVING"));
}

/// A repeated change finds what it wants in the settings, and they may be in memory alone.
#[test]
fn settings_that_could_not_be_synced_are_written_again_before_they_count() {
    for seed in 0..8 {
        let mut play = Play::new(seed).unwrap();
        let worker = Cast::stranger();
        let opened = play.opening(worker);
        play.process().write(None);
        assert_eq!(reason(opened), "acknowledged");
        let keep_out = |play: &mut Play, body: &str| {
            let kept_out = play.process().ledger.change_access(worker, |settings| {
                let audience = Audience::Issuer(body.to_owned());
                if settings.blocks.iter().all(|block| block.audience != audience) {
                    settings.blocks.push(Block { audience, by: "holder".to_owned(), since: 0 });
                }
                Ok::<_, Infallible>(())
            });
            kept_out.is_ok()
        };
        assert!(keep_out(&mut play, "https://one.example.invalid"));
        // The directory's, behind the renaming of a new file.
        play.fail_sync(3);
        assert!(!keep_out(&mut play, "https://two.example.invalid"));
        assert!(keep_out(&mut play, "https://two.example.invalid"));
        play.end(true);
        play.open().unwrap();
        let settings = play.process().ledger.access(worker).unwrap().unwrap();
        assert_eq!(settings.blocks.len(), 2, "seed {seed}");
    }
}

/// Who asks for the next key finds one whose name an earlier try could not make durable: with it, every worker's key would go.
#[test]
fn the_next_generation_key_has_a_durable_name_before_the_keyring_rests_on_it() {
    // A rotation that ends well syncs that directory as it takes the old key out; one that is cut short, after so many changes, does not.
    for (seed, changes) in (0..8).flat_map(|seed| (0..10).map(move |changes| (seed, changes))) {
        let mut play = Play::new(seed).unwrap();
        let escrow = play.dir.with_extension("escrow");
        std::fs::create_dir(&escrow).unwrap();
        // The directory's, behind the renaming of a new file.
        play.fail_sync(3);
        assert!(escrow_next_generation(&play.dir, &escrow).is_err());
        let copy = escrow_next_generation(&play.dir, &escrow).unwrap();
        play.fail_sync(changes);
        let _ = play.process().ledger.rotate_keyring(&copy.digest);
        play.end(true);
        play.open().unwrap_or_else(|error| panic!("seed {seed}, after {changes} changes: {error}"));
    }
}

/// Of an index that is not synced, the disk may have a later sector and not an earlier one: a hole that no start would notice.
#[test]
fn each_record_of_the_checkpoints_index_is_durable_before_the_next() {
    for seed in 0..8 {
        let mut play = Play::new(seed).unwrap();
        // Eighteen records are a sector.
        for _ in 0..60 {
            let opened = play.opening(Cast::stranger());
            play.process().write(None);
            assert_eq!(reason(opened), "acknowledged");
            play.process().publish(Publishing::Settle, false);
            play.process().publish(Publishing::Publish, false);
        }
        play.end(true);
        play.open().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        play.end(false);
        play.check_files().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

/// A crash right after a segment was begun leaves it empty, and the place in front of it has two names.
#[test]
fn fsck_knows_the_place_in_front_of_an_empty_segment() {
    let mut play = Play::new(0).unwrap();
    let opened = play.opening(Cast::stranger());
    play.process().write(None);
    assert_eq!(reason(opened), "acknowledged");
    play.end(false);
    let journal = DataDir::new(&play.dir).unwrap().journal();
    let next = std::fs::read_dir(&journal).unwrap().count();
    std::fs::write(journal.join(DataDir::segment_name(u32::try_from(next).unwrap())), "").unwrap();
    play.open().unwrap();
    play.process().publish(Publishing::Settle, false);
    play.end(false);
    play.check_files().unwrap();
}
