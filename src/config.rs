//! What `serve` is told: one TOML file, overridden by the environment, overridden by flags.
//!
//! Every mistake is reported at once, because an operator who fixes one at a time restarts a ledger many times.
//! `deploy/skillpass.example.toml` shows every field; a test keeps it complete.
//! The file is long because each field stands documented where it is declared, beside its limits.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use toml::{Table, Value};

use crate::tlog::{Policy, TlogError};

/// Overrides `data`.
pub const ENV_DATA: &str = "SKILLPASS_DATA";
/// Overrides `grpc.listen`.
pub const ENV_GRPC: &str = "SKILLPASS_GRPC";
/// Overrides `http.listen`.
pub const ENV_HTTP: &str = "SKILLPASS_HTTP";
/// Overrides `tls.certificate`.
pub const ENV_TLS_CERTIFICATE: &str = "SKILLPASS_TLS_CERTIFICATE";
/// Overrides `tls.key`.
pub const ENV_TLS_KEY: &str = "SKILLPASS_TLS_KEY";
/// Overrides `tls.client_ca`.
pub const ENV_TLS_CLIENT_CA: &str = "SKILLPASS_TLS_CLIENT_CA";
/// Overrides `traces`.
pub const ENV_TRACES: &str = "SKILLPASS_TRACES";
/// Overrides `log`.
pub const ENV_LOG: &str = "SKILLPASS_LOG";

/// The most witnesses that are asked: with the ledger's own signatures they fit a note that others read.
pub const WITNESSES_MAX: usize = 32;

/// The largest configuration file that is read.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;

/// Everything `serve` can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `data`: the ledger's data directory, made by `skillpass init`. `DIR.lock` and `DIR.key` stand beside it. Required.
    pub data: PathBuf,
    /// `log`: what is logged, as a tracing filter, e.g. `info` or `warn,skillpass::ledger=debug`. Default `info`.
    pub log: String,
    /// `traces`: an OpenTelemetry collector's OTLP address over gRPC, e.g. `http://127.0.0.1:4317`. Default empty: no traces.
    pub traces: Option<String>,
    /// `grpc.listen`: address of the gRPC service; port 0 lets the system choose. Without `tls` loopback only.
    /// Default `127.0.0.1:7640`.
    pub grpc: SocketAddr,
    /// `http.listen`: address of the HTTP service. Without `tls` loopback only. Default `127.0.0.1:7641`.
    pub http: SocketAddr,
    /// `http.trust`: the trust file that the check page believes. Default empty: what the ledger says of itself.
    pub trust: Option<PathBuf>,
    /// `tls.*`: TLS for both listeners; none if absent.
    pub tls: Option<TlsFiles>,
    /// `ledger.*`: the writer.
    pub ledger: LedgerConfig,
    /// `limits.*`: what callers may take.
    pub limits: Limits,
    /// `witness.*`: whose cosignatures are gathered.
    pub witness: WitnessConfig,
}

/// Where TLS takes its certificates from: PEM files, read again at SIGHUP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// `tls.certificate`: this server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// `tls.key`: its private key.
    pub key: PathBuf,
    /// `tls.client_ca`: if given, gRPC takes only clients with a certificate of one of these authorities. HTTP, which
    /// serves what is public, asks for none.
    pub client_ca: Option<PathBuf>,
}

/// The writer's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// `ledger.verifiers`: threads that check signatures; 0 means one for each core. Default 0, at most 256.
    pub verifiers: usize,
    /// `ledger.queue`: statements waiting to be checked and written; beyond it callers are told to wait. Default 8192.
    pub queue: usize,
    /// `ledger.checkpoint_interval_ms`: the longest time from an entry to a published checkpoint. Default 1000, at most 60000.
    pub checkpoint_interval: Duration,
}

/// Whose cosignatures are gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessConfig {
    /// `witness.policy`: a C2SP tlog-policy; each witness with a URL is asked to cosign. Default empty: none is asked.
    pub policy: Option<Policy>,
    /// `witness.timeout_seconds`: the longest a witness may take for one answer. Default 10.
    pub timeout: Duration,
    /// `witness.patience_seconds`: how long a checkpoint waits for its cosignatures before it is handed out without. Default 5.
    pub patience: Duration,
}

