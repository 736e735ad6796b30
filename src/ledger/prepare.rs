//! What can be checked of a statement without knowing its stream: on as many threads as there are cores.
//!
//! Pure but for the trust snapshot, the time and the random source that are handed in. The writer prepares again what was
//! judged by a trust state that has changed since.

use crate::crypto::{Entropy, Hash, PublicKey};
use crate::event::entry::statement_commitment;
use crate::event::{
    Class, Event, Kind, StreamId, UnixMs, WorkerId, document_number_commitment, document_text, latest_day,
};
use crate::recognition::instrument;
use crate::statement::{Clear, Statement, StatusReference, Unverified};
use crate::trust::{KeyVerdict, Question, Refusal, TrustState, stream_of};

use super::OpeningDocument;
use super::error::AppendError;
use super::history::needs_history;

/// How far ahead of the ledger's clock an issuer's may run.
pub const IAT_AHEAD_MAX_SECONDS: i64 = 5 * 60;
/// How far ahead the time inside a `jti` may be: an id of next year would make every later one look old.
pub const ID_AHEAD_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// The longest number of an identity document.
pub const DOCUMENT_NUMBER_BYTES_MAX: usize = 64;

/// The random values of a person entry, drawn off the writer's path.
#[derive(Clone)]
pub(super) struct Blinding {
    pub(super) n_s: [u8; 32],
    pub(super) n_l: [u8; 32],
    pub(super) nonce: [u8; 24],
    pub(super) s: Hash,
}

/// A statement that may be recorded if its stream agrees. Its stream is taken from `sub`, never from the request.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are the large one; a box would cost each an allocation"
)]
pub(super) enum Prepared {
    /// About a worker.
    Person(Person),
    /// About an institution, a publication, or by the ledger itself.
    Public(Public),
}

/// What the writer needs to know of a statement about a worker. The text stays with its sender's request, and the parsed
/// claims behind at the verifier, unless the stream has to judge them: the writer is one thread.
pub(super) struct Person {
    pub(super) worker: WorkerId,
    pub(super) kind: Kind,
    pub(super) id: uuid::Uuid,
    /// The issuer-signed JWT is so many bytes at the front of the text.
    pub(super) jwt_bytes: usize,
    pub(super) blinding: Blinding,
    /// Its key or its body has no authority (any more) to say this anew. What was recorded while it had is acknowledged
    /// again all the same: idempotent for ever.
    pub(super) refusal: Option<AppendError>,
    /// Present exactly if the kind [`needs_history`].
    pub(super) said: Option<Box<Said>>,
    /// The document of an opening, in the spelling of the index of documents.
    pub(super) document: Option<zeroize::Zeroizing<String>>,
    /// The index of a status list that it bears.
    pub(super) status: Option<Box<Borne>>,
}

/// The `status` of a statement, and whose it must be.
pub(super) struct Borne {
    pub(super) reference: StatusReference,
    pub(super) issuer: String,
}

/// A verified statement and its meaning.
pub(super) struct Said {
    pub(super) statement: Statement,
    pub(super) event: Event,
}

/// A public statement: the trust state judges it in order.
pub(super) struct Public {
    pub(super) class: Class,
    pub(super) stream: StreamId,
    pub(super) said: Box<Said>,
}

/// Parsed; its signature is the next thing to check.
pub(super) struct Parsed {
    pub(super) kind: Kind,
    pub(super) unverified: Unverified,
    /// That it must be signed with.
    pub(super) key: PublicKey,
}

/// Parses, verifies the signature and checks everything that needs no stream.
pub(super) fn prepare(
    text: &str,
    document: Option<&OpeningDocument>,
    trust: &TrustState,
    now: UnixMs,
    entropy: &mut impl Entropy,
) -> Result<Prepared, AppendError> {
    let Parsed { kind, unverified, key } = parse(text, trust, now)?;
    admit(unverified.verify(&key)?, kind, document, trust, now, entropy)
}

