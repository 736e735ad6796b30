//! What a spreadsheet of a kind looks like: its columns, explained, a template with a sample row, and the columns that open
//! passports.

use super::claim::{ClaimSpec, Shape};
use super::kind::{Class, Kind};
use super::spreadsheet::{NOT_IN_EXAMPLE, OPENING_PREFIX, TEMPLATE_LANGUAGE, column_name, is_flat};

/// The column of a document's number; the commitment takes its place in the statement.
pub const DOCUMENT_NUMBER: &str = "document_number";
/// The claim that a spreadsheet cannot hold: it is made from the document's number.
const COMMITMENT: &str = "document_number_commitment";

/// One column of a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header row.
    pub name: String,
    /// Whether every row must fill it.
    pub required: bool,
    /// What stands in it, in one sentence.
    pub doc: &'static str,
    /// How it is written.
    pub form: String,
    /// A sample cell; may be empty.
    pub sample: String,
}

impl Kind {
    /// The columns of a spreadsheet of this kind; `None` where one makes no sense: what holders and ledgers sign, and what
    /// carries keys.
    pub fn csv_columns(self) -> Option<Vec<Column>> {
        let spec = self.spec();
        let fits = |claim: &ClaimSpec| !claim.required || is_flat(&claim.shape);
        let refused = spec.class == Class::Ledger
            || self.is_by_holder()
            || spec.binds_key
            || !spec.members.claims.iter().all(fits);
        (!refused).then(|| columns(spec.members.claims))
    }

    /// Header row and one sample row, RFC 4180. With `opening` also the columns that open a passport for a worker who has
    /// none, and a sample row of such a worker.
    pub fn csv_template(self, opening: bool) -> Option<String> {
        let mut columns = self.csv_columns()?;
        if opening {
            columns
                .iter_mut()
                .filter(|column| column.name == "worker")
                .for_each(|column| column.sample.clear());
            columns.extend(opening_columns());
        }
        let (header, sample): (Vec<_>, Vec<_>) =
            columns.into_iter().map(|column| (column.name, column.sample)).unzip();
        Some(format!("{}{}", record(&header), record(&sample)))
    }

    /// A spreadsheet that explains the columns: `column,needed,what,how,example`, RFC 4180.
    pub fn csv_guide(self, opening: bool) -> Option<String> {
        let mut columns = self.csv_columns()?;
        if opening {
            columns.extend(opening_columns());
        }
        let mut guide = record(&["column", "needed", "what", "how", "example"].map(str::to_owned));
        for Column { name, required, doc, form, sample } in columns {
            let needed = if required { "yes" } else { "no" };
            guide.push_str(&record(&[name, needed.to_owned(), doc.to_owned(), form, sample]));
        }
        Some(guide)
    }
}

/// The columns that open a passport. The country is the row's own, the commitment is made from the document's number.
pub fn opening_columns() -> Vec<Column> {
    let all = columns(Kind::PassportOpened.claims()).into_iter();
    let asked = all.filter(|column| !matches!(column.name.as_str(), "worker" | "issuing_country"));
    let mut asked: Vec<Column> = asked.collect();
    for column in &mut asked {
        match column.name.as_str() {
            COMMITMENT => {
                DOCUMENT_NUMBER.clone_into(&mut column.name);
                column.doc =
                    "The document's number. It is not recorded: a salted commitment takes its place.";
                "text, as in the document".clone_into(&mut column.form);
                "P0000000".clone_into(&mut column.sample);
            }
            // Spreadsheet programs show a template in whatever letters they take it for.
            "family_name" => "SPECIMEN".clone_into(&mut column.sample),
            "given_name" => "WORKER".clone_into(&mut column.sample),
            _ => {}
        }
        column.name.insert_str(0, OPENING_PREFIX);
    }
    asked
}

/// The columns of claims, in their order.
pub(super) fn columns(claims: &[ClaimSpec]) -> Vec<Column> {
    let mut out = Vec::new();
    for spec in claims.iter().filter(|spec| is_flat(&spec.shape)) {
        let own = |name: String| {
            let sample = if spec.example == NOT_IN_EXAMPLE { "" } else { spec.example };
            let form = form(&spec.shape);
            Column { name, required: spec.required, doc: spec.doc, form, sample: sample.to_owned() }
        };
        match spec.shape {
            Shape::Object(members) => {
                // The members' examples fit the claim only where the claim is part of the kind's example.
                let shown = spec.example != NOT_IN_EXAMPLE;
                for member in members.claims {
                    let sample = if shown { member.example } else { "" };
                    out.push(Column {
                        name: format!("{}.{}", spec.name, member.name),
                        required: spec.required && member.required,
                        doc: member.doc,
                        form: form(&member.shape),
                        sample: sample.to_owned(),
                    });
                }
            }
            Shape::Localised(_) => out.push(own(format!("{}.{TEMPLATE_LANGUAGE}", spec.name))),
            _ => out.push(own(column_name(spec.name).to_owned())),
        }
    }
    out
}

/// How a cell of this shape is written.
fn form(shape: &Shape) -> String {
    let fixed = match shape {
        Shape::Text(max) => return format!("text, at most {max} characters"),
        Shape::Localised(max) => {
            return format!(
                "text, at most {max} characters; a column for each language, e.g. title.en, title.fr"
            );
        }
        Shape::Choice(words) => return format!("one of: {}", words.join(" | ")),
        Shape::Integer(low, high) => return format!("a whole number from {low} to {high}"),
        Shape::List(item, max) => {
            return format!("at most {max} items with a semicolon between them, each: {}", form(item));
        }
        Shape::Date => "date, YYYY-MM-DD",
        Shape::Instant => "time in UTC, YYYY-MM-DDThh:mm:ssZ",
        Shape::Country => "country, two letters (ISO 3166-1)",
        Shape::Language => "language tag (BCP 47), e.g. en",
        Shape::Amount => "amount, digits and at most one point",
        Shape::Currency => "currency, three letters (ISO 4217)",
        Shape::Bool => "true or false",
        Shape::Isco08 => "ISCO-08 code, 1 to 4 digits; keep zeros in front",
        Shape::IscedF => "ISCED-F 2013 code, 2 to 4 digits; keep zeros in front",
        Shape::EscoUri => "ESCO URI",
        Shape::IssuerUri => "https URI",
        Shape::Hash => "43 characters (SHA-256, base64url)",
        Shape::Bytes16 => "22 characters (16 bytes, base64url)",
        Shape::WorkerId => "worker id, wkr_ and 27 characters; hyphens and capitals are forgiven",
        Shape::AuthorisableKind => "name of a kind of event",
        Shape::VerifierKey => "C2SP verifier key",
        Shape::Jwk | Shape::Object(_) => "",
    };
    fixed.to_owned()
}

/// One RFC 4180 record.
fn record(cells: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', ';', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    format!("{}\r\n", cells.iter().map(quoted).collect::<Vec<_>>().join(","))
}
