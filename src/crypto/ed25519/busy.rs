//! Keys that sign much: what checking one more signature of theirs can share with all those before.

use std::collections::HashMap;
use std::sync::LazyLock;

use curve25519_dalek::{EdwardsPoint, Scalar, constants};
use ed25519_dalek::VerifyingKey;

/// A key has multiples computed at this signature: they cost as much as four checks, and take a fifth to two fifths off each.
const USES: u32 = 24;
/// Where the library multiplies by AVX-512 they take less off.
const USES_AVX512: u32 = 64;
/// And more of them at this one: as much as fifty checks, two to three fifths.
const USES_MUCH: u32 = 512;
/// The most keys with multiples, of 80 KB each. Of more, the one that signed least recently starts anew.
const KEYS_MAX: usize = 64;
/// The most keys with more of them, 640 KB each.
const KEYS_MUCH_MAX: usize = 4;
/// The most keys whose signatures are counted.
const COUNTED_MAX: usize = 4096;

/// Bits of a window.
const WINDOW: usize = 4;
/// The same for keys that sign much, and for the base point.
const WINDOW_MUCH: usize = 8;
/// What windows must cover together: a scalar is below 2^253, and the last window takes what the one before carries.
const BITS: usize = 254;

/// How often each key signed lately, and multiples of those that did often. It holds public values, changes no verdict, and
/// belongs to one thread.
#[derive(Debug)]
pub struct BusyKeys {
    keys: HashMap<[u8; 32], Busy>,
    signatures: u64,
    /// At which signature of its a key has multiples.
    uses: u32,
}

#[derive(Debug, Default)]
struct Busy {
    uses: u32,
    /// The number of its last signature.
    last: u64,
    /// Of the point -A.
    multiples: Option<Multiples>,
}

impl Default for BusyKeys {
    fn default() -> Self {
        Self { keys: HashMap::new(), signatures: 0, uses: if has_avx512() { USES_AVX512 } else { USES } }
    }
}

/// Whether the library multiplies by it (curve25519-dalek, `backend::get_selected_backend`).
fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    false
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
        let window = match busy.uses {
            uses if uses == self.uses => Some(WINDOW),
            USES_MUCH => Some(WINDOW_MUCH),
            _ => None,
        };
        if let Some(window) = window {
            busy.multiples = Some(Multiples::of(-key.to_edwards(), window));
            let most = if window == WINDOW { KEYS_MAX } else { KEYS_MUCH_MAX };
            self.forget_the_oldest(window, most);
        }
        self.keys.get(key.as_bytes())?.multiples.as_ref()
    }

    /// Leaves no more than `most` keys with multiples of this window.
    fn forget_the_oldest(&mut self, window: usize, most: usize) {
        let of_window = |busy: &Busy| busy.multiples.as_ref().is_some_and(|held| held.window == window);
        let held = || self.keys.iter().filter(|(_, busy)| of_window(busy));
        let oldest = held().min_by_key(|(_, busy)| busy.last).map(|(key, _)| *key);
        if let Some(oldest) = oldest.filter(|_| held().count() > most) {
            self.keys.remove(&oldest);
        }
    }
}

/// With a window of w bits: [1]P to [2^(w-1)]P, the same of [2^w]P, of [2^2w]P and so on. Every multiple of P is a sum of one
/// of each, or of their negatives. That holds for any point, whatever its order.
#[derive(Debug)]
pub(super) struct Multiples {
    points: Vec<EdwardsPoint>,
    window: usize,
}

/// Of the base point.
pub(super) static BASE: LazyLock<Multiples> =
    LazyLock::new(|| Multiples::of(constants::ED25519_BASEPOINT_POINT, WINDOW_MUCH));

impl Multiples {
    #[expect(clippy::arithmetic_side_effects, reason = "sums of points; a window is 4 or 8")]
    fn of(point: EdwardsPoint, window: usize) -> Self {
        let (windows, greatest) = (BITS.div_ceil(window), 1 << (window - 1));
        let mut points = Vec::with_capacity(windows * greatest);
        let mut base = point;
        for _ in 0..windows {
            let mut multiple = base;
            for _ in 1..greatest {
                points.push(multiple);
                multiple += base;
            }
            points.push(multiple);
            base = multiple + multiple;
        }
        Self { points, window }
    }

