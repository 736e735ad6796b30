//! The built binary, run as people and scripts run it: arguments in; exit code, standard output and standard error out.

mod access;
mod answers;
mod audit;
mod audit_copies;
mod bounds;
mod compare;
mod contract;
mod drill;
mod help;
mod holder;
mod import;
mod keyring;
mod keys;
mod logs;
mod modes;
mod paper;
mod partners;
mod reference;
mod refusals;
mod school;
mod share;
mod spreadsheet;
mod status;
mod stops;
pub(crate) mod tls;
mod traces;
mod trust_list;
mod twice;
mod walk;
mod witness;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const MINISTRY: &str = "https://ministry.example.invalid";
pub(crate) const SCHOOL: &str = "https://school.example.invalid";

/// A directory to work in, and the binary in it with an environment of its own.
pub(crate) struct Desk {
    dir: TempDir,
}

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Fails the test unless the command ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {}", self.stdout))
    }

    /// The reason in the JSON error on standard error.
    #[track_caller]
    pub(crate) fn reason(&self) -> String {
        let line = self.stderr.lines().last().unwrap_or_default();
        let error: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON error: {}", self.stderr));
        error["error"]["reason"].as_str().unwrap().to_owned()
    }
}

/// A desk whose served ledger knows an authorised school and one worker.
pub(crate) fn one_worker() -> (Desk, Server, String) {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    (desk, server, worker)
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skillpass"));
        command.args(args).current_dir(self.dir.path()).env_clear().env("HOME", self.dir.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::of(&self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command line whose arguments hold no spaces.
    pub(crate) fn line(&self, line: &str) -> Answer {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// A ledger with one root authority for PH and the keys of both bodies: `ledger/`, `ministry.jwk`, `school.jwk`.
    pub(crate) fn found(&self) {
        self.line("key new --out ministry.jwk").ends(0);
        self.line("key new --out school.jwk").ends(0);
        let root = format!("PH={MINISTRY}=ministry.pub.jwk");
        let init = self
            .run(&["init", "--data", "ledger", "--origin", "ledger.example.invalid", "--root", &root])
            .ends(0);
        self.write("vkey", init.stdout.trim());
    }

    /// Lets the ministry authorise the school.
    pub(crate) fn authorise(&self, url: &str) {
        let may = "PassportOpened,HolderKeyBound,TrainingCompleted,SkillAssessed,Revoked,Suspended,Reinstated,Corrected,Superseded";
        let line = format!(
            "authorise --key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --name school --as TRAINING_PROVIDER --basis ACCREDITATION \
             --may {may} --in PH --from 2020-01-01 --jwk school.pub.jwk --ledger {url}"
        );
        self.line(&line).ends(0);
    }

    /// `trust.toml` that believes the ledger and its root authority.
    pub(crate) fn trust(&self, url: &str) {
        let vkey = self.read("vkey");
        self.run(&["trust", "add", "--ledger", url, "--vkey", &vkey, "--all-roots"]).ends(0);
    }

    /// Opens a passport; answers the worker id. The holder key is `worker.jwk`.
    pub(crate) fn open_worker(&self, url: &str) -> String {
        self.open_worker_with(url, "")
    }

    /// The same with further arguments.
    pub(crate) fn open_worker_with(&self, url: &str, more: &str) -> String {
        self.write("identity.json", IDENTITY);
        let line = format!(
            "worker open --key school.jwk --iss {SCHOOL} --country PH --claims identity.json --new-holder-key worker.jwk \
             --slip slips --ledger {url} --json {more}"
        );
        self.line(&line).ends(0).json()["worker"].as_str().unwrap().to_owned()
    }

    /// Opens a passport for another worker, whose holder key is thrown away.
    pub(crate) fn open_worker_again(&self, url: &str) {
        self.write("identity.json", IDENTITY);
        let line = format!(
            "worker open --key school.jwk --iss {SCHOOL} --country PH --claims identity.json --slip slips --ledger {url}"
        );
        self.line(&line).ends(0);
    }

    /// Records a training of a worker; answers the statement.
    pub(crate) fn record_training(&self, url: &str, worker: &str) -> String {
        let mut claims = self.line("kinds TrainingCompleted --example").ends(0).json();
        claims["iss"] = SCHOOL.into();
        claims["sub"] = worker.into();
        claims["issuing_country"] = "PH".into();
        self.write("training.json", claims.to_string());
        self.line("issue --key school.jwk --claims training.json --out training.sdjwt").ends(0);
        self.line(&format!("append training.sdjwt --ledger {url}")).ends(0);
        let statement = self.read("training.sdjwt");
        std::fs::remove_file(self.path("training.sdjwt")).unwrap();
        statement
    }
}

const IDENTITY: &str = r#"{
  "family_name": "DELA CRUZ", "family_name_latin": "DELA CRUZ", "given_name": "ANA", "given_name_latin": "ANA",
  "birth_date": "1996-02-29", "document_type": "PASSPORT", "document_country": "PH", "document_number": "P1234567A",
  "identity_check_method": "DOCUMENT_SEEN_IN_PERSON", "identity_checked_on": "2024-01-15"
}"#;

/// A running `skillpass serve`; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Of gRPC.
    pub(crate) url: String,
    /// Address and port of HTTP.
    pub(crate) pages: String,
}

impl Server {
    pub(crate) fn start(desk: &Desk, data: &str) -> Self {
        Self::start_with(desk, &["--data", data])
    }

    /// With further arguments of `serve`.
    pub(crate) fn start_with(desk: &Desk, more: &[&str]) -> Self {
        let args = [&["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"], more].concat();
        Self::of(desk.command(&args))
    }

    /// A command that serves.
    pub(crate) fn of(mut serve: Command) -> Self {
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let words: Vec<&str> = ready.split_whitespace().collect();
        let [first, grpc, http] = words.as_slice() else { panic!("not ready: {ready:?}") };
        assert!(*first == "ready" && http.starts_with("http="), "{ready}");
        let url = format!("http://{}", grpc.strip_prefix("grpc=").unwrap());
        let pages = http.strip_prefix("http=").unwrap().to_owned();
        Self { child, url, pages }
    }

    /// The address of HTTP.
    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.pages)
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&self) {
        send(&self.child, "-HUP");
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself; answers the exit code.
    pub(crate) fn ended(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// SIGTERM; answers the exit code.
    pub(crate) fn stop(mut self) -> i32 {
        send(&self.child, "-TERM");
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `kill` or `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Asks again until `is_so`, and fails after a minute: for what another process does in its own time.
#[track_caller]
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < until, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Flips the case of one letter inside a file's JSON, so that it stays JSON.
pub(crate) fn bend(path: &Path, what: &str, with: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(what), "{what} is not in the file");
    std::fs::write(path, text.replacen(what, with, 1)).unwrap();
}
