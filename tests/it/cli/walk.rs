//! From nothing to a verified passport, and what must fail on the way.

use super::{Desk, MINISTRY, SCHOOL, Server, bend, one_worker};

#[test]
fn from_init_to_a_verified_presentation() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    assert!(desk.path("slips").join(format!("{worker}.html")).exists());

    desk.write("twelve.csv", super::spreadsheet::twelve_rows(&worker));
    let import = format!(
        "import twelve.csv --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {url} --open-missing --slips slips --json"
    );
    let imported = desk.line(&import).ends(0).json();
    assert_eq!((imported["rows"].as_u64(), imported["recorded"].as_u64()), (Some(12), Some(12)));

    desk.trust(&url);
    desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out p.skillpass")).ends(0);
    let shown = desk
        .line(&format!("passport show {worker} --ledger {url} --as ledger.operator.key --json"))
        .ends(0)
        .json();
    assert_eq!(shown["sections"]["training"].as_array().unwrap().len(), 1);
    desk.line("passport present p.skillpass --key worker.jwk --audience https://hospital.example --nonce n1 --identity --out q.skillpass")
        .ends(0);

    // What was exported is checked by someone who never saw the ledger: it is stopped.
    assert_eq!(server.stop(), 0);
    let report = desk.line("verify p.skillpass --json").ends(0).json();
    assert_eq!(report["verdict"], "valid");
    desk.line("verify q.skillpass --audience https://hospital.example --nonce n1").ends(0);
    desk.line("verify q.skillpass --audience https://clinic.example --nonce n1").ends(1);
    desk.line("verify q.skillpass --audience https://hospital.example --nonce n2").ends(1);
    desk.write(
        "ana.json",
        r#"{"family_name": "DELA CRUZ", "given_name": "ANA", "birth_date": "1996-02-29"}"#,
    );
    desk.write(
        "eva.json",
        r#"{"family_name": "DELA CRUZ", "given_name": "EVA", "birth_date": "1996-02-29"}"#,
    );
    desk.line("verify q.skillpass --person ana.json").ends(0);
    desk.line("verify q.skillpass --person eva.json").ends(1);

    desk.line("verify q.skillpass --report q.html").ends(0);
    assert!(desk.read("q.html").contains("Authentic"));
    std::fs::copy(desk.path("q.skillpass"), desk.path("bent.skillpass")).unwrap();
    bend(&desk.path("bent.skillpass"), "ledger.example.invalid", "ledgex.example.invalid");
    desk.line("verify bent.skillpass").ends(1);

    std::fs::remove_file(desk.path("trust.toml")).unwrap();
    assert_eq!(desk.line("verify p.skillpass --json").ends(3).reason(), "NO_TRUST_FILE");
    desk.line(&format!("log checkpoint --ledger {url}")).ends(4);
    desk.line("fsck --data ledger").ends(0);
    desk.line("rebuild --data ledger").ends(0);
    desk.line("log export --data ledger --out public").ends(0);
    assert!(desk.path("public").join("checkpoint").exists());
}

