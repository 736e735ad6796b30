//! Key files: a private JWK (RFC 7517) of mode 0600, its private part sealed under a passphrase if the owner wants so.
//!
//! Sealed form: the public JWK and `"sealed": {"kdf": "argon2id", "memory_kib", "passes", "salt", "box"}`; `box` is the
//! private JWK under the derived key, bound to the thumbprint of the public one.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::CliError;
use super::files;
use crate::crypto::{
    Entropy as _, OsEntropy, PassphraseCost, PrivateKey, PublicKey, base64url_decode, base64url_encode, open,
    passphrase_key, seal, wipe_jwk,
};
use crate::statement::json;

/// Where the passphrase of a sealed key file comes from; never from a prompt, so that scripts do not hang.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// File whose first line is the passphrase of the key file (or set `SKILLPASS_PASSPHRASE`)
    #[arg(long, value_name = "FILE", env = "SKILLPASS_PASSPHRASE_FILE", hide_env_values = true)]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// A passphrase file named by another option.
    pub(crate) fn from_file(passphrase_file: Option<PathBuf>) -> Self {
        Self { passphrase_file }
    }

    /// The passphrase, if one was given.
    pub(crate) fn read(&self) -> Result<Option<zeroize::Zeroizing<String>>, CliError> {
        let Some(path) = &self.passphrase_file else {
            #[expect(
                clippy::disallowed_methods,
                reason = "the command line is where the environment enters"
            )]
            return Ok(std::env::var("SKILLPASS_PASSPHRASE").ok().map(zeroize::Zeroizing::new));
        };
        let text = zeroize::Zeroizing::new(files::read_text(path)?);
        let first = text.lines().next().unwrap_or_default();
        if first.is_empty() {
            let message = format!("{} holds no passphrase in its first line", path.display());
            return Err(CliError::usage(
                "PASSPHRASE_EMPTY",
                message,
                "put the passphrase there, alone on the first line",
            ));
        }
        Ok(Some(zeroize::Zeroizing::new(first.to_owned())))
    }
}

/// The key that signs: `--key FILE`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SigningKeyArgs {
    /// Private key file of whoever signs (`skillpass key new` makes one)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl SigningKeyArgs {
    /// Opens it.
    pub(crate) fn read(&self) -> Result<PrivateKey, CliError> {
        read_private(&self.key, &self.passphrase)
    }
}

/// Reads a private key file, sealed or not.
pub(crate) fn read_private(path: &Path, passphrase: &PassphraseArgs) -> Result<PrivateKey, CliError> {
    let mut jwk = files::read_json(path)?;
    let wrong = |error: crate::crypto::KeyError| {
        CliError::usage(
            "KEY_FILE_INVALID",
            format!("{}: {error}", path.display()),
            "`skillpass key new --out FILE` makes a key file",
        )
    };
    let Some(sealed) = jwk.get("sealed") else {
        let key = PrivateKey::from_jwk(&jwk).map_err(wrong);
        wipe_jwk(&mut jwk);
        return key;
    };
    let Some(passphrase) = passphrase.read()? else {
        let message = format!("{} is sealed under a passphrase", path.display());
        return Err(CliError::usage(
            "PASSPHRASE_NEEDED",
            message,
            "give --passphrase-file FILE, or set SKILLPASS_PASSPHRASE",
        ));
    };
    let public = PublicKey::from_jwk(&jwk).map_err(wrong)?;
    let mut private = unseal(sealed, &public, passphrase.as_bytes()).ok_or_else(|| {
        CliError::usage(
            "PASSPHRASE_WRONG",
            format!("{} does not open under this passphrase", path.display()),
            "check the passphrase",
        )
    })?;
    let key = PrivateKey::from_jwk(&private).map_err(wrong);
    wipe_jwk(&mut private);
    key
}

fn unseal(sealed: &Value, public: &PublicKey, passphrase: &[u8]) -> Option<Value> {
    let number = |name: &str| sealed.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let bytes =
        |name: &str| sealed.get(name).and_then(Value::as_str).and_then(|text| base64url_decode(text).ok());
    let cost = PassphraseCost { memory_kib: number("memory_kib")?, passes: number("passes")? };
    let salt: [u8; 16] = bytes("salt")?.try_into().ok()?;
    let key = passphrase_key(passphrase, &salt, cost).ok()?;
    let plain = zeroize::Zeroizing::new(open(&key, public.thumbprint().as_bytes(), &bytes("box")?).ok()?);
    json::parse(&plain).ok()
}