/// What comes before the signature: the shape, and whose key it must be.
pub(super) fn parse(text: &str, trust: &TrustState, now: UnixMs) -> Result<Parsed, AppendError> {
    let unverified = Unverified::parse(text)?;
    let kind = Kind::from_vct(&unverified.clear().vct).ok_or_else(|| {
        AppendError::invalid(
            "UNKNOWN_KIND",
            "`vct` names no kind of event",
            "`skillpass kinds` lists what can be said",
        )
    })?;
    if kind.class() == Class::Ledger {
        return Err(AppendError::unauthorised(
            "LEDGER_ONLY",
            format!("{} is stated by the ledger itself only", kind.name()),
            "`skillpass kinds` lists what others can say",
        ));
    }
    check_times(unverified.clear(), now)?;
    let key = key_of(unverified.clear(), kind, trust)?;
    Ok(Parsed { kind, unverified, key })
}

/// What comes after it.
pub(super) fn admit(
    statement: Statement,
    kind: Kind,
    document: Option<&OpeningDocument>,
    trust: &TrustState,
    now: UnixMs,
    entropy: &mut impl Entropy,
) -> Result<Prepared, AppendError> {
    if kind != Kind::PassportOpened && document.is_some() {
        return Err(AppendError::invalid(
            "DOCUMENT_WITHOUT_OPENING",
            "a document's number belongs to PassportOpened and to nothing else",
            "send this statement without it",
        ));
    }
    if kind.class() == Class::Institution {
        return admit_public(statement, kind).map(Prepared::Public);
    }
    let (worker, said) = admit_person(statement, kind)?;
    let document = document.map(|document| check_document(&said.event, document)).transpose()?;
    check_award_date(&said.event, now)?;
    let refusal = authorise(&said, trust, now).err();
    let blinding = Blinding::draw(said.statement.jwt(), entropy);
    let (id, jwt_bytes) = (said.statement.clear().id, said.statement.jwt().len());
    let clear = said.statement.clear();
    let status =
        clear.status.clone().map(|reference| Box::new(Borne { reference, issuer: clear.issuer.clone() }));
    let said = needs_history(kind).then(|| Box::new(said));
    Ok(Prepared::Person(Person { worker, kind, id, jwt_bytes, blinding, refusal, said, document, status }))
}

/// What the ledger itself has signed: no clock to compare with, no key to look up.
pub(super) fn prepare_own(text: &str, key: &PublicKey, kind: Kind) -> Result<Prepared, AppendError> {
    let statement = Unverified::parse(text)?.verify(key)?;
    let event = Event::validate(kind, statement.claims())?;
    let stream = stream_of(kind, statement.subject().unwrap_or_default()).ok_or(Refusal::WrongClass(kind))?;
    Ok(Prepared::Public(Public { class: Class::Ledger, stream, said: Box::new(Said { statement, event }) }))
}

impl Blinding {
    fn draw(jwt: &str, entropy: &mut impl Entropy) -> Self {
        // One call for all: each is a system call.
        let random: [u8; 88] = entropy.bytes();
        let (mut n_s, mut n_l, mut nonce) = ([0; 32], [0; 32], [0; 24]);
        n_s.copy_from_slice(&random[..32]);
        n_l.copy_from_slice(&random[32..64]);
        nonce.copy_from_slice(&random[64..]);
        Self { n_s, n_l, nonce, s: statement_commitment(&n_s, jwt) }
    }
}