#[test]
fn a_lost_lock_is_made_again_from_the_newest_checkpoint_and_from_nothing_else() {
    let desk = Desk::new();
    desk.found();
    assert_eq!(Server::start(&desk, "ledger").stop(), 0);
    std::fs::copy(desk.path("ledger/log/checkpoint"), desk.path("newest.txt")).unwrap();
    std::fs::remove_dir_all(desk.path("ledger.lock")).unwrap();
    std::fs::create_dir(desk.path("ledger.lock")).unwrap();
    let start = "serve --data ledger --grpc 127.0.0.1:0 --http 127.0.0.1:0 --json";
    assert_eq!(desk.line(start).ends(4).reason(), "LOCK_MISSING");
    desk.write("other.txt", "ledger.example.invalid\n1\n\n");
    let refused = desk.line("log relock --data ledger --checkpoint other.txt --json").ends(4);
    assert_eq!(refused.reason(), "CHECKPOINT_REFUSED");
    desk.line("log relock --data ledger --checkpoint newest.txt").ends(0);
    assert_eq!(Server::start(&desk, "ledger").stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}

#[test]
fn nobody_reads_a_worker_without_a_key_that_may() {
    let (desk, server, worker) = one_worker();
    let show = |key: &str, worker: &str| {
        desk.line(&format!("passport show {worker} --ledger {} --as {key} --json", server.url))
    };
    show("worker.jwk", &worker).ends(0);
    let example = desk.line("kinds PassportOpened --example").json();
    let nobody = example["sub"].as_str().unwrap();
    let (stranger, unknown) = (show("school.jwk", &worker), show("school.jwk", nobody));
    assert_eq!((stranger.code, stranger.reason()), (1, unknown.reason()));
    assert_eq!(stranger.stderr, unknown.stderr);
}

#[test]
fn what_a_body_may_say_begins_and_ends() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    let mut claims = desk.line("kinds PassportOpened --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    desk.write("opened.json", claims.to_string());
    let issue =
        |out: &str| desk.line(&format!("issue --key school.jwk --claims opened.json --out {out}")).ends(0);
    issue("a.sdjwt");
    let append = |file: &str| desk.line(&format!("append {file} --ledger {url} --json"));
    assert_eq!(append("a.sdjwt").ends(1).reason(), "UNKNOWN_ISSUER");
    desk.authorise(&url);
    let first = append("a.sdjwt").ends(0).json();
    assert_eq!((first["revision"].as_u64(), first["leaf_index"].as_u64().is_some()), (Some(0), true));
    let again = append("a.sdjwt").ends(0).json();
    assert_eq!(
        (first["leaf_index"].clone(), first["recorded_at"].clone()),
        (again["leaf_index"].clone(), again["recorded_at"].clone())
    );

    let about = format!("--key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --ledger {url}");
    desk.line(&format!("end-authorisation {about} --reason CLOSED")).ends(0);
    assert_eq!(
        desk.line(&format!("end-authorisation {about} --reason CLOSED --json")).ends(1).reason(),
        "NO_AUTHORISATION"
    );
    desk.line("kinds TrainingCompleted --example").ends(0);
    let mut claims = desk.line("kinds TrainingCompleted --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    claims["sub"] = desk.line("kinds PassportOpened --example").json()["sub"].clone();
    desk.write("training.json", claims.to_string());
    desk.line("issue --key school.jwk --claims training.json --out b.sdjwt").ends(0);
    append("b.sdjwt").ends(1);
}

#[test]
fn a_key_is_rotated_and_the_old_one_no_longer_signs() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    desk.line("key new --out next.jwk").ends(0);
    let rotate = format!("key rotate --key school.jwk --iss {SCHOOL} --new next.pub.jwk --ledger {url}");
    desk.line(&rotate).ends(0);
    desk.write("identity.json", super::IDENTITY);
    let open = |key: &str| {
        desk.line(&format!(
            "worker open --key {key} --iss {SCHOOL} --country PH --claims identity.json --ledger {url} --json"
        ))
    };
    assert_eq!(open("school.jwk").ends(1).reason(), "KEY_ENDED");
    open("next.jwk").ends(0);
}

#[test]
fn a_statement_is_revoked_by_its_file_and_the_passport_says_so() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    let mut claims = desk.line("kinds TrainingCompleted --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    claims["sub"] = worker.clone().into();
    desk.write("training.json", claims.to_string());
    desk.line("issue --key school.jwk --claims training.json --out t.sdjwt").ends(0);
    desk.line(&format!("append t.sdjwt --ledger {url} --wait")).ends(0);
    let revoke = format!(
        "revoke --key school.jwk --iss {SCHOOL} --worker {worker} --country PH --target t.sdjwt --reason ISSUED_IN_ERROR --ledger {url}"
    );
    desk.line(&revoke).ends(0);
    let passport =
        desk.line(&format!("passport show {worker} --ledger {url} --as worker.jwk --json")).ends(0).json();
    assert_eq!(passport["sections"]["training"][0]["standing"], "revoked");
}

#[test]
fn erasure_is_a_dry_run_until_it_is_confirmed_and_then_final() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    let url = server.url.clone();
    desk.authorise(&url);
    let worker = desk.open_worker(&url);
    let erase = format!("erase {worker} --order court-12 --as ledger.operator.key --ledger {url} --json");
    assert_eq!(desk.line(&erase).ends(0).json()["erased"], false);
    let shown =
        || desk.line(&format!("passport show {worker} --ledger {url} --as ledger.operator.key --json")).code;
    assert_eq!(shown(), 0);
    let request = format!("erase {worker} --make-request request.jwt --as worker.jwk --ledger {url}");
    desk.line(&request).ends(0);
    let last = |basis: &str| {
        desk.line(&format!("erase {worker} {basis} --ledger {url} --yes --last-export last.skillpass --json"))
    };
    // Nothing is erased whose last file could not be kept, and no empty one stays where nothing was erased.
    desk.write("last.skillpass", "another file");
    assert_eq!(last("--request request.jwt").ends(4).reason(), "FILE_UNWRITABLE");
    assert_eq!((shown(), desk.read("last.skillpass")), (0, "another file".to_owned()));
    std::fs::remove_file(desk.path("last.skillpass")).unwrap();
    last("--order court-12 --as school.jwk").ends(1);
    assert!(!desk.path("last.skillpass").exists());
    assert_eq!(last("--request request.jwt").ends(0).json()["erased"], true);
    assert_eq!(shown(), 1);
    assert!(desk.read("last.skillpass").contains("\"kind\":\"passport\""));
    assert_eq!(server.stop(), 0);
    desk.line("fsck --data ledger").ends(0);
}

