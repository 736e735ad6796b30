//! The one integration binary; this list is its table of contents.
#![allow(
    clippy::pedantic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    missing_docs,
    unreachable_pub,
    reason = "tests panic to fail and document themselves by their names"
)]

mod cli;
mod corruptions;
mod deploy;
mod edges;
mod fsck;
mod journeys;
mod ledger_append;
mod ledger_backup;
mod ledger_clock;
mod ledger_erasure;
mod ledger_history;
mod ledger_keys;
mod ledger_model;
mod ledger_panics;
mod ledger_recovery;
mod ledger_status;
mod limits;
mod passport;
mod readme;
mod recognition;
mod rfc9901;
mod service;
mod statement_vectors;
mod support;
mod systems;
mod tidy;
mod witness;
mod wycheproof;
