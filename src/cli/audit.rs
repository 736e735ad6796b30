//! `skillpass audit`: follows a ledger from its last state, and keeps evidence of a contradiction.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, certificate_authorities};
use super::error::{CliError, Exit};
use super::{Context, clock, files, out, trust};
use crate::audit::{
    Finding, Kept, Known, Outcome, STATE_BYTES_MAX, Source, SourceError, Tiles, Walk, ask_witnesses, follow,
    hold_files,
};
use crate::crypto::{Hash, hex_encode, sha256};
use crate::net::{HttpClient, HttpRequest};
use crate::passport::file::FILE_BYTES_MAX;
use crate::pb;
use crate::tlog::VerifierKey;

/// How long an HTTP server may take to say whether it is one.
const PROBE_TIME_MAX: Duration = Duration::from_secs(10);
/// Entries asked for at once over gRPC.
const ENTRIES: u32 = 1000;

/// `audit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass audit --ledger http://127.0.0.1:7641 --state ledger.audit\n  skillpass audit --ledger http://127.0.0.1:7641 --state ledger.audit \\\n    --trust trust.toml --file passport.skillpass --file for-hospital.skillpass\n\nRun it again and again (cron): each time it checks that the log has only grown since the last, hashes and admits every\nnew entry, asks the witnesses of the trust file's policy what they saw, and holds the tokens in the given passport\nfiles against the log. The address is the ledger's HTTP one (or of a static copy), or its gRPC one.\n\nExit codes: 0 consistent; 1 a fork or a contradiction, evidence kept; 3 cannot be decided; 4 unreachable."
)]
pub(crate) struct AuditArgs {
    /// Address of the ledger: HTTP (checkpoint and tiles) or gRPC
    #[arg(long, value_name = "URL", env = "SKILLPASS_LEDGER", hide_env_values = true)]
    ledger: String,
    /// What was believed last time; made at the first audit
    #[arg(long, value_name = "FILE", value_parser = files::written())]
    state: PathBuf,
    /// Whom to believe [default: ./trust.toml, else the one in the user's configuration]
    #[arg(long, value_name = "FILE", env = "SKILLPASS_TRUST", hide_env_values = true)]
    trust: Option<PathBuf>,
    /// Instead of a trust file: the ledger's verifier key. Repeat for several
    #[arg(long = "vkey", value_name = "VKEY", conflicts_with = "trust")]
    vkeys: Vec<String>,
    /// A passport file or presentation whose tokens are held against the log. Repeat for several
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where evidence goes [default: the state file's name and `.evidence`]
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

impl AuditArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        context.block_on(self.audit(context))
    }

    async fn audit(self, context: Context) -> Result<Exit, CliError> {
        let known = self.known()?;
        let kept = self.kept(&known)?;
        let mut shown = Vec::new();
        for path in &self.files {
            let max = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
            shown.push((path.display().to_string(), files::read(path, max)?));
        }
        let client = HttpClient::new(certificate_authorities().as_deref()).map_err(|error| {
            CliError::failed("TLS_UNAVAILABLE", error.to_string(), "check this machine's TLS")
        })?;
        let audit = Audit { known: &known, client: &client, shown: &shown };
        let walk = if has_tiles(&client, &self.ledger, PROBE_TIME_MAX).await {
            audit.walk(&Tiles::at(client.clone(), &self.ledger), kept).await?
        } else {
            audit.walk(&Grpc(Client::connect(&self.ledger).await?), kept).await?
        };
        let verdict = worst(&walk.findings);
        let kept_at = self.keep_evidence(&walk.findings)?;
        if let (Some(kept), true) = (&walk.kept, verdict != Outcome::Contradicted) {
            files::replace(&self.state, kept.to_json().as_bytes())?;
        }
        show(context, &walk, verdict, &kept_at)?;
        Ok(match verdict {
            Outcome::Consistent => Exit::Done,
            Outcome::Undecided => Exit::Undecided,
            Outcome::Contradicted => Exit::Refused,
        })
    }

    fn known(&self) -> Result<Known, CliError> {
        if self.vkeys.is_empty() {
            let (_, file) = trust::find(self.trust.as_deref())?.ok_or_else(trust::none_found)?;
            let log_keys = file.ledgers.into_iter().flat_map(|ledger| ledger.log_keys).collect();
            return Ok(Known { log_keys, policy: file.policy });
        }
        let keys: Result<Vec<_>, _> = self.vkeys.iter().map(|vkey| VerifierKey::parse(vkey)).collect();
        let log_keys = keys.map_err(|error| {
            CliError::usage("VKEY_INVALID", error.to_string(), "give what `skillpass init` printed")
        })?;
        Ok(Known { log_keys, policy: None })
    }

