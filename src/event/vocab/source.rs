//! Where a fact was read, and how sure we are of it. No fact is stored without one.

use jiff::civil::Date;

/// What a stored fact rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Author and title, enough to find it.
    pub title: &'static str,
    /// Where it can be read, if it stands on the web.
    pub url: Option<&'static str>,
    /// The state of affairs it describes: a year, or a date `YYYY-MM-DD`.
    pub as_of: &'static str,
}

/// How far a stored fact may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Read in the source named, or in no dispute.
    Sure,
    /// A source says so, but the text itself was not read or leaves the point open: an answer that rests on it says so.
    NeedsCheck,
}

impl Certainty {
    /// As printed in lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::NeedsCheck => "needs-check",
        }
    }
}

/// From when a stored fact is known to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// It was published or entered into force on this day: before it, it did not hold.
    Exactly(Date),
    /// A source attests it on this day: what was before is not stored.
    Attested(Date),
}

impl Since {
    /// Whether the fact held on `date`; `None` when that is not stored.
    pub fn held_on(self, date: Date) -> Option<bool> {
        match self {
            Self::Exactly(start) => Some(date >= start),
            Self::Attested(start) => (date >= start).then_some(true),
        }
    }

    /// The day.
    pub fn date(self) -> Date {
        match self {
            Self::Exactly(date) | Self::Attested(date) => date,
        }
    }
}
