//! Passport files held against the log: the trees they speak of, and the tokens in them.

use super::finding::{Evidence, Finding};
use super::follow::{Known, holds};
use super::source::{Source, SourceError};
use super::state::Kept;
use crate::passport::{AuditedFile, contradictions};
use crate::tlog::Checkpoint;
use crate::trust::{TrustFile, TrustedLedger};

/// Holds the files, each with its name, against the log as it was walked. `now` is Unix seconds.
pub async fn hold_files<S: Source>(
    source: &S,
    known: &Known,
    kept: &Kept,
    files: &[(String, Vec<u8>)],
    now: i64,
) -> Result<Vec<Finding>, SourceError> {
    let (state, origin) = (&kept.log.trust, kept.checkpoint.origin.as_str());
    let keys = state.every_status_key();
    let log_keys: Vec<_> = known.log_keys.iter().filter(|key| key.name() == origin).cloned().collect();
    let mut trust = TrustFile::empty();
    trust.ledgers.push(TrustedLedger {
        origin: origin.to_owned(),
        log_keys: log_keys.clone(),
        status_keys: keys.clone(),
    });
    let (mut read, mut findings) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let Some(file) = AuditedFile::read(bytes, origin, &trust, state, now) else {
            findings.push(Finding::open(
                "FILE_NOT_OF_THIS_LEDGER",
                format!("{name} is no passport file that holds anything of {origin}"),
            ));
            continue;
        };
        let (trees, foreign) = file.trees(origin, &log_keys, &keys);
        for tree in trees {
            let claimed = Checkpoint { origin: origin.to_owned(), size: tree.size, root: tree.root };
            if claimed.size > kept.checkpoint.size {
                let detail =
                    format!("{name} speaks of {} entries, the log shows {}", tree.size, kept.checkpoint.size);
                findings.push(Finding::open("FILE_IS_NEWER", detail));
            } else if !holds(source, &kept.checkpoint, &claimed).await? {
                let detail = format!(
                    "{name}: the ledger signed a tree of {} entries that is not this log's",
                    tree.size
                );
                let evidence = vec![
                    Evidence::new("served.checkpoint", kept.note.clone()),
                    Evidence::new("signed.txt", tree.signed),
                ];
                findings.push(Finding::against("FORK", detail, evidence));
            }
        }
        if foreign > 0 {
            findings.push(Finding::open(
                "TOKEN_NOT_SIGNED",
                format!("{name}: {foreign} tokens are not signed by a status key of the log"),
            ));
        }
        let whole = if file.is_whole() { "a whole stream" } else { "no whole stream to hold others against" };
        findings.push(Finding::holds("file", format!("{name} was read: {whole}")));
        read.push(file);
    }
    for found in contradictions(&read, origin, &keys, |stream, size| kept.log.end_of(stream, size)) {
        let mut evidence = vec![
            Evidence::new("served.checkpoint", kept.note.clone()),
            Evidence::new("token.jwt", found.token),
        ];
        evidence.extend(found.statement.map(|statement| Evidence::new("statement.sdjwt", statement)));
        evidence.extend(found.entry.map(|entry| Evidence::new("entry.bin", entry)));
        findings.push(Finding::against("TOKEN_CONTRADICTS_LOG", found.detail, evidence));
    }
    Ok(findings)
}
