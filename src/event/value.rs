//! Checks one value against its shape. Straight matches over the tables: this runs for every statement appended.

use serde_json::{Map, Value};

use super::claim::{Members, Present, Shape};
use super::kind::{Kind, UnknownKind};
use super::suggest::closest;
use super::vocab::{codes, countries};
use super::{Amount, ClaimError, WorkerId, dates};
use crate::crypto::{PublicKey, base64_decode, base64url_decode};
use crate::statement::is_issuer_uri;

/// The most languages of one localised text.
pub(super) const LANGUAGES_MAX: usize = 30;

/// Reason and message; the caller knows the name.
type Refusal = (&'static str, String);

/// Checks a closed set of claims. `complete` says whether all claims are there or only those disclosed; the members of a
/// nested object are always all there, since only whole claims are disclosed.
pub(super) fn check_members(
    members: &Members,
    claims: &Map<String, Value>,
    complete: bool,
) -> Result<(), ClaimError> {
    let specs = members.claims;
    let mut seen = 0_u64;
    let mut next = 0;
    for (name, value) in claims {
        // Claims mostly come in the table's order, so the search starts after the last one found.
        let at = (next..specs.len())
            .chain(0..next)
            .find(|&at| specs.get(at).is_some_and(|spec| spec.name == name));
        let Some((at, spec)) = at.and_then(|at| Some((at, specs.get(at)?))) else {
            return Err(unknown(members, name));
        };
        check(&spec.shape, value).map_err(|error| error.under(name))?;
        seen |= 1 << at;
        next = at.saturating_add(1);
    }
    if complete {
        let missing = specs.iter().enumerate().find(|(at, spec)| spec.required && seen & 1 << at == 0);
        if let Some((_, spec)) = missing {
            return Err(ClaimError::new(spec.name, "MISSING_CLAIM", format!("is missing. {}", spec.doc)));
        }
    }
    (members.rule)(&Present { claims, complete })
}

fn unknown(members: &Members, name: &str) -> ClaimError {
    let suggestion = closest(name, members.claims.iter().map(|spec| spec.name));
    let hint = suggestion.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    ClaimError::new(dates::shown(name), "UNKNOWN_CLAIM", format!("is not a claim of this kind{hint}"))
}

/// Checks one value.
pub(super) fn check(shape: &Shape, value: &Value) -> Result<(), ClaimError> {
    match shape {
        Shape::List(item, max) => check_list(item, *max, value),
        Shape::Object(members) => {
            let object = value.as_object().ok_or_else(|| wrong_type(shape, value))?;
            check_members(members, object, true)
        }
        Shape::Localised(max) => check_localised(*max, shape, value),
        Shape::Bool => value.as_bool().map(|_| ()).ok_or_else(|| wrong_type(shape, value)),
        Shape::Integer(low, high) => match value.as_i64() {
            Some(number) if (*low..=*high).contains(&number) => Ok(()),
            Some(number) => Err(plain("OUT_OF_RANGE", format!("{number} is not between {low} and {high}"))),
            None => Err(wrong_type(shape, value)),
        },
        Shape::Jwk => check_jwk(value).map_err(refusal),
        _ => match value.as_str() {
            Some(text) => check_text(shape, text).map_err(refusal),
            None => Err(wrong_type(shape, value)),
        },
    }
}

fn plain(reason: &'static str, message: String) -> ClaimError {
    ClaimError::new("", reason, message)
}

fn refusal((reason, message): Refusal) -> ClaimError {
    plain(reason, message)
}

fn wrong_type(shape: &Shape, value: &Value) -> ClaimError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let expected = match shape {
        Shape::Bool => "true or false",
        Shape::Integer(..) => "a whole number",
        Shape::List(..) => "a list",
        Shape::Object(_) => "an object",
        Shape::Localised(_) => "an object of texts by language, e.g. {\"en\": \"Masonry\"}",
        Shape::Jwk => "a JWK object",
        _ if value.is_number() => "text: codes and levels are names, so write them in quotes",
        _ => "text",
    };
    plain("WRONG_TYPE", format!("is {found}; it must be {expected}"))
}

fn check_list(item: &Shape, max: usize, value: &Value) -> Result<(), ClaimError> {
    let items = value.as_array().ok_or_else(|| wrong_type(&Shape::List(&Shape::Bool, 0), value))?;
    if items.is_empty() {
        return Err(plain("EMPTY", "an empty list says nothing; leave the claim out".into()));
    }
    if items.len() > max {
        return Err(plain("TOO_MANY", format!("{} items; at most {max} are allowed", items.len())));
    }
    for (at, one) in items.iter().enumerate() {
        check(item, one).map_err(|error| error.under(&at.to_string()))?;
        // Lists are short, so comparing each with those before it is cheaper than a set.
        if items.iter().take(at).any(|earlier| earlier == one) {
            return Err(plain("DUPLICATE_VALUE", "stands in the list twice".into()).under(&at.to_string()));
        }
    }
    Ok(())
}

fn check_localised(max: usize, shape: &Shape, value: &Value) -> Result<(), ClaimError> {
    let texts = value.as_object().ok_or_else(|| wrong_type(shape, value))?;
    if texts.is_empty() {
        return Err(plain(
            "EMPTY",
            "give the text in at least one language, e.g. {\"en\": \"Masonry\"}".into(),
        ));
    }
    if texts.len() > LANGUAGES_MAX {
        return Err(plain(
            "TOO_MANY",
            format!("{} languages; at most {LANGUAGES_MAX} are allowed", texts.len()),
        ));
    }
    for (language, text) in texts {
        codes::check_language(language).map_err(refusal)?;
        check(&Shape::Text(max), text).map_err(|error| error.under(language))?;
    }
    Ok(())
}

