//! Room ledger (skeleton).
