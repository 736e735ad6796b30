//! The languages, and which of them a reader gets.

/// A language in which everything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English; what is said when no other language is asked for.
    En,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Arabic, from right to left.
    Ar,
    /// Hindi.
    Hi,
    /// Tagalog.
    Tl,
}

/// The longest list of languages that is looked at; browsers send a few dozen bytes.
const ACCEPT_LANGUAGE_BYTES_MAX: usize = 512;

impl Lang {
    /// Each language, English first.
    pub const ALL: [Self; 6] = [Self::En, Self::Fr, Self::Es, Self::Ar, Self::Hi, Self::Tl];

    /// BCP 47, as in `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::Ar => "ar",
            Self::Hi => "hi",
            Self::Tl => "tl",
        }
    }

    /// The direction of its script, as in `dir` attributes.
    pub fn dir(self) -> &'static str {
        if self == Self::Ar { "rtl" } else { "ltr" }
    }

    /// Its name in itself: who needs it reads that.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "Français",
            Self::Es => "Español",
            Self::Ar => "العربية",
            Self::Hi => "हिन्दी",
            Self::Tl => "Tagalog",
        }
    }

    /// The language of a tag, whatever its region; Filipino is Tagalog here.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("fil") {
            return Some(Self::Tl);
        }
        Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.tag()))
    }

    /// What was asked for in the address, else the most wanted in `Accept-Language` (RFC 9110, 12.5.4), else English.
    pub fn choose(asked: Option<&str>, accept_language: Option<&str>) -> Self {
        asked
            .and_then(Self::parse)
            .or_else(|| most_wanted(accept_language.unwrap_or_default()))
            .unwrap_or(Self::En)
    }
}

fn most_wanted(accept_language: &str) -> Option<Lang> {
    if accept_language.len() > ACCEPT_LANGUAGE_BYTES_MAX {
        return None;
    }
    let mut best: Option<(f32, Lang)> = None;
    for range in accept_language.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(lang) = parts.next().and_then(Lang::parse) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        let Ok(weight) = weight else { continue };
        if weight > best.map_or(0.0, |(best, _)| best) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_browser_and_english_is_last() {
        assert_eq!(Lang::choose(Some("ar"), Some("fr")), Lang::Ar);
        assert_eq!(Lang::choose(Some("zz"), Some("de, fr;q=0.5, es;q=0.9")), Lang::Es);
        assert_eq!(Lang::choose(None, Some("fil-PH,en;q=0.8")), Lang::Tl);
        assert_eq!(Lang::choose(None, Some("hi;q=0")), Lang::En);
        assert_eq!(Lang::choose(None, Some("hi;q=x, de")), Lang::En);
        // Beyond its limit it counts as if it were not there.
        let padded = |bytes: usize| format!("fr,{}", "x".repeat(bytes - 3));
        assert_eq!(Lang::choose(None, Some(&padded(ACCEPT_LANGUAGE_BYTES_MAX))), Lang::Fr);
        assert_eq!(Lang::choose(None, Some(&padded(ACCEPT_LANGUAGE_BYTES_MAX + 1))), Lang::En);
        assert_eq!(Lang::choose(None, None), Lang::En);
    }

    #[test]
    fn every_language_is_found_by_its_tag_with_any_region() {
        for lang in Lang::ALL {
            assert_eq!(Lang::parse(&format!("{}-XX", lang.tag().to_uppercase())), Some(lang));
        }
        assert_eq!(Lang::parse("enough"), None);
    }
}