fn check_text(shape: &Shape, text: &str) -> Result<(), Refusal> {
    match shape {
        Shape::Text(max) => check_line(text, *max),
        Shape::Date => dates::parse_date(text).map(|_| ()),
        Shape::Instant => dates::parse_instant(text).map(|_| ()),
        Shape::Country => countries::check(text),
        Shape::Language => codes::check_language(text),
        Shape::Choice(words) => check_choice(words, text),
        Shape::Amount => check_amount(text),
        Shape::Currency => codes::check_currency(text),
        Shape::Isco08 => codes::check_isco08(text),
        Shape::IscedF => codes::check_iscedf(text),
        Shape::EscoUri => codes::check_esco_uri(text),
        Shape::IssuerUri => check_issuer_uri(text),
        Shape::Hash => check_bytes::<32>(text),
        Shape::Bytes16 => check_bytes::<16>(text),
        Shape::WorkerId => {
            WorkerId::parse(text).map(|_| ()).map_err(|error| (error.reason(), error.to_string()))
        }
        Shape::AuthorisableKind => check_authorisable_kind(text),
        Shape::VerifierKey => check_verifier_key(text),
        // Not text at all; `check` has dealt with them.
        Shape::Localised(_)
        | Shape::Bool
        | Shape::Integer(..)
        | Shape::Jwk
        | Shape::List(..)
        | Shape::Object(_) => Ok(()),
    }
}

fn check_line(text: &str, max: usize) -> Result<(), Refusal> {
    // Most texts are plain ASCII and short: one pass over the bytes settles them.
    if text.len() <= max && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        match (text.bytes().next(), text.bytes().next_back()) {
            (Some(first), Some(last)) if first != b' ' && last != b' ' => return Ok(()),
            _ => {}
        }
    }
    if text.trim().is_empty() {
        return Err(("EMPTY", "is empty; leave the claim out".into()));
    }
    let characters = text.chars().count();
    if characters > max {
        return Err(("TOO_LONG", format!("has {characters} characters; at most {max} are allowed")));
    }
    // Control characters break lines and pages; bidirectional overrides show a text other than the one signed.
    let forbidden = |c: char| {
        c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    match text.chars().find(|&c| forbidden(c)) {
        Some(c) => {
            let message = format!("holds U+{:04X}, a control or direction-override character", u32::from(c));
            Err(("FORBIDDEN_CHARACTER", message))
        }
        None if text.trim().len() != text.len() => {
            Err(("FORBIDDEN_CHARACTER", "begins or ends with a space".into()))
        }
        None => Ok(()),
    }
}

fn check_choice(words: &'static [&'static str], text: &str) -> Result<(), Refusal> {
    if words.contains(&text) {
        return Ok(());
    }
    Err(("UNKNOWN_VALUE", format!("`{}` is not one of {}", dates::shown(text), words.join(", "))))
}

fn check_amount(text: &str) -> Result<(), Refusal> {
    if Amount::parse(text).is_some() {
        return Ok(());
    }
    let message = format!(
        "`{}` is no amount: digits without sign or grouping, then at most a point and three decimals, e.g. 1050.50",
        dates::shown(text)
    );
    Err(("MALFORMED_AMOUNT", message))
}

fn check_issuer_uri(text: &str) -> Result<(), Refusal> {
    if is_issuer_uri(text) {
        return Ok(());
    }
    let shown = dates::shown(text);
    let message = format!(
        "`{shown}` is no https URI of at most 256 bytes with a lower-case host, without user, query and fragment"
    );
    Err(("MALFORMED_URI", message))
}

fn check_bytes<const N: usize>(text: &str) -> Result<(), Refusal> {
    let right = text.len() == N.saturating_mul(8).div_ceil(6)
        && base64url_decode(text).is_ok_and(|bytes| bytes.len() == N);
    if right {
        Ok(())
    } else {
        Err(("MALFORMED_HASH", format!("is not {N} bytes in base64url without padding")))
    }
}

fn check_authorisable_kind(text: &str) -> Result<(), Refusal> {
    match Kind::from_name(text) {
        Some(kind) if kind.is_authorisable() => Ok(()),
        Some(_) => Err(("UNKNOWN_VALUE", format!("no body can be authorised for {text}"))),
        None => Err(("UNKNOWN_KIND", UnknownKind::new(text).to_string())),
    }
}

fn check_jwk(value: &Value) -> Result<(), Refusal> {
    let object = value.as_object().ok_or(("WRONG_TYPE", "must be a JWK object".to_owned()))?;
    if object.keys().any(|member| !matches!(member.as_str(), "kty" | "crv" | "x")) {
        return Err(("MALFORMED_KEY", "a key here has the members kty, crv and x, and no others".into()));
    }
    match PublicKey::from_jwk(value) {
        Ok(PublicKey::Ed25519(_)) => Ok(()),
        Ok(PublicKey::Es256(_)) => Err(("MALFORMED_KEY", "bodies and ledgers sign with Ed25519 keys".into())),
        Err(error) => Err(("MALFORMED_KEY", error.to_string())),
    }
}

/// The shape of a C2SP verifier key; the log's own rules read it closely.
fn check_verifier_key(text: &str) -> Result<(), Refusal> {
    let malformed = || ("MALFORMED_KEY", "is no verifier key: name+8 hexadecimal digits+base64".to_owned());
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(malformed());
    };
    let id_right = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let name_right = !name.is_empty() && text.len() <= 400 && !name.chars().any(char::is_whitespace);
    if name_right && id_right && base64_decode(key).is_ok_and(|bytes| bytes.len() == 33) {
        Ok(())
    } else {
        Err(malformed())
    }
}