    /// The state of the last audit, if there was one. Its checkpoint must still be one that the trusted keys signed.
    fn kept(&self, known: &Known) -> Result<Option<Kept>, CliError> {
        if !files::exists(&self.state)? {
            return Ok(None);
        }
        let bytes = files::read(&self.state, STATE_BYTES_MAX)?;
        let help = "move it away to begin anew, and compare its checkpoint with the new one by hand";
        let invalid = |why: String| CliError::usage("AUDIT_STATE_INVALID", why, help);
        let text = String::from_utf8(bytes).map_err(|_| invalid("the state file is no text".to_owned()))?;
        let kept = Kept::parse(&text).map_err(|error| invalid(error.to_string()))?;
        let signed = crate::tlog::SignedCheckpoint::verify(&kept.note, &known.log_keys);
        signed.map_err(|error| invalid(format!("the state file's checkpoint: {error}")))?;
        Ok(Some(kept))
    }

    /// Writes each contradiction's bytes into a directory of its own; answers with the directories, by finding.
    fn keep_evidence(&self, findings: &[Finding]) -> Result<Vec<Option<PathBuf>>, CliError> {
        let home = self.evidence.clone().unwrap_or_else(|| {
            let mut name = self.state.as_os_str().to_owned();
            name.push(".evidence");
            name.into()
        });
        findings.iter().map(|finding| self.keep_one(&home, finding)).collect()
    }

    fn keep_one(&self, home: &Path, finding: &Finding) -> Result<Option<PathBuf>, CliError> {
        if finding.outcome != Outcome::Contradicted {
            return Ok(None);
        }
        // Named by its content: the same contradiction found again is the same directory.
        let parts: Vec<&[u8]> = finding.evidence.iter().map(|file| file.bytes.as_slice()).collect();
        let mut name = hex_encode(sha256(&parts));
        name.truncate(12);
        let dir = home.join(format!("{}-{name}", finding.reason));
        std::fs::create_dir_all(&dir).map_err(|error| files::unwritable(&dir, &error))?;
        for file in &finding.evidence {
            files::replace(&dir.join(file.name), &file.bytes)?;
        }
        let mut text = format!(
            "{}\n\n{}\n\nFound by `skillpass audit` of {} at {}.\n\nFiles here, byte for byte as they were received:\n",
            finding.reason,
            finding.detail,
            self.ledger,
            clock::now_s()
        );
        for file in &finding.evidence {
            let _ = writeln!(text, "  {:<32} SHA-256 {}", file.name, hex_encode(sha256(&[&file.bytes])));
        }
        text.push_str(
            "\nNotes (*.checkpoint) are C2SP signed notes; tokens are JWTs of the ledger's status key; entry.bin is a leaf of the\n\
             log. proto/SPEC.md, \"Audit\", says how each contradicts the other. Keep them, and show them to the other witnesses\n\
             and verifiers of this ledger before its operator.\n",
        );
        files::replace(&dir.join("report.txt"), text.as_bytes())?;
        Ok(Some(dir))
    }
}

/// What is audited with.
struct Audit<'a> {
    known: &'a Known,
    client: &'a HttpClient,
    shown: &'a [(String, Vec<u8>)],
}

impl Audit<'_> {
    async fn walk<S: Source>(&self, source: &S, kept: Option<Kept>) -> Result<Walk, CliError> {
        let mut walk = follow(source, self.known, kept).await.map_err(|error| unread(&error))?;
        let sound = worst(&walk.findings) != Outcome::Contradicted;
        if let (Some(kept), true) = (&walk.kept, sound) {
            let seen = ask_witnesses(source, self.client, self.known, kept).await;
            let held = hold_files(source, self.known, kept, self.shown, clock::now_s()).await;
            walk.findings.extend(seen);
            walk.findings.extend(held.map_err(|error| unread(&error))?);
        }
        Ok(walk)
    }
}

fn unread(error: &SourceError) -> CliError {
    let help = "check the address and the network; an audit proves nothing of a log that it cannot read";
    CliError::failed("LEDGER_UNREACHABLE", error.to_string(), help)
}

/// Whether the address serves a log over HTTP; a gRPC address does not speak HTTP/1.1.
async fn has_tiles(client: &HttpClient, url: &str, time_max: Duration) -> bool {
    let url = format!("{}/checkpoint", url.trim_end_matches('/'));
    let request = HttpRequest { url: &url, body: None, bytes_max: crate::tlog::NOTE_MAX_BYTES, time_max };
    client.ask(request).await.is_ok_and(|answer| answer.status == 200)
}

