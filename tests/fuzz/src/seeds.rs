//! The first inputs of each target, from the vectors, the kinds' examples and the repository's own files. `corpus.sh` keeps of
//! them what counts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[cfg(feature = "server")]
use prost::Message as _;
use serde_json::{Value, json};
use skillpass::crypto::{base64url_decode, base64url_encode, sha256};
use skillpass::event::{Class, Kind};
#[cfg(feature = "server")]
use skillpass::pb;
use skillpass::statement::status_list::{StatusClaims, StatusList};

use crate::open::{HOLDER, ISSUER};
#[cfg(feature = "server")]
use crate::served::{METHODS, WORKER};

struct Seeds {
    root: PathBuf,
    counts: HashMap<&'static str, usize>,
}

/// Writes them below `root`; `demo` is the directory that `skillpass demo --out` filled.
pub fn make(root: &Path, demo: Option<&Path>) {
    let mut seeds = Seeds { root: root.to_owned(), counts: HashMap::new() };
    vectors(&mut seeds);
    kinds(&mut seeds);
    files(&mut seeds, demo);
    tokens(&mut seeds);
    logs(&mut seeds);
    #[cfg(feature = "server")]
    served(&mut seeds);
    println!("{} seeds", seeds.counts.values().sum::<usize>());
}

impl Seeds {
    fn add(&mut self, target: &'static str, bytes: impl AsRef<[u8]>) {
        let count = self.counts.entry(target).or_default();
        *count += 1;
        let directory = self.root.join(target);
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join(format!("seed-{count:03}")), bytes).expect("a file");
    }
}

/// The bytes of each file of a directory, by name; none where there is no directory.
pub fn inputs(directory: &Path) -> Vec<Vec<u8>> {
    named(directory).into_iter().map(|path| std::fs::read(path).expect("an input")).collect()
}

/// The files of a directory, by name.
pub fn named(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The vectors of statements, in the open where they can be.
fn vectors(seeds: &mut Seeds) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(repository("tests/vectors/statement"))
        .expect("the vectors")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    for path in paths {
        let file = std::fs::read_to_string(&path).expect("a vector");
        let Some((header, text)) = file.split_once("\n\n") else { continue };
        let text = text.trim_end();
        // Nothing is learnt from what is only long.
        if text.len() > 4_000 {
            continue;
        }
        let is_ours = header.contains("check: statement");
        let opened = open(text);
        seeds.add(if is_ours { "statement" } else { "sd_jwt" }, opened.as_deref().unwrap_or(text));
        let Some(opened) = opened else { continue };
        let parts: Vec<&str> = opened.lines().collect();
        parts
            .iter()
            .skip(2)
            .filter(|line| line.starts_with('['))
            .for_each(|line| seeds.add("disclosure", line));
        if let [header, payload] =
            parts.iter().filter_map(|line| line.strip_prefix('>')).collect::<Vec<_>>()[..]
        {
            seeds.add("key_binding", format!("{header}\n{payload}"));
        }
    }
    seeds.add("statement", "e30.e30.AAAA~WyJhIl0~");
}

/// The JSON of an SD-JWT, with marks for what the harness fills in; `None` if it holds no JSON text.
fn open(text: &str) -> Option<String> {
    let json = |part: &str| {
        let text = String::from_utf8(base64url_decode(part).ok()?).ok()?;
        (!text.contains('\n') && !text.is_empty()).then_some(text)
    };
    let mut parts = text.split('~');
    let mut jwt = parts.next()?.split('.');
    let (header, payload) = (json(jwt.next()?)?, json(jwt.next()?)?);
    let mut lines = vec![header, payload];
    let mut marks = vec![
        (ISSUER.public().thumbprint(), "^k".to_owned()),
        (HOLDER.public().to_jwk().to_string(), "^j".to_owned()),
    ];
    let parts: Vec<&str> = parts.collect();
    let (binding, disclosures) = parts.split_last()?;
    for (at, disclosure) in disclosures.iter().enumerate() {
        marks.push((base64url_encode(sha256(&[disclosure.as_bytes()])), format!("^{at}")));
        lines.push(json(disclosure)?);
    }
    if !binding.is_empty() {
        let mut kb = binding.split('.');
        marks.push((
            base64url_encode(sha256(&[text[..text.len() - binding.len()].as_bytes()])),
            "^h".to_owned(),
        ));
        lines.extend([format!(">{}", json(kb.next()?)?), format!(">{}", json(kb.next()?)?)]);
    }
    let lines = lines.join("\n");
    Some(marks.iter().fold(lines, |lines, (from, to)| lines.replace(from, to)))
}

