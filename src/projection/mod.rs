//! Read models that are never the truth: everything here is computed anew from the ledger whenever it is asked for.
//!
//! **Never:** a write; a claim about a person in plain at rest.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod export;
mod flows;
pub mod institutions;
mod portfolios;
mod profiles;
pub mod reference;
mod standards;
pub mod status_lists;

pub use export::{ExportError, export};
pub use flows::flows;
pub use portfolios::{PORTFOLIO_USES_MAX, PORTFOLIOS_MAX, PortfolioUse, shared_portfolios};
pub use profiles::published_standard;
pub use standards::standard;
