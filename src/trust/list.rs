//! A trust list: a trust file that somebody publishes for others, signed, dated and expiring (SPEC.md, "Trust list").
//!
//! It is a C2SP signed note whose text is the trust file with a table `[list]` in front, so that people can read whom they
//! are asked to believe. The reader pins the signer's key once, by its thumbprint; a list under a new key counts if the
//! pinned key signed it too.

use jiff::Timestamp;

use super::file::{TomlList, TrustFile, TrustFileError};
use crate::crypto::{PrivateKey, PublicKey};
use crate::tlog::{NOTE_MAX_BYTES, TlogError, VerifierKey, note_is_signed_by, note_text, sign_note};

/// The longest list read: that of a signed note.
pub const LIST_BYTES_MAX: usize = NOTE_MAX_BYTES;
/// The longest time from `issued` to `expires`: who cannot renew a list within two years no longer keeps it.
pub const LIST_DAYS_MAX: i64 = 731;

/// A list whose signature by the pinned key was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustList {
    /// Who publishes it; the name of its key.
    pub name: String,
    /// Since when it counts.
    pub issued: Timestamp,
    /// The last moment at which it counts.
    pub expires: Timestamp,
    /// The key that signs it, and is pinned from now on.
    pub key: PublicKey,
    /// Whom it says to believe.
    pub file: TrustFile,
}

/// Why a list does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustListError {
    /// No signed note.
    #[error("this is no signed trust list: {0}")]
    Note(#[from] TlogError),
    /// Its text is no trust file.
    #[error(transparent)]
    File(#[from] TrustFileError),
    /// Its table `[list]` is missing or wrong.
    #[error("the list's own table [list] is missing or wrong: {0}")]
    Header(&'static str),
    /// Another key than the pinned one signed it, or none.
    #[error("the list is not signed by the key with the fingerprint {0}")]
    OtherKey(String),
    /// A signature does not verify.
    #[error("the list was altered: its signature does not verify")]
    Signature,
    /// Later than its end.
    #[error("the trust list {name} expired on {expires}")]
    Expired {
        /// Whose list.
        name: String,
        /// Its end.
        expires: Timestamp,
    },
    /// Before its beginning.
    #[error("the trust list {name} counts from {issued} on")]
    NotYet {
        /// Whose list.
        name: String,
        /// Its beginning.
        issued: Timestamp,
    },
    /// An older list than the one known, or one of another name.
    #[error("this list is older than the one already kept ({kept}): somebody shows an old list again")]
    Older {
        /// `issued` of the kept one.
        kept: Timestamp,
    },
}

impl TrustListError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Note(_) => "TRUST_LIST_MALFORMED",
            Self::File(_) => "TRUST_FILE_INVALID",
            Self::Header(_) => "TRUST_LIST_HEADER",
            Self::OtherKey(_) => "TRUST_LIST_OTHER_KEY",
            Self::Signature => "TRUST_LIST_SIGNATURE",
            Self::Expired { .. } => "TRUST_LIST_EXPIRED",
            Self::NotYet { .. } => "TRUST_LIST_NOT_YET",
            Self::Older { .. } => "TRUST_LIST_OLDER",
        }
    }
}

impl TrustList {
    /// Whether a text is meant as a signed list rather than a plain trust file.
    pub fn is_signed(text: &str) -> bool {
        text.contains("\n\n\u{2014} ")
    }