/// Each kind's example: as claims, as a row of a spreadsheet, said in a passport.
fn kinds(seeds: &mut Seeds) {
    let said = r#"pTrainingCompleted {"sub":"^w","issuing_country":"PH","title":{"en":"Masonry"},"learning_setting":"NON_FORMAL","completed_on":"2024-01-02"}"#;
    for (number, kind) in (0_u8..).zip(Kind::all()) {
        let mut claims = kind.example();
        let members = claims.as_object_mut().expect("members");
        for clear in ["vct", "iss", "cnf", "status"] {
            members.shift_remove(clear);
        }
        seeds.add("json", claims.to_string());
        if kind.class() == Class::Person {
            claims["sub"] = "^w".into();
        }
        for (name, value) in [("issuing_country", "PH"), ("target", "^0")] {
            if claims.get(name).is_some() {
                claims[name] = value.into();
            }
        }
        if let Some(date) = kind.award_date_claim() {
            claims[date] = "2024-01-01".into();
        }
        let by = if kind.is_by_holder() { 'h' } else { ['p', 'a', 'r'][usize::from(number) % 3] };
        seeds.add("world", format!("{said}\n{by}{} {claims}\na{} {claims}\n", kind.name(), kind.name()));
        let opening = kind.class() == Class::Person && number % 2 == 1;
        if let Some(sheet) = kind.csv_template(opening) {
            let mut bytes = vec![number, u8::from(opening)];
            bytes.extend(sheet.into_bytes());
            seeds.add("spreadsheet", bytes);
        }
        seeds.add("names", kind.vct());
    }
    for name in
        ["wkr_00041061050r3gg28a1c60t3gfe", "WKR-0004-1061-050R-3GG2-8A1C-60T3-GFE", "https://a.invalid/b"]
    {
        seeds.add("names", name);
    }
    seeds.add("names", HOLDER.public().did_jwk());
    for key in [ISSUER.to_jwk(), HOLDER.to_jwk(), ISSUER.public().to_jwk(), HOLDER.public().to_jwk()] {
        seeds.add("json", key.to_string());
    }
    let scope =
        json!({"view": "employer", "sections": ["licences"], "records": [], "known_at": 1, "identity": true});
    seeds.add("json", scope.to_string());
    for sheet in [
        "0sep=;\r\ncode;label;isco_skill_level\r\n7;Craft;2\r\n71;Building;2\r\n711;Frame;2\r\n7112;Bricklayers;2\r\n",
        "1code,title\n07,Engineering\n073,\"Construction\nand more\"\n",
        "2conceptUri,iscoGroup,preferredLabel\nhttp://data.europa.eu/esco/occupation/05f321f8-055b-407d-bf19-e0ddabda56b7,7112,bricklayer\n",
        "3country,isco08,title,regulated,valid_from,valid_until,legal_basis,source_title,source_url,source_date\nPH,2221,registered nurse,true,2002-11-15,,Nursing Act,Gazette,https://gazette.example,2002-10-21\n",
    ] {
        seeds.add("reference_sheet", sheet);
    }
}

