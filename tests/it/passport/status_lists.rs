//! A bare SD-JWT and the status list that it names: every way in which a list can be the wrong one.

use skillpass::crypto::{OsEntropy, PrivateKey, PublicKey, SeededEntropy};
use skillpass::event::Kind;
use skillpass::passport::{Check, Options, Report, Status, StatusListGiven, Verdict, verify};
use skillpass::statement::status_list::{STATUS_LIST_TYP, StatusClaims, StatusList};
use skillpass::statement::{Draft, StatusReference, issue, jws};
use skillpass::trust::TrustFile;

use super::scenario::example;
use super::verification::status_of;

const URI: &str = "https://ledger.example.invalid/status/AAAA";
const NOW: i64 = 1_748_736_000;

#[test]
fn whether_it_still_stands_is_said_to_be_unasked_until_the_list_is_given() {
    let asked = Asked::new(0);
    let mut options = Options::at(asked.now);
    options.issuer_key = Some(asked.issuer.public());
    let unasked = verify(asked.text.as_bytes(), &TrustFile::empty(), &options);
    assert_eq!(unasked.verdict, Verdict::Valid);
    let line = format!("whether it still stands: fetch {URI} and give it with --status-list");
    assert!(unasked.render_text().contains(&line), "{}", unasked.render_text());
    let answered = asked.report(&asked.token(), asked.status.public()).render_text();
    assert!(!answered.contains("whether it still stands") && answered.contains("valid, says"), "{answered}");
}

/// An issuer, a status key of someone else, and a statement at an index of a list.
struct Asked {
    text: String,
    issuer: PrivateKey,
    status: PrivateKey,
    list: StatusList,
    claims: StatusClaims,
    now: i64,
}

impl Asked {
    fn new(number: u8) -> Self {
        let key = |seed: &str| PrivateKey::generate_ed25519(&mut SeededEntropy::new(seed));
        let issuer = key("issuer");
        let status = StatusReference { uri: URI.into(), index: 5 };
        let kind = Kind::TrainingCompleted;
        let claims = example(kind, skillpass::event::WorkerId([7; 16]), "PH");
        let draft = Draft {
            issuer: "https://school.example.invalid",
            vct: &kind.vct(),
            id: uuid::Builder::from_unix_timestamp_millis(1_748_736_000_000, &[1; 10]).into_uuid(),
            issued_at: NOW - 100,
            holder_key: None,
            status: Some(&status),
            claims: claims.as_object().unwrap(),
        };
        let text = issue(&draft, &issuer, &mut OsEntropy).unwrap();
        let list = StatusList::of(64, [(5, number), (6, 1)]);
        let claims = StatusClaims {
            uri: URI.into(),
            issued_at: NOW,
            expires_at: Some(NOW + 86_400),
            ttl: Some(3_600),
        };
        Self { text, issuer, status: key("status"), list, claims, now: NOW }
    }

    fn token(&self) -> String {
        let payload = self.claims.payload(&self.list, "https://ledger.example.invalid", URI);
        jws::sign(STATUS_LIST_TYP, &payload, &self.status)
    }

    fn report(&self, token: &str, key: PublicKey) -> Report {
        let mut options = Options::at(self.now);
        options.issuer_key = Some(self.issuer.public());
        options.status_list = Some(StatusListGiven { token: token.to_owned(), key });
        verify(self.text.as_bytes(), &TrustFile::empty(), &options)
    }

    fn verdict(&self) -> (Verdict, Vec<Status>) {
        let report = self.report(&self.token(), self.status.public());
        (report.verdict, status_of(&report, Check::Status))
    }

    /// The token is refused with these words; unaltered it passes.
    fn refused(&self, token: &str, why: &str) {
        assert_eq!(Self::new(0).verdict(), (Verdict::Valid, vec![Status::Pass]), "the untampered twin");
        let report = self.report(token, self.status.public());
        assert_eq!(status_of(&report, Check::Status), [Status::Fail]);
        assert_eq!(report.verdict, Verdict::Invalid, "asked for, status counts");
        let row = report.checks.iter().find(|row| row.check == Check::Status).unwrap();
        assert!(row.detail.contains(why), "{}", row.detail);
        assert_eq!(status_of(&report, Check::Signature), [Status::Pass], "authentic all the same");
    }
}

