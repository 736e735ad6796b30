//! Questions asked beside authenticity: who is it, and for what.

use skillpass::crypto::base64url_encode;
use skillpass::event::{Kind, document_number_commitment};
use skillpass::passport::{Check, PersonFile, Purpose, Status, Verdict, verify};

use super::scenario::{Scenario, example};
use super::verification::status_of;

fn person() -> PersonFile {
    let claims = Kind::PassportOpened.example();
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    PersonFile {
        family_name: text("family_name_latin").map(|name| format!(" {} ", name.to_lowercase())),
        given_name: text("given_name"),
        birth_date: text("birth_date"),
        ..PersonFile::default()
    }
}

#[test]
fn the_person_in_front_is_compared_with_the_document_seen() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let trust = scenario.trust();
    let ask = |person: PersonFile| {
        let mut options = scenario.options();
        options.person = Some(person);
        let report = verify(&bytes, &trust, &options);
        (report.verdict, status_of(&report, Check::IdentityBinding))
    };
    assert_eq!(ask(person()), (Verdict::Valid, vec![Status::Pass]));
    let stranger = PersonFile { birth_date: Some("1990-01-01".into()), ..person() };
    assert_eq!(ask(stranger), (Verdict::Invalid, vec![Status::Fail]));
    let unnamed = PersonFile { family_name: None, ..person() };
    assert_eq!(ask(unnamed), (Verdict::Unknown, vec![Status::Unknown]));
}

#[test]
fn who_has_one_name_is_compared_by_it() {
    let mut other = Scenario::unopened("ledger.kh.example.invalid");
    let mut claims = example(Kind::PassportOpened, other.worker, "PH");
    for name in ["given_name", "given_name_latin"] {
        claims.as_object_mut().unwrap().shift_remove(name);
    }
    other.by_provider(Kind::PassportOpened, None, claims);
    let bytes = other.export().encode();
    let ask = |given_name: Option<&str>| {
        let mut options = other.options();
        let given_name = given_name.map(str::to_owned);
        options.person = Some(PersonFile { given_name, ..person() });
        status_of(&verify(&bytes, &other.trust(), &options), Check::IdentityBinding)
    };
    assert_eq!(ask(None), [Status::Pass]);
    assert_eq!(ask(Some("")), [Status::Pass]);
    assert_eq!(ask(Some("John")), [Status::Fail], "the file shows all, and no such name");
}

#[test]
fn a_document_number_is_compared_by_its_commitment() {
    let mut scenario = Scenario::opened("ledger.ph.example.invalid");
    let mut claims = example(Kind::PassportOpened, scenario.worker, "PH");
    let salt = [7; 16];
    claims["document_number_commitment"] =
        base64url_encode(document_number_commitment(&salt, "KH", "PASSPORT", "N0123456")).into();
    scenario.tick();
    // A second opening in one stream is the ledger's to refuse; the verifier compares with each.
    let mut other = Scenario::opened("ledger.kh.example.invalid");
    claims["sub"] = other.worker.to_string().into();
    other.tick();
    other.by_provider(Kind::PassportOpened, None, claims);
    let bytes = other.export().encode();
    let ask = |number: &str| {
        let mut options = other.options();
        options.person = Some(PersonFile {
            document_country: Some("KH".into()),
            document_type: Some("PASSPORT".into()),
            document_number: Some(number.into()),
            document_salt: Some(base64url_encode(salt)),
            ..PersonFile::default()
        });
        status_of(&verify(&bytes, &other.trust(), &options), Check::IdentityBinding)
    };
    // The first opening of the scenario commits to another number.
    assert_eq!(ask("N0123456"), [Status::Fail]);
    assert_eq!(ask("X"), [Status::Fail]);
}

#[test]
fn a_presentation_without_the_identity_leaves_it_open() {
    let mut scenario = Scenario::new();
    let bytes = scenario.present(&[2]);
    let mut options = scenario.options();
    options.person = Some(person());
    let report = verify(&bytes, &scenario.trust(), &options);
    assert_eq!((report.verdict, report.exit_code()), (Verdict::Unknown, 3));
    let bytes = scenario.present(&[0, 2]);
    assert_eq!(verify(&bytes, &scenario.trust(), &options).verdict, Verdict::Valid);
}

#[test]
fn to_practise_needs_a_licence_there() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let ask = |country: &str| {
        let mut options = scenario.options();
        options.purpose = Some(Purpose::Practise);
        options.country = Some(country.into());
        options.occupation = Some("2221".into());
        verify(&bytes, &scenario.trust(), &options)
    };
    let there = ask("DE");
    assert_eq!(status_of(&there, Check::LicenceInDestination), [Status::Pass], "{:#?}", there.checks);
    assert_eq!(status_of(&there, Check::Conditions), [Status::Fail], "the partial decision asks for more");
    assert_eq!(there.answer.as_ref().unwrap().purpose, "practise");
    let elsewhere = ask("AT");
    assert!(!status_of(&elsewhere, Check::LicenceInDestination).contains(&Status::Pass));
    assert_ne!(elsewhere.verdict, Verdict::Valid);
}

#[test]
fn the_report_has_the_contracts_shape() {
    let mut scenario = Scenario::new();
    let bytes = scenario.export().encode();
    let json = verify(&bytes, &scenario.trust(), &scenario.options()).to_json();
    assert_eq!(json["verdict"], "valid");
    assert!(json["answer"].is_null());
    let record = &json["records"][0];
    for member in ["title", "section", "issuer", "issuer_name", "country", "standing", "legal_effect", "jti"]
    {
        assert!(record[member].is_string(), "{member}: {record}");
    }
    let names: Vec<&str> =
        json["checks"].as_array().unwrap().iter().map(|row| row["check"].as_str().unwrap()).collect();
    let order: Vec<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
    let places: Vec<usize> =
        names.iter().map(|name| order.iter().position(|known| known == name).unwrap()).collect();
    assert!(places.is_sorted());
    for decisive in &order[..13] {
        assert!(names.contains(decisive), "{decisive}");
    }
}