fn files(seeds: &mut Seeds, demo: Option<&Path>) {
    for (question, name) in
        [(0_u8, "complete"), (3, "presentation"), (0xc7, "complete"), (8, "record-removed")]
    {
        let mut bytes = vec![question];
        bytes.extend(read(&format!("tests/vectors/passport/{name}.skillpass")));
        seeds.add("passport", bytes);
    }
    for what in 0..20_u8 {
        seeds.add("tamper", [what % 4, what, what, 5, 2, what]);
        seeds.add("tamper", [1, 3, what, 2, 3, 131, 0, 1, what, 7]);
    }
    let trust = String::from_utf8(read("tests/vectors/passport/trust.toml")).expect("text");
    let policy = "witness_policy = \"witness W witness.example.invalid+4d09f3e1+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\\nquorum W\\n\"\n";
    let list = "list = { name = \"list.invalid\", issued = \"2026-01-01T00:00:00Z\", expires = \"2027-01-01T00:00:00Z\", key = { kty = \"OKP\", crv = \"Ed25519\", x = \"^x\" } }\n";
    let limited = trust.replacen("status_max_age = \"720h\"", "status_max_age = \"30d\"", 1);
    for file in [trust.clone(), format!("{policy}{limited}"), String::new()] {
        seeds.add("trust_list", format!("{list}{file}"));
        seeds.add("trust_file", file);
    }
    seeds.add("config", read("deploy/skillpass.example.toml"));
    seeds.add("config", "data = \"d\"\n[limits]\nconnections = 7\n[witness]\npolicy = \"quorum none\\n\"\n\0SKILLPASS_GRPC_LISTEN=[::1]:1\n");
    for name in ["c-trainee", "f-refugee"] {
        seeds.add("journey", read(&format!("src/cli/demo/journeys/{name}.toml")));
    }
    seeds.add("kept", "name = \"w.invalid\"\nlogs = [\"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\"]\n");
    let empty = base64url_encode(skillpass::tlog::Frontier::default().encode());
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let note = format!("a.invalid\\n0\\n{root}\\n\\n\\u2014 a.invalid AAAAAAAA\\n");
    seeds.add("kept", format!("{{\"format\":\"skillpass-audit-v1\",\"checkpoint\":\"{note}\",\"frontier\":\"{empty}\",\"recorded_at\":1,\"public\":[]}}"));
    let Some(demo) = demo else { return };
    for (target, name, question) in
        [("trust_file", "trust.toml", None), ("passport", "presentations", Some(3_u8))]
    {
        let path = demo.join(name);
        let Ok(bytes) = std::fs::read(&path) else { continue };
        seeds.add(target, question.into_iter().chain(bytes).collect::<Vec<u8>>());
    }
}

fn tokens(seeds: &mut Seeds) {
    let hash = base64url_encode([7; 32]);
    let bound = json!({"origin": "ledger.invalid", "size": 9, "root": hash, "iat": 1_767_225_600, "exp": 1_775_001_600});
    let with = |more: Value| {
        let mut members = bound.as_object().cloned().unwrap_or_default();
        members.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(members).to_string()
    };
    seeds.add("token", with(json!({"s": hash, "status": 0, "since": null})));
    seeds.add("token", with(json!({"s": hash, "status": 1, "since": 1_767_225_601})));
    seeds.add("token", with(json!({"stream": base64url_encode([1; 16]), "revision": 3, "leaf": 8})));
    seeds.add("token", with(json!({"l": hash, "revision": null, "leaf": null})));
    seeds.add("token", json!({"aud": "a", "nonce": "n", "iat": 1, "exp": 2, "file_hash": hash}).to_string());
    let grant = json!({"aud": "ledger.invalid", "sub": "wkr_00041061050r3gg28a1c60t3gfe",
        "jti": "urn:uuid:019b6e0f-3c00-7abc-8def-0123456789ab", "iat": 1_767_225_600, "exp": 1_767_226_600, "cnf": {"jwk": "^j"},
        "role": "reader", "purpose": "hiring", "scope": {"view": "employer", "identity": true}});
    seeds.add("grant", grant.to_string().replace("\"^j\"", "^j"));
    let mut word = grant.clone();
    (word["iss"], word["witness"], word["role"]) =
        ("https://a.invalid".into(), "A. Name".into(), "assistant".into());
    word["scope"] = json!({"view": "holder", "sections": ["licences"], "records": ["urn:uuid:019b6e0f-3c00-7abc-8def-0123456789ab"], "known_at": 1, "identity": false});
    seeds.add("grant", word.to_string().replace("\"^j\"", "^j"));
    seeds.add("link", format!("https://ledger.invalid/v#{}", base64url_encode([9; 16])));
    seeds.add("link", format!("https://ledger.invalid/v#{}", base64url_encode([9; 32])));
    let claims = StatusClaims {
        uri: "https://ledger.invalid/status/AAAA".to_owned(),
        issued_at: 1_767_225_000,
        expires_at: Some(1_767_300_000),
        ttl: Some(300),
    };
    let list = StatusList::of(64, [(1, 1), (2, 2)]);
    let mut payload = claims.payload(&list, "https://ledger.invalid", "https://ledger.invalid/status");
    let lst = payload["status_list"]["lst"].as_str().unwrap_or_default().to_owned();
    seeds.add("status_list", Value::Object(payload.clone()).to_string());
    for bits in [1, 2, 4, 8] {
        (payload["status_list"]["lst"], payload["status_list"]["bits"]) = ("^z".into(), bits.into());
        let mut bytes = format!("{}\n", Value::Object(payload.clone())).into_bytes();
        bytes.extend(base64url_decode(&lst).expect("base64url"));
        seeds.add("status_list", bytes);
    }
}

