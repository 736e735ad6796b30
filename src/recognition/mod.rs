//! Frameworks, published relations, instruments: stored edges with source and date, or a named refusal. Never a score.
//!
//! **Never:** I/O, a clock, arithmetic on levels, a chain of relations. May import `event`. SPEC.md, "Relations".

pub mod assess;
pub mod checks;
mod edges;
mod error;
mod framework;
mod instruments;
mod professions;
mod relate;
mod source;

pub use edges::{EdgeKind, EdgeRow, edge_rows};
pub use error::RecognitionError;
pub use framework::{Framework, LevelRef};
pub use instruments::{
    Instrument, InstrumentKind, Membership, Parties, Party, PartyAnswer, instrument, instruments,
};
pub use professions::{Profession, professions, regulated};
pub use relate::{Answer, Relation, relate_level};
pub use source::{Certainty, Since, Source};

#[cfg(test)]
mod tests;
