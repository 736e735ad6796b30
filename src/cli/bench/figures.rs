//! Figures for people, and how long things took, in constant memory however many there were.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::super::error::CliError;

/// The longest time that is told apart; longer ones count as this.
const LONGEST_US: u64 = 600_000_000;

/// How long each of many took, to a thousandth of itself.
pub(super) struct Times(Histogram<u64>);

impl Times {
    pub(super) fn new() -> Result<Self, CliError> {
        Histogram::new_with_max(LONGEST_US, 3).map(Self).map_err(|_| failed("no room for a histogram"))
    }

    pub(super) fn note(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn add(&mut self, others: &Self) {
        // Both were made by `new`, so every value of the one fits the other.
        let _ = self.0.add(&others.0);
    }

    /// Milliseconds; null where nothing was timed.
    pub(super) fn percentiles(&self) -> Value {
        self.quantiles(1e3)
    }

    /// Microseconds; null where nothing was timed.
    pub(super) fn microseconds(&self) -> Value {
        self.quantiles(1.0)
    }

    fn quantiles(&self, unit: f64) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let told = |us: u64| round(us as f64 / unit, 3);
        let at = |quantile: f64| told(self.0.value_at_quantile(quantile));
        json!({"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": told(self.0.max())})
    }
}

/// A number of a report in JSON; 0 if it is not there.
pub(super) fn number(report: &Value, name: &str) -> u64 {
    told(report, name).as_u64().unwrap_or(0)
}

/// A member of a report; null if it is not there.
pub(super) fn told<'a>(report: &'a Value, name: &str) -> &'a Value {
    report.get(name).unwrap_or(&Value::Null)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) fn rate(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people, far below the limit"
)]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}

pub(super) fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

pub(super) fn millis(took: Duration) -> f64 {
    round(took.as_secs_f64() * 1e3, 1)
}

pub(super) fn micros(took: Duration) -> f64 {
    round(took.as_secs_f64() * 1e6, 1)
}

pub(super) fn seconds(took: Duration) -> f64 {
    round(took.as_secs_f64(), 3)
}

pub(super) fn failed(message: &str) -> CliError {
    CliError::failed("BENCH_FAILED", message.to_owned(), "run it again, and with --dir on another disk")
}
