//! Passport files: what is made verifies, and whatever is done to it afterwards shows.

mod memory_ledger;
mod scenario;
mod verification;
