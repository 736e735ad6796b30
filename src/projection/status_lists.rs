//! Token Status Lists as foreign verifiers ask for them, signed anew whenever one does.

use crate::ledger::{Ledger, ReadError, STATUS_LIST_SIZE, StatusValues};
use crate::statement::status_list::{STATUS_LIST_TYP, StatusClaims, StatusList};

/// After so long a verifier asks again: the longest that a revocation stays unseen by one who does.
pub const STATUS_TTL_SECONDS: i64 = 3_600;
/// How long a list speaks at all.
pub const STATUS_TOKEN_SECONDS: i64 = 86_400;

/// The Status List Token of a list, as of now or as it was at `at` (Unix seconds); `None` for an unknown list, and for a
/// time before it was begun or in the future.
pub fn token(ledger: &Ledger, name: &str, at: Option<i64>) -> Result<Option<String>, ReadError> {
    let Some(StatusValues { uri, numbers, at }) = ledger.status_values(name, at)? else { return Ok(None) };
    let claims = StatusClaims {
        uri,
        issued_at: at,
        expires_at: Some(at.saturating_add(STATUS_TOKEN_SECONDS)),
        ttl: Some(STATUS_TTL_SECONDS),
    };
    let list = StatusList::of(STATUS_LIST_SIZE, numbers);
    let issuer = format!("https://{}", ledger.origin());
    let payload = claims.payload(&list, &issuer, &aggregation(ledger));
    Ok(Some(ledger.sign_status(STATUS_LIST_TYP, &payload)))
}

/// Where all lists are listed.
fn aggregation(ledger: &Ledger) -> String {
    format!("https://{}/status", ledger.origin())
}
