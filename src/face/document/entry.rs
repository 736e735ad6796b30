//! One record on the page: what it is, its standing and effect, who said it on what authority, and what it does not say.

use serde_json::{Map, Value};

use super::facts::{self, Fact};
use crate::event::vocab::names;
use crate::event::{Kind, LegalEffect, Section};
use crate::face::{Lang, visible};
use crate::passport::{Record, Standing};

/// A text and the language it is in; empty where that is not known.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) lang: String,
}

/// A record as the page shows it.
pub(super) struct Entry {
    pub(super) title: Told,
    /// In which language the title is, where it is not the page's.
    pub(super) title_note: Option<String>,
    pub(super) original: Option<(String, Told)>,
    pub(super) kind: String,
    pub(super) standing: String,
    pub(super) standing_class: &'static str,
    /// The verifier's sentence, in English.
    pub(super) standing_reason: Option<String>,
    pub(super) effect: Option<String>,
    pub(super) issuer_name: String,
    pub(super) issuer: String,
    pub(super) country: Option<String>,
    pub(super) authority: String,
    pub(super) facts: Vec<Fact>,
    pub(super) notes: Vec<String>,
    pub(super) not_said: String,
    pub(super) jti: String,
}

impl Entry {
    pub(super) fn of(lang: Lang, record: &Record) -> Self {
        let title = title(lang, record);
        let original = original(lang, record, &title);
        let title_note = (!title.lang.is_empty() && Lang::parse(&title.lang) != Some(lang)).then(|| {
            lang.say_with("document-in-language", [("language", visible(&lang.language(&title.lang)).into())])
        });
        let (standing_class, standing) = standing(record);
        Self {
            title_note,
            original,
            title,
            kind: kind_name(lang, record.kind),
            standing: lang.say(standing),
            standing_class,
            standing_reason: record.standing_reason.as_deref().map(visible),
            effect: Some(lang.say(effect(record.legal_effect))),
            issuer_name: visible(record.issuer_name.as_deref().unwrap_or(&record.issuer)),
            issuer: visible(&record.issuer),
            country: record.country.as_deref().map(|code| lang.country(code)),
            authority: authority(lang, record),
            facts: facts::of(lang, record),
            notes: notes(lang, record),
            not_said: lang.say(not_said_of(record)),
            jti: record.jti.clone(),
        }
    }
}

/// The kind's name in the page's language.
pub(super) fn kind_name(lang: Lang, kind: Kind) -> String {
    let place = names::LOCALES.iter().position(|locale| *locale == lang.tag());
    let name = place.zip(names::names(kind)).and_then(|(place, names)| names.get(place).copied());
    name.unwrap_or(kind.name()).to_owned()
}

/// The title as the issuer gave it; else the kind's name.
fn title(lang: Lang, record: &Record) -> Told {
    let titles = record.claims.get("title").and_then(Value::as_object);
    let kind = || Told { text: kind_name(lang, record.kind), lang: lang.tag().to_owned() };
    title_in(lang, titles).unwrap_or_else(kind)
}

/// The title in the page's language if it is there, else in English, else in any.
pub(super) fn title_in(lang: Lang, titles: Option<&Map<String, Value>>) -> Option<Told> {
    let in_lang = |wanted: &str| {
        let mut all = titles.into_iter().flatten();
        all.find(|(tag, _)| wanted.is_empty() || tag.split('-').next() == Some(wanted))
    };
    let tags = [lang.tag(), if lang == Lang::Tl { "fil" } else { "en" }, "en", ""];
    let (tag, text) = tags.iter().find_map(|tag| in_lang(tag))?;
    Some(Told { text: visible(text.as_str().unwrap_or_default()), lang: visible(tag) })
}

