//! Spreadsheets: one row is one event. A column is a claim's name, dotted for members (`cefr.listening`, `title.en`); a cell
//! of a list is separated by `;`; an empty cell is no claim. The worker's column is called `worker`.

use serde_json::{Map, Value};

use super::claim::{ClaimSpec, Members, Shape};
use super::kind::Kind;
use super::suggest::closest;
use super::template::columns;
use super::value::{check, check_members};
use super::{ClaimError, WorkerId, dates};

/// The longest cell.
const CELL_BYTES_MAX: usize = 8 * 1024;
/// The language that stands for others in templates and examples.
pub(super) const TEMPLATE_LANGUAGE: &str = "en";
/// In front of the columns that open a passport for a worker who has none yet.
pub(super) const OPENING_PREFIX: &str = "open.";

impl Kind {
    /// The claims object of one spreadsheet row: column names to JSON values (dotted names make nested objects,
    /// `;`-separated lists where the claim is a list). Every bad cell is reported, each with its column. `worker` may be
    /// empty: then there is no `sub`, and the importer must choose one (see [`split_opening_columns`]).
    pub fn claims_from_row<T: AsRef<str>>(
        self,
        row: &[(T, T)],
    ) -> Result<Map<String, Value>, Vec<ClaimError>> {
        let members = &self.spec().members;
        let (claims, mut errors) = read_cells(members, row);
        errors.extend(missing(members, &claims, &errors));
        if errors.is_empty() {
            // Rules between claims mean something only where the claims do.
            errors = broken_rules(members, &claims);
        }
        if errors.is_empty() { Ok(claims) } else { Err(errors) }
    }

    /// The claims of single cells, as [`Self::claims_from_row`] reads them, without asking for those that are not there.
    pub fn claims_from_cells<T: AsRef<str>>(
        self,
        row: &[(T, T)],
    ) -> Result<Map<String, Value>, Vec<ClaimError>> {
        let (claims, errors) = read_cells(&self.spec().members, row);
        if errors.is_empty() { Ok(claims) } else { Err(errors) }
    }
}

