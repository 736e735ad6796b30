//! The passport to hold, made by the command: only of what verifies, for the eyes it is meant for.

use super::Desk;

#[test]
fn a_page_is_made_of_a_verified_file_in_the_language_asked_for_and_of_nothing_else() {
    let desk = Desk::new();
    desk.run(&["demo", "--out", "tour"]).ends(0);
    let file = "tour/passports/e-mason.skillpass";
    let show = |more: &[&str]| {
        let args = [
            "passport",
            "show",
            file,
            "--trust",
            "tour/trust.toml",
            "--format",
            "html",
            "--out",
            "page.html",
        ];
        desk.run(&[&args[..], more].concat())
    };
    let page = || std::fs::read_to_string(desk.path("page.html")).unwrap();

    show(&["--view", "employer", "--lang", "hi", "--share-link", "https://ledger.example.invalid/v#s=x"])
        .ends(0);
    assert!(page().contains("<html lang=\"hi\" dir=\"ltr\">") && page().contains("<svg"));
    assert!(!page().contains("wkr_"), "an employer has no use for the worker id");
    let shown = page().matches("<article").count();
    show(&[]).ends(0);
    assert!(page().contains("wkr_"));
    assert!(page().matches("<article").count() > shown, "the failed attempt is for the worker alone");

    assert!(!show(&["--share-link", "javascript:alert(1)"]).ends(2).stderr.is_empty());
    show(&["--lang", "xx"]).ends(2);
    show(&["--records", "urn:uuid:01970000-0000-7000-8000-000000000000"]).ends(1);

    let text = std::fs::read_to_string(desk.path(file)).unwrap();
    std::fs::write(desk.path("lie.skillpass"), text.replacen('a', "b", 40)).unwrap();
    let made = [
        "passport",
        "show",
        "lie.skillpass",
        "--trust",
        "tour/trust.toml",
        "--format",
        "html",
        "--out",
        "lie.html",
    ];
    desk.run(&made).ends(1);
    assert!(!desk.path("lie.html").exists());
    desk.run(&[
        "verify",
        "lie.skillpass",
        "--trust",
        "tour/trust.toml",
        "--report",
        "lie.html",
        "--lang",
        "ar",
    ])
    .ends(1);
    let report = std::fs::read_to_string(desk.path("lie.html")).unwrap();
    assert!(report.contains("غير أصلي") && !report.contains("<svg"));
}
