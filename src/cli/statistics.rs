//! `skillpass statistics`: numbers about many, which tell nothing of anybody.

use std::path::PathBuf;

use serde_json::Value;

use super::client::{Client, LedgerArgs, ReaderArgs};
use super::error::{CliError, Exit};
use super::{Context, clock, files, out};
use crate::passport::statistics::{Coverage, MEASURES};
use crate::pb;

/// Numbers about many passports and agreements, which tell nothing of anybody
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StatisticsCommand {
    /// How many workers went out, came back and were recognised along a corridor, by occupation (operator)
    #[command(after_help = "Examples:
  skillpass statistics flows --origin PH --destination DE \\
    --from 2024-01-01 --until 2024-12-31 \\
    --ledger http://127.0.0.1:7640 --as ledger.operator.key
  skillpass statistics flows --origin PH --destination DE \\
    --instrument de-ph/nurses-2013 --from 2024-01-01 --until 2024-12-31 \\
    --ledger http://127.0.0.1:7640 --as ledger.operator.key

Each worker counts once in an occupation. No number below 5 is shown, nor one from which such a number follows. The server
logs who asked for what, and of no worker anything.")]
    Flows(FlowsArgs),
    /// How many agreements have a clause on skills, by region: a published table, checked against itself
    #[command(after_help = "Examples:
  skillpass statistics coverage table1.csv
  skillpass statistics coverage table1.csv --json

The file has the columns region, with_clause, agreements; a region called `total` is what the table itself says. What does
not add up is flagged TotalMismatch, and not mended.")]
    Coverage(CoverageArgs),
}

/// `statistics flows`.
#[derive(Debug, clap::Args)]
pub(crate) struct FlowsArgs {
    /// Country of origin (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    origin: String,
    /// Country of destination
    #[arg(long, value_name = "CC")]
    destination: String,
    /// Only what rests on this agreement
    #[arg(long, value_name = "ID")]
    instrument: Option<String>,
    /// First day
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    from: jiff::civil::Date,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = clock::parse_date)]
    until: jiff::civil::Date,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    reader: ReaderArgs,
}

/// `statistics coverage`.
#[derive(Debug, clap::Args)]
pub(crate) struct CoverageArgs {
    /// The table, as CSV
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl StatisticsCommand {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::Flows(args) => context.block_on(flows(context, args)),
            Self::Coverage(args) => coverage(context, &args),
        }
    }
}

async fn flows(context: Context, args: FlowsArgs) -> Result<Exit, CliError> {
    let client = Client::connect(&args.ledger.ledger).await?;
    let credential = client.credential(args.reader.read()?).await?;
    let message = pb::ReportFlowsRequest {
        origin: args.origin,
        destination: args.destination,
        instrument: args.instrument,
        from: args.from.to_string(),
        until: args.until.to_string(),
    };
    let ask = async || Ok(client.admin().report_flows(credential.request(message.clone())?).await);
    let answer = client.report(ask).await?;
    let report: Value = serde_json::from_str(&answer.report_json).map_err(|_| {
        CliError::failed(
            "LEDGER_ANSWERED",
            "the ledger's answer is no JSON",
            "is it a skillpass ledger of this version?",
        )
    })?;
    if context.json {
        return out::json(&report).map(|()| Exit::Done);
    }
    let cell = |counts: Option<&Value>, name: &str| {
        let number = counts.and_then(|counts| counts.get(name)).and_then(Value::as_u64);
        number.map_or_else(|| "-".to_owned(), |number| number.to_string())
    };
    let line = |first: &str, counts: Option<&Value>| {
        let cells: Vec<String> = MEASURES.iter().map(|name| format!("{:>18}", cell(counts, name))).collect();
        format!("{first:<12}{}", cells.join(""))
    };
    let names: Vec<String> = MEASURES.iter().map(|name| format!("{:>18}", name.replace('_', " "))).collect();
    out::line(format_args!("{:<12}{}", "ISCO-08", names.join("")))?;
    for row in report.get("rows").and_then(Value::as_array).into_iter().flatten() {
        let group = row.get("isco08_group").and_then(Value::as_str).unwrap_or_default();
        out::line(line(group, row.get("counts")))?;
    }
    out::line(line("total", report.get("total")))?;
    out::line("- : below 5, or it would give such a number away")?;
    Ok(Exit::Done)
}

fn coverage(context: Context, args: &CoverageArgs) -> Result<Exit, CliError> {
    let table = read_table(&args.file)?;
    let json = table.to_json();
    if context.json {
        return out::json(&json).map(|()| Exit::Done);
    }
    let number = |row: &Value, name: &str| row.get(name).map(Value::to_string).unwrap_or_default();
    let line = |row: &Value| {
        let region = row.get("region").and_then(Value::as_str).unwrap_or_default();
        let region: String = region.chars().filter(|letter| !letter.is_control()).collect();
        let (with, all) = (number(row, "with_clause"), number(row, "agreements"));
        format!("{region:<28}{with:>6} of {all:>6}{:>6} %", number(row, "percent"))
    };
    for row in json.get("regions").and_then(Value::as_array).into_iter().flatten() {
        out::line(line(row))?;
    }
    for name in ["sum", "stated_total"] {
        if let Some(row) = json.get(name).filter(|row| !row.is_null()) {
            out::line(line(row))?;
        }
    }
    if !table.adds_up() {
        out::line("TotalMismatch: the regions do not add up to the total that the table states.")?;
    }
    Ok(Exit::Done)
}

fn read_table(path: &std::path::Path) -> Result<Coverage, CliError> {
    let text = files::read_text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let malformed = |message: String| {
        let help = "the columns are region, with_clause, agreements";
        CliError::refused("TABLE_INVALID", format!("{}: {message}", path.display()), help)
    };
    let header = reader.headers().map_err(|error| malformed(error.to_string()))?;
    if header.iter().map(str::trim).ne(["region", "with_clause", "agreements"]) {
        return Err(malformed("row 1: the header is not region,with_clause,agreements".to_owned()));
    }
    let mut rows = vec![];
    for record in reader.records() {
        let record = record.map_err(|error| malformed(error.to_string()))?;
        rows.push([0, 1, 2].map(|at| record.get(at).unwrap_or_default().to_owned()));
    }
    Coverage::read(&rows)
        .map_err(|errors| malformed(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}
