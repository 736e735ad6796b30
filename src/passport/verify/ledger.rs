//! What one ledger vouches for: its checkpoint, the witnesses, its streams whole and admitted.

use std::collections::{BTreeMap, BTreeSet};

use super::doubt::Anchor;
use super::report::{Check, Rows, Status};
use super::tokens::{self, Tokens};
use super::{FILE, Options};
use crate::crypto::{Hash, PublicKey, sha256};
use crate::event::StreamId;
use crate::passport::file::{LedgerPart, PassportFile, ProvenEntry};
use crate::passport::token::HeadOf;
use crate::passport::trust_fold::{Folded, fold};
use crate::tlog::{Checkpoint, Policy, SignedCheckpoint, VerifierKey, leaf_hash, verify_inclusion};
use crate::trust::{TrustFile, TrustedLedger};

/// What was found out about one ledger part.
#[derive(Debug)]
pub(super) struct LedgerFacts<'a> {
    pub(super) part: &'a LedgerPart,
    /// The trust file's word on it.
    pub(super) trusted: Option<&'a TrustedLedger>,
    /// The checkpoint, if any key vouches for it.
    pub(super) checkpoint: Option<Checkpoint>,
    /// Who may say what.
    pub(super) folded: Folded,
    /// The keys under which its tokens may count: those of the trust file, then those it names itself.
    pub(super) status_keys: Vec<StatusKey>,
    /// What it says of statements and streams.
    pub(super) tokens: Tokens,
    /// Bodies whose streams cannot be relied on, and why.
    pub(super) doubts: BTreeMap<String, &'static str>,
    /// Its earlier checkpoints, as far as they verify.
    pub(super) anchors: Vec<Option<Anchor>>,
}

/// A key that signs tokens.
#[derive(Debug)]
pub(super) struct StatusKey {
    pub(super) kid: String,
    pub(super) key: PublicKey,
    /// The trust file names it.
    pub(super) is_trusted: bool,
}

/// Checks everything about the ledger at `index` that does not depend on a single statement. `issuers` are the bodies that its
/// statements name.
pub(super) fn check<'a>(
    file: &'a PassportFile,
    index: usize,
    issuers: &[&str],
    trust: &'a TrustFile,
    options: &Options,
    rows: &mut Rows,
) -> Option<LedgerFacts<'a>> {
    let part = file.ledgers.get(index)?;
    let origin = part.origin.as_str();
    let folded = fold(part);
    match &folded.fault {
        Some(fault) => rows.note(fault.check, Status::Fail, origin, fault.detail.as_str()),
        None => rows.note(
            Check::Signature,
            Status::Pass,
            origin,
            "every statement of its streams is signed by its key",
        ),
    }
    if folded.trust.origin() != Some(origin) {
        rows.note(Check::Type, Status::Fail, origin, "the ledger's own stream does not found this origin");
    }
    let trusted = trust.ledger(origin);
    let status_keys = status_keys(trusted, &folded);
    let mut facts = LedgerFacts {
        part,
        trusted,
        tokens: Tokens::of(part, &status_keys),
        status_keys,
        checkpoint: None,
        folded,
        doubts: BTreeMap::new(),
        anchors: vec![],
    };
    let signed = check_checkpoint(&facts, rows);
    check_witnesses(signed.as_ref(), trust.policy.as_ref(), origin, rows);
    facts.checkpoint = signed.map(|signed| signed.checkpoint);
    facts.anchors = part.anchors.iter().map(|note| facts.anchor(note, trust.policy.as_ref())).collect();
    for entry in part.ledger.iter().chain(part.streams.iter().flat_map(|stream| &stream.entries)) {
        let (status, detail) = facts.included(entry);
        rows.note(Check::Inclusion, status, origin, detail);
    }
    check_heads(&facts, options, rows);
    check_streams_needed(issuers, &facts, rows);
    facts.doubts = facts.doubted_bodies(trust);
    Some(facts)
}

