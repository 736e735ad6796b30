//! Playing the steps of all journeys in the order of their days, each appended over gRPC to its side's ledger.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::cast::{Cast, sign, write_key};
use super::journey::{Journey, Side, Step, resolve};
use super::stage::Stage;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::crypto::{Entropy as _, OsEntropy, PrivateKey, base64url_encode, sha256};
use crate::event::{Class, Event, Kind, WorkerId, document_number_commitment};
use crate::pb;

/// One worker of the demo, on their way.
pub(super) struct Traveller {
    pub(super) worker: WorkerId,
    pub(super) holder: PrivateKey,
    /// Whether the holder key is bound on a side.
    bound: Vec<Side>,
    /// Sides with a stream of this worker.
    pub(super) sides: Vec<Side>,
    /// Hash of the statement of each named step.
    hashes: HashMap<String, String>,
    /// `jti` of the statement of each named step.
    pub(super) ids: HashMap<String, String>,
    /// What the ledgers refused: (day, kind, reason, message).
    pub(super) refusals: Vec<(String, String, String, String)>,
    /// Of the document number's commitment: the holder has one for all openings.
    salt: [u8; 16],
    person: Option<Value>,
    files: usize,
}

/// Plays every step of every journey; answers a traveller for each.
pub(super) async fn play(
    stage: &Stage,
    cast: &Cast,
    journeys: &[Journey],
    out: &Path,
) -> Result<Vec<Traveller>, CliError> {
    let mut travellers: Vec<Traveller> = journeys.iter().map(|_| Traveller::new()).collect();
    let mut days: BTreeMap<Date, Vec<(usize, &Step)>> = BTreeMap::new();
    for (at, journey) in journeys.iter().enumerate() {
        for step in &journey.steps {
            let day: Date = step.on.parse().map_err(|_| wrong(journey, step, "its day is no date"))?;
            days.entry(day).or_default().push((at, step));
        }
    }
    for (day, steps) in days {
        for (second, (at, step)) in (0_u64..).zip(steps) {
            stage.clock.set(noon_ms(day)? + second * 1000);
            let (Some(journey), Some(traveller)) = (journeys.get(at), travellers.get_mut(at)) else {
                continue;
            };
            traveller.take(stage, cast, journey, step, out).await?;
        }
    }
    for (journey, traveller) in journeys.iter().zip(&travellers) {
        write_key(&out.join("keys"), &format!("{}.holder", journey.id), &traveller.holder)?;
        if let Some(person) = &traveller.person {
            files::create_secret(
                &out.join("keys").join(format!("{}.person.json", journey.id)),
                format!("{person:#}\n").as_bytes(),
            )?;
        }
    }
    Ok(travellers)
}

impl Traveller {
    fn new() -> Self {
        Self {
            worker: WorkerId(OsEntropy.bytes()),
            holder: PrivateKey::generate_ed25519(&mut OsEntropy),
            bound: Vec::new(),
            sides: Vec::new(),
            hashes: HashMap::new(),
            ids: HashMap::new(),
            refusals: Vec::new(),
            salt: OsEntropy.bytes(),
            person: None,
            files: 0,
        }
    }

    async fn take(
        &mut self,
        stage: &Stage,
        cast: &Cast,
        journey: &Journey,
        step: &Step,
        out: &Path,
    ) -> Result<(), CliError> {
        let kind =
            Kind::from_name(&step.event).ok_or_else(|| wrong(journey, step, "it is no kind of event"))?;
        let side = journey.side_of_step(step).ok_or_else(|| wrong(journey, step, "its side is unknown"))?;
        let claims = self.claims(cast, journey, step, kind);
        Event::check(kind, &claims).map_err(|error| wrong(journey, step, &error.to_string()))?;
        let now_ms = stage.now_ms();
        let holder_key = self.holder.public();
        let carries_key = kind.binds_key() || self.bound.contains(&side);
        let carries_key = carries_key && kind.class() == Class::Person;
        let cnf = carries_key.then_some(&holder_key);
        let statement = if step.by == "worker" {
            sign(kind, &holder_key.did_jwk(), &self.holder, &claims, None, now_ms)?
        } else {
            let issuer = journey.body(&step.by).map(super::journey::Body::issuer).unwrap_or_default();
            let key = cast.key(&issuer).ok_or_else(|| wrong(journey, step, "its body has no key"))?;
            sign(kind, &issuer, key, &claims, cnf, now_ms)?
        };
        let client = &stage.seat(side).client;
        let request = pb::AppendRequest {
            statement: statement.clone(),
            expected_revision: None,
            wait_for_checkpoint: false,
            document: None,
        };
        match (client.ledger().append(request).await, &step.refused) {
            (Ok(answer), None) => {
                let acknowledgement = answer.into_inner().acknowledgement.unwrap_or_default();
                self.remember(journey, step, kind, side, &statement, acknowledgement, out)
            }
            (Err(status), Some(reason)) => {
                let error = client.error(&status);
                if error.reason != *reason {
                    return Err(wrong(
                        journey,
                        step,
                        &format!("refused with {} instead of {reason}: {}", error.reason, error.message),
                    ));
                }
                self.refusals.push((step.on.clone(), step.event.clone(), reason.clone(), error.message));
                Ok(())
            }
            (Ok(_), Some(reason)) => {
                Err(wrong(journey, step, &format!("it was recorded, but should be refused with {reason}")))
            }
            (Err(status), None) => {
                let error = client.error(&status);
                Err(wrong(
                    journey,
                    step,
                    &format!("the ledger refused it with {}: {}", error.reason, error.message),
                ))
            }
        }
    }