/// Whether [`write_private`] would write it: there is nothing yet, a directory is, and the passphrase can be read.
pub(crate) fn check_new(path: &Path, passphrase: &PassphraseArgs) -> Result<(), CliError> {
    passphrase.read()?;
    if path.symlink_metadata().is_ok() {
        return Err(files::unwritable(path, &std::io::ErrorKind::AlreadyExists.into()));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match std::fs::metadata(parent) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(files::unwritable(path, &std::io::ErrorKind::NotADirectory.into())),
        Err(error) => Err(files::unwritable(path, &error)),
    }
}

/// Writes a new private key file, sealed if there is a passphrase. Refuses to overwrite.
pub(crate) fn write_private(path: &Path, key: &PrivateKey, passphrase: Option<&str>) -> Result<(), CliError> {
    files::create_secret(path, document(key, passphrase)?.as_bytes())
}

/// The same in the place of a key file that is there.
pub(crate) fn replace_private(
    path: &Path,
    key: &PrivateKey,
    passphrase: Option<&str>,
) -> Result<(), CliError> {
    files::replace_secret(path, document(key, passphrase)?.as_bytes())
}

fn document(key: &PrivateKey, passphrase: Option<&str>) -> Result<zeroize::Zeroizing<String>, CliError> {
    let mut document = match passphrase {
        None => key.to_jwk(),
        Some(passphrase) => sealed_document(key, passphrase, PassphraseCost::RECOMMENDED)?,
    };
    let text = zeroize::Zeroizing::new(format!("{document:#}\n"));
    wipe_jwk(&mut document);
    Ok(text)
}

fn sealed_document(key: &PrivateKey, passphrase: &str, cost: PassphraseCost) -> Result<Value, CliError> {
    let salt: [u8; 16] = OsEntropy.bytes();
    let sealing = passphrase_key(passphrase.as_bytes(), &salt, cost)
        .map_err(|error| CliError::usage("PASSPHRASE_COST", error.to_string(), "use the default cost"))?;
    let plain = key.to_jwk_text();
    let sealed = seal(&sealing, OsEntropy.bytes(), key.public().thumbprint().as_bytes(), &[plain.as_bytes()]);
    let mut document = key.public().to_jwk();
    let sealed = json!({
        "kdf": "argon2id", "memory_kib": cost.memory_kib, "passes": cost.passes,
        "salt": base64url_encode(salt), "box": base64url_encode(sealed),
    });
    json::set(&mut document, "sealed", sealed);
    Ok(document)
}

/// Reads a public JWK file.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey, CliError> {
    PublicKey::from_jwk(&files::read_json(path)?).map_err(|error| {
        let help = "`skillpass key show FILE` prints the public part of a key file";
        CliError::usage("KEY_FILE_INVALID", format!("{}: {error}", path.display()), help)
    })
}

/// The public JWK with its `kid`, as it is given to others.
pub(crate) fn public_document(key: &PublicKey) -> Value {
    let mut jwk = key.to_jwk();
    json::set(&mut jwk, "kid", key.thumbprint());
    jwk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededEntropy;

    const CHEAP: PassphraseCost = PassphraseCost { memory_kib: 64, passes: 1 };

    #[test]
    fn a_sealed_key_opens_under_its_passphrase_only() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("sealed"));
        let document = sealed_document(&key, "correct horse", CHEAP).unwrap();
        assert!(document.get("d").is_none());
        let public = PublicKey::from_jwk(&document).unwrap();
        assert_eq!(unseal(&document["sealed"], &public, b"correct horse"), Some(key.to_jwk()));
        assert_eq!(unseal(&document["sealed"], &public, b"battery staple"), None);
    }

    #[test]
    fn a_sealed_box_under_another_public_key_is_refused() {
        let mut entropy = SeededEntropy::new("swapped");
        let (one, two) =
            (PrivateKey::generate_ed25519(&mut entropy), PrivateKey::generate_ed25519(&mut entropy));
        let document = sealed_document(&one, "pass", CHEAP).unwrap();
        assert_eq!(unseal(&document["sealed"], &two.public(), b"pass"), None);
    }
}