/// What can be read, and every cell that cannot.
fn read_cells<T: AsRef<str>>(members: &Members, row: &[(T, T)]) -> (Map<String, Value>, Vec<ClaimError>) {
    let mut errors = Vec::new();
    let mut cells: Map<String, Value> = Map::new();
    let mut used: Vec<&str> = Vec::new();
    for (column, cell) in row {
        let (column, cell) = (column.as_ref().trim(), cell.as_ref().trim());
        if used.contains(&column) {
            errors.push(ClaimError::new(column, "DUPLICATE_COLUMN", "stands in the header twice"));
            continue;
        }
        used.push(column);
        match place(members, column, cell) {
            Ok(Some(value)) => insert(&mut cells, claim_name(column), value),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    (ordered(members, cells), errors)
}

/// Separates a row into the event's own columns and those that open a passport, their prefix `open.` taken off.
#[expect(clippy::type_complexity, reason = "two rows of the same shape as the one given")]
pub fn split_opening_columns<'a>(
    row: &[(&'a str, &'a str)],
) -> (Vec<(&'a str, &'a str)>, Vec<(&'a str, &'a str)>) {
    let (mut own, mut opening) = (Vec::with_capacity(row.len()), Vec::new());
    for &(column, cell) in row {
        match column.trim().strip_prefix(OPENING_PREFIX) {
            Some(bare) => opening.push((bare, cell)),
            None => own.push((column, cell)),
        }
    }
    (own, opening)
}

/// What must be there and is not; `sub` may still come. A column that was refused is not missing too.
fn missing(members: &Members, claims: &Map<String, Value>, refused: &[ClaimError]) -> Vec<ClaimError> {
    let is_refused = |spec: &ClaimSpec| {
        refused.iter().any(|error| error.claim.split('.').next() == Some(column_name(spec.name)))
    };
    let required = members.claims.iter().filter(|spec| spec.required && spec.name != "sub");
    let absent = required.filter(|spec| !claims.contains_key(spec.name) && !is_refused(spec));
    absent
        .map(|spec| ClaimError::new(first_column(spec), "MISSING_CLAIM", format!("is empty. {}", spec.doc)))
        .collect()
}

/// What rules inside and between claims say.
fn broken_rules(members: &Members, claims: &Map<String, Value>) -> Vec<ClaimError> {
    let complete = claims.contains_key("sub");
    match check_members(members, claims, complete) {
        // What one cell breaks is told under its column.
        Err(error) => vec![broken_cell(members, claims).unwrap_or(error)],
        // Without the worker the rules still hold or fail, as long as they are told that all else is there.
        Ok(()) if !complete => {
            (members.rule)(&super::claim::Present { claims, complete: true }).err().into_iter().collect()
        }
        Ok(()) => Vec::new(),
    }
}

fn broken_cell(members: &Members, claims: &Map<String, Value>) -> Option<ClaimError> {
    members.claims.iter().find_map(|spec| {
        let error = check(&spec.shape, claims.get(spec.name)?).err()?;
        Some(error.under(column_name(spec.name)))
    })
}

fn ordered(members: &Members, mut claims: Map<String, Value>) -> Map<String, Value> {
    members.claims.iter().filter_map(|spec| claims.remove_entry(spec.name)).collect()
}

fn claim_name(column: &str) -> &str {
    if column == "worker" { "sub" } else { column }
}

pub(super) fn column_name(claim: &str) -> &str {
    if claim == "sub" { "worker" } else { claim }
}

fn first_column(spec: &ClaimSpec) -> String {
    columns(std::slice::from_ref(spec))
        .into_iter()
        .next()
        .map_or_else(|| spec.name.to_owned(), |column| column.name)
}

/// The value of one cell, if it is not empty, checked by itself.
fn place(members: &Members, column: &str, cell: &str) -> Result<Option<Value>, ClaimError> {
    let known = |name: &str| members.claims.iter().find(|spec| spec.name == name);
    let (name, member) = column.split_once('.').map_or((column, None), |(name, member)| (name, Some(member)));
    let spec = known(claim_name(name)).filter(|_| column != "sub");
    let shape = match (spec.map(|spec| spec.shape), member) {
        (Some(Shape::Object(inner)), Some(member)) => {
            inner.claims.iter().find(|spec| spec.name == member).map(|spec| spec.shape)
        }
        (Some(Shape::Localised(max)), Some(_)) => Some(Shape::Text(max)),
        (Some(Shape::Object(_) | Shape::Localised(_)), None) | (_, Some(_)) => None,
        (shape, None) => shape,
    };
    let Some(shape) = shape.filter(is_flat) else {
        let all = columns(members.claims);
        let similar = column.len() <= 64 && !column.is_empty();
        let hint = members.claims.iter().map(|spec| column_name(spec.name));
        let hint = similar.then(|| closest(name, hint)).flatten();
        let hint = hint.and_then(|close| {
            all.iter().map(|column| column.name.as_str()).find(|column| column.starts_with(close))
        });
        let hint = hint.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
        let message = format!("is no column of this kind{hint}; the template lists them");
        return Err(ClaimError::new(dates::shown(column), "UNKNOWN_COLUMN", message));
    };
    if cell.is_empty() {
        return Ok(None);
    }
    let value = parse_cell(&shape, cell).and_then(|value| check(&shape, &value).map(|()| value));
    value.map(Some).map_err(|error| of_cell(&error, column))
}

/// The error of a cell names its column, and of a list the item.
fn of_cell(error: &ClaimError, column: &str) -> ClaimError {
    let item = error.claim.parse::<usize>().ok();
    let message = item.map_or_else(
        || error.message.clone(),
        |at| format!("item {}: {}", at.saturating_add(1), error.message),
    );
    ClaimError { claim: column.to_owned(), message, reason: error.reason }
}

/// Reads a cell as people and spreadsheet programs write it: upper and lower case are forgiven where only one is right.
fn parse_cell(shape: &Shape, cell: &str) -> Result<Value, ClaimError> {
    if cell.len() > CELL_BYTES_MAX {
        return Err(ClaimError::new(
            "",
            "TOO_LONG",
            format!("the cell has {} bytes; at most {CELL_BYTES_MAX} are allowed", cell.len()),
        ));
    }
    Ok(match shape {
        Shape::List(item, _) => {
            let parts = cell.split(';').map(str::trim).filter(|part| !part.is_empty());
            let items = parts.enumerate();
            let items = items.map(|(at, part)| parse_cell(item, part).map_err(|e| e.under(&at.to_string())));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Shape::Bool => match cell.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(ClaimError::new("", "WRONG_TYPE", "must be true or false")),
        },
        Shape::Integer(..) => match cell.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => return Err(ClaimError::new("", "WRONG_TYPE", "must be a whole number, digits only")),
        },
        Shape::Choice(words) => words
            .iter()
            .find(|word| word.eq_ignore_ascii_case(cell))
            .map_or_else(|| cell.into(), |word| (*word).into()),
        Shape::Country => cell.to_ascii_uppercase().into(),
        // An apostrophe in front keeps spreadsheet programs from taking `-…` for a formula.
        Shape::Hash | Shape::Bytes16 => {
            cell.strip_prefix('\'').filter(|bare| bare.starts_with('-')).unwrap_or(cell).into()
        }
        Shape::Date => match dates::parse_date(cell) {
            Err((reason @ "MALFORMED_DATE", message)) => {
                return Err(ClaimError::new("", reason, format!("{message}{}", dates::hint(cell))));
            }
            // The shape's own check says the rest.
            _ => cell.into(),
        },
        Shape::WorkerId => match WorkerId::parse_lenient(cell) {
            Ok(id) => id.to_string().into(),
            Err(error) => return Err(ClaimError::new("", error.reason(), error.to_string())),
        },
        _ => cell.into(),
    })
}

