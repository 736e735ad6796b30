//! Gathering cosignatures beside a running ledger: after each published checkpoint every witness of the policy is asked, off
//! the answer path. A witness that is down, slow or wrong is left alone for a while and never holds the ledger up.
//!
//! All witnesses are asked about the *same* checkpoint, then about the newest one there is by then: asked each at its own
//! pace, they would rarely meet on one tree.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::ask::{AskError, Asked, Line, ask};
use crate::ledger::{Kept, Ledger, Published};
use crate::net::{HttpClient, TlsError};
use crate::telemetry::Metrics;
use crate::tlog::{Policy, VerifierKey};

/// The time between two rounds: checkpoints that come faster share one.
const ROUND_MIN: Duration = Duration::from_millis(100);
/// A round whose witnesses have not all answered is left for a newer checkpoint after this long.
const ROUND_MAX: Duration = Duration::from_secs(2);
/// Once the policy is met, the rest are waited for this long.
const ROUND_GRACE: Duration = Duration::from_millis(200);
/// After a failure a witness is left alone for this long, doubled at each further one.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What the collector is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessSettings {
    /// Who is asked: each witness with a URL.
    pub policy: Policy,
    /// The longest a witness may take.
    pub timeout: Duration,
}

/// The running task.
#[derive(Debug)]
pub struct Collector(JoinHandle<()>);

impl Collector {
    /// Starts gathering.
    pub fn start(ledger: &Ledger, settings: &WitnessSettings, metrics: &Metrics) -> Result<Self, TlsError> {
        let asked = settings.policy.witness_urls();
        let asked: Vec<(VerifierKey, String)> =
            asked.into_iter().filter_map(|(key, url)| Some((key.clone(), url?.to_owned()))).collect();
        let line = Line { client: HttpClient::new(None)?, timeout: settings.timeout };
        let known = ledger.gathered();
        let desks = asked.into_iter().map(|(witness, url)| {
            let seen = known.as_ref().and_then(|known| {
                let by = known.cosignatures(std::slice::from_ref(&witness)).ok()?;
                (!by.is_empty()).then_some(known.checkpoint.size)
            });
            metrics.witness(witness.name());
            Desk { witness, url, cosigned: seen.unwrap_or(0), busy: false, failures: 0, not_before: None }
        });
        let rounds = Rounds {
            ledger: ledger.clone(),
            line,
            metrics: metrics.clone(),
            desks: desks.collect(),
            tasks: JoinSet::new(),
        };
        Ok(Self(tokio::spawn(rounds.run())))
    }

    /// Stops asking; answers under way are dropped.
    pub async fn stop(self) {
        self.0.abort();
        // Cancelled is what it should be now; what it was keeping is kept whole or not at all.
        let _ = self.0.await;
    }
}

/// One witness as the ledger knows it.
#[derive(Debug)]
struct Desk {
    witness: VerifierKey,
    url: String,
    /// The largest size for which we hold its cosignature.
    cosigned: u64,
    busy: bool,
    failures: u32,
    not_before: Option<Instant>,
}

impl Desk {
    fn is_free(&self, now: Instant) -> bool {
        !self.busy && self.not_before.is_none_or(|at| at <= now)
    }

    fn fail(&mut self) {
        let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(6)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now().checked_add(pause);
    }
}

/// Who answered what about which checkpoint.
type Answered = (usize, Arc<Published>, Result<Asked, AskError>);

struct Rounds {
    ledger: Ledger,
    line: Line,
    metrics: Metrics,
    desks: Vec<Desk>,
    tasks: JoinSet<Answered>,
}

impl Rounds {
    async fn run(mut self) {
        let mut published = self.ledger.published();
        let mut target = Arc::clone(&published.borrow_and_update());
        let mut answered: HashMap<usize, u64> = HashMap::new();
        loop {
            let started = Instant::now();
            self.send_out(&target, &answered);
            // One round: until nobody who was asked about this checkpoint is still to answer, or it has taken too long.
            loop {
                let waiting = self.desks.iter().any(|desk| desk.busy);
                let limit = if self.is_met(&target) { ROUND_GRACE } else { ROUND_MAX };
                let left = limit.saturating_sub(started.elapsed());
                if !waiting || left.is_zero() {
                    break;
                }
                tokio::select! {
                    Some(done) = self.tasks.join_next() => self.receive(done, &mut answered).await,
                    () = tokio::time::sleep(left) => (),
                }
            }
            tokio::time::sleep(ROUND_MIN).await;
            let newest = self.ledger.published().borrow().checkpoint.size;
            if newest == target.checkpoint.size {
                let retry = self.next_retry(&target, &answered);
                tokio::select! {
                    changed = published.changed() => if changed.is_err() { return },
                    Some(done) = self.tasks.join_next() => self.receive(done, &mut answered).await,
                    () = until(retry) => (),
                }
            }
            target = Arc::clone(&published.borrow_and_update());
        }
    }

