//! Who calls: credentials and the errors that tell nothing about anybody (SPEC.md, "Access").
//!
//! A credential is a JWS `skillpass-access+jwt` in `authorization: Bearer …`, good for minutes, for one ledger, and if it
//! says so for one method. It is signed by an operator's key, a body's current key or the worker's current holder key; there
//! are no accounts, no sessions and no passwords.

use serde_json::{Map, Value};
use tonic::metadata::MetadataMap;

use super::{convert, grants};
use crate::ledger::{Ledger, Operator, Role};
use crate::passport::{Grant, GrantError, UnverifiedGrant};
use crate::statement::jws::UnverifiedJws;
use crate::trust::{IssuerKind, KeyVerdict};

/// `typ` of an access credential.
pub const ACCESS_TYP: &str = "skillpass-access+jwt";
/// `typ` of a holder's request for erasure.
pub const ERASURE_TYP: &str = "skillpass-erasure+jwt";
/// The metadata in which the bearer of a grant shows it, beside its own credential.
pub const GRANT_METADATA: &str = "skillpass-grant";
/// The longest from `iat` to `exp`.
pub const ACCESS_SECONDS_MAX: i64 = 300;

/// The longest from `iat` to `exp` of a request for erasure: it may be made at home and brought to an office.
pub const ERASURE_SECONDS_MAX: i64 = 30 * 24 * 3600;

/// How far the caller's clock may be off.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// The longest credential.
pub(super) const CREDENTIAL_BYTES_MAX: usize = 4096;

/// A credential that is wrong on its face, whatever worker it is for: saying so tells nothing about anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error("`authorization` must be `Bearer ` and a {ACCESS_TYP} of at most {CREDENTIAL_BYTES_MAX} bytes")]
    Malformed,
    #[error("the credential's `aud` is not this ledger's origin")]
    OtherAudience,
    #[error(
        "the credential has expired, is not valid yet, or is valid for more than {ACCESS_SECONDS_MAX} seconds"
    )]
    OutOfTime,
    #[error("the request for erasure is no {ERASURE_TYP} with `aud`, `sub`, `iat` and `exp`")]
    ErasureMalformed,
    #[error("the request for erasure has expired, is not valid yet, or is valid for more than 30 days")]
    ErasureOutOfTime,
    #[error("the credential's `htm` names another method")]
    OtherMethod,
    #[error("the credential's signature is not by the key that it names")]
    BadSignature,
    #[error("this call needs the operator's credential")]
    OperatorOnly,
    #[error("this call needs an operator with the role {}", .0.name())]
    RoleMissing(Role),
    #[error("only the root operator names operators")]
    RootOnly,
    #[error("`iss` is no body that this ledger knows by this key now")]
    UnknownIssuer,
    #[error("this call needs the credential of a body: one with `iss`")]
    IssuerOnly,
    #[error("a credential for a change names the method in `htm`")]
    MethodMissing,
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error("assistance without the worker's key needs two tokens, alike but for who says them")]
    TwoWords,
    #[error("the two bodies that vouch are one, or one of them is above the other")]
    SameBody,
    #[error("this call is for employment services and the operator, never for employers")]
    EmploymentServiceOnly,
}

