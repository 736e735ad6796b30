//! C2SP tlog-policy: which logs and witnesses count, and how many witnesses suffice.

use std::collections::HashMap;

use super::{TlogError, VerifierKey, strict_decimal};

/// The longest policy we read.
pub const POLICY_MAX_BYTES: usize = 64 * 1024;
/// The most lines of each kind. C2SP tlog-policy asks for at least 32.
pub const POLICY_MAX_LINES: usize = 256;

/// C2SP tlog-policy: logs, witnesses, groups, one quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    text: String,
    logs: Vec<VerifierKey>,
    log_urls: Vec<Option<String>>,
    witnesses: Vec<VerifierKey>,
    witness_urls: Vec<Option<String>>,
    /// Witnesses and groups in the order of their lines.
    rules: Vec<Rule>,
    quorum: Quorum,
}

/// What the `quorum` line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quorum {
    /// `quorum none`.
    Nobody,
    /// This rule must be met.
    Rule(usize),
}

/// When a name of the policy counts as having witnessed a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// The witness at this index cosigned.
    Witness(usize),
    /// At least `threshold` of these earlier rules are met.
    Group { threshold: usize, members: Vec<usize> },
}

impl Policy {
    /// Parses the policy text.
    pub fn parse(text: &str) -> Result<Self, TlogError> {
        if text.len() > POLICY_MAX_BYTES {
            return Err(TlogError::PolicyTooLarge { what: "bytes", limit: POLICY_MAX_BYTES });
        }
        let mut reader = Reader::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            reader.line(number, line)?;
        }
        let quorum = reader.quorum.ok_or(TlogError::PolicyQuorum)?;
        let Reader { logs, log_urls, witnesses, witness_urls, rules, .. } = reader;
        Ok(Self { text: text.to_owned(), logs, log_urls, witnesses, witness_urls, rules, quorum })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The log keys named by it.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// Log keys with their URL, if given.
    pub fn log_urls(&self) -> Vec<(&VerifierKey, Option<&str>)> {
        self.logs.iter().zip(self.log_urls.iter().map(Option::as_deref)).collect()
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Witnesses with their submission URL, if given.
    pub fn witness_urls(&self) -> Vec<(&VerifierKey, Option<&str>)> {
        self.witnesses.iter().zip(self.witness_urls.iter().map(Option::as_deref)).collect()
    }

    /// True when `quorum none`.
    pub fn requires_none(&self) -> bool {
        self.quorum == Quorum::Nobody
    }

    /// Whether the witnesses at these indexes reach the quorum.
    pub fn is_met_by(&self, witnesses: &[usize]) -> bool {
        let Quorum::Rule(quorum) = self.quorum else { return true };
        // A rule refers to earlier rules only, so one pass decides them all.
        let mut met: Vec<bool> = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            met.push(match rule {
                Rule::Witness(index) => witnesses.contains(index),
                Rule::Group { threshold, members } => {
                    members.iter().filter(|&&member| met.get(member) == Some(&true)).count() >= *threshold
                }
            });
        }
        met.get(quorum) == Some(&true)
    }
}

