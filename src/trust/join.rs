//! The holder's consent to have two passports joined: a token by the key of each, inside the body's sealed statement.

use serde_json::{Map, Value};

use crate::crypto::PublicKey;
use crate::event::UnixMs;
use crate::statement::jws::UnverifiedJws;

/// `typ` of a consent.
pub const JOIN_TYP: &str = "skillpass-join+jwt";
/// The longest from `iat` to `exp`: it may be signed at home and brought to an office.
pub const JOIN_SECONDS_MAX: i64 = 30 * 24 * 3600;
/// How far ahead of the ledger's the worker's clock may be.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// What a consent consents to: that `body` records that the worker `sub` is the worker `other`.
#[derive(Debug, Clone, Copy)]
pub struct JoinConsent<'a> {
    /// `aud`: the body's identifier.
    pub body: &'a str,
    /// The worker whose key signs.
    pub worker: &'a str,
    /// The other worker id of the same person.
    pub other: &'a str,
}

impl JoinConsent<'_> {
    /// The payload to sign.
    pub fn payload(&self, issued_at: i64, expires_at: i64) -> Map<String, Value> {
        let mut payload = Map::new();
        payload.insert("aud".into(), self.body.into());
        payload.insert("sub".into(), self.worker.into());
        payload.insert("other".into(), self.other.into());
        payload.insert("iat".into(), issued_at.into());
        payload.insert("exp".into(), expires_at.into());
        payload
    }

    /// Whether `text` is this consent, by `holder`, good when the statement was recorded.
    pub fn is_given(&self, text: &str, holder: &PublicKey, recorded_at: UnixMs) -> bool {
        let Ok(jws) = UnverifiedJws::parse(text, JOIN_TYP) else { return false };
        let Ok(payload) = jws.verify(holder) else { return false };
        let number = |name: &str| payload.get(name).and_then(Value::as_i64);
        let (Some(issued_at), Some(expires_at)) = (number("iat"), number("exp")) else { return false };
        let recorded = i64::try_from(recorded_at / 1_000).unwrap_or(i64::MAX);
        let is_good = issued_at <= recorded.saturating_add(CLOCK_SKEW_SECONDS)
            && recorded <= expires_at
            && expires_at.saturating_sub(issued_at) <= JOIN_SECONDS_MAX;
        is_good && payload == self.payload(issued_at, expires_at)
    }
}
