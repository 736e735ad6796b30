//! Strict JSON: no duplicate member, bounded depth, nothing after the value. The size is the caller's to bound.

use std::cell::Cell;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting of arrays and objects accepted from outside.
pub const DEPTH_MAX: usize = 16;

/// Why bytes were refused as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// An object names one member twice.
    #[error(
        "an object names one member twice (RFC 8259 section 4 leaves its meaning open, so it is refused)"
    )]
    DuplicateMember,
    /// Not JSON (RFC 8259), not UTF-8, a number beyond IEEE 754 double precision, or bytes after the value.
    #[error("not JSON, or a number out of range, at line {line}, column {column}")]
    Syntax {
        /// 1-based.
        line: usize,
        /// 1-based, in bytes.
        column: usize,
    },
    /// Arrays and objects are nested too deep.
    #[error("arrays and objects are nested deeper than {DEPTH_MAX}")]
    TooDeep,
}

impl JsonError {
    /// Stable name of the broken rule, for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::DuplicateMember => "DUPLICATE_MEMBER",
            Self::Syntax { .. } => "MALFORMED",
            Self::TooDeep => "TOO_DEEP",
        }
    }
}

/// Parses one JSON value (UTF-8), refusing duplicate members (RFC 8259 section 4 allows them, we refuse), nesting
/// beyond [`DEPTH_MAX`], numbers that overflow a double, and trailing bytes.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { depth: 0, fault: &fault }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        fault.get().unwrap_or(JsonError::Syntax { line: error.line(), column: error.column() })
    })
}

/// Sets a member of an object, in the place that it has or at the end. A value of another kind stays what it is.
pub fn set(object: &mut Value, member: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value.into());
    }
}

/// What of ours is written as JSON, as a value. Nothing of ours refuses to be written; null would say so.
pub fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// The same as text.
pub fn text(of: &impl Serialize) -> String {
    serde_json::to_string(of).unwrap_or_else(|_| Value::Null.to_string())
}

/// The members of an object, and those of a list that was one of them.
pub(super) type ObjectAndList<T> = (Map<String, Value>, Option<Vec<T>>);

/// What [`parse`] would make of an object, but for the member `apart` where that is a list of texts which `read` can all
/// read: what it made of them instead. `None` for anything else, good or bad, a text with an escape in it among them.
pub(super) fn parse_object_with_list<T>(
    bytes: &[u8],
    apart: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<ObjectAndList<T>> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let members = ObjectWithList { strict: Strict { depth: 1, fault: &fault }, apart, read };
    let members = deserializer.deserialize_map(members).ok()?;
    deserializer.end().ok().map(|()| members)
}

struct ObjectWithList<'a, F> {
    strict: Strict<'a>,
    apart: &'a str,
    read: F,
}

impl<'de, T, F: Fn(&str) -> Option<T>> Visitor<'de> for ObjectWithList<'_, F> {
    type Value = ObjectAndList<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut object, mut list) = (Map::new(), None);
        while let Some(name) = members.next_key::<String>()? {
            let is_new = if name == self.apart {
                list.replace(members.next_value_seed(Texts(&self.read))?).is_none()
            } else {
                object.insert(name, members.next_value_seed(self.strict)?).is_none()
            };
            if !is_new {
                return Err(serde::de::Error::custom(""));
            }
        }
        Ok((object, list))
    }
}

/// A list of plain texts, each read as it comes.
struct Texts<'a, F>(&'a F);

impl<'de, T, F: Fn(&str) -> Option<T>> DeserializeSeed<'de> for Texts<'_, F> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, F: Fn(&str) -> Option<T>> Visitor<'de> for Texts<'_, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(text) = items.next_element::<&str>()? {
            read.push((self.0)(text).ok_or_else(|| serde::de::Error::custom(""))?);
        }
        Ok(read)
    }
}

/// `[text, text, value]`, as nearly every disclosure is: what [`parse`] would make of it, without a list around it. `None`
/// for anything else, good or bad, a text with an escape in it among them.
pub(super) fn parse_claim(bytes: &[u8]) -> Option<(&str, &str, Value)> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let items = deserializer.deserialize_seq(Claim(Strict { depth: 1, fault: &fault })).ok()?;
    deserializer.end().ok().map(|()| items)
}

struct Claim<'a>(Strict<'a>);

impl<'de> Visitor<'de> for Claim<'_> {
    type Value = (&'de str, &'de str, Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("two texts and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let missing = || serde::de::Error::custom("");
        let salt = items.next_element()?.ok_or_else(missing)?;
        let name = items.next_element()?.ok_or_else(missing)?;
        // Serde_json refuses a fourth item where the list must end.
        Ok((salt, name, items.next_element_seed(self.0)?.ok_or_else(missing)?))
    }
}

