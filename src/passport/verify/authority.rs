//! Who was authorised to say it, then: by the streams in the file, under the roots in the trust file.

use std::fmt::Write as _;

use super::ledger::LedgerFacts;
use super::report::{Check, Rows, Status};
use super::statement::Checked;
use crate::crypto::Hash;
use crate::event::entry::Entry;
use crate::event::{Kind, UnixMs};
use crate::passport::file::PassportFile;
use crate::statement::{Statement, Unverified};
use crate::trust::{Authorisation, KeyVerdict, Question, Refusal, Target, TrustFile};

impl Checked<'_> {
    /// `issuer_authorised`, `issuer_scope` and `issuer_key`.
    pub(super) fn check_authority(
        &mut self,
        file: &PassportFile,
        facts: &LedgerFacts<'_>,
        trust: &TrustFile,
        rows: &mut Rows,
    ) {
        let Some(statement) = &self.statement else { return };
        let issuer = statement.clear().issuer.clone();
        if issuer.starts_with("did:jwk:") {
            let detail = "the worker says it of themselves";
            rows.note(Check::IssuerAuthorised, Status::NotApplicable, &self.subject, detail);
            return rows.note(Check::IssuerScope, Status::NotApplicable, &self.subject, detail);
        }
        let (Some(event), Some(recorded_at)) = (&self.event, self.recorded_at) else { return };
        let leaf = self.part.place.leaf;
        let question = Question::about(&issuer, event, leaf, recorded_at);
        let find = |hash: Option<Hash>| {
            let target = hash.and_then(|hash| TargetFacts::find(file, self.ledger, &hash));
            target.ok_or(Refusal::UnknownTarget)
        };
        let state = &facts.folded.trust;
        let answer = match event.kind() {
            kind if kind.acts_on_another() => {
                find(event.target()).and_then(|target| state.authorise_change(&question, &target.as_target()))
            }
            Kind::ExperienceConfirmed => find(event.hash("record")).and_then(|record| {
                state.authorise_confirmation(&question, &statement.clear().kid, &record.as_target())
            }),
            _ => state.authorise(&question),
        };
        let country = question.country;
        match &answer {
            Ok(authorisation) => self.note_authorised(authorisation, country, facts, trust, rows),
            Err(refusal) if is_about_scope(refusal) => {
                rows.note(
                    Check::IssuerAuthorised,
                    Status::Pass,
                    &self.subject,
                    "the body was authorised, though not for this",
                );
                rows.note(Check::IssuerScope, Status::Fail, &self.subject, refusal.to_string());
            }
            Err(refusal) => {
                rows.note(Check::IssuerAuthorised, Status::Fail, &self.subject, refusal.to_string());
                rows.note(
                    Check::IssuerScope,
                    Status::NotApplicable,
                    &self.subject,
                    "there is no authorisation to compare it with",
                );
            }
        }
        self.authorisation = answer.ok();
        let Some(statement) = &self.statement else { return };
        let verdict = facts.folded.trust.key_verdict(&issuer, &statement.clear().kid, leaf, recorded_at);
        let (status, detail) = match verdict {
            KeyVerdict::Valid => (Status::Pass, "the key was valid when this was recorded"),
            KeyVerdict::Invalid => (Status::Fail, "the key was not valid when this was recorded"),
            KeyVerdict::Compromised => {
                (Status::Fail, "the key was compromised by the time this was recorded")
            }
            KeyVerdict::NeedsAnchor(since)
                if facts.is_anchored(&self.part.place, since, trust.policy.as_ref()) =>
            {
                (Status::Pass, "the key was compromised later; witnesses saw this before that")
            }
            KeyVerdict::NeedsAnchor(_) => (
                Status::Unknown,
                "the key was compromised later, and no witnessed checkpoint shows that this is older",
            ),
        };
        rows.note(Check::IssuerKey, status, &self.subject, detail);
    }

    fn note_authorised(
        &self,
        authorisation: &Authorisation,
        country: Option<&str>,
        facts: &LedgerFacts<'_>,
        trust: &TrustFile,
        rows: &mut Rows,
    ) {
        let complete = self.statement.as_ref().is_some_and(Statement::is_complete);
        let Some(event) = &self.event else { return };
        let hidden = |claim: &str| !complete && !event.claims().contains_key(claim);
        let mut basis = format!("{} by {}", authorisation.basis, authorisation.authoriser);
        for endorser in &authorisation.endorsed_by {
            let _ = write!(basis, ", endorsed by {} ({})", endorser.name, endorser.side.name());
        }
        let rests_on =
            country.map(|country| (country, trust.anchor(&facts.folded.trust, authorisation, country)));
        let doubt = self.statement.as_ref().and_then(|statement| facts.doubt(&statement.clear().issuer));
        let (status, detail) = match rests_on {
            None => (
                Status::Unknown,
                "`issuing_country` is not shown, so nobody can tell which authority to ask".to_owned(),
            ),
            Some((country, None)) => (Status::Unknown, whom_to_ask(country, trust)),
            _ if doubt.is_some() => (Status::Unknown, doubt.unwrap_or_default().to_owned()),
            Some(_) if event.kind().award_date_claim().is_some_and(hidden) => (
                Status::Unknown,
                "its award date is not shown, so nobody can tell whether the authorisation covers it"
                    .to_owned(),
            ),
            Some((country, Some(root))) => {
                let root = root.name.as_deref().unwrap_or(&root.issuer);
                (Status::Pass, format!("{basis}, under {root} for {country}"))
            }
        };
        rows.note(Check::IssuerAuthorised, status, &self.subject, detail);
        let limited =
            facts.folded.limits(authorisation).iter().find(|claim| {
                event.kind().claims().iter().any(|known| known.name == **claim) && hidden(claim)
            });
        let (status, detail) = match (country, limited) {
            (None, _) => (Status::Unknown, "`issuing_country` is not shown".to_owned()),
            (_, Some(claim)) => {
                (Status::Unknown, format!("the authorisation is limited, and `{claim}` is not shown"))
            }
            _ => (Status::Pass, "within kinds, country, limits and dates of its authorisation".to_owned()),
        };
        rows.note(Check::IssuerScope, status, &self.subject, detail);
    }
}

