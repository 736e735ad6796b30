//! `trust.toml`: whom a verifier believes. Ledgers by origin and keys, root authorities by jurisdiction and keys, a
//! witness policy, and how old a standing token may be (SPEC.md, "Trust file").

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::authorise::Authorisation;
use super::state::TrustState;
use crate::crypto::PublicKey;
use crate::tlog::{Policy, TlogError, VerifierKey};

/// The longest trust file read.
pub const TRUST_FILE_BYTES_MAX: usize = 1024 * 1024;
/// `status_max_age` when the file does not say: 30 days.
pub const STATUS_MAX_AGE_DEFAULT_S: u64 = 30 * 86_400;

/// One trusted ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedLedger {
    /// Its origin.
    pub origin: String,
    /// Its checkpoint keys.
    pub log_keys: Vec<VerifierKey>,
    /// Its status keys.
    pub status_keys: Vec<PublicKey>,
}

/// One trusted root authority. Its keys are pinned: else the operator of a ledger could name keys of its own for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedRoot {
    /// Issuer identifier.
    pub issuer: String,
    /// Alpha-2 jurisdictions.
    pub jurisdictions: Vec<String>,
    /// RFC 7638 thumbprints of the keys it was established with.
    pub kids: Vec<String>,
    /// Display name.
    pub name: Option<String>,
    /// Whom to ask; contacts come from here, never from a statement.
    pub contact: Option<String>,
}

/// The parsed trust file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFile {
    /// Ledgers.
    pub ledgers: Vec<TrustedLedger>,
    /// Roots.
    pub roots: Vec<TrustedRoot>,
    /// Witness policy; `None` when the file has none.
    pub policy: Option<Policy>,
    /// The policy as written, for [`TrustFile::to_toml`].
    pub policy_text: Option<String>,
    /// How old a standing token may be, seconds.
    pub status_max_age: u64,
}

/// What is wrong with a trust file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trust file: {0}")]
pub struct TrustFileError(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<TomlList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_max_age: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness_policy: Option<String>,
    #[serde(default, rename = "ledger")]
    ledgers: Vec<TomlLedger>,
    #[serde(default, rename = "root")]
    roots: Vec<TomlRoot>,
}

