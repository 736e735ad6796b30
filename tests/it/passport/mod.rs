//! Passport files: what is made verifies, and whatever is done to it afterwards shows.

mod authority;
mod cascade;
mod compromise;
mod derived;
mod documents;
mod export;
mod foreign;
mod holder_keys;
mod invariants;
mod joined;
mod ledger_keys;
mod linkability;
mod memory_ledger;
mod partners;
mod projection;
mod questions;
mod replacing;
mod scenario;
mod several_ledgers;
mod standing;
mod status_lists;
mod tampering;
mod vectors;
mod verification;
