//! Signing rows on every core, lot by lot: one is signed while the one before it goes to disk, and that before is sent.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;

use tokio::sync::mpsc::Sender;

use super::check::CheckedRow;
use super::cores::on_all_cores;
use super::signed::{SignedFile, SignedRow};
use crate::cli::document::Committed;
use crate::cli::draft::Draft;
use crate::cli::error::CliError;
use crate::cli::issue::hash_of;
use crate::cli::{clock, document};
use crate::crypto::PrivateKey;
use crate::event::Kind;
use crate::statement::StatusReference;

/// What every row is signed as.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) kind: Kind,
    pub(super) issuer: String,
    pub(super) key: PrivateKey,
}

/// Units that are signed, written to disk, and sent, together.
const LOT_UNITS: usize = 2048;

/// A row that is signed.
#[derive(Debug)]
pub(super) struct Ready {
    /// The spreadsheet's own row number.
    pub(super) number: u64,
    /// The document that its opening commits to, where the row has its number.
    pub(super) document: Option<Committed>,
    /// What was signed for it.
    pub(super) signed: SignedRow,
    /// The statement's hash.
    pub(super) hash: String,
}

impl Ready {
    /// A row with what was signed for it, now or by an earlier run: the document as the row has it, the salt with which it was
    /// committed to when it was signed.
    pub(super) fn new(row: CheckedRow, signed: SignedRow) -> Self {
        let document = row.open.and_then(|open| open.document).zip(signed.document_salt.clone());
        let document = document.map(|(document, salt)| Committed { salt, ..document });
        Self { number: row.number, document, hash: hash_of(&signed.statement), signed }
    }
}

/// Rows that are signed one after the other: one alone, or all about a person whose passport the first of them opens.
#[derive(Debug)]
pub(super) struct Unit {
    rows: Vec<CheckedRow>,
    /// An earlier row about the same person, whose passport these go into.
    opened: Option<SignedRow>,
    /// One for each statement that it comes to, as far as there are any.
    indexes: Vec<StatusReference>,
}

impl Signer {
    /// Signs rows and hands out each lot once it is durable; what an earlier run has signed comes first. Stops early if nobody
    /// takes them any more.
    pub(super) fn sign(
        &self,
        mut file: SignedFile,
        earlier: Vec<Ready>,
        units: Vec<Unit>,
        ready: &Sender<Vec<Ready>>,
    ) -> Result<SignedFile, CliError> {
        let (signed, to_write) = sync_channel::<Vec<Ready>>(1);
        std::thread::scope(|scope| {
            let file = &mut file;
            let writing = scope.spawn(move || {
                for lot in lots(earlier) {
                    if ready.blocking_send(lot).is_err() {
                        return Ok(());
                    }
                }
                // With nothing to sign, too, the file says whose it is.
                file.append(&[])?;
                for lot in to_write {
                    file.append(&lot)?;
                    if ready.blocking_send(lot).is_err() {
                        break;
                    }
                }
                Ok(())
            });
            // Where nothing more is taken, the end of that thread says why.
            let signs = |lot| signed.send(self.lot(lot).map_err(Some)?).map_err(|_| None);
            let outcome = lots(units).try_for_each(signs);
            drop(signed);
            let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match outcome {
                Err(Some(error)) => Err(error),
                Ok(()) | Err(None) => written,
            }
        })?;
        Ok(file)
    }

    fn lot(&self, units: Vec<Unit>) -> Result<Vec<Ready>, CliError> {
        let signed: Result<Vec<_>, CliError> =
            on_all_cores(units, |unit| self.unit(unit)).into_iter().collect();
        let mut signed: Vec<Ready> = signed?.into_iter().flatten().collect();
        signed.sort_unstable_by_key(|row| row.number);
        Ok(signed)
    }

    fn unit(&self, unit: Unit) -> Result<Vec<Ready>, CliError> {
        let Unit { rows, mut opened, mut indexes } = unit;
        let mut signed = Vec::with_capacity(rows.len());
        for mut row in rows {
            let one = self.row(&mut row, opened.take(), &mut indexes)?;
            opened = row.open.is_some().then(|| one.clone());
            signed.push(Ready::new(row, one));
        }
        Ok(signed)
    }