/// The issuer's clock may be five minutes ahead, and as late as it likes: uploads after weeks offline are normal.
fn check_times(clear: &Clear, now: UnixMs) -> Result<(), AppendError> {
    let now_seconds = i64::try_from(now / 1000).unwrap_or(i64::MAX);
    if clear.issued_at > now_seconds.saturating_add(IAT_AHEAD_MAX_SECONDS) {
        return Err(AppendError::invalid(
            "IAT_IN_FUTURE",
            format!("`iat` is more than {} minutes ahead of the ledger's clock", IAT_AHEAD_MAX_SECONDS / 60),
            "set the clock of the signing machine and issue the statement again",
        ));
    }
    if id_time_ms(clear.id) > now.saturating_add(ID_AHEAD_MAX_MS) {
        return Err(AppendError::invalid(
            "ID_IN_FUTURE",
            "the time inside `jti` is more than 24 hours ahead of the ledger's clock",
            "set the clock of the signing machine and issue the statement again",
        ));
    }
    Ok(())
}

/// RFC 9562 section 5.7: the first 48 bits of a version 7 UUID are Unix milliseconds.
fn id_time_ms(id: uuid::Uuid) -> u64 {
    id_order(id) >> 16
}

/// The first 64 bits of an id: time, then version and the generator's own first random or counting bits. Ids whose order
/// is greater than the stream's greatest are certainly new; the others are looked for by walking the stream.
pub(super) fn id_order(id: uuid::Uuid) -> u64 {
    u64::try_from(id.as_u128() >> 64).unwrap_or(u64::MAX)
}

/// The key of (`iss`, `kid`), whatever its state.
fn key_of(clear: &Clear, kind: Kind, trust: &TrustState) -> Result<PublicKey, AppendError> {
    if kind.is_by_holder() {
        // Whether it is the worker's current key is the stream's to say (`history`).
        return PublicKey::from_did_jwk(&clear.issuer).map_err(|_| {
            AppendError::invalid(
                "HOLDER_ISSUER_REQUIRED",
                format!(
                    "{} is stated by the worker: `iss` must be the did:jwk of the holder key",
                    kind.name()
                ),
                "sign it with the holder key, or use the kind that a body may state",
            )
        });
    }
    let key = trust.key(&clear.issuer, &clear.kid);
    Ok(key.cloned().ok_or_else(|| trust.unknown_key(&clear.issuer, &clear.kid))?)
}

/// A key that was ended or declared compromised, whatever since, signs nothing new.
fn check_key(clear: &Clear, trust: &TrustState, now: UnixMs) -> Result<(), Refusal> {
    match trust.key_verdict(&clear.issuer, &clear.kid, u64::MAX, now) {
        KeyVerdict::Valid => Ok(()),
        KeyVerdict::Invalid => Err(Refusal::KeyEnded(clear.kid.clone())),
        KeyVerdict::Compromised | KeyVerdict::NeedsAnchor(_) => {
            Err(Refusal::KeyCompromised(clear.kid.clone()))
        }
    }
}

fn admit_public(statement: Statement, kind: Kind) -> Result<Public, AppendError> {
    if !statement.is_in_clear() {
        return Err(AppendError::invalid(
            "NOT_IN_CLEAR",
            format!("{} is about an institution: all its claims stand in clear, without `_sd`", kind.name()),
            "issue it with `skillpass issue` or `skillpass authorise`",
        ));
    }
    if statement.clear().status.is_some() {
        return Err(AppendError::invalid(
            "STATUS_NOT_FOR_BODIES",
            format!(
                "{} is about an institution: its end stands in the log in clear, not in a status list",
                kind.name()
            ),
            "leave `status` out",
        ));
    }
    let event = Event::validate(kind, statement.claims())?;
    let stream = stream_of(kind, statement.subject().unwrap_or_default()).ok_or(Refusal::WrongClass(kind))?;
    Ok(Public { class: Class::Institution, stream, said: Box::new(Said { statement, event }) })
}