/// What a change of standing acts on, or a confirmation confirms, as the file tells it.
struct TargetFacts {
    issuer: String,
    kind: Kind,
    leaf: u64,
    recorded_at: UnixMs,
}

impl TargetFacts {
    /// The statement of this hash in the same ledger's part. Its own checks stand in rows of their own.
    fn find(file: &PassportFile, ledger: usize, hash: &Hash) -> Option<Self> {
        let (_, part) = file.statements_of(ledger).find(|(_, part)| part.hash() == *hash)?;
        let unverified = Unverified::parse(&part.sdjwt).ok()?;
        let clear = unverified.clear();
        let Ok(Entry::Person { recorded_at, .. }) = Entry::decode(&part.place.entry) else { return None };
        let kind = Kind::from_vct(&clear.vct)?;
        Some(Self { issuer: clear.issuer.clone(), kind, leaf: part.place.leaf, recorded_at })
    }

    fn as_target(&self) -> Target<'_> {
        Target { issuer: &self.issuer, kind: self.kind, leaf: self.leaf, recorded_at: self.recorded_at }
    }
}

fn whom_to_ask(country: &str, trust: &TrustFile) -> String {
    match trust.root_for(country) {
        Some(root) => {
            let name = root.name.as_deref().unwrap_or(&root.issuer);
            let contact = root.contact.as_deref().map(|contact| format!(" ({contact})")).unwrap_or_default();
            format!(
                "its authorisation does not rest on {name}, the authority that the trust file names for {country}; ask there{contact}"
            )
        }
        None => format!(
            "the trust file names no authority for {country}: add one you trust, or ask the ministry responsible there"
        ),
    }
}

/// Limits of an authorisation that exists, as against none that counts.
fn is_about_scope(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::KindNotAuthorised { .. }
            | Refusal::JurisdictionNotAuthorised { .. }
            | Refusal::RecognitionExcluded { .. }
            | Refusal::LimitExceeded { .. }
    )
}
