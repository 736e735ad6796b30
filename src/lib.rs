//! skillpass: a ledger that lets skills cross borders.
//!
//! A body signs a statement ([`statement`], [`event`]), the ledger records it if the body is authorised ([`trust`],
//! [`ledger`]), and the worker carries a [`passport`] that anyone verifies offline. `ARCHITECTURE.md` is the map,
//! `proto/SPEC.md` has every byte and every check. The modules stand in floor order: none imports one below it.
// clippy.toml has no switch for these two.
#![cfg_attr(test, allow(clippy::string_slice, clippy::unreachable, reason = "tests panic to fail"))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests look at files and clocks as they are"))]

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
pub mod config;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod net;
#[cfg(feature = "server")]
pub mod witness;
#[cfg(feature = "server")]
pub mod audit;
#[cfg(feature = "server")]
pub mod face;
#[cfg(feature = "server")]
pub mod web;
#[cfg(feature = "server")]
pub mod service;
#[cfg(feature = "server")]
pub mod cli;