fn status_keys(trusted: Option<&TrustedLedger>, folded: &Folded) -> Vec<StatusKey> {
    let of_trust = trusted.into_iter().flat_map(|ledger| &ledger.status_keys);
    let of_trust =
        of_trust.map(|key| StatusKey { kid: key.thumbprint(), key: key.clone(), is_trusted: true });
    let named = folded.trust.status_keys().into_iter();
    of_trust.chain(named.map(|(kid, key)| StatusKey { kid, key, is_trusted: false })).collect()
}

fn check_checkpoint(facts: &LedgerFacts<'_>, rows: &mut Rows) -> Option<SignedCheckpoint> {
    let origin = facts.part.origin.as_str();
    let note = &facts.part.checkpoint;
    let found = match facts.trusted.map(|ledger| SignedCheckpoint::verify(note, &ledger.log_keys)) {
        Some(Ok(_)) if facts.is_of_ended_keys() => {
            Err("no key that signed it is in force: the ledger's own stream has ended them".to_owned())
        }
        Some(Ok(signed)) => Ok((signed, Status::Pass, "signed by the ledger that the trust file names")),
        Some(Err(error)) => match SignedCheckpoint::verify(note, &facts.own_keys()) {
            Ok(signed) if facts.is_of_trusted_key() => {
                Ok((signed, Status::Unknown, "signed by a newer key of the ledger than the trust file names"))
            }
            _ => Err(error.to_string()),
        },
        None => match SignedCheckpoint::verify(note, &facts.own_keys()) {
            Ok(signed) => Ok((signed, Status::Unknown, "the trust file does not name this ledger")),
            Err(error) => Err(error.to_string()),
        },
    };
    match found {
        Ok((signed, status, detail)) if signed.checkpoint.origin == origin => {
            rows.note(Check::Checkpoint, status, origin, detail);
            Some(signed)
        }
        Ok(_) => {
            rows.note(Check::Checkpoint, Status::Fail, origin, "the checkpoint is another ledger's");
            None
        }
        Err(why) => {
            rows.note(Check::Checkpoint, Status::Fail, origin, why);
            None
        }
    }
}

fn check_witnesses(
    signed: Option<&SignedCheckpoint>,
    policy: Option<&Policy>,
    origin: &str,
    rows: &mut Rows,
) {
    let (status, detail) = match (policy, signed) {
        (None, _) => (Status::NotApplicable, "the trust file has no witness policy".to_owned()),
        (Some(policy), _) if policy.requires_none() => {
            (Status::NotApplicable, "the trust file's policy asks for no witness".to_owned())
        }
        (Some(_), None) => (Status::Unknown, "there is no checkpoint to witness".to_owned()),
        (Some(policy), Some(signed)) => match signed.cosignatures(policy.witnesses()) {
            Ok(seen) => {
                let witnesses: Vec<usize> = seen.iter().map(|(witness, _)| *witness).collect();
                let count = witnesses.len();
                if policy.is_met_by(&witnesses) {
                    (Status::Pass, format!("{count} of the trust file's witnesses saw this tree"))
                } else {
                    (
                        Status::Fail,
                        format!(
                            "{count} of the trust file's witnesses saw this tree: fewer than its policy asks for"
                        ),
                    )
                }
            }
            Err(error) => (Status::Fail, error.to_string()),
        },
    };
    rows.note(Check::WitnessQuorum, status, origin, detail);
}

/// The streams end where the ledger says they end: no end of an authorisation, no end of a key was left out.
fn check_heads(facts: &LedgerFacts<'_>, options: &Options, rows: &mut Rows) {
    let part = facts.part;
    let end = |entries: &[ProvenEntry]| {
        let revision = u32::try_from(entries.len().checked_sub(1)?).ok()?;
        Some((revision, entries.last()?.leaf))
    };
    let ledger = (StreamId::ledger(), end(&part.ledger));
    let bodies =
        part.streams.iter().map(|stream| (StreamId::institution(&stream.subject), end(&stream.entries)));
    for (nth, (stream, end)) in std::iter::once(ledger).chain(bodies).enumerate() {
        match tokens::head(nth, HeadOf::Public(stream), end, facts, options) {
            Ok(()) => {
                rows.note(
                    Check::IssuerAuthorised,
                    Status::Pass,
                    &part.origin,
                    "the streams of its institutions are whole",
                );
            }
            Err((status, why)) => rows.note(Check::IssuerAuthorised, status, &part.origin, why),
        }
        if part.heads.len() <= nth {
            rows.note(Check::Type, Status::Fail, FILE, "a head token is missing");
        }
    }
}

