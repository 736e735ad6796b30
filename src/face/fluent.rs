//! Messages, by Project Fluent: one bundle a language, of all areas.
//!
//! Values put into a message stand between bidirectional isolates, so that an Arabic name in an English sentence moves nothing around it.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast;
use serde_json::{Map, Value};
use unic_langid::LanguageIdentifier;

use super::Lang;

/// One subject of messages; its keys begin with its name.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    name: &'static str,
    /// In the order of [`Lang::ALL`].
    pub(super) sources: [&'static str; 6],
}

macro_rules! area {
    ($name:literal) => {
        Area {
            name: $name,
            sources: [
                include_str!(concat!("messages/en/", $name, ".ftl")),
                include_str!(concat!("messages/fr/", $name, ".ftl")),
                include_str!(concat!("messages/es/", $name, ".ftl")),
                include_str!(concat!("messages/ar/", $name, ".ftl")),
                include_str!(concat!("messages/hi/", $name, ".ftl")),
                include_str!(concat!("messages/tl/", $name, ".ftl")),
            ],
        }
    };
}

impl Area {
    /// On every page.
    pub const COMMON: Self = area!("common");
    /// On the check page.
    pub const CHECK: Self = area!("check");
    /// Names of countries, by ISO 3166-1 code.
    pub const COUNTRY: Self = area!("country");
    /// The registrar's desk.
    pub const DESK: Self = area!("desk");
    /// The passport to hold.
    pub const DOCUMENT: Self = area!("document");
    /// Names of languages, by BCP 47 tag.
    pub const LANGUAGE: Self = area!("language");
    /// Claim slips.
    pub const SLIP: Self = area!("slip");
    /// The worker's page.
    pub const WORKER: Self = area!("worker");
    /// Every area.
    pub const ALL: [Self; 8] = [
        Self::COMMON,
        Self::CHECK,
        Self::COUNTRY,
        Self::DESK,
        Self::DOCUMENT,
        Self::LANGUAGE,
        Self::SLIP,
        Self::WORKER,
    ];

    /// As its files are called.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl Lang {
    /// A message without variables. What is not translated is said in English; a test sees to it that nothing is.
    pub fn say(self, key: &str) -> String {
        self.say_with(key, [])
    }

    /// A message without variables, if there is one of this key.
    pub fn find(self, key: &str) -> Option<String> {
        say_in(bundle(self), key, &FluentArgs::new())
    }

    /// A message with its variables.
    pub fn say_with<'a, const N: usize>(self, key: &str, values: [(&'a str, FluentValue<'a>); N]) -> String {
        let args: FluentArgs<'a> = values.into_iter().collect();
        let said = say_in(bundle(self), key, &args).or_else(|| say_in(bundle(Self::En), key, &args));
        said.unwrap_or_else(|| key.to_owned())
    }
}

fn say_in(bundle: &FluentBundle<FluentResource>, key: &str, args: &FluentArgs<'_>) -> Option<String> {
    let message = bundle.get_message(key)?;
    // A variable that is not given shows as its name.
    Some(bundle.format_pattern(message.value()?, Some(args), &mut Vec::new()).into_owned())
}

/// The messages of some areas for a page's scripts: a JSON object from key to text, each variable standing as `{name}`. It may stand
/// in a `<script type="application/json">` as it is.
pub fn script_messages(lang: Lang, areas: &[Area]) -> String {
    let mut messages = Map::new();
    for area in areas {
        for (key, variables) in keys(area.sources[0]) {
            let args: FluentArgs<'_> = variables
                .iter()
                .map(|name| (name.as_str(), FluentValue::from(format!("{{{name}}}"))))
                .collect();
            if let Some(text) = say_in(bundle(lang), &key, &args) {
                messages.insert(key, text.into());
            }
        }
    }
    // In a script element only `<` could end or change the element (HTML, "Restrictions for contents of script elements").
    Value::Object(messages).to_string().replace('<', "\\u003c")
}

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 6]> = LazyLock::new(|| Lang::ALL.map(load));

fn bundle(lang: Lang) -> &'static FluentBundle<FluentResource> {
    match (lang, &*BUNDLES) {
        (Lang::En, [bundle, ..])
        | (Lang::Fr, [_, bundle, ..])
        | (Lang::Es, [_, _, bundle, ..])
        | (Lang::Ar, [_, _, _, bundle, ..])
        | (Lang::Hi, [_, _, _, _, bundle, _])
        | (Lang::Tl, [.., bundle]) => bundle,
    }
}

fn load(lang: Lang) -> FluentBundle<FluentResource> {
    let named: Option<LanguageIdentifier> = lang.tag().parse().ok();
    let mut bundle = FluentBundle::new_concurrent(named.into_iter().collect());
    for area in Area::ALL {
        // What does not parse is left out, and found by the tests.
        let source = area.sources.get(place(lang)).copied().unwrap_or_default();
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source.to_owned());
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn place(lang: Lang) -> usize {
    Lang::ALL.iter().position(|known| *known == lang).unwrap_or_default()
}

/// Each message of a source, in order, with the names of its variables, sorted.
pub(super) fn keys(source: &str) -> Vec<(String, Vec<String>)> {
    let (Ok(resource) | Err((resource, _))) = fluent_syntax::parser::parse(source);
    let messages = resource.body.iter().filter_map(|entry| match entry {
        ast::Entry::Message(message) => Some(message),
        _ => None,
    });
    messages
        .map(|message| {
            let mut variables = Vec::new();
            message.value.iter().for_each(|pattern| collect(pattern, &mut variables));
            variables.sort();
            variables.dedup();
            (message.id.name.to_owned(), variables)
        })
        .collect()
}

fn collect(pattern: &ast::Pattern<&str>, into: &mut Vec<String>) {
    for element in &pattern.elements {
        let ast::PatternElement::Placeable { expression } = element else { continue };
        let (ast::Expression::Inline(inline) | ast::Expression::Select { selector: inline, .. }) = expression;
        if let ast::InlineExpression::VariableReference { id } = inline {
            into.push(id.name.to_owned());
        }
        if let ast::Expression::Select { variants, .. } = expression {
            for variant in variants {
                collect(&variant.value, into);
            }
        }
    }
}
