//! Six ways to lie with a passport, each done properly (the file's own digest is made right again), and the check that
//! turns red for each.

use serde_json::{Value, json};

use crate::crypto::{OsEntropy, PrivateKey, base64url_decode, base64url_encode};
use crate::passport::Check;
use crate::passport::file::PassportFile;

/// A lie: what was done, the check that must turn red, the file.
pub(super) struct Tampering {
    pub(super) what: &'static str,
    pub(super) check: Check,
    pub(super) bytes: Vec<u8>,
    /// The audience and nonce the verifier asked for, if any.
    pub(super) asked: Option<(String, String)>,
}

/// All six, as far as the files allow: from a complete passport, and two presentations of the same worker.
pub(super) fn all(complete: &PassportFile, presentations: &[PassportFile]) -> Vec<Tampering> {
    let lies = [
        (
            "a decision raised to FULL, a failure to PASSED, a title embellished",
            Check::Disclosures,
            raised(complete),
        ),
        ("a statement signed anew by somebody else", Check::Signature, signed_by_another(complete)),
        ("a record left out", Check::Chain, left_out(complete)),
        ("a record moved to another place in the log", Check::Inclusion, moved(complete)),
        ("a checkpoint with another root", Check::Checkpoint, other_root(complete)),
    ];
    let lies = lies.into_iter().filter_map(|(what, check, file)| {
        Some(Tampering { what, check, bytes: file?.encode(), asked: None })
    });
    lies.chain(rebound(presentations)).collect()
}

/// The claim of a record replaced by a better one, its disclosure re-encoded.
fn raised(complete: &PassportFile) -> Option<PassportFile> {
    let better = |name: &str, value: &Value| match (name, value.as_str()) {
        ("decision", Some("PARTIAL" | "CONDITIONAL")) => Some(json!("FULL")),
        ("result", Some("FAILED")) => Some(json!("PASSED")),
        ("title", _) => Some(json!({"en": "Master, all countries"})),
        _ => None,
    };
    let mut file = complete.clone();
    for claim in ["decision", "result", "title"] {
        for statement in &mut file.statements {
            let mut parts: Vec<String> = statement.sdjwt.split('~').map(str::to_owned).collect();
            for part in parts.iter_mut().skip(1) {
                let Some([salt, name, value]) = disclosure(part) else { continue };
                if name.as_str() != Some(claim) {
                    continue;
                }
                if let Some(value) = better(claim, &value) {
                    *part = base64url_encode(json!([salt, name, value]).to_string());
                    statement.sdjwt = parts.join("~");
                    return Some(file);
                }
            }
        }
    }
    None
}

fn disclosure(part: &str) -> Option<[Value; 3]> {
    let items: Vec<Value> = serde_json::from_slice(&base64url_decode(part).ok()?).ok()?;
    items.try_into().ok()
}

/// The last statement's JWT with the same header and payload and a stranger's signature.
fn signed_by_another(complete: &PassportFile) -> Option<PassportFile> {
    let mut file = complete.clone();
    let statement = file.statements.last_mut()?;
    let (jwt, disclosures) = statement.sdjwt.split_once('~')?;
    let (signed, _) = jwt.rsplit_once('.')?;
    let signature = PrivateKey::generate_ed25519(&mut OsEntropy).sign(signed.as_bytes());
    statement.sdjwt = format!("{signed}.{}~{disclosures}", base64url_encode(signature));
    Some(file)
}

/// The record in the middle of the worker's stream taken out, with its standing token.
fn left_out(complete: &PassportFile) -> Option<PassportFile> {
    let mut file = complete.clone();
    let held = |file: &PassportFile, at: usize| file.holder.contains(&at);
    let at = (1..file.statements.len().saturating_sub(1)).rev().find(|&at| !held(&file, at))?;
    let ledger = file.statements.get(at)?.ledger;
    let place = file.statements.iter().take(at).filter(|statement| statement.ledger == ledger).count();
    file.statements.remove(at);
    file.ledgers.get_mut(ledger)?.standing.remove(place);
    for index in &mut file.holder {
        *index -= usize::from(*index > at);
    }
    Some(file)
}

/// The last record's proof is that of its neighbour.
fn moved(complete: &PassportFile) -> Option<PassportFile> {
    let mut file = complete.clone();
    let last = file.statements.len().checked_sub(1)?;
    let proof = file.statements.get(last.checked_sub(1)?)?.place.proof.clone();
    file.statements.get_mut(last)?.place.proof = proof;
    Some(file)
}

/// The checkpoint's root replaced, its signature kept.
fn other_root(complete: &PassportFile) -> Option<PassportFile> {
    let mut file = complete.clone();
    let ledger = file.ledgers.first_mut()?;
    let root = ledger.checkpoint.lines().nth(2)?.to_owned();
    let other = crate::crypto::base64_encode(crate::crypto::sha256(&[root.as_bytes()]));
    ledger.checkpoint = ledger.checkpoint.replacen(&root, &other, 1);
    Some(file)
}

/// One presentation shown where the other was asked for.
fn rebound(presentations: &[PassportFile]) -> Option<Tampering> {
    let [shown, asked, ..] = presentations else { return None };
    let binding = asked.presentation.as_deref()?;
    let payload: Value = serde_json::from_slice(&base64url_decode(binding.split('.').nth(1)?).ok()?).ok()?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Tampering {
        what: "a presentation made for somebody else",
        check: Check::KeyBinding,
        bytes: shown.encode(),
        asked: text("aud").zip(text("nonce")),
    })
}
