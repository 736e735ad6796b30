//! What a journey must not show: the ten of the repository, each altered as somebody would cheat or come too late.

use std::fs;

use crate::cli::Desk;
use crate::journeys::source;

/// The journey of that name with each of `changes` made once, and without its presentations.
fn altered(journey: &str, id: &str, changes: &[(&str, &str)]) -> String {
    let whole = fs::read_to_string(source(&format!("src/cli/demo/journeys/{journey}.toml"))).unwrap();
    let mut text = whole.split("[[presentation]]").next().unwrap().to_owned();
    text = text.replacen(&format!("id = \"{journey}\""), &format!("id = \"{id}\""), 1);
    for (from, to) in changes {
        assert!(text.contains(from), "{journey} has no {from}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// The test centre is authorised for tests until the day before the one that the B2 certificate names.
fn ended_test_centre() -> String {
    altered(
        "a-nurse",
        "a-forged",
        &[
            (
                "basis = \"ACCREDITATION\"\nkinds = [\"LanguageCertified\"]",
                "basis = \"ACCREDITATION\"\nvalid_until = \"2025-06-13\"\nkinds = [\"LanguageCertified\"]",
            ),
            ("id = \"german-b2\"\n", "id = \"german-b2\"\nrefused = \"OUTSIDE_DATES\"\n"),
        ],
    )
}

/// The three-year course stands at level 3; its award claims the level of the five-year one, and the school tries to award a
/// diploma itself.
fn three_years_as_five() -> String {
    let school = "[[step]]\non = \"2020-07-16\"\nby = \"technical-institute-eg\"\nevent = \"QualificationAwarded\"\n\
                  refused = \"KIND_NOT_AUTHORISED\"\n[step.claims]\n\
                  title = { en = \"Diploma of the five-year course, by the school\" }\nawarding_date = \"2020-07-15\"\n\
                  is_partial_qualification = false\n";
    let text = altered(
        "c-trainee",
        "c-three-years",
        &[
            ("Five-year course in electrical engineering", "Three-year course for electricians"),
            ("Corso quinquennale di elettrotecnica", "Corso triennale per operatori elettrici"),
            ("started_on = \"2015-09-13\"", "started_on = \"2017-09-13\""),
            (
                "nqf_level = { framework = \"it/qnq\", version = \"2024\", code = \"4\" }",
                "nqf_level = { framework = \"it/qnq\", version = \"2024\", code = \"3\" }",
            ),
        ],
    );
    format!("{text}\n{school}")
}

/// The leave lasts until 31 August 2024; the worker is back the day after, and claims the post.
fn one_day_late() -> String {
    altered(
        "i-nurse",
        "i-late",
        &[
            (
                "on = \"2024-08-12\"\nby = \"nursing-council-gh\"\nevent = \"ReturnRecorded\"",
                "on = \"2024-09-02\"\nby = \"nursing-council-gh\"\nevent = \"ReturnRecorded\"",
            ),
            ("returned_on = \"2024-08-10\"", "returned_on = \"2024-09-01\""),
            ("on = \"2024-08-19\"", "on = \"2024-09-03\""),
            (
                "claimed_on = \"2024-08-19\"\nreturned_on = \"2024-08-10\"",
                "claimed_on = \"2024-09-03\"\nreturned_on = \"2024-09-01\"",
            ),
            ("Reintegration: post kept, grade considers the skills gained", "Reintegration refused"),
            (
                "decision = \"REINSTATED\"",
                "decision = \"REFUSED\"\nreasons = [\"the return came after the leave had ended\"]",
            ),
            ("new_skills_considered = true", "new_skills_considered = false"),
        ],
    )
}

#[test]
fn what_is_forged_overstated_or_late_shows_as_that() {
    let desk = Desk::new();
    desk.write("a.toml", ended_test_centre());
    desk.write("c.toml", three_years_as_five());
    desk.write("i.toml", one_day_late());
    let story =
        desk.line("demo --journey a.toml --journey c.toml --journey i.toml --out tour").ends(0).stdout;
    let show = |journey: &str, view: &str, on: &str| {
        let line = format!(
            "passport show tour/passports/{journey}.skillpass --trust tour/trust.toml --view {view} --valid-at {on} --json"
        );
        desk.line(&line).ends(0).json()
    };

    // (a) The ledger does not record the certificate, so there is nothing to show; the centre's earlier one stands.
    assert!(story.contains("(OUTSIDE_DATES)"), "{story}");
    let nurse = show("a-forged", "holder", "2025-11-30")["sections"]["assessment"].to_string();
    assert!(nurse.contains("German B1") && !nurse.contains("German B2"), "{nurse}");

    // (c) The school awards no diploma; the level that the award claims is not that of its framework.
    assert!(story.contains("(KIND_NOT_AUTHORISED)"), "{story}");
    let study = "verify tour/passports/c-three-years.skillpass --trust tour/trust.toml --purpose study --country DE --valid-at 2023-06-30 --json";
    let rows = desk.line(study).json()["checks"].as_array().unwrap().clone();
    let relation = rows.iter().find(|row| row["check"] == "level_relation" && row["status"] == "FAIL");
    let detail = relation.unwrap_or_else(|| panic!("{rows:?}"))["detail"].as_str().unwrap();
    assert!(detail.contains("eqf 3") && detail.ends_with("not 4"), "{detail}");
    let assess = "assess tour/passports/c-three-years.skillpass --trust tour/trust.toml --destination DE --occupation 7411 --purpose \
                  hire --at 2023-06-30 --json";
    let levels = desk.line(assess).json()["levels"].clone();
    assert_eq!((&levels[0]["relation"], &levels[0]["related"]), (&"Edge".into(), &"3".into()), "{levels}");

    // (i) Home sees the day that was missed and no right; the refusal, with its reason, is the worker's alone.
    let step = show("i-late", "home", "2024-09-05")["returnee"]["next_steps"][0].as_str().unwrap().to_owned();
    assert!(
        step.contains("2024-08-31") && step.contains("2024-09-01") && step.contains("no right"),
        "{step}"
    );
    let refusal =
        |view: &str| show("i-late", view, "2024-11-01").to_string().contains("Reintegration refused");
    assert_eq!((refusal("holder"), refusal("home"), refusal("employer")), (true, false, false));
}
