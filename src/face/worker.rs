//! The worker's page: what a worker does with the passport, by scripts that hold the key. The server only says what there is to say.

use askama::Template;
use askama::filters::Safe;
use serde_json::{Map, Value, json};

use super::Lang;
use super::fluent::{Area, script_messages};
use super::pages::{FaceError, Frame, data};
use crate::event::vocab::{labels, names};
use crate::event::{Class, Kind};
use crate::passport::{always_shown, hash_claims};

#[derive(Template)]
#[template(path = "worker.html")]
struct Worker<'a> {
    frame: Frame<'a>,
    page: Safe<String>,
    messages: Safe<String>,
    kinds: Safe<String>,
    claims: Safe<String>,
}

/// `/worker`: the same for everybody; what is about a person comes to its scripts, for whoever holds the key.
pub fn worker(frame: Frame<'_>) -> Result<String, FaceError> {
    let lang = frame.lang;
    let persons = || Kind::all().iter().copied().filter(|kind| kind.class() == Class::Person);
    let kinds: Map<String, Value> = persons().map(|one| (one.name().to_owned(), kind(one, lang))).collect();
    let specs = persons().flat_map(Kind::claims);
    let claims: Map<String, Value> =
        specs.filter_map(|spec| Some((spec.name.to_owned(), label(spec.name, lang)?.into()))).collect();
    let page = Worker {
        page: data(&json!({"origin": frame.origin})),
        messages: Safe(script_messages(lang, &[Area::WORKER])),
        kinds: data(&kinds.into()),
        claims: data(&claims.into()),
        frame,
    };
    Ok(page.render()?)
}

/// What a kind is called, and what a presentation has to know of it.
fn kind(kind: Kind, lang: Lang) -> Value {
    let named = names::names(kind).and_then(|names| names.get(place(lang)));
    json!({
        "label": named.copied().unwrap_or(kind.name()),
        "always": always_shown(kind).collect::<Vec<_>>(),
        "hashes": hash_claims(kind).collect::<Vec<_>>(),
        "neverLeaves": kind.never_leaves(),
    })
}

/// A claim's label; in English where the language has none.
fn label(claim: &str, lang: Lang) -> Option<&'static str> {
    let labels = labels::labels(claim)?;
    labels.get(place(lang)).or(labels.first()).copied()
}

/// English first, as in the tables of `event::vocab`.
fn place(lang: Lang) -> usize {
    Lang::ALL.iter().position(|known| *known == lang).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str, id: &str) -> Value {
        let start = format!("<script type=\"application/json\" id=\"{id}\">");
        serde_json::from_str(page.split(&start).nth(1).unwrap().split("</script>").next().unwrap()).unwrap()
    }

    #[test]
    fn scripts_know_of_every_kind_what_is_always_shown_and_what_never_leaves() {
        let page = worker(Frame { lang: Lang::Fr, origin: "ledger.example.invalid" }).unwrap();
        let kinds = read(&page, "kinds");
        for &kind in Kind::all().iter().filter(|kind| kind.class() == Class::Person) {
            let told = &kinds[kind.name()];
            let always: Vec<&str> = always_shown(kind).collect();
            assert_eq!(told["always"], json!(always), "{}", kind.name());
            assert_eq!(told["neverLeaves"], kind.never_leaves(), "{}", kind.name());
        }
        assert_eq!(kinds["TrainingCompleted"]["label"], "Formation achevée");
        assert_eq!(kinds["DisputeRaised"]["hashes"], json!(["target"]));
        assert_eq!(read(&page, "claims")["completed_on"], "Achevé le");
    }

    #[test]
    fn an_origin_ends_no_script() {
        let hostile = "</script><img src=x onerror=alert(1)>";
        let page = worker(Frame { lang: Lang::Ar, origin: hostile }).unwrap();
        assert!(!page.contains("<img"));
        assert_eq!(read(&page, "page")["origin"], hostile);
    }
}
