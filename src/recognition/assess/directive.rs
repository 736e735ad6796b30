//! Directive 2005/36/EC, as far as it can be told from records: which regime a question falls under. Article numbers are
//! those of the consolidated text (as amended by 2013/55/EU).

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Need, Shown};
use crate::event::Kind;
use crate::recognition::checks;
use crate::recognition::professions::is_member_state;

/// Years of practice that the first member state must certify before a third country's qualification counts as its own
/// (article 3(3)).
const YEARS_CERTIFIED: i32 = 3;

/// What the directive means for the question.
pub(super) enum Regime {
    /// The destination is no member state.
    Outside,
    /// A member state recognised a third country's qualification: from this day on article 3(3) may be invoked in another.
    ThirdCountry { recognised_by: String, from: Date },
    /// The qualification is a third country's, and no member state has recognised it: national law decides (article 2(2)).
    National,
    /// A qualification of another member state is shown.
    MemberState { of: String },
}

pub(super) fn regime(relied: &[Shown<'_>], need: &Need<'_>) -> Regime {
    if !is_member_state(need.country) {
        return Regime::Outside;
    }
    let elsewhere = |one: &&Shown<'_>| {
        one.facts.country.is_some_and(|country| country != need.country && is_member_state(country))
            && one.facts.stands == Some(true)
            && checks::fits(need, one.facts.isco08) == Some(true)
    };
    let first = relied
        .iter()
        .filter(elsewhere)
        .filter(|one| is_first_recognition(one))
        .filter_map(|one| Some((one.facts.country?, one.facts.award_date?)))
        .min_by_key(|(_, day)| *day);
    let awarded = relied.iter().filter(elsewhere).find(|one| one.event.kind() == Kind::QualificationAwarded);
    match (awarded.and_then(|one| one.facts.country), first) {
        (Some(country), _) => Regime::MemberState { of: country.to_owned() },
        (None, Some((country, day))) => Regime::ThirdCountry {
            recognised_by: country.to_owned(),
            from: day.checked_add(YEARS_CERTIFIED.years()).unwrap_or(Date::MAX),
        },
        (None, None) => Regime::National,
    }
}

fn is_first_recognition(one: &Shown<'_>) -> bool {
    one.event.kind() == Kind::LicenceGranted
}