/// What callers may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `limits.connections`: open connections at once, for gRPC and for HTTP each. Default 1024.
    pub connections: usize,
    /// `limits.connections_per_peer`: of these, from one address. Behind a proxy all come from its address. Default 256.
    pub connections_per_peer: usize,
    /// `limits.calls`: gRPC calls at once, over all connections. Default 4096.
    pub calls: usize,
    /// `limits.calls_per_peer`: of these, from one address. Default 1024.
    pub calls_per_peer: usize,
    /// `limits.streams_per_connection`: calls at once on one gRPC connection. Default 128.
    pub streams_per_connection: u32,
    /// `limits.in_flight_per_stream`: unanswered statements on one `AppendStream`. Default 1024.
    pub in_flight_per_stream: usize,
    /// `limits.subscribers`: live `Subscribe` and `WatchPassport` calls at once. Default 256.
    pub subscribers: usize,
    /// `limits.heavy_calls`: passports read, exported or verified at once. Default 8.
    pub heavy_calls: usize,
    /// `limits.reads_per_peer`: calls about persons from one address in a minute; all of that may come at once. Default 60000.
    pub reads_per_peer: u32,
    /// `limits.reads_per_credential`: the same with one credential. Default 6000.
    pub reads_per_credential: u32,
    /// `limits.call_seconds`: the longest a unary call may take. Default 30.
    pub call: Duration,
    /// `limits.slow_subscriber_seconds`: how long a subscriber may take for one message before it is cut; whoever leaves a
    /// piece of any answer lying for twice as long loses the connection. Default 30.
    pub slow_subscriber: Duration,
    /// `limits.shutdown_seconds`: how long calls may finish after a stop is asked for. Default 15.
    pub shutdown: Duration,
    /// For a TLS handshake, a connection's first bytes, a header of HTTP/1.1; not in the file. 20 seconds.
    pub begin: Duration,
    /// How long a piece of an answer may lie before its connection is cut, if that is longer than twice `slow_subscriber`; not
    /// in the file. 60 seconds.
    pub take: Duration,
    /// A connection without a call, and an `AppendStream` with nothing on its way, is closed after this; not in the file.
    /// Five minutes.
    pub idle: Duration,
    /// The text of the trust file of `http.trust`, read at the start: whom the check page believes.
    pub check_trust: Option<String>,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { verifiers: 0, queue: 8192, checkpoint_interval: Duration::from_secs(1) }
    }
}

impl Default for WitnessConfig {
    fn default() -> Self {
        Self { policy: None, timeout: Duration::from_secs(10), patience: Duration::from_secs(5) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_peer: 256,
            calls: 4096,
            calls_per_peer: 1024,
            streams_per_connection: 128,
            in_flight_per_stream: 1024,
            subscribers: 256,
            heavy_calls: 8,
            reads_per_peer: 60_000,
            reads_per_credential: 6000,
            call: Duration::from_secs(30),
            slow_subscriber: Duration::from_secs(30),
            shutdown: Duration::from_secs(15),
            begin: Duration::from_secs(20),
            take: Duration::from_secs(60),
            idle: Duration::from_secs(300),
            check_trust: None,
        }
    }
}

