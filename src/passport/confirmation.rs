//! Who confirmed a record of work: a household or an informal employer alone is not believed to be independent.

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::crypto::Hash;
use crate::event::{Event, Kind};
use crate::statement::Statement;
use crate::trust::Authorisation;

/// One ExperienceConfirmed that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Its statement's id.
    pub jti: String,
    /// `iss`.
    pub issuer: String,
    /// As published in its authorisation.
    pub issuer_name: String,
    /// Kind of body, e.g. `WORKERS_ORGANISATION`.
    pub issuer_kind: String,
    /// `confirmed_on`, if shown.
    pub confirmed_on: Option<Date>,
}

/// The confirmations of each record, by its hash.
#[derive(Debug, Default)]
pub(super) struct Confirmations(HashMap<Hash, Vec<Confirmation>>);

impl Confirmations {
    /// Takes note of `statement` if it confirms something. Only of one that stands and was authorised.
    pub(super) fn note(&mut self, statement: &Statement, event: &Event, authorisation: &Authorisation) {
        let Some(record) = event.hash("record").filter(|_| event.kind() == Kind::ExperienceConfirmed) else {
            return;
        };
        let clear = statement.clear();
        self.0.entry(record).or_default().push(Confirmation {
            jti: clear.id.urn().to_string(),
            issuer: clear.issuer.clone(),
            issuer_name: authorisation.issuer_name.clone(),
            issuer_kind: authorisation.issuer_kind.clone(),
            confirmed_on: event.award_date(),
        });
    }

    /// Those of the record with this hash.
    pub(super) fn of(&self, record: &Hash) -> Vec<Confirmation> {
        self.0.get(record).cloned().unwrap_or_default()
    }
}

impl Confirmation {
    /// As in a record's `confirmed_by`.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "jti": self.jti,
            "issuer": self.issuer,
            "issuer_name": self.issuer_name,
            "issuer_kind": self.issuer_kind,
            "confirmed_on": self.confirmed_on.map(|day| day.to_string()),
        })
    }
}
