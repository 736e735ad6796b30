//! The code on the page: the share link, else the whole statement of a page about one record.

use super::{Form, Paper};
use crate::face::{Lang, Qr};
use crate::passport::Verdict;

/// What is drawn, or why nothing is.
pub(super) enum Code {
    /// The address at which the passport is seen and checked.
    Link(String, Qr),
    /// The statement of the one record, as signed.
    Statement(Qr),
    /// What was to be drawn is longer than any code: that, in words.
    TooLong(String),
    /// There is nothing to draw.
    Nothing,
}

impl Code {
    pub(super) fn of(paper: &Paper<'_>) -> Self {
        // A code lends weight: what is not authentic gets none.
        if paper.report.verdict == Verdict::Invalid || paper.form == Form::Report {
            return Self::Nothing;
        }
        if let Some(link) = paper.share_link {
            return Qr::of(link)
                .map_or_else(|| Self::too_long(paper.lang, link), |qr| Self::Link(link.to_owned(), qr));
        }
        let ([record], Some(file)) = (paper.records, paper.file) else { return Self::Nothing };
        let part = file
            .statements
            .iter()
            .find(|part| part.id().is_some_and(|id| id.urn().to_string() == record.jti));
        let Some(part) = part else { return Self::Nothing };
        Qr::of(&part.sdjwt).map_or_else(|| Self::too_long(paper.lang, &part.sdjwt), Self::Statement)
    }

    fn too_long(lang: Lang, text: &str) -> Self {
        Self::TooLong(lang.say_with("document-code-too-long", [("bytes", text.len().to_string().into())]))
    }
}
