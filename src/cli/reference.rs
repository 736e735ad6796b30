//! `skillpass reference list`: the reference data built in, each row with its source and how sure it is.

use serde_json::{Value, json};

use super::error::{CliError, Exit};
use super::relate::source_json;
use super::{Context, out};
use crate::event::vocab::frameworks;
use crate::recognition::{
    Certainty, EdgeKind, Membership, Parties, Since, edge_rows, instruments, professions,
};

/// Frameworks, relations, instruments, regulated professions
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Print what is built in, each row with its source
    #[command(
        after_help = "Examples:\n  skillpass reference list\n  skillpass reference list frameworks\n  skillpass reference list relations --json"
    )]
    List(ListArgs),
}

/// `reference list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// One table; without it all four
    #[arg(value_enum)]
    table: Option<Table>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Table {
    /// Qualifications frameworks with their editions and levels
    Frameworks,
    /// Published relations between levels
    Relations,
    /// Conventions, arrangements, agreements
    Instruments,
    /// Occupations that a stored law regulates
    Professions,
}

impl Table {
    const ALL: [Self; 4] = [Self::Frameworks, Self::Relations, Self::Instruments, Self::Professions];

    fn name(self) -> &'static str {
        match self {
            Self::Frameworks => "frameworks",
            Self::Relations => "relations",
            Self::Instruments => "instruments",
            Self::Professions => "professions",
        }
    }

    fn rows(self) -> Vec<Value> {
        match self {
            Self::Frameworks => framework_rows(),
            Self::Relations => relation_rows(),
            Self::Instruments => instrument_rows(),
            Self::Professions => profession_rows(),
        }
    }

    /// One row in one line, for people.
    fn line(self, row: &Value) -> String {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or("-");
        match self {
            Self::Frameworks => {
                let versions: Vec<String> =
                    row["editions"].as_array().into_iter().flatten().map(edition_line).collect();
                format!("  {:<14} {}: {}", text("id"), text("name"), versions.join("; "))
            }
            Self::Relations => format!(
                "  {:<14} {:>6}  {} {:<3} {} ({})",
                text("framework"),
                text("level"),
                text("target"),
                text("target_level"),
                text("kind"),
                text("certainty")
            ),
            Self::Instruments => {
                format!("  {:<24} {} ({}, {})", text("id"), text("title"), text("kind"), text("certainty"))
            }
            Self::Professions => {
                format!(
                    "  {} {:<5} {} ({})",
                    text("country"),
                    text("isco08"),
                    text("title"),
                    row["source"]["title"].as_str().unwrap_or("-")
                )
            }
        }
    }
}

impl ReferenceCommand {
    /// Runs it.
    pub(crate) fn run(&self, context: Context) -> Result<Exit, CliError> {
        let Self::List(args) = self;
        let tables = args.table.map_or_else(|| Table::ALL.to_vec(), |table| vec![table]);
        if context.json {
            let all: serde_json::Map<String, Value> =
                tables.iter().map(|table| (table.name().to_owned(), table.rows().into())).collect();
            out::json(&all.into())?;
            return Ok(Exit::Done);
        }
        for table in tables {
            let rows = table.rows();
            out::line(format_args!("{} ({})", table.name(), rows.len()))?;
            for row in &rows {
                out::line(table.line(row))?;
            }
        }
        out::line("\n--json adds sources, dates and notes. What is not listed is unknown.")?;
        Ok(Exit::Done)
    }
}

fn edition_line(edition: &Value) -> String {
    let levels: Vec<&str> =
        edition["levels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("{} [{}]", edition["version"].as_str().unwrap_or("-"), levels.join(" "))
}

fn framework_rows() -> Vec<Value> {
    let row = |framework: &frameworks::Framework| {
        let editions: Vec<Value> = framework
            .editions
            .iter()
            .map(|one| json!({"version": one.version, "levels": one.levels, "from": one.from, "until": one.until}))
            .collect();
        json!({"id": framework.id, "name": framework.name, "editions": editions, "source": framework.source})
    };
    frameworks::all().map(row).collect()
}

fn relation_rows() -> Vec<Value> {
    let row = |edge: crate::recognition::EdgeRow| {
        json!({
            "framework": edge.framework,
            "level": edge.level,
            "target": edge.target,
            "target_level": edge.target_level,
            "kind": edge.kind.map_or("none", EdgeKind::name),
            "certainty": edge.certainty.name(),
            "known_from": edge.since.date().to_string(),
            "source": source_json(edge.source),
            "note": note_json(edge.note),
        })
    };
    edge_rows().map(row).collect()
}

fn instrument_rows() -> Vec<Value> {
    let row = |one: &crate::recognition::Instrument| {
        let (whole, parties) = match one.parties {
            Parties::All(list) => (Some(true), list),
            Parties::Some(list) => (Some(false), list),
            Parties::NotStates => (None, &[][..]),
        };
        let parties: Vec<Value> = parties
            .iter()
            .map(|party| json!({"country": party.country, "membership": membership_name(party.membership)}))
            .collect();
        json!({
            "id": one.id,
            "title": one.title,
            "kind": one.kind.name(),
            "force": one.kind.force(),
            "occupations": one.occupations,
            "signed": one.signed,
            "in_force_from": one.in_force.map(|since| since.date().to_string()),
            "parties": parties,
            "parties_complete": whole,
            "certainty": one.certainty.name(),
            "source": source_json(&one.source),
            "note": note_json(one.note),
        })
    };
    instruments().map(row).collect()
}

fn profession_rows() -> Vec<Value> {
    professions()
        .map(|one| {
            json!({
                "country": one.country,
                "isco08": one.isco08,
                "title": one.title,
                "status": "REGULATED",
                "known_from": one.since.date().to_string(),
                "certainty": Certainty::Sure.name(),
                "source": source_json(&one.source),
            })
        })
        .collect()
}

fn membership_name(membership: Membership) -> String {
    match membership {
        Membership::Party(Since::Exactly(date)) => format!("party since {date}"),
        Membership::Party(Since::Attested(date)) => format!("party, attested on {date}"),
        Membership::NotAParty => "no party".to_owned(),
        Membership::Open => "unknown".to_owned(),
    }
}

fn note_json(note: &str) -> Option<&str> {
    (!note.is_empty()).then_some(note)
}
