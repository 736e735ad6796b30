//! Signing rows on every core: it costs a registrar's machine more than anything else of an import.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;

use super::check::CheckedRow;
use super::cores::on_all_cores;
use super::signed::{SignedFile, SignedRow};
use crate::cli::draft::Draft;
use crate::cli::error::CliError;
use crate::cli::{clock, document};
use crate::crypto::PrivateKey;
use crate::event::Kind;
use crate::statement::StatusReference;

/// What every row is signed as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) kind: Kind,
    pub(super) issuer: &'a str,
    pub(super) key: &'a PrivateKey,
}

/// Units that are signed, and written to disk, together.
const LOT_UNITS: usize = 4096;

/// Rows that are signed one after the other, each with its place in the spreadsheet: one alone, or all about a person whose
/// passport the first of them opens.
struct Unit<'a> {
    rows: Vec<(usize, &'a mut CheckedRow)>,
    /// An earlier row about the same person, whose passport these go into.
    opened: Option<SignedRow>,
    /// One for each statement that it comes to, as far as there are any.
    indexes: Vec<StatusReference>,
}

impl Signer<'_> {
    /// Signs rows, taking their claims, and makes them durable, these while the next are signed. `indexes` of status lists go to
    /// the statements as far as they reach.
    pub(super) fn sign(
        self,
        file: &mut SignedFile,
        rows: Vec<&mut CheckedRow>,
        indexes: Vec<StatusReference>,
    ) -> Result<(), CliError> {
        let mut units = units(rows, &file.people(), indexes).into_iter();
        let (signed, to_write) = sync_channel::<Vec<SignedRow>>(1);
        std::thread::scope(|scope| {
            let writing = scope.spawn(move || {
                // With nothing to sign, too, the file says whose it is.
                file.append(Vec::new())?;
                to_write.into_iter().try_for_each(|lot| file.append(lot))
            });
            let mut outcome = Ok(());
            while outcome.is_ok() {
                let lot: Vec<Unit<'_>> = units.by_ref().take(LOT_UNITS).collect();
                if lot.is_empty() {
                    break;
                }
                match self.lot(lot) {
                    Ok(lot) => {
                        if signed.send(lot).is_err() {
                            break; // The file cannot be written: the end of that thread says why.
                        }
                    }
                    Err(error) => outcome = Err(error),
                }
            }
            drop(signed);
            let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome.and(written)
        })
    }

    fn lot(self, units: Vec<Unit<'_>>) -> Result<Vec<SignedRow>, CliError> {
        let signed: Result<Vec<_>, CliError> =
            on_all_cores(units, |unit| self.unit(unit)).into_iter().collect();
        let mut signed: Vec<(usize, SignedRow)> = signed?.into_iter().flatten().collect();
        signed.sort_unstable_by_key(|(place, _)| *place);
        Ok(signed.into_iter().map(|(_, row)| row).collect())
    }

    fn unit(self, unit: Unit<'_>) -> Result<Vec<(usize, SignedRow)>, CliError> {
        let Unit { rows, mut opened, mut indexes } = unit;
        let mut signed = Vec::with_capacity(rows.len());
        for (place, row) in rows {
            let one = self.row(row, opened.take(), &mut indexes)?;
            opened = row.open.is_some().then(|| one.clone());
            signed.push((place, one));
        }
        Ok(signed)
    }

    /// `opened` is an earlier row about the same person, whose passport this one goes into.
    fn row(
        self,
        row: &mut CheckedRow,
        opened: Option<SignedRow>,
        indexes: &mut Vec<StatusReference>,
    ) -> Result<SignedRow, CliError> {
        let Self { kind, issuer, key } = self;
        let mut claims = std::mem::take(&mut row.claims);
        let mut signed = SignedRow { row: row.digest.clone(), ..SignedRow::default() };
        if let Some(open) = &mut row.open {
            let worker =
                opened.as_ref().map_or_else(|| clock::new_worker().to_string(), |row| row.worker.clone());
            claims.insert("sub".into(), worker.as_str().into());
            signed.person = Some(open.person.clone());
            if let Some(opened) = opened {
                (signed.name, signed.document_salt, signed.open) =
                    (opened.name, opened.document_salt, opened.open);
            } else {
                let mut opening = std::mem::take(&mut open.claims);
                opening.insert("sub".into(), worker.as_str().into());
                signed.name = Some(document::full_name(&opening));
                signed.document_salt = open.document.as_ref().map(|document| document.salt.clone());
                let mut draft = Draft::new(Kind::PassportOpened, issuer, opening)?;
                draft.status = indexes.pop();
                signed.open = Some(draft.sign(key)?);
            }
        }
        let mut draft = Draft::new(kind, issuer, claims)?;
        draft.status = indexes.pop();
        let worker = draft.claims.get("sub").and_then(serde_json::Value::as_str).unwrap_or_default();
        worker.clone_into(&mut signed.worker);
        signed.jti = format!("urn:uuid:{}", draft.id);
        signed.statement = draft.sign(key)?;
        Ok(signed)
    }
}

fn units<'a>(
    rows: Vec<&'a mut CheckedRow>,
    people: &HashMap<String, SignedRow>,
    indexes: Vec<StatusReference>,
) -> Vec<Unit<'a>> {
    let mut units: Vec<Unit<'a>> = Vec::with_capacity(rows.len());
    let mut of_people: HashMap<String, usize> = HashMap::new();
    let mut indexes = indexes.into_iter();
    for (place, row) in rows.into_iter().enumerate() {
        let person = row.open.as_ref().map(|open| open.person.clone());
        let at = person.as_ref().and_then(|person| of_people.get(person).copied());
        if let Some(unit) = at.and_then(|at| units.get_mut(at)) {
            unit.rows.push((place, row));
            unit.indexes.extend(indexes.next());
            continue;
        }
        let opened = person.as_ref().and_then(|person| people.get(person).cloned());
        let statements = if person.is_some() && opened.is_none() { 2 } else { 1 };
        if let Some(person) = person {
            of_people.insert(person, units.len());
        }
        let indexes = indexes.by_ref().take(statements).collect();
        units.push(Unit { rows: vec![(place, row)], opened, indexes });
    }
    units
}
