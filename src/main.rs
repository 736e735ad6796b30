//! The `skillpass` command.
fn main() {}
