//! Our profile of SD-JWT VC, parsed strictly: [`Unverified`] until the signature is checked, then [`Statement`].

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::clear::Clear;
use super::disclosure::{self, Disclosure, SD, SD_ALG, SHA_256, holds_marker, read_digest};
use super::error::{BindingFault, StatementError};
use super::jws::Compact;
use super::{DISCLOSURES_MAX, SALT_CHARS_MIN, STATEMENT_BYTES_MAX, STATEMENT_TYP};
use crate::crypto::{Algorithm, BusyKeys, Hash, PublicKey, SIGNATURE_BYTES, sha256};

/// Claims that a verifier must always see (draft-ietf-oauth-sd-jwt-vc section 2.2.2.2), and `iat` and `jti`, by which
/// the ledger tells statements apart.
const PROTECTED: [&str; 10] =
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "iat", "jti"];

/// Parsed, its signature not yet checked.
#[derive(Debug, Clone)]
pub struct Unverified {
    statement: Statement,
    alg: Algorithm,
    signature: [u8; SIGNATURE_BYTES],
    /// The signing input is the text up to here.
    signed_bytes: usize,
}

impl Unverified {
    /// Parses one statement of our profile (person or institution), strictly.
    ///
    /// A key-binding JWT is refused here; presentations of bare SD-JWTs go through [`super::sdjwt::verify`].
    pub fn parse(text: &str) -> Result<Self, StatementError> {
        if text.len() > STATEMENT_BYTES_MAX {
            return Err(StatementError::TooLarge { max: STATEMENT_BYTES_MAX });
        }
        let (jwt, disclosures) = split(text)?;
        let (Compact { header, payload, signature, signed }, digests) = Compact::parse_with_digests(jwt)?;
        if header.typ.as_deref() != Some(STATEMENT_TYP) {
            return Err(StatementError::WrongTyp { expected: STATEMENT_TYP });
        }
        let kid = header.kid.ok_or(StatementError::KidMissing)?;
        // A header member of one's own would be free text in clear, and in the log for ever.
        if header.has_more {
            return Err(StatementError::HeaderMemberUnknown);
        }
        let (clear, mut claims) = Clear::take(payload, kid, header.alg)?;
        let signed_bytes = signed.len();
        let digests = match digests {
            Some(digests) => Some(Digests::of(digests)?),
            None => claims.shift_remove(SD).map(|digests| Digests::read(&digests)).transpose()?,
        };
        let parts = match digests {
            Some(digests) => {
                Parts::of_person(text, jwt.len().saturating_add(1), disclosures, digests, claims)?
            }
            None => Parts::in_clear(disclosures, claims)?,
        };
        let statement =
            Statement { clear, parts, text: text.to_owned(), jwt_bytes: jwt.len(), hash: OnceLock::new() };
        Ok(Self { statement, alg: header.alg, signature, signed_bytes })
    }

    /// What the sender claims, to find the key with. Unverified.
    pub fn clear(&self) -> &Clear {
        &self.statement.clear
    }

    /// Checks the signature over the received bytes.
    pub fn verify(self, key: &PublicKey) -> Result<Statement, StatementError> {
        self.check_key(key)?;
        if key.verify(self.signed(), &self.signature) {
            Ok(self.statement)
        } else {
            Err(StatementError::SignatureInvalid)
        }
    }

    /// [`Self::verify`] of several, each with its own verdict: cheaper than one by one.
    pub fn verify_all(
        several: Vec<(Self, PublicKey)>,
        busy: &mut BusyKeys,
    ) -> Vec<Result<Statement, StatementError>> {
        let signed: Vec<_> = several.iter().map(|(one, key)| (key, one.signed(), &one.signature)).collect();
        let verdicts = PublicKey::verify_all(&signed, busy);
        let verdict = |((one, key), signed): ((Self, PublicKey), bool)| {
            one.check_key(&key)?;
            if signed { Ok(one.statement) } else { Err(StatementError::SignatureInvalid) }
        };
        several.into_iter().zip(verdicts).map(verdict).collect()
    }

    /// Whether it is the key that the header names, of the algorithm that the header names: the key decides it, never the
    /// header alone (RFC 8725 section 3.1).
    fn check_key(&self, key: &PublicKey) -> Result<(), StatementError> {
        if self.statement.clear.kid != key.thumbprint() {
            return Err(StatementError::KidMismatch);
        }
        if self.alg == key.algorithm() { Ok(()) } else { Err(StatementError::AlgKeyMismatch) }
    }

