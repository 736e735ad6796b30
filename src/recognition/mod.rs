//! Frameworks, published relations, instruments: stored edges with source and date, or a named refusal. Never a score.
//!
//! **Never:** I/O, a clock, arithmetic on levels, a chain of relations. May import `event`. SPEC.md, "Relations".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod agreement;
pub mod assess;
pub mod checks;
pub mod classifications;
mod contacts;
mod descriptors;
pub mod directive;
mod edges;
mod error;
mod framework;
pub mod gaps;
mod instruments;
pub mod listing;
mod memberships;
pub mod mismatch;
mod omissions;
mod professions;
pub mod profiles;
mod programmes;
mod published;
mod relate;
pub mod relations;
mod source;
mod vocabulary;
pub mod standard;

pub use contacts::{Contact, contacts, contacts_on};
pub use descriptors::{Descriptor, descriptor, descriptors, descriptors_of};
pub use edges::{EdgeKind, EdgeRow, edge_rows};
pub use error::RecognitionError;
pub use framework::{Framework, LevelRef};
pub use instruments::{
    Clause, ClauseKind, Committee, InForce, Instrument, InstrumentKind, MONITORING_UNASSIGNED, Membership,
    Monitoring, NOT_IN_FORCE, Parties, Party, PartyAnswer, Register, WTO_NOTIFICATION_NOT_STORED, instrument,
    instruments,
};
pub use memberships::{Member, MemberAnswer, Region, region_of, regions};
pub use omissions::{Omission, omissions};
pub use professions::{Profession, professions, regulated};
pub use programmes::{
    Application, Condition, ConditionAnswer, Factor, Programme, Stage, programme, programmes,
};
pub use published::{
    LedgerReferences, NOTHING_PUBLISHED, PublishedFramework, PublishedProfession, PublishedReferencing,
};
pub use relate::{Answer, Relation, SideBySide, relate_level, relate_level_with};
pub use relations::{
    Cited, CollectiveRecognition, ComparedLevel, DecidedRecognition, DeclaredAlignment, MraEligibility,
    MraRefusal, NationalLevel, RELATION_NAMES, ReferencedLevel, RegionalLevel,
};
pub use source::{Certainty, Since, Source};
pub use vocabulary::vocabulary;

#[cfg(test)]
mod tests;
