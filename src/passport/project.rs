//! The projection of one worker's stream: six sections, as known then, as in force then (SPEC.md, "Passport").
//!
//! A pure function of the records known at `known_at`, so that the answer for a past time never changes.

use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use super::confirmation::Confirmations;
use super::derived::cascade::{replaced_by, settle};
use super::derived::{funding, summary};
use super::record::{Record, Standing};
use super::returnee::returnee;
use super::standings::{VOID, standings};
use super::token::StatusCode;
use crate::crypto::{Hash, PublicKey, base64url_encode};
use crate::event::standing::{Recorded, day_end, day_of, fold_standing, seconds};
use crate::event::{ClaimError, Event, Kind, Section, StreamRecord, UnixMs, WorkerId};
use crate::statement::{StatementError, Unverified, json};
use crate::trust::{Authorisation, HolderKeys, KeyStatement, Question, TrustState};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// What an employer in the destination needs: nothing failed, refused or replaced.
    Employer,
    /// What the home authority needs: the same, and what was replaced.
    Home,
    /// Everything, for the worker.
    Holder,
}

/// A recorded statement that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Its bytes.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Its claims.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Its kind.
    #[error("`{0}` is no kind of record about a worker")]
    Kind(String),
    /// Its key.
    #[error("the key that signed it is not known")]
    Key,
}

impl RecordError {
    /// Stable, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Statement(error) => error.reason(),
            Self::Claim(error) => error.reason,
            Self::Kind(_) => "UNKNOWN_KIND",
            Self::Key => "UNKNOWN_KEY",
        }
    }
}

/// Reads a recorded statement, its signature included.
pub fn read_record(
    text: &str,
    leaf: u64,
    recorded_at: UnixMs,
    trust: &TrustState,
) -> Result<StreamRecord, RecordError> {
    let unverified = Unverified::parse(text)?;
    let clear = unverified.clear();
    let kind = Kind::from_vct(&clear.vct).ok_or_else(|| RecordError::Kind(clear.vct.clone()))?;
    let key = match PublicKey::from_did_jwk(&clear.issuer) {
        Ok(key) => key,
        Err(_) => trust.key(&clear.issuer, &clear.kid).cloned().ok_or(RecordError::Key)?,
    };
    let statement = unverified.verify(&key)?;
    let event = Event::validate(kind, statement.claims())?;
    Ok(StreamRecord { leaf, recorded_at, statement, event })
}

/// One worker's passport, as known and as in force at given times.
#[derive(Debug, Clone)]
pub struct Passport {
    /// Whose.
    pub worker: WorkerId,
    /// Which ledger says so.
    pub origin: String,
    /// Only what was recorded until then (Unix ms).
    pub known_at: UnixMs,
    /// At the end of this day, UTC.
    pub valid_at: Date,
    /// Names and birth date as the opening body saw them.
    pub identity: Map<String, Value>,
    /// The records, by section, oldest first; private ones among them.
    pub records: Vec<Projected>,
    /// Who pays for what: for the worker alone.
    pub funding: Vec<Value>,
    /// Whose key it was by `known_at`.
    pub keys: HolderKeys,
    /// The other passports of the same person whose records are among these.
    pub joined: Vec<WorkerId>,
}

/// A record and who may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    /// What is shown.
    pub record: Record,
    /// A failed attempt or a refusal: for the worker alone, unless the worker shows it.
    pub is_private: bool,
    /// Counsel: for the worker and at home, not for employers.
    pub is_counsel: bool,
}

/// What of `PassportOpened` stands at the head of a passport.
pub(super) const IDENTITY_CLAIMS: [&str; 5] =
    ["family_name", "given_name", "family_name_latin", "given_name_latin", "birth_date"];

