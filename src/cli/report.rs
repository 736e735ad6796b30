//! `verify --report`: one self-contained HTML page that prints on A4. Nothing is loaded from anywhere, nothing runs.

use std::fmt::Write as _;

use serde_json::Value;

use super::html::escape;
use crate::passport::{Report, Verdict};

const STYLE: &str = "@page{size:A4;margin:18mm}body{font:14px/1.45 sans-serif;max-width:52em;margin:2em auto;color:#222}\
h1{margin-bottom:.2em}.valid{color:#0a6b2d}.invalid{color:#a30f1b}.unknown{color:#8a5a00}\
table{border-collapse:collapse;width:100%;margin:1em 0}td,th{border:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}\
th{background:#f2f2f2}tr.FAIL td{background:#fdeaea}tr.UNKNOWN td{background:#fff6e0}pre{white-space:pre-wrap}";

/// The page about `file`.
pub(crate) fn page(file: &str, report: &Report) -> String {
    let (class, headline) = match report.verdict {
        Verdict::Valid => ("valid", "Authentic"),
        Verdict::Invalid => ("invalid", "Not authentic"),
        Verdict::Unknown => ("unknown", "Cannot be decided"),
    };
    let json = report.to_json();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{headline}: {file}</title><style>{STYLE}</style></head>\n<body><h1 class=\"{class}\">{headline}</h1>\n<p>{file}</p>\n\
         <pre>{text}</pre>\n<h2>Records</h2>\n{records}\n<h2>Checks</h2>\n{checks}\n</body></html>\n",
        file = escape(file),
        text = escape(&report.render_text()),
        records = table(
            json.get("records"),
            &["title", "issuer_name", "issuer", "country", "standing", "legal_effect"]
        ),
        checks = table(json.get("checks"), &["check", "status", "subject", "detail"]),
    )
}

fn table(rows: Option<&Value>, columns: &[&str]) -> String {
    let mut html = String::from("<table><tr>");
    for column in columns {
        let _ = write!(html, "<th>{}</th>", escape(&column.replace('_', " ")));
    }
    html.push_str("</tr>\n");
    for row in rows.and_then(Value::as_array).into_iter().flatten() {
        let status = row.get("status").and_then(Value::as_str).unwrap_or_default();
        let _ = write!(html, "<tr class=\"{}\">", escape(status));
        for column in columns {
            let _ = write!(html, "<td>{}</td>", escape(&cell(row.get(column))));
        }
        html.push_str("</tr>\n");
    }
    html + "</table>"
}

/// A value as text; a title in several languages shows all of them.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(members)) => {
            members.values().map(|value| cell(Some(value))).collect::<Vec<_>>().join(" / ")
        }
        Some(Value::Array(items)) => {
            items.iter().map(|value| cell(Some(value))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}
