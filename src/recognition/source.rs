//! Sources and certainty: those of the vocabularies.

pub use crate::event::vocab::source::{Certainty, Since, Source};