/// What a signed list says of itself (`trust::list`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TomlList {
    pub(super) name: String,
    pub(super) issued: String,
    pub(super) expires: String,
    pub(super) key: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlLedger {
    origin: String,
    vkeys: Vec<String>,
    status_keys: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlRoot {
    issuer: String,
    jurisdictions: Vec<String>,
    kids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

impl TrustFile {
    /// A file that trusts nobody yet.
    pub fn empty() -> Self {
        Self {
            ledgers: vec![],
            roots: vec![],
            policy: None,
            policy_text: None,
            status_max_age: STATUS_MAX_AGE_DEFAULT_S,
        }
    }

    /// What a ledger says of itself: its keys, and every root authority that it names. Whoever believes it believes the ledger's operator.
    pub fn of_ledger(state: &TrustState) -> Result<Self, TlogError> {
        let origin = state.origin().unwrap_or_default().to_owned();
        let (log_keys, status_keys) = state.lasting_keys();
        let log_keys = log_keys.iter().map(|key| VerifierKey::log(&origin, key)).collect::<Result<_, _>>()?;
        let roots = state.root_authorities().into_iter().map(|(issuer, jurisdictions)| TrustedRoot {
            name: state.body_name(&issuer).map(str::to_owned),
            kids: state.root_kids(&issuer),
            contact: None,
            issuer,
            jurisdictions,
        });
        let roots = roots.collect();
        Ok(Self { ledgers: vec![TrustedLedger { origin, log_keys, status_keys }], roots, ..Self::empty() })
    }

    /// Parses TOML; unknown fields are errors, since a misspelt limit is no limit.
    pub fn parse(text: &str) -> Result<Self, TrustFileError> {
        match Self::parse_list(text)? {
            (file, None) => Ok(file),
            (_, Some(list)) => Err(TrustFileError(format!(
                "this is the trust list {} without its signature; give the signed list as it was published",
                list.name
            ))),
        }
    }

    /// The same with what a signed list says of itself.
    pub(super) fn parse_list(text: &str) -> Result<(Self, Option<TomlList>), TrustFileError> {
        if text.len() > TRUST_FILE_BYTES_MAX {
            return Err(TrustFileError(format!("longer than {TRUST_FILE_BYTES_MAX} bytes")));
        }
        let toml: Toml = toml::from_str(text).map_err(|error| TrustFileError(error.to_string()))?;
        let list = toml.list;
        let policy = toml.witness_policy.as_deref().map(Policy::parse).transpose();
        let file = Self {
            ledgers: toml.ledgers.into_iter().map(ledger).collect::<Result<_, _>>()?,
            roots: toml.roots.into_iter().map(root).collect::<Result<_, _>>()?,
            policy: policy.map_err(|error| TrustFileError(format!("witness_policy: {error}")))?,
            policy_text: toml.witness_policy,
            status_max_age: toml.status_max_age.as_deref().map_or(Ok(STATUS_MAX_AGE_DEFAULT_S), duration)?,
        };
        Ok((file, list))
    }

    /// Writes TOML that [`Self::parse`] reads.
    pub fn to_toml(&self) -> String {
        let mut out = String::from("# Whom a verifier believes (SPEC.md, \"Trust file\").\n");
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list = |items: &[String]| items.iter().map(|item| quote(item)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "status_max_age = \"{}h\"", self.status_max_age / 3600);
        if let Some(policy) = &self.policy_text {
            let _ = writeln!(out, "witness_policy = {}", quote(policy));
        }
        for ledger in &self.ledgers {
            let vkeys: Vec<String> = ledger.log_keys.iter().map(ToString::to_string).collect();
            let _ = write!(
                out,
                "\n[[ledger]]\norigin = {}\nvkeys = [{}]\nstatus_keys = [",
                quote(&ledger.origin),
                list(&vkeys)
            );
            for key in &ledger.status_keys {
                let jwk = key.to_jwk();
                let members = jwk.as_object().into_iter().flatten();
                let members: Vec<String> = members
                    .map(|(name, value)| format!("{name} = {}", quote(value.as_str().unwrap_or_default())))
                    .collect();
                let _ = write!(out, "{{ {} }}, ", members.join(", "));
            }
            let _ = writeln!(out, "]");
        }
        for root in &self.roots {
            let (issuer, jurisdictions, kids) =
                (quote(&root.issuer), list(&root.jurisdictions), list(&root.kids));
            let _ = writeln!(
                out,
                "\n[[root]]\nissuer = {issuer}\njurisdictions = [{jurisdictions}]\nkids = [{kids}]"
            );
            for (name, value) in [("name", &root.name), ("contact", &root.contact)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "{name} = {}", quote(value));
                }
            }
        }
        out
    }

    /// By origin.
    pub fn ledger(&self, origin: &str) -> Option<&TrustedLedger> {
        self.ledgers.iter().find(|ledger| ledger.origin == origin)
    }

    /// The trusted root for `country` on which `authorisation` rests in `state`. `None` if no root above it is trusted
    /// there, or the ledger established that root with keys that are not pinned.
    pub fn anchor(
        &self,
        state: &TrustState,
        authorisation: &Authorisation,
        country: &str,
    ) -> Option<&TrustedRoot> {
        let above = state.roots_of(&authorisation.authoriser);
        self.roots.iter().find(|root| {
            root.jurisdictions.iter().any(|c| c == country)
                && above.iter().any(|(issuer, c)| *issuer == root.issuer && c == country)
                && state.root_kids(&root.issuer).iter().all(|kid| root.kids.contains(kid))
        })
    }

    /// Whether `body` is, or stands under, a root that is trusted somewhere. A body that does not may be an invention of
    /// the ledger's operator, who names roots at will.
    pub fn vouches_for(&self, state: &TrustState, body: &str) -> bool {
        let above = state.roots_of(body);
        self.roots.iter().any(|root| {
            above.iter().any(|(issuer, c)| *issuer == root.issuer && root.jurisdictions.contains(c))
                && state.root_kids(&root.issuer).iter().all(|kid| root.kids.contains(kid))
        })
    }

    /// The trusted root for a country, to name whom to ask.
    pub fn root_for(&self, country: &str) -> Option<&TrustedRoot> {
        self.roots.iter().find(|root| root.jurisdictions.iter().any(|c| c == country))
    }
}

