//! Endorsements, custodians, confirmations, and what may be passed on.

use super::*;

const UNION: &str = "https://union.example.invalid";
const FEDERATION: &str = "https://federation.example.invalid";

/// A body of this kind, authorised by the root, with a key.
fn enrol(log: &mut Log, issuer: &str, issuer_kind: &str, kinds: &[&str], seed: u8) -> PrivateKey {
    let mut claims = changed(grant(issuer), "issuer_kind", json!(issuer_kind));
    claims["kinds"] = json!(kinds);
    log.by_root(Kind::IssuerAuthorised, &claims).unwrap();
    let key = PrivateKey::from_ed25519_seed(&[seed; 32]);
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": issuer, "jwk": key.public().to_jwk()})).unwrap();
    key
}

/// A union and a federation; then the root asks for two of three sides for training providers.
fn with_policy() -> (Log, PrivateKey, PrivateKey) {
    let mut log = Log::founded();
    let union = enrol(&mut log, UNION, "WORKERS_ORGANISATION", &["WorkExperienceAttested"], 1);
    let federation = enrol(&mut log, FEDERATION, "EMPLOYERS_ORGANISATION", &["WorkExperienceAttested"], 2);
    log.by_root(Kind::EndorsementPolicySet, &policy(2)).unwrap();
    (log, union, federation)
}

fn policy(needed: u8) -> Value {
    json!({"sub": ROOT, "jurisdictions": ["PH"], "issuer_kinds": ["TRAINING_PROVIDER"],
        "sides": ["GOVERNMENT", "EMPLOYERS", "WORKERS"], "needed": needed})
}

fn endorsed(log: &Log, body: &str) -> Value {
    json!({"sub": body, "target": log.grant_hash(body)})
}

#[test]
fn an_authorisation_takes_effect_with_the_endorsement_that_completes_it() {
    let (mut log, union, federation) = with_policy();
    log.by_root(Kind::IssuerAuthorised, &grant(BODY)).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "NOT_ENDORSED");
    let claims = endorsed(&log, BODY);
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    let refusal = log.asks(|_| ()).unwrap_err();
    assert!(matches!(refusal, Refusal::NotEndorsed { have: 1, needed: 2, .. }), "{refusal}");
    let completed = log.say(Kind::AuthorisationEndorsed, FEDERATION, &federation, &claims).unwrap();
    let authorisation = log.asks(|_| ()).unwrap();
    let by: Vec<_> = authorisation.endorsed_by.iter().map(|one| (one.issuer.as_str(), one.side)).collect();
    assert_eq!(by, [(UNION, Side::Workers), (FEDERATION, Side::Employers)]);
    assert_eq!(
        log.asks(|q| q.leaf = completed).unwrap_err().reason(),
        "NOT_ENDORSED",
        "not before that leaf"
    );
    assert!(log.asks(|q| q.leaf = completed + 1).is_ok());
}

#[test]
fn an_organisation_counts_once_whichever_key_it_signs_with() {
    let (mut log, union, _) = with_policy();
    log.by_root(Kind::IssuerAuthorised, &grant(BODY)).unwrap();
    let claims = endorsed(&log, BODY);
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    let second = PrivateKey::from_ed25519_seed(&[7; 32]);
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": UNION, "jwk": second.public().to_jwk()})).unwrap();
    for key in [&union, &second] {
        let twice = log.say(Kind::AuthorisationEndorsed, UNION, key, &claims).unwrap_err();
        assert_eq!(twice.reason(), "ALREADY_ENDORSED");
    }
    // The same people under another name and for another side, with the key they have.
    let mut other =
        changed(grant("https://front.example.invalid"), "issuer_kind", json!("EMPLOYERS_ORGANISATION"));
    other["kinds"] = json!(["WorkExperienceAttested"]);
    log.by_root(Kind::IssuerAuthorised, &other).unwrap();
    let front = "https://front.example.invalid";
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": front, "jwk": union.public().to_jwk()})).unwrap();
    log.say(Kind::AuthorisationEndorsed, front, &union, &claims).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "NOT_ENDORSED", "one key, one endorsement");
}

#[test]
fn two_bodies_of_one_side_are_one_side() {
    let (mut log, union, _) = with_policy();
    let other = enrol(&mut log, SUB_BODY, "WORKERS_ORGANISATION", &["WorkExperienceAttested"], 3);
    log.by_root(Kind::IssuerAuthorised, &grant(BODY)).unwrap();
    let claims = endorsed(&log, BODY);
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    log.say(Kind::AuthorisationEndorsed, SUB_BODY, &other, &claims).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "NOT_ENDORSED");
    log.by_root(Kind::AuthorisationEndorsed, &claims).unwrap();
    assert!(log.asks(|_| ()).is_ok(), "the root is a public authority, a second side");
}

