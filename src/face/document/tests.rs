//! The page over records of every sort, and over hostile ones.

use super::*;
use crate::event::{Kind, LegalEffect};
use crate::passport::{Bare, Basis, Check, CheckRow, Standing, Status, Verdict as Found};
use serde_json::json;

fn record(claims: Value) -> Record {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    Record {
        jti: "urn:uuid:01970000-0000-7000-8000-000000000000".into(),
        hash: "x".into(),
        kind: Kind::QualificationAwarded,
        section: Section::Training,
        title: "Nurse".into(),
        issuer: "https://school.example.invalid".into(),
        issuer_name: Some("school (demo)".into()),
        country: Some("DE".into()),
        standing: Standing::InForce,
        standing_reason: None,
        awarded_with: vec![],
        legal_effect: LegalEffect::Assessment,
        recorded_at: 0,
        claims: claims.into(),
        awarded_on: None,
        original_title: None,
        withheld: vec![],
        endorsed_by: vec![],
        basis: Some(Basis { name: "STATUTE".into(), given_by: "https://ministry.example.invalid".into() }),
        confirmed_by: vec![],
        independently_confirmed: None,
    }
}

fn report(verdict: Found) -> Report {
    let status = match verdict {
        Found::Valid => Status::Pass,
        Found::Invalid => Status::Fail,
        Found::Unknown => Status::Unknown,
    };
    let row =
        CheckRow { check: Check::Signature, status, subject: "file".into(), detail: "<b>why</b>".into() };
    Report { verdict, checks: vec![row], records: vec![], answer: None, statement: None }
}

fn page(lang: Lang, report: &Report, records: &[&Record], identity: &Value) -> String {
    let Value::Object(identity) = identity else { panic!("an identity is an object") };
    document(&Paper {
        lang,
        form: Form::Shown,
        report,
        records,
        identity,
        worker: None,
        file: None,
        file_name: None,
        share_link: Some("https://ledger.example.invalid/s/abc"),
        today: jiff::civil::date(2026, 11, 29),
    })
    .unwrap()
}

#[test]
fn the_policy_names_the_hash_of_the_style_in_the_page() {
    let page = page(Lang::En, &report(Found::Valid), &[], &json!({}));
    let inside = |from: &str, to: &str| page.split(from).nth(1).unwrap().split(to).next().unwrap();
    let (sheet, hash) = (inside("<style>", "</style>"), inside("style-src 'sha256-", "'"));
    assert_eq!(base64_encode(sha256(&[sheet.as_bytes()])), hash);
    assert!(!page.contains("<script") && !page.contains("<link"), "nothing runs and nothing is loaded");
}

#[test]
fn what_others_wrote_is_text_and_hides_nothing() {
    let hostile = "</h3><script>alert(1)</script>\u{202e}gpj.\u{200b}\"'&";
    let mut one = record(json!({"title": {"en": hostile}, "duties": [hostile], "language": hostile}));
    one.issuer_name = Some(hostile.into());
    one.original_title = Some(hostile.to_uppercase());
    let identity = json!({"family_name": hostile, "family_name_latin": "SPECIMEN"});
    for lang in Lang::ALL {
        let page = page(lang, &report(Found::Unknown), &[&one], &identity);
        assert!(!page.contains("<script") && !page.contains("<b>why"), "{page}");
        assert!(!page.contains('\u{202e}') && !page.contains('\u{200b}'));
        assert!(page.contains("⟦U+202E⟧"));
    }
}

#[test]
fn a_lie_never_looks_fine_and_bears_no_code() {
    let one = record(json!({"title": {"en": "Nurse"}}));
    let page = page(Lang::En, &report(Found::Invalid), &[&one], &json!({}));
    assert!(page.contains("Not authentic") && page.contains("Do not rely on anything below"));
    assert!(page.contains("&#60;b&#62;why&#60;/b&#62;"), "the reason stands there: {page}");
    assert!(!page.contains("<svg"), "a code lends weight");
}

