//! What follows from a passport's records by named rules: what rests on what, experience counted once, placements, units of a
//! standard, funding, and the rules of other skill passports. Pure; each rule stands in SPEC.md, "What follows".

pub(super) mod cascade;
mod funding;
mod periods;
mod placements;
mod skill_passports;
mod units;

pub(super) use funding::funding;
pub use periods::{Experience, Stretch, counted_once};
pub use units::{Accumulation, NotCounted, Progress, Standard, UnitState, accumulate};

use jiff::civil::Date;
use serde_json::{Value, json};

use super::record::Record;

/// What follows from the records that one view sees.
pub(super) fn summary(records: &[&Record], day: Date) -> Value {
    json!({
        "experience": periods::experience(records),
        "placements": placements::placements(records, day),
        "skill_passports": skill_passports::skill_passports(records, day),
    })
}
