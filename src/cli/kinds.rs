//! `skillpass kinds`: what can be said, and the file to say it in. Straight from the tables of `event`.

use serde_json::json;

use super::error::{CliError, Exit};
use super::{Context, draft, out};
use crate::event::{Class, Kind};

/// `kinds`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass kinds\n  skillpass kinds TrainingCompleted\n  skillpass kinds TrainingCompleted --example > claims.json\n  skillpass kinds TrainingCompleted --csv-template --open-missing > class.csv\n  skillpass kinds TrainingCompleted --csv-guide --open-missing > columns.csv"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub(crate) struct KindsArgs {
    /// One kind, e.g. `TrainingCompleted`; without it all are listed
    kind: Option<String>,
    /// Print its JSON Schema (2020-12)
    #[arg(long, requires = "kind", group = "what")]
    schema: bool,
    /// Print an example of the file `skillpass issue --claims` takes
    #[arg(long, requires = "kind", group = "what")]
    example: bool,
    /// Print a CSV template for `skillpass import`: header and a sample row
    #[arg(long, requires = "kind", group = "what")]
    csv_template: bool,
    /// Print the template's columns explained, as CSV: what stands in each, whether it is needed, how it is written
    #[arg(long, requires = "kind", group = "what")]
    csv_guide: bool,
    /// With the columns that open a passport for workers who have none (`skillpass import --open-missing`)
    #[arg(long, requires = "kind", conflicts_with_all = ["schema", "example"])]
    open_missing: bool,
}

impl KindsArgs {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        match &self.kind {
            None => list(context)?,
            Some(name) => self.one(context, draft::parse_kind(name)?)?,
        }
        Ok(Exit::Done)
    }

    fn one(&self, context: Context, kind: Kind) -> Result<(), CliError> {
        if self.schema {
            return out::json(&kind.schema());
        }
        if self.example {
            return out::json(&kind.example());
        }
        if self.csv_template || self.csv_guide {
            let opening = self.open_missing;
            let sheet = if self.csv_guide { kind.csv_guide(opening) } else { kind.csv_template(opening) };
            let sheet = sheet.ok_or_else(|| {
                let message = format!("{} is not imported from a spreadsheet", kind.name());
                CliError::refused("NO_CSV", message, "`skillpass kinds KIND --example` prints a claims file")
            })?;
            return out::text(&sheet);
        }
        if context.json {
            return out::json(&json!({
                "kind": kind.name(), "vct": kind.vct(), "class": class_name(kind.class()),
                "schema": kind.schema(), "example": kind.example(), "csv_template": kind.csv_template(self.open_missing),
            }));
        }
        describe(kind)
    }
}

/// One kind for people: its claims, an example, where to go on.
fn describe(kind: Kind) -> Result<(), CliError> {
    out::line(format_args!("{} ({})\n{}\n", kind.name(), kind.vct(), kind.doc()))?;
    for claim in kind.claims() {
        let need = if claim.required { "required" } else { "optional" };
        out::line(format_args!("  {:<28} {need}  {}", claim.name, claim.doc))?;
    }
    if let Some(claim) = kind.award_date_claim() {
        out::line(format_args!("\nThe authority to state it is judged at `{claim}`."))?;
    }
    out::line(format_args!(
        "\nskillpass kinds {0} --example       a claims file to start from\nskillpass kinds {0} --schema        its JSON Schema",
        kind.name()
    ))?;
    if kind.csv_columns().is_some() {
        out::line(format_args!(
            "skillpass kinds {0} --csv-template  a spreadsheet to import\nskillpass kinds {0} --csv-guide     its columns explained",
            kind.name()
        ))?;
    }
    Ok(())
}

fn list(context: Context) -> Result<(), CliError> {
    if context.json {
        let kinds: Vec<_> = Kind::all()
            .iter()
            .map(|kind| {
                let (class, award_date) = (class_name(kind.class()), kind.award_date_claim());
                json!({"kind": kind.name(), "vct": kind.vct(), "class": class, "award_date": award_date, "doc": kind.doc()})
            })
            .collect();
        return out::json(&json!(kinds));
    }
    for (class, title) in [
        (Class::Person, "About a worker"),
        (Class::Institution, "About an institution"),
        (Class::Ledger, "The ledger's own"),
    ] {
        out::line(title)?;
        for kind in Kind::all().iter().filter(|kind| kind.class() == class) {
            out::line(format_args!("  {:<28} {}", kind.name(), kind.doc()))?;
        }
    }
    out::line("\nskillpass kinds KIND shows one with an example.")
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Person => "person",
        Class::Institution => "institution",
        Class::Ledger => "ledger",
    }
}
