//! The question behind a verification: may this person practise, study, be hired there? Asked for, its checks count.

use std::str::FromStr;

use super::FILE;
use super::Options;
use super::report::{Answer, Check, Rows, Status};

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
            Self::Hire => &[Check::Status, Check::FrameworkVersion, Check::RecognitionKind],
        }
    }
}

/// The checks that count beside the first twelve.
pub(super) fn asked(options: &Options) -> Vec<Check> {
    let person = options.person.as_ref().map(|_| Check::IdentityBinding);
    options.purpose.iter().flat_map(|purpose| purpose.checks()).copied().chain(person).collect()
}

/// Runs the checks of the purpose and draws the answer from them.
pub(super) fn answer(options: &Options, rows: &mut Rows) -> Option<Answer> {
    let purpose = options.purpose?;
    let wanted = purpose.checks();
    for check in wanted.iter().filter(|check| **check > Check::Status) {
        rows.note(*check, Status::Unknown, FILE, "no published rule is at hand to decide this by");
    }
    Some(Answer {
        purpose: purpose.as_str(),
        country: options.country.clone(),
        occupation: options.occupation.clone(),
        status: rows.worst(wanted),
        checks: wanted.to_vec(),
    })
}
