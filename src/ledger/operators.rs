//! Operators beside the root operator: named keys with the least that each needs. Kept in DIR.key/operators.json; the key
//! of DIR.operator.key stands in no list, may do everything, and alone names and removes the others.
//!
//! The list has a checksum, and is written, empty, as the ledger is founded: beside an operator's key that has its `kid` it is never
//! missing. A list from before has none, and gets one when it is changed.

use std::sync::{PoisonError, RwLock};

use serde_json::{Value, json};

use super::Ledger;
use super::error::{OpenError, ReadError};
use crate::crypto::{PublicKey, hex_encode, sha256};
use crate::vault::{DataDir, OperatorKeyFile, VaultError, read_operators, write_operators};

/// The most operators a ledger names.
pub const OPERATORS_MAX: usize = 64;
/// The longest name of one: a desk or an office, never a person.
pub const OPERATOR_NAME_BYTES_MAX: usize = 64;

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads persons' records.
    Reader,
    /// Erases by order.
    Eraser,
    /// The ledger's own statements, its status, duplicate reviews.
    Admin,
    /// The ledger's status and the status lists of all bodies; no person.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Eraser, Self::Admin, Self::Auditor];

    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Eraser => "eraser",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The inverse.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who may act for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// What the root operator called it; `root` for the root itself.
    pub name: String,
    /// Its credentials are signed with this key's private half.
    pub key: PublicKey,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// Why the list of operators was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// Empty, too long, or the root's own.
    #[error("an operator's name has 1 to {OPERATOR_NAME_BYTES_MAX} of a-z, 0-9 and `-`, and is not `root`")]
    Name,
    /// None, or one twice.
    #[error("give one role or several of reader, eraser, admin, auditor, each once")]
    Roles,
    /// Somebody already signs with it.
    #[error("this key, or this name, is an operator's already")]
    Taken,
    /// Nobody of that name.
    #[error("no operator has this name")]
    Unknown,
    /// The list is full.
    #[error("a ledger names at most {OPERATORS_MAX} operators")]
    TooMany,
    /// The list could not be written.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl OperatorError {
    /// Stable.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Name => "OPERATOR_NAME_INVALID",
            Self::Roles => "OPERATOR_ROLES_INVALID",
            Self::Taken => "OPERATOR_EXISTS",
            Self::Unknown => "OPERATOR_UNKNOWN",
            Self::TooMany => "OPERATORS_TOO_MANY",
            Self::Read(_) => "UNREADABLE",
        }
    }
}

/// The list, in memory and on disk.
pub(super) struct Operators {
    paths: DataDir,
    list: RwLock<Vec<Operator>>,
}

impl Operators {
    /// The list of a new ledger: nobody.
    pub(super) fn create(paths: &DataDir) -> Result<(), VaultError> {
        write_operators(paths, &encode(&[]))
    }

    /// What is wrong with the list on disk. `has_checksum`: the operator's key says that there is one, with a checksum.
    pub(super) fn problem(paths: &DataDir, has_checksum: bool) -> Result<Option<&'static str>, VaultError> {
        let Some(bytes) = read_operators(paths)? else {
            return Ok(has_checksum.then_some("it is missing: nobody but the root operator is known"));
        };
        let Some(list) = decode(&bytes) else { return Ok(Some("it is not what was written")) };
        Ok((has_checksum && encode(&list) != bytes).then_some("its checksum is missing"))
    }

    pub(super) fn open(paths: &DataDir) -> Result<Self, OpenError> {
        let damaged = || VaultError::KeyFile { path: paths.operators() };
        let list = match read_operators(paths)? {
            None => Vec::new(),
            Some(bytes) => decode(&bytes).ok_or_else(damaged)?,
        };
        Ok(Self { paths: paths.clone(), list: RwLock::new(list) })
    }

    fn list(&self) -> Vec<Operator> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Durable before it counts.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<Operator>) -> Result<(), OperatorError>,
    ) -> Result<(), OperatorError> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = list.clone();
        change(&mut changed)?;
        write_operators(&self.paths, &encode(&changed)).map_err(ReadError::from)?;
        *list = changed;
        // The change counts already; what fails here is made up for by the next one.
        if let Err(error) = OperatorKeyFile::add_kid(&self.paths) {
            tracing::warn!("the operator's key did not get its `kid`: {error}");
        }
        Ok(())
    }
}

impl Ledger {
    /// The operators that the root operator named.
    pub fn operators(&self) -> Vec<Operator> {
        self.0.shared.operators.list()
    }

    /// The operator whose key has this thumbprint; the root operator among them.
    pub fn operator(&self, kid: &str) -> Option<Operator> {
        let root = self.operator_key();
        if root.thumbprint() == kid {
            return Some(Operator { name: "root".to_owned(), key: root, roles: Role::ALL.to_vec() });
        }
        let list = self.0.shared.operators.list.read().unwrap_or_else(PoisonError::into_inner);
        list.iter().find(|operator| operator.key.thumbprint() == kid).cloned()
    }