    fn is_met(&self, target: &Published) -> bool {
        let cosigned = self.ledger.cosigned();
        cosigned.borrow().as_ref().is_some_and(|newest| newest.checkpoint.size >= target.checkpoint.size)
    }

    /// Asks everybody who is free and has not answered for this checkpoint.
    fn send_out(&mut self, target: &Arc<Published>, answered: &HashMap<usize, u64>) {
        let now = Instant::now();
        for (index, desk) in self.desks.iter_mut().enumerate() {
            let done = answered.get(&index) == Some(&target.checkpoint.size);
            if done || !desk.is_free(now) {
                continue;
            }
            desk.busy = true;
            let (line, url, witness) = (self.line.clone(), desk.url.clone(), desk.witness.clone());
            let (ledger, target, cosigned) = (self.ledger.clone(), Arc::clone(target), desk.cosigned);
            self.tasks.spawn(async move {
                let asked = ask(&line, &url, &witness, &ledger, &target, cosigned).await;
                (index, target, asked)
            });
        }
    }

    /// When the next witness that was left alone may be asked about this checkpoint.
    fn next_retry(&self, target: &Published, answered: &HashMap<usize, u64>) -> Option<Instant> {
        let owing = self
            .desks
            .iter()
            .enumerate()
            .filter(|(index, desk)| !desk.busy && answered.get(index) != Some(&target.checkpoint.size));
        owing.map(|(_, desk)| desk.not_before.unwrap_or_else(Instant::now)).min()
    }

    async fn receive(
        &mut self,
        done: Result<Answered, tokio::task::JoinError>,
        answered: &mut HashMap<usize, u64>,
    ) {
        // A task that panicked has been reported; its witness stays busy, which costs nobody else anything.
        let Ok((index, target, asked)) = done else { return };
        let Some(desk) = self.desks.get_mut(index) else { return };
        desk.busy = false;
        let (witness, size) = (desk.witness.name().to_owned(), target.checkpoint.size);
        match asked {
            Ok(Asked { line, rolled_back_to }) => {
                if let Some(remembered) = rolled_back_to {
                    let known = desk.cosigned;
                    tracing::error!(
                        witness,
                        known,
                        remembered,
                        reason = "WITNESS_ROLLED_BACK",
                        "a witness has forgotten what it cosigned: its word no longer excludes a fork"
                    );
                    self.metrics.witness_failed(&witness, "WITNESS_ROLLED_BACK");
                }
                desk.cosigned = desk.cosigned.max(size);
                self.metrics.witness_cosigned(&witness, self.ledger.now_ms());
                (desk.failures, desk.not_before) = (0, None);
                answered.insert(index, size);
                let ledger = self.ledger.clone();
                let kept = tokio::task::spawn_blocking(move || ledger.keep_cosignature(&target, &line)).await;
                match kept {
                    Ok(Ok(Kept::Met)) => tracing::debug!(witness, size, "the witness policy is met"),
                    Ok(Err(error)) => {
                        tracing::error!(error = %error, size, "a cosignature could not be kept");
                    }
                    // Kept and more are needed, or no longer of use; a panic has been reported.
                    Ok(Ok(_)) | Err(_) => {}
                }
            }
            Err(error) => {
                desk.fail();
                let reason = error.reason();
                self.metrics.witness_failed(&witness, reason);
                if matches!(error, AskError::Ahead { .. } | AskError::OtherHistory) {
                    tracing::error!(witness, size, reason, "a witness contradicts this ledger: {error}");
                } else {
                    tracing::warn!(witness, size, reason, "a witness did not cosign: {error}");
                }
            }
        }
    }
}

/// Never, without a time.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
