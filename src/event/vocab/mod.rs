//! Closed lists and code shapes that claims are checked against. Plain facts; each list names its source.

pub mod codes;
pub mod countries;
pub mod frameworks;
mod national;
