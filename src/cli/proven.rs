//! What a ledger says of itself, believed only as far as it is proven under a checkpoint signed by a known key.

use super::client::Client;
use super::error::CliError;
use crate::crypto::Hash;
use crate::event::entry::Entry;
use crate::event::{Event, Kind};
use crate::pb;
use crate::tlog::{self, SignedCheckpoint, VerifierKey};
use crate::trust::{TrustState, TrustedLedger};

/// A root authority as the ledger established it.
#[derive(Debug, Clone)]
pub(crate) struct NamedRoot {
    /// Issuer identifier.
    pub(crate) issuer: String,
    /// As published.
    pub(crate) name: String,
    /// Where it is the root.
    pub(crate) jurisdictions: Vec<String>,
    /// Thumbprints of its first keys.
    pub(crate) kids: Vec<String>,
}

/// Reads the ledger's own stream, entry by entry, each proven to be under the checkpoint signed by the pinned key.
pub(crate) async fn ledger_stream(
    client: &Client,
    note: &str,
    pinned: Option<&VerifierKey>,
) -> Result<(TrustState, Vec<NamedRoot>), CliError> {
    let request =
        pb::ListStatementsRequest { stream: Some(pb::list_statements_request::Stream::Ledger(true)) };
    let listed = client
        .registry()
        .list_statements(request)
        .await
        .map_err(|status| client.error(&status))?
        .into_inner();
    let (mut state, mut roots) = (TrustState::new(), Vec::new());
    let mut entries = Vec::new();
    for statement in &listed.statements {
        entries.push((statement.leaf_index, entry(client, statement.leaf_index).await?));
    }
    for (leaf, bytes) in &entries {
        let Ok(Entry::Public { recorded_at, statement, .. }) = Entry::decode(bytes) else {
            return Err(not_proven("an entry of the ledger stream is not public"));
        };
        let verified = state.verify_public(&statement, *leaf, recorded_at);
        let (statement, event) = verified.map_err(|refusal| not_proven(&refusal.to_string()))?;
        state.apply(&statement, &event, *leaf, recorded_at);
        if event.kind() == Kind::AuthorityEstablished {
            roots.push(named_root(&event, &state));
        }
    }
    let keys = match pinned {
        Some(key) => vec![key.clone()],
        None => trusted_ledger(state.origin().unwrap_or_default(), &state)?.log_keys,
    };
    let signed = SignedCheckpoint::verify(note, &keys).map_err(|error| not_proven(&error.to_string()))?;
    for (leaf, bytes) in &entries {
        prove(client, *leaf, bytes, &signed.checkpoint).await?;
    }
    Ok((state, roots))
}

fn named_root(event: &Event, state: &TrustState) -> NamedRoot {
    let issuer = event.text("sub").unwrap_or_default().to_owned();
    let list = event.claims().get("jurisdictions").and_then(serde_json::Value::as_array);
    let jurisdictions =
        list.into_iter().flatten().filter_map(|country| country.as_str().map(str::to_owned)).collect();
    let kids = state.valid_keys(&issuer).into_iter().map(|(kid, _)| kid).collect();
    NamedRoot { name: event.text("name").unwrap_or_default().to_owned(), jurisdictions, kids, issuer }
}

async fn entry(client: &Client, leaf: u64) -> Result<Vec<u8>, CliError> {
    let request = pb::ListEntriesRequest { from: leaf, max: 1 };
    let answer =
        client.ledger().list_entries(request).await.map_err(|status| client.error(&status))?.into_inner();
    answer
        .entries
        .into_iter()
        .find(|entry| entry.leaf_index == leaf)
        .map(|entry| entry.entry)
        .ok_or_else(|| not_proven("an entry is missing"))
}

async fn prove(
    client: &Client,
    leaf: u64,
    bytes: &[u8],
    checkpoint: &tlog::Checkpoint,
) -> Result<(), CliError> {
    let request = pb::GetInclusionProofRequest { leaf_index: leaf, tree_size: checkpoint.size };
    let answer = client
        .ledger()
        .get_inclusion_proof(request)
        .await
        .map_err(|status| client.error(&status))?
        .into_inner();
    let hashes: Vec<Hash> = answer.hashes.iter().filter_map(|hash| hash.as_slice().try_into().ok()).collect();
    let verified =
        tlog::verify_inclusion(leaf, checkpoint.size, &tlog::leaf_hash(bytes), &hashes, &checkpoint.root);
    verified.map_err(|error| not_proven(&error.to_string()))
}

fn not_proven(what: &str) -> CliError {
    let help = "check the verifier key with the operator; if it is right, do not believe this server";
    CliError::refused(
        "LEDGER_NOT_PROVEN",
        format!("what this ledger says is not proven by that key: {what}"),
        help,
    )
}

/// The ledger as a trust file names it.
pub(crate) fn trusted_ledger(origin: &str, state: &TrustState) -> Result<TrustedLedger, CliError> {
    let (log_keys, status_keys) = state.lasting_keys();
    let log_keys = log_keys.iter().map(|key| VerifierKey::log(origin, key)).collect::<Result<Vec<_>, _>>();
    let log_keys = log_keys.map_err(|error| not_proven(&error.to_string()))?;
    Ok(TrustedLedger { origin: origin.to_owned(), log_keys, status_keys })
}
