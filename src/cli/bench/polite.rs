//! Callers that do as they are told: wait when the server is full, and then send the very same statement again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::super::client::Client;
use super::super::error::CliError;
use super::figures::Times;
use crate::pb;

/// Sends one statement after the other for `how_long`, each until it is recorded.
pub(super) async fn send(
    client: &Client,
    statement: impl Fn(usize) -> Result<String, CliError>,
    how_long: Duration,
) -> Result<Value, CliError> {
    let until = Instant::now() + how_long;
    let (mut recorded, mut waits, mut attempts_max, mut latencies) = (0, 0_u64, 0_u64, Times::new()?);
    while Instant::now() < until {
        let statement = statement(recorded)?;
        let began = Instant::now();
        for attempts in 1.. {
            let request = pb::AppendRequest {
                statement: statement.clone(),
                expected_revision: None,
                wait_for_checkpoint: false,
                document: None,
            };
            match client.ledger().append(request).await {
                Ok(_) => {
                    attempts_max = attempts_max.max(attempts);
                    latencies.note(began.elapsed());
                    recorded += 1;
                    break;
                }
                Err(status) => {
                    let wait = delay(&status).ok_or_else(|| client.error(&status))?;
                    waits += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
    Ok(json!({
        "recorded": recorded, "waits": waits, "attempts_at_most": attempts_max, "until_recorded_ms": latencies.percentiles(),
    }))
}

/// How long the server asks a caller to wait.
pub(super) fn delay(status: &Status) -> Option<Duration> {
    status.get_error_details().retry_info()?.retry_delay
}
