//! What belongs to workers beside their streams: settings, notes of who looked, boxes of share links, each under its worker's key.
//! What a destroyed key sealed is the next start's to remove, and nobody's to read.

use std::collections::HashSet;

use super::{FsckReport, RESTORE_ACCESS};
use crate::crypto::{SealKey, hex_encode};
use crate::ledger::access::AccessSettings;
use crate::ledger::error::OpenError;
use crate::ledger::shares::Share;
use crate::vault::{AccessFiles, DataDir, KeySlot, Keyring, ShareFiles, ShareName, VaultError};

const UNOPENABLE: &str = "a worker's grants and blocks do not open: nobody reads or adds to the passport but its holder's own statements";
const BOX_GONE: &str = "a share link has no box: whoever has the link is given nothing";
const BOX_UNOPENABLE: &str = "a share link's box does not open: whoever has the link is given nothing";
const RESTORE_BOX: &str =
    "restore the newest DIR/access, or have the holder revoke the link and make another";
const SPARE_UNOPENABLE: &str = "a share link's box does not open, and no settings name it";
const RESTORE_SPARE: &str =
    "restore the newest DIR/access; where its worker's settings open and do not name it, remove the file";

/// Opens every file that a living key sealed, and holds the boxes against the settings that name them.
pub(super) fn access(paths: &DataDir, keyring: &Keyring, report: &mut FsckReport) -> Result<(), OpenError> {
    let key = |slot| keyring.key(slot).ok().flatten();
    let boxes = ShareFiles::at(paths);
    let mut named = HashSet::new();
    for slot in AccessFiles::settled(paths)? {
        let Some(key) = key(slot) else { continue };
        match names(paths, slot, &key) {
            Ok(names) => {
                named_boxes(paths, &boxes, slot, &key, &names, report)?;
                named.extend(names.into_iter().map(|name| (slot, name)));
            }
            Err(error) if is_damage(&error) => {
                report.find(format!("access, key slot {}", slot.0), UNOPENABLE, RESTORE_ACCESS);
            }
            Err(error) => return Err(error.into()),
        }
    }
    spare_boxes(&boxes, &named, key, report)?;
    for slot in AccessFiles::unopenable_notes(paths, key)? {
        let problem = "notes of who looked do not open: torn by a power cut, or altered";
        report.find(format!("access, notes of key slot {}", slot.0), problem, RESTORE_ACCESS);
    }
    Ok(())
}

/// The boxes that a worker's settings name. Those of links that have expired are among them: settings let go of a link before its box goes.
fn names(paths: &DataDir, slot: KeySlot, key: &SealKey) -> Result<Vec<ShareName>, VaultError> {
    let Some(plain) = AccessFiles::read_settings(paths, slot, key)? else { return Ok(Vec::new()) };
    Ok(AccessSettings::decode(&plain)?.shares.iter().filter_map(Share::box_name).collect())
}

fn named_boxes(
    paths: &DataDir,
    boxes: &ShareFiles,
    slot: KeySlot,
    key: &SealKey,
    named: &[ShareName],
    report: &mut FsckReport,
) -> Result<(), OpenError> {
    for name in named {
        match boxes.read(slot, key, name) {
            Ok(Some(_)) => {}
            // Beside a live ledger the link may have been revoked since: then the settings name it no more.
            Ok(None) if !names(paths, slot, key).is_ok_and(|now| now.contains(name)) => {}
            Ok(None) => report.find(place(slot, name), BOX_GONE, RESTORE_BOX),
            Err(error) if is_damage(&error) => report.find(place(slot, name), BOX_UNOPENABLE, RESTORE_BOX),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Boxes that nothing names: a crash between box and settings leaves one, and it opens to nobody.
fn spare_boxes(
    boxes: &ShareFiles,
    named: &HashSet<(KeySlot, ShareName)>,
    key: impl Fn(KeySlot) -> Option<SealKey>,
    report: &mut FsckReport,
) -> Result<(), OpenError> {
    let mut spare = 0_u64;
    for (slot, name) in boxes.list()?.into_iter().filter(|known| !named.contains(known)) {
        let Some(key) = key(slot) else { continue };
        match boxes.read(slot, &key, &name) {
            Ok(Some(_)) => spare = spare.saturating_add(1),
            Ok(None) => {}
            Err(error) if is_damage(&error) => {
                report.find(place(slot, &name), SPARE_UNOPENABLE, RESTORE_SPARE);
            }
            Err(error) => return Err(error.into()),
        }
    }
    if spare > 0 {
        let left = "left by a crash, or made a moment ago; if a worker's settings are gone, theirs";
        report.notes.push(format!("access: {spare} boxes of share links that no settings name: {left}"));
    }
    Ok(())
}

fn place(slot: KeySlot, name: &ShareName) -> String {
    format!("access, share box {} of key slot {}", hex_encode(name), slot.0)
}

/// The bytes are not those that were sealed, whatever the disk says of them.
fn is_damage(error: &VaultError) -> bool {
    matches!(error, VaultError::Unsealable | VaultError::TooLarge { .. } | VaultError::RecordMalformed { .. })
}
