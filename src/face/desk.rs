//! The registrar's desk: one page, and the sheets it offers. What it knows of kinds and codes comes from the tables of this program.

use askama::Template;
use askama::filters::Safe;
use serde_json::{Value, json};

use super::pages::data;
use super::vocabulary::vocabulary;
use super::{Area, FaceError, Frame, Lang, script_messages};
use crate::event::vocab::names::names;
use crate::event::{Class, Kind};

/// In front of a sheet, so that spreadsheet programs take it for UTF-8.
const BOM: &str = "\u{feff}";

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk<'a> {
    frame: Frame<'a>,
    messages: Safe<String>,
    vocabulary: Safe<String>,
    page: Safe<String>,
}

/// `/desk`.
pub fn desk(frame: Frame<'_>) -> Result<String, FaceError> {
    let messages = Safe(script_messages(frame.lang, &[Area::DESK]));
    let page = data(&json!({"origin": frame.origin, "sheets": sheets(frame.lang)}));
    Ok(Desk { frame, messages, vocabulary: data(&words()), page }.render()?)
}

/// Of the vocabulary what cells are checked against.
fn words() -> Value {
    let mut all = vocabulary();
    let mut take = |name| all.get_mut(name).map(Value::take);
    json!({"kinds": take("kinds"), "countries": take("countries"), "frameworks": take("frameworks")})
}

/// What a body may state of workers by spreadsheet; changes of standing have their own place on the page.
fn sheets(lang: Lang) -> Vec<Value> {
    let place = Lang::ALL.iter().position(|one| *one == lang).unwrap_or_default();
    let name = |kind: Kind| names(kind).and_then(|all| all.get(place).copied()).unwrap_or(kind.name());
    let stated = Kind::all().iter().filter(|kind| is_sheet(**kind));
    stated.map(|&kind| json!({"kind": kind.name(), "name": name(kind), "doc": kind.doc()})).collect()
}

fn is_sheet(kind: Kind) -> bool {
    kind.class() == Class::Person
        && !kind.changes_standing()
        && kind != Kind::PassportOpened
        && kind.csv_columns().is_some()
}

/// The template of a kind, with the columns that open passports if asked for; `None` for what the desk does not take.
pub fn sheet_template(kind: &str, opening: bool) -> Option<String> {
    sheet(kind)?.csv_template(opening).map(|sheet| format!("{BOM}{sheet}"))
}

/// Its columns explained, those that open passports among them.
pub fn sheet_guide(kind: &str) -> Option<String> {
    sheet(kind)?.csv_guide(true).map(|sheet| format!("{BOM}{sheet}"))
}

fn sheet(kind: &str) -> Option<Kind> {
    Kind::from_name(kind).filter(|kind| is_sheet(*kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_offers_what_bodies_state_of_workers_and_nothing_ends_its_scripts_early() {
        let frame = Frame { lang: Lang::Ar, origin: "</script><script>alert(1)</script>" };
        let page = desk(frame).unwrap();
        assert!(!page.contains("<script>alert"), "escaped");
        assert!(sheet_template("TrainingCompleted", true).unwrap().contains("open.document_number"));
        assert!(!sheet_template("TrainingCompleted", false).unwrap().contains("open."));
        for refused in
            ["Revoked", "PassportOpened", "LedgerFounded", "SelfAssessed", "HolderKeyBound", "", "x"]
        {
            assert!(sheet_template(refused, false).is_none() && sheet_guide(refused).is_none(), "{refused}");
        }
    }
}
