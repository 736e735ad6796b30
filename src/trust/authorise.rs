//! Was this body authorised to say this, then? (SPEC.md, "Authorisation" and "Time")

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::Value;

use super::endorse::Endorser;
use super::error::Refusal;
use super::issuer_kind::IssuerKind;
use super::key_life::KeyVerdict;
use super::state::{End, Grant, IssuerKey, Scope, TrustState};
use crate::event::{Event, Kind, UnixMs};

/// One question to [`TrustState::authorise`].
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// The kind stated.
    pub kind: Kind,
    /// The jurisdiction stated in (`issuing_country`), alpha-2; `None` when not disclosed.
    pub country: Option<&'a str>,
    /// The award date, if the kind has one and it is disclosed.
    pub award_date: Option<Date>,
    /// `nqf_level`, if stated and disclosed: framework and code.
    pub level: Option<(&'a str, &'a str)>,
    /// `iscedf_code`, likewise.
    pub field: Option<&'a str>,
    /// `isco08`, likewise.
    pub occupation: Option<&'a str>,
    /// Of a RecognitionDecided: `recognition_kind`, and `decision` if disclosed.
    pub recognition: Option<(&'a str, Option<&'a str>)>,
    /// Leaf of the statement; `u64::MAX` for one that is being appended.
    pub leaf: u64,
    /// When it was (or would be) recorded.
    pub recorded_at: UnixMs,
}

impl<'a> Question<'a> {
    /// The question that `event`, stated by `issuer`, raises.
    pub fn about(issuer: &'a str, event: &'a Event, leaf: u64, recorded_at: UnixMs) -> Self {
        let level = event.claims().get("nqf_level");
        let part = |name| level.and_then(|level| level.get(name)).and_then(Value::as_str);
        Self {
            issuer,
            kind: event.kind(),
            country: event.text("issuing_country"),
            award_date: event.award_date(),
            level: part("framework").zip(part("code")),
            field: event.text("iscedf_code"),
            occupation: event.text("isco08"),
            recognition: event
                .text("recognition_kind")
                .filter(|_| event.kind() == Kind::RecognitionDecided)
                .map(|kind| (kind, event.text("decision"))),
            leaf,
            recorded_at,
        }
    }

    /// The same question about another kind: who may correct a record is who may state it.
    #[must_use]
    pub fn as_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The day that must be covered: the award date, else the day of recording (UTC).
    fn day(&self) -> Date {
        self.award_date.unwrap_or_else(|| day_of(self.recorded_at))
    }
}

/// A recorded statement that another acts on by `target`: a change of its standing, or the answer to a dispute about it.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Who stated it.
    pub issuer: &'a str,
    /// Its kind.
    pub kind: Kind,
    /// Its leaf.
    pub leaf: u64,
    /// When it was recorded.
    pub recorded_at: UnixMs,
}

/// Why a body may state something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorisation {
    /// Where it stands.
    pub leaf: u64,
    /// Who gave it.
    pub authoriser: String,
    /// STATUTE, ACCREDITATION, DESIGNATION, REGISTRATION or MEMBERSHIP; AUTHORISER for a body that acts on a statement of
    /// one below it, CUSTODIAN for one that keeps a closed body's statements.
    pub basis: String,
    /// Name of the body as published in it.
    pub issuer_name: String,
    /// Kind of body, e.g. `COMPETENT_AUTHORITY`.
    pub issuer_kind: String,
    /// Who had endorsed it by then.
    pub endorsed_by: Vec<Endorser>,
}

impl TrustState {
    /// The authorisation under which `question` may be said, or the limit that was exceeded (the nearest miss of all
    /// authorisations the body holds).
    pub fn authorise(&self, question: &Question<'_>) -> Result<Authorisation, Refusal> {
        let grant = self.granting(question)?;
        Ok(Authorisation {
            leaf: grant.leaf,
            authoriser: grant.authoriser.clone(),
            basis: grant.basis.clone(),
            issuer_name: grant.name.clone(),
            issuer_kind: grant.issuer_kind.clone(),
            endorsed_by: self.endorsers(grant, question.leaf),
        })
    }