#[test]
fn a_list_says_valid_revoked_suspended_or_superseded() {
    for (number, verdict, status) in [
        (0, Verdict::Valid, Status::Pass),
        (1, Verdict::Invalid, Status::Fail),
        (2, Verdict::Invalid, Status::Fail),
        (3, Verdict::Invalid, Status::Fail),
    ] {
        assert_eq!(Asked::new(number).verdict(), (verdict, vec![status]), "{number}");
    }
}

#[test]
fn a_status_list_for_another_uri_is_refused() {
    let mut asked = Asked::new(0);
    asked.claims.uri = format!("{URI}B");
    asked.refused(&asked.token(), "another status list");
}

#[test]
fn a_swapped_status_list_by_the_issuer_or_a_stranger_is_refused() {
    let asked = Asked::new(0);
    let payload = asked.claims.payload(&asked.list, "https://ledger.example.invalid", URI);
    asked.refused(&jws::sign(STATUS_LIST_TYP, &payload, &asked.issuer), "kid");
    asked.refused(&jws::sign("skillpass-standing+jwt", &payload, &asked.status), "typ");
    asked.refused(&asked.text, "");
    asked.refused("", "");
}

#[test]
fn an_index_beyond_the_status_list_is_refused() {
    let mut asked = Asked::new(0);
    asked.list = StatusList::of(4, []);
    asked.refused(&asked.token(), "beyond the end");
}

#[test]
fn a_stale_status_list_leaves_the_question_open_but_a_revocation_stays_said() {
    let at = |number, now| {
        let asked = Asked { now, ..Asked::new(number) };
        let (verdict, status) = asked.verdict();
        (verdict, status[0])
    };
    assert_eq!(at(0, NOW + 3_599), (Verdict::Valid, Status::Pass));
    assert_eq!(at(0, NOW + 3_600), (Verdict::Unknown, Status::Unknown), "ttl is over");
    assert_eq!(at(1, NOW + 3_600), (Verdict::Invalid, Status::Fail));
    assert_eq!(at(1, NOW + 86_400), (Verdict::Unknown, Status::Unknown), "exp is past");
    assert_eq!(at(0, NOW - 301), (Verdict::Unknown, Status::Unknown), "from the future");
}

#[test]
fn a_status_list_that_inflates_to_gigabytes_is_refused() {
    use std::io::Write as _;
    let asked = Asked::new(0);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let mut block = || {
        zlib.write_all(&vec![0; 1024 * 1024]).unwrap();
        zlib.flush().unwrap();
        std::mem::take(zlib.get_mut())
    };
    let bomb = [block(), block().repeat(2047)].concat();
    let mut payload = asked.claims.payload(&asked.list, "https://ledger.example.invalid", URI);
    payload["status_list"]["lst"] = skillpass::crypto::base64url_encode(bomb).into();
    let token = jws::sign(STATUS_LIST_TYP, &payload, &asked.status);
    assert!(token.len() < 4 * 1024 * 1024);
    asked.refused(&token, "inflates to more than");
}

#[test]
fn a_statement_that_names_no_list_has_no_status_there() {
    let asked = Asked::new(0);
    let kind = Kind::TrainingCompleted;
    let claims = example(kind, skillpass::event::WorkerId([7; 16]), "PH");
    let draft = Draft {
        issuer: "https://school.example.invalid",
        vct: &kind.vct(),
        id: uuid::Builder::from_unix_timestamp_millis(1_748_736_000_000, &[1; 10]).into_uuid(),
        issued_at: NOW - 100,
        holder_key: None,
        status: None,
        claims: claims.as_object().unwrap(),
    };
    let text = issue(&draft, &asked.issuer, &mut OsEntropy).unwrap();
    let without = Asked { text, ..Asked::new(0) };
    assert_eq!(without.verdict(), (Verdict::Unknown, vec![Status::Unknown]));
}

#[test]
fn a_list_is_asked_only_of_an_authentic_statement() {
    let asked = Asked::new(0);
    let stranger = PrivateKey::generate_ed25519(&mut SeededEntropy::new("stranger"));
    let forged = Asked { issuer: stranger, ..Asked::new(0) };
    let report = forged.report(&asked.token(), asked.status.public());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(!status_of(&report, Check::Status).contains(&Status::Pass));
}
