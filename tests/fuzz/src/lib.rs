//! What `tests/fuzz` asks of each reader of outside bytes: one function a target. None may panic, whatever the bytes; each
//! panics itself where what it was told is not so.

mod foreign;
#[cfg(feature = "server")]
pub mod journals;
pub mod logs;
pub mod names;
pub mod open;
pub mod passports;
#[cfg(feature = "server")]
pub mod served;
pub mod seeds;
pub mod statements;
#[cfg(feature = "server")]
pub mod tables;
pub mod tokens;
pub mod trust;
pub mod world;

#[allow(dead_code, reason = "shared with tests/it, which uses more of it")]
#[path = "../../it/passport/memory_ledger.rs"]
mod memory_ledger;
#[allow(dead_code, reason = "shared with tests/it, which uses more of it")]
#[path = "../../it/passport/scenario.rs"]
mod scenario;
#[cfg(feature = "server")]
#[allow(dead_code, reason = "shared with tests/it, which uses more of it")]
#[path = "../../it/support/mod.rs"]
mod support;

/// A target: its name, which is that of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, those that matter most first.
pub fn targets() -> Vec<Target> {
    let pure: [Target; 21] = [
        ("passport", passports::passport),
        ("tamper", passports::tamper),
        ("world", world::world),
        ("statement", statements::statement),
        ("trust_file", trust::trust_file),
        ("trust_list", trust::trust_list),
        ("status_list", tokens::status_list),
        ("sd_jwt", statements::sd_jwt),
        ("key_binding", statements::key_binding),
        ("disclosure", statements::disclosure),
        ("token", tokens::token),
        ("grant", tokens::grant),
        ("link", tokens::link),
        ("note", logs::note),
        ("checkpoint", logs::checkpoint),
        ("policy", logs::policy),
        ("proof", logs::proof),
        ("tile", logs::tile),
        ("entry", logs::entry),
        ("json", names::json),
        ("names", names::names),
    ];
    #[cfg(not(feature = "server"))]
    let served: [Target; 0] = [];
    #[cfg(feature = "server")]
    let served: [Target; 8] = [
        ("spreadsheet", tables::spreadsheet),
        ("grpc", served::grpc),
        ("http", served::http),
        ("journal", journals::journal),
        ("config", tables::config),
        ("journey", tables::journey),
        ("reference_sheet", tables::reference_sheet),
        ("kept", tables::kept),
    ];
    pure.into_iter().chain(served).collect()
}

/// The function of a target's name.
///
/// # Panics
/// If there is no such target.
pub fn target(name: &str) -> fn(&[u8]) {
    targets().into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no target {name}")).1
}

fn text_of(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