fn insert(claims: &mut Map<String, Value>, column: &str, value: Value) {
    match column.split_once('.') {
        None => {
            claims.insert(column.to_owned(), value);
        }
        Some((name, member)) => {
            let object = claims.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Some(object) = object.as_object_mut() {
                object.insert(member.to_owned(), value);
            }
        }
    }
}

/// Whether values of this shape fit into one cell.
pub(super) fn is_flat(shape: &Shape) -> bool {
    match shape {
        Shape::Jwk => false,
        Shape::List(item, _) => {
            !matches!(item, Shape::List(..) | Shape::Object(_) | Shape::Jwk | Shape::Localised(_))
        }
        _ => true,
    }
}

/// As the `example` of an object claim: leave it out of the kind's example.
pub(super) const NOT_IN_EXAMPLE: &str = "-";

/// The value of a claim in its kind's example, if it has one.
pub(super) fn example_value(spec: &ClaimSpec) -> Option<Value> {
    match spec.shape {
        Shape::Object(members) => (spec.example != NOT_IN_EXAMPLE).then(|| example_object(members)),
        Shape::List(Shape::Object(members), _) if spec.example != NOT_IN_EXAMPLE => {
            Some(vec![example_object(members)].into())
        }
        Shape::List(Shape::Jwk, _) => Some(vec![example_key(spec.example)].into()),
        Shape::Jwk => Some(example_key(spec.example)),
        Shape::Localised(_) if !spec.example.is_empty() => {
            Some(serde_json::json!({TEMPLATE_LANGUAGE: spec.example}))
        }
        _ if spec.example.is_empty() || spec.example == NOT_IN_EXAMPLE => None,
        shape => parse_cell(&shape, spec.example).ok(),
    }
}

fn example_object(members: &Members) -> Value {
    let named = members.claims.iter().filter_map(|spec| Some((spec.name.to_owned(), example_value(spec)?)));
    Value::Object(named.collect())
}

fn example_key(x: &str) -> Value {
    serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x})
}