/// What the command line overrides.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--grpc`
    pub grpc: Option<SocketAddr>,
    /// `--http`
    pub http: Option<SocketAddr>,
}

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Too large to be a configuration file.
    #[error("the file is larger than {CONFIG_BYTES_MAX} bytes")]
    TooLarge,
    /// Not TOML at all.
    #[error("not TOML: {0}")]
    NotToml(toml::de::Error),
    /// A field that does not exist.
    #[error("{0}: no such field (see deploy/skillpass.example.toml)")]
    Unknown(String),
    /// A value of the wrong type.
    #[error("{field}: must be {wanted}")]
    WrongType {
        /// Dotted name.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A number outside its limits.
    #[error("{field}: must be between {min} and {max}")]
    OutOfRange {
        /// Dotted name.
        field: String,
        /// The smallest value.
        min: u32,
        /// The largest value.
        max: u32,
    },
    /// A field without which nothing works.
    #[error(
        "data: missing; give --data DIR, {ENV_DATA} or `data = \"DIR\"` (made by `skillpass init --data DIR`)"
    )]
    NoData,
    /// One of certificate and key without the other.
    #[error("tls.{0}: missing; TLS needs a certificate and its key")]
    HalfTls(&'static str),
    /// A policy that its own rules refuse.
    #[error("witness.policy: {0}")]
    Policy(TlogError),
    /// A policy by which nobody, or more than fit a checkpoint, would be asked.
    #[error(
        "witness.policy: 1 to {WITNESSES_MAX} witnesses need a URL, the address before `/add-checkpoint`, with http:// or https://"
    )]
    PolicyUrls,
    /// An address other machines could reach, without TLS.
    #[error(
        "{field}: {address} is not a loopback address; without TLS statements and credentials would cross the network \
         readable: give [tls] a certificate and key, or listen on 127.0.0.1 or [::1] behind a TLS proxy on the same machine"
    )]
    NotLoopback {
        /// Dotted name.
        field: String,
        /// What was asked for.
        address: SocketAddr,
    },
}

/// Everything wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
impl std::error::Error for Mistakes {}

impl Config {
    /// Reads the file's text (if there is one), then `environment`, then `flags`: the later wins.
    pub fn read(
        text: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
        flags: &Flags,
    ) -> Result<Self, Mistakes> {
        let mut fields = Fields::open(text.unwrap_or_default());
        let (ledger, limits) = (LedgerConfig::default(), Limits::default());
        let data = fields.text("", "data", environment(ENV_DATA)).map(PathBuf::from);
        let tls = fields.tls(&environment);
        let config = Self {
            data: flags.data.clone().or(data).unwrap_or_default(),
            log: fields.text("", "log", environment(ENV_LOG)).unwrap_or_else(|| "info".to_owned()),
            traces: fields.collector(environment(ENV_TRACES)),
            grpc: fields.address("grpc", environment(ENV_GRPC), flags.grpc, 7640, tls.is_some()),
            http: fields.address("http", environment(ENV_HTTP), flags.http, 7641, tls.is_some()),
            trust: fields.text("http", "trust", None).filter(|path| !path.is_empty()).map(PathBuf::from),
            tls,
            ledger: LedgerConfig {
                verifiers: fields.count("ledger", "verifiers", ledger.verifiers, 0..=256),
                queue: fields.count("ledger", "queue", ledger.queue, 64..=1_000_000),
                checkpoint_interval: fields.duration(
                    "ledger",
                    "checkpoint_interval_ms",
                    1000,
                    10..=60_000,
                    1,
                ),
            },
            limits: Limits {
                connections: fields.count("limits", "connections", limits.connections, 1..=100_000),
                connections_per_peer: fields.count(
                    "limits",
                    "connections_per_peer",
                    limits.connections_per_peer,
                    1..=100_000,
                ),
                calls: fields.count("limits", "calls", limits.calls, 1..=1_000_000),
                calls_per_peer: fields.count(
                    "limits",
                    "calls_per_peer",
                    limits.calls_per_peer,
                    1..=1_000_000,
                ),
                streams_per_connection: fields.number("limits", "streams_per_connection", 128, 1..=10_000),
                in_flight_per_stream: fields.count(
                    "limits",
                    "in_flight_per_stream",
                    limits.in_flight_per_stream,
                    1..=65_536,
                ),
                subscribers: fields.count("limits", "subscribers", limits.subscribers, 1..=100_000),
                heavy_calls: fields.count("limits", "heavy_calls", limits.heavy_calls, 1..=1024),
                reads_per_peer: fields.number(
                    "limits",
                    "reads_per_peer",
                    limits.reads_per_peer,
                    1..=10_000_000,
                ),
                reads_per_credential: fields.number(
                    "limits",
                    "reads_per_credential",
                    limits.reads_per_credential,
                    1..=10_000_000,
                ),
                call: fields.duration("limits", "call_seconds", 30, 1..=600, 1000),
                slow_subscriber: fields.duration("limits", "slow_subscriber_seconds", 30, 1..=600, 1000),
                shutdown: fields.duration("limits", "shutdown_seconds", 15, 1..=600, 1000),
                begin: limits.begin,
                take: limits.take,
                idle: limits.idle,
                check_trust: None,
            },
            witness: WitnessConfig {
                policy: fields.policy(),
                timeout: fields.duration("witness", "timeout_seconds", 10, 1..=60, 1000),
                patience: fields.duration("witness", "patience_seconds", 5, 1..=60, 1000),
            },
        };
        if config.data.as_os_str().is_empty() {
            fields.mistakes.push(Mistake::NoData);
        }
        let mistakes = fields.close();
        if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
    }
}