    fn signed(&self) -> &[u8] {
        self.statement.text.as_bytes().get(..self.signed_bytes).unwrap_or_default()
    }

    /// The statement without checking its signature again, if the caller's proof holds that this very JWT was verified before:
    /// for the ledger's own records, whose S opens to it. The JWT's digests settle the disclosures.
    #[cfg(feature = "server")]
    pub(crate) fn already_verified(self, is_proven: impl FnOnce(&str) -> bool) -> Option<Statement> {
        is_proven(self.statement.jwt()).then_some(self.statement)
    }
}

/// What stands before the first `~`, and what behind it.
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b'~', text.as_bytes())?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

/// `<JWT>` and `<disclosure>~…~` behind its `~`.
fn split(text: &str) -> Result<(&str, &str), StatementError> {
    let (jwt, disclosures) = cut(text).ok_or(StatementError::NotAnSdJwt)?;
    if !disclosures.is_empty() && !disclosures.ends_with('~') {
        let behind = disclosures.rsplit('~').next().unwrap_or_default();
        let is_binding = behind.contains('.');
        return Err(if is_binding { BindingFault::NotAllowed.into() } else { StatementError::NotAnSdJwt });
    }
    Ok((jwt, disclosures))
}

/// The claims, and where each stands.
#[derive(Debug, Clone)]
struct Parts {
    /// Shared with the event that follows from them.
    claims: Arc<Map<String, Value>>,
    /// The text of each claim's disclosure, in the order of `claims`; empty if they stand in clear.
    places: Vec<Range<usize>>,
    undisclosed: usize,
    is_in_clear: bool,
}

impl Parts {
    fn in_clear(disclosures: &str, claims: Map<String, Value>) -> Result<Self, StatementError> {
        if !disclosures.is_empty() {
            return Err(StatementError::DisclosureUnreferenced);
        }
        if claims.contains_key(SD_ALG) {
            return Err(StatementError::SdInvalid);
        }
        if claims.iter().any(|(name, value)| disclosure::is_marker(name) || holds_marker(value)) {
            return Err(StatementError::NestedDisclosure);
        }
        Ok(Self { claims: Arc::new(claims), places: Vec::new(), undisclosed: 0, is_in_clear: true })
    }

    /// `rest` is the payload without the clear claims and `_sd`; the disclosures begin at `start`.
    fn of_person(
        text: &str,
        start: usize,
        disclosures: &str,
        mut digests: Digests,
        mut rest: Map<String, Value>,
    ) -> Result<Self, StatementError> {
        // RFC 9901 section 4.1.1: absent means sha-256.
        if rest.shift_remove(SD_ALG).is_some_and(|alg| alg != SHA_256) {
            return Err(StatementError::SdAlgUnknown);
        }
        if let Some(name) = rest.keys().next() {
            return Err(StatementError::ClaimInClear { name: StatementError::shown(name) });
        }
        let mut claims = Map::with_capacity(digests.sorted.len());
        let mut places = Vec::with_capacity(digests.sorted.len());
        let (mut begin, mut room) = (start, Vec::new());
        let mut behind = disclosures;
        while let Some((disclosure, rest)) = cut(behind) {
            behind = rest;
            let place = begin..begin.saturating_add(disclosure.len());
            begin = place.end.saturating_add(1);
            digests.take(disclosure)?;
            let (name, value) = read_claim(disclosure, &mut room)?;
            match claims.entry(name) {
                Entry::Vacant(free) => drop(free.insert(value)),
                Entry::Occupied(taken) => {
                    return Err(StatementError::ClaimCollision { name: StatementError::shown(taken.key()) });
                }
            }
            places.push(place);
        }
        debug_assert_eq!(
            (begin, behind),
            (text.len(), ""),
            "every byte belongs to the JWT, a disclosure or a `~`"
        );
        Ok(Self { claims: Arc::new(claims), places, undisclosed: digests.left(), is_in_clear: false })
    }
}

fn read_claim(disclosure: &str, room: &mut Vec<u8>) -> Result<(String, Value), StatementError> {
    let Disclosure { salt_chars, name, value } = Disclosure::parse_in(disclosure, room)?;
    let name = name.ok_or(StatementError::DisclosureArity)?;
    if salt_chars < SALT_CHARS_MIN {
        return Err(StatementError::SaltTooShort);
    }
    if PROTECTED.contains(&name.as_str()) {
        return Err(StatementError::ProtectedClaimDisclosed { name });
    }
    if name == SD_ALG {
        return Err(StatementError::DisclosureReservedName);
    }
    if holds_marker(&value) {
        return Err(StatementError::NestedDisclosure);
    }
    Ok((name, value))
}

