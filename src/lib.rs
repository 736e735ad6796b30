//! skillpass: a ledger that lets skills cross borders. ARCHITECTURE.md is the map; the modules stand in floor order.

pub mod crypto;
