//! Spreadsheets for the tests.

const COLUMNS: [&str; 13] = [
    "worker",
    "issuing_country",
    "title.en",
    "learning_setting",
    "completed_on",
    "open.family_name",
    "open.family_name_latin",
    "open.birth_date",
    "open.document_type",
    "open.document_country",
    "open.document_number",
    "open.identity_check_method",
    "open.identity_checked_on",
];

/// One row for `worker`, eleven for graduates who have no passport yet.
pub(crate) fn twelve_rows(worker: &str) -> String {
    let known = format!("{worker},PH,Ward practice,FORMAL,2024-06-28,,,,,,,,\n");
    format!("{}\n{known}{}", COLUMNS.join(","), graduates(11))
}

/// `count` rows of graduates without a passport, header included.
pub(crate) fn all_new(count: usize) -> String {
    format!("{}\n{}", COLUMNS.join(","), graduates(count))
}

fn graduates(count: usize) -> String {
    let rest = "PASSPORT,PH,P{n},DOCUMENT_SEEN_IN_PERSON,2024-01-15";
    let row = |n: usize| {
        let (born, rest) = (n % 28 + 1, rest.replace("{n}", &format!("{n:07}")));
        format!(",PH,Ward practice,FORMAL,2024-06-28,GRADUATE {n},GRADUATE {n},1999-01-{born:02},{rest}\n")
    };
    (0..count).map(row).collect::<Vec<_>>().concat()
}
