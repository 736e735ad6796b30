//! The figures of `/metrics`. Labels come from closed sets only, so that no caller can grow them.
//!
//! deploy/README.md explains each one; `tests/it/deploy` holds the two together.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use super::connections::{Connections, Cut};
use super::figures::LedgerFigures;
use crate::ledger::{DiskWork, Observer};

type Named = [(&'static str, &'static str); 1];
type Label<const N: usize> = [(&'static str, String); N];
type Count = Gauge<u64, AtomicU64>;
type Seconds = Gauge<f64, AtomicU64>;

/// Upper bounds of the call histogram, in seconds: from a cached read to the longest unary call.
const CALL_SECONDS: [f64; 11] = [0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 30.0];
/// Upper bounds of the histogram of assessments, in seconds: 2 ms is what 50 records should stay below.
const ASSESS_SECONDS: [f64; 7] = [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.1];
/// Upper bounds of the histogram of reports over every passport, in seconds: a hundred thousand take minutes.
const REPORT_SECONDS: [f64; 8] = [0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 1200.0, 3600.0];
/// Upper bounds of what disks take, in seconds: from a drive with a protected cache to one that is failing.
const DISK_SECONDS: [f64; 9] = [0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 2.0];

/// The process's counters; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    appends: Family<Named, Counter>,
    recorded: Counter,
    calls: Family<Label<2>, Histogram, fn() -> Histogram>,
    assessments: Histogram,
    reports: Family<Named, Histogram, fn() -> Histogram>,
    subscribers: Gauge,
    connections: Connections,
    witness_failures: Family<Label<2>, Counter>,
    witness_cosigned: Family<Label<1>, Seconds>,
    disks: Disks,
    ledger: Standing,
}

/// What the ledger's own threads tell.
#[derive(Debug, Clone)]
struct Disks {
    journal: Histogram,
    commit: Histogram,
    settle: Histogram,
    publish: Histogram,
}

/// What is read off the ledger at each scrape.
#[derive(Debug, Clone)]
struct Standing {
    serving: Count,
    entries: Count,
    published: Count,
    checkpoint_age: Seconds,
    in_flight: Count,
    queue: Count,
    erasures_waiting: Count,
    cosigned: Count,
    cosigned_age: Seconds,
    generation_age: Seconds,
    backup: Count,
    backup_age: Seconds,
    disk_free: Count,
    disk_total: Count,
    status_lists: Count,
    status_allocated: Count,
    status_used: Count,
}

/// Registers one metric and hands it back.
fn add<M: Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    unit: Option<Unit>,
    metric: M,
) -> M {
    match unit {
        Some(unit) => registry.register_with_unit(name, help, unit, metric.clone()),
        None => registry.register(name, help, metric.clone()),
    }
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Every metric at zero.
    pub fn new() -> Self {
        let mut all = Registry::with_prefix("skillpass");
        let build: Family<Label<1>, Count> = Family::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
        add(&mut all, "build_info", "The version that runs; always 1", None, build);
        let calls = Family::new_with_constructor((|| Histogram::new(CALL_SECONDS)) as fn() -> Histogram);
        let disks = Disks::register(&mut all);
        let ledger = Standing::register(&mut all);
        let connections = Connections::register(&mut all);
        let appends = add(
            &mut all,
            "appends",
            "Statements answered, by outcome: RECORDED, REPEATED or the refusal's reason",
            None,
            Family::<Named, Counter>::default(),
        );
        Self {
            recorded: appends.get_or_create_owned(&[("outcome", "RECORDED")]),
            appends,
            calls: add(
                &mut all,
                "call",
                "Calls over gRPC, and as JSON over HTTP, until their first answer, by method and code",
                Some(Unit::Seconds),
                calls,
            ),
            assessments: add(
                &mut all,
                "assess",
                "AssessRecognition, from the reading of the stream to the answer: may the caller, the rules, the text",
                Some(Unit::Seconds),
                Histogram::new(ASSESS_SECONDS),
            ),
            reports: add(
                &mut all,
                "report",
                "Reports over every passport, by name: how long each took, whoever still waited",
                Some(Unit::Seconds),
                Family::new_with_constructor((|| Histogram::new(REPORT_SECONDS)) as fn() -> Histogram),
            ),
            subscribers: add(
                &mut all,
                "subscribers",
                "Live Subscribe and WatchPassport calls",
                None,
                Gauge::default(),
            ),
            witness_failures: add(
                &mut all,
                "witness_failures",
                "Checkpoints that a witness did not cosign, by its key name and why",
                None,
                Family::default(),
            ),
            witness_cosigned: add(
                &mut all,
                "witness_cosigned_timestamp",
                "When each witness last cosigned, in seconds since 1970; 0 before it did in this process",
                Some(Unit::Seconds),
                Family::default(),
            ),
            connections,
            disks,
            ledger,
            registry: Arc::new(all),
        }
    }

    /// A witness of the policy: shown from the first scrape on, with no failure and no cosignature.
    pub fn witness(&self, name: &str) {
        let labels = [("witness", name.to_owned()), ("reason", "UNREACHABLE".to_owned())];
        drop(self.witness_failures.get_or_create(&labels));
        drop(self.witness_cosigned.get_or_create(&[("witness", name.to_owned())]));
    }

    /// A witness did not cosign. `name` must be one of the policy's.
    pub fn witness_failed(&self, name: &str, reason: &'static str) {
        let labels = [("witness", name.to_owned()), ("reason", reason.to_owned())];
        self.witness_failures.get_or_create(&labels).inc();
    }

    /// A witness cosigned at `now`, in milliseconds since 1970. `name` must be one of the policy's.
    pub fn witness_cosigned(&self, name: &str, now: u64) {
        let seconds = Duration::from_millis(now).as_secs_f64();
        self.witness_cosigned.get_or_create(&[("witness", name.to_owned())]).set(seconds);
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

    /// A listener takes connections, so many at once.
    pub fn listens(&self, listener: &'static str, limit: usize) {
        self.connections.listens(listener, limit);
    }

    /// One connection came; the guard counts it until it leaves.
    pub fn connection(&self, listener: &'static str) -> Counted {
        self.connections.opened(listener)
    }

    /// One connection was turned away or cut.
    pub fn connection_cut(&self, cut: Cut) {
        self.connections.cut(cut);
    }

    /// One gRPC call gave its first answer. `method` must be from the served set.
    pub fn called(&self, method: &str, code: &'static str, took: Duration) {
        let labels = [("method", method.to_owned()), ("code", code.to_owned())];
        self.calls.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A report over every passport was made, or failed.
    pub fn reported(&self, report: &'static str, took: Duration) {
        self.reports.get_or_create(&[("report", report)]).observe(took.as_secs_f64());
    }

    /// One worker's records were assessed.
    pub fn assessed(&self, took: Duration) {
        self.assessments.observe(took.as_secs_f64());
    }

    /// The text of the `OpenMetrics` format.
    pub fn render(&self, figures: &LedgerFigures) -> String {
        self.ledger.set(figures);
        let mut text = String::new();
        // Writing to a String cannot fail; an empty answer would be seen by the scraper as an error.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Observer for Metrics {
    fn took(&self, work: DiskWork, took: Duration) {
        let histogram = match work {
            DiskWork::Journal => &self.disks.journal,
            DiskWork::Commit => &self.disks.commit,
            DiskWork::Settle => &self.disks.settle,
            DiskWork::Publish => &self.disks.publish,
        };
        histogram.observe(took.as_secs_f64());
    }
}

impl Disks {
    fn register(all: &mut Registry) -> Self {
        let mut histogram =
            |name: &str, help: &str| add(all, name, help, Some(Unit::Seconds), Histogram::new(DISK_SECONDS));
        Self {
            journal: histogram("journal_sync", "Writing and fsyncing one journal frame"),
            commit: histogram("commit", "Making one group of statements durable and answering it"),
            settle: histogram("settle", "Making heads, store and status lists durable, beside the answers"),
            publish: histogram("publish", "Syncing hashes, locking, signing and publishing a checkpoint"),
        }
    }
}

impl Standing {
    fn register(all: &mut Registry) -> Self {
        let mut count = |name: &str, help: &str, unit| add(all, name, help, unit, Count::default());
        Self {
            serving: count(
                "serving",
                "1 while statements are recorded; 0 after a failed write or fsync",
                None,
            ),
            entries: count("entries", "Acknowledged entries", None),
            published: count("published_entries", "Entries in the newest published checkpoint", None),
            in_flight: count(
                "appends_in_flight",
                "Statements accepted and not yet answered: the queue",
                None,
            ),
            queue: count("append_queue", "The most that may be: ledger.queue", None),
            erasures_waiting: count("erasures_waiting", "Erasures asked for and not yet durable", None),
            cosigned: count(
                "cosigned_entries",
                "Entries in the newest checkpoint that meets the witness policy",
                None,
            ),
            backup: count("backup_entries", "Entries in the newest backup", None),
            disk_free: count(
                "disk_free",
                "What is left on the disk of the data directory",
                Some(Unit::Bytes),
            ),
            disk_total: count("disk_size", "The size of that disk", Some(Unit::Bytes)),
            status_lists: count("status_lists", "Status lists begun", None),
            status_allocated: count("status_indexes_allocated", "Indexes handed out to bodies", None),
            status_used: count("status_indexes_used", "Indexes that a recorded statement bears", None),
            checkpoint_age: add(
                all,
                "checkpoint_age",
                "Age of the newest published checkpoint",
                Some(Unit::Seconds),
                Seconds::default(),
            ),
            generation_age: add(
                all,
                "generation_key_age",
                "Age of the key that wraps the workers' keys; NaN where its file does not tell",
                Some(Unit::Seconds),
                Seconds::default(),
            ),
            backup_age: add(
                all,
                "backup_age",
                "Time since the newest backup was made; NaN before the first",
                Some(Unit::Seconds),
                Seconds::default(),
            ),
            cosigned_age: add(
                all,
                "cosigned_age",
                "Time since the newest checkpoint that meets the witness policy was cosigned; NaN without one",
                Some(Unit::Seconds),
                Seconds::default(),
            ),
        }
    }

    fn set(&self, figures: &LedgerFigures) {
        self.serving.set(figures.serving.into());
        self.entries.set(figures.size);
        self.published.set(figures.published_size);
        self.in_flight.set(figures.in_flight);
        self.queue.set(figures.queue);
        self.erasures_waiting.set(figures.erasures_waiting);
        self.checkpoint_age.set(figures.checkpoint_age.as_secs_f64());
        self.cosigned.set(figures.cosigned.map_or(0, |(size, _)| size));
        self.cosigned_age.set(figures.cosigned.map_or(f64::NAN, |(_, age)| age.as_secs_f64()));
        self.generation_age.set(figures.generation_age.map_or(f64::NAN, |age| age.as_secs_f64()));
        self.backup.set(figures.backup.map_or(0, |(size, _)| size));
        self.backup_age.set(figures.backup.map_or(f64::NAN, |(_, age)| age.as_secs_f64()));
        if let Some(space) = figures.space {
            self.disk_free.set(space.free);
            self.disk_total.set(space.total);
        }
        self.status_lists.set(figures.status.lists);
        self.status_allocated.set(figures.status.allocated);
        self.status_used.set(figures.status.used);
    }
}

/// Counts one thing as long as it lives.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    pub(super) fn new(gauge: &Gauge) -> Self {
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
    use crate::ledger::{Space, StatusFigures};

    #[test]
    fn metrics_render_what_was_counted() {
        let metrics = Metrics::new();
        metrics.recorded();
        metrics.answered("UNKNOWN_WORKER");
        let following = metrics.subscriber();
        metrics.called("/skillpass.v1.LedgerService/Append", "OK", Duration::from_millis(3));
        metrics.took(DiskWork::Journal, Duration::from_millis(4));
        let figures = LedgerFigures {
            serving: true,
            size: 7,
            published_size: 5,
            in_flight: 3,
            queue: 9,
            erasures_waiting: 1,
            checkpoint_age: Duration::from_secs(2),
            cosigned: Some((4, Duration::from_secs(3))),
            generation_age: Some(Duration::from_secs(86_400)),
            backup: Some((3, Duration::from_secs(7))),
            space: Some(Space { free: 10, total: 20 }),
            status: StatusFigures { lists: 1, allocated: 12, used: 11 },
        };
        metrics.witness("quiet.example.invalid");
        metrics.witness_failed("witness.example.invalid", "TIMED_OUT");
        metrics.witness_cosigned("witness.example.invalid", 1_500);
        let text = metrics.render(&figures);
        for wanted in [
            "skillpass_appends_total{outcome=\"RECORDED\"} 1",
            "skillpass_appends_total{outcome=\"UNKNOWN_WORKER\"} 1",
            "skillpass_appends_in_flight 3",
            "skillpass_append_queue 9",
            "skillpass_erasures_waiting 1",
            "skillpass_serving 1",
            "skillpass_subscribers 1",
            "skillpass_entries 7",
            "skillpass_published_entries 5",
            "skillpass_checkpoint_age_seconds 2.0",
            "skillpass_cosigned_entries 4",
            "skillpass_cosigned_age_seconds 3.0",
            "skillpass_generation_key_age_seconds 86400.0",
            "skillpass_backup_age_seconds 7.0",
            "skillpass_backup_entries 3",
            "skillpass_disk_free_bytes 10",
            "skillpass_disk_size_bytes 20",
            "skillpass_status_indexes_allocated 12",
            "skillpass_status_indexes_used 11",
            "skillpass_journal_sync_seconds_bucket{le=\"0.005\"} 1",
            "skillpass_journal_sync_seconds_bucket{le=\"0.0025\"} 0",
            "skillpass_witness_failures_total{witness=\"witness.example.invalid\",reason=\"TIMED_OUT\"} 1",
            "skillpass_witness_failures_total{witness=\"quiet.example.invalid\",reason=\"UNREACHABLE\"} 0",
            "skillpass_witness_cosigned_timestamp_seconds{witness=\"witness.example.invalid\"} 1.5",
            "skillpass_witness_cosigned_timestamp_seconds{witness=\"quiet.example.invalid\"} 0.0",
            "le=\"0.005\",method=\"/skillpass.v1.LedgerService/Append\",code=\"OK\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
        drop(following);
        assert!(metrics.render(&figures).contains("skillpass_subscribers 0"));
    }
}