    /// [`Self::authorise`] for a caller that needs no more than the answer: it is asked for every statement appended.
    pub fn allows(&self, question: &Question<'_>) -> Result<(), Refusal> {
        self.granting(question).map(|_| ())
    }

    fn granting(&self, question: &Question<'_>) -> Result<&Grant, Refusal> {
        let issuer = || question.issuer.to_owned();
        let body = self.bodies.get(question.issuer).ok_or_else(|| Refusal::UnknownIssuer(issuer()))?;
        let mut nearest: Option<(u8, Refusal)> = None;
        for grant in &body.grants {
            match self.covers(grant, question) {
                Ok(()) => return Ok(grant),
                Err(miss) if nearest.as_ref().is_none_or(|(step, _)| miss.0 >= *step) => nearest = Some(miss),
                Err(_) => {}
            }
        }
        Err(nearest.map_or_else(|| Refusal::NotAuthorised(issuer()), |(_, refusal)| refusal))
    }

    /// The authorisation under which a statement may act on `target`. Who was authorised to state a record may always
    /// take it back, even when that authorisation has ended since: nothing wrong may stand for want of a body to
    /// withdraw it. A body above the issuer may as well, and the custodian of one that closed; nobody else.
    pub fn authorise_change(
        &self,
        question: &Question<'_>,
        target: &Target<'_>,
    ) -> Result<Authorisation, Refusal> {
        if question.issuer == target.issuer {
            let then = Question {
                leaf: target.leaf,
                recorded_at: target.recorded_at,
                award_date: None,
                ..*question
            };
            return self.authorise(question).or_else(|_| self.authorise(&then.as_kind(target.kind)));
        }
        let above = self.chain_of(target.issuer).iter().any(|body| body == question.issuer);
        let body = self.bodies.get(question.issuer);
        let not_yours = || Refusal::NotYoursToEnd(question.issuer.to_owned());
        let body = body.ok_or_else(not_yours)?;
        let acting = |leaf, authoriser: &str, basis: &str| Authorisation {
            leaf,
            authoriser: authoriser.to_owned(),
            basis: basis.to_owned(),
            issuer_name: body.name.clone(),
            issuer_kind: body.issuer_kind.clone(),
            endorsed_by: Vec::new(),
        };
        if above {
            return Ok(acting(target.leaf, question.issuer, "AUTHORISER"));
        }
        let named = self.custodian_of(target.issuer, question.leaf);
        let named = named.filter(|named| {
            named.keeper == question.issuer
                && self.holds_any(question.issuer, None, question.leaf, question.recorded_at)
        });
        named.map(|named| acting(named.leaf, &named.by, "CUSTODIAN")).ok_or_else(not_yours)
    }

    /// The authorisation under which a body may confirm `target` by the statement of `question`, signed with `kid`: work
    /// that an employer attested or the worker states, by a body of another kind.
    pub fn authorise_confirmation(
        &self,
        question: &Question<'_>,
        kid: &str,
        target: &Target<'_>,
    ) -> Result<Authorisation, Refusal> {
        if !matches!(target.kind, Kind::WorkExperienceAttested | Kind::SelfAssessed)
            || target.leaf >= question.leaf
        {
            return Err(Refusal::NotConfirmable(target.kind));
        }
        let authorisation = self.authorise(question)?;
        let Some(stated_by) = self.bodies.get(target.issuer) else { return Ok(authorisation) };
        let own_key = |key: &IssuerKey| key.kid == kid && key.added < question.leaf;
        if target.issuer == question.issuer || stated_by.keys.iter().any(own_key) {
            return Err(Refusal::SelfConfirmed(question.issuer.to_owned()));
        }
        let mut earlier = stated_by.grants.iter().filter(|grant| grant.leaf < target.leaf);
        if earlier.any(|grant| {
            grant.scope.kinds.contains(&target.kind) && grant.issuer_kind == authorisation.issuer_kind
        }) {
            return Err(Refusal::SameKindOfBody(authorisation.issuer_kind));
        }
        Ok(authorisation)
    }

