//! Numbers about many passports that tell nothing of anybody: flows along a corridor, with small cells suppressed; and the
//! coverage of agreements by a clause on skills.
//!
//! A flow is read from one passport at a time and keeps nothing of it but counts. Failed attempts, refusals, funding and what a
//! worker says alone are never looked at.

mod coverage;
mod flows;
mod suppress;

pub use coverage::{Coverage, CoverageError};
pub use flows::{Corridor, FlowCounts, MEASURES};
pub use suppress::{Cell, SMALLEST_SHOWN, suppress};
