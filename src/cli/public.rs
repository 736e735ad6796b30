//! Statements of one body about another (or itself): signed in clear, appended one after another.

use serde_json::{Map, Value};

use super::client::Client;
use super::draft::Draft;
use super::error::{CliError, Exit};
use super::send::{acknowledgement_json, append_in_order};
use super::{Context, out};
use crate::crypto::PrivateKey;
use crate::event::Kind;

/// Signs `statements` about `subject` as `issuer` and appends them in their order, printing each acknowledgement.
pub(crate) async fn append(
    context: Context,
    client: &Client,
    key: &PrivateKey,
    issuer: &str,
    subject: &str,
    statements: Vec<(Kind, Map<String, Value>)>,
) -> Result<Exit, CliError> {
    let mut signed = Vec::new();
    for (kind, claims) in &statements {
        let mut all = Map::new();
        all.insert("sub".into(), subject.into());
        all.extend(claims.clone());
        signed.push(Draft::new(*kind, issuer, all)?.sign(key)?);
    }
    let acknowledgements = append_in_order(client, signed).await?;
    for ((kind, _), acknowledgement) in statements.iter().zip(&acknowledgements) {
        if context.json {
            out::line(acknowledgement_json(acknowledgement))?;
        } else {
            out::line(format_args!(
                "{} of {subject} recorded as entry {} ({})",
                kind.name(),
                acknowledgement.leaf_index,
                acknowledgement.jti
            ))?;
        }
    }
    Ok(Exit::Done)
}
