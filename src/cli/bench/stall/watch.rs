//! What the server itself counts, by its `/metrics`.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::super::super::error::CliError;
use super::super::figures::failed;
use super::super::served::Served;
use crate::net::{HttpClient, HttpRequest};

const BYTES_MAX: usize = 1024 * 1024;
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);
const CUT: &str = "skillpass_connections_cut_total{reason=\"";

pub(super) struct Watch {
    http: HttpClient,
    url: String,
}

impl Watch {
    pub(super) fn new(served: &Served) -> Result<Self, CliError> {
        let http = HttpClient::new(None).map_err(|_| failed("no HTTP client"))?;
        Ok(Self { http, url: format!("http://{}/metrics", served.http()) })
    }

    async fn metrics(&self) -> Result<String, CliError> {
        let request = HttpRequest { url: &self.url, body: None, bytes_max: BYTES_MAX, time_max: ANSWER_MAX };
        let answer = self.http.ask(request).await.map_err(|error| failed(&error.to_string()))?;
        String::from_utf8(answer.body).map_err(|_| failed("the server's figures are no text"))
    }

    /// When each of so many subscriptions had lost its place, from now on.
    pub(super) async fn subscribers(&self, count: usize, time: Duration) -> Result<Vec<Duration>, CliError> {
        let began = Instant::now();
        let (mut came, mut ended) = (0, Vec::new());
        while began.elapsed() < time && ended.len() < count {
            let metrics = self.metrics().await?;
            let now = figure(&metrics, "skillpass_subscribers ").unwrap_or(0);
            came = came.max(now);
            // Until all have come nobody can be told from one who has not.
            if came == count {
                ended.resize(count.saturating_sub(now), began.elapsed());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(ended)
    }

    /// Connections that were cut, by reason.
    pub(super) async fn cut(&self) -> Result<Value, CliError> {
        let metrics = self.metrics().await?;
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(CUT)?.split_once("\"} "));
        let counts =
            lines.filter_map(|(reason, count)| Some((reason.to_owned(), count.parse::<u64>().ok()?)));
        Ok(Value::Object(counts.map(|(reason, count)| (reason, count.into())).collect::<Map<_, _>>()))
    }
}

fn figure(metrics: &str, name: &str) -> Option<usize> {
    metrics.lines().find_map(|line| line.strip_prefix(name))?.parse().ok()
}
