//! Grants: the worker's signed permission that a named key reads a part of the passport for a time (SPEC.md, "Grants").
//! And the word of two bodies that stands in for it, for a day, when the worker's key is lost.

use serde_json::{Map, Value};

use super::scope::Scope;
use crate::crypto::{PrivateKey, PublicKey};
use crate::event::WorkerId;
use crate::statement::jws::{self, UnverifiedJws};

/// `typ` of a grant by the holder.
pub const GRANT_TYP: &str = "skillpass-grant+jwt";
/// `typ` of a body's word for assistance without the worker's key.
pub const ASSISTANCE_TYP: &str = "skillpass-assistance+jwt";
/// The longest grant from `iat` to `exp`: 90 days.
pub const GRANT_SECONDS_MAX: i64 = 90 * 24 * 3600;
/// The longest assistance: a day.
pub const ASSISTANCE_SECONDS_MAX: i64 = 24 * 3600;
/// The longest token; it travels in a header.
pub const GRANT_BYTES_MAX: usize = 4096;
/// The longest purpose, and the longest name of a witness.
pub const PURPOSE_BYTES_MAX: usize = 200;
/// How far ahead the giver's clock may be.
const SKEW_SECONDS: i64 = 60;

/// What the bearer of a grant does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantRole {
    /// Reads for itself.
    Reader,
    /// Helps the worker, for at most a day.
    Assistant,
}

impl GrantRole {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Assistant => "assistant",
        }
    }
}

/// What is granted. Of [`ASSISTANCE_TYP`] the same but for who grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `jti`.
    pub id: uuid::Uuid,
    /// `aud`: the origin of the ledger.
    pub origin: String,
    /// `sub`.
    pub worker: WorkerId,
    /// `cnf.jwk`: whose credential it goes with.
    pub audience: PublicKey,
    /// `role`.
    pub role: GrantRole,
    /// `purpose`: why, in the giver's words.
    pub purpose: String,
    /// `scope`.
    pub scope: Scope,
    /// `iat`.
    pub issued_at: i64,
    /// `exp`.
    pub expires_at: i64,
    /// `iss` and `witness` of a body's word.
    pub witness: Option<Witness>,
}

/// A body that vouches for who is helped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The body.
    pub issuer: String,
    /// Who of it: a desk or a staff number.
    pub name: String,
}

/// A grant that is wrong on its face: telling so tells nothing about the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not a token of this form.
    #[error(
        "this is no grant: a JWS of at most {GRANT_BYTES_MAX} bytes with exactly the members of its kind"
    )]
    Malformed,
    /// For another ledger.
    #[error("the grant's `aud` is not this ledger's origin")]
    OtherLedger,
    /// Not now.
    #[error("the grant has ended, or is not valid yet")]
    OutOfTime,
    /// For longer than allowed.
    #[error("a grant is valid for at most 90 days, assistance for at most 24 hours")]
    TooLong,
    /// Bound to another key.
    #[error("the grant is bound to another key than the credential's")]
    OtherKey,
    /// It does not open everything.
    #[error("the grant opens a part of the passport, and this call gives the whole")]
    TooNarrow,
}

impl GrantError {
    /// Stable.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "GRANT_MALFORMED",
            Self::OtherLedger => "GRANT_OTHER_LEDGER",
            Self::OutOfTime => "GRANT_OUT_OF_TIME",
            Self::TooLong => "GRANT_TOO_LONG",
            Self::OtherKey => "GRANT_OTHER_KEY",
            Self::TooNarrow => "GRANT_TOO_NARROW",
        }
    }

    /// What to do.
    pub fn help(self) -> &'static str {
        match self {
            Self::Malformed => {
                "give the file that the worker made with `skillpass grant new` or `skillpass assist`, unaltered"
            }
            Self::OtherLedger => "use it at the ledger it was made for",
            Self::OutOfTime => "ask the worker for a new grant, and check this machine's clock",
            Self::TooLong => "make it shorter",
            Self::OtherKey => {
                "call with the private half of the key that the grant was made for (`--as KEYFILE`)"
            }
            Self::TooNarrow => "read it with `skillpass passport show`, or ask the worker for a presentation",
        }
    }
}

/// A grant whose signature is not yet checked.
#[derive(Debug, Clone)]
pub struct UnverifiedGrant {
    /// What it claims.
    pub grant: Grant,
    /// `kid` of its header.
    pub kid: Option<String>,
    jws: UnverifiedJws,
}

impl Grant {
    /// Signs it: the holder's key for a grant, a body's for its word.
    pub fn sign(&self, key: &PrivateKey) -> String {
        let typ = if self.witness.is_some() { ASSISTANCE_TYP } else { GRANT_TYP };
        jws::sign(typ, &self.payload(), key)
    }

