//! `skillpass import`: what registrars' spreadsheets look like, what is wrong with them, and what a kill leaves behind.

use std::collections::HashSet;

use super::spreadsheet::all_new;
use super::{Desk, SCHOOL, Server, one_worker};

const HEADER: &str = "worker,issuing_country,title.en,learning_setting,completed_on,learning_outcomes";
const WORKER: &str = "wkr_";

/// A desk whose ledger knows one worker.
fn ready() -> (Desk, Server, String) {
    let (desk, server, worker) = one_worker();
    assert!(worker.starts_with(WORKER));
    (desk, server, worker)
}

fn import(file: &str, url: &str, more: &str) -> String {
    format!("import {file} --kind TrainingCompleted --key school.jwk --iss {SCHOOL} --ledger {url} {more}")
}

#[test]
fn bom_semicolons_quoted_newlines_and_crlf_are_read_alike() {
    let (desk, server, worker) = ready();
    let comma = format!("{HEADER}\n{worker},PH,Bricklaying,FORMAL,2024-06-28,\"lays bricks\nto line\"\n");
    let semicolon = format!(
        "\u{feff}{}\r\n{worker};PH;Plastering;formal;2024-06-29;\"plasters; measures\"\r\n",
        HEADER.replace(',', ";")
    );
    for (name, text) in [("comma.csv", comma), ("semicolon.csv", semicolon)] {
        desk.write(name, text);
        assert_eq!(desk.line(&import(name, &server.url, "--json")).ends(0).json()["recorded"], 1);
    }
    let passport =
        desk.line(&format!("passport show {worker} --ledger {} --as worker.jwk --json", server.url)).json();
    let titles: Vec<&str> = passport["sections"]["training"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Bricklaying", "Plastering"]);
}

#[test]
fn every_bad_cell_is_listed_and_nothing_is_signed() {
    let desk = Desk::new();
    let rows = "wkr_wrong,PH,A,FORMAL,2024-06-28,\n\nnot-an-id,ZZ,=B,FORMULA,2024-02-30,\n";
    desk.write("bad.csv", format!("{HEADER}\n{rows}"));
    let answer = desk.line("import bad.csv --kind TrainingCompleted --check --json").ends(1);
    assert_eq!(answer.reason(), "ROWS_REFUSED");
    let errors = desk.read("bad.errors.csv");
    for expected in [
        "2,worker,",
        "4,worker,",
        "4,issuing_country,UNKNOWN_COUNTRY",
        "4,learning_setting,UNKNOWN_VALUE",
        "4,completed_on,IMPOSSIBLE_DATE",
    ] {
        assert!(errors.contains(expected), "{expected} in\n{errors}");
    }
    assert!(!desk.path("bad.signed").exists());
}

#[test]
fn wrong_columns_are_named_once_with_the_right_one() {
    let desk = Desk::new();
    desk.write("columns.csv", "worker,issuing_countri,open.family_name\na,PH,b\nc,PH,d\n");
    desk.line("import columns.csv --kind TrainingCompleted --check").ends(1);
    let errors = desk.read("columns.errors.csv");
    assert_eq!(errors.matches("UNKNOWN_COLUMN").count(), 2, "{errors}");
    assert!(errors.contains("issuing_country"), "{errors}");
}

/// One sheet as a spreadsheet program leaves it, and what is said of it.
#[test]
fn what_spreadsheet_programs_do_is_named_cell_by_cell() {
    let desk = Desk::new();
    let check = "--kind TrainingCompleted --check --open-missing --slips s";
    let errors_of = |name: &str, text: &str| {
        desk.write(&format!("{name}.csv"), text);
        desk.line(&format!("import {name}.csv {check}")).ends(1);
        desk.read(&format!("{name}.errors.csv"))
    };
    let sheet = all_new(3);
    let header = sheet.lines().next().unwrap();
    let row = sheet.lines().nth(1).unwrap();

    // Dates, errors, formulas, rounded numbers, and a missing cell, all in one row.
    let spoilt = row
        .replacen("2024-06-28", "28.06.2024", 1)
        .replacen("Ward practice", "#REF!", 1)
        .replacen("P0000000", "2.05E+13", 1)
        .replacen("1999-01-01", "", 1)
        .replacen("DOCUMENT_SEEN_IN_PERSON", "=B2", 1);
    let errors = errors_of("spoilt", &format!("{header}\n{spoilt}\n"));
    for expected in [
        "2,completed_on,MALFORMED_DATE",
        "did you mean 2024-06-28?",
        "2,title.en,SPREADSHEET_ERROR",
        "2,open.document_number,NUMBER_ROUNDED",
        "2,open.birth_date,MISSING_CLAIM",
        "2,open.identity_check_method,FORMULA",
    ] {
        assert!(errors.contains(expected), "{expected} in\n{errors}");
    }
    assert_eq!(errors.lines().count(), 6, "one line a cell:\n{errors}");

    // A title above the header.
    let errors = errors_of("titled", &format!("Graduates of 2024,,\n{sheet}"));
    assert!(errors.contains("1,,NO_HEADER") && errors.lines().count() == 2, "{errors}");

    // A merged header cell, a column that is not there, a comma that is not in quotes.
    let merged = sheet.replacen("title.en", "", 1).replacen("open.birth_date", "", 1);
    let errors = errors_of("merged", &merged);
    assert_eq!(errors.matches("1,,CELL_WITHOUT_COLUMN").count(), 2, "{errors}");
    assert!(errors.contains("column C has no name in row 1, but 3 rows"), "{errors}");
    for column in ["title.en", "open.birth_date"] {
        assert!(errors.contains(&format!("1,{column},MISSING_COLUMN")), "{column} in\n{errors}");
    }
    let errors = errors_of("shifted", &sheet.replacen("Ward practice", "Wards, practice", 1));
    assert!(errors.contains("2,,CELL_WITHOUT_COLUMN"), "{errors}");

    // A document without its number.
    let errors = errors_of("numberless", &sheet.replacen("P0000001", "", 1));
    assert!(
        errors.contains("3,open.document_number,MISSING_CLAIM") && errors.lines().count() == 2,
        "{errors}"
    );
}

#[test]
fn slips_speak_the_workers_language_and_lead_to_the_workers_page() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    desk.write("one.csv", all_new(1));
    let more =
        "--open-missing --slips slips --lang ar --page https://ledger.example.invalid/ --help-contact +63-2";
    desk.line(&import("one.csv", &server.url, &more.replace("--lang ar", "--lang xx"))).ends(2);
    desk.line(&import("one.csv", &server.url, &more.replace("https://", "ftp://"))).ends(2);
    desk.line(&import("one.csv", &server.url, more)).ends(0);
    let worker = desk.read("one.done.csv").lines().nth(1).unwrap().split(',').nth(2).unwrap().to_owned();
    let page = desk.read(&format!("slips/{worker}.html"));
    for said in ["dir=\"rtl\"", "https://ledger.example.invalid/worker", "+63-2", "<svg"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(desk.read(&format!("slips/{worker}.txt")).contains("+63-2"));
}

#[test]
fn the_templates_own_row_is_not_recorded() {
    let desk = Desk::new();
    for (more, name) in [("--open-missing", "opening.csv"), ("", "plain.csv")] {
        let template = desk.line(&format!("kinds TrainingCompleted --csv-template {more}")).ends(0).stdout;
        desk.write(name, template);
        let check = format!("import {name} --kind TrainingCompleted --check --json");
        let more = if more.is_empty() { "" } else { "--open-missing --slips s" };
        desk.line(&format!("{check} {more}")).ends(1);
        let errors = desk.read(&name.replace("csv", "errors.csv"));
        assert!(errors.contains("2,,EXAMPLE_ROW") && errors.lines().count() == 2, "{errors}");
    }
}

#[test]
fn the_guide_explains_every_column_of_the_template() {
    let desk = Desk::new();
    let template = desk.line("kinds TrainingCompleted --csv-template --open-missing").ends(0).stdout;
    let guide = desk.line("kinds TrainingCompleted --csv-guide --open-missing").ends(0).stdout;
    let explained: Vec<&str> = guide.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let columns: Vec<&str> = template.lines().next().unwrap().split(',').collect();
    assert_eq!(columns, explained);
    assert!(columns.contains(&"open.document_number") && !template.contains("commitment"));
    assert!(guide.contains("completed_on,yes,Last day.,\"date, YYYY-MM-DD\",2024-05-31"), "{guide}");
}

#[test]
fn the_same_row_twice_is_refused() {
    let desk = Desk::new();
    let sheet = all_new(1);
    let row = sheet.lines().nth(1).unwrap();
    desk.write("twice.csv", format!("{sheet}{row}\n"));
    desk.line("import twice.csv --kind TrainingCompleted --check --open-missing --slips s").ends(1);
    assert!(desk.read("twice.errors.csv").contains("3,,DUPLICATE_ROW"));
}

#[test]
fn a_refused_row_never_fails_its_neighbours_and_a_corrected_file_records_the_rest_once() {
    let (desk, server, worker) = ready();
    let stranger = "wkr_00000000000000000000000000w";
    let row = |worker: &str, title: &str| format!("{worker},PH,{title},FORMAL,2024-06-28,\n");
    let sheet = format!("{HEADER}\n{}{}{}", row(&worker, "One"), row(stranger, "Two"), row(&worker, "Three"));
    desk.write("mixed.csv", sheet);
    let id = desk.line("kinds TrainingCompleted --example").json()["sub"].as_str().unwrap().to_owned();
    let text = desk.read("mixed.csv").replace(stranger, &id);
    desk.write("mixed.csv", text);
    desk.line(&import("mixed.csv", &server.url, "")).ends(1);
    assert!(desk.read("mixed.errors.csv").contains("3,,UNKNOWN_WORKER"), "{}", desk.read("mixed.errors.csv"));
    let done = desk.read("mixed.done.csv");
    assert!(done.starts_with("row,id,worker,revision,hash\n") && done.lines().count() == 3, "{done}");

    let text = desk.read("mixed.csv").replace(&id, &worker);
    desk.write("mixed.csv", text);
    desk.line(&import("mixed.csv", &server.url, "")).ends(0);
    assert_eq!(trainings(&desk, &server.url, &worker), 3);
}

#[test]
fn rows_that_are_recorded_need_the_old_key_no_more() {
    let (desk, server, worker) = ready();
    let row = |title: &str| format!("{worker},PH,{title},FORMAL,2024-06-28,\n");
    desk.write("rows.csv", format!("{HEADER}\n{}", row("One")));
    desk.line(&import("rows.csv", &server.url, "")).ends(0);
    desk.line("key new --out next.jwk").ends(0);
    desk.line(&format!("key rotate --key school.jwk --new next.pub.jwk --ledger {}", server.url)).ends(0);
    desk.write("rows.csv", format!("{HEADER}\n{}{}", row("Two"), row("One")));
    let again = import("rows.csv", &server.url, "--json").replace("school.jwk", "next.jwk");
    assert_eq!(desk.line(&again).ends(0).json()["recorded"], 2);
    assert_eq!(trainings(&desk, &server.url, &worker), 2);
    let done = desk.read("rows.done.csv");
    let rows: Vec<&str> = done.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(rows, ["2", "3"]);
}

#[test]
fn an_import_that_is_killed_resumes_and_never_doubles() {
    let (desk, server, _) = ready();
    let (rows, more) = (60, "--open-missing --slips slips");
    desk.write("killed.csv", all_new(rows));
    let line = import("killed.csv", &server.url, more);
    let args: Vec<&str> = line.split_whitespace().collect();
    let mut kills = 0;
    // Killed again and again, each time later, until one run gets through before it is killed.
    let mut delay = std::time::Duration::from_millis(20);
    loop {
        let mut child = desk
            .command(&args)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(delay);
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        delay = delay * 3 / 2;
    }
    assert!(kills > 0, "no run was killed");
    desk.line(&line).ends(0);
    let done = desk.read("killed.done.csv");
    let workers: HashSet<&str> = done.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(workers.len(), rows);
    assert_eq!(
        size(&desk, &server.url),
        4 + 2 + 2 * rows as u64,
        "genesis, root, authorisation, key, one passport with its key, then two a row"
    );
    for worker in workers.iter().take(3) {
        assert_eq!(trainings(&desk, &server.url, worker), 1);
    }
}

#[test]
fn a_row_that_is_corrected_after_it_was_recorded_is_told_of() {
    let (desk, server, worker) = ready();
    let sheet = format!(
        "{HEADER}\n{worker},PH,Brick laying,FORMAL,2024-06-28,lays bricks\n{worker},PH,Plastering,FORMAL,2024-06-29,\n"
    );
    desk.write("class.csv", &sheet);
    let first = desk.line(&import("class.csv", &server.url, "--json")).ends(0).json();
    assert_eq!(first["recorded_before_and_changed"], 0);
    desk.write("class.csv", sheet.replace("Brick laying", "Bricklaying"));
    let again = desk.line(&import("class.csv", &server.url, "--json")).ends(0).json();
    assert_eq!(again["recorded_before_and_changed"], 1);
    assert_eq!(
        trainings(&desk, &server.url, &worker),
        3,
        "both stand: nothing recorded is taken back unasked"
    );
    let told = desk.line(&import("class.csv", &server.url, "")).ends(0).stderr;
    assert!(
        told.contains("not in the spreadsheet as they were: 1.") && told.contains("skillpass correct"),
        "{told}"
    );
}

#[test]
fn many_lots_are_recorded_in_the_spreadsheets_order_and_not_sent_again() {
    let (desk, server, worker) = ready();
    // Three of the lots in which an import signs and sends.
    let rows = 4_100;
    let row = |number| format!("{worker},PH,Course {number},NON_FORMAL,2024-06-28,lays bricks\n");
    desk.write("many.csv", format!("{HEADER}\n{}", (0..rows).map(row).collect::<String>()));
    let line = import("many.csv", &server.url, "--json");
    assert_eq!(desk.line(&line).ends(0).json()["recorded"], rows);
    let done = desk.read("many.done.csv");
    let cell = |line: &str, at: usize| line.split(',').nth(at).unwrap().parse::<u32>().unwrap();
    let recorded: Vec<(u32, u32)> = done.lines().skip(1).map(|line| (cell(line, 0), cell(line, 3))).collect();
    // Before them: the passport's opening and its key.
    assert!(recorded.iter().copied().eq((2..).zip(2..).take(rows)), "{:?}", &recorded[..5]);
    let before = size(&desk, &server.url);
    desk.line(&line).ends(0);
    assert_eq!((desk.read("many.done.csv"), size(&desk, &server.url)), (done, before));
}

fn trainings(desk: &Desk, url: &str, worker: &str) -> usize {
    let passport = desk
        .line(&format!("passport show {worker} --ledger {url} --as ledger.operator.key --json"))
        .ends(0)
        .json();
    passport["sections"]["training"].as_array().map_or(0, Vec::len)
}

/// Entries under the newest checkpoint, once everything appended is under it.
fn size(desk: &Desk, url: &str) -> u64 {
    let mut last = 0;
    loop {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let now = desk.line(&format!("log checkpoint --ledger {url} --json")).ends(0).json()["size"]
            .as_u64()
            .unwrap();
        if now == last {
            return now;
        }
        last = now;
    }
}

#[test]
fn a_corrected_cell_opens_no_second_passport_for_the_same_person() {
    let desk = Desk::new();
    desk.found();
    let server = Server::start(&desk, "ledger");
    desk.authorise(&server.url);
    desk.write("new.csv", all_new(3));
    let run = || {
        desk.line(&import("new.csv", &server.url, "--open-missing --slips slips --json")).ends(0);
        let done = desk.read("new.done.csv");
        done.lines()
            .skip(1)
            .map(|line| line.split(',').nth(2).unwrap().to_owned())
            .collect::<HashSet<String>>()
    };
    let first = run();
    assert_eq!(first.len(), 3);
    let text = desk.read("new.csv");
    let hours = text.lines().next().unwrap().split(',').position(|column| column == "title.en").unwrap();
    let corrected: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells[hours] = "A corrected title";
            }
            cells.join(",")
        })
        .collect();
    desk.write("new.csv", corrected.join("\n"));
    assert_eq!(run(), first, "the same people keep their passports");
}
