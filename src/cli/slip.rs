//! The claim slip: what a worker takes home from the counter. Text, and one HTML page with a QR code that prints on A5.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use qrcode::QrCode;
use qrcode::render::svg;

use super::error::CliError;
use super::files;
use super::html::escape;

/// What stands on the slip. It holds no key and no claim but the name.
#[derive(Debug)]
pub(crate) struct Slip {
    /// `wkr_…`
    pub(crate) worker: String,
    /// As in the document.
    pub(crate) name: String,
    /// Who opened the passport.
    pub(crate) issuer: String,
    /// The ledger's origin.
    pub(crate) origin: String,
    /// Where it was reached.
    pub(crate) ledger: String,
    /// The salt of the document number's commitment, if there is one.
    pub(crate) document_salt: Option<String>,
}

impl Slip {
    /// For a terminal or a typewriter.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "SKILLS PASSPORT\n\nName       {}\nWorker id  {}\nOpened by  {}\nLedger     {} ({})\n",
            self.name,
            spaced(&self.worker),
            self.issuer,
            self.origin,
            self.ledger
        );
        if let Some(salt) = &self.document_salt {
            let _ = writeln!(text, "Salt       {salt}");
        }
        text.push_str("\nShow this id to every school or authority that records something for you.\nYour passport file and your key are yours: keep both.\n");
        text
    }

    /// One page, self-contained; nothing is loaded from anywhere.
    pub(crate) fn html(&self) -> Result<String, CliError> {
        let code = QrCode::new(self.link().as_bytes()).map_err(|_| {
            CliError::failed(
                "QR_TOO_LONG",
                "the ledger's address is too long for a QR code",
                "use a shorter address",
            )
        })?;
        let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        // The renderer writes an XML declaration, which HTML does not allow inside a page.
        let picture = picture.find("<svg").and_then(|at| picture.get(at..)).unwrap_or_default();
        let salt = self
            .document_salt
            .as_ref()
            .map_or_else(String::new, |salt| row("Salt of the document number", salt));
        Ok(format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Skills passport</title>\n\
             <style>@page{{size:A5}}body{{font:14px/1.5 sans-serif;margin:2em;max-width:36em}}dt{{color:#555}}dd{{margin:0 0 .6em;font-size:1.1em}}</style>\n\
             <h1>Skills passport</h1>\n<dl>{}{}{}{}{salt}</dl>\n{picture}\n\
             <p>Show this id to every school or authority that records something for you. Your passport file and your key are yours: keep both.</p>\n</html>\n",
            row("Name", &self.name),
            row("Worker id", &spaced(&self.worker)),
            row("Opened by", &self.issuer),
            row("Ledger", &format!("{} ({})", self.origin, self.ledger)),
        ))
    }

    /// What the QR code says.
    fn link(&self) -> String {
        format!("urn:skillpass:v1:worker?id={}&origin={}&ledger={}", self.worker, self.origin, self.ledger)
    }

    /// Writes both forms into `dir`, named by the worker id.
    pub(crate) fn write(&self, dir: &Path) -> Result<(PathBuf, PathBuf), CliError> {
        std::fs::create_dir_all(dir).map_err(|error| files::unwritable(dir, &error))?;
        let (text, html) =
            (dir.join(format!("{}.txt", self.worker)), dir.join(format!("{}.html", self.worker)));
        files::replace(&text, self.text().as_bytes())?;
        files::replace(&html, self.html()?.as_bytes())?;
        Ok((text, html))
    }
}

fn row(term: &str, value: &str) -> String {
    format!("<dt>{}</dt><dd>{}</dd>", escape(term), escape(value))
}

/// A worker id in groups of four, as people read it aloud; hyphens are for people and forgiven when typed back.
pub(crate) fn spaced(worker: &str) -> String {
    let Some(body) = worker.strip_prefix("wkr_") else { return worker.to_owned() };
    let characters: Vec<char> = body.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    format!("wkr_{}", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_bring_markup_into_the_page() {
        let slip = Slip {
            worker: "wkr_0123456789abcdefghjkmnpqrs0".into(),
            name: "<script>alert(1)</script>".into(),
            issuer: "https://school.example.invalid".into(),
            origin: "ledger.example.invalid".into(),
            ledger: "http://127.0.0.1:7640".into(),
            document_salt: None,
        };
        let page = slip.html().unwrap();
        assert!(!page.contains("<script>"));
        assert!(page.contains("<svg") && !page.contains("<?xml"));
        assert!(slip.text().contains("wkr_0123-4567-89ab-cdef-ghjk-mnpq-rs0"));
    }
}
