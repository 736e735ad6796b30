//! Whom a verifier is told to believe: trust files and trust lists.

use skillpass::tlog::{VerifierKey, sign_note};
use skillpass::trust::{TrustFile, TrustList};

use crate::open::ISSUER;
use crate::text_of;

/// The name of the list's key.
const LIST: &str = "list.invalid";

/// A trust file.
pub fn trust_file(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    match TrustFile::parse(text) {
        Ok(file) => {
            assert_eq!(TrustFile::parse(&file.to_toml()).as_ref(), Ok(&file), "what is written is read")
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The text of a trust list, which is signed, with `^x` for its key; or a whole list.
pub fn trust_list(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let (key, kid) = (ISSUER.public(), ISSUER.public().thumbprint());
    if TrustList::is_signed(text) {
        let _ = TrustList::open(text, &kid, Some(&key));
        return;
    }
    let jwk = key.to_jwk();
    let x = jwk["x"].as_str().unwrap_or_default();
    let text = text.replace("^x", x);
    let signer = VerifierKey::log(LIST, &key).expect("a name");
    match TrustList::open(&sign_note(&text, &[(&signer, &ISSUER)]), &kid, None) {
        Ok(list) => {
            assert_eq!(list.name, LIST, "the signer's name is the list's");
            assert!(list.in_force(list.issued).is_ok() && list.in_force(list.expires).is_ok());
            assert!(list.may_follow(list.issued).is_ok());
            let again = TrustList::sign(&list.file, LIST, (list.issued, list.expires), &ISSUER, None);
            let again = TrustList::open(&again.expect("it is signed again"), &kid, None).expect("and opened");
            assert_eq!(again, list);
        }
        Err(error) => assert!(!error.reason().is_empty() && !error.to_string().is_empty()),
    }
}