#[test]
fn titles_are_marked_with_their_language_and_the_original_stands_beside() {
    let claims = json!({"title": {"de": "Maurer", "en": "Bricklayer"}, "original_language": "de", "awarding_date": "2024-06-03"});
    let mut one = record(claims);
    one.original_title = Some("Maurer".into());
    let french = page(Lang::Fr, &report(Found::Valid), &[&one], &json!({}));
    assert!(french.contains("<h3 lang=\"en\"><bdi>Bricklayer</bdi></h3>"), "{french}");
    assert!(french.contains("en \u{2068}anglais\u{2069}"));
    assert!(french.contains("Titre original (allemand): <bdi lang=\"de\">Maurer</bdi>"));
    assert!(
        french.contains("juin") && french.contains("Allemagne") && french.contains("Habilité par la loi")
    );
    let arabic = page(Lang::Ar, &report(Found::Valid), &[&one], &json!({"family_name": "محمد"}));
    assert!(arabic.contains("<html lang=\"ar\" dir=\"rtl\">") && arabic.contains("ألمانيا"));
}

#[test]
fn standing_and_limits_are_said_in_words_of_every_language() {
    for lang in Lang::ALL {
        for standing in [
            Standing::InForce,
            Standing::Expired,
            Standing::Suspended,
            Standing::Revoked,
            Standing::Superseded,
            Standing::Partial,
            Standing::Unknown,
        ] {
            let mut one = record(json!({}));
            one.standing = standing;
            let page = page(lang, &report(Found::Valid), &[&one], &json!({}));
            assert!(!page.contains("document-"), "a message is missing: {page}");
        }
        assert!(
            page(lang, &report(Found::Valid), &[], &json!({})).contains(&lang.say("document-warn-paper"))
        );
    }
}

#[test]
fn a_bare_statement_is_shown_with_what_nobody_checked_in_every_language() {
    let mut found = report(Found::Valid);
    let claims = json!({
        "iss": "https://school.example.invalid", "vct": "urn:skillpass:v1:TrainingCompleted", "cnf": {"jwk": "K"},
        "title": {"en": "Bricklaying"}, "provider_place": "Cebu <i>",
    });
    let claims = claims.as_object().cloned().unwrap();
    found.statement = Some(Bare { claims, lapsed_on: None });
    for lang in Lang::ALL {
        let page = page(lang, &found, &[], &json!({}));
        for key in [
            "document-bare-valid-text",
            "document-bare-ledger",
            "document-bare-status",
            "document-bare-heading",
        ] {
            assert!(page.contains(&lang.say(key)), "{key}: {page}");
        }
        for key in ["document-valid-text", "document-empty", "document-standing-in-force"] {
            assert!(!page.contains(&lang.say(key)), "{key}: {page}");
        }
        assert!(page.contains("Bricklaying") && page.contains("Cebu &#60;i&#62;") && !page.contains("jwk"));
    }
    let asked = CheckRow {
        check: Check::Status,
        status: Status::Pass,
        subject: "file".into(),
        detail: "valid".into(),
    };
    found.checks.push(asked);
    let page = self::page(Lang::En, &found, &[], &json!({}));
    assert!(page.contains("Valid, by its status list") && !page.contains("was not asked"), "{page}");
    found.statement.as_mut().unwrap().lapsed_on = Some(jiff::civil::date(2026, 11, 28));
    let page = self::page(Lang::En, &found, &[], &json!({}));
    assert!(page.contains("Expired") && !page.contains("Valid, by its status list"), "{page}");
}

#[test]
fn a_page_as_large_as_a_file_may_be_is_made() {
    let long = "long ".repeat(6_000);
    let one = record(json!({"title": {"en": long}, "duties": vec![long.clone(); 3]}));
    let many = vec![&one; 100];
    assert!(page(Lang::En, &report(Found::Valid), &many, &json!({})).len() > 100 * 100_000);
}

#[test]
fn whose_record_it_is_stands_once_on_the_page_and_with_no_record() {
    let stated = record(json!({"sub": "wkr_x", "learning_setting": "FORMAL"}));
    assert_eq!(facts::of(Lang::En, &stated).len(), 1);
}
