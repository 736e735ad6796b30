//! What is read again of a statement that was parsed strictly before it was recorded: little, and nothing is built of the rest.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::clear::{StatusReference, read_id};
use super::error::{Part, StatementError};
use super::json::JsonError;
use super::jws::decoded;

/// A recorded statement in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brief {
    /// `jti`.
    pub(crate) id: Uuid,
    /// `vct`.
    pub(crate) vct: String,
    /// `iss` and `status`, where it bears an index.
    pub(crate) bears: Option<(String, StatusReference)>,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow)]
    vct: Cow<'a, str>,
    #[serde(borrow)]
    jti: Cow<'a, str>,
    status: Option<Value>,
}

impl Brief {
    /// Of a statement's text.
    pub(crate) fn read(text: &str) -> Result<Self, StatementError> {
        let mut parts = text.split('.');
        let payload = parts.nth(1).ok_or(StatementError::NotAJws)?;
        let payload = decoded(payload, Part::Payload)?;
        let Members { iss, vct, jti, status } = serde_json::from_slice(&payload).map_err(|error| {
            let fault = JsonError::Syntax { line: error.line(), column: error.column() };
            StatementError::Json { part: Part::Payload, fault }
        })?;
        let bears = status.map(|status| StatusReference::read(&status).ok_or(StatementError::StatusInvalid));
        Ok(Self {
            id: read_id(&jti).ok_or(StatementError::IdInvalid)?,
            vct: vct.into_owned(),
            bears: bears.transpose()?.map(|status| (iss.into_owned(), status)),
        })
    }
}