fn worst(findings: &[Finding]) -> Outcome {
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    if any(Outcome::Contradicted) {
        Outcome::Contradicted
    } else if any(Outcome::Undecided) {
        Outcome::Undecided
    } else {
        Outcome::Consistent
    }
}

fn show(
    context: Context,
    walk: &Walk,
    verdict: Outcome,
    kept_at: &[Option<PathBuf>],
) -> Result<(), CliError> {
    let checkpoint = walk.kept.as_ref().map(|kept| &kept.checkpoint);
    let word = match verdict {
        Outcome::Consistent => "consistent",
        Outcome::Undecided => "undecided",
        Outcome::Contradicted => "contradicted",
    };
    let status = |outcome| match outcome {
        Outcome::Consistent => "PASS",
        Outcome::Undecided => "UNKNOWN",
        Outcome::Contradicted => "FAIL",
    };
    if context.json {
        let check = |(finding, dir): (&Finding, &Option<PathBuf>)| {
            json!({"check": finding.reason, "status": status(finding.outcome), "detail": finding.detail,
                "evidence": dir.as_ref().map(|dir| dir.display().to_string())})
        };
        let checks: Vec<Value> = walk.findings.iter().zip(kept_at).map(check).collect();
        return out::json(&json!({"verdict": word, "origin": checkpoint.map(|c| &c.origin),
            "from": walk.from, "size": checkpoint.map(|c| c.size), "root": checkpoint.map(|c| hex_encode(c.root)),
            "checks": checks}));
    }
    for (finding, dir) in walk.findings.iter().zip(kept_at) {
        out::line(format_args!("{:<8} {}: {}", status(finding.outcome), finding.reason, finding.detail))?;
        if let Some(dir) = dir {
            out::line(format_args!("         evidence in {}", dir.display()))?;
        }
    }
    out::line(match (verdict, checkpoint) {
        (Outcome::Consistent, Some(c)) => {
            format!("consistent: {} from {} to {} entries", c.origin, walk.from, c.size)
        }
        (Outcome::Contradicted, _) => {
            "CONTRADICTED: this ledger has signed what cannot both be true".to_owned()
        }
        _ => "undecided: nothing contradicts, but not everything could be checked".to_owned(),
    })
}

/// The log over gRPC.
struct Grpc(Client);

impl Grpc {
    /// The ledger's refusals are answers that were expected of it.
    fn failed(&self, status: &tonic::Status) -> SourceError {
        SourceError::Unreachable(self.0.error(status).message)
    }
}

impl Source for Grpc {
    async fn checkpoint(&self) -> Result<String, SourceError> {
        let request = pb::GetCheckpointRequest { size_max: None };
        let answer = self.0.ledger().get_checkpoint(request).await.map_err(|status| self.failed(&status))?;
        Ok(answer.into_inner().checkpoint)
    }

    async fn checkpoint_of(&self, size: u64) -> Result<Option<String>, SourceError> {
        let request = pb::GetCheckpointRequest { size_max: Some(size) };
        let answer = self.0.ledger().get_checkpoint(request).await.map_err(|status| self.failed(&status))?;
        let answer = answer.into_inner();
        Ok((answer.size == size).then_some(answer.checkpoint))
    }

    async fn entries(&self, from: u64, size: u64) -> Result<Vec<Vec<u8>>, SourceError> {
        let max = u32::try_from(size.saturating_sub(from).min(u64::from(ENTRIES))).unwrap_or(ENTRIES);
        let request = pb::ListEntriesRequest { from, max };
        let answer = self.0.ledger().list_entries(request).await.map_err(|status| self.failed(&status))?;
        let entries = answer.into_inner().entries;
        let in_order = (from..=u64::MAX).zip(&entries).all(|(leaf, entry)| entry.leaf_index == leaf);
        if in_order && !entries.is_empty() {
            Ok(entries.into_iter().map(|entry| entry.entry).collect())
        } else {
            Err(SourceError::Malformed("its entries are not those asked for"))
        }
    }

    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, SourceError> {
        let request = pb::GetConsistencyProofRequest { old_size: old, new_size: new };
        let answer =
            self.0.ledger().get_consistency_proof(request).await.map_err(|status| self.failed(&status))?;
        let hashes = answer.into_inner().hashes;
        let hashes: Option<Vec<Hash>> =
            hashes.iter().map(|hash| Hash::try_from(hash.as_slice()).ok()).collect();
        hashes.ok_or(SourceError::Malformed("a hash is not 32 bytes long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_never_answers_serves_no_tiles() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let client = HttpClient::new(None).unwrap();
        let answered = has_tiles(&client, &url, Duration::from_millis(200));
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), answered).await, Ok(false));
    }
}
