//! The pages that stand for themselves: where people start, and what they see when a page does not exist.

use askama::Template;
use askama::filters::Safe;
use serde_json::Value;

use super::{Lang, assets};

/// Why a page was not made.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be made: {0}")]
pub struct FaceError(#[from] askama::Error);

/// What a page's script reads, as it may stand in a script element: only `<` could end or change that.
pub(super) fn data(value: &Value) -> Safe<String> {
    Safe(value.to_string().replace('<', "\\u003c"))
}

/// What stands around every page: the language, and whose page it is. `layout.html` asks it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// In which the page speaks.
    pub lang: Lang,
    /// The ledger's origin.
    pub origin: &'a str,
}

impl Frame<'_> {
    pub(super) fn say(&self, key: &str) -> String {
        self.lang.say(key)
    }

    #[expect(clippy::unused_self, reason = "templates ask the frame")]
    pub(super) fn asset(&self, path: &str) -> String {
        assets::url(path)
    }

    #[expect(clippy::unused_self, reason = "templates ask the frame")]
    pub(super) fn languages(&self) -> [Lang; 6] {
        Lang::ALL
    }

    /// The address of another page of ours, in the same language.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{path}?lang={}", self.lang.tag())
    }
}

/// A way into what people do here: its address, its title and what it is for.
struct Door {
    path: &'static str,
    title: &'static str,
    text: &'static str,
}

/// Where the start page leads, in the order in which people need it.
const DOORS: &[Door] = &[
    Door { path: "/v", title: "check-title", text: "check-intro" },
    Door { path: "/worker", title: "worker-title", text: "worker-intro" },
    Door { path: "/desk", title: "desk-door-title", text: "desk-door-text" },
];

#[derive(Template)]
#[template(path = "start.html")]
struct Start<'a> {
    frame: Frame<'a>,
    doors: &'static [Door],
}

/// `/`: what this is, and the way to what one can do here.
pub fn start(frame: Frame<'_>) -> Result<String, FaceError> {
    Ok(Start { frame, doors: DOORS }.render()?)
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound<'a> {
    frame: Frame<'a>,
}

/// There is no such page.
pub fn not_found(frame: Frame<'_>) -> Result<String, FaceError> {
    Ok(NotFound { frame }.render()?)
}
