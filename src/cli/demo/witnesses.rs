//! A witness on each side. Both follow both ledgers, so each ledger's checkpoints have the word of the other side.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::journey::Side;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::crypto::{OsEntropy, PrivateKey};
use crate::ledger::Clock;
use crate::service::{ServedPages, serve_pages};
use crate::tlog::{Policy, VerifierKey};
use crate::vault::WitnessBook;
use crate::witness::{Witness, WitnessFile, router};

/// Connections to one witness: two ledgers ask.
const CONNECTIONS: usize = 16;
/// How long a witness may take to stop.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where each witness listens when it is served by hand, as the story says.
pub(super) const PORTS: [u16; 2] = [7650, 7651];

/// Both, being served.
pub(super) struct Witnesses {
    /// Key and address, in the order of the sides.
    seats: Vec<(VerifierKey, ServedPages)>,
}

fn dir(out: &Path, side: Side) -> PathBuf {
    out.join("witnesses").join(side.name())
}

impl Witnesses {
    /// Makes a witness for each side that follows these logs.
    pub(super) fn found(out: &Path, logs: &[&VerifierKey]) -> Result<(), CliError> {
        for side in Side::BOTH {
            let mut file =
                WitnessFile { name: format!("witness.{}.demo.invalid", side.name()), logs: BTreeMap::new() };
            for log in logs {
                file.add(&log.to_string()).map_err(|error| unusable(&error.to_string()))?;
            }
            let key = PrivateKey::generate_ed25519(&mut OsEntropy);
            WitnessBook::create(&dir(out, side), &key).map_err(|error| unusable(&error.to_string()))?;
            files::replace(&dir(out, side).join("witness.toml"), file.to_toml().as_bytes())?;
        }
        Ok(())
    }

    /// Serves both on free loopback ports.
    pub(super) async fn serve(out: &Path, clock: &Arc<dyn Clock>) -> Result<Self, CliError> {
        let mut seats = Vec::new();
        for side in Side::BOTH {
            let dir = dir(out, side);
            let file = WitnessFile::parse(&files::read_text(&dir.join("witness.toml"))?);
            let file = file.map_err(|error| unusable(&error.to_string()))?;
            let witness = Witness::open(&dir, &file, Arc::clone(clock));
            let witness = witness.map_err(|error| unusable(&error.to_string()))?;
            let vkey = witness.vkey().clone();
            let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let pages = serve_pages(router(Arc::new(witness)), loopback, CONNECTIONS, None).await;
            seats.push((vkey, pages.map_err(|error| unusable(&error.to_string()))?));
        }
        Ok(Self { seats })
    }

    /// Their keys, in the order of the sides.
    pub(super) fn keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.seats.iter().map(|(key, _)| key)
    }

    /// Asks for the word of both, each at what `address` makes of its side and of where it is served.
    pub(super) fn policy(&self, address: impl Fn(usize, SocketAddr) -> String) -> Result<Policy, CliError> {
        let mut text = String::new();
        for (nth, (side, (key, pages))) in Side::BOTH.iter().zip(&self.seats).enumerate() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "witness {} {key} {}", side.name(), address(nth, pages.address()));
        }
        let [one, other] = Side::BOTH.map(Side::name);
        let _ = writeln!(text, "group both all {one} {other}\nquorum both");
        Policy::parse(&text).map_err(|error| unusable(&error.to_string()))
    }

    /// Stops both.
    pub(super) async fn stop(self) {
        for (_, pages) in self.seats {
            pages.stop(PATIENCE).await;
        }
    }
}

fn unusable(message: &str) -> CliError {
    CliError::failed(
        "DEMO_FAILED",
        format!("a witness: {message}"),
        "report this with the command you ran: it should not happen",
    )
}
