//! The claim tables, by theme. Names follow ELM and the vocabulary of the field; what a claim means is said in its `doc`.

pub(super) mod assessment;
pub(super) mod counsel;
pub(super) mod funding;
pub(super) mod identity;
pub(super) mod institution;
pub(super) mod learning;
pub(super) mod leave;
pub(super) mod ledger;
pub(super) mod licence;
pub(super) mod publication;
pub(super) mod recognition;
pub(super) mod refugee;
pub(super) mod shared;
pub(super) mod standing;
pub(super) mod work;