/// The digests of `_sd`, each to be met by at most one disclosure.
struct Digests {
    sorted: Vec<(Hash, bool)>,
}

impl Digests {
    fn read(value: &Value) -> Result<Self, StatementError> {
        let digests = value.as_array().ok_or(StatementError::SdInvalid)?;
        if digests.len() > DISCLOSURES_MAX {
            return Err(StatementError::TooManyDisclosures);
        }
        Self::of(digests.iter().map(read_digest).collect::<Result<_, StatementError>>()?)
    }

    fn of(digests: Vec<Hash>) -> Result<Self, StatementError> {
        if digests.is_empty() {
            return Err(StatementError::SdInvalid);
        }
        if digests.len() > DISCLOSURES_MAX {
            return Err(StatementError::TooManyDisclosures);
        }
        let mut sorted: Vec<(Hash, bool)> = digests.into_iter().map(|digest| (digest, false)).collect();
        sorted.sort_unstable();
        // RFC 9901 section 7.1 step 4.
        if sorted.windows(2).any(|pair| matches!(pair, [one, two] if one.0 == two.0)) {
            return Err(StatementError::DigestTwice);
        }
        Ok(Self { sorted })
    }

    fn take(&mut self, disclosure: &str) -> Result<(), StatementError> {
        let digest = disclosure::digest(disclosure);
        let found = self.sorted.binary_search_by(|(known, _)| known.cmp(&digest)).ok();
        // RFC 9901 section 7.1 step 5: every disclosure must be referenced.
        let (_, met) =
            found.and_then(|at| self.sorted.get_mut(at)).ok_or(StatementError::DisclosureUnreferenced)?;
        if std::mem::replace(met, true) { Err(StatementError::DisclosureTwice) } else { Ok(()) }
    }

    fn left(&self) -> usize {
        self.sorted.iter().filter(|(_, met)| !met).count()
    }
}

/// A statement whose signature was verified over the bytes received, which it keeps.
#[derive(Debug, Clone)]
pub struct Statement {
    clear: Clear,
    parts: Parts,
    text: String,
    jwt_bytes: usize,
    /// Computed when it is first asked for: of most statements appended nobody asks.
    hash: OnceLock<Hash>,
}

impl Statement {
    /// The claims in clear.
    pub fn clear(&self) -> &Clear {
        &self.clear
    }

    /// The disclosed claims (all but the clear ones), `sub` among them when disclosed.
    pub fn claims(&self) -> &Arc<Map<String, Value>> {
        &self.parts.claims
    }

    /// `sub`, if disclosed or in clear.
    pub fn subject(&self) -> Option<&str> {
        self.claims().get("sub").and_then(Value::as_str)
    }

    /// The bytes as received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The issuer-signed JWT, without disclosures and `~`.
    pub fn jwt(&self) -> &str {
        self.text.get(..self.jwt_bytes).unwrap_or_default()
    }

    /// The statement's hash: SHA-256 of [`Self::jwt`].
    pub fn hash(&self) -> Hash {
        *self.hash.get_or_init(|| sha256(&[self.jwt().as_bytes()]))
    }

    /// True if every `_sd` digest has its disclosure.
    pub fn is_complete(&self) -> bool {
        self.parts.undisclosed == 0
    }

    /// True for `<JWT>~` without `_sd` (institution, publication, ledger).
    pub fn is_in_clear(&self) -> bool {
        self.parts.is_in_clear
    }

    /// The same statement with only the named claims disclosed, in the original disclosures' bytes and order.
    pub fn disclose(&self, names: &[&str]) -> Result<String, StatementError> {
        if self.parts.is_in_clear {
            return Err(StatementError::NotSelective);
        }
        if let Some(name) = names.iter().find(|name| !self.claims().contains_key(**name)) {
            return Err(StatementError::NotDisclosed { name: StatementError::shown(name) });
        }
        let mut text = String::with_capacity(self.text.len());
        text.push_str(self.jwt());
        text.push('~');
        for (name, place) in self.claims().keys().zip(&self.parts.places) {
            if names.contains(&name.as_str()) {
                text.push_str(self.text.get(place.clone()).unwrap_or_default());
                text.push('~');
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests;
