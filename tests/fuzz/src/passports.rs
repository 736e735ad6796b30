//! Passport files and presentations: read, verified, and changed by somebody who holds no key.

use std::collections::HashSet;
use std::sync::LazyLock;

use skillpass::crypto::{hex_encode, sha256};
use skillpass::event::Kind;
use skillpass::passport::{
    Options, PassportFile, PersonFile, ProvenEntry, Purpose, Report, Verdict, View, read, verify,
};
use skillpass::trust::TrustFile;

use crate::scenario::{AUDIENCE, NONCE, Scenario};

/// Files that were made by those who hold the keys, and whom to trust.
pub struct Genuine {
    pub files: Vec<PassportFile>,
    pub trust: TrustFile,
    pub now: i64,
    content: HashSet<Vec<u8>>,
}

impl Genuine {
    /// Whether it says what one of the trusted ledger's files says. Nobody signs in which order a statement's disclosures stand.
    fn has(&self, file: &PassportFile) -> bool {
        self.content.contains(&content(file))
    }
}

fn content(file: &PassportFile) -> Vec<u8> {
    let mut file = file.clone();
    for part in &mut file.statements {
        let mut disclosures: Vec<&str> = part.sdjwt.split('~').collect();
        disclosures.sort_unstable();
        part.sdjwt = disclosures.join("~");
    }
    file.encode()
}

/// The vectors' scenario at several moments, a presentation, and the same people at a ledger that nobody trusts.
pub static GENUINE: LazyLock<Genuine> = LazyLock::new(|| {
    let scenario = |origin: &str| {
        let mut scenario = Scenario::opened(origin);
        scenario.training("Bricklaying, basic course");
        let early = scenario.export();
        scenario.decision("PARTIAL");
        scenario.tick();
        let late = scenario.export();
        let mut request = scenario.request(&[2]);
        request.shows[0].claims = Some(vec!["title".into()]);
        let shown = late.present(&request, &scenario.holder).expect("a presentation");
        let target = late.statements[2].hash();
        scenario.change(Kind::Revoked, &target);
        let revoked = scenario.export();
        (scenario, vec![early, late, PassportFile::parse(&shown).expect("a presentation"), revoked])
    };
    let (mine, mut files) = scenario("ledger.ph.example.invalid");
    let content = files.iter().map(content).collect();
    let (_, others) = scenario("ledger.other.example.invalid");
    let (trust, now) = (mine.trust(), mine.ledger.issued_at() + 3_600);
    files.extend(others);
    Genuine { files, trust, now, content }
});

fn options(now: i64, question: u8) -> Options {
    let mut options = Options::at(now);
    if question & 1 == 1 {
        (options.audience, options.nonce) = (Some(AUDIENCE.to_owned()), Some(NONCE.to_owned()));
    }
    if question & 2 == 2 {
        options.country = Some("DE".to_owned());
        options.occupation = Some("2221".to_owned());
        options.purpose = [None, Some(Purpose::Practise), Some(Purpose::Study), Some(Purpose::Hire)]
            [usize::from(question >> 6)];
    }
    if question & 4 == 4 {
        options.valid_at = Some(jiff::civil::date(2024, 1, 4));
    }
    if question & 8 == 8 {
        options.person = Some(PersonFile::default());
    }
    options
}

/// Asks what can be asked of a file, and prints the answers. With a purpose the question is part of the report; without, the
/// report comes with what may be relied on.
pub fn ask(bytes: &[u8], trust: &TrustFile, options: &Options) -> Report {
    if options.purpose.is_some() {
        return told(verify(bytes, trust, options));
    }
    let read = read(bytes, trust, options);
    for view in [View::Employer, View::Home, View::Holder] {
        assert!(read.to_json(view, options.valid_at.unwrap_or(jiff::civil::date(2024, 6, 1))).is_object());
    }
    for record in read.seen_by(View::Holder) {
        for document in skillpass::passport::documents::Document::ALL {
            let _ = document.of(record);
        }
    }
    told(read.report)
}

fn told(report: Report) -> Report {
    assert!(report.to_json().is_object() && !report.render_text().is_empty() && report.exit_code() <= 3);
    report
}

/// A question, then a file; its digest is made right.
pub fn passport(data: &[u8]) {
    let Some((question, bytes)) = data.split_first() else { return };
    judge(bytes, *question);
    let end = bytes.windows(11).rposition(|part| part == b",\"digest\":\"").unwrap_or(bytes.len());
    let mut right = bytes[..end].to_vec();
    let digest = hex_encode(sha256(&[&right]));
    right.extend(format!(",\"digest\":\"{digest}\"}}\n").into_bytes());
    if right != bytes {
        judge(&right, *question);
    }
}

fn judge(bytes: &[u8], question: u8) {
    let genuine = &*GENUINE;
    let file = match PassportFile::parse(bytes) {
        Ok(file) => {
            assert_eq!(file.encode(), bytes, "one spelling");
            if let Ok(merged) = PassportFile::merge(&[file.clone(), file.clone()]) {
                assert_eq!(PassportFile::parse(&merged.encode()).as_ref(), Ok(&merged));
            }
            file
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            // What is refused as a file is not asked about again: one row says why.
            let report = verify(bytes, &genuine.trust, &options(genuine.now, question));
            return assert_ne!(report.verdict, Verdict::Valid);
        }
    };
    let report = ask(bytes, &genuine.trust, &options(genuine.now, question));
    assert!(report.verdict != Verdict::Valid || genuine.has(&file), "a forged file is authentic");
}

