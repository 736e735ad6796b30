//! The deployment files, checked as far as that goes without systemd and without a container engine.

use std::collections::HashMap;
use std::path::PathBuf;

use skillpass::config::{Config, Flags};

fn read(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

/// The ledger's own unit.
fn unit() -> HashMap<String, String> {
    unit_of("skillpass.service")
}

/// `key=value` lines of a unit; repeated keys are joined.
fn unit_of(name: &str) -> HashMap<String, String> {
    let mut settings: HashMap<String, String> = HashMap::new();
    for line in read(name).lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            let known = settings.entry(key.to_owned()).or_default();
            known.push_str(if known.is_empty() { "" } else { " " });
            known.push_str(value);
        }
    }
    settings
}

#[test]
fn the_unit_gives_the_ledger_nothing_it_does_not_need() {
    let unit = unit();
    for (key, value) in [
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("ProtectKernelModules", "yes"),
        ("ProtectControlGroups", "yes"),
        ("RestrictNamespaces", "yes"),
        ("LockPersonality", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("IPAddressDeny", "any"),
        ("IPAddressAllow", "localhost"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("PrivateUsers", "yes"),
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
    ] {
        assert_eq!(unit.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_ne!(unit["User"], "root");
}

#[test]
fn the_unit_waits_longer_than_the_server_takes_to_stop() {
    let config = Config::read(Some(&read("skillpass.example.toml")), |_| None, &Flags::default());
    let patience: u64 = unit()["TimeoutStopSec"].parse().unwrap();
    assert!(patience > config.unwrap().limits.shutdown.as_secs());
}

#[test]
fn a_start_that_needs_a_person_is_tried_a_few_times_and_not_for_ever() {
    assert_eq!(unit()["RestartPreventExitStatus"], "2");
    let number = |key: &str| unit()[key].parse::<u32>().unwrap();
    let tries = number("StartLimitBurst");
    // So many starts fit into the interval, or the limit would never be met.
    assert!(tries > 1 && tries * number("RestartSec") < number("StartLimitIntervalSec"));
}

/// The units by systemd's own judgement; `None`, and a word of it, where there is no systemd.
fn systemd_analyze(args: &[&str]) -> Option<std::process::Output> {
    let deploy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy");
    match std::process::Command::new("systemd-analyze").args(args).current_dir(deploy).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            eprintln!("skipped: systemd-analyze is not installed");
            None
        }
    }
}

/// Whether this systemd can judge a file without a running manager (from 250 on).
fn systemd_judges_offline() -> bool {
    let told = systemd_analyze(&["--version"]).map(|output| String::from_utf8(output.stdout).unwrap());
    let version = told.as_deref().and_then(|text| text.split_whitespace().nth(1)?.parse::<u32>().ok());
    version.is_some_and(|version| version >= 250)
}

#[test]
fn systemd_knows_every_setting_of_the_units() {
    for name in ["skillpass", "skillpass-backup", "skillpass-keyring"] {
        let file = format!("./{name}.service");
        let Some(output) = systemd_analyze(&["verify", "--man=no", &file]) else { return };
        let said = String::from_utf8(output.stderr).unwrap();
        // That nothing is installed here is not the unit's fault.
        let is_wrong =
            |line: &&str| line.contains(&format!("{name}.service:")) && !line.contains("is not executable");
        let wrong: Vec<&str> = said.lines().filter(is_wrong).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn systemd_finds_the_units_little_exposed() {
    if !systemd_judges_offline() {
        return;
    }
    for name in ["skillpass", "skillpass-backup", "skillpass-keyring"] {
        let file = format!("./{name}.service");
        // In tenths; without any setting a service has 9.6.
        let judged =
            systemd_analyze(&["security", "--offline=true", "--no-pager", "--threshold=15", &file]).unwrap();
        let table = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{name}: {table}{}", String::from_utf8_lossy(&judged.stderr));
        assert!(table.contains("Overall exposure level"), "{name}: {table}");
    }
}

/// Instruction and arguments of each line of the Dockerfile, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let joined = read("Dockerfile").replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

#[test]
fn the_image_holds_the_program_and_no_secret() {
    let all = instructions();
    let last_stage = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let (build, image) = all.split_at(last_stage);
    let copied = |of: &[(String, String)]| -> Vec<String> {
        of.iter().filter(|(name, _)| name == "COPY" || name == "ADD").map(|(_, what)| what.clone()).collect()
    };
    assert_eq!(copied(build), [". ."]);
    assert_eq!(copied(image), ["--from=build /source/target/release/skillpass /usr/local/bin/skillpass"]);
    // What is copied into the build's layer holds nobody's key.
    let ignored = read("Dockerfile.dockerignore");
    for kept_out in [".git", "target", "**/*.jwk", "**/*.key", "**/*.pem"] {
        assert!(ignored.lines().any(|line| line == kept_out), "{kept_out}");
    }
    for (name, what) in &all {
        let what = what.to_uppercase();
        let is_secret = ["PASSPHRASE", "PASSWORD", "SECRET", "TOKEN"].iter().any(|word| what.contains(word));
        assert!(!is_secret && name != "ARG", "{name} {what}");
    }
    // Nobody becomes root again after USER.
    let user = image.iter().rposition(|(name, _)| name == "USER").unwrap();
    let number = image[user].1.split(':').next().unwrap().parse::<u32>().unwrap();
    assert!(number > 0 && image[user..].iter().all(|(name, _)| name != "RUN"));
    let mounts: Vec<&String> =
        image.iter().filter(|(name, _)| name == "VOLUME").map(|(_, what)| what).collect();
    assert_eq!(mounts, ["/var/lib/skillpass"]);
}

#[test]
fn the_image_is_pinned_and_does_not_run_as_root() {
    let file = read("Dockerfile");
    let bases: Vec<&str> = file.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(bases.len(), 2);
    for base in bases {
        let tag = base.split(' ').next().unwrap().split_once(':').map(|(_, tag)| tag);
        let is_release = tag.is_some_and(|tag| tag.matches('.').count() >= 1 && !tag.starts_with("latest"));
        assert!(is_release, "{base} names no release");
    }
    let user = file.lines().filter_map(|line| line.strip_prefix("USER ")).next_back().unwrap();
    assert!(!matches!(user.split(':').next(), Some("root" | "0")), "{user}");
    assert!(file.contains("--locked"));
}

#[test]
fn what_the_container_sets_is_what_the_server_reads() {
    use skillpass::config::{ENV_DATA, ENV_GRPC, ENV_HTTP, ENV_LOG};
    for (file, text) in [("Dockerfile", read("Dockerfile")), ("compose.yaml", read("compose.yaml"))] {
        let mut environment = HashMap::new();
        for line in text.lines() {
            for name in [ENV_DATA, ENV_GRPC, ENV_HTTP, ENV_LOG] {
                let set = line.trim().trim_start_matches("ENV ").strip_prefix(name);
                if let Some(value) = set.and_then(|rest| rest.strip_prefix(['=', ':'])) {
                    environment
                        .insert(name.to_owned(), value.trim().trim_end_matches('\\').trim().to_owned());
                }
            }
        }
        assert_eq!(environment.len(), 4, "{file}");
        let lookup = |name: &str| environment.get(name).cloned();
        let config = Config::read(None, lookup, &Flags::default());
        assert!(config.is_ok(), "{file}: {config:?}");
    }
}

#[test]
fn what_runs_by_the_clock_has_the_rights_it_needs_and_commands_that_parse() {
    let binary = env!("CARGO_BIN_EXE_skillpass");
    for (name, timer) in [("skillpass-backup", "hourly"), ("skillpass-keyring", "monthly")] {
        let service = unit_of(&format!("{name}.service"));
        for (key, value) in [
            ("Type", "oneshot"),
            ("User", "skillpass"),
            ("NoNewPrivileges", "yes"),
            ("CapabilityBoundingSet", ""),
            ("ProtectSystem", "strict"),
            ("PrivateTmp", "yes"),
            ("MemoryDenyWriteExecute", "yes"),
            ("PrivateUsers", "yes"),
            ("LimitCORE", "0"),
            ("MemorySwapMax", "0"),
            ("UMask", "0077"),
        ] {
            assert_eq!(service.get(key).map(String::as_str), Some(value), "{name}: {key}");
        }
        assert_eq!(unit_of(&format!("{name}.timer"))["OnCalendar"], timer);
        let commands: Vec<&str> = service["ExecStart"].split("/usr/local/bin/skillpass ").skip(1).collect();
        assert!(!commands.is_empty());
        for command in commands {
            let ended = std::process::Command::new(binary).args(command.split_whitespace()).output().unwrap();
            // Nothing is installed here; that the command line itself is right is what can be seen.
            assert_ne!(ended.status.code(), Some(2), "{command}: {}", String::from_utf8_lossy(&ended.stderr));
        }
    }
    let backup = unit_of("skillpass-backup.service");
    assert!(backup["InaccessiblePaths"].ends_with(".key"), "a backup needs no key");
    assert_eq!(unit_of("skillpass-backup.path")["Unit"], "skillpass-backup.service");
}

/// Every reason that `fn reason` of these error enums can give.
fn reasons(file: &str) -> Vec<String> {
    let source = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let from = source.find("pub fn reason(").unwrap();
    let body = source[from..].split("\n    }\n").next().unwrap().to_owned();
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_runbook_says_what_to_do_for_every_reason_not_to_start() {
    let runbook = read("README.md");
    for file in ["src/ledger/error.rs", "src/vault/error.rs"] {
        let reasons = reasons(file);
        assert!(reasons.len() > 10, "{file}: {reasons:?}");
        for reason in reasons {
            assert!(runbook.contains(&format!("`{reason}`")), "{file}: {reason}");
        }
    }
}

#[test]
fn the_release_script_is_a_script() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/release.sh");
    match std::process::Command::new("bash").arg("-n").arg(path).status() {
        Ok(status) => assert!(status.success()),
        // No bash on this machine: nothing can be said.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

/// The metrics that a running ledger with a witness shows, with `_total` and the histograms' parts as they are scraped.
fn served_metrics() -> std::collections::BTreeSet<String> {
    use skillpass::telemetry::{LedgerFigures, Metrics};
    let metrics = Metrics::new();
    metrics.witness("witness.example.invalid");
    metrics.called("/skillpass.v1.LedgerService/Append", "OK", std::time::Duration::ZERO);
    metrics.reported("flows", std::time::Duration::ZERO);
    let text = metrics.render(&LedgerFigures::read(&crate::support::TestLedger::new().ledger));
    let mut names = std::collections::BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        match kind {
            "counter" => names.extend([format!("{name}_total")]),
            "histogram" => {
                names.extend(["", "_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")));
            }
            _ => names.extend([name.to_owned()]),
        }
    }
    assert!(names.len() > 20, "{names:?}");
    names
}

/// Every word of `text` that has the form of one of our metrics.
fn named_metrics(text: &str) -> std::collections::BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("skillpass_")).map(str::to_owned).collect()
}

#[test]
fn the_runbook_alerts_and_dashboard_name_the_metrics_that_there_are() {
    let served = served_metrics();
    let (runbook, alerts, dashboard) = (read("README.md"), read("alerts.yml"), read("grafana.json"));
    for (file, text) in [("README.md", &runbook), ("alerts.yml", &alerts), ("grafana.json", &dashboard)] {
        let unknown: Vec<String> = named_metrics(text).difference(&served).cloned().collect();
        assert!(unknown.is_empty(), "{file} names what no ledger shows: {unknown:?}");
    }
    let parts = |name: &&String| !["_bucket", "_sum", "_count"].iter().any(|part| name.ends_with(part));
    for name in served.iter().filter(parts) {
        assert!(named_metrics(&runbook).contains(name), "README.md does not explain {name}");
    }
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let shown = |panel: &serde_json::Value| {
        panel["targets"].as_array().is_some_and(|all| all.iter().all(|one| one["expr"].is_string()))
    };
    assert!(dashboard["panels"].as_array().unwrap().iter().all(shown));
}

/// The runbook's sections by anchor.
fn sections(runbook: &str) -> HashMap<String, &str> {
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        format!("#{}", kept.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '-'), ""))
    };
    let sections = runbook.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    sections.map(|(heading, text)| (anchor(heading), text)).collect()
}

#[test]
fn every_alert_has_a_line_in_the_section_of_the_runbook_that_it_leads_to() {
    let (runbook, alerts) = (read("README.md"), read("alerts.yml"));
    let sections = sections(&runbook);
    let alerts: Vec<&str> = alerts.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let name = alert.lines().next().unwrap();
        let led = alert.lines().find_map(|line| line.trim().strip_prefix("runbook: "));
        let anchor = led.unwrap_or_else(|| panic!("{name} leads nowhere")).trim_matches('"');
        let section = sections.get(anchor).unwrap_or_else(|| panic!("{name}: no section {anchor}"));
        let said =
            section.lines().any(|line| line.trim_start_matches("- ").starts_with(&format!("**`{name}`**: ")));
        assert!(
            said,
            "deploy/README.md has no line for {name} below {anchor}: what it means, what to do first"
        );
    }
}