    /// Names an operator. The caller checked that the root operator asks.
    pub fn add_operator(&self, operator: Operator) -> Result<(), OperatorError> {
        let root = self.operator_key();
        self.0.shared.operators.change(|list| {
            check(&operator)?;
            let same = |known: &Operator| known.name == operator.name || known.key == operator.key;
            if operator.key == root || list.iter().any(same) {
                return Err(OperatorError::Taken);
            }
            if list.len() >= OPERATORS_MAX {
                return Err(OperatorError::TooMany);
            }
            list.push(operator);
            Ok(())
        })
    }

    /// Removes one; its credentials count no more from the next call on.
    pub fn remove_operator(&self, name: &str) -> Result<(), OperatorError> {
        self.0.shared.operators.change(|list| {
            let before = list.len();
            list.retain(|operator| operator.name != name);
            if list.len() < before { Ok(()) } else { Err(OperatorError::Unknown) }
        })
    }
}

fn check(operator: &Operator) -> Result<(), OperatorError> {
    let Operator { name, roles, .. } = operator;
    let spelt = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name.is_empty() || name.len() > OPERATOR_NAME_BYTES_MAX || !spelt || name == "root" {
        return Err(OperatorError::Name);
    }
    let mut once = roles.clone();
    once.sort();
    once.dedup();
    if roles.is_empty() || once.len() != roles.len() { Err(OperatorError::Roles) } else { Ok(()) }
}

fn encode(list: &[Operator]) -> Vec<u8> {
    let operator = |operator: &Operator| {
        let roles: Vec<&str> = operator.roles.iter().map(|role| role.name()).collect();
        json!({"name": operator.name, "jwk": operator.key.to_jwk(), "roles": roles})
    };
    let list: Value = list.iter().map(operator).collect();
    let checksum = hex_encode(sha256(&[list.to_string().as_bytes()]));
    format!("{:#}\n", json!({"operators": list, "sha256": checksum})).into_bytes()
}

fn decode(bytes: &[u8]) -> Option<Vec<Operator>> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let operator = |value: &Value| {
        let roles = value.get("roles")?.as_array()?;
        let operator = Operator {
            name: value.get("name")?.as_str()?.to_owned(),
            key: PublicKey::from_jwk(value.get("jwk")?).ok()?,
            roles: roles.iter().map(|role| Role::from_name(role.as_str()?)).collect::<Option<_>>()?,
        };
        check(&operator).ok().map(|()| operator)
    };
    let list: Vec<Operator> =
        document.get("operators")?.as_array()?.iter().map(operator).collect::<Option<_>>()?;
    // Encoding again compares the checksum and every spelling in one.
    (document.get("sha256").is_none() || encode(&list) == bytes).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};

    fn operator(name: &str, roles: &[Role]) -> Operator {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new(name)).public();
        Operator { name: name.to_owned(), key, roles: roles.to_vec() }
    }

    #[test]
    fn the_list_reads_back_as_written_and_a_damaged_one_not_at_all() {
        let list =
            vec![operator("desk-1", &[Role::Reader]), operator("audit", &[Role::Auditor, Role::Admin])];
        let bytes = encode(&list);
        assert_eq!(decode(&bytes), Some(list.clone()));
        let text = String::from_utf8(bytes).unwrap();
        let other = text.replace("desk-1", "desk-2");
        assert_eq!(decode(other.as_bytes()), None, "another name, which could be one");
        // As it was written before there was a checksum.
        let (operators, _) = text.split_once(",\n  \"sha256\"").unwrap();
        assert_eq!(decode(format!("{operators}\n}}\n").as_bytes()), Some(list));
        let text = format!("{operators}\n}}\n");
        for (from, to) in [("reader", "owner"), ("desk-1", "root"), ("\"name\"", "\"nom\"")] {
            assert_eq!(decode(text.replace(from, to).as_bytes()), None, "{from}");
        }
    }

    #[test]
    fn a_list_that_is_promised_and_missing_or_without_its_checksum_is_found() {
        let outside = tempfile::tempdir().unwrap();
        let paths = DataDir::new(&outside.path().join("ledger")).unwrap();
        paths.create().unwrap();
        let found = |has_checksum| Operators::problem(&paths, has_checksum).unwrap();
        assert_eq!((found(false), found(true).is_some()), (None, true));
        Operators::create(&paths).unwrap();
        assert_eq!((found(false), found(true)), (None, None));
        write_operators(&paths, b"{\"operators\": []}\n").unwrap();
        assert_eq!((found(false), found(true)), (None, Some("its checksum is missing")));
    }

    #[test]
    fn an_operator_has_a_plain_name_and_each_role_once() {
        assert!(check(&operator("desk-1", &[Role::Reader])).is_ok());
        for name in ["", "root", "Desk", "a b", &"x".repeat(65)] {
            assert!(matches!(check(&operator(name, &[Role::Reader])), Err(OperatorError::Name)), "{name}");
        }
        for roles in [&[][..], &[Role::Reader, Role::Reader]] {
            assert!(matches!(check(&operator("desk", roles)), Err(OperatorError::Roles)));
        }
    }
}
