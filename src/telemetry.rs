//! What the operator sees: JSON logs on standard error and Prometheus metrics.
//!
//! **Never:** a statement, a worker id, the `sub` or `jti` of a person's statement, a credential. Labels come from closed
//! sets only, so that no caller can grow them.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Logs that could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("log: not a filter such as \"info\" or \"warn,skillpass::ledger=debug\"")]
    Filter,
    /// Something else in this process logs already.
    #[error("logging was started twice in one process")]
    Twice,
}

/// Starts JSON logs on standard error.
pub fn start_logs(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|_| TelemetryError::Filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|event| is_ours_or_serious(event.target(), *event.level())));
    tracing_subscriber::registry().with(lines).with(filter).try_init().map_err(|_| TelemetryError::Twice)
}

/// Libraries below warnings may print what they carry, headers and bodies among it; a filter that asks for that gets
/// nothing. What this crate logs names no person at any level.
fn is_ours_or_serious(target: &str, level: Level) -> bool {
    let is_ours =
        target.strip_prefix("skillpass").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    is_ours || level <= Level::WARN
}

type Outcome = [(&'static str, &'static str); 1];
type Call = [(&'static str, String); 2];
type Witness = [(&'static str, String); 2];

/// Upper bounds of the call histogram, in seconds: from a cached read to the longest unary call.
const CALL_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 30.0];

/// Upper bounds of the histogram of assessments, in seconds: 2 ms is what 50 records should stay below.
const ASSESS_SECONDS: [f64; 7] = [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.1];

/// The process's counters; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: std::sync::Arc<Registry>,
    appends: Family<Outcome, Counter>,
    recorded: Counter,
    calls: Family<Call, Histogram, fn() -> Histogram>,
    size: Gauge<u64, AtomicU64>,
    published_size: Gauge<u64, AtomicU64>,
    checkpoint_age: Gauge<f64, AtomicU64>,
    in_flight: Gauge<u64, AtomicU64>,
    subscribers: Gauge,
    assessments: Histogram,
    witness_failures: Family<Witness, Counter>,
    cosigned_size: Gauge<u64, AtomicU64>,
    cosigned_age: Gauge<f64, AtomicU64>,
}

/// What `/metrics` reads off the ledger when it is asked.
#[derive(Debug, Clone, Copy)]
pub struct LedgerFigures {
    /// Acknowledged entries.
    pub size: u64,
    /// Entries in the newest published checkpoint.
    pub published_size: u64,
    /// Statements accepted and not yet answered.
    pub in_flight: u64,
    /// Age of that checkpoint.
    pub checkpoint_age: Duration,
    /// Entries in the newest checkpoint that meets the witness policy, and its age; `None` without one.
    pub cosigned: Option<(u64, Duration)>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Every metric at zero.
    pub fn new() -> Self {
        let appends = Family::<Outcome, Counter>::default();
        let calls = Family::<Call, Histogram, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new(CALL_SECONDS)
        });
        let (size, published_size, checkpoint_age) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (in_flight, subscribers) = (Gauge::default(), Gauge::default());
        let mut registry = Registry::with_prefix("skillpass");
        registry.register(
            "appends",
            "Statements answered, by outcome: RECORDED, REPEATED or the refusal's reason",
            appends.clone(),
        );
        registry.register_with_unit(
            "call",
            "Calls over gRPC, and as JSON over HTTP, until their first answer, by method and code",
            Unit::Seconds,
            calls.clone(),
        );
        registry.register("entries", "Acknowledged entries", size.clone());
        registry.register(
            "published_entries",
            "Entries in the newest published checkpoint",
            published_size.clone(),
        );
        registry.register_with_unit(
            "checkpoint_age",
            "Age of the newest published checkpoint",
            Unit::Seconds,
            checkpoint_age.clone(),
        );
        registry.register(
            "appends_in_flight",
            "Statements accepted and not yet answered: the queue",
            in_flight.clone(),
        );
        registry.register("subscribers", "Live Subscribe and WatchPassport calls", subscribers.clone());
        let assessments = Histogram::new(ASSESS_SECONDS);
        registry.register_with_unit(
            "assess",
            "AssessRecognition, from the records as read to the answer: their signatures, the rules, the text",
            Unit::Seconds,
            assessments.clone(),
        );
        let witness_failures = Family::<Witness, Counter>::default();
        let (cosigned_size, cosigned_age) = (Gauge::default(), Gauge::default());
        registry.register(
            "witness_failures",
            "Checkpoints that a witness did not cosign, by its key name and why",
            witness_failures.clone(),
        );
        registry.register(
            "cosigned_entries",
            "Entries in the newest checkpoint that meets the witness policy",
            cosigned_size.clone(),
        );
        registry.register_with_unit(
            "cosigned_age",
            "Time since the newest checkpoint that meets the witness policy was cosigned; NaN without one",
            Unit::Seconds,
            cosigned_age.clone(),
        );
        let recorded = appends.get_or_create_owned(&[("outcome", "RECORDED")]);
        let registry = std::sync::Arc::new(registry);
        Self {
            registry,
            appends,
            recorded,
            calls,
            size,
            published_size,
            checkpoint_age,
            in_flight,
            subscribers,
            assessments,
            witness_failures,
            cosigned_size,
            cosigned_age,
        }
    }

    /// A witness of the policy: its failures are shown from the first scrape on, at zero.
    pub fn witness(&self, name: &str) {
        let labels = [("witness", name.to_owned()), ("reason", "UNREACHABLE".to_owned())];
        drop(self.witness_failures.get_or_create(&labels));
    }

    /// A witness did not cosign. `name` must be one of the policy's.
    pub fn witness_failed(&self, name: &str, reason: &'static str) {
        let labels = [("witness", name.to_owned()), ("reason", reason.to_owned())];
        self.witness_failures.get_or_create(&labels).inc();
    }

    /// One statement was recorded: the fast path, an addition.
    pub fn recorded(&self) {
        self.recorded.inc();
    }

    /// One statement was answered otherwise: REPEATED or a refusal's reason.
    pub fn answered(&self, outcome: &'static str) {
        self.appends.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// One subscriber came; the guard counts it until it leaves.
    pub fn subscriber(&self) -> Counted {
        Counted::new(&self.subscribers)
    }

    /// One gRPC call gave its first answer. `method` must be from the served set.
    pub fn called(&self, method: &str, code: &'static str, took: Duration) {
        let labels = [("method", method.to_owned()), ("code", code.to_owned())];
        self.calls.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// One worker's records were assessed.
    pub fn assessed(&self, took: Duration) {
        self.assessments.observe(took.as_secs_f64());
    }

    /// The text of the `OpenMetrics` format.
    pub fn render(&self, figures: LedgerFigures) -> String {
        self.size.set(figures.size);
        self.published_size.set(figures.published_size);
        self.in_flight.set(figures.in_flight);
        self.checkpoint_age.set(figures.checkpoint_age.as_secs_f64());
        self.cosigned_size.set(figures.cosigned.map_or(0, |(size, _)| size));
        self.cosigned_age.set(figures.cosigned.map_or(f64::NAN, |(_, age)| age.as_secs_f64()));
        let mut text = String::new();
        // Writing to a String cannot fail; an empty answer would be seen by the scraper as an error.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Counts one thing as long as it lives.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_render_what_was_counted() {
        let metrics = Metrics::new();
        metrics.recorded();
        metrics.answered("UNKNOWN_WORKER");
        let following = metrics.subscriber();
        metrics.called("/skillpass.v1.LedgerService/Append", "OK", Duration::from_millis(3));
        let figures = LedgerFigures {
            size: 7,
            published_size: 5,
            in_flight: 3,
            checkpoint_age: Duration::from_secs(2),
            cosigned: Some((4, Duration::from_secs(3))),
        };
        metrics.witness("quiet.example.invalid");
        metrics.witness_failed("witness.example.invalid", "TIMED_OUT");
        let text = metrics.render(figures);
        for wanted in [
            "skillpass_appends_total{outcome=\"RECORDED\"} 1",
            "skillpass_appends_total{outcome=\"UNKNOWN_WORKER\"} 1",
            "skillpass_appends_in_flight 3",
            "skillpass_subscribers 1",
            "skillpass_entries 7",
            "skillpass_published_entries 5",
            "skillpass_checkpoint_age_seconds 2.0",
            "skillpass_cosigned_entries 4",
            "skillpass_cosigned_age_seconds 3.0",
            "skillpass_witness_failures_total{witness=\"witness.example.invalid\",reason=\"TIMED_OUT\"} 1",
            "skillpass_witness_failures_total{witness=\"quiet.example.invalid\",reason=\"UNREACHABLE\"} 0",
            "le=\"0.005\",method=\"/skillpass.v1.LedgerService/Append\",code=\"OK\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
        drop(following);
        assert!(metrics.render(figures).contains("skillpass_subscribers 0"));
    }

    #[test]
    fn libraries_log_no_more_than_warnings_whatever_the_filter_asks() {
        assert!(is_ours_or_serious("skillpass::service::server", Level::TRACE));
        assert!(is_ours_or_serious("h2::codec", Level::WARN));
        assert!(!is_ours_or_serious("h2::codec", Level::INFO));
        assert!(!is_ours_or_serious("skillpassenger", Level::DEBUG));
    }

    #[test]
    fn a_filter_that_does_not_parse_is_named() {
        assert!(matches!(start_logs("skillpass=loud=er"), Err(TelemetryError::Filter)));
    }
}