fn logs(seeds: &mut Seeds) {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for text in [
        "ledger.invalid\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        &format!("ledger.invalid\n0\n{root}\n"),
    ] {
        seeds.add("checkpoint", text);
    }
    let note = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let submission = format!(
        "old 3\n{root}\n\nexample.com/behind\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind Az3grlgtzPICa5OS\n"
    );
    for text in [
        note,
        &submission,
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "\u{2014} witness.invalid AAAAAAAA\n",
    ] {
        seeds.add("note", text);
    }
    let witness = "witness.invalid+4d09f3e1+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    let log =
        "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k https://log.invalid/";
    seeds.add("policy", format!("# who\n{log}\nwitness one {witness} https://witness.invalid/\ngroup all all one\ngroup any 1 one all\nquorum any\n"));
    seeds.add("policy", "quorum none\n");
    for path in [
        "tile/0/x001/x234/067",
        "tile/63/000",
        "tile/entries/x123/456",
        "tile/1/001.p/17",
        "tile/entries/000.p/255",
    ] {
        seeds.add("tile", path);
    }
    seeds.add("proof", [7_u8, 3, 0, 1]);
    for size in [1_u8, 2, 8, 13, 69] {
        let mut bytes = vec![size, size / 2, size, 3];
        bytes.extend((0..112).map(|byte: u8| byte.wrapping_mul(size)));
        seeds.add("proof", bytes);
    }
    let mut tree = skillpass::tlog::Frontier::default();
    (0..5_u8).for_each(|leaf| tree.push([leaf; 32], |_, _, _| {}));
    seeds.add("proof", [vec![5, 1, 1, 1], tree.encode()].concat());
    let person = [vec![1, 2, 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0], vec![0xaa; 64]].concat();
    let public = [
        vec![1, 1, 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0],
        vec![0x22; 16],
        vec![0, 0, 0, 7],
        vec![0x33; 32],
        vec![0, 5],
        b"a.b.~".to_vec(),
    ]
    .concat();
    let framed = |entry: &[u8]| [(entry.len() as u16).to_be_bytes().to_vec(), entry.to_vec()].concat();
    let sealed = [framed(&person), vec![0, 0, 0, 4, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6]].concat();
    let piece = |kind: u8, bytes: &[u8]| {
        [vec![kind], (bytes.len() as u16).to_be_bytes().to_vec(), bytes.to_vec()].concat()
    };
    let two = [framed(&public), sealed.clone()].concat();
    seeds.add("journal", piece(5, &two));
    seeds.add(
        "journal",
        [piece(3, &sealed), piece(3, &framed(&public)), piece(0, b"\xf5SK\x01torn")].concat(),
    );
    seeds.add("journal", [piece(0, b"bad"), piece(3, &sealed)].concat());
    seeds.add("entry", person);
    seeds.add("entry", public);
}

