//! The question behind a verification: may this person practise, study, be hired there? Asked for, its checks count.

use std::str::FromStr;

use super::FILE;
use super::Options;
use super::report::{Answer, Check, Rows, Status};
use super::statement::Checked;
use crate::crypto::base64url_encode;
use crate::event::Event;
use crate::passport::held;
use crate::passport::token::StatusCode;
use crate::recognition::NOTHING_PUBLISHED;
use crate::recognition::checks::{self, Finding, Need, Outcome, RecordFacts};

/// What a file is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To practise an occupation.
    Practise,
    /// To go on studying.
    Study,
    /// To be hired.
    Hire,
}

/// A purpose that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the purpose is one of practise, study, hire")]
pub struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Practise, Self::Study, Self::Hire]
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or(UnknownPurpose)
    }
}

impl Purpose {
    /// As on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practise => "practise",
            Self::Study => "study",
            Self::Hire => "hire",
        }
    }

    fn checks(self) -> &'static [Check] {
        match self {
            Self::Practise => &[
                Check::Status,
                Check::FrameworkVersion,
                Check::RecognitionKind,
                Check::LicenceInDestination,
                Check::MraParties,
                Check::Conditions,
            ],
            Self::Study => &[
                Check::Status,
                Check::FrameworkVersion,
                Check::LevelRelation,
                Check::RecognitionKind,
                Check::Conditions,
            ],
            // Whom the law lets work only with a licence is not hired on a diploma or a partial decision.
            Self::Hire => &[
                Check::Status,
                Check::FrameworkVersion,
                Check::RecognitionKind,
                Check::LicenceInDestination,
                Check::Conditions,
            ],
        }
    }

    pub(in crate::passport) fn of_recognition(self) -> checks::Purpose {
        match self {
            Self::Practise => checks::Purpose::Practise,
            Self::Study => checks::Purpose::Study,
            Self::Hire => checks::Purpose::Hire,
        }
    }
}

/// The checks that count beside the first twelve.
pub(super) fn asked(options: &Options) -> Vec<Check> {
    let person = options.person.as_ref().map(|_| Check::IdentityBinding);
    options.purpose.iter().flat_map(|purpose| purpose.checks()).copied().chain(person).collect()
}

/// The answer where nothing can be told.
pub(super) fn unanswered(options: &Options) -> Option<Answer> {
    let purpose = options.purpose?;
    Some(Answer {
        purpose: purpose.as_str(),
        country: options.country.clone(),
        occupation: options.occupation.clone(),
        status: Status::Unknown,
        checks: purpose.checks().to_vec(),
    })
}

/// Runs the checks of the purpose and draws the answer from them.
pub(super) fn answer(statements: &[Checked<'_>], options: &Options, rows: &mut Rows) -> Option<Answer> {
    let purpose = options.purpose?;
    let hashes: Vec<Hashes> = statements.iter().map(Hashes::of).collect();
    let facts: Vec<(&Checked<'_>, RecordFacts<'_>)> = statements
        .iter()
        .zip(&hashes)
        .filter(|(one, _)| !rows.fails(&one.subject))
        .filter_map(|(one, hashes)| Some((one, facts_of(one, hashes)?)))
        .collect();
    let all: Vec<RecordFacts<'_>> = facts.iter().map(|(_, facts)| *facts).collect();
    let wanted = purpose.checks();
    for (one, facts) in &facts {
        let single: [(Check, Finding); 3] = [
            (Check::FrameworkVersion, checks::framework_version(facts, &NOTHING_PUBLISHED)),
            (
                Check::LevelRelation,
                checks::level_relation(facts, options.country.as_deref(), &NOTHING_PUBLISHED),
            ),
            (Check::MraParties, checks::mra_parties(facts)),
        ];
        for (check, finding) in single.into_iter().filter(|(check, _)| wanted.contains(check)) {
            note(check, &one.subject, finding, rows);
        }
    }
    for check in wanted.iter().copied() {
        let judge = match check {
            Check::RecognitionKind => checks::recognition_kind,
            Check::LicenceInDestination => checks::licence_in_destination,
            Check::Conditions => checks::conditions,
            _ => continue,
        };
        match &options.country {
            Some(country) => {
                let occupation = options.occupation.as_deref();
                let need = Need {
                    country,
                    occupation,
                    purpose: purpose.of_recognition(),
                    day: options.day(),
                    published: &NOTHING_PUBLISHED,
                };
                note(check, FILE, judge(&all, &need), rows);
            }
            None => rows.note(check, Status::Unknown, FILE, "name the country of destination"),
        }
    }
    Some(Answer {
        purpose: purpose.as_str(),
        country: options.country.clone(),
        occupation: options.occupation.clone(),
        status: rows.worst(wanted),
        checks: wanted.to_vec(),
    })
}

fn note(check: Check, subject: &str, finding: Finding, rows: &mut Rows) {
    let status = match finding.outcome {
        Outcome::Pass => Status::Pass,
        Outcome::Fail => Status::Fail,
        Outcome::Unknown => Status::Unknown,
        Outcome::NotApplicable => Status::NotApplicable,
    };
    rows.note(check, status, subject, finding.detail);
}

/// Texts that facts borrow.
struct Hashes {
    own: String,
    refers_to: Option<String>,
}

impl Hashes {
    fn of(one: &Checked<'_>) -> Self {
        let refers = |event: &Event| event.hash("recognition_decision").or_else(|| event.target());
        let refers_to = one.event.as_ref().and_then(refers).map(base64url_encode);
        Self { own: base64url_encode(one.hash), refers_to }
    }
}

fn facts_of<'a>(one: &'a Checked<'_>, hashes: &'a Hashes) -> Option<RecordFacts<'a>> {
    let stands = one.code.map(|code| code == StatusCode::Valid);
    Some(held::facts(one.event.as_ref()?, &hashes.own, hashes.refers_to.as_deref(), stands))
}