/// The title as it was first given, beside what is shown; marked as what it is.
fn original(lang: Lang, record: &Record, shown: &Told) -> Option<(String, Told)> {
    let text = record.original_title.as_deref().map(visible).filter(|text| *text != shown.text)?;
    let (key, of) = match record.text("protected_title") {
        Some(_) => ("document-protected-title", ""),
        None => ("document-original-title", record.text("original_language").unwrap_or_default()),
    };
    let mut label = lang.say(key);
    if !of.is_empty() {
        label = format!("{label} ({})", visible(&lang.language(of)));
    }
    Some((label, Told { text, lang: visible(of) }))
}

fn standing(record: &Record) -> (&'static str, &'static str) {
    let decision = record.text("decision");
    match (record.standing, decision) {
        (Standing::Partial, None) => ("unsure", "document-standing-part"),
        (Standing::Partial, Some(_)) => ("unsure", "document-standing-partial"),
        (Standing::Revoked, _) => ("bad", "document-standing-revoked"),
        (Standing::Superseded, _) => ("unsure", "document-standing-superseded"),
        (Standing::Suspended, _) => ("bad", "document-standing-suspended"),
        (_, Some("REFUSED")) => ("bad", "document-standing-refused"),
        _ if record.text("result") == Some("FAILED") => ("bad", "document-standing-failed"),
        (Standing::InForce, _) => ("good", "document-standing-in-force"),
        (Standing::Expired, _) => ("unsure", "document-standing-expired"),
        (Standing::Unknown, _) => ("unsure", "document-standing-unknown"),
    }
}

pub(super) fn effect(effect: LegalEffect) -> &'static str {
    match effect {
        LegalEffect::Informative => "document-effect-informative",
        LegalEffect::Assessment => "document-effect-assessment",
        LegalEffect::RecognitionDecision => "document-effect-recognition",
        LegalEffect::RightToPractise => "document-effect-practise",
    }
}

/// What a reader might take it for, and must not.
fn not_said_of(record: &Record) -> &'static str {
    match record.section {
        Section::SelfDeclared if record.independently_confirmed == Some(true) => {
            "document-not-said-confirmed"
        }
        Section::SelfDeclared => "document-not-said-self-declared",
        _ => not_said(record.legal_effect),
    }
}

/// The same by the effect alone.
pub(super) fn not_said(effect: LegalEffect) -> &'static str {
    match effect {
        LegalEffect::Assessment => "document-not-said-assessment",
        LegalEffect::RecognitionDecision => "document-not-said-recognition",
        LegalEffect::RightToPractise => "document-not-said-practise",
        LegalEffect::Informative => "document-not-said-informative",
    }
}

/// On what authority it was said, as the ledger's own log shows.
fn authority(lang: Lang, record: &Record) -> String {
    let Some(basis) = &record.basis else {
        let by_worker = record.issuer.starts_with("did:jwk:");
        return lang.say(if by_worker { "document-authority-worker" } else { "document-authority-none" });
    };
    let key = match basis.name.as_str() {
        "STATUTE" => "document-authority-statute",
        "ACCREDITATION" => "document-authority-accreditation",
        "DESIGNATION" => "document-authority-designation",
        "REGISTRATION" => "document-authority-registration",
        "MEMBERSHIP" => "document-authority-membership",
        "CUSTODIAN" => "document-authority-custodian",
        _ => "document-authority-other",
    };
    lang.say_with(key, [("authoriser", visible(&basis.given_by).into())])
}

/// Who else stands behind it, or that nobody does; and what is not shown.
fn notes(lang: Lang, record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    for one in &record.endorsed_by {
        notes.push(lang.say_with("document-endorsed-by", [("name", visible(&one.name).into())]));
    }
    for one in &record.confirmed_by {
        notes.push(lang.say_with("document-confirmed-by", [("name", visible(&one.issuer_name).into())]));
    }
    if record.independently_confirmed == Some(false) && record.section != Section::SelfDeclared {
        notes.push(lang.say("document-alone"));
    }
    if !record.withheld.is_empty() {
        let names: Vec<String> = record.withheld.iter().map(|claim| facts::label(lang, claim).0).collect();
        notes.push(lang.say_with("document-withheld", [("claims", names.join(", ").into())]));
    }
    notes
}
