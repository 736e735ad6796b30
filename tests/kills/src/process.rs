//! `skillpass` as a process: the server, and commands beside it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;

use serde_json::Value;

use crate::scene::Scene;

const CONFIG: &str = "[ledger]\ncheckpoint_interval_ms = 50\n[limits]\nreads_per_peer = 1000000\nreads_per_credential = 1000000\n";

/// Starts the server; answers once it is ready: the process and the address of gRPC.
pub fn serve(binary: &Path, root: &Path) -> Result<(Child, String), String> {
    let config = root.join("config.toml");
    std::fs::write(&config, CONFIG).map_err(|error| error.to_string())?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(root.join("serve.log"));
    let log = log.map_err(|error| error.to_string())?;
    let mut command = Command::new(binary);
    command
        .args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"])
        .arg(root.join("ledger"));
    command.arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
    let mut ready = String::new();
    if let Some(stdout) = child.stdout.take() {
        // What it says later goes nowhere.
        BufReader::new(stdout).read_line(&mut ready).map_err(|error| error.to_string())?;
    }
    let address = ready.split_whitespace().find_map(|word| word.strip_prefix("grpc="));
    match address {
        Some(address) => Ok((child, format!("http://{address}"))),
        None => {
            // It is gone, or of no use.
            let _ = child.kill();
            let _ = child.wait();
            let log = std::fs::read_to_string(root.join("serve.log")).unwrap_or_default();
            Err(format!("the ledger does not start: {}", log.lines().last().unwrap_or_default()))
        }
    }
}

/// How a command ended.
pub enum Ended {
    /// With what it printed.
    Well(Value),
    /// With what it printed on standard error.
    Badly(String),
    /// The run killed it.
    CutShort,
}

/// Runs a command to its end, which a kill may bring about.
pub async fn command(scene: &Scene, arguments: &[&str]) -> Ended {
    let ended = tokio::task::block_in_place(|| waited(scene, arguments));
    match ended {
        Ok(ended) => ended,
        Err(error) => Ended::Badly(error),
    }
}

#[allow(clippy::zombie_processes, reason = "waited for here, or by whoever kills it")]
fn waited(scene: &Scene, arguments: &[&str]) -> Result<Ended, String> {
    let [out, err] = ["out", "err"].map(|name| {
        scene.root.join(format!("{}-{}.{name}", arguments[0], arguments[1].trim_start_matches('-')))
    });
    let file = |path: &Path| std::fs::File::create(path).map_err(|error| error.to_string());
    let mut command = Command::new(&scene.binary);
    command.args(arguments).arg("--json").stdin(Stdio::null()).stdout(file(&out)?).stderr(file(&err)?);
    let child = command.spawn().map_err(|error| error.to_string())?;
    let id = child.id();
    scene.beside.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    let status = loop {
        let mut beside = scene.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = beside.iter().position(|child| child.id() == id) else {
            return Ok(Ended::CutShort);
        };
        if let Some(status) = beside[index].try_wait().map_err(|error| error.to_string())? {
            beside.remove(index);
            break status;
        }
        drop(beside);
        std::thread::sleep(std::time::Duration::from_millis(3));
    };
    let text = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    if status.success() {
        serde_json::from_str(&text(&out)).map(Ended::Well).map_err(|error| error.to_string())
    } else {
        Ok(Ended::Badly(text(&err).trim().to_owned()))
    }
}

/// Kills the commands that run beside the server.
pub fn kill_beside(scene: &Scene) {
    for mut child in std::mem::take(&mut *scene.beside.lock().unwrap_or_else(PoisonError::into_inner)) {
        // One that has just ended is as good.
        let _ = child.kill();
        let _ = child.wait();
    }
}
