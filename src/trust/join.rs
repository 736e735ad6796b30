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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};
    use crate::statement::jws;

    #[test]
    fn a_consent_lasts_so_long_and_begins_when_it_says() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("join"));
        let consent = JoinConsent { body: "https://a.invalid", worker: "wkr_1", other: "wkr_2" };
        let given = |issued_at: i64, seconds: i64, recorded_at: i64| {
            let text = jws::sign(JOIN_TYP, &consent.payload(issued_at, issued_at + seconds), &key);
            consent.is_given(&text, &key.public(), u64::try_from(recorded_at * 1000).unwrap())
        };
        assert!(given(1000, JOIN_SECONDS_MAX, 1000));
        assert!(!given(1000, JOIN_SECONDS_MAX + 1, 1000), "for too long");
        assert!(given(1000, 60, 1060) && !given(1000, 60, 1061), "its end");
        assert!(given(1300, 60, 1000) && !given(1301, 60, 1000), "a clock that is ahead");
        // From the beginning of numbers to their end is too long, and no sum of it is made.
        let text = jws::sign(JOIN_TYP, &consent.payload(i64::MIN, i64::MAX), &key);
        assert!(!consent.is_given(&text, &key.public(), u64::MAX));
    }
}
