//! `witness.toml`: the name of a witness and the logs it follows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tlog::VerifierKey;

/// The most logs one witness follows.
pub const LOGS_MAX: usize = 1024;
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WitnessFileError(String);

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessFile {
    /// The witness's key name, part of its identity.
    pub name: String,
    /// The logs, each with the checkpoint keys of its origin.
    pub logs: BTreeMap<String, Vec<VerifierKey>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    name: String,
    #[serde(default)]
    logs: Vec<String>,
}

impl WitnessFile {
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, WitnessFileError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(WitnessFileError(format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        let toml: Toml = toml::from_str(text).map_err(|error| WitnessFileError(error.to_string()))?;
        let mut file = Self { name: toml.name, logs: BTreeMap::new() };
        for vkey in &toml.logs {
            file.add(vkey)?;
        }
        Ok(file)
    }

    /// Follows one more log, or takes one more key of a log it follows.
    pub fn add(&mut self, vkey: &str) -> Result<(), WitnessFileError> {
        let key = VerifierKey::parse(vkey).map_err(|error| WitnessFileError(format!("{vkey}: {error}")))?;
        if key.is_cosigner() {
            return Err(WitnessFileError(format!("{vkey} is a witness's key, not a log's")));
        }
        let keys = self.logs.entry(key.name().to_owned()).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
        if self.logs.len() > LOGS_MAX {
            return Err(WitnessFileError(format!("more than {LOGS_MAX} logs")));
        }
        Ok(())
    }

    /// Writes it.
    pub fn to_toml(&self) -> String {
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let logs: Vec<String> =
            self.logs.values().flatten().map(|key| format!("  {},\n", quote(&key.to_string()))).collect();
        format!(
            "# A witness (C2SP tlog-witness). Its key stands beside this file. One line in `logs` for each checkpoint key\n\
             # of a log that it follows; the key's name is the log's origin.\nname = {}\nlogs = [\n{}]\n",
            quote(&self.name),
            logs.concat()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, SeededEntropy};

    fn vkey(label: &str, origin: &str) -> String {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new(label)).public();
        VerifierKey::log(origin, &key).unwrap().to_string()
    }

    #[test]
    fn what_is_written_is_read_again_and_two_keys_are_one_log() {
        let mut file = WitnessFile { name: "w.example.invalid".to_owned(), logs: BTreeMap::new() };
        for (label, origin) in
            [("a", "one.invalid"), ("b", "two.invalid"), ("c", "one.invalid"), ("a", "one.invalid")]
        {
            file.add(&vkey(label, origin)).unwrap();
        }
        assert_eq!(file.logs.len(), 2);
        assert_eq!(file.logs["one.invalid"].len(), 2);
        assert_eq!(WitnessFile::parse(&file.to_toml()), Ok(file));
    }

    #[test]
    fn a_witness_follows_so_many_logs_out_of_a_file_of_so_many_bytes() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("many")).public();
        let vkey =
            |number: usize| VerifierKey::log(&format!("log-{number}.invalid"), &key).unwrap().to_string();
        let listed = |count: usize| {
            let lines: Vec<String> = (0..count).map(|number| format!("  \"{}\",\n", vkey(number))).collect();
            WitnessFile::parse(&format!("name = \"w.invalid\"\nlogs = [\n{}]\n", lines.concat()))
        };
        let mut most = listed(LOGS_MAX).unwrap();
        assert_eq!(listed(LOGS_MAX + 1).unwrap_err().to_string(), "more than 1024 logs");
        assert!(most.add(&vkey(LOGS_MAX)).is_err());
        let padded = |bytes: usize| format!("name = \"w\"\n#{}\n", "x".repeat(bytes - 13));
        assert_eq!(padded(FILE_BYTES_MAX).len(), FILE_BYTES_MAX);
        assert!(WitnessFile::parse(&padded(FILE_BYTES_MAX)).is_ok());
        let error = WitnessFile::parse(&padded(FILE_BYTES_MAX + 1)).unwrap_err().to_string();
        assert_eq!(error, "longer than 1048576 bytes");
    }

    #[test]
    fn a_witnesses_key_a_misspelt_one_and_an_unknown_field_are_refused() {
        let key = PrivateKey::generate_ed25519(&mut SeededEntropy::new("w")).public();
        let cosigner = VerifierKey::cosigner("w.invalid", &key).unwrap().to_string();
        let mut file = WitnessFile { name: "w".to_owned(), logs: BTreeMap::new() };
        assert!(file.add(&cosigner).is_err() && file.add("one.invalid+00000000+AA==").is_err());
        assert!(WitnessFile::parse("name = \"w\"\nlog = []").is_err());
    }
}