#[cfg(feature = "server")]
fn served(seeds: &mut Seeds) {
    let messages = messages();
    for (number, method) in (0_u8..).zip(METHODS) {
        let name = method.rsplit('/').next().unwrap_or_default();
        let message = messages.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes.clone());
        for caller in [1, 2 + number % 3] {
            seeds.add("grpc", [vec![number, caller], message.clone().unwrap_or_default()].concat());
        }
    }
    let now = 1_748_736_000;
    let open = format!(
        "{{\"alg\":\"EdDSA\",\"typ\":\"dc+sd-jwt\",\"kid\":\"^k\"}}\n{{\"iss\":\"https://provider.ph.example.invalid\",\"iat\":{now},\"jti\":\"urn:uuid:019b6e0f-3c00-7abc-8def-0123456789ab\",\"vct\":\"{}\",\"_sd\":[\"^0\"]}}\n[\"2GLC42sKQveCfGfryNRN9w\",\"sub\",\"wkr_00041061050r3gg28a1c60t3gfe\"]",
        Kind::TrainingCompleted.vct()
    );
    seeds.add("grpc", [vec![0, 0], open.into_bytes()].concat());
    let worker = json!({"worker": WORKER});
    for (path, body) in [
        ("api/v1/append", json!({"statement": "a.b.c~", "expected_revision": 1})),
        ("api/v1/passport", json!({"worker": WORKER, "view": "holder"})),
        ("api/v1/export", worker.clone()),
        ("api/v1/access", worker.clone()),
        ("api/v1/disputes", worker.clone()),
        ("api/v1/shares/list", worker.clone()),
        (
            "api/v1/shares/create",
            json!({"worker": WORKER, "box": "AAAA", "id": "AAAA", "gate": "AAAA", "audience": "a", "expires_at": 1_748_800_000}),
        ),
        ("api/v1/shares/revoke", json!({"worker": WORKER, "id": "AAAA"})),
        ("api/v1/shares/open", json!({"id": "AAAA", "gate": "AAAA"})),
        ("api/v1/bodies", json!({"kid": "x"})),
        ("api/v1/body", json!({"issuer": "https://provider.ph.example.invalid"})),
        (
            "api/v1/slips",
            json!({"lang": "en", "page": "https://l.invalid", "opened_by": "b", "help": null, "slips": [{"worker": WORKER, "name": "n", "document_salt": null}]}),
        ),
    ] {
        for caller in [2, 4] {
            seeds.add("http", [vec![caller], format!("{path}\n{body}").into_bytes()].concat());
        }
    }
    for path in [
        "checkpoint",
        "tile/0/000.p/5",
        "tile/entries/000.p/5",
        "check?lang=de",
        "status",
        "healthz",
        "readyz",
        "metrics",
        ".well-known/jwt-vc-issuer",
        "types/TrainingCompleted/1",
        "desk",
        "p",
        "v",
        "verify/check.js",
    ] {
        seeds.add("http", [vec![0], path.as_bytes().to_vec()].concat());
    }
}

/// A message with something in it, for the methods that have much to say.
#[cfg(feature = "server")]
fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let worker = || WORKER.to_owned();
    // Field 1 is the worker's id in each of these.
    let by_worker =
        pb::GetPassportRequest { worker: worker(), ..pb::GetPassportRequest::default() }.encode_to_vec();
    let mut out: Vec<(&str, Vec<u8>)> = [
        "GetPassport",
        "ExportPassport",
        "WatchPassport",
        "ListGrants",
        "RevokeGrant",
        "ListAccess",
        "GetProtection",
        "ChangeProtection",
        "ListDisputes",
        "CreateShare",
        "ListShares",
        "RevokeShare",
        "AssessRecognition",
        "CountUnits",
        "FindGaps",
        "CompareProfiles",
        "ClassifyMatch",
    ]
    .map(|method| (method, by_worker.clone()))
    .to_vec();
    let verify = pb::VerifyPassportRequest {
        file: read("tests/vectors/passport/presentation.skillpass"),
        trust_toml: String::from_utf8(read("tests/vectors/passport/trust.toml")).unwrap_or_default(),
        ..pb::VerifyPassportRequest::default()
    };
    out.push(("VerifyPassport", verify.encode_to_vec()));
    out.push((
        "GetBody",
        pb::GetBodyRequest { issuer: "https://provider.ph.example.invalid".into() }.encode_to_vec(),
    ));
    out
}