    /// `sum` + scalar × P, in variable time: everything about a signature is public.
    #[expect(clippy::arithmetic_side_effects, reason = "sums of points, and of numbers below 512")]
    pub(super) fn add(&self, mut sum: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
        let (mut carry, greatest) = (0, 1 << (self.window - 1));
        for (place, multiples) in self.points.chunks_exact(greatest).enumerate() {
            let digit = bits(scalar, place * self.window, self.window) + carry;
            // Up to the greatest it is added. More is twice the greatest less the rest: that is taken off, and carried to the next window.
            carry = usize::from(digit > greatest);
            let size = if carry == 0 { digit } else { 2 * greatest - digit };
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
fn bits(scalar: &Scalar, at: usize, window: usize) -> usize {
    let byte = |at: usize| scalar.as_bytes().get(at).copied().map_or(0, usize::from);
    (byte(at / 8) | byte(at / 8 + 1) << 8) >> (at % 8) & ((1 << window) - 1)
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
        let all_windows = |window: usize, digit: u64| {
            let shifted = |sum: Scalar, _| sum * Scalar::from(1_u64 << window) + Scalar::from(digit);
            (0..252 / window).fold(Scalar::ZERO, shifted)
        };
        let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE];
        scalars.extend([1, 127, 128, 129, 255].map(|digit| all_windows(WINDOW_MUCH, digit)));
        scalars.extend([1, 7, 8, 9, 15].map(|digit| all_windows(WINDOW, digit)));
        scalars.extend((0..20).map(|_| Scalar::from_bytes_mod_order(entropy.bytes())));
        for point in small.into_iter().flat_map(|small| [small, prime + small]) {
            for multiples in [WINDOW, WINDOW_MUCH].map(|window| Multiples::of(point, window)) {
                for scalar in &scalars {
                    assert_eq!(multiples.add(prime, scalar), prime + scalar * point, "{scalar:?}");
                }
            }
        }
    }

    #[test]
    fn only_keys_that_sign_often_and_lately_have_multiples() {
        let (mut entropy, mut busy) = (SeededEntropy::new("busy"), BusyKeys::default());
        let held = |busy: &BusyKeys, window: usize| {
            let of_window = |busy: &&Busy| busy.multiples.as_ref().is_some_and(|held| held.window == window);
            busy.keys.values().filter(of_window).count()
        };
        let much: Vec<VerifyingKey> = (0..=KEYS_MUCH_MAX).map(|_| key(&mut entropy)).collect();
        for key in &much {
            for use_ in 1..=USES_MUCH {
                let window = busy.multiples(key).map(|held| held.window);
                let due = if use_ == USES_MUCH { WINDOW_MUCH } else { WINDOW };
                assert_eq!(window, (use_ >= busy.uses).then_some(due), "{use_}");
            }
        }
        assert_eq!(held(&busy, WINDOW_MUCH), KEYS_MUCH_MAX);
        assert!(busy.multiples(&much[0]).is_none(), "the oldest is forgotten");
        assert!(busy.multiples(&much[1]).is_some());
        for _ in 0..2 * KEYS_MAX {
            let key = key(&mut entropy);
            let uses = busy.uses;
            assert_eq!((0..uses).filter(|_| busy.multiples(&key).is_some()).count(), 1);
        }
        assert_eq!(held(&busy, WINDOW), KEYS_MAX);
        for _ in 0..2 * COUNTED_MAX {
            busy.multiples(&key(&mut entropy));
        }
        assert!(busy.keys.len() <= COUNTED_MAX);
        assert_eq!(
            (held(&busy, WINDOW), held(&busy, WINDOW_MUCH)),
            (KEYS_MAX, KEYS_MUCH_MAX),
            "passers-by cost none its multiples"
        );
    }
}