    /// Signs `file` as a list with `key`, and with the `former` key where it takes that one's place.
    pub fn sign(
        file: &TrustFile,
        name: &str,
        (issued, expires): (Timestamp, Timestamp),
        key: &PrivateKey,
        former: Option<&PrivateKey>,
    ) -> Result<String, TrustListError> {
        check_period(issued, expires)?;
        let signer = VerifierKey::log(name, &key.public())?;
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let jwk = key.public().to_jwk();
        let members = jwk.as_object().into_iter().flatten();
        let members: Vec<String> = members
            .map(|(member, value)| format!("{member} = {}", quote(value.as_str().unwrap_or_default())))
            .collect();
        let text = format!(
            "# A trust list: whom its publisher says to believe (SPEC.md, \"Trust list\").\nlist = {{ name = {}, issued = \"{issued}\", expires = \"{expires}\", key = {{ {} }} }}\n{}",
            quote(name),
            members.join(", "),
            file.to_toml(),
        );
        let former = former.map(|key| VerifierKey::log(name, &key.public()).map(|known| (known, key)));
        let former = former.transpose()?;
        let mut signers = vec![(&signer, key)];
        signers.extend(former.as_ref().map(|(known, key)| (known, *key)));
        let note = sign_note(&text, &signers);
        // What is published must be readable by those it is for.
        Self::open(&note, &key.public().thumbprint(), None)?;
        Ok(note)
    }

    /// Opens a signed list under the pinned key: its thumbprint, and the key itself if it is known from an earlier list.
    pub fn open(note: &str, fingerprint: &str, pinned: Option<&PublicKey>) -> Result<Self, TrustListError> {
        let (file, header) = TrustFile::parse_list(note_text(note)?)?;
        let TomlList { name, issued, expires, key } =
            header.ok_or(TrustListError::Header("it is not there"))?;
        let key = PublicKey::from_jwk(&key).map_err(|_| TrustListError::Header("`key` is no public JWK"))?;
        let time =
            |text: &str| text.parse::<Timestamp>().map_err(|_| TrustListError::Header("a time is malformed"));
        let (issued, expires) = (time(&issued)?, time(&expires)?);
        check_period(issued, expires)?;
        let signed = |key: &PublicKey| -> Result<bool, TrustListError> {
            Ok(note_is_signed_by(note, &VerifierKey::log(&name, key)?)?)
        };
        if !signed(&key)? {
            return Err(TrustListError::Signature);
        }
        let handed_over = match pinned.filter(|pinned| pinned.thumbprint() == fingerprint) {
            Some(pinned) => signed(pinned)?,
            None => false,
        };
        if key.thumbprint() != fingerprint && !handed_over {
            return Err(TrustListError::OtherKey(fingerprint.to_owned()));
        }
        Ok(Self { name, issued, expires, key, file })
    }

    /// Whether it counts at `now`.
    pub fn in_force(&self, now: Timestamp) -> Result<(), TrustListError> {
        if now < self.issued {
            return Err(TrustListError::NotYet { name: self.name.clone(), issued: self.issued });
        }
        if now > self.expires {
            return Err(TrustListError::Expired { name: self.name.clone(), expires: self.expires });
        }
        Ok(())
    }

    /// Whether it may take the place of one that was issued at `kept`.
    pub fn may_follow(&self, kept: Timestamp) -> Result<(), TrustListError> {
        if self.issued < kept { Err(TrustListError::Older { kept }) } else { Ok(()) }
    }
}