impl AccessError {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Malformed | Self::ErasureMalformed => "CREDENTIAL_MALFORMED",
            Self::OtherAudience => "CREDENTIAL_OTHER_AUDIENCE",
            Self::OutOfTime | Self::ErasureOutOfTime => "CREDENTIAL_OUT_OF_TIME",
            Self::OtherMethod => "CREDENTIAL_OTHER_METHOD",
            Self::BadSignature => "CREDENTIAL_BAD_SIGNATURE",
            Self::OperatorOnly => "OPERATOR_ONLY",
            Self::RoleMissing(_) => "ROLE_MISSING",
            Self::RootOnly => "ROOT_OPERATOR_ONLY",
            Self::UnknownIssuer => "CREDENTIAL_UNKNOWN_ISSUER",
            Self::IssuerOnly => "ISSUER_ONLY",
            Self::MethodMissing => "CREDENTIAL_METHOD_MISSING",
            Self::Grant(error) => error.reason(),
            Self::TwoWords => "ASSISTANCE_WORDS_DIFFER",
            Self::SameBody => "WITNESSES_NOT_INDEPENDENT",
            Self::EmploymentServiceOnly => "EMPLOYMENT_SERVICE_ONLY",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Grant(error) => error.help(),
            Self::TwoWords => {
                "make both with `skillpass assist vouch`, the second with --with and the first's file"
            }
            Self::SameBody => {
                "ask a body of another organisation to vouch, one that neither authorised the first nor depends on it"
            }
            Self::Malformed | Self::BadSignature | Self::OtherMethod | Self::MethodMissing => {
                "make a fresh credential with the key you call as (`--as KEYFILE` does); SPEC.md, \"Access\""
            }
            Self::OtherAudience => "sign `aud` = the first line of this ledger's checkpoint",
            Self::OutOfTime => "make a fresh credential, and check this machine's clock",
            Self::ErasureMalformed | Self::ErasureOutOfTime => {
                "have the worker sign a new one (SPEC.md, \"Access\"); `skillpass erase WORKER --request F` brings it"
            }
            Self::EmploymentServiceOnly => {
                "call with the key of a body that this ledger has authorised as PUBLIC_EMPLOYMENT_SERVICE"
            }
            Self::OperatorOnly => {
                "call with the key in DIR.operator.key that `skillpass init` wrote (`--as DIR.operator.key`)"
            }
            Self::RoleMissing(_) => {
                "ask whoever holds DIR.operator.key for an operator of that role (`skillpass operator add`)"
            }
            Self::RootOnly => "call with the key in DIR.operator.key",
            Self::UnknownIssuer => {
                "sign with a key of the body that the ledger lists as current, and spell `iss` as it is recorded"
            }
            Self::IssuerOnly => {
                "call with the body's key and its issuer identifier (`--as school.jwk --iss URI`)"
            }
        }
    }
}

/// Who calls. Client certificates, where a server asks for them, may name the same callers: [`Caller::of`] is the one place
/// that says who they are.
pub(super) enum Caller {
    /// No credential.
    Anonymous,
    /// An operator; the signature was checked.
    Operator(Box<Operator>),
    /// A body, by its issuer identifier; the signature was checked under a key of it that is current.
    Issuer(String),
    /// Some other key; its signature is checked once it is known whose data is asked for.
    Key(Box<UnverifiedJws>),
    /// Whoever has the key that a grant is bound to; that much was checked.
    Grantee(Box<Grantee>),
}

/// A grant as its bearer showed it.
pub(super) struct Grantee {
    pub(super) token: String,
    pub(super) shown: UnverifiedGrant,
    /// The body that the bearer says it is; checked.
    pub(super) issuer: Option<String>,
}

impl Grantee {
    /// Thumbprint of the key that called.
    pub(super) fn kid(&self) -> String {
        self.shown.grant.audience.thumbprint()
    }
}

impl Caller {
    /// Reads and judges what can be judged without knowing whose data is asked for.
    pub(super) fn of(metadata: &MetadataMap, method: &str, ledger: &Ledger) -> Result<Self, AccessError> {
        let Some(value) = metadata.get("authorization") else { return Ok(Self::Anonymous) };
        let text = value.to_str().map_err(|_| AccessError::Malformed)?;
        let token = text.strip_prefix("Bearer ").filter(|token| token.len() <= CREDENTIAL_BYTES_MAX);
        let token = token.ok_or(AccessError::Malformed)?;
        let jws = UnverifiedJws::parse(token, ACCESS_TYP).map_err(|_| AccessError::Malformed)?;
        judge_place(&jws.payload, ledger, ACCESS_SECONDS_MAX)?;
        judge_method(&jws.payload, method)?;
        let issuer = match jws.payload.get("iss") {
            Some(issuer) => Some(issuer.as_str().ok_or(AccessError::Malformed)?.to_owned()),
            None => None,
        };
        if let Some(token) = metadata.get(GRANT_METADATA) {
            let token = token.to_str().map_err(|_| AccessError::Grant(GrantError::Malformed))?;
            return Self::grantee_of(jws, issuer, token, ledger);
        }
        if let Some(issuer) = issuer {
            return Self::issuer_of(jws, issuer, ledger);
        }
        let Some(operator) = jws.kid.as_deref().and_then(|kid| ledger.operator(kid)) else {
            return Ok(Self::Key(Box::new(jws)));
        };
        jws.verify(&operator.key).map_err(|_| AccessError::BadSignature)?;
        Ok(Self::Operator(Box::new(operator)))
    }