    fn claims(&mut self, cast: &Cast, journey: &Journey, step: &Step, kind: Kind) -> Map<String, Value> {
        let by_id = |id: &str| match id.split_once(':') {
            Some(("iss", body)) => Some(journey.body(body)?.issuer()),
            Some(("kid", body)) => Some(cast.key(&journey.body(body)?.issuer())?.public().thumbprint()),
            _ => self.hashes.get(id).cloned(),
        };
        let mut claims: Map<String, Value> =
            step.claims.iter().map(|(name, value)| (name.clone(), resolve(value, &by_id))).collect();
        journey.fill_in(step, kind, &self.worker.to_string(), &mut claims);
        if kind == Kind::PassportOpened
            && let Some(Value::String(number)) = claims.remove("document_number")
        {
            self.commit_document(&mut claims, &number);
        }
        claims
    }

    /// Replaces the number by its commitment and keeps what a verifier at a desk compares with.
    fn commit_document(&mut self, claims: &mut Map<String, Value>, number: &str) {
        let salt = self.salt;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let commitment =
            document_number_commitment(&salt, &text("document_country"), &text("document_type"), number);
        self.person = Some(json!({
            "family_name": text("family_name"), "given_name": text("given_name"), "birth_date": text("birth_date"),
            "document_type": text("document_type"), "document_country": text("document_country"),
            "document_number": number, "document_salt": base64url_encode(salt),
        }));
        claims.insert("document_number_commitment".into(), base64url_encode(commitment).into());
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call, each argument a different fact of the acknowledged step"
    )]
    fn remember(
        &mut self,
        journey: &Journey,
        step: &Step,
        kind: Kind,
        side: Side,
        statement: &str,
        acknowledgement: pb::Acknowledgement,
        out: &Path,
    ) -> Result<(), CliError> {
        if kind.binds_key() {
            self.bound.push(side);
        }
        if kind.class() == Class::Person && !self.sides.contains(&side) {
            self.sides.push(side);
        }
        if let Some(id) = &step.id {
            let jwt = statement.split('~').next().unwrap_or_default();
            self.hashes.insert(id.clone(), base64url_encode(sha256(&[jwt.as_bytes()])));
            self.ids.insert(id.clone(), acknowledgement.jti);
        }
        self.files += 1;
        let name = format!("{}.{:02}-{}.{}.sdjwt", journey.id, self.files, step.event, step.by);
        files::replace(&out.join("statements").join(name), format!("{statement}\n").as_bytes())
    }
}

/// Noon of a day, UTC, as Unix milliseconds.
pub(super) fn noon_ms(day: Date) -> Result<u64, CliError> {
    let noon = day.to_datetime(time(12, 0, 0, 0)).to_zoned(TimeZone::UTC);
    let ms = noon.ok().and_then(|noon| u64::try_from(noon.timestamp().as_millisecond()).ok());
    ms.ok_or_else(|| {
        CliError::usage("JOURNEY_INVALID", format!("{day} is before 1970"), "choose a later day")
    })
}

fn wrong(journey: &Journey, step: &Step, what: &str) -> CliError {
    let line = step.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let message = format!(
        "journey {}: {line}step {} ({} by {} on {}): {what}",
        journey.id, step.number, step.event, step.by, step.on
    );
    CliError::refused(
        "JOURNEY_REFUSED",
        message,
        "`skillpass kinds KIND --schema` lists the claims of a kind",
    )
}