impl Passport {
    /// Projects the records of one stream, given in leaf order.
    pub fn project(
        worker: WorkerId,
        records: &[StreamRecord],
        trust: &TrustState,
        known_at: UnixMs,
        valid_at: Date,
    ) -> Self {
        let known: Vec<&StreamRecord> =
            records.iter().filter(|record| record.recorded_at <= known_at).collect();
        let recorded: Vec<Recorded<'_>> = known.iter().map(|record| record.recorded()).collect();
        let day_end = day_end(valid_at);
        let is_void = |one: &StreamRecord| trust.fails_by_key(one);
        let changed = standings(&known, day_end, is_void);
        let said = known.iter().filter(|one| said_on(one) <= valid_at);
        let said: Vec<(&StreamRecord, Option<Authorisation>)> =
            said.map(|one| (*one, authorisation(one, trust))).collect();
        let mut confirmations = Confirmations::default();
        for (one, authorisation) in &said {
            if !changed.contains_key(&one.statement.hash())
                && let Some(authorisation) = authorisation
            {
                confirmations.note(&one.statement, &one.event, authorisation);
            }
        }
        let mut projected: Vec<Projected> = said
            .iter()
            .filter_map(|(one, found)| {
                let code = changed.get(&one.statement.hash()).map_or(StatusCode::Valid, |change| change.code);
                let standing = Standing::of(&one.event, 0, Some(code), valid_at);
                let mut record = Record::of(&one.statement, &one.event, one.recorded_at, standing)?;
                if is_void(one) {
                    record.standing_reason = Some(VOID.to_owned());
                }
                if let Some(found) = found {
                    record.authorised(found);
                }
                let issuer_kind = found.as_ref().map(|found| found.issuer_kind.as_str());
                record.confirmed(issuer_kind, confirmations.of(&one.statement.hash()));
                Some(Projected::of(record, &one.event))
            })
            .collect();
        settle(
            projected.iter_mut().map(|one| &mut one.record),
            &replaced_by(known.iter().map(|one| &one.event)),
        );
        projected.sort_by_key(|one| one.record.section);
        let stands = |hash: &Hash| !changed.contains_key(hash);
        let said = said
            .iter()
            .map(|(one, _)| (one.statement.hash(), one.statement.clear().issuer.as_str(), &one.event));
        let funding = funding(&said, &stands);
        let opened = known.iter().find(|one| one.event.kind() == Kind::PassportOpened);
        let claims = opened.into_iter().flat_map(|one| one.event.claims());
        let identity = claims.filter(|(name, _)| IDENTITY_CLAIMS.contains(&name.as_str()));
        Self {
            worker,
            origin: trust.origin().unwrap_or_default().to_owned(),
            known_at,
            valid_at,
            identity: identity.map(|(name, value)| (name.clone(), value.clone())).collect(),
            records: projected,
            funding,
            keys: holder_keys(&known, &recorded, trust, known_at),
            joined: vec![],
        }
    }

    /// Adds the records of another passport of the same person. Name, birth date and key stay those of this one.
    pub fn join(&mut self, other: Self) {
        self.joined.push(other.worker);
        self.records.extend(other.records);
        self.funding.extend(other.funding);
        self.records.sort_by_key(|one| (one.record.section, one.record.recorded_at));
    }

    /// What this view may see.
    pub fn seen_by(&self, view: View) -> impl Iterator<Item = &Record> {
        seen_by(&self.records, view)
    }

    /// The JSON of `GetPassport`.
    pub fn to_json(&self, view: View) -> Value {
        json::value(&Shown { passport: self, view })
    }

    /// The same as text.
    pub fn to_text(&self, view: View) -> String {
        json::text(&Shown { passport: self, view })
    }

    /// The holder's key, and the recovery that is under way, so that it is seen while it can be stopped.
    fn holder_key_json(&self) -> Value {
        let open = self.keys.recoveries().iter().rfind(|recovery| recovery.is_open(self.known_at));
        let recovery = open.map(|recovery| {
            json!({
                "request": base64url_encode(recovery.request),
                "requested_by": recovery.requested_by,
                "requested_at": recovery.requested_at,
                "confirmed_by": recovery.confirmed_by,
                "usable_from": recovery.usable_from(),
                "kid": recovery.key.thumbprint(),
            })
        });
        json!({"kid": self.keys.current().map(PublicKey::thumbprint), "recovery": recovery})
    }
}

