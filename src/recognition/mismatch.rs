//! Over- and under-education, by a named, versioned rule: for employment services and statistics. Education held and
//! occupation of the job decide; recognition alone changes nothing.

use jiff::civil::Date;

use super::assess::Shown;
use crate::event::Kind;
use crate::event::vocab::codes;

/// A rule, as its authors publish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MismatchRule {
    /// ILO, Key Indicators of the Labour Market, indicator 15b (normative approach): major groups against primary,
    /// secondary and tertiary education, read in ISCED 2011.
    Kilm,
    /// ISCO-08, volume 1: skill levels against ISCED 97, read in ISCED 2011.
    IscoSkillLevel,
}

/// How education and job compare under a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// More education than the rule sees in the job.
    Over,
    /// As the rule sees it.
    Matched,
    /// Less.
    Under,
    /// The rule does not classify the job.
    NotClassified,
}

impl Match {
    /// As in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Over => "OVER",
            Self::Matched => "MATCHED",
            Self::Under => "UNDER",
            Self::NotClassified => "NOT_CLASSIFIED",
        }
    }
}

impl MismatchRule {
    /// Every rule.
    pub const ALL: [Self; 2] = [Self::Kilm, Self::IscoSkillLevel];

    /// Its name and version: `name@version`. An answer without them says nothing.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kilm => "kilm-15b@2015",
            Self::IscoSkillLevel => "isco-08-skill-level@2012",
        }
    }

    /// Where it is published.
    pub fn source(self) -> &'static str {
        match self {
            Self::Kilm => "ILO, Key Indicators of the Labour Market, 9th edition (2015), indicator 15b",
            Self::IscoSkillLevel => {
                "ILO, International Standard Classification of Occupations 2008, volume 1 (2012)"
            }
        }
    }

    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Compares an ISCED 2011 level with an ISCO-08 job. `None`: one of the two is no code.
    pub fn classify(self, isced: &str, isco08: &str) -> Option<Match> {
        let held = ISCED.iter().position(|level| *level == isced)?;
        if !codes::is_isco08(isco08) {
            return None;
        }
        let Some((first, last)) = self.needed(isco08) else { return Some(Match::NotClassified) };
        Some(match () {
            () if held < first => Match::Under,
            () if held > last => Match::Over,
            () => Match::Matched,
        })
    }

    /// The first and last place in [`ISCED`] that the job needs.
    fn needed(self, isco08: &str) -> Option<(usize, usize)> {
        let major = isco08.chars().next()?;
        match (self, major) {
            (Self::Kilm, '1' | '2' | '3') => Some((5, 8)),
            (Self::Kilm, '4'..='8') => Some((3, 4)),
            (Self::Kilm, '9') => Some((1, 2)),
            // Managers of hospitality, retail and the like stand at skill level 3, all others at 4.
            (Self::IscoSkillLevel, '1') => match isco08.get(..2) {
                Some("14") => Some((5, 5)),
                Some(_) => Some((6, 8)),
                None => None,
            },
            (Self::IscoSkillLevel, '2') => Some((6, 8)),
            (Self::IscoSkillLevel, '3') => Some((5, 5)),
            (Self::IscoSkillLevel, '4'..='8') => Some((2, 4)),
            (Self::IscoSkillLevel, '9') => Some((1, 1)),
            // Armed forces: excluded.
            _ => None,
        }
    }
}

/// The highest ISCED level of the qualifications that stand on the day.
pub fn highest_level<'a>(shown: &[Shown<'a>], day: Date) -> Option<&'a str> {
    let awarded = standing(shown, day).filter(|one| one.event.kind() == Kind::QualificationAwarded);
    let levels = awarded.filter_map(|one| one.event.text("isced_level"));
    levels.max_by_key(|level| ISCED.iter().position(|known| known == level))
}

/// The occupation of the newest placement, stage or job on the day. Recognition changes it only by another job.
pub fn latest_job<'a>(shown: &[Shown<'a>], day: Date) -> Option<&'a str> {
    let jobs = standing(shown, day).filter(|one| {
        matches!(one.event.kind(), Kind::PlacementStarted | Kind::StageChanged | Kind::WorkExperienceAttested)
    });
    let jobs = jobs.filter_map(|one| Some((one.facts.award_date?, one.event.text("isco08")?)));
    jobs.max_by_key(|(since, _)| *since).map(|(_, isco08)| isco08)
}

fn standing<'s, 'a>(shown: &'s [Shown<'a>], day: Date) -> impl Iterator<Item = &'s Shown<'a>> {
    shown.iter().filter(move |one| {
        one.facts.stands == Some(true) && one.facts.award_date.is_some_and(|made| made <= day)
    })
}

/// The levels in their order; a level is a name, and its place is all that is compared.
const ISCED: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn education_and_job_compare_as_the_rule_says() {
        use Match::{Matched, NotClassified, Over, Under};
        for (isced, isco08, kilm, skill) in [
            ("6", "5321", Over, Over),
            ("6", "2221", Matched, Matched),
            ("3", "2221", Under, Under),
            ("2", "7112", Under, Matched),
            ("3", "9313", Over, Over),
            ("1", "9313", Matched, Matched),
            ("5", "3221", Matched, Matched),
            ("5", "1411", Matched, Matched),
            ("5", "1311", Matched, Under),
            ("3", "0310", NotClassified, NotClassified),
        ] {
            assert_eq!(MismatchRule::Kilm.classify(isced, isco08), Some(kilm), "KILM {isced} {isco08}");
            assert_eq!(
                MismatchRule::IscoSkillLevel.classify(isced, isco08),
                Some(skill),
                "ISCO {isced} {isco08}"
            );
        }
        assert_eq!(MismatchRule::Kilm.classify("9", "2221"), None);
        assert_eq!(MismatchRule::Kilm.classify("6", "nurse"), None);
    }

    #[test]
    fn a_rule_is_found_by_its_whole_name_only() {
        assert_eq!(MismatchRule::from_name("kilm-15b@2015"), Some(MismatchRule::Kilm));
        assert_eq!(MismatchRule::from_name("kilm-15b"), None, "without its version it is no rule");
    }
}
