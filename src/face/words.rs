//! What every page words alike: days, countries, languages.

use jiff::civil::Date;

use super::Lang;

impl Lang {
    /// A day, with its month's name: no reader takes the month for the day. The Gregorian calendar, as in the records.
    pub fn date(self, day: Date) -> String {
        let month = self.say(&format!("common-month-{}", day.month()));
        let (number, year) = (day.day().to_string(), day.year().to_string());
        let said = self.say_with(
            "common-date",
            [("day", number.into()), ("month", month.into()), ("year", year.into())],
        );
        // All of it is ours; what is isolated has no direction that a sentence around it could take.
        said.replace(['\u{2068}', '\u{2069}'], "")
    }

    /// A country by its ISO 3166-1 code; a code without a name stands for itself.
    pub fn country(self, code: &str) -> String {
        self.find(&format!("country-{}", code.to_ascii_lowercase())).unwrap_or_else(|| code.to_owned())
    }

    /// A language by its tag (BCP 47), by name if it is known by one.
    pub fn language(self, tag: &str) -> String {
        let primary = tag.split('-').next().unwrap_or_default();
        self.find(&format!("language-{}", primary.to_ascii_lowercase())).unwrap_or_else(|| tag.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_countries_and_languages_have_their_names() {
        let day = jiff::civil::date(2024, 6, 3);
        assert_eq!(Lang::En.date(day), "3 June 2024");
        assert_eq!(Lang::Es.date(day), "3 de junio de 2024");
        assert_eq!(Lang::Ar.date(day), "3 يونيو 2024");
        assert_eq!(Lang::Fr.country("DE"), "Allemagne");
        assert_eq!(Lang::Hi.country("QQ"), "QQ");
        assert_eq!(Lang::Tl.language("de-CH"), "German");
        assert_eq!(Lang::Ar.language("x-klingon"), "x-klingon");
    }

    #[test]
    fn every_country_and_every_month_has_a_name_in_every_language() {
        for lang in Lang::ALL {
            for (code, _) in crate::event::vocab::countries::COUNTRIES {
                assert_ne!(lang.country(code), code, "{}", lang.tag());
            }
            for month in 1..=12 {
                let key = format!("common-month-{month}");
                assert_ne!(lang.say(&key), key, "{}", lang.tag());
            }
        }
    }
}
