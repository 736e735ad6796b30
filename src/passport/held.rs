//! One worker's verified records as the questions of `recognition` take them: from a file, or from a ledger's stream.

use jiff::civil::Date;
use serde_json::Value;

use super::View;
use super::standings::standings;
use crate::crypto::base64url_encode;
use crate::event::standing::day_end;
use crate::event::{Event, StreamRecord};
use crate::recognition::assess::Shown;
use crate::recognition::checks::{LevelFact, RecordFacts};
use crate::statement::Statement;
use crate::trust::TrustState;

/// A verified record and whether it stands on the day asked about.
#[derive(Debug, Clone)]
pub struct Held {
    jti: String,
    event: Event,
    own_hash: String,
    refers_to: Option<String>,
    stands: Option<bool>,
}

impl Held {
    pub(super) fn new(statement: &Statement, event: &Event, stands: Option<bool>) -> Self {
        let refers = event.hash("recognition_decision").or_else(|| event.target());
        Self {
            jti: statement.clear().id.urn().to_string(),
            event: event.clone(),
            own_hash: base64url_encode(statement.hash()),
            refers_to: refers.map(base64url_encode),
            stands,
        }
    }

    /// The records of a stream that `view` may see, as they stand at the end of `day`.
    pub fn of_stream(records: &[StreamRecord], trust: &TrustState, view: View, day: Date) -> Vec<Self> {
        let day_end = day_end(day);
        let changed = standings(&records.iter().collect::<Vec<_>>(), day_end, |one| trust.fails_by_key(one));
        let may_see = |one: &&StreamRecord| view == View::Holder || !one.event.is_private_by_default();
        let held = records.iter().filter(|one| !one.event.kind().binds_key()).filter(may_see).map(|one| {
            let stands = !changed.contains_key(&one.statement.hash());
            Self::new(&one.statement, &one.event, Some(stands))
        });
        held.collect()
    }

    /// The framework in which it names a level.
    pub fn framework(&self) -> Option<&str> {
        self.event.member("nqf_level", "framework")
    }

    /// As the checks take it.
    pub fn shown(&self) -> Shown<'_> {
        let event = &self.event;
        let facts = facts(event, &self.own_hash, self.refers_to.as_deref(), self.stands);
        Shown { jti: &self.jti, event, facts }
    }
}

/// What the checks take from a record, as far as it is disclosed.
pub(super) fn facts<'a>(
    event: &'a Event,
    own_hash: &'a str,
    refers_to: Option<&'a str>,
    stands: Option<bool>,
) -> RecordFacts<'a> {
    let level = || {
        Some(LevelFact {
            framework: event.member("nqf_level", "framework")?,
            version: event.member("nqf_level", "version")?,
            code: event.member("nqf_level", "code")?,
        })
    };
    RecordFacts {
        refers_to,
        stands,
        country: event.text("issuing_country"),
        origin_country: event.text("origin_country"),
        award_date: event.award_date(),
        level: level(),
        eqf_level: event.text("eqf_level"),
        recognition_kind: event.text("recognition_kind"),
        decision: event.text("decision"),
        regulated: event.claims().get("regulated").and_then(Value::as_bool),
        result: event.text("result"),
        isco08: event.text("isco08"),
        limit_jurisdiction: event.text("limit_jurisdiction"),
        from: event.date("valid_from").or_else(|| event.date("effective_from")),
        until: event.date("valid_until").or_else(|| event.date("suspended_until")),
        has_conditions: event.claims().contains_key("conditions"),
        instrument: event.text("instrument"),
        ..RecordFacts::new(event.kind(), own_hash)
    }
}