/// Changes to a genuine file by somebody who holds no key and makes digest and spelling right again: nothing that was altered
/// comes out authentic.
pub fn tamper(data: &[u8]) {
    let Some(([base, question], mut steps)) = data.split_first_chunk::<2>() else { return };
    let genuine = &*GENUINE;
    let pick = |at: u8| &genuine.files[usize::from(at) % genuine.files.len()];
    let mut file = pick(*base).clone();
    while let Some(([what, other, from, to], rest)) = steps.split_first_chunk::<4>() {
        change(&mut file, *what, pick(*other), usize::from(*from), usize::from(*to));
        steps = rest;
    }
    let bytes = file.encode();
    let report = ask(&bytes, &genuine.trust, &options(genuine.now, *question));
    assert!(report.verdict != Verdict::Valid || genuine.has(&file), "a forged file is authentic");
}

/// One change; `other` is a genuine file to take from.
fn change(file: &mut PassportFile, what: u8, other: &PassportFile, from: usize, to: usize) {
    let (Some(ledger), Some(theirs)) = (file.ledgers.first_mut(), other.ledgers.first()) else { return };
    match what % 20 {
        0 => edit(&mut file.statements, &other.statements, from, to),
        1 => edit(&mut ledger.standing, &theirs.standing, from, to),
        2 => edit(&mut ledger.heads, &theirs.heads, from, to),
        3 => edit(&mut ledger.streams, &theirs.streams, from, to),
        4 => edit(&mut ledger.ledger, &theirs.ledger, from, to),
        5 => edit(&mut ledger.anchors, &[theirs.checkpoint.clone()], from, to),
        6 => ledger.checkpoint.clone_from(&theirs.checkpoint),
        7 => ledger.origin.clone_from(&theirs.origin),
        8 => file.kind = other.kind,
        9 => edit(&mut file.holder, &other.holder, from, to),
        10 => file.presentation.clone_from(&other.presentation),
        11 => edit(&mut file.ledgers, &other.ledgers, from, to),
        12 => {
            let count = ledger.streams.len().max(1);
            if let (Some(stream), Some(other)) =
                (ledger.streams.get_mut(from % count), theirs.streams.get(from % count))
            {
                edit(&mut stream.entries, &other.entries, from / count, to);
            }
        }
        13 => {
            let count = ledger.streams.len().max(1);
            if let (Some(stream), Some(other)) =
                (ledger.streams.get_mut(from % count), theirs.streams.get(to % count))
            {
                stream.subject.clone_from(&other.subject);
            }
        }
        _ => {
            let count = file.statements.len().max(1);
            let theirs = other.statements.get(to % other.statements.len().max(1));
            let (Some(part), Some(theirs)) = (file.statements.get_mut(from % count), theirs) else { return };
            match what % 20 {
                14 => part.place.clone_from(&theirs.place),
                15 => part.sdjwt = disclosures(&part.sdjwt, to),
                16 => (part.n_s, part.n_l) = (theirs.n_s, theirs.n_l),
                17 => part.n_l = if to % 2 == 0 { None } else { Some([7; 32]) },
                18 => place(&mut part.place, from, to),
                _ => part.sdjwt = letter(&part.sdjwt, from, to),
            }
        }
    }
}

/// Takes one away, doubles one, swaps two, or takes another's.
fn edit<T: Clone>(items: &mut Vec<T>, others: &[T], from: usize, to: usize) {
    let count = items.len();
    match (to % 4, from.checked_rem(count)) {
        (0, Some(at)) => drop(items.remove(at)),
        (1, Some(at)) => items.insert(at, items[at].clone()),
        (2, Some(at)) => items.swap(at, to / 4 % count),
        (_, at) => {
            let Some(theirs) = others.get(to / 4 % others.len().max(1)) else { return };
            match at {
                Some(at) if to / 128 == 0 => items[at] = theirs.clone(),
                at => items.insert(at.unwrap_or(0), theirs.clone()),
            }
        }
    }
}

/// A disclosure less, twice, or two in another order.
fn disclosures(text: &str, change: usize) -> String {
    let mut parts: Vec<&str> = text.split('~').collect();
    let places = parts.len().saturating_sub(2).max(1);
    let at = 1 + change / 3 % places;
    match change % 3 {
        0 if at < parts.len() => drop(parts.remove(at)),
        1 if at < parts.len() => parts.insert(at, parts[at]),
        _ if places > 1 => parts.swap(1, at),
        _ => {}
    }
    parts.join("~")
}

fn letter(text: &str, at: usize, to: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at * 251 % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte = b"AZaz09-_.~"[to % 10];
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn place(place: &mut ProvenEntry, from: usize, to: usize) {
    match to % 3 {
        0 => place.leaf = place.leaf.wrapping_add(from as u64 % 7).wrapping_sub(3),
        1 => {
            let at = from % place.entry.len().max(1);
            place.entry[at] ^= 1 << (to % 8);
        }
        _ => drop(place.proof.pop()),
    }
}
