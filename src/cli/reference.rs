//! `skillpass reference`: the reference data built in, each row with its source and how sure it is; and importing the whole
//! classifications and an authority's own table.

use serde_json::Value;

use super::error::{CliError, Exit};
use super::{Context, out, reference_import};
use crate::recognition::listing::{Table, instrument_row, programme_row, source_json};
use crate::recognition::{Application, Programme, instrument, programme};
use crate::statement::json;

/// Frameworks, relations, instruments, programmes, regulated professions
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Print what is built in, each row with its source
    #[command(after_help = "Examples:
  skillpass reference list
  skillpass reference list frameworks
  skillpass reference list relations --json
  skillpass reference list contacts --from NP --to BH   # support on a corridor
  skillpass reference list instruments --clause GAP_TRAINING

Tables: frameworks, descriptors, relations, memberships, occupations, education, fields, languages, instruments,
regimes, programmes, contacts, professions, left-out (what is not stored, and why).")]
    List(ListArgs),
    /// Print one instrument or programme, and how a plan meets a programme's conditions
    #[command(after_help = "Examples:
  skillpass reference show asean/mra-engineering
  skillpass reference show it/courses-abroad --plan-months 6 --promoter-years 4

With a plan, exit code 0 if every condition is met, 1 if one is not, 3 if the plan leaves one open.")]
    Show(ShowArgs),
    /// Check a whole classification, or check and publish an authority's table of regulated professions
    Import(reference_import::ImportArgs),
}

/// `reference list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// One table; without it all of them
    #[arg(value_name = "TABLE", value_parser = table)]
    table: Option<Table>,
    /// Of contacts, memberships, professions: only those of this country (origin; alpha-2)
    #[arg(long, value_name = "CC")]
    from: Option<String>,
    /// Of contacts: only those for this destination (alpha-2)
    #[arg(long, value_name = "CC")]
    to: Option<String>,
    /// Of instruments: only those with a clause of this kind, e.g. GAP_TRAINING
    #[arg(long, value_name = "KIND")]
    clause: Option<String>,
    /// With occupations or fields: a whole classification, as `reference import` wrote it
    #[arg(long, value_name = "FILE")]
    reference: Option<std::path::PathBuf>,
}

/// `reference show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Its id, e.g. de-ph/nurses-2013 or jp/titp
    id: String,
    /// Of a plan: its length
    #[arg(long, value_name = "N")]
    plan_months: Option<u32>,
    /// Of a plan: how long its promoter has been active
    #[arg(long, value_name = "N")]
    promoter_years: Option<u32>,
    /// Of a plan: the worker's experience in the destination
    #[arg(long, value_name = "N")]
    experience_months: Option<u32>,
    /// Of a plan: which worker of the same firm this is, counted from 1
    #[arg(long, value_name = "N")]
    workers_of_firm: Option<u32>,
}

fn table(name: &str) -> Result<Table, String> {
    Table::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Table::ALL.into_iter().map(Table::name).collect();
        format!("no such table; there are {}", names.join(", "))
    })
}

impl ReferenceCommand {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => list(context, args),
            Self::Show(args) => show(context, args),
            Self::Import(args) => args.run(context),
        }
    }
}

fn list(context: Context, args: &ListArgs) -> Result<Exit, CliError> {
    let tables = args.table.map_or_else(|| Table::ALL.to_vec(), |table| vec![table]);
    let mut all = Vec::new();
    for table in tables {
        let mut rows = match (&args.reference, table) {
            (Some(file), Table::Occupations | Table::Fields) => reference_import::rows_of(file, table)?,
            _ => table.rows(),
        };
        rows.retain(|row| asked_for(row, args));
        all.push((table, rows));
    }
    if context.json {
        let all: serde_json::Map<String, Value> =
            all.into_iter().map(|(table, rows)| (table.name().to_owned(), rows.into())).collect();
        out::json(&all.into())?;
        return Ok(Exit::Done);
    }
    for (table, rows) in all {
        out::line(format_args!("{} ({})", table.name(), rows.len()))?;
        for row in &rows {
            out::line(line(table, row))?;
        }
    }
    out::line("\n--json adds sources, dates and notes. What is not listed is unknown.")?;
    Ok(Exit::Done)
}

/// Rows that have no such member are not asked about it.
fn asked_for(row: &Value, args: &ListArgs) -> bool {
    let fits = |given: &Option<String>, members: [&str; 2]| {
        let Some(given) = given else { return true };
        match members.iter().find_map(|member| row[*member].as_str()) {
            Some(value) => value == given,
            None => true,
        }
    };
    let has_clause = |kind: &String| match row["clauses"].as_array() {
        Some(clauses) => clauses.iter().any(|clause| clause["kind"] == kind.as_str()),
        None => true,
    };
    fits(&args.from, ["origin", "country"])
        && fits(&args.to, ["destination", "destination"])
        && args.clause.as_ref().is_none_or(has_clause)
}

