//! The rules of authorisation, one by one, each with what it refuses.

mod matrix;
mod partners;

use serde_json::{Value, json};

use super::*;
use crate::crypto::{PrivateKey, SeededEntropy};
use crate::event::{Kind, UnixMs};
use crate::statement::{Draft, issue_in_clear};

const ORIGIN: &str = "ledger.example.invalid";
const ROOT: &str = "https://ministry.example.invalid";
const BODY: &str = "https://college.example.invalid";
const SUB_BODY: &str = "https://workshop.example.invalid";
/// 2024-01-01T00:00:00Z
const START: UnixMs = 1_704_067_200_000;
const DAY: UnixMs = 86_400_000;

/// A log of public statements, each signed and recorded a day after the one before.
struct Log {
    state: TrustState,
    leaf: u64,
    entropy: SeededEntropy,
    ledger: PrivateKey,
    root: PrivateKey,
    body: PrivateKey,
}

impl Log {
    fn founded() -> Self {
        let mut entropy = SeededEntropy::new("trust tests");
        let mut key = || PrivateKey::generate_ed25519(&mut entropy);
        let (ledger, root, body) = (key(), key(), key());
        let mut log = Self { state: TrustState::new(), leaf: 0, entropy, ledger, root, body };
        let ledger_key = log.ledger.public().to_jwk();
        let founded = json!({"origin": ORIGIN, "ledger_id": "AAECAwQFBgcICQoLDA0ODw", "log_keys": [ledger_key],
            "status_keys": [ledger_key], "entry_version": 1});
        log.own(Kind::LedgerFounded, &founded).unwrap();
        let root_key = log.root.public().to_jwk();
        let root = json!({"sub": ROOT, "name": "ministry", "issuer_kind": "LABOUR_MIGRATION_AUTHORITY",
            "jurisdictions": ["PH"], "jwk": root_key});
        log.own(Kind::AuthorityEstablished, &root).unwrap();
        log
    }

    /// With a college that may state training and assess skills in PH, and whose key is known.
    fn with_body() -> Self {
        let mut log = Self::founded();
        log.by_root(Kind::IssuerAuthorised, &grant(BODY)).unwrap();
        let key = log.body.public().to_jwk();
        log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
        log
    }

    fn now(&self) -> UnixMs {
        START + self.leaf * DAY
    }

    fn say(&mut self, kind: Kind, issuer: &str, key: &PrivateKey, claims: &Value) -> Result<u64, Refusal> {
        let draft = Draft {
            issuer,
            vct: &kind.vct(),
            id: uuid::Builder::from_unix_timestamp_millis(
                self.now(),
                &crate::crypto::Entropy::bytes(&mut self.entropy),
            )
            .into_uuid(),
            issued_at: i64::try_from(self.now() / 1000).unwrap(),
            holder_key: None,
            status: None,
            claims: claims.as_object().unwrap(),
        };
        let text = issue_in_clear(&draft, key).unwrap();
        let (statement, event) = self.state.verify_public(&text, self.leaf, self.now())?;
        self.state.apply(&statement, &event, self.leaf, self.now());
        self.leaf += 1;
        Ok(self.leaf - 1)
    }

    fn own(&mut self, kind: Kind, claims: &Value) -> Result<u64, Refusal> {
        let key = self.ledger.clone();
        self.say(kind, &format!("https://{ORIGIN}"), &key, claims)
    }

    fn by_root(&mut self, kind: Kind, claims: &Value) -> Result<u64, Refusal> {
        let key = self.root.clone();
        self.say(kind, ROOT, &key, claims)
    }

    fn by_body(&mut self, kind: Kind, claims: &Value) -> Result<u64, Refusal> {
        let key = self.body.clone();
        self.say(kind, BODY, &key, claims)
    }