/// Builds a [`Value`]. Serde errors carry text only, so the rule that broke is left in `fault`.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<Option<JsonError>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            self.refuse(JsonError::TooDeep)
        } else {
            Ok(Self { depth: self.depth.saturating_add(1), ..self })
        }
    }

    fn refuse<T, E: serde::de::Error>(self, rule: JsonError) -> Result<T, E> {
        self.fault.set(Some(rule));
        Err(E::custom(""))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom(""))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut object = Map::new();
        // Names are compared unescaped: "a" and "\u0061" are one name.
        while let Some(name) = members.next_key::<String>()? {
            if object.insert(name, members.next_value_seed(deeper)?).is_some() {
                return self.refuse(JsonError::DuplicateMember);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn a_member_named_twice_is_refused_however_it_is_spelt() {
        assert_eq!(parse(br#"{"a":1,"a":1}"#), Err(JsonError::DuplicateMember));
        assert_eq!(parse(br#"[{"x":{"a":1,"\u0061":2}}]"#), Err(JsonError::DuplicateMember));
        assert!(parse(br#"{"a":{"a":1},"A":2}"#).is_ok());
    }

    /// ECMA-262 reads so too: our page and this reader show one number, not two.
    #[test]
    fn a_number_is_the_double_nearest_to_what_is_written() {
        let digits = format!("2{}", "7".repeat(45));
        for text in [
            digits.as_str(),
            "77777777777700000014423289173207620715",
            "123e-7",
            "0.1",
            "1.7976931348623157e308",
        ] {
            let read = parse(text.as_bytes()).unwrap();
            assert_eq!(read.as_f64(), text.parse().ok(), "{text}");
            assert_eq!(parse(read.to_string().as_bytes()), Ok(read), "{text}");
        }
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(parse(nested(DEPTH_MAX + 1).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(parse(nested(10_000).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(parse(r#"{"a":"#.repeat(DEPTH_MAX + 1).as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn a_claim_is_as_strict_as_any_json() {
        let deepest = format!(r#"["s","n",{}]"#, nested(DEPTH_MAX - 1));
        assert!(parse_claim(deepest.as_bytes()).is_some() && parse(deepest.as_bytes()).is_ok());
        let too_deep = format!(r#"["s","n",{}]"#, nested(DEPTH_MAX));
        for bad in [
            &too_deep,
            r#"["s","n",{"a":1,"a":1}]"#,
            r#"["s","n",1e999]"#,
            r#"["s","n",1,]"#,
            r#"["s","n",01]"#,
        ] {
            assert_eq!(parse_claim(bad.as_bytes()), None, "{bad}");
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_one_whole_value_is_json() {
        let bad: [&[u8]; 14] = [
            b"",
            b"{} {}",
            b"1 x",
            b"[1,]",
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"01",
            b"+1",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"'a'",
            b"\xef\xbb\xbf{}",
            b"{\"a\":1,}",
        ];
        for bytes in bad {
            let fault = parse(bytes).map_err(JsonError::reason);
            assert_eq!(fault, Err("MALFORMED"), "{}", String::from_utf8_lossy(bytes));
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read_as_it_reads_it(value in any_json()) {
            let text = value.to_string();
            prop_assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
        }

        #[test]
        fn a_claim_is_read_as_the_list_it_is(value in any_json(), more in any_json(), text in ".{0,8}") {
            let of = |items: Vec<Value>| Value::from(items).to_string();
            let (one, two) = (Value::from(text.clone()), Value::from("name"));
            let claim = of(vec![one.clone(), two.clone(), value.clone()]);
            let Value::Array(list) = parse(claim.as_bytes()).unwrap() else { unreachable!() };
            match parse_claim(claim.as_bytes()) {
                Some(read) => prop_assert_eq!(read, (text.as_str(), "name", list[2].clone())),
                None => prop_assert!(claim.contains('\\'), "only escapes are left to `parse`: {}", claim),
            }
            let others = [
                of(vec![]),
                of(vec![one.clone(), two.clone()]),
                of(vec![one.clone(), two.clone(), value.clone(), more]),
                of(vec![value.clone(), two, Value::Null]).replace('"', "\\u0022"),
                format!("{claim}x"),
                claim[..claim.len() - 1].to_owned(),
            ];
            for other in others {
                prop_assert_eq!(parse_claim(other.as_bytes()), None, "{}", other);
            }
        }

        #[test]
        fn an_object_is_read_with_a_list_apart_as_it_is_read_whole(
            members in prop::collection::btree_map("[ab]{0,2}", any_json(), 0..4),
            list in prop_oneof![prop::collection::vec("[a-z\u{e9}\\\\\"]{0,6}", 0..4).prop_map(Value::from), any_json()],
            text in any_json(),
        ) {
            let mut object: Map<String, Value> = members.into_iter().collect();
            object.insert("list".into(), list);
            let whole = Value::Object(object).to_string();
            let Value::Object(mut object) = parse(whole.as_bytes()).unwrap() else { unreachable!() };
            let read = |bytes: &str| parse_object_with_list(bytes.as_bytes(), "list", |text| Some(text.to_owned()));
            match read(&whole) {
                Some((rest, Some(texts))) => {
                    let list = object.shift_remove("list").unwrap();
                    prop_assert_eq!(Value::from(texts), list);
                    prop_assert_eq!(rest, object);
                }
                Some((_, None)) => prop_assert!(false, "the list is there"),
                None => {
                    let plain = |item: &Value| item.as_str().is_some_and(|text| !text.contains(['\\', '"']) && !Value::from(text).to_string().contains('\\'));
                    let is_plain = object["list"].as_array().is_some_and(|items| items.iter().all(plain));
                    prop_assert!(!is_plain, "{}", whole);
                }
            }
            for twice in [format!("{},\"list\":[]}}", &whole[..whole.len() - 1]), format!("{whole}x"), format!("{{\"a\":1,\"a\":2,\"list\":[],\"b\":{text}}}")] {
                prop_assert_eq!(read(&twice), None, "{}", twice);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = (parse(&bytes), parse_claim(&bytes), parse_object_with_list(&bytes, "a", |_| Some(())));
        }
    }
}
