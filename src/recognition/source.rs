//! Sources and certainty: those of the vocabularies.

pub use crate::event::vocab::source::{Certainty, Since, Source};

/// The day on which the built-in tables were last read against their sources.
pub(super) const TABLES_AS_OF: &str = "2026-11-23";