#[test]
fn only_a_recognised_body_of_a_side_endorses_and_never_itself() {
    let (mut log, _, federation) = with_policy();
    log.by_root(Kind::IssuerAuthorised, &changed(grant(BODY), "may_authorise_depth", json!(1))).unwrap();
    let key = log.body.public().to_jwk();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": key})).unwrap();
    let claims = endorsed(&log, BODY);
    assert_eq!(log.by_body(Kind::AuthorisationEndorsed, &claims).unwrap_err().reason(), "SELF_ENDORSED");
    let fund = enrol(&mut log, SUB_BODY, "JOINT_FUND", &["TrainingCompleted"], 3);
    let refusal = log.say(Kind::AuthorisationEndorsed, SUB_BODY, &fund, &claims).unwrap_err();
    assert_eq!(refusal.reason(), "NO_SIDE");
    let unknown = json!({"sub": BODY, "target": log.grant_hash(UNION)});
    let refusal = log.say(Kind::AuthorisationEndorsed, FEDERATION, &federation, &unknown).unwrap_err();
    assert_eq!(refusal.reason(), "UNKNOWN_TARGET");
    // A union that the college itself has authorised is its own creature.
    let mut log = Log::founded();
    let mut wide = changed(grant(BODY), "may_authorise_depth", json!(1));
    wide["may_authorise_kinds"] = json!(["TrainingCompleted", "WorkExperienceAttested"]);
    log.by_root(Kind::IssuerAuthorised, &wide).unwrap();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": log.body.public().to_jwk()})).unwrap();
    let mut puppet = changed(grant(UNION), "issuer_kind", json!("WORKERS_ORGANISATION"));
    puppet["kinds"] = json!(["WorkExperienceAttested"]);
    log.by_body(Kind::IssuerAuthorised, &puppet).unwrap();
    let key = PrivateKey::from_ed25519_seed(&[1; 32]);
    log.by_body(Kind::IssuerKeyAdded, &json!({"sub": UNION, "jwk": key.public().to_jwk()})).unwrap();
    log.by_body(Kind::IssuerAuthorised, &changed(grant(SUB_BODY), "kinds", json!(["TrainingCompleted"])))
        .unwrap();
    let claims = endorsed(&log, SUB_BODY);
    let refusal = log.say(Kind::AuthorisationEndorsed, UNION, &key, &claims).unwrap_err();
    assert_eq!(refusal.reason(), "ENDORSER_NOT_RECOGNISED");
}

#[test]
fn a_withdrawal_acts_on_what_comes_later() {
    let (mut log, union, federation) = with_policy();
    log.by_root(Kind::IssuerAuthorised, &grant(BODY)).unwrap();
    let claims = endorsed(&log, BODY);
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    log.say(Kind::AuthorisationEndorsed, FEDERATION, &federation, &claims).unwrap();
    let before = log.leaf;
    let given = log.state.bodies[BODY].grants[0].endorsements[0].hash;
    let withdrawal = json!({"sub": BODY, "target": crate::crypto::base64url_encode(given)});
    let foreign = log.say(Kind::EndorsementWithdrawn, FEDERATION, &federation, &withdrawal).unwrap_err();
    assert_eq!(foreign.reason(), "NOT_YOUR_ENDORSEMENT");
    log.say(Kind::EndorsementWithdrawn, UNION, &union, &withdrawal).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "NOT_ENDORSED");
    assert!(log.asks(|q| q.leaf = before).is_ok(), "what was said before stands");
    let again = log.say(Kind::EndorsementWithdrawn, UNION, &union, &withdrawal).unwrap_err();
    assert_eq!(again.reason(), "NOT_YOUR_ENDORSEMENT");
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    assert!(log.asks(|_| ()).is_ok(), "and can be given again");
}