    fn payload(&self) -> Map<String, Value> {
        let mut payload = Map::new();
        let mut put = |name: &str, value: Value| drop(payload.insert(name.to_owned(), value));
        if let Some(Witness { issuer, name }) = &self.witness {
            put("iss", issuer.clone().into());
            put("witness", name.clone().into());
        }
        put("aud", self.origin.clone().into());
        put("sub", self.worker.to_string().into());
        put("jti", self.id.urn().to_string().into());
        put("iat", self.issued_at.into());
        put("exp", self.expires_at.into());
        put("cnf", serde_json::json!({"jwk": self.audience.to_jwk()}));
        put("role", self.role.name().into());
        put("purpose", self.purpose.clone().into());
        put("scope", self.scope.to_json());
        payload
    }

    /// Reads a token of either kind, its signature unchecked.
    pub fn parse(token: &str) -> Result<UnverifiedGrant, GrantError> {
        if token.len() > GRANT_BYTES_MAX {
            return Err(GrantError::Malformed);
        }
        let by_holder = UnverifiedJws::parse(token, GRANT_TYP);
        let is_by_holder = by_holder.is_ok();
        let jws = by_holder.or_else(|_| UnverifiedJws::parse(token, ASSISTANCE_TYP));
        let jws = jws.map_err(|_| GrantError::Malformed)?;
        let grant = read(jws.payload.clone(), !is_by_holder).ok_or(GrantError::Malformed)?;
        Ok(UnverifiedGrant { grant, kid: jws.kid.clone(), jws })
    }

    /// For this ledger, now, and not for longer than its kind may be.
    pub fn judge(&self, origin: &str, now: i64) -> Result<(), GrantError> {
        if self.origin != origin {
            return Err(GrantError::OtherLedger);
        }
        let longest = match self.role {
            GrantRole::Reader => GRANT_SECONDS_MAX,
            GrantRole::Assistant => ASSISTANCE_SECONDS_MAX,
        };
        let lasts = self.expires_at.checked_sub(self.issued_at).ok_or(GrantError::Malformed)?;
        if lasts <= 0 {
            return Err(GrantError::Malformed);
        }
        if lasts > longest {
            return Err(GrantError::TooLong);
        }
        // Its end is its end: no leeway, or a day would be more than a day.
        if now >= self.expires_at || self.issued_at > now.saturating_add(SKEW_SECONDS) {
            return Err(GrantError::OutOfTime);
        }
        Ok(())
    }

    /// Whether two bodies' words are about the same: everything but who says it and when it was signed.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let alike = Self { issued_at: self.issued_at, witness: self.witness.clone(), ..other.clone() };
        *self == alike
    }
}

impl UnverifiedGrant {
    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.kid.as_deref() == Some(key.thumbprint().as_str()) && self.jws.clone().verify(key).is_ok()
    }
}

fn read(mut payload: Map<String, Value>, is_assistance: bool) -> Option<Grant> {
    let mut text = |name: &str| match payload.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let witness = if is_assistance {
        Some(Witness { issuer: text("iss")?, name: bounded(text("witness")?)? })
    } else {
        None
    };
    let origin = text("aud")?;
    let worker = WorkerId::parse(&text("sub")?).ok()?;
    let jti = text("jti")?;
    let id = uuid::Uuid::try_parse(jti.strip_prefix("urn:uuid:")?).ok()?;
    let role = match text("role")?.as_str() {
        "reader" if !is_assistance => GrantRole::Reader,
        "assistant" => GrantRole::Assistant,
        _ => return None,
    };
    let purpose = bounded(text("purpose")?)?;
    let issued_at = payload.remove("iat")?.as_i64()?;
    let expires_at = payload.remove("exp")?.as_i64()?;
    let Value::Object(mut cnf) = payload.remove("cnf")? else { return None };
    let audience = PublicKey::from_jwk(&cnf.remove("jwk")?).ok()?;
    let scope = Scope::from_json(&payload.remove("scope")?)?;
    let is_exact = payload.is_empty() && cnf.is_empty() && id.urn().to_string() == jti;
    is_exact.then_some(Grant {
        id,
        origin,
        worker,
        audience,
        role,
        purpose,
        scope,
        issued_at,
        expires_at,
        witness,
    })
}

/// Something, and not too much of it, on one line.
fn bounded(text: String) -> Option<String> {
    is_purpose(&text).then_some(text)
}

