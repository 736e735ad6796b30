//! Witnesses over real sockets: being one, asking some, and what becomes of a fork, a rollback and a hostile answer.

mod gathering;
mod hostile;
mod protocol;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use skillpass::config::Limits;
use skillpass::crypto::{OsEntropy, PrivateKey};
use skillpass::ledger::{Clock, Options};
use skillpass::service::server::{self, Running};
use skillpass::service::{ServedPages, serve_pages};
use skillpass::tlog::{Policy, VerifierKey};
use skillpass::vault::WitnessBook;
use skillpass::witness::{Collector, Witness, WitnessFile, WitnessSettings, router};

use crate::support::{TestLedger, options};

/// Nothing in these tests may take longer; a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A runtime, a ledger to be, and a place for witnesses.
pub struct World {
    pub runtime: tokio::runtime::Runtime,
    temp: tempfile::TempDir,
    pub test: Option<TestLedger>,
}

/// A witness being served.
pub struct Seat {
    pub dir: PathBuf,
    pub vkey: VerifierKey,
    file: WitnessFile,
    pages: Option<ServedPages>,
    address: SocketAddr,
}

/// The world's ledger, served, asking its witnesses.
pub struct Asking {
    pub running: Running,
    pub collector: Collector,
}

impl World {
    pub fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { runtime, temp: tempfile::tempdir().unwrap(), test: Some(TestLedger::new()) }
    }

    pub fn run<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("it hangs") })
    }

    pub fn test(&self) -> &TestLedger {
        self.test.as_ref().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// A witness of the world's ledger, on its clock.
    pub fn witness(&self, name: &str) -> Seat {
        let vkeys = self.test().ledger.vkeys();
        self.witness_of(name, &vkeys)
    }

    pub fn witness_of(&self, name: &str, vkeys: &[VerifierKey]) -> Seat {
        let dir = self.path(name);
        WitnessBook::create(&dir, &PrivateKey::generate_ed25519(&mut OsEntropy)).unwrap();
        let mut file = WitnessFile { name: format!("{name}.example.invalid"), logs: BTreeMap::new() };
        for vkey in vkeys {
            file.add(&vkey.to_string()).unwrap();
        }
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (pages, vkey) = self.seat(&dir, &file, any);
        Seat { dir, vkey, file, address: pages.address(), pages: Some(pages) }
    }

    fn seat(&self, dir: &Path, file: &WitnessFile, address: SocketAddr) -> (ServedPages, VerifierKey) {
        let clock = Arc::clone(&self.test().clock) as Arc<dyn Clock>;
        let witness = Witness::open(dir, file, clock).unwrap();
        let vkey = witness.vkey().clone();
        let witness = Arc::new(witness);
        let pages = self.run(async {
            loop {
                // A listener that was stopped lets go of its port a moment later.
                match serve_pages(router(Arc::clone(&witness)), address, 16, None).await {
                    Ok(pages) => return pages,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        (pages, vkey)
    }

    /// Takes a witness off the network; its directory is free then.
    pub fn stop(&self, seat: &mut Seat) {
        self.run(seat.pages.take().unwrap().stop(Duration::from_secs(5)));
    }

    /// Puts it back where it was.
    pub fn start(&self, seat: &mut Seat) {
        seat.pages = Some(self.seat(&seat.dir, &seat.file, seat.address).0);
    }

    /// Opens the ledger again under a policy, serves it, and asks the witnesses named in it.
    pub fn ask(&mut self, policy: &str) -> Asking {
        let policy = Policy::parse(policy).unwrap();
        let stopped = self.test.take().unwrap().stop();
        let options = Options { witness_policy: Some(policy.clone()), ..options() };
        self.test = Some(stopped.open_with(options));
        self.ask_again(&policy)
    }

    /// Asks on behalf of the ledger as it is open.
    pub fn ask_again(&self, policy: &Policy) -> Asking {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let ledger = &self.test().ledger;
        self.run(async {
            let running = server::start(ledger, any, any, None, &Limits::default()).await.unwrap();
            let settings = WitnessSettings { policy: policy.clone(), timeout: Duration::from_millis(500) };
            let collector = Collector::start(ledger, &settings, running.metrics()).unwrap();
            Asking { running, collector }
        })
    }

    pub fn end(&self, asking: Asking) {
        self.run(async {
            asking.collector.stop().await;
            asking.running.stop().await;
        });
    }

    /// Waits until what was acknowledged stands under a checkpoint that meets the policy; answers its note.
    pub fn cosigned(&self) -> String {
        let size = *self.test().ledger.size().borrow();
        let mut cosigned = self.test().ledger.cosigned();
        self.run(async {
            let met = cosigned.wait_for(|newest| newest.as_ref().is_some_and(|n| n.checkpoint.size >= size));
            met.await.unwrap().as_ref().unwrap().note.clone()
        })
    }

    /// Waits until a witness has failed for `reason`.
    pub fn failed(&self, asking: &Asking, witness: &str, reason: &str) {
        let wanted = format!("witness=\"{witness}\",reason=\"{reason}\"}} ");
        self.run(async {
            loop {
                let (_, body) = get(asking.running.http(), "/metrics").await;
                let line = body.lines().find(|line| line.contains(&wanted)).map(str::to_owned);
                if line.is_some_and(|line| !line.ends_with(" 0")) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(test) = &self.test {
            test.ledger.close();
        }
    }
}

impl Seat {
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A policy that asks each of these for a cosignature: (name, key, URL), and what `quorum` says of the group of all.
pub fn policy(threshold: &str, seats: &[(&str, &VerifierKey, &str)]) -> String {
    let lines: String =
        seats.iter().map(|(name, vkey, url)| format!("witness {name} {vkey} {url}\n")).collect();
    let names: Vec<&str> = seats.iter().map(|(name, ..)| *name).collect();
    format!("{lines}group them {threshold} {}\nquorum them\n", names.join(" "))
}

/// One GET; status line with headers in lower case, body.
pub async fn get(address: SocketAddr, path: &str) -> (String, String) {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
}

/// One `add-checkpoint`.
pub async fn post(address: SocketAddr, body: &str) -> (String, String) {
    let length = body.len();
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    exchange(address, &(head + body)).await
}

async fn exchange(address: SocketAddr, request: &str) -> (String, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}