    /// Whether `issuer` is a root authority, or has an authorisation that is in force at `now`, whatever it is for.
    pub fn is_in_force(&self, issuer: &str, now: UnixMs) -> bool {
        let Some(body) = self.bodies.get(issuer) else { return false };
        let stands = |grant: &Grant| self.stands(issuer, grant, day_of(now), u64::MAX, now).is_ok();
        !body.roots.is_empty() || body.grants.iter().any(stands)
    }

    /// Whether one grant covers the question; else how many limits it passed, and the one it did not.
    fn covers(&self, grant: &Grant, question: &Question<'_>) -> Result<(), (u8, Refusal)> {
        let issuer = || question.issuer.to_owned();
        if grant.leaf >= question.leaf {
            return Err((0, Refusal::NotAuthorised(issuer())));
        }
        if !grant.scope.kinds.contains(&question.kind) {
            return Err((1, Refusal::KindNotAuthorised { issuer: issuer(), kind: question.kind }));
        }
        if let Some(country) = question.country
            && !grant.scope.jurisdictions.iter().any(|c| c == country)
        {
            return Err((
                2,
                Refusal::JurisdictionNotAuthorised { issuer: issuer(), country: country.to_owned() },
            ));
        }
        within_matrix(grant, question).map_err(|refusal| (3, refusal))?;
        within_limits(grant, question).map_err(|refusal| (3, refusal))?;
        let issuer = question.issuer;
        self.stands(issuer, grant, question.day(), question.leaf, question.recorded_at)
    }

    /// Whether `grant` was in force on `day` for something at `leaf`, whatever it is.
    pub(super) fn stands(
        &self,
        issuer: &str,
        grant: &Grant,
        day: Date,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> Result<(), (u8, Refusal)> {
        if grant.leaf >= leaf || self.is_void(grant) {
            return Err((0, Refusal::NotAuthorised(issuer.to_owned())));
        }
        if grant.scope.valid_from.is_some_and(|from| day < from)
            || grant.scope.valid_until.is_some_and(|until| day > until)
        {
            return Err((4, Refusal::OutsideDates { issuer: issuer.to_owned(), date: day.to_string() }));
        }
        let recorded_on = day_of(recorded_at);
        if grant.ends.iter().any(|end| end.leaf < leaf && (end.covers(day) || end.covers(recorded_on))) {
            return Err((5, Refusal::AuthorisationEnded(issuer.to_owned())));
        }
        self.check_endorsed(issuer, grant, leaf).map_err(|refusal| (6, refusal))
    }

    /// A statement of the authoriser's compromised key authorises nobody; nor does one that rests on such a statement
    /// alone. Ends: each step goes to an earlier leaf.
    fn is_void(&self, grant: &Grant) -> bool {
        let key = self.key_verdict(&grant.authoriser, &grant.kid, grant.leaf, grant.recorded_at);
        if key == KeyVerdict::Compromised {
            return true;
        }
        let is_root = |country: &String| self.is_root(&grant.authoriser, country, grant.leaf);
        if grant.scope.jurisdictions.iter().all(is_root) {
            return false;
        }
        if let Some(found) = self.voids.of(grant.leaf) {
            return found;
        }
        let found = self.carrying(&grant.authoriser, &grant.scope, grant.leaf).all(|held| self.is_void(held));
        self.voids.note(grant.leaf, found);
        found
    }

    /// What `authoriser` held before `leaf` that is wide and deep enough to give `scope`.
    pub(super) fn carrying<'a>(
        &'a self,
        authoriser: &str,
        scope: &'a Scope,
        leaf: u64,
    ) -> impl Iterator<Item = &'a Grant> {
        let held = self.bodies.get(authoriser).into_iter().flat_map(|body| &body.grants);
        held.filter(move |held| {
            held.leaf < leaf
                && held.scope.may_authorise_depth > scope.may_authorise_depth
                && scope.within(&held.scope).is_ok()
        })
    }

    /// Whether an authorisation rests on what `body` gave and on nothing else that stood when it was given. `found`: of those
    /// at these leaves it is known; each step goes to an earlier one.
    pub(super) fn rests_on(&self, body: &str, grant: &Grant, found: &mut HashMap<u64, bool>) -> bool {
        let is_root = |country: &String| self.is_root(&grant.authoriser, country, grant.leaf);
        if grant.scope.jurisdictions.iter().all(is_root) {
            return false;
        }
        if grant.authoriser == body {
            return true;
        }
        if let Some(known) = found.get(&grant.leaf) {
            return *known;
        }
        let (authoriser, leaf, at) = (&grant.authoriser, grant.leaf, grant.recorded_at);
        let stood = |held: &&Grant| self.stands(authoriser, held, day_of(at), leaf, at).is_ok();
        let mut carrying = self.carrying(authoriser, &grant.scope, leaf).filter(stood);
        let rests = carrying.all(|held| self.rests_on(body, held, found));
        found.insert(grant.leaf, rests);
        rests
    }

    /// Whether `issuer` is anybody at `leaf`: a root authority, or a body with an authorisation that stands.
    pub(super) fn holds_any(
        &self,
        issuer: &str,
        jurisdictions: Option<&[String]>,
        leaf: u64,
        recorded_at: UnixMs,
    ) -> bool {
        let Some(body) = self.bodies.get(issuer) else { return false };
        let there = |countries: &[String]| {
            jurisdictions.is_none_or(|wanted| wanted.iter().any(|country| countries.contains(country)))
        };
        let stands =
            |grant: &Grant| self.stands(issuer, grant, day_of(recorded_at), leaf, recorded_at).is_ok();
        body.roots.iter().any(|root| root.leaf < leaf && there(&root.jurisdictions))
            || body.grants.iter().any(|grant| there(&grant.scope.jurisdictions) && stands(grant))
    }
}