    /// For what changes something: the credential must name the method, so that one made for reading changes nothing.
    pub(super) fn of_change(
        metadata: &MetadataMap,
        method: &str,
        ledger: &Ledger,
    ) -> Result<Self, AccessError> {
        let caller = Self::of(metadata, method, ledger)?;
        let token = metadata.get("authorization").and_then(|value| value.to_str().ok());
        let token = token.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        match UnverifiedJws::parse(token, ACCESS_TYP) {
            Ok(jws) if !jws.payload.contains_key("htm") => Err(AccessError::MethodMissing),
            _ => Ok(caller),
        }
    }

    /// All that the grant and the credential say of each other; whether the worker gave it is looked up at the read.
    fn grantee_of(
        jws: UnverifiedJws,
        issuer: Option<String>,
        token: &str,
        ledger: &Ledger,
    ) -> Result<Self, AccessError> {
        let shown = grants::face(ledger, token)?;
        let audience = &shown.grant.audience;
        if jws.kid.as_deref() != Some(audience.thumbprint().as_str()) {
            return Err(GrantError::OtherKey.into());
        }
        match &issuer {
            Some(issuer) => drop(Self::issuer_of(jws, issuer.clone(), ledger)?),
            None => drop(jws.verify(audience).map_err(|_| AccessError::BadSignature)?),
        }
        Ok(Self::Grantee(Box::new(Grantee { token: token.to_owned(), shown, issuer })))
    }

    /// Bodies and their keys are public, so a wrong one may be told.
    fn issuer_of(jws: UnverifiedJws, issuer: String, ledger: &Ledger) -> Result<Self, AccessError> {
        let trust = ledger.trust();
        let kid = jws.kid.clone().ok_or(AccessError::UnknownIssuer)?;
        let key = trust.key(&issuer, &kid).ok_or(AccessError::UnknownIssuer)?;
        if trust.key_verdict(&issuer, &kid, u64::MAX, ledger.now_ms()) != KeyVerdict::Valid {
            return Err(AccessError::UnknownIssuer);
        }
        jws.verify(key).map_err(|_| AccessError::BadSignature)?;
        Ok(Self::Issuer(issuer))
    }

    /// Refuses everyone but an operator of this role.
    pub(super) fn operator(&self, role: Role) -> Result<(), AccessError> {
        match self {
            Self::Operator(operator) if operator.roles.contains(&role) => Ok(()),
            Self::Operator(_) => Err(AccessError::RoleMissing(role)),
            Self::Anonymous | Self::Issuer(_) | Self::Key(_) | Self::Grantee(_) => {
                Err(AccessError::OperatorOnly)
            }
        }
    }

    /// Refuses everyone but the root operator.
    pub(super) fn root(&self, ledger: &Ledger) -> Result<(), AccessError> {
        match self {
            Self::Operator(operator) if operator.key == ledger.operator_key() => Ok(()),
            Self::Operator(_) => Err(AccessError::RootOnly),
            Self::Anonymous | Self::Issuer(_) | Self::Key(_) | Self::Grantee(_) => {
                Err(AccessError::OperatorOnly)
            }
        }
    }

    /// Refuses a grant that keeps something back, for calls that give the whole; and two bodies' word for it, which never
    /// stands in for the worker's own.
    pub(super) fn whole(&self) -> Result<(), AccessError> {
        let Self::Grantee(grantee) = self else { return Ok(()) };
        let Grant { scope, witness, .. } = &grantee.shown.grant;
        if scope.is_whole() && witness.is_none() { Ok(()) } else { Err(GrantError::TooNarrow.into()) }
    }

    /// The body that calls; refuses everyone else.
    pub(super) fn issuer(&self) -> Result<&str, AccessError> {
        match self {
            Self::Issuer(issuer) => Ok(issuer),
            Self::Anonymous | Self::Operator(_) | Self::Key(_) | Self::Grantee(_) => {
                Err(AccessError::IssuerOnly)
            }
        }
    }
}

