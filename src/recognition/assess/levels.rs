//! Levels side by side: what is published about each, and nothing else. They decide nothing: for a regulated occupation
//! the law, the arrangement and the licence do.

use jiff::civil::Date;

use super::{Need, Shown, title};
use crate::recognition::framework::LevelRef;
use crate::recognition::relate::{regional_framework, relate_level_with};

/// One record's level, and what is published of it in a regional framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelLine {
    /// The record.
    pub jti: String,
    /// Its title.
    pub title: String,
    /// `framework@edition:level`; `none` where the record has none.
    pub level: String,
    /// The framework asked about.
    pub target: Option<String>,
    /// `Edge`, `NoPublishedRelation`, …; empty without a target.
    pub relation: &'static str,
    /// The level in the target, as the relation's name qualifies it.
    pub related: Option<String>,
    /// What a reader must know.
    pub note: String,
}

/// One line for each level shown and each framework it would be looked up in, and for each class that is no level.
pub(super) fn lines(relied: &[Shown<'_>], need: &Need<'_>) -> Vec<LevelLine> {
    let mut lines = Vec::new();
    for one in relied {
        if let Some(class) = one.event.text("wage_class") {
            lines.push(class_of_wages(one, class));
        }
        let Some(level) = one.facts.level else { continue };
        let from = LevelRef::spell(level.framework, level.version, level.code);
        let own = one.facts.country.and_then(regional_framework);
        let mut targets: Vec<&str> = own.into_iter().chain(regional_framework(need.country)).collect();
        targets.dedup();
        let line = |target: Option<&str>| LevelLine {
            jti: one.jti.to_owned(),
            title: title(one.event),
            level: from.clone(),
            target: target.map(str::to_owned),
            relation: "",
            related: None,
            note: String::new(),
        };
        if targets.is_empty() {
            lines.push(LevelLine { note: "no regional framework is stored".to_owned(), ..line(None) });
        }
        for target in targets {
            lines.push(related(line(Some(target)), &from, target, one.facts.award_date, need));
        }
    }
    lines
}

fn related(line: LevelLine, from: &str, target: &str, awarded: Option<Date>, need: &Need<'_>) -> LevelLine {
    match relate_level_with(from, target, awarded.unwrap_or(need.day), need.published) {
        Ok(relation) => LevelLine {
            relation: relation.answer.name(),
            related: relation.answer.level().map(ToString::to_string),
            note: match relation.answer.source() {
                Some(source) => {
                    let level = relation
                        .answer
                        .level()
                        .map(|level| format!("{target} {level}: "))
                        .unwrap_or_default();
                    format!("{level}{} ({})", source.title, source.as_of)
                }
                None => "side by side, not compared".to_owned(),
            },
            ..line
        },
        Err(error) => LevelLine { relation: "Refused", note: error.to_string(), ..line },
    }
}

fn class_of_wages(one: &Shown<'_>, class: &str) -> LevelLine {
    let basis = one.facts.instrument.unwrap_or("a collective agreement");
    LevelLine {
        jti: one.jti.to_owned(),
        title: title(one.event),
        level: "none".to_owned(),
        target: None,
        relation: "",
        related: None,
        note: format!("wage class {class} under {basis}: it has no level in any framework"),
    }
}