/// The process's environment: the one place outside `cli` that reads it.
#[expect(clippy::disallowed_methods, reason = "the configuration is where the environment comes in")]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Takes fields out of the table and collects what is wrong; what remains at the end is unknown.
struct Fields {
    table: Table,
    mistakes: Vec<Mistake>,
}

impl Fields {
    fn open(text: &str) -> Self {
        let mut fields = Self { table: Table::new(), mistakes: Vec::new() };
        if text.len() > CONFIG_BYTES_MAX {
            fields.mistakes.push(Mistake::TooLarge);
            return fields;
        }
        match Table::from_str(text) {
            Ok(table) => fields.table = table,
            Err(error) => fields.mistakes.push(Mistake::NotToml(error)),
        }
        fields
    }

    /// Takes one field out; `section` is empty for the top level.
    fn take(&mut self, section: &str, name: &str) -> Option<Value> {
        if section.is_empty() {
            return self.table.remove(name);
        }
        self.table.get_mut(section)?.as_table_mut()?.remove(name)
    }

    fn wrong_type(&mut self, section: &str, name: &str, wanted: &'static str) {
        self.mistakes.push(Mistake::WrongType { field: dotted(section, name), wanted });
    }

    fn text(&mut self, section: &str, name: &str, over: Option<String>) -> Option<String> {
        let own = match self.take(section, name) {
            None => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.wrong_type(section, name, "a text in quotes");
                None
            }
        };
        over.or(own)
    }

    /// Plain HTTP alone: spans go to an agent on this machine or behind it, which speaks TLS to the world.
    fn collector(&mut self, over: Option<String>) -> Option<String> {
        let address = self.text("", "traces", over).filter(|address| !address.is_empty())?;
        let usable = address.strip_prefix("http://").is_some_and(|host| !host.is_empty());
        if !usable {
            self.wrong_type("", "traces", "the address of a collector, http://HOST:PORT");
        }
        usable.then_some(address)
    }

    fn tls(&mut self, environment: &impl Fn(&str) -> Option<String>) -> Option<TlsFiles> {
        let mut path = |name, variable| self.text("tls", name, environment(variable)).map(PathBuf::from);
        let certificate = path("certificate", ENV_TLS_CERTIFICATE);
        let key = path("key", ENV_TLS_KEY);
        let client_ca = path("client_ca", ENV_TLS_CLIENT_CA);
        match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key, client_ca }),
            (None, None) if client_ca.is_none() => None,
            (certificate, _) => {
                let missing = if certificate.is_none() { "certificate" } else { "key" };
                self.mistakes.push(Mistake::HalfTls(missing));
                None
            }
        }
    }

    fn address(
        &mut self,
        section: &str,
        over: Option<String>,
        flag: Option<SocketAddr>,
        port: u16,
        is_encrypted: bool,
    ) -> SocketAddr {
        let fallback = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let text = self.text(section, "listen", over);
        let parsed = text.map(|text| SocketAddr::from_str(&text));
        let address = match (flag, parsed) {
            (Some(address), _) | (None, Some(Ok(address))) => address,
            (None, None) => fallback,
            (None, Some(Err(_))) => {
                self.wrong_type(
                    section,
                    "listen",
                    "an address and port, e.g. \"127.0.0.1:7640\" or \"[::1]:7640\"",
                );
                fallback
            }
        };
        if !is_encrypted && !address.ip().is_loopback() {
            self.mistakes.push(Mistake::NotLoopback { field: dotted(section, "listen"), address });
        }
        address
    }

    fn number(
        &mut self,
        section: &str,
        name: &str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> u32 {
        match self.take(section, name) {
            None => default,
            Some(Value::Integer(number)) => match u32::try_from(number) {
                Ok(number) if range.contains(&number) => number,
                _ => {
                    let (min, max) = range.into_inner();
                    self.mistakes.push(Mistake::OutOfRange { field: dotted(section, name), min, max });
                    default
                }
            },
            Some(_) => {
                self.wrong_type(section, name, "a whole number");
                default
            }
        }
    }

    fn count(
        &mut self,
        section: &str,
        name: &str,
        default: usize,
        range: std::ops::RangeInclusive<u32>,
    ) -> usize {
        let default = u32::try_from(default).unwrap_or(u32::MAX);
        usize::try_from(self.number(section, name, default, range)).unwrap_or(usize::MAX)
    }

    fn duration(
        &mut self,
        section: &str,
        name: &str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
        unit_ms: u64,
    ) -> Duration {
        Duration::from_millis(u64::from(self.number(section, name, default, range)).saturating_mul(unit_ms))
    }

    /// An empty policy is none.
    fn policy(&mut self) -> Option<Policy> {
        let text = self.text("witness", "policy", None).filter(|text| !text.trim().is_empty())?;
        let policy = match Policy::parse(&text) {
            Ok(policy) => policy,
            Err(error) => {
                self.mistakes.push(Mistake::Policy(error));
                return None;
            }
        };
        let urls: Vec<&str> = policy.witness_urls().into_iter().filter_map(|(_, url)| url).collect();
        let is_web = |url: &&str| url.starts_with("http://") || url.starts_with("https://");
        if urls.is_empty() || urls.len() > WITNESSES_MAX || !urls.iter().all(is_web) {
            self.mistakes.push(Mistake::PolicyUrls);
        }
        Some(policy)
    }

    fn close(mut self) -> Vec<Mistake> {
        for (name, value) in self.table {
            match value {
                Value::Table(section) if is_section(&name) => self
                    .mistakes
                    .extend(section.into_iter().map(|(field, _)| Mistake::Unknown(dotted(&name, &field)))),
                _ if is_section(&name) => {
                    self.mistakes.push(Mistake::WrongType { field: name, wanted: "a section in brackets" });
                }
                _ => self.mistakes.push(Mistake::Unknown(name)),
            }
        }
        self.mistakes
    }
}