    /// May the college state `kind` now?
    fn asks(&self, change: impl FnOnce(&mut Question<'static>)) -> Result<Authorisation, Refusal> {
        let mut question = Question {
            issuer: BODY,
            kind: Kind::TrainingCompleted,
            country: Some("PH"),
            award_date: None,
            level: None,
            field: None,
            occupation: None,
            recognition: None,
            leaf: self.leaf,
            recorded_at: self.now(),
        };
        change(&mut question);
        self.state.authorise(&question)
    }

    /// The hash of the IssuerAuthorised statement of `body`, as a target.
    fn grant_hash(&self, body: &str) -> String {
        crate::crypto::base64url_encode(self.state.bodies[body].grants[0].hash)
    }
}

fn grant(subject: &str) -> Value {
    json!({"sub": subject, "name": "college", "issuer_kind": "TRAINING_PROVIDER", "basis": "ACCREDITATION",
        "kinds": ["TrainingCompleted", "SkillAssessed"], "jurisdictions": ["PH"],
        "valid_from": "2020-01-01", "valid_until": "2026-12-31"})
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn date(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn what_is_granted_may_be_said_and_nothing_else() {
    let log = Log::with_body();
    let authorisation = log.asks(|_| ()).unwrap();
    assert_eq!((authorisation.authoriser.as_str(), authorisation.basis.as_str()), (ROOT, "ACCREDITATION"));
    let refused = |change: fn(&mut Question<'static>)| log.asks(change).unwrap_err().reason();
    assert_eq!(refused(|q| q.kind = Kind::LicenceGranted), "KIND_NOT_AUTHORISED");
    assert_eq!(refused(|q| q.country = Some("DE")), "JURISDICTION_NOT_AUTHORISED");
    assert_eq!(refused(|q| q.issuer = "https://nobody.example.invalid"), "UNKNOWN_ISSUER");
    assert_eq!(refused(|q| q.leaf = 2), "NOT_AUTHORISED");
    assert_eq!(refused(|q| q.award_date = Some(date("2019-12-31"))), "OUTSIDE_DATES");
    assert_eq!(refused(|q| q.award_date = Some(date("2027-01-01"))), "OUTSIDE_DATES");
    assert!(log.asks(|q| q.award_date = Some(date("2026-12-31"))).is_ok(), "the last day is inside");
}

#[test]
fn limits_exclude_by_name() {
    let mut log = Log::founded();
    let limited =
        changed(changed(grant(BODY), "limit_iscedf", json!(["091"])), "limit_isco08", json!(["222"]));
    log.by_root(Kind::IssuerAuthorised, &limited).unwrap();
    assert!(log.asks(|q| (q.field, q.occupation) = (Some("0913"), Some("2221"))).is_ok());
    let error = log.asks(|q| q.field = Some("0732")).unwrap_err();
    assert!(matches!(error, Refusal::LimitExceeded { limit: "limit_iscedf", .. }), "{error}");
    let error = log.asks(|q| q.occupation = Some("7112")).unwrap_err();
    assert!(matches!(error, Refusal::LimitExceeded { limit: "limit_isco08", .. }), "{error}");
}

#[test]
fn an_end_acts_on_later_leaves_and_a_suspension_on_its_days() {
    let mut log = Log::with_body();
    let before = log.leaf;
    let recorded_before = log.now();
    let target = log.grant_hash(BODY);
    let suspension = json!({"sub": BODY, "target": target, "reason": "SUSPENDED",
        "suspended_from": "2024-03-01", "suspended_until": "2024-03-31"});
    log.by_root(Kind::AuthorisationEnded, &suspension).unwrap();
    assert!(log.asks(|q| q.award_date = Some(date("2024-02-29"))).is_ok());
    let inside = log.asks(|q| q.award_date = Some(date("2024-03-31"))).unwrap_err();
    assert_eq!(inside.reason(), "AUTHORISATION_ENDED");
    assert!(log.asks(|q| q.award_date = Some(date("2024-04-01"))).is_ok());

    log.by_root(Kind::AuthorisationEnded, &json!({"sub": BODY, "target": target, "reason": "CLOSED"}))
        .unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "AUTHORISATION_ENDED");
    assert!(
        log.asks(|q| (q.leaf, q.recorded_at) = (before, recorded_before)).is_ok(),
        "what was said before stands"
    );
}

#[test]
fn only_the_authoriser_a_root_above_or_the_body_itself_ends_an_authorisation() {
    let mut log = Log::with_body();
    let mut stranger = grant(SUB_BODY);
    stranger["name"] = "workshop".into();
    log.by_root(Kind::IssuerAuthorised, &stranger).unwrap();
    let end = json!({"sub": SUB_BODY, "target": log.grant_hash(SUB_BODY), "reason": "WITHDRAWN"});
    assert_eq!(log.by_body(Kind::AuthorisationEnded, &end).unwrap_err().reason(), "NOT_YOURS_TO_END");
    let own = json!({"sub": BODY, "target": log.grant_hash(BODY), "reason": "CLOSED"});
    log.by_body(Kind::AuthorisationEnded, &own).unwrap();
}

#[test]
fn delegation_is_no_deeper_and_no_wider_than_held() {
    let mut log = Log::with_body();
    assert_eq!(
        log.by_body(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap_err().reason(),
        "DELEGATION_TOO_DEEP"
    );

    let mut log = Log::founded();
    log.by_root(Kind::IssuerAuthorised, &changed(grant(BODY), "may_authorise_depth", json!(1))).unwrap();
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    let too_deep = changed(grant(SUB_BODY), "may_authorise_depth", json!(1));
    assert_eq!(log.by_body(Kind::IssuerAuthorised, &too_deep).unwrap_err().reason(), "DELEGATION_TOO_DEEP");
    for (claim, value, limit) in [
        ("kinds", json!(["UnitAchieved"]), "kinds"),
        ("jurisdictions", json!(["DE"]), "jurisdictions"),
        ("valid_until", json!("2027-01-01"), "valid_until"),
        ("valid_from", json!("2019-01-01"), "valid_from"),
    ] {
        let refusal =
            log.by_body(Kind::IssuerAuthorised, &changed(grant(SUB_BODY), claim, value)).unwrap_err();
        assert!(
            matches!(&refusal, Refusal::ScopeWidened { limit: found, .. } if *found == limit),
            "{claim}: {refusal}"
        );
    }
    log.by_body(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap();
    assert_eq!(log.state.chain_of(SUB_BODY), [SUB_BODY, BODY, ROOT]);
    assert!(log.asks(|q| q.issuer = SUB_BODY).is_ok());
}

#[test]
fn a_body_is_never_authorised_for_what_its_kind_excludes() {
    let mut log = Log::founded();
    let licence = changed(grant(BODY), "kinds", json!(["LicenceGranted"]));
    let refusal = log.by_root(Kind::IssuerAuthorised, &licence).unwrap_err();
    assert_eq!(refusal.reason(), "ISSUER_KIND_EXCLUDES");
}

#[test]
fn a_root_grants_nothing_outside_its_jurisdiction() {
    let mut log = Log::founded();
    let abroad = changed(grant(BODY), "jurisdictions", json!(["PH", "DE"]));
    assert_eq!(log.by_root(Kind::IssuerAuthorised, &abroad).unwrap_err().reason(), "NOT_AUTHORISED");
}

#[test]
fn keys_rotate_with_overlap_and_an_ended_key_says_nothing_more() {
    let mut log = Log::with_body();
    let new = PrivateKey::from_ed25519_seed(&[9; 32]);
    let added =
        log.by_body(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": new.public().to_jwk()})).unwrap();
    let old_kid = log.body.public().thumbprint();
    assert_eq!(
        log.state.key_verdict(BODY, &old_kid, u64::MAX, log.now()),
        KeyVerdict::Valid,
        "both are valid in between"
    );
    let ended = log
        .say(Kind::IssuerKeyEnded, BODY, &new, &json!({"sub": BODY, "kid": old_kid, "reason": "RETIRED"}))
        .unwrap();
    assert_eq!(log.state.key_verdict(BODY, &old_kid, ended - 1, log.now()), KeyVerdict::Valid);
    assert_eq!(log.state.key_verdict(BODY, &old_kid, ended + 1, log.now()), KeyVerdict::Invalid);
    assert_eq!(
        log.state.key_verdict(BODY, &new.public().thumbprint(), added, log.now()),
        KeyVerdict::Invalid,
        "not before"
    );
    let again = json!({"sub": BODY, "jwk": log.body.public().to_jwk()});
    assert_eq!(log.by_body(Kind::IssuerKeyAdded, &again).unwrap_err().reason(), "KEY_ENDED");
}

#[test]
fn a_stranger_manages_nobodys_keys() {
    let mut log = Log::with_body();
    let key = PrivateKey::from_ed25519_seed(&[9; 32]).public().to_jwk();
    let foreign = json!({"sub": SUB_BODY, "jwk": key});
    assert_eq!(log.by_body(Kind::IssuerKeyAdded, &foreign).unwrap_err().reason(), "NOT_YOUR_BODY");
}

#[test]
fn a_thief_cannot_declare_an_old_compromise_but_the_authoriser_can() {
    let mut log = Log::with_body();
    let recorded = log.now();
    let leaf = log.leaf;
    let kid = log.body.public().thumbprint();
    let compromise = json!({"sub": BODY, "kid": kid, "reason": "COMPROMISED", "compromised_since": "2024-01-02T00:00:00Z"});
    assert_eq!(log.by_body(Kind::IssuerKeyEnded, &compromise).unwrap_err().reason(), "BACKDATED_COMPROMISE");
    log.by_root(Kind::IssuerKeyEnded, &compromise).unwrap();
    assert_eq!(log.state.key_verdict(BODY, &kid, leaf, recorded), KeyVerdict::Compromised);
    let earlier = START + DAY / 2;
    let since = START + DAY;
    let verdict = log.state.key_verdict(BODY, &kid, leaf, earlier);
    assert_eq!(verdict, KeyVerdict::NeedsAnchor(since), "earlier statements need a witnessed checkpoint");
}

#[test]
fn what_a_compromised_authoriser_granted_since_then_authorises_nobody() {
    let mut log = Log::founded();
    log.by_root(Kind::IssuerAuthorised, &changed(grant(BODY), "may_authorise_depth", json!(1))).unwrap();
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    log.by_body(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap();
    assert!(log.asks(|q| q.issuer = SUB_BODY).is_ok());
    let kid = log.body.public().thumbprint();
    let compromise = json!({"sub": BODY, "kid": kid, "reason": "COMPROMISED", "compromised_since": "2024-01-02T00:00:00Z"});
    log.by_root(Kind::IssuerKeyEnded, &compromise).unwrap();
    assert_eq!(log.asks(|q| q.issuer = SUB_BODY).unwrap_err().reason(), "NOT_AUTHORISED");
}

#[test]
fn the_genesis_comes_first_once_and_by_its_own_key() {
    let mut log = Log::founded();
    let key = log.ledger.public().to_jwk();
    let again = json!({"origin": ORIGIN, "ledger_id": "AAECAwQFBgcICQoLDA0ODw", "log_keys": [key],
        "status_keys": [key], "entry_version": 1});
    assert_eq!(log.own(Kind::LedgerFounded, &again).unwrap_err().reason(), "GENESIS");
    let mut empty = Log { state: TrustState::new(), leaf: 0, ..log };
    let thief = PrivateKey::from_ed25519_seed(&[9; 32]);
    let refusal = empty.say(Kind::LedgerFounded, &format!("https://{ORIGIN}"), &thief, &again).unwrap_err();
    assert_eq!(refusal.reason(), "GENESIS");
}

#[test]
fn only_the_ledger_speaks_for_the_ledger() {
    let mut log = Log::with_body();
    let root = json!({"sub": BODY, "name": "college", "issuer_kind": "COMPETENT_AUTHORITY", "jurisdictions": ["DE"],
        "jwk": log.body.public().to_jwk()});
    assert_eq!(log.by_body(Kind::AuthorityEstablished, &root).unwrap_err().reason(), "LEDGER_ONLY");
    let last = json!({"use": "log", "kid": log.ledger.public().thumbprint(), "reason": "RETIRED"});
    assert_eq!(log.own(Kind::LedgerKeyEnded, &last).unwrap_err().reason(), "LAST_LOG_KEY");
}

#[test]
fn a_publication_stays_with_the_body_that_began_it() {
    let mut log = Log::founded();
    let owner = |subject: &str| changed(grant(subject), "issuer_kind", json!("SECTOR_SKILLS_BODY"));
    log.by_root(Kind::IssuerAuthorised, &owner(BODY)).unwrap();
    log.by_root(Kind::IssuerAuthorised, &owner(SUB_BODY)).unwrap();
    let (one, two) = (log.body.clone(), PrivateKey::from_ed25519_seed(&[9; 32]));
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": one.public().to_jwk()})).unwrap();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": SUB_BODY, "jwk": two.public().to_jwk()})).unwrap();
    let standard = |owner: &str| json!({"sub": "https://standards.example.invalid/masonry", "owner": owner, "title": {"en": "Masonry"}, "version": "1"});
    log.by_body(Kind::StandardPublished, &standard(BODY)).unwrap();
    let taken = log.say(Kind::StandardPublished, SUB_BODY, &two, &standard(SUB_BODY)).unwrap_err();
    assert_eq!(taken.reason(), "NOT_YOUR_PUBLICATION");
}

#[test]
fn a_trust_file_anchors_only_roots_with_pinned_keys() {
    let log = Log::with_body();
    let authorisation = log.asks(|_| ()).unwrap();
    let mut file = TrustFile::empty();
    file.roots.push(TrustedRoot {
        issuer: ROOT.into(),
        jurisdictions: vec!["PH".into()],
        kids: vec![log.root.public().thumbprint()],
        name: None,
        contact: None,
    });
    assert!(file.anchor(&log.state, &authorisation, "PH").is_some());
    assert!(file.anchor(&log.state, &authorisation, "DE").is_none());
    file.roots[0].kids = vec![log.body.public().thumbprint()];
    assert!(
        file.anchor(&log.state, &authorisation, "PH").is_none(),
        "the operator named a key of its own for the root"
    );
}

#[test]
fn who_stated_a_record_may_take_it_back_even_after_its_authorisation_ended() {
    let mut log = Log::with_body();
    let (leaf, recorded_at) = (log.leaf, log.now());
    log.leaf += 1; // the record itself stands in a worker's stream
    let end = json!({"sub": BODY, "target": log.grant_hash(BODY), "reason": "CLOSED"});
    log.by_root(Kind::AuthorisationEnded, &end).unwrap();
    let change = |issuer| Question {
        issuer,
        kind: Kind::Revoked,
        country: Some("PH"),
        award_date: None,
        level: None,
        field: None,
        occupation: None,
        recognition: None,
        leaf: log.leaf,
        recorded_at: log.now(),
    };
    let record = |kind| Target { issuer: BODY, kind, leaf, recorded_at };
    assert_eq!(log.state.authorise(&change(BODY)).unwrap_err().reason(), "KIND_NOT_AUTHORISED");
    let own = log.state.authorise_change(&change(BODY), &record(Kind::TrainingCompleted)).unwrap();
    assert_eq!(own.authoriser, ROOT);
    let never = log.state.authorise_change(&change(BODY), &record(Kind::LicenceGranted)).unwrap_err();
    assert_eq!(never.reason(), "KIND_NOT_AUTHORISED");
    let above = log.state.authorise_change(&change(ROOT), &record(Kind::TrainingCompleted)).unwrap();
    assert_eq!(above.basis, "AUTHORISER");
    let stranger =
        log.state.authorise_change(&change(SUB_BODY), &record(Kind::TrainingCompleted)).unwrap_err();
    assert_eq!(stranger.reason(), "NOT_YOURS_TO_END");
}

#[test]
fn a_status_key_signs_no_statement() {
    let mut log = Log::founded();
    let status = PrivateKey::from_ed25519_seed(&[9; 32]);
    log.own(Kind::LedgerKeyAdded, &json!({"use": "status", "jwk": status.public().to_jwk()})).unwrap();
    let root = json!({"sub": BODY, "name": "college", "issuer_kind": "COMPETENT_AUTHORITY", "jurisdictions": ["DE"],
        "jwk": log.body.public().to_jwk()});
    let refusal =
        log.say(Kind::AuthorityEstablished, &format!("https://{ORIGIN}"), &status, &root).unwrap_err();
    assert_eq!(refusal.reason(), "UNKNOWN_KEY");
}

/// Else a small file could occupy a verifier for hours: the ways multiply from level to level.
#[test]
fn an_authorisation_that_rests_on_many_is_judged_once_until_a_key_ends() {
    const THIRD: &str = "https://third.example.invalid";
    let mut log = Log::founded();
    let deep = |subject: &str, depth: u8| changed(grant(subject), "may_authorise_depth", json!(depth));
    log.by_root(Kind::IssuerAuthorised, &deep(BODY, 2)).unwrap();
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    let sub_key = PrivateKey::from_ed25519_seed(&[9; 32]);
    let many: Vec<u64> =
        (0..5).map(|_| log.by_body(Kind::IssuerAuthorised, &deep(SUB_BODY, 1)).unwrap()).collect();
    log.by_body(Kind::IssuerKeyAdded, &json!({"sub": SUB_BODY, "jwk": sub_key.public().to_jwk()})).unwrap();
    let last = log.say(Kind::IssuerAuthorised, SUB_BODY, &sub_key, &grant(THIRD)).unwrap();
    assert!(log.asks(|q| q.issuer = THIRD).is_ok());
    assert_eq!((log.state.voids.of(last), log.state.clone().voids.of(last)), (Some(false), None));
    let kid = log.body.public().thumbprint();
    let compromise = json!({"sub": BODY, "kid": kid, "reason": "COMPROMISED", "compromised_since": "2024-01-02T00:00:00Z"});
    log.by_root(Kind::IssuerKeyEnded, &compromise).unwrap();
    assert_eq!(log.state.voids.of(last), None);
    assert!(many.iter().all(|leaf| log.state.voids.of(*leaf).is_none()));
    assert!(log.asks(|q| q.issuer = THIRD).is_err());
    assert_eq!(log.state.voids.of(last), Some(true));
}

#[test]
fn what_rests_on_a_compromised_authoriser_further_up_falls_with_it() {
    const THIRD: &str = "https://third.example.invalid";
    let mut log = Log::founded();
    let deep = |subject: &str, depth: u8| changed(grant(subject), "may_authorise_depth", json!(depth));
    log.by_root(Kind::IssuerAuthorised, &deep(BODY, 2)).unwrap();
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    log.by_body(Kind::IssuerAuthorised, &deep(SUB_BODY, 1)).unwrap();
    let sub_key = PrivateKey::from_ed25519_seed(&[9; 32]);
    log.by_body(Kind::IssuerKeyAdded, &json!({"sub": SUB_BODY, "jwk": sub_key.public().to_jwk()})).unwrap();
    log.say(Kind::IssuerAuthorised, SUB_BODY, &sub_key, &grant(THIRD)).unwrap();
    assert!(log.asks(|q| q.issuer = THIRD).is_ok());
    let kid = log.body.public().thumbprint();
    let compromise = json!({"sub": BODY, "kid": kid, "reason": "COMPROMISED", "compromised_since": "2024-01-02T00:00:00Z"});
    log.by_root(Kind::IssuerKeyEnded, &compromise).unwrap();
    assert_eq!(log.asks(|q| q.issuer = THIRD).unwrap_err().reason(), "NOT_AUTHORISED");
}

mod publications;