fn admit_person(statement: Statement, kind: Kind) -> Result<(WorkerId, Said), AppendError> {
    if statement.is_in_clear() {
        return Err(AppendError::invalid(
            "CLAIMS_IN_CLEAR",
            format!("{} is about a person: every claim must be a disclosure", kind.name()),
            "issue it with `skillpass issue`",
        ));
    }
    // DESIGN 4 "Statement": no decoys, so that nothing signed stays unknown to the ledger.
    if !statement.is_complete() {
        return Err(AppendError::invalid(
            "INCOMPLETE_DISCLOSURES",
            "a digest in `_sd` has no disclosure: the ledger records only what it can read in full",
            "send the statement as issued, with every disclosure; withhold claims when presenting, not when recording",
        ));
    }
    let event = Event::validate(kind, statement.claims())?;
    let worker = statement.subject().and_then(|sub| WorkerId::parse(sub).ok()).ok_or_else(|| {
        AppendError::invalid(
            "WORKER_ID_INVALID",
            "`sub` is no worker id in its one spelling",
            "copy it from the claim slip",
        )
    })?;
    if kind.binds_key() && statement.clear().holder_key.is_none() {
        return Err(AppendError::invalid(
            "HOLDER_KEY_MISSING",
            format!("{} carries the holder key in `cnf.jwk`, and there is none", kind.name()),
            "give the worker's public key when issuing",
        ));
    }
    Ok((worker, Said { statement, event }))
}

/// The number must be the one that the opening commits to; it goes no further than the keyed index.
fn check_document(
    event: &Event,
    document: &OpeningDocument,
) -> Result<zeroize::Zeroizing<String>, AppendError> {
    let (country, kind) = (event.text("document_country"), event.text("document_type"));
    let (country, kind) = (country.unwrap_or_default(), kind.unwrap_or_default());
    let number = document.number.as_str();
    let commitment = document_number_commitment(&document.salt, country, kind, number);
    if number.len() <= DOCUMENT_NUMBER_BYTES_MAX
        && event.hash("document_number_commitment") == Some(commitment)
    {
        return Ok(zeroize::Zeroizing::new(document_text(country, kind, number)));
    }
    Err(AppendError::invalid(
        "DOCUMENT_DIFFERS",
        "the document's number and salt are not those of `document_number_commitment`",
        "send the number and the salt with which the commitment was made",
    ))
}

/// No award may lie in the future of the whole earth.
fn check_award_date(event: &Event, now: UnixMs) -> Result<(), AppendError> {
    let Some(date) = event.award_date() else { return Ok(()) };
    if date <= latest_day(now) {
        return Ok(());
    }
    Err(AppendError::invalid(
        "AWARD_DATE_IN_FUTURE",
        format!("`{}` lies in the future", event.kind().award_date_claim().unwrap_or_default()),
        "record it when it has happened",
    ))
}

/// May its issuer say this of a person, by this trust state?
///
/// What the worker says, and what acts on another statement (who may do that depends on the other statement's issuer), is
/// for the stream to judge: `history`.
fn authorise(said: &Said, trust: &TrustState, now: UnixMs) -> Result<(), AppendError> {
    let kind = said.event.kind();
    if !kind.is_by_holder() {
        check_key(said.statement.clear(), trust, now)?;
    }
    if !kind.is_by_holder() && !kind.acts_on_another() {
        trust.allows(&Question::about(&said.statement.clear().issuer, &said.event, u64::MAX, now))?;
    }
    check_instrument(&said.event, trust)
}

/// What decides about recognition rests on an instrument that can be looked up: one of the registry, or one that a body
/// registered here.
fn check_instrument(event: &Event, trust: &TrustState) -> Result<(), AppendError> {
    let decides =
        matches!(event.kind(), Kind::RecognitionApplied | Kind::RecognitionDecided | Kind::LicenceGranted);
    let Some(cited) = event.text("instrument").filter(|_| decides) else { return Ok(()) };
    if instrument(cited).is_some() || trust.knows_agreement(cited) {
        return Ok(());
    }
    Err(AppendError::invalid(
        "UNKNOWN_INSTRUMENT",
        "`instrument` names no instrument of the registry and no agreement registered on this ledger",
        "`skillpass reference list instruments` prints the ids; register an agreement with AgreementRegistered first",
    ))
}
