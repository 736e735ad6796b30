//! The check page: a second verifier, in the reader's browser. On a ledger, or as one file that needs no network.

use askama::Template;
use askama::filters::Safe;
use serde_json::json;

use super::bundle::script;
use super::fluent::{Area, script_messages};
use super::pages::{FaceError, Frame, data};
use super::vocabulary::vocabulary;
use super::{Lang, assets};
use crate::crypto::{base64_encode, sha256};

const AREAS: [Area; 2] = [Area::COMMON, Area::CHECK];

/// Where the trust file of a page comes from, which the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustSource {
    /// Whoever serves the page chose it.
    Configured,
    /// Nobody chose one: it is what the ledger says of itself.
    Ledger,
    /// Whoever made the page put it in.
    Embedded,
    /// There is none: the reader loads one.
    Missing,
}

impl TrustSource {
    fn name(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Ledger => "ledger",
            Self::Embedded => "embedded",
            Self::Missing => "missing",
        }
    }
}

/// A trust file as it was written, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct PageTrust<'a> {
    /// TOML, or a signed trust list that was opened before.
    pub text: &'a str,
    /// Where it comes from.
    pub source: TrustSource,
}

#[derive(Template)]
#[template(path = "check.html")]
struct Online<'a> {
    frame: Frame<'a>,
    data: Data,
}

#[derive(Template)]
#[template(path = "check_file.html")]
struct File<'a> {
    frame: Frame<'a>,
    policy: String,
    /// Elements of their own, whose content the policy knows by its hash.
    style: Safe<String>,
    script: Safe<String>,
    data: Data,
}

/// What the page's script reads: JSON that may stand in a script element as it is.
struct Data {
    messages: Safe<String>,
    vocabulary: Safe<String>,
    trust: Safe<String>,
}

impl Data {
    fn new(langs: &[Lang], trust: PageTrust<'_>) -> Self {
        let messages: Vec<String> = langs
            .iter()
            .map(|lang| format!("\"{}\":{}", lang.tag(), script_messages(*lang, &AREAS)))
            .collect();
        Self {
            messages: Safe(format!("{{{}}}", messages.join(","))),
            vocabulary: data(&vocabulary()),
            trust: data(&json!({ "text": trust.text, "source": trust.source.name() })),
        }
    }
}

/// `/v` on a ledger.
pub fn check(frame: Frame<'_>, trust: PageTrust<'_>) -> Result<String, FaceError> {
    let data = Data::new(&[frame.lang], trust);
    Ok(Online { frame, data }.render()?)
}

/// The page as one file: every script, style and message inside, and by its own policy unable to reach any network.
pub fn check_file(trust: PageTrust<'_>) -> Result<String, FaceError> {
    let frame = Frame { lang: Lang::En, origin: "" };
    let text = |path| assets::find(path).map(|asset| asset.text).unwrap_or_default();
    let style = format!("\n{}{}", text("css/base.css"), text("css/check.css"));
    let script = script("verify/page.js");
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data: blob:; media-src blob:; connect-src 'none'; \
         form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash_source(&script),
        hash_source(&style)
    );
    let (style, script) =
        (Safe(format!("<style>{style}</style>")), Safe(format!("<script>{script}</script>")));
    let data = Data::new(&Lang::ALL, trust);
    Ok(File { frame, policy, style, script, data }.render()?)
}

/// What a policy calls an inline script or style by.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", base64_encode(sha256(&[text.as_bytes()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_as_a_file_reaches_nothing_and_nothing_in_it_ends_its_scripts() {
        let hostile = "</script><img src=x onerror=alert(1)>";
        let page = check_file(PageTrust { text: hostile, source: TrustSource::Embedded }).unwrap();
        assert_eq!(page.matches("</script>").count(), 4, "three of data and one that runs");
        assert!(
            page.contains("connect-src &#39;none&#39;")
                && !page.contains("src=\"/")
                && !page.contains("href=\"/")
        );
        let frame = Frame { lang: Lang::Ar, origin: hostile };
        let page = check(frame, PageTrust { text: hostile, source: TrustSource::Ledger }).unwrap();
        assert!(!page.contains("<img"), "escaped");
    }
}