/// One row in one line, for people.
fn line(table: Table, row: &Value) -> String {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or("-");
    match table {
        Table::Frameworks => {
            let versions: Vec<String> =
                row["editions"].as_array().into_iter().flatten().map(edition_line).collect();
            format!("  {:<14} {}: {}", text("id"), text("name"), versions.join("; "))
        }
        Table::Descriptors => format!("  {}:{:<3} {}", text("framework"), text("level"), text("text")),
        Table::Relations => format!(
            "  {:<14} {:>6}  {} {:<3} {} ({})",
            text("framework"),
            text("level"),
            text("target"),
            text("target_level"),
            text("kind"),
            text("certainty")
        ),
        Table::Memberships => {
            format!(
                "  {:<10} {} {} {}",
                text("region"),
                text("country"),
                text("since"),
                row["until"].as_str().map(|day| format!("until {day}")).unwrap_or_default()
            )
        }
        Table::Occupations => {
            let levels: Vec<String> =
                row["skill_levels"].as_array().into_iter().flatten().map(Value::to_string).collect();
            format!("  {:<4} {} (skill level {})", text("code"), text("title"), levels.join(", "))
        }
        Table::Education | Table::Fields | Table::Languages => {
            format!("  {:<6} {}", text("code"), text("title"))
        }
        Table::Instruments => {
            let warnings: Vec<&str> =
                row["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!(
                "  {:<24} {} ({}, {}; {}) {}",
                text("id"),
                text("title"),
                text("kind"),
                text("force"),
                text("certainty"),
                warnings.join(" ")
            )
        }
        Table::Regimes => format!("  {:<26} {}", text("regime"), text("says")),
        Table::Programmes => {
            let gaps = row["success_factors"].as_array().into_iter().flatten();
            let gaps: Vec<&str> =
                gaps.filter(|one| one["status"] == "GAP").filter_map(|one| one["factor"].as_str()).collect();
            format!("  {:<24} {} (nothing stored: {})", text("id"), text("name"), gaps.join(", "))
        }
        Table::Contacts => {
            format!(
                "  {} to {}  {} ({})",
                text("origin"),
                text("destination"),
                text("body"),
                text("certainty")
            )
        }
        Table::Professions => format!(
            "  {} {:<5} {} ({})",
            text("country"),
            text("isco08"),
            text("title"),
            row.pointer("/source/title").and_then(Value::as_str).unwrap_or("-")
        ),
        Table::LeftOut => format!("  {}: {}", text("subject"), text("reason")),
    }
}

fn edition_line(edition: &Value) -> String {
    let levels: Vec<&str> =
        edition["levels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("{} [{}]", edition["version"].as_str().unwrap_or("-"), levels.join(" "))
}

fn show(context: Context, args: &ShowArgs) -> Result<Exit, CliError> {
    let plan = Application {
        plan_months: args.plan_months,
        promoter_years: args.promoter_years,
        experience_months: args.experience_months,
        workers_of_firm: args.workers_of_firm,
    };
    let (mut row, exit) = match (instrument(&args.id), programme(&args.id)) {
        (Some(found), _) => (instrument_row(found), Exit::Done),
        (None, Some(found)) => with_plan(found, &plan),
        (None, None) => {
            let message = format!("`{}` is no instrument or programme known here", args.id);
            let help = "`skillpass reference list instruments` and `… programmes` print the ids";
            return Err(CliError::usage("UNKNOWN_INSTRUMENT", message, help));
        }
    };
    if context.json {
        out::json(&row)?;
        return Ok(exit);
    }
    if let Some(members) = row.as_object_mut() {
        members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
        for (name, value) in members {
            match value.as_str() {
                Some(text) => out::line(format_args!("{name}: {text}"))?,
                None => out::line(format_args!("{name}: {value}"))?,
            }
        }
    }
    Ok(exit)
}

/// A programme with how a plan meets its conditions, where a plan is given.
fn with_plan(found: &Programme, plan: &Application) -> (Value, Exit) {
    let mut row = programme_row(found);
    if *plan == Application::default() {
        return (row, Exit::Done);
    }
    let answers: Vec<_> = found.ask(plan).collect();
    let exit = if answers.iter().any(|answer| answer.met == Some(false)) {
        Exit::Refused
    } else if answers.iter().any(|answer| answer.met.is_none()) {
        Exit::Undecided
    } else {
        Exit::Done
    };
    let answer = |one: &crate::recognition::ConditionAnswer| {
        let status = match one.met {
            Some(true) => "PASS",
            Some(false) => "FAIL",
            None => "UNKNOWN",
        };
        serde_json::json!({"condition": one.condition, "status": status})
    };
    json::set(&mut row, "plan", answers.iter().map(answer).collect::<Vec<_>>());
    json::set(&mut row, "source", source_json(&found.source));
    (row, exit)
}
