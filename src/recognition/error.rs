//! What a question about levels may get wrong.

use crate::event::ClaimError;

/// Why a question was refused before it was looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecognitionError {
    /// Not `framework:level`.
    #[error("a level is asked for as framework:level, for example ie/nqf:10 or in/nsqf@2023:4.5")]
    LevelShape,
    /// No framework of that name, or several: the claim vocabulary's own refusal, with the candidates.
    #[error("{}", .0.message)]
    Framework(#[from] ClaimError),
    /// An edition that the framework does not have.
    #[error("framework {framework} has no edition `{version}`")]
    UnknownVersion {
        /// The framework.
        framework: String,
        /// What was given.
        version: String,
    },
    /// A level that the framework does not have.
    #[error("framework {framework} has no level `{level}`; its levels are {}", levels.join(", "))]
    UnknownLevel {
        /// The framework.
        framework: String,
        /// What was given.
        level: String,
        /// What it has.
        levels: Vec<String>,
    },
    /// A relation of a framework to itself.
    #[error("both sides name the framework {framework}")]
    SameFramework {
        /// The framework.
        framework: String,
    },
}

impl RecognitionError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::LevelShape => "LEVEL_MALFORMED",
            Self::Framework(error) => error.reason,
            Self::UnknownVersion { .. } => "UNKNOWN_FRAMEWORK_VERSION",
            Self::UnknownLevel { .. } => "UNKNOWN_LEVEL",
            Self::SameFramework { .. } => "SAME_FRAMEWORK",
        }
    }
}
