//! What is said is said in every language, with the same variables, and nothing is left over on either side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::assets::{self, ASSETS};
use super::fluent::keys;
use super::{Area, Frame, Lang, not_found, script_messages, start};

const ROOM: &str = "src/face";

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

#[test]
fn every_language_says_what_english_says_with_the_same_variables() {
    for area in Area::ALL {
        let english: BTreeMap<_, _> = keys(area.sources[0]).into_iter().collect();
        assert!(!english.is_empty(), "{}", area.name());
        for (lang, source) in Lang::ALL.into_iter().zip(area.sources) {
            fluent_syntax::parser::parse(source)
                .unwrap_or_else(|(_, errors)| panic!("{}/{}: {errors:?}", lang.tag(), area.name()));
            let listed = keys(source);
            let said: BTreeMap<_, _> = listed.iter().cloned().collect();
            assert_eq!(listed.len(), said.len(), "{}/{}: a key stands twice", lang.tag(), area.name());
            assert_eq!(said, english, "{}/{} (left) against English (right)", lang.tag(), area.name());
        }
        for key in english.keys() {
            assert!(key.starts_with(&format!("{}-", area.name())), "{key} begins with its area's name");
        }
    }
}

#[test]
fn every_file_of_messages_and_assets_is_in_the_binary() {
    let messages = files(&Path::new(ROOM).join("messages"));
    assert_eq!(messages.len(), Area::ALL.len() * Lang::ALL.len(), "areas stand in Area::ALL: {messages:?}");
    let root = Path::new(ROOM).join("assets");
    let mut listed: Vec<&str> = ASSETS.iter().map(|asset| asset.path).collect();
    listed.sort_unstable();
    let mut found: Vec<String> = files(&root)
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort_unstable();
    assert_eq!(listed, found, "assets stand in assets::ASSETS");
}

/// Sources that may say something: Rust, templates, scripts.
fn sources() -> Vec<(PathBuf, String)> {
    let kinds = ["rs", "html", "js"];
    files(Path::new("src"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|is| kinds.contains(&is.to_str().unwrap())))
        .filter(|path| !path.ends_with("face/tests.rs"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// What stands after `mark` up to the closing quote, wherever it stands.
fn quoted<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).filter_map(move |(at, _)| {
        let rest = &text[at + mark.len()..];
        let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first))?;
        rest[1..].split(quote).next()
    })
}

#[test]
fn whatever_is_said_exists_and_whatever_exists_is_said() {
    let known: Vec<String> =
        Area::ALL.iter().flat_map(|area| keys(area.sources[0])).map(|(key, _)| key).collect();
    let sources = sources();
    for (path, text) in &sources {
        // `say(` and `say_with(` in Rust and templates, `message(` in scripts.
        for mark in ["say(", "say_with(", "message("] {
            for key in quoted(text, mark).filter(|_| mark != "message(" || path.extension().unwrap() == "js")
            {
                assert!(known.iter().any(|known| known == key), "{}: {key} is no message", path.display());
            }
        }
    }
    // A key is written out, or made of a prefix and a value: format!("check-why-{reason}"), `check-why-${reason}`.
    let is_said = |key: &str| {
        let families = key.match_indices('-').map(|(at, _)| &key[..=at]);
        let mut ways: Vec<String> =
            families.flat_map(|prefix| [format!("\"{prefix}{{"), format!("`{prefix}${{")]).collect();
        ways.extend([format!("\"{key}\""), format!("'{key}'")]);
        sources.iter().any(|(_, text)| ways.iter().any(|way| text.contains(way)))
    };
    let unsaid: Vec<&String> = known.iter().filter(|key| !is_said(key)).collect();
    assert!(unsaid.is_empty(), "messages that nobody says: {unsaid:?}");
}

#[test]
fn values_are_isolated_in_text_and_messages_for_scripts_keep_their_variables() {
    assert_eq!(Lang::Ar.say("common-nonsense"), "common-nonsense");
    for area in Area::ALL {
        let english: serde_json::Value = serde_json::from_str(&script_messages(Lang::En, &[area])).unwrap();
        for (key, variables) in keys(area.sources[0]) {
            for variable in variables {
                let text = english[&key].as_str().unwrap();
                assert!(text.contains(&format!("\u{2068}{{{variable}}}\u{2069}")), "{key}: {text}");
            }
        }
        assert!(!script_messages(Lang::Fr, &[area]).contains('<'));
    }
}

#[test]
fn pages_escape_what_they_show_and_name_their_language() {
    let hostile = "<script>alert(1)</script>\"'&";
    for lang in Lang::ALL {
        let frame = Frame { lang, origin: hostile };
        for page in [start(frame).unwrap(), not_found(frame).unwrap()] {
            assert!(!page.contains("<script>"), "{page}");
            assert!(page.contains(&format!("<html lang=\"{}\" dir=\"{}\">", lang.tag(), lang.dir())));
            assert!(page.contains(&assets::url("css/base.css")));
        }
    }
}

#[test]
fn no_script_makes_markup_of_a_string_and_nothing_is_asked_of_another_site() {
    for (path, text) in sources() {
        let vendored = path.starts_with(format!("{ROOM}/assets/vendor"));
        if path.extension().is_some_and(|is| is == "js") && !vendored {
            for banned in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
            {
                assert!(!text.contains(banned), "{}: {banned}", path.display());
            }
        }
        if path.extension().is_some_and(|is| is == "html") {
            for banned in ["src=\"http", "href=\"http", "<style", " style=", " onclick", "|safe"] {
                assert!(!text.contains(banned), "{}: {banned}", path.display());
            }
        }
    }
}

#[test]
fn an_asset_is_found_by_its_path_alone() {
    let sheet = assets::find("css/base.css").unwrap();
    assert_eq!(sheet.media_type(), "text/css; charset=utf-8");
    assert!(assets::find("css/../css/base.css").is_none());
    assert_eq!(assets::version().len(), 16);
}
