//! Processes that live the script under the preloaded library, and their directories.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;

use crate::driver;
use crate::promise::Promises;
use crate::trace::{self, Op};

/// Longer than any life.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at it.
const NAP: Duration = Duration::from_millis(2);

/// A directory in memory where nothing outlives the run.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> std::io::Result<Self> {
        let base = ["/dev/shm", "/tmp"].iter().map(Path::new).find(|base| base.is_dir());
        let path = base.unwrap_or(Path::new(".")).join(format!("faults-{}-{name}", std::process::id()));
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(path.join("root"))?;
        Ok(Self(path))
    }

    /// Everything below it is traced.
    pub fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    pub fn trace(&self) -> PathBuf {
        self.0.join("trace")
    }

    pub fn ops(&self) -> Result<Vec<Op>, String> {
        trace::read(&std::fs::read(self.trace()).unwrap_or_default())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a process is made to suffer.
#[derive(Debug, Clone)]
pub enum Fault {
    None,
    /// It only lists its calls.
    List,
    /// The n-th call of its kind on a file of its name fails, in this way.
    At(Call, usize, &'static str),
}

/// A kind of call on a kind of file: `shim/src/log.rs` has the kinds; in the name each digit is an N, hexadecimal ones in capitals, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub kind: usize,
    pub name: String,
}

impl Call {
    /// That of an op.
    pub fn of(place: &Place, op: &Op) -> Self {
        let (kind, path) = op.act.kind();
        let path = path.map_or(Path::new(""), |path| path.strip_prefix(place.root()).unwrap_or(path));
        let digit = |c: char| if matches!(c, '0'..='9' | 'A'..='F') { 'N' } else { c };
        Self { kind, name: path.to_string_lossy().chars().map(digit).collect() }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", trace::KINDS[self.kind % trace::KINDS.len()], self.name)
    }
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// Its ledger stopped.
    Stopped,
    /// By a signal that the fault sent.
    Killed,
    /// It does not end; what each of its threads does.
    Hung(String),
    /// Panicked, for one.
    Other(String),
}

/// One process, from where the trace ends.
pub fn process(place: &Place, fault: Fault) -> Result<End, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let library = program.with_file_name("libfaults_shim.so");
    if !library.is_file() {
        return Err(format!("{} is missing: cargo build -p faults -p faults-shim", library.display()));
    }
    let mut command = Command::new(&program);
    command.arg("live").arg(place.root()).arg(place.trace());
    command.env("LD_PRELOAD", library).env("FAULTS_ROOT", place.root()).env("FAULTS_TRACE", place.trace());
    match fault {
        Fault::None => {}
        Fault::List => {
            command.env("FAULTS_LIST", "1");
        }
        Fault::At(call, at, what) => {
            command.env("FAULTS_KIND", call.kind.to_string()).env("FAULTS_NAME", call.name);
            command.env("FAULTS_AT", at.to_string()).env("FAULTS_WHAT", what);
        }
    }
    let errors = place.0.join("stderr");
    let file = std::fs::File::create(&errors).map_err(|error| error.to_string())?;
    let mut child = command.stderr(file).spawn().map_err(|error| error.to_string())?;
    // Counted by naps, not by the clock: both may be stopped for an hour, and go on.
    for _ in 0..PATIENCE.as_millis() / NAP.as_millis() {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => return Ok(end(status, &errors)),
            None => std::thread::sleep(NAP),
        }
    }
    let doing = threads(child.id());
    let _ = child.kill();
    let _ = child.wait();
    Ok(End::Hung(doing))
}

/// Name, state (R: it only wants for a processor) and, where it sleeps, the kernel's function, of each thread (proc(5)).
fn threads(process: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let told = tasks.map(|task| {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let stat = read("stat");
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.get(..1)).unwrap_or("?").to_owned();
        format!("{} {state} {}", read("comm").trim(), read("wchan"))
    });
    told.collect::<Vec<_>>().join("; ")
}

fn end(status: ExitStatus, errors: &Path) -> End {
    let text = std::fs::read_to_string(errors).unwrap_or_default();
    // The database panics where the disk refuses the fsync of its last handle; the store catches that, and how the process
    // ends tells.
    let panics = text.lines().filter(|line| line.contains("panicked at"));
    if panics.into_iter().any(|line| !line.contains("/sled-0.34.7/")) {
        return End::Other(text);
    }
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Done,
        (Some(code), _) if code == i32::from(driver::STOPPED) => End::Stopped,
        (_, Some(libc::SIGKILL)) => End::Killed,
        _ => End::Other(format!("{status}: {text}")),
    }
}

/// The process itself: `faults live ROOT TRACE`.
pub fn live(root: &Path, trace: &Path) -> ExitCode {
    let ops = trace::read(&std::fs::read(trace).unwrap_or_default()).expect("a trace of our own");
    ExitCode::from(driver::run(root, Promises::of(&ops)))
}
