//! Keys that sign much: what checking one more signature of theirs can share with all those before.

use std::collections::HashMap;
use std::sync::LazyLock;

use curve25519_dalek::{EdwardsPoint, Scalar, constants};
use ed25519_dalek::VerifyingKey;

/// A key has its multiples computed at this signature: that costs as much as ten checks.
const USES: u32 = 256;
/// The most keys with multiples: 220 KB each. Of more, the one that signed least recently starts anew.
const KEYS_MAX: usize = 8;
/// The most keys whose signatures are counted.
const COUNTED_MAX: usize = 4096;

/// Bits of a window.
const WINDOW: usize = 6;
/// Windows of a scalar, which is below 2^253: the last one takes what the one before carries.
const WINDOWS: usize = 43;
/// The greatest digit of a window.
const DIGIT_MAX: usize = 1 << (WINDOW - 1);

/// How often each key signed lately, and multiples of those that did often. It holds public values, changes no verdict, and
/// belongs to one thread.
#[derive(Debug, Default)]
pub struct BusyKeys {
    keys: HashMap<[u8; 32], Busy>,
    signatures: u64,
}

#[derive(Debug, Default)]
struct Busy {
    uses: u32,
    /// The number of its last signature.
    last: u64,
    /// Of the point -A.
    multiples: Option<Multiples>,
}

impl BusyKeys {
    /// Counts one signature. The multiples of -A, once the key has signed often.
    #[expect(clippy::arithmetic_side_effects, reason = "the negative of a point: no number leaves its type")]
    pub(super) fn multiples(&mut self, key: &VerifyingKey) -> Option<&Multiples> {
        if self.keys.len() >= COUNTED_MAX && !self.keys.contains_key(key.as_bytes()) {
            self.keys.retain(|_, busy| busy.multiples.is_some());
        }
        self.signatures = self.signatures.saturating_add(1);
        let busy = self.keys.entry(key.to_bytes()).or_default();
        (busy.uses, busy.last) = (busy.uses.saturating_add(1), self.signatures);
        if busy.uses == USES {
            busy.multiples = Some(Multiples::of(-key.to_edwards()));
            self.forget_the_oldest();
        }
        self.keys.get(key.as_bytes())?.multiples.as_ref()
    }

    fn forget_the_oldest(&mut self) {
        let held = || self.keys.iter().filter(|(_, busy)| busy.multiples.is_some());
        let oldest = held().min_by_key(|(_, busy)| busy.last).map(|(key, _)| *key);
        if let Some(oldest) = oldest.filter(|_| held().count() > KEYS_MAX) {
            self.keys.remove(&oldest);
        }
    }
}

/// [1]P to [32]P, the same of [2^6]P, of [2^12]P and so on: every multiple of P is a sum of 43 of these or of their
/// negatives. That holds for any point, whatever its order.
#[derive(Debug)]
pub(super) struct Multiples(Vec<EdwardsPoint>);

/// Of the base point.
pub(super) static BASE: LazyLock<Multiples> =
    LazyLock::new(|| Multiples::of(constants::ED25519_BASEPOINT_POINT));

impl Multiples {
    #[expect(clippy::arithmetic_side_effects, reason = "sums of points: no number leaves its type")]
    fn of(point: EdwardsPoint) -> Self {
        let mut multiples = Vec::with_capacity(WINDOWS * DIGIT_MAX);
        let mut base = point;
        for _ in 0..WINDOWS {
            let mut multiple = base;
            for _ in 1..DIGIT_MAX {
                multiples.push(multiple);
                multiple += base;
            }
            multiples.push(multiple);
            base = multiple + multiple;
        }
        Self(multiples)
    }

    /// `sum` + scalar × P, in variable time: everything about a signature is public.
    #[expect(clippy::arithmetic_side_effects, reason = "sums of points, and of numbers below 512")]
    pub(super) fn add(&self, mut sum: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
        let mut carry = 0;
        for (window, multiples) in self.0.chunks_exact(DIGIT_MAX).enumerate() {
            let digit = bits(scalar, window * WINDOW) + carry;
            // 0 to 32 is added. 33 to 64 is 64 less 31 to 0: that is taken off, and the 64 carried to the next window.
            carry = usize::from(digit > DIGIT_MAX);
            let size = if carry == 0 { digit } else { 2 * DIGIT_MAX - digit };
            match size.checked_sub(1).and_then(|at| multiples.get(at)) {
                Some(multiple) if carry == 0 => sum += multiple,
                Some(multiple) => sum -= multiple,
                None => {} // Nothing to add.
            }
        }
        sum
    }
}

/// The window of `scalar` that begins at bit `at`.
#[expect(clippy::arithmetic_side_effects, reason = "`at` is below 256, a digit below 2^16")]
fn bits(scalar: &Scalar, at: usize) -> usize {
    let byte = |at: usize| scalar.as_bytes().get(at).copied().map_or(0, usize::from);
    (byte(at / 8) | byte(at / 8 + 1) << 8) >> (at % 8) & (2 * DIGIT_MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::super::super::{Entropy as _, PrivateKey, PublicKey, SeededEntropy};
    use super::super::SMALL_ORDER;
    use super::*;

    fn key(entropy: &mut SeededEntropy) -> VerifyingKey {
        match PrivateKey::generate_ed25519(entropy).public() {
            PublicKey::Ed25519(key) => key,
            PublicKey::Es256(_) => unreachable!(),
        }
    }

    #[test]
    fn a_sum_of_multiples_is_the_librarys_product_for_points_of_any_order() {
        let mut entropy = SeededEntropy::new("multiples");
        let prime = key(&mut entropy).to_edwards();
        let small = SMALL_ORDER.map(|point| VerifyingKey::from_bytes(&point).unwrap().to_edwards());
        let all_windows = |digit: u64| {
            let shifted = |sum: Scalar, _| sum * Scalar::from(64_u64) + Scalar::from(digit);
            (0..42).fold(Scalar::ZERO, shifted)
        };
        let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE];
        scalars.extend([1, 31, 32, 33, 63].map(all_windows));
        scalars.extend((0..20).map(|_| Scalar::from_bytes_mod_order(entropy.bytes())));
        for point in small.into_iter().flat_map(|small| [small, prime + small]) {
            let multiples = Multiples::of(point);
            for scalar in &scalars {
                assert_eq!(multiples.add(prime, scalar), prime + scalar * point, "{scalar:?}");
            }
        }
    }

    #[test]
    fn only_keys_that_sign_often_and_lately_have_multiples() {
        let (mut entropy, mut busy) = (SeededEntropy::new("busy"), BusyKeys::default());
        let keys: Vec<VerifyingKey> = (0..=KEYS_MAX).map(|_| key(&mut entropy)).collect();
        for key in &keys {
            for use_ in 1..=USES {
                assert_eq!(busy.multiples(key).is_some(), use_ == USES);
            }
        }
        let held = |busy: &BusyKeys| busy.keys.values().filter(|busy| busy.multiples.is_some()).count();
        assert_eq!(held(&busy), KEYS_MAX);
        assert!(busy.multiples(&keys[0]).is_none(), "the oldest is forgotten");
        assert!(busy.multiples(&keys[1]).is_some());
        for _ in 0..2 * COUNTED_MAX {
            busy.multiples(&key(&mut entropy));
        }
        assert!(busy.keys.len() <= COUNTED_MAX);
        assert_eq!(held(&busy), KEYS_MAX, "passers-by cost no busy key its multiples");
    }
}