/// Exactly the streams that are needed: with one less nobody can judge, with one more the file carries something hidden.
fn check_streams_needed(issuers: &[&str], facts: &LedgerFacts<'_>, rows: &mut Rows) {
    let needed = facts.folded.bodies_needed(issuers.iter().copied());
    let present: BTreeSet<&str> = facts.part.streams.iter().map(|stream| stream.subject.as_str()).collect();
    if let Some(missing) = needed.difference(&present).next() {
        let detail = format!("the institution stream of {missing} is missing");
        rows.note(Check::IssuerAuthorised, Status::Fail, &facts.part.origin, detail);
    }
    if facts.folded.fault.is_none() && present.difference(&needed).next().is_some() {
        rows.note(
            Check::Type,
            Status::Fail,
            FILE,
            "the file holds an institution stream that nothing in it needs",
        );
    }
}

impl LedgerFacts<'_> {
    /// Whether the tree of the checkpoint holds an entry.
    pub(super) fn included(&self, entry: &ProvenEntry) -> (Status, &'static str) {
        let Some(checkpoint) = &self.checkpoint else {
            return (Status::Unknown, "there is no checkpoint to prove it by");
        };
        match verify_inclusion(
            entry.leaf,
            checkpoint.size,
            &leaf_hash(&entry.entry),
            &entry.proof,
            &checkpoint.root,
        ) {
            Ok(()) => (Status::Pass, "the ledger's tree holds it"),
            Err(_) => (
                Status::Fail,
                "the ledger's tree does not hold it: the proof does not lead to the checkpoint's root",
            ),
        }
    }

    /// The checkpoint keys that the ledger names itself: enough to see that the file is of one piece.
    fn own_keys(&self) -> Vec<VerifierKey> {
        let keys = self.folded.trust.log_keys();
        keys.iter().filter_map(|key| VerifierKey::log(&self.part.origin, key).ok()).collect()
    }

    /// Whether the ledger's stream, as far as the checkpoint covers it, has ended every trusted key that signed it. Who holds an
    /// ended key signs nothing any more.
    fn is_of_ended_keys(&self) -> bool {
        let in_force = self.folded.trust.log_keys();
        let trusted = || self.trusted.into_iter().flat_map(|ledger| &ledger.log_keys);
        let keys: Vec<VerifierKey> = trusted().filter(|key| in_force.contains(key.key())).cloned().collect();
        self.folded.fault.is_none()
            && keys.len() < trusted().count()
            && SignedCheckpoint::verify(&self.part.checkpoint, &keys).is_err()
    }

    /// The keys under which an earlier checkpoint counts.
    pub(super) fn log_keys(&self) -> Vec<VerifierKey> {
        self.trusted.map_or_else(|| self.own_keys(), |ledger| ledger.log_keys.clone())
    }

    /// Whether a key of the trust file signed a statement of the ledger's stream: then it is that ledger's stream.
    fn is_of_trusted_key(&self) -> bool {
        let kids: Vec<String> = self
            .trusted
            .iter()
            .flat_map(|ledger| &ledger.log_keys)
            .map(|key| key.key().thumbprint())
            .collect();
        self.folded.statements.values().any(|fact| fact.subject.is_none() && kids.contains(&fact.kid))
    }

    /// SHA-256 of the genesis entry, in which each worker's chain starts.
    pub(super) fn genesis(&self) -> Option<Hash> {
        self.part.ledger.first().filter(|entry| entry.leaf == 0).map(|entry| sha256(&[&entry.entry]))
    }
}