impl End {
    fn covers(&self, day: Date) -> bool {
        day >= self.from && self.until.is_none_or(|until| day <= until)
    }
}

/// Who decides on recognition follows from the kind of body, whatever its authorisation lists.
fn within_matrix(grant: &Grant, question: &Question<'_>) -> Result<(), Refusal> {
    match (IssuerKind::from_name(&grant.issuer_kind), question.recognition) {
        (Some(kind), Some((recognition_kind, decision))) => kind.may_decide(recognition_kind, decision),
        _ => Ok(()),
    }
}

fn within_limits(grant: &Grant, question: &Question<'_>) -> Result<(), Refusal> {
    let exceeded = |limit, value: &str| {
        Err(Refusal::LimitExceeded { issuer: question.issuer.to_owned(), limit, value: value.to_owned() })
    };
    if let Some((framework, code)) = question.level {
        let level = format!("{framework}:{code}");
        if !grant.scope.levels.is_empty() && !grant.scope.levels.contains(&level) {
            return exceeded("limit_levels", &level);
        }
    }
    // ISCED-F and ISCO-08 are hierarchies: a limit of 091 covers 0913.
    let covered = |limits: &[String], code: &str| {
        limits.is_empty() || limits.iter().any(|limit| code.starts_with(limit.as_str()))
    };
    if let Some(code) = question.field
        && !covered(&grant.scope.fields, code)
    {
        return exceeded("limit_iscedf", code);
    }
    if let Some(code) = question.occupation
        && !covered(&grant.scope.occupations, code)
    {
        return exceeded("limit_isco08", code);
    }
    Ok(())
}

/// The UTC day of a Unix time in milliseconds; times beyond the calendar (year 9999) count as its last day.
pub(super) fn day_of(at: UnixMs) -> Date {
    let ms = i64::try_from(at).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).map_or(Date::MAX, |at| jiff::tz::Offset::UTC.to_datetime(at).date())
}
