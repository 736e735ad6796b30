//! What people see: pages and documents made from values, their messages in six languages, and the assets that browsers load.
//! Used by whatever serves or writes pages. **Never:** I/O, a clock, a rule; a request to a third party; text that was not escaped.
//!
//! A page is an `askama` template in `templates/` that extends `layout.html`. A message has a key that begins with the name of its area,
//! `messages/LANGUAGE/AREA.ftl`, and is said by [`Lang::say`]. What browsers load stands in `assets/` and in the one list of [`assets`].
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod assets;
mod bundle;
mod check;
mod desk;
mod document;
mod fluent;
mod lang;
mod pages;
mod qr;
mod slip;
mod visible;
mod vocabulary;
mod words;
mod worker;

pub use check::{PageTrust, TrustSource, check, check_file};
pub use desk::{desk, sheet_guide, sheet_template};
pub use document::{Form, Paper, document};
pub use fluent::{Area, script_messages};
pub use lang::Lang;
pub use pages::{FaceError, Frame, not_found, start};
pub use qr::Qr;
pub use slip::{Slip, SlipError, slips_html, spaced};
pub use visible::visible;
pub use worker::worker;

#[cfg(test)]
mod tests;