fn is_section(name: &str) -> bool {
    matches!(name, "grpc" | "http" | "ledger" | "limits" | "tls" | "witness")
}

fn dotted(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../deploy/skillpass.example.toml");

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = "log = 3\nlodger = 1\n[grpc]\nlisten = \"0.0.0.0:1\"\n[ledger]\nqueue = 1\nquue = 2\n[limits]\ncall_seconds = \"x\"";
        let mistakes = Config::read(Some(text), none, &Flags::default()).unwrap_err().0;
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        for wanted in [
            "log: must",
            "lodger: no such",
            "grpc.listen: 0.0.0.0:1",
            "ledger.queue: must be between 64",
            "ledger.quue: no such",
            "limits.call_seconds: must be a whole",
            "data: missing",
        ] {
            assert!(texts.iter().any(|text| text.starts_with(wanted)), "{wanted} in {texts:?}");
        }
        assert_eq!(texts.len(), 7);
    }

    #[test]
    fn a_policy_that_nobody_could_be_asked_by_is_a_mistake() {
        let key = crate::crypto::PrivateKey::from_ed25519_seed(&[2; 32]).public();
        let vkey = crate::tlog::VerifierKey::cosigner("w.invalid", &key).unwrap();
        let read = |policy: &str| {
            let text = format!("data = \"d\"\n[witness]\npolicy = \"\"\"\n{policy}\"\"\"");
            Config::read(Some(&text), none, &Flags::default())
        };
        let good = read(&format!("witness w {vkey} https://w.invalid/\nquorum w\n")).unwrap();
        assert_eq!(good.witness.policy.unwrap().witnesses().len(), 1);
        assert_eq!(read("").unwrap().witness.policy, None);
        for (policy, mistake) in [
            (format!("witness w {vkey}\nquorum w\n"), Mistake::PolicyUrls),
            (format!("witness w {vkey} ftp://w.invalid/\nquorum w\n"), Mistake::PolicyUrls),
            ("quorum w\n".to_owned(), Mistake::Policy(TlogError::PolicyUnknownName { line: 1 })),
        ] {
            assert_eq!(read(&policy), Err(Mistakes(vec![mistake])), "{policy}");
        }
        let many = |count: usize| {
            let witness = |number: usize| {
                let seed = [u8::try_from(number).unwrap(); 32];
                let key = crate::crypto::PrivateKey::from_ed25519_seed(&seed).public();
                let vkey = crate::tlog::VerifierKey::cosigner(&format!("w{number}.invalid"), &key).unwrap();
                format!("witness w{number} {vkey} https://w{number}.invalid/\n")
            };
            read(&format!("{}quorum none\n", (0..count).map(witness).collect::<String>()))
        };
        assert_eq!(many(WITNESSES_MAX).unwrap().witness.policy.unwrap().witnesses().len(), WITNESSES_MAX);
        assert_eq!(many(WITNESSES_MAX + 1), Err(Mistakes(vec![Mistake::PolicyUrls])));
    }

    #[test]
    fn the_example_is_complete_and_states_the_defaults() {
        let example = Config::read(Some(EXAMPLE), none, &Flags::default()).unwrap();
        let flags = Flags { data: Some(example.data.clone()), ..Flags::default() };
        assert_eq!(example, Config::read(None, none, &flags).unwrap());
        // A field that is read but not shown would survive its removal from the example unnoticed: count them.
        let table = Table::from_str(EXAMPLE).unwrap();
        let shown: usize = table.values().map(|value| value.as_table().map_or(1, Table::len)).sum();
        assert_eq!(shown, 25);
    }

    #[test]
    fn the_example_shows_tls_and_tls_opens_other_addresses() {
        let uncommented = EXAMPLE.replace("#tls# ", "").replace("127.0.0.1:7640", "0.0.0.0:7640");
        let config = Config::read(Some(&uncommented), none, &Flags::default()).unwrap();
        let tls = config.tls.unwrap();
        assert!(tls.client_ca.is_some() && !config.grpc.ip().is_loopback());
        let without = Config::read(Some(&uncommented.replace("key =", "# key =")), none, &Flags::default());
        let mistakes = without.unwrap_err().0;
        assert!(mistakes.contains(&Mistake::HalfTls("key")), "{mistakes:?}");
        assert!(mistakes.iter().any(|mistake| matches!(mistake, Mistake::NotLoopback { .. })));
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file() {
        let text = "data = \"file\"\nlog = \"file\"\n[grpc]\nlisten = \"127.0.0.1:1\"\n[http]\nlisten = \"127.0.0.1:1\"";
        let environment = |name: &str| match name {
            ENV_DATA | ENV_LOG => Some("environment".to_owned()),
            ENV_GRPC | ENV_HTTP => Some("127.0.0.1:2".to_owned()),
            _ => None,
        };
        let flags = Flags { data: Some("flag".into()), grpc: "127.0.0.1:3".parse().ok(), http: None };
        let config = Config::read(Some(text), environment, &flags).unwrap();
        assert_eq!(config.data, PathBuf::from("flag"));
        assert_eq!(config.log, "environment");
        assert_eq!((config.grpc.port(), config.http.port()), (3, 2));
    }

    #[test]
    fn an_address_beyond_loopback_is_refused_wherever_it_comes_from() {
        let flags = Flags { data: Some("d".into()), grpc: "[::]:1".parse().ok(), http: None };
        let environment = |name: &str| (name == ENV_HTTP).then(|| "192.0.2.1:80".to_owned());
        assert_eq!(Config::read(None, environment, &flags).unwrap_err().0.len(), 2);
    }
}