impl Caller {
    /// Refuses everyone but employment services and the operator.
    pub(super) fn employment_service(&self, ledger: &Ledger) -> Result<(), AccessError> {
        let (trust, day) = (ledger.trust(), convert::day_of(ledger.now_ms()));
        let is_service = |issuer: &str| trust.is_sort(issuer, IssuerKind::PublicEmploymentService, day);
        let by_key = |jws: &UnverifiedJws| {
            let key = trust.key_of_sort(jws.kid.as_deref()?, IssuerKind::PublicEmploymentService, day)?;
            jws.clone().verify(&key).ok()
        };
        let may = match self {
            Self::Operator(_) => true,
            Self::Issuer(issuer) => is_service(issuer),
            Self::Grantee(grantee) => grantee.issuer.as_deref().is_some_and(is_service),
            Self::Key(jws) => by_key(jws).is_some(),
            Self::Anonymous => false,
        };
        if may { Ok(()) } else { Err(AccessError::EmploymentServiceOnly) }
    }
}

pub(super) fn judge_place(
    payload: &Map<String, Value>,
    ledger: &Ledger,
    longest: i64,
) -> Result<(), AccessError> {
    judge(payload, ledger.origin(), seconds(ledger.now_ms()), longest)
}

/// For this ledger, now, and not for longer than allowed.
fn judge(payload: &Map<String, Value>, origin: &str, now: i64, longest: i64) -> Result<(), AccessError> {
    let number = |name: &str| payload.get(name).and_then(Value::as_i64).ok_or(AccessError::Malformed);
    if payload.get("aud").and_then(Value::as_str) != Some(origin) {
        return Err(AccessError::OtherAudience);
    }
    let (issued, expires) = (number("iat")?, number("exp")?);
    let latest = issued.checked_add(longest).ok_or(AccessError::OutOfTime)?;
    let is_sane = issued < expires && expires <= latest;
    // The saturating sums keep clocks at the edge of time from wrapping.
    let is_now =
        issued <= now.saturating_add(CLOCK_SKEW_SECONDS) && expires >= now.saturating_sub(CLOCK_SKEW_SECONDS);
    if is_sane && is_now { Ok(()) } else { Err(AccessError::OutOfTime) }
}

fn judge_method(payload: &Map<String, Value>, method: &str) -> Result<(), AccessError> {
    match payload.get("htm") {
        Some(named) if named.as_str() != Some(method) => Err(AccessError::OtherMethod),
        _ => Ok(()),
    }
}

/// Unix seconds of the ledger's time.
pub(super) fn seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ORIGIN: &str = "ledger.example.invalid";
    const METHOD: &str = "/skillpass.v1.PassportService/GetPassport";

    fn judged(change: impl Fn(&mut Map<String, Value>)) -> Result<(), AccessError> {
        let mut payload = json!({"aud": ORIGIN, "iat": 1000, "exp": 1300}).as_object().cloned().unwrap();
        change(&mut payload);
        judge(&payload, ORIGIN, 1100, ACCESS_SECONDS_MAX).and_then(|()| judge_method(&payload, METHOD))
    }

    #[test]
    fn a_credential_is_for_one_ledger_some_minutes_and_if_it_says_so_one_method() {
        let with = |name: &'static str, value: Value| {
            judged(move |payload| drop(payload.insert(name.into(), value.clone())))
        };
        assert_eq!(judged(|_| ()), Ok(()));
        assert_eq!(with("htm", METHOD.into()), Ok(()));
        assert_eq!(with("htm", "/other".into()), Err(AccessError::OtherMethod));
        assert_eq!(with("htm", 3.into()), Err(AccessError::OtherMethod));
        assert_eq!(with("aud", "other.invalid".into()), Err(AccessError::OtherAudience));
        assert_eq!(with("exp", 1301.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("exp", 1000.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("iat", i64::MAX.into()), Err(AccessError::OutOfTime));
        assert_eq!(with("iat", "1000".into()), Err(AccessError::Malformed));
        assert_eq!(judged(|payload| drop(payload.remove("exp"))), Err(AccessError::Malformed));
    }

    #[test]
    fn a_credential_counts_from_its_issue_to_its_end_give_or_take_a_minute() {
        let payload = json!({"aud": ORIGIN, "iat": 1000, "exp": 1300}).as_object().cloned().unwrap();
        let at = |now| judge(&payload, ORIGIN, now, ACCESS_SECONDS_MAX);
        assert_eq!(at(939), Err(AccessError::OutOfTime));
        assert_eq!(at(940), Ok(()));
        assert_eq!(at(1360), Ok(()));
        assert_eq!(at(1361), Err(AccessError::OutOfTime));
    }
}