#[test]
fn a_policy_is_the_roots_does_not_reach_back_and_can_be_lifted() {
    let mut log = Log::with_body();
    log.by_root(Kind::EndorsementPolicySet, &policy(1)).unwrap();
    assert!(log.asks(|_| ()).is_ok(), "authorised before");
    let foreign = changed(policy(1), "sub", json!(BODY));
    assert_eq!(log.by_body(Kind::EndorsementPolicySet, &foreign).unwrap_err().reason(), "NOT_A_ROOT");
    assert_eq!(log.by_root(Kind::EndorsementPolicySet, &foreign).unwrap_err().reason(), "NOT_YOUR_BODY");
    let abroad = changed(policy(1), "jurisdictions", json!(["DE"]));
    assert_eq!(log.by_root(Kind::EndorsementPolicySet, &abroad).unwrap_err().reason(), "NOT_A_ROOT");
    log.by_root(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap();
    assert_eq!(log.asks(|q| q.issuer = SUB_BODY).unwrap_err().reason(), "NOT_ENDORSED");
    let known = crate::crypto::base64url_encode(log.state.policies[0].hash);
    let lifted = changed(policy(0), "replaces", json!(known));
    log.by_root(Kind::EndorsementPolicySet, &lifted).unwrap();
    log.by_root(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap();
    assert!(log.asks(|q| q.issuer = SUB_BODY).is_ok(), "authorised after it was lifted");
}

#[test]
fn a_policy_binds_what_bodies_below_the_root_authorise() {
    let (mut log, union, _) = with_policy();
    let sector = enrol(&mut log, SUB_BODY, "SECTOR_SKILLS_BODY", &["PriorLearningAssessed"], 3);
    let mut scope = changed(grant(SUB_BODY), "issuer_kind", json!("SECTOR_SKILLS_BODY"));
    scope["may_authorise_depth"] = json!(1);
    log.by_root(Kind::IssuerAuthorised, &scope).unwrap();
    log.say(Kind::IssuerAuthorised, SUB_BODY, &sector, &grant(BODY)).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "NOT_ENDORSED");
    let claims = endorsed(&log, BODY);
    log.say(Kind::AuthorisationEndorsed, UNION, &union, &claims).unwrap();
    log.by_root(Kind::AuthorisationEndorsed, &claims).unwrap();
    assert!(log.asks(|_| ()).is_ok());
}

#[test]
fn what_is_not_in_effect_authorises_nobody_below() {
    let (mut log, _, _) = with_policy();
    log.by_root(Kind::IssuerAuthorised, &changed(grant(BODY), "may_authorise_depth", json!(1))).unwrap();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": log.body.public().to_jwk()})).unwrap();
    assert_eq!(log.by_body(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap_err().reason(), "NOT_ENDORSED");
}

#[test]
fn a_body_passes_on_what_it_was_given_to_pass_on() {
    let mut log = Log::founded();
    let mut agency = changed(grant(BODY), "issuer_kind", json!("QUALIFICATIONS_AUTHORITY"));
    agency["kinds"] = json!(["SkillAssessed"]);
    agency["may_authorise_depth"] = json!(1);
    agency["may_authorise_kinds"] = json!(["TrainingCompleted"]);
    log.by_root(Kind::IssuerAuthorised, &agency).unwrap();
    log.by_root(Kind::IssuerKeyAdded, &json!({"sub": BODY, "jwk": log.body.public().to_jwk()})).unwrap();
    assert_eq!(log.asks(|_| ()).unwrap_err().reason(), "KIND_NOT_AUTHORISED", "it does not teach itself");
    let widened = log.by_body(Kind::IssuerAuthorised, &grant(SUB_BODY)).unwrap_err();
    assert!(matches!(widened, Refusal::ScopeWidened { limit: "kinds", .. }), "{widened}");
    let school = changed(grant(SUB_BODY), "kinds", json!(["TrainingCompleted"]));
    log.by_body(Kind::IssuerAuthorised, &school).unwrap();
    assert!(log.asks(|q| q.issuer = SUB_BODY).is_ok());
}

#[test]
fn the_custodian_named_last_acts_for_a_body_that_closed_and_nobody_before() {
    const ARCHIVE: &str = "https://archive.example.invalid";
    let mut log = Log::with_body();
    let _ = enrol(&mut log, ARCHIVE, "QUALIFICATIONS_AUTHORITY", &["SkillAssessed"], 4);
    let _ = enrol(&mut log, UNION, "WORKERS_ORGANISATION", &["WorkExperienceAttested"], 1);
    let recorded_at = log.now();
    let record = Target { issuer: BODY, kind: Kind::TrainingCompleted, leaf: log.leaf, recorded_at };
    log.leaf += 1;
    let change = |log: &Log, issuer: &'static str, leaf| {
        let question = Question {
            issuer,
            kind: Kind::Revoked,
            country: Some("PH"),
            award_date: None,
            level: None,
            field: None,
            occupation: None,
            recognition: None,
            leaf,
            recorded_at: log.now(),
        };
        log.state.authorise_change(&question, &record).map(|found| found.basis).map_err(|r| r.reason())
    };
    assert_eq!(change(&log, ARCHIVE, log.leaf), Err("NOT_YOURS_TO_END"));
    let named = |custodian: &str| json!({"sub": BODY, "custodian": custodian});
    let unknown = named("https://nobody.example.invalid");
    assert_eq!(log.by_root(Kind::CustodianNamed, &unknown).unwrap_err().reason(), "CUSTODIAN_NOT_AUTHORISED");
    let stranger = PrivateKey::from_ed25519_seed(&[1; 32]);
    let refusal = log.say(Kind::CustodianNamed, UNION, &stranger, &named(UNION)).unwrap_err();
    assert_eq!(refusal.reason(), "NOT_YOUR_BODY");
    let first = log.by_body(Kind::CustodianNamed, &named(ARCHIVE)).unwrap();
    assert_eq!(change(&log, ARCHIVE, log.leaf), Ok("CUSTODIAN".to_owned()));
    assert_eq!(change(&log, ARCHIVE, first), Err("NOT_YOURS_TO_END"), "not before it was named");
    assert_eq!(change(&log, UNION, log.leaf), Err("NOT_YOURS_TO_END"));
    let second = log.by_root(Kind::CustodianNamed, &named(UNION)).unwrap();
    assert_eq!(change(&log, ARCHIVE, log.leaf), Err("NOT_YOURS_TO_END"), "another took over");
    assert_eq!(change(&log, ARCHIVE, second), Ok("CUSTODIAN".to_owned()));
    assert_eq!(change(&log, UNION, log.leaf), Ok("CUSTODIAN".to_owned()));
    // A custodian that is nobody any more keeps nothing.
    let end = json!({"sub": UNION, "target": log.grant_hash(UNION), "reason": "WITHDRAWN"});
    log.by_root(Kind::AuthorisationEnded, &end).unwrap();
    assert_eq!(change(&log, UNION, log.leaf), Err("NOT_YOURS_TO_END"));
}

#[test]
fn work_is_confirmed_by_a_body_of_another_kind() {
    const EMPLOYER: &str = "https://household.example.invalid";
    let mut log = Log::founded();
    let kinds = ["WorkExperienceAttested", "ExperienceConfirmed"];
    let household = enrol(&mut log, EMPLOYER, "EMPLOYER", &kinds[..1], 5);
    let union = enrol(&mut log, UNION, "WORKERS_ORGANISATION", &kinds, 1);
    let (leaf, recorded_at) = (log.leaf, log.now());
    log.leaf += 1;
    let ask = |issuer: &'static str, kid: &str, target: Target<'_>| {
        let question = Question {
            issuer,
            kind: Kind::ExperienceConfirmed,
            country: Some("PH"),
            award_date: None,
            level: None,
            field: None,
            occupation: None,
            recognition: None,
            leaf: leaf + 1,
            recorded_at,
        };
        log.state.authorise_confirmation(&question, kid, &target).map(|_| ()).map_err(|r| r.reason())
    };
    let record = |issuer, kind| Target { issuer, kind, leaf, recorded_at };
    let kid = union.public().thumbprint();
    let work = Kind::WorkExperienceAttested;
    assert_eq!(ask(UNION, &kid, record(EMPLOYER, work)), Ok(()));
    assert_eq!(ask(UNION, &kid, record("did:jwk:e30", Kind::SelfAssessed)), Ok(()));
    assert_eq!(ask(UNION, &kid, record(UNION, work)), Err("SELF_CONFIRMED"));
    assert_eq!(ask(UNION, &household.public().thumbprint(), record(EMPLOYER, work)), Err("SELF_CONFIRMED"));
    assert_eq!(ask(EMPLOYER, &kid, record(UNION, work)), Err("KIND_NOT_AUTHORISED"));
    assert_eq!(ask(UNION, &kid, record(EMPLOYER, Kind::TrainingCompleted)), Err("NOT_CONFIRMABLE"));
    let other = enrol(&mut log, FEDERATION, "WORKERS_ORGANISATION", &kinds, 2).public().thumbprint();
    let later = Question {
        issuer: FEDERATION,
        kind: Kind::ExperienceConfirmed,
        country: Some("PH"),
        award_date: None,
        level: None,
        field: None,
        occupation: None,
        recognition: None,
        leaf: log.leaf,
        recorded_at: log.now(),
    };
    let refusal = log.state.authorise_confirmation(&later, &other, &record(UNION, work)).unwrap_err();
    assert_eq!(refusal.reason(), "SAME_KIND_OF_BODY");
}
