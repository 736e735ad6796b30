//! gRPC, and the same as JSON over HTTP: translates between the wire and the rooms below, and nothing else.
//!
//! `server` composes and stops; `access` says who calls; `convert` reads requests; `status` is the only place where an
//! error becomes a `tonic::Status`. **Never:** a rule about statements, trust or passports; the disk; SPEC.md, "Access".
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod access;
mod admin;
mod append_stream;
mod assess;
mod connections;
mod convert;
mod credential;
mod disputes;
mod erase;
mod export;
mod flight;
mod flows;
mod follow;
mod grants;
mod http;
mod ledger;
mod line;
mod observe;
mod pages;
mod passport;
mod protect;
mod rates;
mod recognition;
mod registry;
mod reports;
mod seen;
pub mod server;
mod shared;
mod shares;
mod standards;
mod status;
mod subscribe;
mod units;
mod verify;
mod watch;

pub use credential::{ACCESS_SECONDS_MAX, ACCESS_TYP, ERASURE_SECONDS_MAX, ERASURE_TYP, GRANT_METADATA};
pub use pages::{ServedPages, serve_pages};
pub use status::{ERROR_DOMAIN, HELP_KEY};