/// A desk with a running ledger, an authorised school, a worker, and one recorded training: its file is `t.sdjwt`.
fn with_training() -> (Desk, Server, String) {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    let worker = desk.open_worker(&server.url);
    training(&desk, &server.url, &worker, "t.sdjwt");
    (desk, server, worker)
}

/// Issues and appends a training that is bound to the worker's key.
fn training(desk: &Desk, url: &str, worker: &str, file: &str) {
    let mut claims = desk.line("kinds TrainingCompleted --example").json();
    claims["iss"] = SCHOOL.into();
    claims["issuing_country"] = "PH".into();
    claims["sub"] = worker.into();
    let holder: serde_json::Value = serde_json::from_str(&desk.read("worker.pub.jwk")).unwrap();
    claims["cnf"] = serde_json::json!({ "jwk": holder });
    desk.write("training.json", claims.to_string());
    desk.line(&format!("issue --key school.jwk --claims training.json --out {file}")).ends(0);
    desk.line(&format!("append {file} --ledger {url}")).ends(0);
}

#[test]
fn a_statement_is_suspended_reinstated_corrected_and_by_a_spreadsheet_revoked() {
    let (desk, server, worker) = with_training();
    let url = &server.url;
    let standing = || {
        let passport = desk
            .line(&format!("passport show {worker} --ledger {url} --as worker.jwk --json"))
            .ends(0)
            .json();
        let records = passport["sections"]["training"].as_array().unwrap().clone();
        records.into_iter().map(|record| record["standing"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let change = |command: &str, more: &str| {
        let line = format!(
            "{command} --key school.jwk --worker {worker} --country PH --target t.sdjwt --ledger {url} {more}"
        );
        desk.line(&line).ends(0);
    };
    assert_eq!(standing(), ["in_force"]);
    change("suspend", "--reason UNDER_INVESTIGATION --set suspended_until=2199-01-01");
    assert_eq!(standing(), ["suspended"]);
    change("reinstate", "--reason CLEARED");
    assert_eq!(standing(), ["in_force"]);
    training(&desk, url, &worker, "u.sdjwt");
    change("correct", "--reason ISSUED_IN_ERROR --replacement u.sdjwt");
    assert_eq!(standing(), ["superseded", "in_force"]);

    let hash = desk.line("issue --key school.jwk --claims training.json --out v.sdjwt --json").ends(0).json()
        ["hash"]
        .clone();
    desk.line(&format!("append v.sdjwt --ledger {url}")).ends(0);
    let row = format!("{worker},PH,{},HOLDER_REQUEST", hash.as_str().unwrap());
    desk.write("many.csv", format!("worker,issuing_country,target,reason\n{row}\n"));
    desk.line(&format!("revoke --file many.csv --key school.jwk --ledger {url}")).ends(0);
    assert_eq!(standing(), ["superseded", "in_force", "revoked"]);
}

#[test]
fn a_presentation_shows_the_claims_that_were_chosen_and_no_others() {
    let (desk, server, worker) = with_training();
    let url = &server.url;
    desk.trust(url);
    let bound = "--key worker.jwk --audience https://clinic.example --nonce n1";
    desk.line(&format!(
        "passport present {worker} --ledger {url} {bound} --disclose title --out q.skillpass"
    ))
    .ends(0);
    let report =
        desk.line("verify q.skillpass --audience https://clinic.example --nonce n1 --json").ends(0).json();
    assert_eq!(report["records"].as_array().unwrap().len(), 1);
    let shown = desk.read("q.skillpass");
    let disclosed = |claim: &str| {
        let texts = shown.split('~').filter_map(|text| skillpass::crypto::base64url_decode(text).ok());
        texts
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .any(|text| text.contains(&format!("\"{claim}\"")))
    };
    assert!(disclosed("title") && disclosed("issuing_country"));
    assert!(!disclosed("volume_of_learning_hours") && !shown.contains(&worker));

    // The same record for other software: an SD-JWT with the holder's binding.
    desk.line(&format!(
        "passport present {worker} --ledger {url} {bound} --disclose title --format sd-jwt --out q.sdjwt"
    ))
    .ends(0);
    desk.line("verify q.sdjwt --issuer-key school.pub.jwk --audience https://clinic.example --nonce n1")
        .ends(0);
    desk.line("verify q.sdjwt --issuer-key school.pub.jwk --audience https://clinic.example --nonce n2")
        .ends(1);
    // Another's key presents nothing.
    desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out p.skillpass")).ends(0);
    let stolen =
        "passport present p.skillpass --key school.jwk --audience a --nonce n --out r.skillpass --json";
    assert_eq!(desk.line(stolen).ends(1).reason(), "NOT_THE_HOLDER");
}

#[test]
fn a_compromised_key_fails_what_it_signed_since() {
    let (desk, server, worker) = with_training();
    let url = &server.url;
    desk.trust(url);
    let kid = desk.line("key show school.jwk --json").json()["kid"].as_str().unwrap().to_owned();
    let export = |out: &str| {
        desk.line(&format!("passport export {worker} --ledger {url} --as worker.jwk --out {out}")).ends(0)
    };
    export("before.skillpass");
    desk.line("verify before.skillpass").ends(0);
    let since = format!(
        "key compromise --key ministry.jwk --body {SCHOOL} --kid {kid} --since 2020-01-01T00:00:00Z --ledger {url}"
    );
    desk.line(&since).ends(0);
    export("after.skillpass");
    desk.line("verify after.skillpass").ends(1);
}

#[test]
fn what_a_compromised_key_signed_counts_in_no_answer_of_the_ledger_and_takes_nothing_back() {
    let (desk, server, worker) = with_training();
    let url = &server.url;
    desk.trust(url);
    desk.line("key new --out next.jwk").ends(0);
    let kid = desk.line("key show next.jwk --json").json()["kid"].as_str().unwrap().to_owned();
    desk.line(&format!("key rotate --key school.jwk --new next.pub.jwk --ledger {url}")).ends(0);
    // By a thief: a record of its own, and the revocation of the one that the school signed with its earlier key.
    desk.line("issue --key next.jwk --claims training.json --out forged.sdjwt").ends(0);
    desk.line(&format!("append forged.sdjwt --ledger {url}")).ends(0);
    let revoke = "revoke --key next.jwk --country PH --target t.sdjwt --reason OBTAINED_BY_FRAUD";
    desk.line(&format!("{revoke} --worker {worker} --ledger {url}")).ends(0);
    let standings = || {
        let show = format!("passport show {worker} --ledger {url} --as worker.jwk --json");
        let passport = desk.line(&show).ends(0).json();
        let records = passport["sections"]["training"].as_array().unwrap().clone();
        let text =
            |record: &serde_json::Value, member: &str| record[member].as_str().unwrap_or("").to_owned();
        records.iter().map(|one| (text(one, "standing"), text(one, "standing_reason"))).collect::<Vec<_>>()
    };
    let plain = |standing: &str| (standing.to_owned(), String::new());
    assert_eq!(standings(), [plain("revoked"), plain("in_force")]);
    let since = "--since 2020-01-01T00:00:00Z";
    let compromise = format!("key compromise --key ministry.jwk --body {SCHOOL} --kid {kid} {since}");
    desk.line(&format!("{compromise} --ledger {url}")).ends(0);
    let void = "signed with a key that was compromised by the time this was recorded";
    assert_eq!(standings(), [plain("in_force"), ("revoked".to_owned(), void.to_owned())]);
}

#[test]
fn a_suspended_body_may_not_state_until_the_end_of_its_suspension() {
    let (desk, server, _) = with_training();
    let url = &server.url;
    let about = format!("--key ministry.jwk --body {SCHOOL} --ledger {url}");
    desk.line(&format!("suspend-issuer {about} --from 2020-01-01 --until 2199-12-31")).ends(0);
    desk.line("issue --key school.jwk --claims training.json --out u.sdjwt").ends(0);
    let refused = desk.line(&format!("append u.sdjwt --ledger {url} --json")).ends(1);
    assert_eq!(refused.reason(), "AUTHORISATION_ENDED");
}

#[test]
fn an_expected_revision_is_kept_or_refused() {
    let (desk, server, _) = with_training();
    desk.line("issue --key school.jwk --claims training.json --out u.sdjwt").ends(0);
    let append = |revision: u32| {
        desk.line(&format!("append u.sdjwt --expect-revision {revision} --ledger {} --json", server.url))
    };
    assert_eq!(append(7).ends(1).reason(), "REVISION_CONFLICT");
    assert_eq!(append(3).ends(0).json()["revision"], 3);
}

#[test]
fn one_worker_on_two_ledgers_is_one_file() {
    let (desk, first, worker) = with_training();
    let root = format!("DE={MINISTRY}=ministry.pub.jwk");
    let init = desk
        .run(&["init", "--data", "second", "--origin", "second.example.invalid", "--root", &root])
        .ends(0);
    let second = Server::start(&desk, "second");
    let line = format!(
        "authorise --key ministry.jwk --body {SCHOOL} --name school --as TRAINING_PROVIDER --basis ACCREDITATION \
         --may PassportOpened,HolderKeyBound --in DE --from 2020-01-01 --jwk school.pub.jwk --ledger {}",
        second.url
    );
    desk.line(&line).ends(0);
    let open = format!(
        "worker open --key school.jwk --country DE --claims identity.json --worker {worker} --holder-key worker.pub.jwk --ledger {}",
        second.url
    );
    desk.line(&open).ends(0);
    let export = format!(
        "passport export {worker} --ledger {} --ledger {} --as worker.jwk --out both.skillpass --json",
        first.url, second.url
    );
    assert_eq!(desk.line(&export).ends(0).json()["ledgers"].as_array().unwrap().len(), 2);
    desk.trust(&first.url);
    desk.line("verify both.skillpass").ends(3);
    let add = |more: &[&str]| desk.run(&[&["trust", "add", "--ledger", &second.url][..], more].concat());
    assert_eq!(add(&["--json"]).ends(2).reason(), "VKEY_MISSING");
    assert_eq!(add(&["--vkey", &desk.read("vkey"), "--json"]).ends(1).reason(), "LEDGER_NOT_PROVEN");
    assert_eq!(
        add(&["--vkey", init.stdout.trim(), "--root", "FR=https://x.invalid", "--json"]).ends(1).reason(),
        "UNKNOWN_ROOT"
    );
    let pinned = format!("DE={MINISTRY}=ministry.pub.jwk");
    add(&["--vkey", init.stdout.trim(), "--root", &pinned]).ends(0);
    let shown = desk.line("trust show --json").ends(0).json();
    assert_eq!(shown["ledgers"].as_array().unwrap().len(), 2);
}

#[test]
fn bench_tells_its_figures() {
    let desk = Desk::new();
    let figures = desk.line("bench append --events 200 --workers 10 --dir . --json").ends(0).json();
    assert_eq!(figures["events"], 200);
    assert!(
        figures["events_per_second"].as_u64().unwrap() > 0
            && figures["bytes_per_event"]["journal"].as_f64().unwrap() > 0.0
    );
    let offline = desk.line("bench offline --records 3 --rounds 2 --json").ends(0).json();
    // The genesis, the root, the provider's authorisation and key, three records with their standings, three heads, a checkpoint.
    assert_eq!(offline["signatures"], 4 + 3 + 3 + 4 + 1);
    assert!(offline["credential"]["us"].as_f64().unwrap() > 0.0);
    let left = std::fs::read_dir(desk.path(".")).unwrap().count();
    assert_eq!(left, 0, "the bench left files behind");
}

#[test]
fn bench_measures_a_server_of_its_own() {
    let desk = Desk::new();
    let grown = desk.line("bench grow --entries 1000 --each 4 --reads 3 --dir . --json").ends(0).json();
    // Each entry is of a person: they come on top of those of the ledger and its bodies.
    assert_eq!(grown["entries"], 1000);
    assert_eq!(grown["workers"], 250);
    assert!(grown["slices"].as_array().unwrap().len() <= 10);
    let then = &grown["then"];
    for told in ["open_after_kill_ms", "open_after_stop_ms", "spread_events_per_second"] {
        assert!(then[told].as_f64().is_some_and(|figure| figure > 0.0), "{told}: {then}");
    }
    assert!(then["inclusion_proof_us"]["leaves"].as_u64().unwrap() >= 1000 + 4);
    assert!(then["rebuild"]["seconds"].as_f64().is_some());
    let read = desk.line("bench read --records 3 --workers 2 --seconds 1 --dir . --json").ends(0).json();
    assert!(read["calls"].as_u64().unwrap() > 0 && read["latency_ms_at_half_load"]["p99"].as_f64().is_some());
    let imported = desk.line("bench import --rows 40 --workers 5 --dir . --json").ends(0).json();
    assert!(imported["rows_per_second"].as_f64().unwrap() > 0.0);
    let left = std::fs::read_dir(desk.path(".")).unwrap().count();
    assert_eq!(left, 0, "the bench left files behind");
}

#[test]
fn a_passport_whose_key_could_not_be_bound_is_not_lost() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    // The school may open passports, and may not bind keys.
    let authorise = format!(
        "authorise --key ministry.jwk --iss {MINISTRY} --body {SCHOOL} --name school --as TRAINING_PROVIDER --basis ACCREDITATION \
         --may PassportOpened --in PH --from 2020-01-01 --jwk school.pub.jwk --ledger {}",
        server.url
    );
    desk.line(&authorise).ends(0);
    desk.write("identity.json", super::IDENTITY);
    let line = format!(
        "worker open --key school.jwk --country PH --claims identity.json --new-holder-key worker.jwk --ledger {} --json",
        server.url
    );
    let answer = desk.line(&line).ends(1);
    assert!(answer.stderr.contains("the passport is open, but no key is bound to it"), "{}", answer.stderr);
    let worker = answer.json()["worker"].as_str().unwrap().to_owned();
    desk.line(&format!("passport show {worker} --ledger {} --as ledger.operator.key", server.url)).ends(0);
}

#[test]
fn a_data_directory_has_one_server_and_is_checked_beside_it() {
    let (desk, server, _) = with_training();
    // Beside a live ledger what is checked is what is published.
    desk.line(&format!("append t.sdjwt --wait --ledger {}", server.url)).ends(0);
    assert_eq!(
        desk.line("serve --data ledger --grpc 127.0.0.1:0 --http 127.0.0.1:0 --json").ends(4).reason(),
        "IN_USE"
    );
    assert_eq!(desk.line("rebuild --data ledger --json").ends(4).reason(), "IN_USE");
    let report = desk.line("fsck --data ledger --json").ends(0).json();
    assert_eq!(report["workers"], 1);
    assert_ne!(report["not_checked"].as_array().unwrap().len(), 0);
    assert_eq!(server.stop(), 0);
    let report = desk.line("fsck --data ledger --json").ends(0).json();
    assert_eq!(report["not_checked"].as_array().unwrap().len(), 0);
    let root = format!("PH={MINISTRY}=ministry.pub.jwk");
    desk.run(&["init", "--data", "ledger", "--origin", "x.example.invalid", "--root", &root]).ends(4);
}