fn check_period(issued: Timestamp, expires: Timestamp) -> Result<(), TrustListError> {
    let seconds = expires.as_second().saturating_sub(issued.as_second());
    match seconds {
        ..=0 => Err(TrustListError::Header("it expires before it begins")),
        _ if seconds > LIST_DAYS_MAX * 86_400 => {
            Err(TrustListError::Header("it lasts longer than two years"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;
    use crate::trust::TrustedRoot;

    const NAME: &str = "trust.ministry.example.invalid";

    fn key(seed: &str) -> PrivateKey {
        PrivateKey::generate_ed25519(&mut SeededEntropy::new(seed))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period() -> (Timestamp, Timestamp) {
        (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"))
    }

    fn file() -> TrustFile {
        let mut file = TrustFile::empty();
        file.roots.push(TrustedRoot {
            issuer: "https://labour.example.invalid".into(),
            jurisdictions: vec!["PH".into()],
            kids: vec!["kid".into()],
            name: None,
            contact: Some("https://labour.example.invalid/ask".into()),
        });
        file
    }

    fn signed() -> String {
        TrustList::sign(&file(), NAME, period(), &key("list"), None).unwrap()
    }

    #[test]
    fn what_was_signed_is_read_again_under_its_fingerprint_alone() {
        let list = TrustList::open(&signed(), &key("list").public().thumbprint(), None).unwrap();
        assert_eq!((list.name.as_str(), &list.file), (NAME, &file()));
        assert!(TrustList::is_signed(&signed()) && !TrustList::is_signed(&file().to_toml()));
        let other = key("other").public().thumbprint();
        assert_eq!(TrustList::open(&signed(), &other, None), Err(TrustListError::OtherKey(other)));
    }

    #[test]
    fn one_changed_letter_is_found() {
        let fingerprint = key("list").public().thumbprint();
        let altered = signed().replace("labour.example.invalid/ask", "labour.example.invalid/asc");
        assert_eq!(TrustList::open(&altered, &fingerprint, None), Err(TrustListError::Signature));
        // A key of the forger's own in the header does not help: it is not the pinned one.
        let forged = TrustList::sign(&file(), NAME, period(), &key("forger"), None).unwrap();
        assert_eq!(
            TrustList::open(&forged, &fingerprint, Some(&key("list").public())),
            Err(TrustListError::OtherKey(fingerprint))
        );
    }

    #[test]
    fn a_list_counts_from_its_beginning_to_its_end_and_never_gives_way_to_an_older_one() {
        let list = TrustList::open(&signed(), &key("list").public().thumbprint(), None).unwrap();
        let (issued, expires) = period();
        let second = jiff::SignedDuration::from_secs(1);
        assert!(list.in_force(issued).is_ok() && list.in_force(expires).is_ok());
        assert_eq!(list.in_force(issued - second).unwrap_err().reason(), "TRUST_LIST_NOT_YET");
        assert_eq!(list.in_force(expires + second).unwrap_err().reason(), "TRUST_LIST_EXPIRED");
        assert!(list.may_follow(issued).is_ok());
        assert_eq!(list.may_follow(issued + second).unwrap_err().reason(), "TRUST_LIST_OLDER");
    }

    #[test]
    fn a_new_key_counts_when_the_pinned_one_signed_too() {
        let (old, new) = (key("list"), key("new"));
        let pin = old.public().thumbprint();
        let handed = TrustList::sign(&file(), NAME, period(), &new, Some(&old)).unwrap();
        let list = TrustList::open(&handed, &pin, Some(&old.public())).unwrap();
        assert_eq!(list.key, new.public());
        let alone = TrustList::sign(&file(), NAME, period(), &new, None).unwrap();
        let refused = TrustList::open(&alone, &pin, Some(&old.public()));
        assert_eq!(refused, Err(TrustListError::OtherKey(pin)));
    }

    #[test]
    fn a_list_is_never_a_plain_trust_file_nor_the_other_way_round() {
        let note = signed();
        let text = note_text(&note).unwrap();
        assert!(TrustFile::parse(text).unwrap_err().to_string().contains("without its signature"));
        let plain = sign_note(
            &file().to_toml(),
            &[(&VerifierKey::log(NAME, &key("list").public()).unwrap(), &key("list"))],
        );
        let fingerprint = key("list").public().thumbprint();
        assert_eq!(TrustList::open(&plain, &fingerprint, None).unwrap_err().reason(), "TRUST_LIST_HEADER");
    }

    #[test]
    fn periods_are_bounded() {
        let (issued, _) = period();
        for expires in ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2028-01-03T00:00:00Z"] {
            let signed = TrustList::sign(&file(), NAME, (issued, at(expires)), &key("list"), None);
            assert_eq!(signed.unwrap_err().reason(), "TRUST_LIST_HEADER", "{expires}");
        }
        // Two years of 365 days, and one day.
        let longest =
            TrustList::sign(&file(), NAME, (issued, at("2028-01-02T00:00:00Z")), &key("list"), None);
        assert!(longest.is_ok());
    }
}