fn ledger(toml: TomlLedger) -> Result<TrustedLedger, TrustFileError> {
    let origin = toml.origin;
    let log_keys = toml.vkeys.iter().map(|text| match VerifierKey::parse(text) {
        Ok(key) if key.name() == origin && !key.is_cosigner() => Ok(key),
        Ok(_) => {
            Err(TrustFileError(format!("ledger {origin}: the vkey {text} is not a log key of that origin")))
        }
        Err(error) => Err(TrustFileError(format!("ledger {origin}: vkey {text}: {error}"))),
    });
    let log_keys = log_keys.collect::<Result<Vec<_>, _>>()?;
    let status_keys = toml.status_keys.iter().map(|jwk| {
        PublicKey::from_jwk(jwk)
            .map_err(|error| TrustFileError(format!("ledger {origin}: status key: {error}")))
    });
    let status_keys = status_keys.collect::<Result<Vec<_>, _>>()?;
    if log_keys.is_empty() || status_keys.is_empty() {
        return Err(TrustFileError(format!(
            "ledger {origin}: at least one vkey and one status key are needed"
        )));
    }
    Ok(TrustedLedger { origin, log_keys, status_keys })
}

fn root(toml: TomlRoot) -> Result<TrustedRoot, TrustFileError> {
    if toml.jurisdictions.is_empty() || toml.kids.is_empty() {
        return Err(TrustFileError(format!(
            "root {}: at least one jurisdiction and one kid are needed",
            toml.issuer
        )));
    }
    let TomlRoot { issuer, jurisdictions, kids, name, contact } = toml;
    Ok(TrustedRoot { issuer, jurisdictions, kids, name, contact })
}

/// `30d` or `720h`, at most ten years.
fn duration(text: &str) -> Result<u64, TrustFileError> {
    let wrong = || {
        TrustFileError(format!("status_max_age `{text}` is not a number of days (`30d`) or hours (`720h`)"))
    };
    let (digits, unit) = text.split_at_checked(text.len().wrapping_sub(1)).ok_or_else(wrong)?;
    let unit = match unit {
        "d" => 86_400,
        "h" => 3_600,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = count.checked_mul(unit).ok_or_else(wrong)?;
    if seconds <= 10 * 366 * 86_400 { Ok(seconds) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("30d").ok(), Some(STATUS_MAX_AGE_DEFAULT_S));
        assert_eq!(duration("720h").ok(), Some(STATUS_MAX_AGE_DEFAULT_S));
        for bad in ["", "d", "30", "-1d", "30m", "99999999d", "é"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("trust file")).public();
        let mut file = TrustFile::empty();
        file.ledgers.push(TrustedLedger {
            origin: "ledger.example.invalid".into(),
            log_keys: vec![VerifierKey::log("ledger.example.invalid", &key).unwrap()],
            status_keys: vec![key.clone()],
        });
        file.roots.push(TrustedRoot {
            issuer: "https://authority.example.invalid".into(),
            jurisdictions: vec!["PH".into()],
            kids: vec![key.thumbprint()],
            name: Some("a \"quoted\" name\nand a line".into()),
            contact: None,
        });
        assert_eq!(TrustFile::parse(&file.to_toml()), Ok(file));
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = TrustFile::parse("status_max_aeg = \"30d\"").unwrap_err().to_string();
        assert!(error.contains("status_max_aeg"), "{error}");
    }
}
