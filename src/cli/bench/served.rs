//! A ledger in a process of its own, served as people serve it: its memory and processor time are its own, and it can be killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::super::error::CliError;
use super::super::files;
use super::figures::failed;
use super::process::Process;
use super::setup::Place;

/// `ledger.queue` where nobody sets it.
pub(super) const QUEUE: u32 = 8192;

/// A server that runs; killed when dropped.
#[derive(Debug)]
pub(super) struct Served {
    child: Child,
    url: String,
    http: String,
    /// From the start of the process to its word that it listens.
    pub(super) opened_in: Duration,
}

impl Served {
    /// Starts this program's `serve` on the place's ledger and waits until it listens.
    pub(super) fn start(place: &Place) -> Result<Self, CliError> {
        Self::start_with(place, QUEUE)
    }

    /// The same with another `ledger.queue`.
    pub(super) fn start_with(place: &Place, queue: u32) -> Result<Self, CliError> {
        let configuration = place.data().with_extension("toml");
        // One caller stands for many here, so it may read as often as it can, and its share is the whole.
        let limits = "reads_per_peer = 10_000_000
reads_per_credential = 10_000_000
connections_per_peer = 1024
calls_per_peer = 4096
";
        let data = toml::Value::from(place.data().display().to_string());
        let text = format!(
            "data = {data}\nlog = \"error\"\n[grpc]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n[ledger]\nqueue = {queue}\n[limits]\n{limits}"
        );
        files::replace(&configuration, text.as_bytes())?;
        let started = Instant::now();
        let mut child = this_program()?
            .arg("serve")
            .arg("--config")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|_| failed("the server did not start"))?;
        let mut line = String::new();
        let read = child.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let opened_in = started.elapsed();
        let addresses =
            line.strip_prefix("ready grpc=").and_then(|rest| rest.trim_end().split_once(" http="));
        if let (Some(Ok(_)), Some((grpc, http))) = (read, addresses) {
            return Ok(Self { child, url: format!("http://{grpc}"), http: http.to_owned(), opened_in });
        }
        end(&mut child);
        Err(failed("the server did not become ready; what it said stands above"))
    }

    /// Where it listens for gRPC.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens for HTTP: address and port.
    pub(super) fn http(&self) -> &str {
        &self.http
    }

    /// Its processor time and memory.
    pub(super) fn process(&self) -> Process {
        Process::of(&self.child)
    }

    /// Asks it to stop, as an operator does, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), CliError> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(|_| failed("no signal was sent"))?;
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(failed("the server did not stop cleanly")),
        }
    }

    /// Gives it no time for anything.
    pub(super) fn kill(self) {
        drop(self);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // Both fail for a process that has ended already, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

/// This very binary, for another command.
pub(super) fn this_program() -> Result<Command, CliError> {
    std::env::current_exe().map(Command::new).map_err(|_| failed("this program's own file cannot be found"))
}
