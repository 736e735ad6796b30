//! Amounts of money, exactly: three decimals at most, no floating point.

use std::fmt;
use std::iter::Sum;

/// The digits in front of the point at most.
const WHOLE_DIGITS_MAX: usize = 12;
/// The decimals at most.
const DECIMALS_MAX: usize = 3;

/// An amount in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `1050`, `1050.5`, `0.125`: no sign, no leading zero, no grouping.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let leads = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || whole.len() > WHOLE_DIGITS_MAX || leads || decimals.len() > DECIMALS_MAX {
            return None;
        }
        if !digits(whole) || !digits(decimals) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let decimals: u64 = format!("{decimals:0<DECIMALS_MAX$}").parse().ok()?;
        Some(Self(whole.checked_mul(1_000)?.checked_add(decimals)?))
    }

    /// The difference, or nothing where it would be less.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 1_000, self.0 % 1_000);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{decimals:03}");
        let decimals = decimals.trim_end_matches('0');
        // Cents are written in pairs.
        write!(f, "{whole}.{decimals:0<2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_have_one_meaning() {
        let read = |text| Amount::parse(text).map(|amount| amount.to_string());
        for (text, shown) in
            [("1050", "1050"), ("0.5", "0.50"), ("0.125", "0.125"), ("10.10", "10.10"), ("0", "0")]
        {
            assert_eq!(read(text).as_deref(), Some(shown));
        }
        for bad in ["", "-1", "1,050", "01", "1.", ".5", "1.2345", "1e3", " 1", "١", "1234567890123"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(["0.1", "0.2"].iter().filter_map(|text| Amount::parse(text)).sum::<Amount>(), Amount(300));
    }
}
