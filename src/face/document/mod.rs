//! The passport to hold: one page for A4 or a phone, made of what verification found and of nothing else.
//!
//! Paper proves nothing, and the page says so. It is a file of its own: its style inside, under a policy that lets nothing else in.

mod bare;
mod checks;
mod code;
mod entry;
mod facts;

use askama::Template;
use askama::filters::Safe;
use jiff::civil::Date;
use serde_json::{Map, Value};

use self::checks::{Asked, Line, Verdict};
use self::code::Code;
use self::entry::Entry;
use super::{FaceError, Lang, assets, visible};
use crate::crypto::{base64_encode, sha256};
use crate::event::Section;
use crate::passport::token::Unchecked;
use crate::passport::{FileKind, PassportFile, Record, Report, SECTIONS};

/// What the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For the one whose passport it is: everything, failed attempts included.
    Whole,
    /// To show to others.
    Shown,
    /// What a check of a file found.
    Report,
}

/// What the page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    /// In which it speaks.
    pub lang: Lang,
    /// What it is.
    pub form: Form,
    /// What verification found.
    pub report: &'a Report,
    /// The records that are shown.
    pub records: &'a [&'a Record],
    /// Names and birth date, as verified.
    pub identity: &'a Map<String, Value>,
    /// The worker id, if it is shown.
    pub worker: Option<&'a str>,
    /// The file that was verified; none of a bare statement.
    pub file: Option<&'a PassportFile>,
    /// What the file is called.
    pub file_name: Option<&'a str>,
    /// Where the passport can be seen and checked.
    pub share_link: Option<&'a str>,
    /// When it was verified.
    pub today: Date,
}

/// The page.
pub fn document(paper: &Paper<'_>) -> Result<String, FaceError> {
    Ok(Page::of(paper).render()?)
}

#[derive(Template)]
#[template(path = "document.html")]
struct Page {
    lang: Lang,
    form: Form,
    /// The style element.
    style: Safe<String>,
    /// Its hash, which the page's policy names.
    style_hash: String,
    title: String,
    names: Vec<String>,
    birth_date: Option<String>,
    worker: Option<String>,
    file_name: Option<String>,
    made_for: Option<String>,
    ledgers: Vec<(String, String)>,
    checked_on: String,
    verdict: Verdict,
    asked: Option<Asked>,
    sections: Vec<(String, Vec<Entry>)>,
    warnings: Vec<&'static str>,
    checks: Vec<Line>,
    code: Code,
}

impl Page {
    fn of(paper: &Paper<'_>) -> Self {
        let lang = paper.lang;
        let presentation = paper.file.filter(|file| file.kind == FileKind::Presentation);
        let title = match (paper.form, presentation) {
            (Form::Report, _) => "document-report-title",
            (_, Some(_)) => "document-presentation-title",
            _ => "document-title",
        };
        let text =
            |name: &str| paper.identity.get(name).and_then(Value::as_str).map(visible).unwrap_or_default();
        let name = |given: &str, family: &str| format!("{} {}", text(given), text(family)).trim().to_owned();
        let mut names =
            vec![name("given_name", "family_name"), name("given_name_latin", "family_name_latin")];
        names.retain(|name| !name.is_empty());
        names.dedup();
        let binding = presentation.and_then(|file| Unchecked::binding(file.presentation.as_deref()?).ok());
        let (style, style_hash) = style();
        Self {
            lang,
            form: paper.form,
            style,
            style_hash,
            title: lang.say(title),
            names,
            birth_date: text("birth_date").parse().ok().map(|day| lang.date(day)),
            worker: paper.worker.map(visible),
            file_name: paper.file_name.map(visible),
            made_for: binding.map(|token| visible(&token.content.audience)),
            ledgers: ledgers(paper),
            checked_on: lang.date(paper.today),
            verdict: Verdict::of(lang, paper.report),
            asked: paper.report.answer.as_ref().map(|answer| Asked::of(lang, answer)),
            sections: sections(paper),
            warnings: warnings(paper, presentation.is_some()),
            checks: checks::lines(lang, paper.report),
            code: Code::of(paper),
        }
    }

    fn say(&self, key: &str) -> String {
        self.lang.say(key)
    }

    /// What stands at the head of every sheet.
    fn running(&self) -> String {
        let ledgers = self.ledgers.iter().map(|(origin, state)| format!("{origin}, {state}"));
        let parts = [self.title.clone()].into_iter().chain(self.worker.clone()).chain(ledgers);
        parts.collect::<Vec<_>>().join(" · ")
    }
}

/// The ledgers, and as of when each speaks.
fn ledgers(paper: &Paper<'_>) -> Vec<(String, String)> {
    let parts = paper.file.iter().flat_map(|file| &file.ledgers);
    parts
        .map(|part| {
            let bound =
                part.heads.first().and_then(|head| Unchecked::head(head).ok()).map(|head| head.content.bound);
            let state = bound.map(|bound| {
                let day = crate::event::standing::day_of(bound.issued_at);
                let values = [("size", bound.size.to_string().into()), ("date", paper.lang.date(day).into())];
                paper.lang.say_with("document-as-of", values)
            });
            (visible(&part.origin), state.unwrap_or_default())
        })
        .collect()
}

/// What the page is not, or does not say.
fn warnings(paper: &Paper<'_>, is_presentation: bool) -> Vec<&'static str> {
    let mut keys = bare::warnings(paper.report);
    keys.extend(paper.form.warnings(is_presentation));
    keys
}

/// The six sections; those without a record are left out. Of a bare statement, the statement.
fn sections(paper: &Paper<'_>) -> Vec<(String, Vec<Entry>)> {
    if let Some(bare) = &paper.report.statement {
        let entry = bare::entry(paper, bare);
        return vec![(paper.lang.say("document-bare-heading"), vec![entry])];
    }
    let of = |section: Section| -> Vec<Entry> {
        let records = paper.records.iter().filter(|record| record.section == section);
        records.map(|record| Entry::of(paper.lang, record)).collect()
    };
    SECTIONS
        .into_iter()
        .map(|section| (paper.lang.say(heading(section)), of(section)))
        .filter(|(_, entries)| !entries.is_empty())
        .collect()
}

fn heading(section: Section) -> &'static str {
    match section {
        Section::Training => "document-section-training",
        Section::Assessment => "document-section-assessment",
        Section::Work => "document-section-work",
        Section::Recognition => "document-section-recognition",
        Section::Licence => "document-section-licence",
        Section::SelfDeclared => "document-section-self-declared",
    }
}

/// The whole style as an element, and its hash for the page's policy.
fn style() -> (Safe<String>, String) {
    let sheets = ["css/base.css", "css/document.css"];
    let text: String = sheets.iter().filter_map(|path| assets::find(path)).map(|asset| asset.text).collect();
    let hash = base64_encode(sha256(&[text.as_bytes()]));
    (Safe(format!("<style>{text}</style>")), hash)
}

#[cfg(test)]
mod tests;