/// Folds what is said of the holder's key, by every record as it was recorded: so the ledger judges who holds it, whatever became of a
/// body's key since.
fn holder_keys(
    known: &[&StreamRecord],
    recorded: &[Recorded<'_>],
    trust: &TrustState,
    known_at: UnixMs,
) -> HolderKeys {
    let changed = fold_standing(recorded, seconds(known_at));
    let mut keys = HolderKeys::new();
    for one in known {
        let kind = one.event.kind();
        if !kind.is_key_evidence() && kind != Kind::HolderKeyRecoveryCancelled {
            continue;
        }
        let clear = one.statement.clear();
        let question = Question::about(&clear.issuer, &one.event, one.leaf, one.recorded_at);
        let body = trust.authorise(&question).ok().map(|found| found.issuer_kind);
        let code = changed.get(&one.statement.hash()).map(|change| change.code);
        keys.apply(&KeyStatement {
            kind,
            hash: one.statement.hash(),
            recorded_at: one.recorded_at,
            issuer: &clear.issuer,
            issuer_kind: body.as_deref(),
            key: clear.holder_key.as_ref(),
            request: one.event.hash("request"),
            stands: matches!(code, None | Some(StatusCode::Superseded)),
        });
    }
    keys
}

impl Projected {
    /// A record and who may see it.
    pub(super) fn of(record: Record, event: &Event) -> Self {
        Self { record, is_private: event.is_private_by_default(), is_counsel: event.is_counsel() }
    }
}

/// What of these a view may see.
pub(super) fn seen_by(records: &[Projected], view: View) -> impl Iterator<Item = &Record> {
    let may_see = move |one: &&Projected| match view {
        View::Holder => true,
        View::Home => !one.is_private,
        View::Employer => !one.is_private && !one.is_counsel && one.record.standing != Standing::Superseded,
    };
    records.iter().filter(may_see).map(|one| &one.record)
}

/// A passport as one view sees it.
struct Shown<'a> {
    passport: &'a Passport,
    view: View,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { passport, view } = *self;
        let seen: Vec<&Record> = passport.seen_by(view).collect();
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("worker", &passport.worker.to_string())?;
        members.serialize_entry("origin", &passport.origin)?;
        members.serialize_entry("known_at", &passport.known_at)?;
        members.serialize_entry("valid_at", &passport.valid_at.to_string())?;
        members.serialize_entry("identity", &passport.identity)?;
        members.serialize_entry("holder_key", &passport.holder_key_json())?;
        let joined: Vec<String> = passport.joined.iter().map(ToString::to_string).collect();
        members.serialize_entry("joined", &joined)?;
        members.serialize_entry("returnee", &returnee_block(&seen, view, passport.valid_at))?;
        members.serialize_entry("sections", &Sections(&seen))?;
        members.serialize_entry("summary", &summary(&seen, passport.valid_at))?;
        if view == View::Holder {
            members.serialize_entry("funding", &passport.funding)?;
        }
        members.end()
    }
}

/// Records by section; each section is there.
struct Sections<'a>(&'a [&'a Record]);

impl Serialize for Sections<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(SECTIONS.len()))?;
        for section in SECTIONS {
            let of_it: Vec<&Record> =
                self.0.iter().copied().filter(|record| record.section == section).collect();
            members.serialize_entry(section.as_str(), &of_it)?;
        }
        members.end()
    }
}

fn returnee_block(seen: &[&Record], view: View, day: Date) -> Value {
    if view == View::Employer { Value::Null } else { returnee(seen, day) }
}

/// The sections of a view, and for the home authority and the worker what a return makes of them.
pub(super) fn shown(records: &[Projected], view: View, day: Date) -> (Value, Value) {
    let seen: Vec<&Record> = seen_by(records, view).collect();
    (json::value(&Sections(&seen)), returnee_block(&seen, view, day))
}

/// The six sections, in the order in which passports show them.
pub const SECTIONS: [Section; 6] = [
    Section::Training,
    Section::Assessment,
    Section::Work,
    Section::Recognition,
    Section::Licence,
    Section::SelfDeclared,
];

/// The day a record speaks from.
fn said_on(record: &StreamRecord) -> Date {
    record.event.award_date().unwrap_or_else(|| day_of(seconds(record.recorded_at)))
}

/// The authorisation that covered the record: a later one does not rename the past.
fn authorisation(record: &StreamRecord, trust: &TrustState) -> Option<Authorisation> {
    let question =
        Question::about(&record.statement.clear().issuer, &record.event, record.leaf, record.recorded_at);
    trust.authorise(&question).ok()
}