    /// `opened` is an earlier row about the same person, whose passport this one goes into.
    fn row(
        &self,
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
        let mut draft = Draft::new(*kind, issuer, claims)?;
        draft.status = indexes.pop();
        let worker = draft.claims.get("sub").and_then(serde_json::Value::as_str).unwrap_or_default();
        worker.clone_into(&mut signed.worker);
        signed.jti = format!("urn:uuid:{}", draft.id);
        signed.statement = draft.sign(key)?;
        Ok(signed)
    }
}

/// Rows as they are signed. `people` are those whose passport an earlier run has opened; `indexes` of status lists go to the
/// statements as far as they reach.
pub(super) fn units(
    rows: Vec<CheckedRow>,
    people: &HashMap<String, SignedRow>,
    indexes: Vec<StatusReference>,
) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(rows.len());
    let mut of_people: HashMap<String, usize> = HashMap::new();
    let mut indexes = indexes.into_iter();
    for row in rows {
        let person = row.open.as_ref().map(|open| open.person.clone());
        let at = person.as_ref().and_then(|person| of_people.get(person).copied());
        if let Some(unit) = at.and_then(|at| units.get_mut(at)) {
            unit.rows.push(row);
            unit.indexes.extend(indexes.next());
            continue;
        }
        let opened = person.as_ref().and_then(|person| people.get(person).cloned());
        let statements = if person.is_some() && opened.is_none() { 2 } else { 1 };
        if let Some(person) = person {
            of_people.insert(person, units.len());
        }
        let indexes = indexes.by_ref().take(statements).collect();
        units.push(Unit { rows: vec![row], opened, indexes });
    }
    units
}

/// Lots of at most [`LOT_UNITS`].
fn lots<T>(items: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut items = items.into_iter();
    std::iter::from_fn(move || {
        let lot: Vec<T> = items.by_ref().take(LOT_UNITS).collect();
        (!lot.is_empty()).then_some(lot)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISS: &str = "https://school.example.invalid";

    fn checked(number: u64) -> CheckedRow {
        let claims = json!({
            "sub": clock::new_worker().to_string(), "issuing_country": "PH", "title": {"en": "Bricklaying"},
            "learning_setting": "FORMAL", "completed_on": "2024-06-28",
        });
        let Value::Object(claims) = claims else { unreachable!("an object") };
        CheckedRow { number, digest: format!("row-{number}"), claims, open: None }
    }

    fn signed(take: usize) -> (Vec<Vec<Ready>>, Vec<usize>, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.signed");
        let file = SignedFile::open(&path, Kind::TrainingCompleted, ISS).unwrap();
        let key = PrivateKey::from_ed25519_seed(&[7; 32]);
        let signer = Signer { kind: Kind::TrainingCompleted, issuer: ISS.into(), key };
        let rows: Vec<CheckedRow> = (2..).take(LOT_UNITS * 6).map(checked).collect();
        let (ready, mut lots) = tokio::sync::mpsc::channel(1);
        let (mut taken, mut on_disk) = (Vec::new(), Vec::new());
        std::thread::scope(|scope| {
            let units = units(rows, &HashMap::new(), Vec::new());
            let signing = scope.spawn(move || signer.sign(file, Vec::new(), units, &ready).map(|_| ()));
            for _ in 0..take {
                let Some(lot) = lots.blocking_recv() else { break };
                let text = std::fs::read_to_string(&path).unwrap();
                let lines = text.lines().skip(1 + taken.len() * LOT_UNITS);
                on_disk.push(
                    lot.iter().zip(lines).filter(|(row, line)| line.contains(&row.signed.statement)).count(),
                );
                taken.push(lot);
            }
            drop(lots);
            signing.join().unwrap().unwrap();
        });
        (taken, on_disk, std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_lot_is_in_the_file_before_it_is_handed_out_and_all_come_in_the_spreadsheets_order() {
        let (lots, on_disk, text) = signed(usize::MAX);
        assert_eq!(on_disk, [LOT_UNITS; 6]);
        assert!(lots.iter().flatten().map(|row| row.number).eq((2..).take(LOT_UNITS * 6)));
        assert_eq!(text.lines().count(), 1 + LOT_UNITS * 6, "a header, and a line for each row");
    }

    #[test]
    fn what_nobody_takes_any_more_is_not_signed() {
        let (_, _, text) = signed(1);
        let rows = text.lines().count() - 1;
        // One that was taken, one that lies ready, and one that was to be handed out.
        assert!((1..=3).map(|lots| lots * LOT_UNITS).any(|lots| rows == lots), "{rows} rows");
    }
}
