//! Worker ids: `wkr_` + 26 Crockford base32 characters + one ISO 7064 MOD 37,36 check character (SPEC.md, "Worker id").

use std::fmt::Write as _;

/// What every worker id starts with.
const PREFIX: &str = "wkr_";
/// 128 bits in groups of five, with two zero bits in front.
const BODY_CHARACTERS: usize = 26;
/// Crockford's base32 alphabet, lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// ISO 7064 counts all digits and letters, in this order.
const ISO_ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// The value of each byte in the two alphabets; [`NONE`] where it has none. Every statement's `sub` is checked, so this is
/// a table and not a search.
const DIGITS: [u8; 256] = values(ALPHABET);
const ISO_DIGITS: [u8; 256] = values(ISO_ALPHABET);
const NONE: u8 = u8::MAX;
/// The longest text [`WorkerId::parse_lenient`] looks at.
const TYPED_BYTES_MAX: usize = 64;

/// 16 random bytes that name a worker's stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub [u8; 16]);

/// Why a text is no worker id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerIdError {
    /// Does not start with `wkr_`.
    #[error("a worker id starts with `wkr_`")]
    Prefix,
    /// Not 26 characters and a check character after the prefix.
    #[error("a worker id has 27 characters after `wkr_`")]
    Length,
    /// A character outside the alphabet, or not the canonical spelling.
    #[error(
        "a worker id has only the lower-case characters 0-9 and a-z without i, l, o, u (the last may be any)"
    )]
    Character,
    /// More than 128 bits: the first character is above `7`.
    #[error("the first character of a worker id after `wkr_` is 0 to 7")]
    TooBig,
    /// The check character does not match: a typing error.
    #[error("the worker id's last character does not match the rest: there is a typing error in it")]
    CheckCharacter,
}

impl WorkerIdError {
    /// Stable, `SCREAMING_SNAKE`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::CheckCharacter => "WORKER_ID_CHECK_CHARACTER",
            Self::Prefix | Self::Length | Self::Character | Self::TooBig => "MALFORMED_WORKER_ID",
        }
    }
}

impl WorkerId {
    /// The canonical spelling only.
    pub fn parse(text: &str) -> Result<Self, WorkerIdError> {
        let rest = text.strip_prefix(PREFIX).ok_or(WorkerIdError::Prefix)?;
        let (body, check) = split(rest.as_bytes())?;
        let id = Self(decode(body)?);
        if check == check_character(body) { Ok(id) } else { Err(WorkerIdError::CheckCharacter) }
    }

    /// As people type it: hyphens, spaces, upper case, Crockford's look-alikes (`o` for `0`, `i` and `l` for `1`) and a
    /// missing `wkr_` are forgiven.
    pub fn parse_lenient(text: &str) -> Result<Self, WorkerIdError> {
        if text.len() > TYPED_BYTES_MAX {
            return Err(WorkerIdError::Length);
        }
        let typed = text.trim().to_ascii_lowercase();
        let rest = typed.strip_prefix(PREFIX).unwrap_or(&typed);
        let folded: Vec<u8> = rest.bytes().filter(|b| !matches!(b, b'-' | b' ')).map(fold).collect();
        let (body, check) = split(&folded)?;
        let id = Self(decode(body)?);
        // The check character itself may be any letter, so it is compared after the same folding.
        if check == fold(check_character(body)) { Ok(id) } else { Err(WorkerIdError::CheckCharacter) }
    }
}

/// The character of a digit.
fn symbol(alphabet: &[u8], digit: usize) -> u8 {
    alphabet.get(digit).copied().unwrap_or(NONE)
}

/// The digit of a character; [`NONE`] where it is none.
fn digit(table: &[u8; 256], character: u8) -> u8 {
    table.get(usize::from(character)).copied().unwrap_or(NONE)
}

impl std::fmt::Display for WorkerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut value = u128::from_be_bytes(self.0);
        let mut body = [0; BODY_CHARACTERS];
        for character in body.iter_mut().rev() {
            *character = symbol(ALPHABET, (value & 31) as usize);
            value >>= 5;
        }
        f.write_str(PREFIX)?;
        f.write_str(std::str::from_utf8(&body).map_err(|_| std::fmt::Error)?)?;
        f.write_char(char::from(check_character(&body)))
    }
}

impl std::fmt::Debug for WorkerId {
    /// Shows nothing: ids must not reach logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkerId(..)")
    }
}

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler evaluates it")]
const fn values(alphabet: &[u8]) -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut at = 0;
    while at < alphabet.len() {
        #[expect(clippy::cast_possible_truncation, reason = "an alphabet has at most 36 characters")]
        {
            table[alphabet[at] as usize] = at as u8;
        }
        at += 1;
    }
    table
}

fn split(text: &[u8]) -> Result<(&[u8], u8), WorkerIdError> {
    match text.split_last() {
        Some((&check, body)) if body.len() == BODY_CHARACTERS => Ok((body, check)),
        _ => Err(WorkerIdError::Length),
    }
}

fn decode(body: &[u8]) -> Result<[u8; 16], WorkerIdError> {
    let mut value = 0_u128;
    for (place, &character) in body.iter().enumerate() {
        let digit = digit(&DIGITS, character);
        if digit == NONE {
            return Err(WorkerIdError::Character);
        }
        // 26 characters hold 130 bits; the two in front are zero.
        if place == 0 && digit > 7 {
            return Err(WorkerIdError::TooBig);
        }
        value = value << 5 | u128::from(digit);
    }
    Ok(value.to_be_bytes())
}

