//! OpenTelemetry traces, for an operator who runs a collector: one span a call, one for each piece of disk work. Off unless
//! `traces` in the configuration names the collector. A span holds a method, a code and times; nothing about anybody.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::HeaderName;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::TelemetryError;
use crate::ledger::TRACE_TARGET;

/// A collector that takes longer has lost the batch; nothing waits for it.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// What goes to the collector; dropped last, so that it gets the last spans too.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans to `collector` (OTLP over gRPC, e.g. `http://127.0.0.1:4317`). Needs a runtime around it.
    pub(super) fn to(collector: &str) -> Result<Self, TelemetryError> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(collector)
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|_| TelemetryError::Collector)?;
        let resource = Resource::builder_empty().with_service_name("skillpass").build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self(provider))
    }

    /// The layer that hands over our spans, and no library's.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("skillpass"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TRACE_TARGET))
    }

    /// Hands over what is left. Blocks: call it off the runtime's threads.
    pub fn stop(self) {
        if let Err(error) = self.0.shutdown_with_timeout(EXPORT_TIMEOUT) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// A span around a call, below the caller's own if it names one (W3C Trace Context). [`call_ended`] names it: the path is
/// the caller's text until then.
pub fn call_span(headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        target: TRACE_TARGET,
        "call",
        otel.name = tracing::field::Empty,
        otel.kind = "server",
        rpc.method = tracing::field::Empty,
        rpc.code = tracing::field::Empty,
    );
    if !span.is_disabled() {
        // A span that cannot have a parent any more stands alone.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
    }
    span
}

/// What became of the call. `method` must be from the served set.
pub fn call_ended(span: &Span, method: &str, code: &'static str) {
    span.record("otel.name", method).record("rpc.method", method).record("rpc.code", code);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
