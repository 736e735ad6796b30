//! One walk: from the checkpoint kept to the newest.

use super::finding::{Evidence, Finding};
use super::log::AuditedLog;
use super::source::{Source, SourceError};
use super::state::Kept;
use crate::crypto::base64_encode;
use crate::tlog::{Checkpoint, Policy, SignedCheckpoint, VerifierKey, verify_consistency};

/// What the auditor believes from elsewhere.
#[derive(Debug, Clone)]
pub struct Known {
    /// Checkpoint keys of the ledgers it trusts.
    pub log_keys: Vec<VerifierKey>,
    /// Whose cosignatures it wants to see.
    pub policy: Option<Policy>,
}

/// What a walk has come to.
#[derive(Debug)]
pub struct Walk {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// To keep, if nothing was contradicted; else what was kept before.
    pub kept: Option<Kept>,
    /// The size it started from.
    pub from: u64,
}

/// Follows the log from what was kept (from its first entry, if nothing was).
pub async fn follow<S: Source>(source: &S, known: &Known, kept: Option<Kept>) -> Result<Walk, SourceError> {
    let note = source.checkpoint().await?;
    let from = kept.as_ref().map_or(0, |kept| kept.checkpoint.size);
    let stop = |finding: Finding, kept: Option<Kept>| Ok(Walk { findings: vec![finding], kept, from });
    let served = |name| Evidence::new(name, note.clone());
    let signed = match SignedCheckpoint::verify(&note, &known.log_keys) {
        Ok(signed) => signed,
        Err(error) => {
            let detail = format!("the checkpoint is not the trusted ledger's: {error}");
            return stop(
                Finding::against("CHECKPOINT_NOT_SIGNED", detail, vec![served("served.checkpoint")]),
                kept,
            );
        }
    };
    let new = signed.checkpoint.clone();
    let mut findings =
        vec![Finding::holds("checkpoint", format!("{} signs {} entries", new.origin, new.size))];
    if let Some(before) = &kept {
        if before.checkpoint.origin != new.origin {
            let detail = format!("the state is of {}, this log of {}", before.checkpoint.origin, new.origin);
            return stop(Finding::open("OTHER_LEDGER", detail), kept);
        }
        if let Some(finding) = backwards(source, before, &signed).await? {
            findings.push(finding);
            return Ok(Walk { findings, kept, from });
        }
    }
    let mut log = kept.as_ref().map_or_else(AuditedLog::default, |kept| kept.log.clone());
    let refused = walk(source, &mut log, new.size).await?;
    if log.frontier.root() != new.root {
        findings.push(rewritten(source, kept.as_ref(), &signed).await);
        return Ok(Walk { findings, kept, from });
    }
    // A smaller tree than the one kept was answered above.
    let added = new.size.saturating_sub(from);
    findings.push(Finding::holds(
        "consistency",
        format!("the tree of {from} entries is the start of this one, and {added} new entries make its root"),
    ));
    if let Some((leaf, entry, why)) = refused {
        let detail = format!("leaf {leaf} should not have been recorded: {why}");
        let evidence = vec![served("served.checkpoint"), Evidence::new("entry.bin", entry)];
        findings.push(Finding::against("ENTRY_NOT_ADMISSIBLE", detail, evidence));
        return Ok(Walk { findings, kept, from });
    }
    let bodies = log.trust.bodies().len();
    findings.push(Finding::holds(
        "entries",
        format!("all public entries are admissible; {bodies} bodies are named"),
    ));
    findings.push(key_in_force(known, &log, &signed));
    findings.push(cosigned(known, &signed));
    let contradicted = findings.iter().any(|finding| finding.outcome == super::Outcome::Contradicted);
    let kept = if contradicted { kept } else { Some(Kept::new(signed.note.clone(), new, log)) };
    Ok(Walk { findings, kept, from })
}

/// A tree that is no larger than the one kept: the same, an older one, or another.
async fn backwards<S: Source>(
    source: &S,
    kept: &Kept,
    signed: &SignedCheckpoint,
) -> Result<Option<Finding>, SourceError> {
    let (old, new) = (&kept.checkpoint, &signed.checkpoint);
    if new.size > old.size || new == old {
        return Ok(None);
    }
    if new.size == old.size {
        return Ok(Some(fork(&kept.note, &signed.note)));
    }
    // An older tree is no lie, if it is the start of the newer one; only the log can show that.
    let detail = format!("it shows {} entries, and has shown {}", new.size, old.size);
    let Ok(proof) = source.consistency(new.size, old.size).await else {
        return Ok(Some(Finding::open("OLDER_CHECKPOINT", detail + "; is this a stale copy?")));
    };
    Ok(Some(if verify_consistency(new.size, old.size, &new.root, &old.root, &proof).is_ok() {
        Finding::open("OLDER_CHECKPOINT", detail + "; is this a stale copy?")
    } else {
        let detail = detail + ", and the smaller tree is not the start of the larger";
        Finding::against("FORK", detail, pair(&kept.note, &signed.note))
    }))
}

