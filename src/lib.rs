//! skillpass: a ledger that lets skills cross borders. ARCHITECTURE.md is the map; the modules stand in floor order.

// --- pure: no I/O, no clock, no randomness, no async; builds with --no-default-features ---
pub mod crypto;
pub mod statement;
pub mod event;
pub mod tlog;
pub mod trust;
pub mod recognition;
pub mod passport;
// --- state: owns durability ---
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod vault;
#[cfg(feature = "server")]
pub mod ledger;
#[cfg(feature = "server")]
pub mod projection;
// --- edges: translate and nothing else ---
#[cfg(feature = "server")]
pub mod pb;
#[cfg(feature = "server")]
pub mod service;
#[cfg(feature = "server")]
pub mod web;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod telemetry;