/// Whether a text can be the purpose of a grant.
pub fn is_purpose(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= PURPOSE_BYTES_MAX && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;

    fn key(seed: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(seed))
    }

    fn grant() -> Grant {
        Grant {
            id: uuid::Uuid::from_u128(7),
            origin: "ledger.example.invalid".to_owned(),
            worker: WorkerId([3; 16]),
            audience: key("hospital").public(),
            role: GrantRole::Reader,
            purpose: "hiring".to_owned(),
            scope: Scope::whole(),
            issued_at: 1000,
            expires_at: 2000,
            witness: None,
        }
    }

    fn spoken(issuer: &str) -> Grant {
        let witness = Some(Witness { issuer: issuer.to_owned(), name: "desk 4".to_owned() });
        Grant { role: GrantRole::Assistant, witness, ..grant() }
    }

    #[test]
    fn a_grant_reads_back_as_signed_and_only_under_its_key() {
        for grant in [grant(), spoken("https://union.example.invalid")] {
            let token = grant.sign(&key("holder"));
            let read = Grant::parse(&token).unwrap();
            assert_eq!(read.grant, grant);
            assert!(read.is_signed_by(&key("holder").public()));
            assert!(!read.is_signed_by(&key("hospital").public()));
        }
    }

    #[test]
    fn a_grant_is_read_up_to_its_limit() {
        let padded = |more: usize| Grant { origin: "x".repeat(more), ..grant() }.sign(&key("holder"));
        // Three bytes of text are four of the token: not each length can be had.
        let beyond = (2_000..4_000).find(|more| padded(*more).len() > GRANT_BYTES_MAX).unwrap();
        let longest = padded(beyond - 1);
        assert!(longest.len() + 1 >= GRANT_BYTES_MAX);
        assert!(Grant::parse(&longest).is_ok());
        assert_eq!(Grant::parse(&padded(beyond)).unwrap_err(), GrantError::Malformed);
    }

    #[test]
    fn a_grant_has_exactly_its_members() {
        let signed = |typ: &str, change: &dyn Fn(&mut Map<String, Value>)| {
            let mut payload = grant().payload();
            change(&mut payload);
            Grant::parse(&jws::sign(typ, &payload, &key("holder"))).map(|read| read.grant)
        };
        assert_eq!(signed(GRANT_TYP, &|_| ()), Ok(grant()));
        let names: Vec<String> = grant().payload().keys().cloned().collect();
        for name in names {
            let without = signed(GRANT_TYP, &|payload| drop(payload.remove(&name)));
            assert_eq!(without, Err(GrantError::Malformed), "{name}");
        }
        let purpose = |bytes: usize| Value::from("x".repeat(bytes));
        let longest = |payload: &mut Map<String, Value>| {
            payload.insert("purpose".to_owned(), purpose(PURPOSE_BYTES_MAX));
        };
        assert!(signed(GRANT_TYP, &longest).is_ok());
        for (name, value) in [
            ("more", Value::from(1)),
            ("role", "owner".into()),
            ("purpose", " ".into()),
            ("purpose", purpose(PURPOSE_BYTES_MAX + 1)),
            ("jti", "urn:uuid:00000000-0000-0000-0000-0000000000AB".into()),
        ] {
            let with = signed(GRANT_TYP, &|payload| drop(payload.insert(name.to_owned(), value.clone())));
            assert_eq!(with, Err(GrantError::Malformed), "{name}");
        }
        assert_eq!(signed(ASSISTANCE_TYP, &|_| ()), Err(GrantError::Malformed), "no body stands behind it");
        assert_eq!(signed("JWT", &|_| ()), Err(GrantError::Malformed));
    }

    #[test]
    fn a_grant_ends_when_it_says_and_no_assistance_lasts_beyond_a_day() {
        let judged = |change: &dyn Fn(&mut Grant), now| {
            let mut grant = grant();
            change(&mut grant);
            grant.judge("ledger.example.invalid", now)
        };
        assert_eq!(judged(&|_| (), 1999), Ok(()));
        assert_eq!(judged(&|_| (), 2000), Err(GrantError::OutOfTime));
        assert_eq!(judged(&|_| (), 939), Err(GrantError::OutOfTime));
        assert_eq!(
            judged(&|grant| grant.origin = "other.invalid".to_owned(), 1500),
            Err(GrantError::OtherLedger)
        );
        let lasting =
            |role, seconds| judged(&|grant| (grant.role, grant.expires_at) = (role, 1000 + seconds), 1500);
        for (role, longest) in
            [(GrantRole::Reader, GRANT_SECONDS_MAX), (GrantRole::Assistant, ASSISTANCE_SECONDS_MAX)]
        {
            assert_eq!(lasting(role, longest), Ok(()));
            assert_eq!(lasting(role, longest + 1), Err(GrantError::TooLong));
        }
    }

    #[test]
    fn two_words_agree_but_for_who_says_them_and_when() {
        let (one, other) = (spoken("https://one.invalid"), spoken("https://other.invalid"));
        assert!(one.agrees_with(&Grant { issued_at: 1001, ..other.clone() }));
        assert!(!one.agrees_with(&Grant { expires_at: 2001, ..other.clone() }));
        assert!(!one.agrees_with(&Grant { audience: key("thief").public(), ..other.clone() }));
        assert!(!one.agrees_with(&Grant { id: uuid::Uuid::from_u128(8), ..other }));
    }
}
