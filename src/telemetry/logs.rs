//! JSON logs on standard error, and the traces beside them: one subscriber a process.

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Traces;

/// Logs that could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("log: not a filter such as \"info\" or \"warn,skillpass::ledger=debug\"")]
    Filter,
    /// The collector's address cannot be used.
    #[error("traces: not the address of a collector such as \"http://127.0.0.1:4317\"")]
    Collector,
    /// Something else in this process logs already.
    #[error("logging was started twice in one process")]
    Twice,
}

/// Starts JSON logs on standard error, and traces if a collector is named (then there must be a runtime around it).
pub fn start(filter: &str, collector: Option<&str>) -> Result<Option<Traces>, TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|_| TelemetryError::Filter)?;
    let traces = collector.map(Traces::to).transpose()?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|event| is_ours_or_serious(event.target(), *event.level())))
        .with_filter(filter);
    let spans = traces.as_ref().map(Traces::layer);
    tracing_subscriber::registry().with(lines).with(spans).try_init().map_err(|_| TelemetryError::Twice)?;
    super::panics::log_by_place();
    Ok(traces)
}

/// Starts JSON logs on standard error.
pub fn start_logs(filter: &str) -> Result<(), TelemetryError> {
    start(filter, None).map(drop)
}

/// Libraries below warnings may print what they carry, headers and bodies among it; a filter that asks for that gets
/// nothing. What this crate logs names no person at any level.
fn is_ours_or_serious(target: &str, level: Level) -> bool {
    let is_ours =
        target.strip_prefix("skillpass").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    is_ours || level <= Level::WARN
}

#[cfg(test)]
mod tests {
    use super::*;

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
