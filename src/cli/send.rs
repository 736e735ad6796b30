//! Appending many statements over one `AppendStream`: pipelined, overload retried, each outcome matched to its statement.

use std::sync::Arc;
use std::time::Duration;

use tokio_stream::StreamExt as _;

use super::client::{Client, READ_ONLY, from_refusal};
use super::error::CliError;
use crate::pb;
use crate::pb::append_stream_response::Outcome;
use crate::statement::json;

/// How often a statement that met an overloaded ledger is sent again.
const ROUNDS_MAX: u32 = 20;

/// One statement to append.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// The statement's text.
    pub(crate) statement: String,
    /// The revision it must get.
    pub(crate) expected_revision: Option<u32>,
    /// With an opening: the document that it commits to.
    pub(crate) document: Option<pb::OpeningDocument>,
}

impl Outgoing {
    /// A statement and nothing beside it.
    pub(crate) fn of(statement: String) -> Self {
        Self { statement, expected_revision: None, document: None }
    }
}

/// What became of one statement.
pub(crate) type Answer = Result<pb::Acknowledgement, CliError>;

/// What became of a whole delivery.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// One for each statement, in its order; `None` if the connection broke before the answer.
    pub(crate) answers: Vec<Option<Answer>>,
    /// Why the connection broke.
    pub(crate) broken: Option<CliError>,
}

/// Sends all of `outgoing`, whatever becomes of each. `answered` hears of each answer as it comes, with the statement's
/// place; its error ends the delivery.
pub(crate) async fn deliver(
    client: &Client,
    outgoing: Arc<[Outgoing]>,
    mut answered: impl FnMut(usize, &Answer) -> Result<(), CliError>,
) -> Delivery {
    let mut delivery = Delivery { answers: vec![None; outgoing.len()], broken: None };
    let mut open: Vec<usize> = (0..outgoing.len()).collect();
    let mut refused = None;
    for round in 1..=ROUNDS_MAX {
        let retry = match one_round(client, &outgoing, &open, &mut delivery.answers, &mut answered).await {
            Ok(retry) => retry,
            Err(error) => {
                delivery.broken = Some(error);
                break;
            }
        };
        open.retain(|&index| matches!(delivery.answers.get(index), Some(None)));
        let Some(Retry { wait, why }) = retry else { break };
        refused = Some(why);
        if open.is_empty() || round == ROUNDS_MAX {
            break;
        }
        tokio::time::sleep(wait).await;
    }
    if delivery.broken.is_none() && delivery.answers.contains(&None) {
        delivery.broken = Some(not_all_answered(refused.as_ref()));
    }
    delivery
}

/// Why the last statements were given up, in the ledger's own words where it gave any.
fn not_all_answered(refused: Option<&CliError>) -> CliError {
    let why = refused.map_or_else(
        || "the ledger stopped answering before every statement was answered".to_owned(),
        |why| format!("not every statement was answered: {} ({})", why.message, why.reason),
    );
    CliError::failed("NOT_ALL_ANSWERED", why, "run the same command again; nothing is recorded twice")
}

/// What a round left to be sent again.
struct Retry {
    /// After this.
    wait: Duration,
    /// The last of the refusals.
    why: CliError,
}

/// Sends the statements at `indexes`; answers whether those that met overload are to be tried again.
async fn one_round(
    client: &Client,
    outgoing: &Arc<[Outgoing]>,
    indexes: &[usize],
    answers: &mut [Option<Answer>],
    answered: &mut impl FnMut(usize, &Answer) -> Result<(), CliError>,
) -> Result<Option<Retry>, CliError> {
    // Each is copied as it is sent, not before.
    let (outgoing, indexes) = (Arc::clone(outgoing), indexes.to_vec());
    let requests = indexes.into_iter().filter_map(move |index| request(&outgoing, index));
    let opened = client.ledger().append_stream(tokio_stream::iter(requests)).await;
    let mut stream = opened.map_err(|status| client.error(&status))?.into_inner();
    let mut retry: Option<Retry> = None;
    while let Some(response) = stream.next().await {
        let response = response.map_err(|status| client.error(&status))?;
        let index = usize::try_from(response.request_id).unwrap_or(usize::MAX);
        let (Some(slot), Some(outcome)) = (answers.get_mut(index), response.outcome) else {
            let message = "the ledger answered a request that was not sent";
            return Err(CliError::failed("LEDGER_ANSWERED", message, "is it a skillpass ledger?"));
        };
        let answer = match outcome {
            Outcome::Acknowledgement(acknowledgement) => Ok(acknowledgement),
            Outcome::Refusal(refusal) => {
                let why = from_refusal(&refusal);
                match refusal.retry_after_ms {
                    _ if why.reason == READ_ONLY => return Err(why),
                    Some(ms) => {
                        let wait = Duration::from_millis(u64::from(ms).clamp(10, 5000));
                        let longest = retry.map_or(wait, |before| before.wait.max(wait));
                        retry = Some(Retry { wait: longest, why });
                        continue;
                    }
                    None => Err(why),
                }
            }
        };
        answered(index, &answer)?;
        *slot = Some(answer);
    }
    Ok(retry)
}

fn request(outgoing: &[Outgoing], index: usize) -> Option<pb::AppendStreamRequest> {
    let item = outgoing.get(index)?;
    Some(pb::AppendStreamRequest {
        request_id: index as u64,
        statement: item.statement.clone(),
        expected_revision: item.expected_revision,
        document: item.document.clone(),
    })
}

/// Appends an opening, with the document that it commits to.
pub(crate) async fn append_opening(
    client: &Client,
    statement: String,
    document: Option<pb::OpeningDocument>,
) -> Result<pb::Acknowledgement, CliError> {
    let request =
        pb::AppendRequest { statement, expected_revision: None, wait_for_checkpoint: false, document };
    let answer = client.ledger().append(request).await.map_err(|status| client.error(&status))?;
    Ok(answer.into_inner().acknowledgement.unwrap_or_default())
}

/// Appends statements one after another, each durable before the next is sent; stops at the first that is refused, and says
/// what was recorded before it.
pub(crate) async fn append_in_order(
    client: &Client,
    statements: Vec<String>,
) -> Result<Vec<pb::Acknowledgement>, CliError> {
    let mut acknowledgements: Vec<pb::Acknowledgement> = Vec::new();
    for statement in statements {
        match append_opening(client, statement, None).await {
            Ok(acknowledgement) => acknowledgements.push(acknowledgement),
            Err(error) => return Err(after(&acknowledgements, error)),
        }
    }
    Ok(acknowledgements)
}

/// A refusal that tells what stands recorded all the same.
fn after(recorded: &[pb::Acknowledgement], error: CliError) -> CliError {
    if recorded.is_empty() {
        return error;
    }
    let entries = recorded.iter().map(|one| format!("{} as entry {}", one.jti, one.leaf_index));
    let entries = entries.collect::<Vec<_>>().join(", ");
    CliError { message: format!("{}; before that was recorded: {entries}", error.message), ..error }
}

/// The JSON line of an acknowledgement.
pub(crate) fn acknowledgement_json(acknowledgement: &pb::Acknowledgement) -> serde_json::Value {
    let mut line = serde_json::json!({
        "jti": acknowledgement.jti, "revision": acknowledgement.revision,
        "leaf_index": acknowledgement.leaf_index, "recorded_at": acknowledgement.recorded_at,
    });
    if acknowledgement.repeated {
        json::set(&mut line, "repeated", true);
    }
    line
}
