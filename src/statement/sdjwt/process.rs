//! From the signed payload and the disclosures to the processed payload (RFC 9901 section 7.1 steps 3 to 5).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::super::disclosure::{self, Disclosure, ELEMENT, SD, SD_ALG, SHA_256, read_digest};
use super::super::error::StatementError;
use super::super::json::{DEPTH_MAX, JsonError};
use super::super::{DISCLOSURES_MAX, error::Part};
use crate::crypto::Hash;

/// Replaces every digest that has its disclosure, drops the others, and removes `_sd` and `_sd_alg`.
pub(super) fn process(
    signed: Map<String, Value>,
    disclosures: &str,
) -> Result<Map<String, Value>, StatementError> {
    if signed.get(SD_ALG).is_some_and(|alg| alg != SHA_256) {
        return Err(StatementError::SdAlgUnknown);
    }
    let mut open = Open { disclosures: HashMap::new(), seen: HashSet::new() };
    for text in disclosures.split_terminator('~') {
        if open.disclosures.len() == DISCLOSURES_MAX {
            return Err(StatementError::TooManyDisclosures);
        }
        if open.disclosures.insert(disclosure::digest(text), Disclosure::parse(text)?).is_some() {
            return Err(StatementError::DisclosureTwice);
        }
    }
    let mut payload = open.object(signed, 1)?;
    // Last, so that a disclosure of this name collides with it.
    payload.shift_remove(SD_ALG);
    // Step 5: what no digest named was added by someone else.
    if open.disclosures.is_empty() { Ok(payload) } else { Err(StatementError::DisclosureUnreferenced) }
}

struct Open {
    /// Not yet referenced.
    disclosures: HashMap<Hash, Disclosure>,
    /// Every digest met so far, decoys included.
    seen: HashSet<Hash>,
}

impl Open {
    fn value(&mut self, value: Value, depth: usize) -> Result<Value, StatementError> {
        match value {
            Value::Object(members) => self.object(members, depth.saturating_add(1)).map(Value::Object),
            Value::Array(items) => self.array(items, depth.saturating_add(1)).map(Value::Array),
            plain => Ok(plain),
        }
    }

    fn object(
        &mut self,
        mut members: Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, StatementError> {
        check_depth(depth)?;
        let digests = match members.shift_remove(SD) {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(StatementError::SdInvalid),
        };
        let mut object = Map::with_capacity(members.len().saturating_add(digests.len()));
        for (name, value) in members {
            if name == ELEMENT {
                return Err(StatementError::DisclosureReservedName);
            }
            object.insert(name, self.value(value, depth)?);
        }
        for digest in &digests {
            let Some(Disclosure { name, value, .. }) = self.take(digest)? else { continue };
            // Step 3.b: a disclosure named by `_sd` must be of three elements.
            let name = name.ok_or(StatementError::DisclosureArity)?;
            if object.contains_key(&name) {
                return Err(StatementError::ClaimCollision { name: StatementError::shown(&name) });
            }
            object.insert(name, self.value(value, depth)?);
        }
        Ok(object)
    }

    fn array(&mut self, items: Vec<Value>, depth: usize) -> Result<Vec<Value>, StatementError> {
        check_depth(depth)?;
        let mut array = Vec::with_capacity(items.len());
        for item in items {
            let hidden = item.as_object().and_then(|members| Some((members.len(), members.get(ELEMENT)?)));
            let Some((members, digest)) = hidden else {
                array.push(self.value(item, depth)?);
                continue;
            };
            // Section 4.2.4.2: no other member may stand beside `...`.
            if members != 1 {
                return Err(StatementError::DisclosureReservedName);
            }
            if let Some(Disclosure { name, value, .. }) = self.take(digest)? {
                if name.is_some() {
                    return Err(StatementError::DisclosureArity);
                }
                array.push(self.value(value, depth)?);
            }
        }
        Ok(array)
    }

    /// The disclosure of `digest`, `None` for a decoy or one kept back.
    fn take(&mut self, digest: &Value) -> Result<Option<Disclosure>, StatementError> {
        let digest = read_digest(digest)?;
        // Step 4: a digest stands in one place only, in the payload and in all disclosures together.
        if self.seen.insert(digest) {
            Ok(self.disclosures.remove(&digest))
        } else {
            Err(StatementError::DigestTwice)
        }
    }
}

/// Disclosures nest by reference, so their text alone does not bound the depth.
fn check_depth(depth: usize) -> Result<(), StatementError> {
    if depth <= DEPTH_MAX {
        return Ok(());
    }
    Err(StatementError::Json { part: Part::Disclosure, fault: JsonError::TooDeep })
}
