//! Another implementation of RFC 9901, `sd-jwt-payload`, beside ours: what ours accepts it accepts, and discloses the same.

use sd_jwt_payload::{SdJwt, Sha256Hasher};
use serde_json::{Map, Value};

/// Panics where the two differ and [`is_known`] does not know it.
pub fn agrees(text: &str, ours: &Map<String, Value>) {
    let theirs = SdJwt::parse(text).and_then(|read| read.into_disclosed_object(&Sha256Hasher::new()));
    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(error) => {
            assert!(is_known(ours), "refused elsewhere: {error}\n{text}");
            return;
        }
    };
    // It writes `cnf` anew from its own type, which knows fewer members than RFC 7800.
    let plain = |mut payload: Map<String, Value>| {
        payload.shift_remove("cnf");
        plain(Value::Object(payload))
    };
    assert_eq!(plain(theirs), plain(ours.clone()), "{text}");
}

/// Where it refuses what RFC 9901 and RFC 7800 allow: a `cnf` of another shape than its type has.
fn is_known(ours: &Map<String, Value>) -> bool {
    ours.contains_key("cnf")
}

/// Without what it leaves behind or drops by mistake: an object or array of nothing but digests without a disclosure stays
/// as it was signed (`decode_object` writes back only what is not empty), and an empty object in an array is lost
/// (`decode_array` looks at members alone).
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(name, _)| name != "_sd")
                .map(|(name, value)| (name, plain(value)))
                .collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.into_iter().filter(|item| !is_nothing(item)).map(plain).collect())
        }
        other => other,
    }
}

fn is_nothing(item: &Value) -> bool {
    item.as_object().is_some_and(|members| members.is_empty() || members.contains_key("..."))
}
