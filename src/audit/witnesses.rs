//! What witnesses have seen: a fork shown to the auditor alone differs from what a witness cosigned.

use std::time::Duration;

use super::finding::{Evidence, Finding};
use super::follow::{Known, fork, holds};
use super::source::Source;
use super::state::Kept;
use crate::net::{HttpClient, HttpRequest};
use crate::tlog::{NOTE_MAX_BYTES, SignedCheckpoint, VerifierKey};
use crate::vault::WitnessBook;

/// The longest a witness may take.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Asks each witness of the policy that has a URL for the checkpoint it cosigned last, and holds it against the log.
pub async fn ask_witnesses<S: Source>(
    source: &S,
    client: &HttpClient,
    known: &Known,
    kept: &Kept,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let asked = known.policy.iter().flat_map(|policy| policy.witness_urls());
    for (witness, url) in asked.filter_map(|(witness, url)| Some((witness, url?))) {
        findings.extend(ask(source, client, known, kept, witness, url).await);
    }
    findings
}

async fn ask<S: Source>(
    source: &S,
    client: &HttpClient,
    known: &Known,
    kept: &Kept,
    witness: &VerifierKey,
    url: &str,
) -> Option<Finding> {
    let name = witness.name();
    let url =
        format!("{}/{}/checkpoint", url.trim_end_matches('/'), WitnessBook::name_of(&kept.checkpoint.origin));
    let unreachable = |why: &str| Some(Finding::holds("witness", format!("{name} was not asked: {why}")));
    let note = match fetch(client, &url, TIME_MAX).await {
        Ok(note) => String::from_utf8(note).ok()?,
        Err(why) => return unreachable(&why),
    };
    let by_log = SignedCheckpoint::verify(&note, &known.log_keys);
    let by_witness = SignedCheckpoint::cosigned_by(&note, witness);
    let (Ok(seen), Ok(_)) = (by_log, by_witness) else {
        return unreachable("its answer is not a checkpoint signed by the ledger and by itself");
    };
    let (seen, newest) = (seen.checkpoint, &kept.checkpoint);
    if seen.size == newest.size && seen.root != newest.root {
        return Some(fork(&note, &kept.note));
    }
    match holds(source, newest, &seen).await {
        Ok(true) => {
            Some(Finding::holds("witness", format!("{name} saw the same log, {} entries", seen.size)))
        }
        Ok(false) => {
            let detail = format!(
                "{name} cosigned a tree of {} entries that is not of one log with the {} entries shown here",
                seen.size, newest.size
            );
            let evidence = vec![
                Evidence::new("witnessed.checkpoint", note),
                Evidence::new("served.checkpoint", kept.note.clone()),
            ];
            Some(Finding::against("FORK", detail, evidence))
        }
        Err(error) => {
            let detail =
                format!("{name} saw {} entries; whether they are of this log is open: {error}", seen.size);
            Some(Finding::open("WITNESS_SAW_MORE", detail))
        }
    }
}

async fn fetch(client: &HttpClient, url: &str, time_max: Duration) -> Result<Vec<u8>, String> {
    let request = HttpRequest { url, body: None, bytes_max: NOTE_MAX_BYTES, time_max };
    match client.ask(request).await {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!("it answers with status {}", answer.status)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_witness_that_tells_an_audit_nothing_is_left() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let asked = fetch(&HttpClient::new(None).unwrap(), &url, Duration::from_secs(1)).await;
        assert_eq!(asked.unwrap_err(), "no answer within 1 seconds");
    }
}
