//! The strict check of an Ed25519 signature, made fast.

mod busy;
mod read;

use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::SIGNATURE_BYTES;
pub use busy::BusyKeys;
use busy::{BASE, Multiples};
pub(super) use read::read_key;

/// All that the library's strict check accepts, and nothing else, at four fifths of its cost. `key` is no small-order point.
///
/// Both checks want R byte for byte to be the canonical encoding of the point that S and the key give. The strict one also
/// decodes R, only to refuse the eight points of small order; but each of those has one canonical encoding.
pub(super) fn verify_strict(key: &VerifyingKey, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    if SMALL_ORDER.iter().any(|point| signature.starts_with(point)) {
        return false;
    }
    key.verify(message, &Signature::from_bytes(signature)).is_ok()
}

/// [`verify_strict`] of several at once, each with its own verdict: the same points, from multiples at hand where a key is
/// busy, and their encodings, which take a fifth of the time, from one field inversion for all. Nothing is summed up over
/// several signatures.
pub(super) fn verify_all(signed: &[Signed<'_>], busy: &mut BusyKeys) -> Vec<bool> {
    let points: Vec<Option<EdwardsPoint>> =
        signed.iter().map(|signed| point_of_r(signed, busy.multiples(signed.0))).collect();
    let encodings = EdwardsPoint::compress_batch_alloc(
        &points.iter().map(|point| point.unwrap_or_default()).collect::<Vec<_>>(),
    );
    let verdicts = signed.iter().zip(points).zip(encodings);
    verdicts
        .map(|(((_, _, signature), point), encoding)| {
            point.is_some()
                && signature.starts_with(encoding.as_bytes())
                && !SMALL_ORDER.contains(&encoding.0)
        })
        .collect()
}

/// Key, message, signature.
type Signed<'a> = (&'a VerifyingKey, &'a [u8], &'a [u8; SIGNATURE_BYTES]);

/// The point that R must encode (RFC 8032 section 5.1.7): [S]B - [k]A; `None` where S is not reduced.
#[expect(clippy::arithmetic_side_effects, reason = "the negative of a point: no number leaves its type")]
fn point_of_r(
    &(key, message, signature): &Signed<'_>,
    multiples: Option<&Multiples>,
) -> Option<EdwardsPoint> {
    let (r, s) = signature.split_first_chunk::<32>()?;
    let s = Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
    let k = Sha512::new().chain_update(r).chain_update(key.as_bytes()).chain_update(message).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&k.into());
    Some(match multiples {
        Some(of_minus_a) => of_minus_a.add(BASE.add(EdwardsPoint::default(), &s), &k),
        None => EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &-key.to_edwards(), &s),
    })
}

/// The library's own.
pub(super) fn verify_strict_as_library(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}

