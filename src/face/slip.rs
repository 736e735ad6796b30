//! The claim slip: what a worker takes home from the counter. Text, and HTML with a QR code that prints on A5, one or many in a file.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::Safe;

use super::{FaceError, Lang, Qr, assets};
use crate::crypto::{base64_encode, sha256};

/// What stands on a slip. It holds no key and no claim but the name.
#[derive(Debug, Clone)]
pub struct Slip {
    /// `wkr_…`
    pub worker: String,
    /// As in the document.
    pub name: String,
    /// Who opened the passport.
    pub opened_by: String,
    /// The ledger's origin.
    pub origin: String,
    /// Where the ledger was reached.
    pub ledger: String,
    /// The address of the ledger's pages for people, if it is known, e.g. `https://ledger.example.invalid`.
    pub page: Option<String>,
    /// Whom the worker may ask: a telephone number, an address, opening hours.
    pub help: Option<String>,
    /// The salt of the document number's commitment, if there is one.
    pub document_salt: Option<String>,
}

/// Why there is no slip.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlipError {
    /// The code holds no such long address.
    #[error("the ledger's address is too long for a QR code")]
    TooLong,
    /// The template failed.
    #[error(transparent)]
    Face(#[from] FaceError),
}

impl Slip {
    /// For a terminal or a typewriter.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = format!("{}\n\n{}\n\n", lang.say("slip-title").to_uppercase(), lang.say("slip-what"));
        for (term, value) in self.lines(lang) {
            let _ = writeln!(text, "{term}: {value}");
        }
        let _ = writeln!(text, "\n{}", lang.say("slip-use"));
        for (number, step) in (1..).zip(self.steps(lang)) {
            let _ = writeln!(text, "{number}. {step}");
        }
        let _ =
            writeln!(text, "\n{}\n{}\n\n{}", lang.say("slip-help"), self.help(lang), lang.say("slip-proves"));
        text
    }

    fn lines(&self, lang: Lang) -> Vec<(String, String)> {
        let mut lines = vec![
            (lang.say("slip-name"), self.name.clone()),
            (lang.say("slip-worker"), spaced(&self.worker)),
            (lang.say("slip-opened-by"), self.opened_by.clone()),
            (
                lang.say("slip-ledger"),
                format!("{} ({})", self.origin, self.page.as_ref().unwrap_or(&self.ledger)),
            ),
        ];
        lines.extend(self.document_salt.clone().map(|salt| (lang.say("slip-salt"), salt)));
        lines
    }

    fn steps(&self, lang: Lang) -> Vec<String> {
        let key = match &self.page {
            Some(page) => lang.say_with("slip-use-page", [("page", format!("{page}/worker").into())]),
            None => lang.say("slip-use-key"),
        };
        vec![lang.say("slip-use-id"), key, lang.say("slip-use-share"), lang.say("slip-use-keep")]
    }

    fn help(&self, lang: Lang) -> String {
        match &self.help {
            Some(help) => lang.say_with("slip-help-contact", [("contact", help.as_str().into())]),
            None => lang.say_with("slip-help-body", [("body", self.opened_by.as_str().into())]),
        }
    }

    /// What the QR code says: the worker's page, or without an address of it a name for software.
    fn link(&self) -> String {
        let Self { worker, origin, ledger, .. } = self;
        self.page.as_ref().map_or_else(
            || format!("urn:skillpass:v1:worker?id={worker}&origin={origin}&ledger={ledger}"),
            // Behind the `#` it stays on the telephone.
            |page| format!("{page}/worker#w={worker}"),
        )
    }

    fn code(&self) -> Result<Qr, SlipError> {
        Qr::of(&self.link()).ok_or(SlipError::TooLong)
    }
}

/// One slip as its template asks for it.
struct Sheet<'a> {
    slip: &'a Slip,
    code: Qr,
}

#[derive(Template)]
#[template(path = "slip.html")]
struct Slips<'a> {
    lang: Lang,
    sheets: Vec<Sheet<'a>>,
    style: Safe<String>,
    style_hash: String,
}

/// One self-contained file of slips, a page for each; nothing is loaded from anywhere.
pub fn slips_html(slips: &[Slip], lang: Lang) -> Result<String, SlipError> {
    let sheets = slips.iter().map(|slip| Ok(Sheet { slip, code: slip.code()? }));
    let sheets = sheets.collect::<Result<_, SlipError>>()?;
    let style = assets::find("css/slip.css").map_or("", |asset| asset.text);
    let style_hash = base64_encode(sha256(&[style.as_bytes()]));
    Ok(Slips { lang, sheets, style: Safe(format!("<style>{style}</style>")), style_hash }
        .render()
        .map_err(FaceError::from)?)
}

/// A worker id in groups of four, as people read it aloud; hyphens are for people and forgiven when typed back.
pub fn spaced(worker: &str) -> String {
    let Some(body) = worker.strip_prefix("wkr_") else { return worker.to_owned() };
    let characters: Vec<char> = body.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    format!("wkr_{}", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(name: &str, page: Option<&str>) -> Slip {
        Slip {
            worker: "wkr_0123456789abcdefghjkmnpqrs0".into(),
            name: name.into(),
            opened_by: "https://school.example.invalid".into(),
            origin: "ledger.example.invalid".into(),
            ledger: "http://127.0.0.1:7640".into(),
            page: page.map(str::to_owned),
            help: None,
            document_salt: Some("SALT".into()),
        }
    }

    #[test]
    fn a_name_cannot_bring_markup_into_the_page() {
        let page = slips_html(&[slip("<script>alert(1)</script>", None)], Lang::En).unwrap();
        assert!(!page.contains("<script>") && page.contains("<svg"));
    }

    #[test]
    fn every_language_says_the_id_the_salt_and_whom_to_ask() {
        for lang in Lang::ALL {
            let slip = slip("SPECIMEN", Some("https://ledger.example.invalid"));
            for text in [slip.text(lang), slips_html(std::slice::from_ref(&slip), lang).unwrap()] {
                for said in [
                    "wkr_0123-4567-89ab-cdef-ghjk-mnpq-rs0",
                    "SALT",
                    "https://school.example.invalid",
                    "/worker",
                ] {
                    assert!(text.contains(said), "{}: {said} in {text}", lang.tag());
                }
            }
        }
    }

    #[test]
    fn the_code_opens_the_workers_page_where_one_is_known() {
        assert_eq!(
            slip("X", Some("https://ledger.example.invalid")).link(),
            "https://ledger.example.invalid/worker#w=wkr_0123456789abcdefghjkmnpqrs0"
        );
        assert!(slip("X", None).link().starts_with("urn:skillpass:v1:worker?id=wkr_"));
        let long = slip("X", Some(&"x".repeat(5000)));
        assert!(matches!(slips_html(&[long], Lang::En), Err(SlipError::TooLong)));
    }

    #[test]
    fn many_slips_are_one_file() {
        let all: Vec<Slip> = (0..3).map(|n| slip(&format!("GRADUATE {n}"), None)).collect();
        assert_eq!(slips_html(&all, Lang::Ar).unwrap().matches("<article").count(), 3);
    }
}
