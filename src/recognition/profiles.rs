//! Two published standards side by side: the outcomes of each, what a worker has shown of each, and which sentences stand
//! word for word in both. Nothing is weighed, and nothing is said about sentences that differ.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::assess::Shown;
use super::gaps::{Gaps, gaps};
use super::standard::Standard;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What is shown of each.
    pub sides: [Gaps; 2],
    /// The outcomes that both publish in the same words.
    pub same_words: Vec<String>,
}

/// Sets `one` beside `other`.
pub fn compare(shown: &[Shown<'_>], one: &Standard, other: &Standard, day: Date) -> Comparison {
    let in_both = |text: &str| other.outcomes.iter().any(|outcome| outcome.text == text);
    let same_words = one.outcomes.iter().map(|outcome| &outcome.text).filter(|text| in_both(text));
    Comparison {
        same_words: same_words.cloned().collect(),
        sides: [gaps(shown, one, day), gaps(shown, other, day)],
    }
}

impl Comparison {
    /// As `CompareProfiles` gives it.
    pub fn to_json(&self) -> Value {
        json!({
            "standards": self.sides.iter().map(Gaps::to_json).collect::<Vec<_>>(),
            "same_words": self.same_words,
            "note": "side by side; sentences that differ are not compared",
        })
    }
}