/// The canonical encodings of the Ed25519 points of order 1, 2, 4, 4, 8, 8, 8, 8.
const SMALL_ORDER: [[u8; 32]; 8] = [
    point("0100000000000000000000000000000000000000000000000000000000000000"),
    point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    point("0000000000000000000000000000000000000000000000000000000000000000"),
    point("0000000000000000000000000000000000000000000000000000000000000080"),
    point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
];

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler evaluates it")]
const fn point(hex: &str) -> [u8; 32] {
    const fn nibble(digit: u8) -> u8 {
        if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 }
    }
    let (digits, mut bytes, mut at) = (hex.as_bytes(), [0; 32], 0);
    while at < bytes.len() {
        bytes[at] = nibble(digits[2 * at]) << 4 | nibble(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::{PrivateKey, PublicKey, SeededEntropy, hex_decode};
    use super::*;

    /// By the check of several, while the key becomes busy: all must agree.
    fn verify_as_several(key: &PublicKey, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let mut busy = BusyKeys::default();
        let verdict = PublicKey::verify_all(&[(key, message, signature)], &mut busy);
        let PublicKey::Ed25519(plain) = key else { unreachable!() };
        let mut multiples = 0;
        for _ in 0..520 {
            multiples += u32::from(busy.multiples(plain).is_some());
            assert_eq!(PublicKey::verify_all(&[(key, message, signature)], &mut busy), verdict);
        }
        assert!(multiples > 450);
        verdict == [true]
    }

    #[test]
    fn every_small_order_point_is_known_by_its_encoding() {
        for encoding in SMALL_ORDER {
            let key = VerifyingKey::from_bytes(&encoding).unwrap();
            assert!(key.is_weak(), "{encoding:?}");
            // Encoding the decoded point again gives the same bytes: they are the canonical ones.
            assert_eq!(key.to_edwards().compress().to_bytes(), encoding);
        }
        let all: std::collections::HashSet<_> = SMALL_ORDER.into_iter().collect();
        assert_eq!(all.len(), 8, "the curve's cofactor");
    }

    /// Vectors 0 to 11 of "Taming the many EdDSAs" (SSR 2020), github.com/novifinancial/ed25519-speccheck: (message, key,
    /// signature). They are where implementations differ: small and mixed order, S beyond the order, encodings that are
    /// not canonical.
    const SPECCHECK: &str = include_str!("../../../tests/vectors/ed25519/speccheck.txt");

    #[test]
    fn both_fast_checks_answer_as_the_strict_one_where_implementations_differ() {
        let (mut refused, mut accepted, mut only_small_order_r) = (0, 0, 0);
        for line in SPECCHECK.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(' ').map(|part| hex_decode(part).unwrap());
            let (message, key, signature) =
                (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            let signature: [u8; 64] = signature.try_into().unwrap();
            let Ok(key) = PublicKey::from_ed25519_bytes(&key.try_into().unwrap()) else {
                refused += 1;
                continue;
            };
            let strict = key.verify_as_library(&message, &signature);
            assert_eq!(key.verify(&message, &signature), strict, "{line}");
            assert_eq!(verify_as_several(&key, &message, &signature), strict, "{line}");
            accepted += u32::from(strict);
            let PublicKey::Ed25519(plain) = &key else { unreachable!() };
            let plain = plain.verify(&message, &Signature::from_bytes(&signature)).is_ok();
            only_small_order_r += u32::from(plain && !strict);
        }
        assert_eq!((refused, accepted, only_small_order_r), (4, 1, 1));
    }

    #[test]
    fn both_fast_checks_answer_as_the_strict_one_for_bent_signatures() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("bent"));
        let public = key.public();
        let signature = key.sign(b"message");
        let bit = |bit: usize| {
            let mut bent = signature;
            bent[bit / 8] ^= 1 << (bit % 8);
            bent
        };
        let with_r = |r: [u8; 32]| {
            let mut bent = signature;
            bent[..32].copy_from_slice(&r);
            bent
        };
        let bent = (0..SIGNATURE_BYTES * 8).map(bit).chain(SMALL_ORDER.map(with_r)).chain([signature]);
        let bent: Vec<[u8; SIGNATURE_BYTES]> = bent.collect();
        let signed: Vec<_> = bent.iter().map(|signature| (&public, &b"message"[..], signature)).collect();
        let strict: Vec<bool> = bent.iter().map(|bent| public.verify_as_library(b"message", bent)).collect();
        assert_eq!(strict.iter().position(|&accepted| accepted), Some(bent.len() - 1));
        assert_eq!(bent.iter().map(|bent| public.verify(b"message", bent)).collect::<Vec<_>>(), strict);
        // Most of them with the key's multiples, from the 512th on with more of them.
        assert_eq!(PublicKey::verify_all(&signed, &mut BusyKeys::default()), strict);
    }

    #[test]
    fn each_of_several_has_its_own_verdict() {
        let mut entropy = SeededEntropy::new("several");
        let keys = [
            PrivateKey::generate_ed25519(&mut entropy),
            PrivateKey::generate_es256(&mut entropy),
            PrivateKey::generate_ed25519(&mut entropy),
        ];
        let signatures = keys.each_ref().map(|key| (key.public(), key.sign(b"message")));
        for wrong in 0..3 {
            let message = |at: usize| if at == wrong { &b"massage"[..] } else { b"message" };
            let signed: Vec<_> = {
                let all = signatures.iter().enumerate();
                all.map(|(at, (key, signature))| (key, message(at), signature)).collect()
            };
            let expected: Vec<bool> = (0..3).map(|at| at != wrong).collect();
            assert_eq!(PublicKey::verify_all(&signed, &mut BusyKeys::default()), expected);
        }
        assert!(PublicKey::verify_all(&[], &mut BusyKeys::default()).is_empty());
    }
}