/// ISO 7064 MOD 37,36. It finds every single wrong character, and every swap of neighbours but one in 630.
#[expect(clippy::arithmetic_side_effects, reason = "a product is 1 to 36 and a digit at most 255")]
fn check_character(body: &[u8]) -> u8 {
    let mut product = 36_usize;
    for &character in body {
        let sum = (product + usize::from(digit(&ISO_DIGITS, character))) % 36;
        product = if sum == 0 { 72 } else { sum * 2 } % 37;
    }
    symbol(ISO_ALPHABET, (37 - product) % 36)
}

/// Crockford's look-alikes.
fn fold(character: u8) -> u8 {
    match character {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn golden_vectors() {
        for (bytes, text) in [
            ([0; 16], "wkr_000000000000000000000000003"),
            ([0xff; 16], "wkr_7zzzzzzzzzzzzzzzzzzzzzzzzzh"),
            (std::array::from_fn(|i| u8::try_from(i).unwrap()), "wkr_00041061050r3gg28a1c60t3gfe"),
        ] {
            assert_eq!(WorkerId(bytes).to_string(), text);
            assert_eq!(WorkerId::parse(text), Ok(WorkerId(bytes)));
        }
    }

    /// The check character of the example in the Global Release Identifier standard, which uses the same ISO 7064 system.
    #[test]
    fn check_character_matches_a_published_one() {
        assert_eq!(check_character(b"a12425gabc1234002"), b'm');
    }

    #[test]
    fn what_people_type_has_so_many_bytes() {
        let typed = |bytes: usize| format!("{:bytes$}", "wkr_000000000000000000000000003");
        assert_eq!(WorkerId::parse_lenient(&typed(TYPED_BYTES_MAX)), Ok(WorkerId([0; 16])));
        assert_eq!(WorkerId::parse_lenient(&typed(TYPED_BYTES_MAX + 1)), Err(WorkerIdError::Length));
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let good = WorkerId([9; 16]).to_string();
        assert_eq!(WorkerId::parse(good.trim_start_matches("wkr_")), Err(WorkerIdError::Prefix));
        assert_eq!(WorkerId::parse(&good[..30]), Err(WorkerIdError::Length));
        assert_eq!(
            WorkerId::parse(&good.to_ascii_uppercase().replace("WKR", "wkr")),
            Err(WorkerIdError::Character)
        );
        assert_eq!(WorkerId::parse("wkr_800000000000000000000000000"), Err(WorkerIdError::TooBig));
        assert_eq!(WorkerId::parse("wkr_000000000000000000000000000"), Err(WorkerIdError::CheckCharacter));
        assert_eq!(WorkerId::parse("wkr_é0000000000000000000000000"), Err(WorkerIdError::Character));
        assert_eq!(format!("{:?}", WorkerId([9; 16])), "WorkerId(..)");
    }

    #[test]
    fn what_people_type_is_forgiven() {
        let id = WorkerId([0; 16]);
        assert_eq!(WorkerId::parse_lenient(" WKR_OOOO-OOOO-0000-0000-0000-0000-0O 3"), Ok(id));
        assert_eq!(WorkerId::parse_lenient("000000000000000000000000003"), Ok(id));
        assert_eq!(
            WorkerId::parse_lenient("000000000000000000000000013"),
            Err(WorkerIdError::CheckCharacter)
        );
        assert_eq!(WorkerId::parse_lenient(&"0".repeat(65)), Err(WorkerIdError::Length));
    }

    /// What the check character promises, over every state and pair: ISO 7064's hybrid systems find all single
    /// substitutions but not quite all swaps. The share that slips through is written down here, not hoped for.
    #[test]
    fn one_swap_of_neighbours_in_630_slips_through() {
        let step = |product: usize, value: usize| match (product + value) % 36 {
            0 => 36 * 2 % 37,
            sum => sum * 2 % 37,
        };
        let (mut missed, mut all) = (0, 0);
        for product in 1..=36 {
            for a in 0..36 {
                for b in 0..a {
                    all += 1;
                    missed += usize::from(step(step(product, a), b) == step(step(product, b), a));
                }
            }
        }
        assert_eq!((missed, all), (36, 36 * 630));
    }

    proptest! {
        #[test]
        fn display_and_parse_are_inverse(bytes: [u8; 16]) {
            let id = WorkerId(bytes);
            prop_assert_eq!(WorkerId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(WorkerId::parse_lenient(&id.to_string().to_ascii_uppercase()), Ok(id));
        }

        #[test]
        fn a_single_wrong_character_is_caught(bytes: [u8; 16], at in 4_usize..31, to in 0_usize..36) {
            let mut text = WorkerId(bytes).to_string().into_bytes();
            prop_assume!(text[at] != ISO_ALPHABET[to]);
            text[at] = ISO_ALPHABET[to];
            prop_assert!(WorkerId::parse(std::str::from_utf8(&text).unwrap()).is_err());
        }

        #[test]
        fn parse_accepts_one_spelling_and_never_panics(text in "(wkr_)?[0-9a-zA-Z-]{0,40}") {
            if let Ok(id) = WorkerId::parse(&text) {
                prop_assert_eq!(&id.to_string(), &text);
            }
            let _ = WorkerId::parse_lenient(&text);
        }
    }
}