/// Hashes what is new. Answers with the first entry that breaks a rule.
async fn walk<S: Source>(
    source: &S,
    log: &mut AuditedLog,
    size: u64,
) -> Result<Option<(u64, Vec<u8>, String)>, SourceError> {
    let mut refused = None;
    while log.size() < size {
        let entries = source.entries(log.size(), size).await?;
        if entries.is_empty() {
            return Err(SourceError::Malformed("it gives no entries"));
        }
        for entry in entries {
            let leaf = log.size();
            if leaf == size {
                break;
            }
            if let Err(why) = log.push(&entry) {
                refused.get_or_insert((leaf, entry, why));
            }
        }
    }
    Ok(refused)
}

/// The new tree does not hold what was kept, or the entries shown are not those it was signed over.
async fn rewritten<S: Source>(source: &S, kept: Option<&Kept>, signed: &SignedCheckpoint) -> Finding {
    let new = &signed.checkpoint;
    let Some(kept) = kept else {
        let detail = "the entries shown do not make the root that was signed";
        return Finding::against(
            "ENTRIES_NOT_SIGNED",
            detail,
            vec![Evidence::new("served.checkpoint", signed.note.clone())],
        );
    };
    let old = &kept.checkpoint;
    let proof = source.consistency(old.size, new.size).await;
    let proven = proof
        .as_ref()
        .is_ok_and(|proof| verify_consistency(old.size, new.size, &old.root, &new.root, proof).is_ok());
    if proven {
        let detail = "the tree extends the one kept, but the entries shown do not make its root";
        return Finding::against("ENTRIES_NOT_SIGNED", detail, pair(&kept.note, &signed.note));
    }
    // The ledger's own word on a tree of the size kept needs no proof to contradict it.
    let same_size = source.checkpoint_of(old.size).await.ok().flatten();
    let mut evidence = pair(&kept.note, &signed.note);
    if let Some(other) = same_size.filter(|other| *other != kept.note) {
        evidence.push(Evidence::new("served-at-kept-size.checkpoint", other));
    }
    if let Ok(proof) = proof {
        let lines: String = proof.iter().map(|hash| base64_encode(hash) + "\n").collect();
        evidence.push(Evidence::new("offered-proof.txt", lines));
    }
    let detail = format!(
        "the tree of {} entries that the ledger signed is not the start of the one of {} that it signs now",
        old.size, new.size
    );
    Finding::against("FORK", detail, evidence)
}

/// Two signed trees of one size.
pub(super) fn fork(one: &str, other: &str) -> Finding {
    let detail = "the ledger signed two trees of the same size with different roots";
    Finding::against("FORK", detail, pair(one, other))
}

fn pair(kept: &str, served: &str) -> Vec<Evidence> {
    vec![Evidence::new("kept.checkpoint", kept), Evidence::new("served.checkpoint", served)]
}

/// At least one key that signed must be one that the log has not ended.
fn key_in_force(known: &Known, log: &AuditedLog, signed: &SignedCheckpoint) -> Finding {
    let in_force = log.trust.log_keys();
    let keys: Vec<VerifierKey> =
        known.log_keys.iter().filter(|key| in_force.contains(key.key())).cloned().collect();
    if SignedCheckpoint::verify(&signed.note, &keys).is_ok() {
        return Finding::holds("key", "the key that signed it is in force");
    }
    let detail = "no key that signed the checkpoint is in force: the log itself has ended them";
    let evidence = vec![Evidence::new("served.checkpoint", signed.note.clone())];
    Finding::against("SIGNED_BY_ENDED_KEY", detail, evidence)
}

fn cosigned(known: &Known, signed: &SignedCheckpoint) -> Finding {
    let Some(policy) = known.policy.as_ref().filter(|policy| !policy.requires_none()) else {
        return Finding::holds("witness_quorum", "no witness is asked for: there is no policy");
    };
    match signed.cosignatures(policy.witnesses()) {
        Err(error) => {
            let evidence = vec![Evidence::new("served.checkpoint", signed.note.clone())];
            Finding::against("COSIGNATURE_INVALID", error.to_string(), evidence)
        }
        Ok(seen) => {
            let witnesses: Vec<usize> = seen.iter().map(|(witness, _)| *witness).collect();
            let count = witnesses.len();
            if policy.is_met_by(&witnesses) {
                Finding::holds("witness_quorum", format!("{count} witnesses of the policy cosigned it"))
            } else {
                let detail = format!("{count} witnesses of the policy cosigned it, fewer than it asks for");
                Finding::open("WITNESS_QUORUM", detail)
            }
        }
    }
}

/// Whether the log whose newest tree was walked holds the tree of `other` as its start.
pub(super) async fn holds<S: Source>(
    source: &S,
    newest: &Checkpoint,
    other: &Checkpoint,
) -> Result<bool, SourceError> {
    if other.size == newest.size {
        return Ok(other.root == newest.root);
    }
    let (small, large) = if other.size < newest.size { (other, newest) } else { (newest, other) };
    let proof = source.consistency(small.size, large.size).await?;
    Ok(verify_consistency(small.size, large.size, &small.root, &large.root, &proof).is_ok())
}
