//! Whether what was acknowledged is there.

use std::path::Path;

use super::super::super::client::Client;
use super::super::super::error::CliError;
use super::super::figures::failed;
use crate::pb;
use crate::pb::append_stream_response::Outcome;

/// What was acknowledged, and what of it is not there.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) acknowledged: u64,
    pub(super) lost: u64,
}

impl Kept {
    /// Sends again what was acknowledged: the answer must be that it is recorded, in the very same place.
    pub(super) async fn ask_again(
        &mut self,
        client: &Client,
        statements: &Path,
        acknowledged: &Path,
    ) -> Result<(), CliError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|_| failed("a generator's file cannot be read"))
        };
        let (statements, acknowledged) = (read(statements)?, read(acknowledged)?);
        let statements: Vec<&str> = statements.lines().collect();
        let places: Vec<Vec<u64>> = acknowledged
            .lines()
            .map(|line| line.split(' ').filter_map(|number| number.parse().ok()).collect())
            .collect();
        let mut requests = Vec::new();
        for (request_id, place) in (0..).zip(&places) {
            let line = place.first().and_then(|&line| usize::try_from(line).ok());
            let statement = line.and_then(|line| statements.get(line));
            let statement = (*statement.ok_or_else(|| failed("a generator's file is cut"))?).to_owned();
            let (expected_revision, document) = (None, None);
            requests.push(pb::AppendStreamRequest { request_id, statement, expected_revision, document });
        }
        let all = requests.len() as u64;
        let opened = client.ledger().append_stream(tokio_stream::iter(requests)).await;
        let mut answers = opened.map_err(|status| client.error(&status))?.into_inner();
        let mut found = 0;
        while let Some(answer) = answers.message().await.map_err(|status| client.error(&status))? {
            let Some(Outcome::Acknowledgement(again)) = answer.outcome else { continue };
            let place = usize::try_from(answer.request_id).ok().and_then(|at| places.get(at));
            let is_same =
                place.is_some_and(|place| place.get(1..) == Some(&[again.leaf_index, again.revision.into()]));
            found += u64::from(again.repeated && is_same);
        }
        self.acknowledged += all;
        self.lost += all.saturating_sub(found);
        Ok(())
    }
}