/// A policy of which some lines are read.
#[derive(Default)]
struct Reader<'a> {
    logs: Vec<VerifierKey>,
    log_urls: Vec<Option<String>>,
    witnesses: Vec<VerifierKey>,
    witness_urls: Vec<Option<String>>,
    rules: Vec<Rule>,
    /// Rule by name, and whether a group has it as a member already.
    names: HashMap<&'a str, (usize, bool)>,
    quorum: Option<Quorum>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: usize, text: &'a str) -> Result<(), TlogError> {
        // C2SP tlog-policy, "Character set".
        if text.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
            return Err(TlogError::PolicyCharacter { line });
        }
        // White space is space and tab only, whatever else Unicode calls so.
        let items: Vec<&str> = text.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
        match items[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] => self.log(line, vkey, None),
            ["log", vkey, url] => self.log(line, vkey, Some(url)),
            ["witness", name, vkey] => self.witness(line, name, vkey, None),
            ["witness", name, vkey, url] => self.witness(line, name, vkey, Some(url)),
            ["group", name, threshold, ref members @ ..] if !members.is_empty() => {
                self.group(line, name, threshold, members)
            }
            ["quorum", name] => self.quorum(line, name),
            _ => Err(TlogError::PolicyLine { line }),
        }
    }

    fn log(&mut self, line: usize, vkey: &str, url: Option<&str>) -> Result<(), TlogError> {
        let key = listed_key(line, vkey, false, &self.logs)?;
        self.logs.push(key);
        self.log_urls.push(url.map(str::to_owned));
        Ok(())
    }

    fn witness(
        &mut self,
        line: usize,
        name: &'a str,
        vkey: &str,
        url: Option<&str>,
    ) -> Result<(), TlogError> {
        let key = listed_key(line, vkey, true, &self.witnesses)?;
        self.define(line, name, Rule::Witness(self.witnesses.len()))?;
        self.witnesses.push(key);
        self.witness_urls.push(url.map(str::to_owned));
        Ok(())
    }

    fn group(
        &mut self,
        line: usize,
        name: &'a str,
        threshold: &str,
        members: &[&'a str],
    ) -> Result<(), TlogError> {
        let threshold = match threshold {
            "all" => Some(members.len()),
            "any" => Some(1),
            number => strict_decimal(number).and_then(|number| usize::try_from(number).ok()),
        };
        let threshold = threshold
            .filter(|threshold| (1..=members.len()).contains(threshold))
            .ok_or(TlogError::PolicyThreshold { line })?;
        let mut rules = Vec::with_capacity(members.len());
        for member in members {
            let (rule, taken) = self.names.get_mut(member).ok_or(TlogError::PolicyUnknownName { line })?;
            // C2SP tlog-policy: each witness contributes in one way only.
            if std::mem::replace(taken, true) {
                return Err(TlogError::PolicyMemberTwice { line });
            }
            rules.push(*rule);
        }
        self.define(line, name, Rule::Group { threshold, members: rules })
    }

    fn define(&mut self, line: usize, name: &'a str, rule: Rule) -> Result<(), TlogError> {
        if name == "none" || self.names.contains_key(name) {
            return Err(TlogError::PolicyName { line });
        }
        if self.rules.len() == 2 * POLICY_MAX_LINES {
            return Err(TlogError::PolicyTooLarge {
                what: "witnesses and groups",
                limit: 2 * POLICY_MAX_LINES,
            });
        }
        self.names.insert(name, (self.rules.len(), false));
        self.rules.push(rule);
        Ok(())
    }

    fn quorum(&mut self, line: usize, name: &str) -> Result<(), TlogError> {
        let quorum = match name {
            "none" => Quorum::Nobody,
            name => Quorum::Rule(self.names.get(name).ok_or(TlogError::PolicyUnknownName { line })?.0),
        };
        if self.quorum.replace(quorum).is_some() { Err(TlogError::PolicyQuorum) } else { Ok(()) }
    }
}

/// A key of the line's type whose public key is not among `known`: its name and id do not make it another.
fn listed_key(
    line: usize,
    vkey: &str,
    cosigner: bool,
    known: &[VerifierKey],
) -> Result<VerifierKey, TlogError> {
    let key = VerifierKey::parse(vkey).ok().filter(|key| key.is_cosigner() == cosigner);
    let key = key.ok_or(TlogError::PolicyKey { line })?;
    if known.len() == POLICY_MAX_LINES {
        return Err(TlogError::PolicyTooLarge { what: "logs or witnesses", limit: POLICY_MAX_LINES });
    }
    if known.iter().any(|known| known.key() == key.key()) {
        return Err(TlogError::PolicyDuplicateKey { line });
    }
    Ok(key)
}

#[cfg(test)]
mod tests;
