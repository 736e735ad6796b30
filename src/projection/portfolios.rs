//! One portfolio of evidence shown for several workers: an operator's batch job over every passport the ledger can read. One
//! is open at a time; of each portfolio nothing is kept but its hash and where it was shown.

use std::collections::BTreeMap;

use crate::event::{UnixMs, WorkerId};
use crate::ledger::{Ledger, ReadError};

/// The most portfolios in one answer.
pub const PORTFOLIOS_MAX: usize = 500;
/// The most passports named with one.
pub const PORTFOLIO_USES_MAX: usize = 17;

/// Where a portfolio was shown first for a worker.
#[derive(Clone, PartialEq, Eq)]
pub struct PortfolioUse {
    /// Whose passport.
    pub worker: WorkerId,
    /// Who recorded it.
    pub issuer: String,
    /// When.
    pub recorded_at: UnixMs,
}

impl std::fmt::Debug for PortfolioUse {
    /// Shows nothing about the person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PortfolioUse({})", self.recorded_at)
    }
}

/// Each portfolio by its hash, with the passports it was shown for.
pub(super) type SharedPortfolios = Vec<(String, Vec<PortfolioUse>)>;

/// The portfolios (`portfolio_hash`) that were shown for more than one person, each with its passports in the order of
/// recording. Joined passports are one person's. What cannot be read back is left out.
/// It asks between two passports whether it should go on; `None`: it should not.
pub fn shared_portfolios(
    ledger: &Ledger,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<SharedPortfolios>, ReadError> {
    let mut shown: BTreeMap<String, Vec<PortfolioUse>> = BTreeMap::new();
    for worker in ledger.workers()? {
        if !goes_on() {
            return Ok(None);
        }
        let records = super::flows::read(ledger, worker)?.unwrap_or_default();
        for read in records.into_iter().map(|one| one.record) {
            let Some(hash) = read.event.text("portfolio_hash") else { continue };
            let uses = shown.entry(hash.to_owned()).or_default();
            // Documented, then assessed: the same worker's portfolio again.
            if !uses.iter().any(|known| known.worker == worker) {
                let issuer = read.statement.clear().issuer.clone();
                uses.push(PortfolioUse { worker, issuer, recorded_at: read.recorded_at });
            }
        }
    }
    let mut shared = Vec::new();
    for (hash, mut uses) in shown.into_iter().filter(|(_, uses)| uses.len() > 1) {
        if shared.len() == PORTFOLIOS_MAX {
            break;
        }
        uses.sort_by_key(|one| one.recorded_at);
        let Some(first) = uses.first() else { continue };
        let records = ledger.worker(first.worker)?.unwrap_or_default();
        let one_person = ledger.joined(first.worker, &records, None)?;
        let is_joined = |worker| one_person.iter().any(|(other, _)| *other == worker);
        if uses.iter().skip(1).any(|one| !is_joined(one.worker)) {
            uses.truncate(PORTFOLIO_USES_MAX);
            shared.push((hash, uses));
        }
    }
    Ok(Some(shared))
}
