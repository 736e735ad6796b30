//! The verdict and the checks, in words. Reasons are the verifier's own sentences, in English.

use super::{Form, bare};
use crate::face::{Lang, visible};
use crate::passport::{self, Answer, Check, Report, Status};

/// The verdict.
pub(super) struct Verdict {
    /// The class of its box; the words say the same.
    pub(super) class: &'static str,
    pub(super) title: String,
    pub(super) text: String,
}

impl Verdict {
    pub(super) fn of(lang: Lang, report: &Report) -> Self {
        let (class, title, text) = match report.verdict {
            passport::Verdict::Valid if report.statement.is_some() => {
                ("good", "document-valid", "document-bare-valid-text")
            }
            passport::Verdict::Valid => ("good", "document-valid", "document-valid-text"),
            passport::Verdict::Invalid => ("bad", "document-invalid", "document-invalid-text"),
            passport::Verdict::Unknown => ("unsure", "document-unknown", "document-unknown-text"),
        };
        Self { class, title: lang.say(title), text: lang.say(text) }
    }
}

/// The question that was asked, and its answer.
pub(super) struct Asked {
    pub(super) class: &'static str,
    pub(super) question: String,
    pub(super) answer: String,
}

impl Asked {
    pub(super) fn of(lang: Lang, answer: &Answer) -> Self {
        let purpose = match answer.purpose {
            "practise" => "document-asked-practise",
            "study" => "document-asked-study",
            _ => "document-asked-hire",
        };
        let country = answer.country.as_deref().map_or_else(|| "–".to_owned(), |code| lang.country(code));
        let occupation = answer.occupation.clone().unwrap_or_else(|| "–".to_owned());
        let (class, said) = match answer.status {
            Status::Pass => ("good", "document-answer-yes"),
            Status::Fail => ("bad", "document-answer-no"),
            Status::Unknown => ("unsure", "document-answer-unknown"),
            Status::NotApplicable => ("unsure", "document-answer-none"),
        };
        let values = [("country", country.into()), ("occupation", occupation.into())];
        Self { class, question: lang.say_with(purpose, values), answer: lang.say(said) }
    }
}

/// One check over all its subjects.
pub(super) struct Line {
    /// How it came out, in a word.
    pub(super) status: String,
    pub(super) class: &'static str,
    /// What was checked.
    pub(super) meaning: String,
    /// What did not pass: of what, and why.
    pub(super) reasons: Vec<(String, String)>,
}

/// A line for each check that arose.
pub(super) fn lines(lang: Lang, report: &Report) -> Vec<Line> {
    Check::ALL.iter().filter_map(|check| line(lang, report, *check)).collect()
}

fn line(lang: Lang, report: &Report, check: Check) -> Option<Line> {
    let arose = report.checks.iter().filter(|row| row.check == check && row.status != Status::NotApplicable);
    let worst = arose.clone().map(|row| row.status).max_by_key(|status| match status {
        Status::NotApplicable | Status::Pass => 0,
        Status::Unknown => 1,
        Status::Fail => 2,
    })?;
    let (class, status) = match worst {
        Status::Fail => ("bad", "document-status-fail"),
        Status::Unknown => ("unsure", "document-status-unknown"),
        Status::Pass | Status::NotApplicable => ("good", "document-status-pass"),
    };
    let reasons = arose
        .filter(|row| row.status != Status::Pass)
        .map(|row| (visible(&row.subject), visible(&row.detail)))
        .collect();
    let bare = report.statement.as_ref().and_then(|_| bare::meaning(check));
    let key =
        bare.map_or_else(|| format!("document-check-{}", check.as_str().replace('_', "-")), str::to_owned);
    Some(Line { status: lang.say(status), class, meaning: lang.say(&key), reasons })
}

impl Form {
    /// What the page is not, or does not say.
    pub(super) fn warnings(self, is_presentation: bool) -> Vec<&'static str> {
        let mut keys = vec!["document-warn-paper", "document-warn-practise", "document-warn-levels"];
        if is_presentation {
            keys.push("document-warn-chosen");
        }
        if self == Self::Whole {
            keys.push("document-warn-whole");
        }
        keys
    }
}
