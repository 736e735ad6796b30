//! Open Badges 3.0: an unsigned AchievementCredential with members of its context only.

use serde_json::{Map, Value, json};

use super::{is_award, issuer_name, texts};
use crate::event::Kind;
use crate::passport::record::Record;

/// What sort of achievement a record is; decisions, placements and what a worker says are none.
pub(super) fn achievement_type(record: &Record) -> Option<&'static str> {
    Some(match record.kind {
        _ if is_award(record) => "Certificate",
        Kind::UnitAchieved => "Competency",
        Kind::TrainingCompleted => "Course",
        Kind::SkillAssessed => "Assessment",
        Kind::LanguageCertified => "Certification",
        Kind::LicenceGranted => "License",
        _ => return None,
    })
}

pub(super) fn credential(record: &Record) -> Value {
    let awarded = record.awarded_on.map(|day| format!("{day}T00:00:00Z"));
    let statement = format!("urn:skillpass:statement:{}", record.hash);
    let mut achievement = Map::new();
    achievement.insert("id".into(), statement.clone().into());
    achievement.insert("type".into(), json!(["Achievement"]));
    achievement.insert("name".into(), record.title.clone().into());
    achievement.insert("description".into(), record.title.clone().into());
    achievement.insert("achievementType".into(), achievement_type(record).into());
    let criteria = texts(record, "learning_outcomes").into_iter().chain(texts(record, "outcomes"));
    let criteria: Vec<&str> = criteria.collect();
    let narrative =
        if criteria.is_empty() { "As the issuer states it.".to_owned() } else { criteria.join("; ") };
    achievement.insert("criteria".into(), json!({"narrative": narrative}));
    let code = record.text("qualification_code").or_else(|| record.text("unit_code"));
    achievement.extend(code.map(|code| ("humanCode".to_owned(), code.into())));
    achievement.extend(record.text("iscedf_code").map(|code| ("fieldOfStudy".to_owned(), code.into())));
    let mut subject = Map::new();
    subject.insert("type".into(), json!(["AchievementSubject"]));
    for (claim, member) in [("started_on", "activityStartDate"), ("completed_on", "activityEndDate")] {
        let day = record.text(claim).map(|day| format!("{day}T00:00:00Z"));
        subject.extend(day.map(|day| (member.to_owned(), day.into())));
    }
    let value = record.text("grade").or_else(|| record.text("overall")).or_else(|| record.text("result"));
    if let Some(value) = value {
        subject.insert("result".into(), json!([{"type": ["Result"], "value": value}]));
    }
    subject.insert("achievement".into(), Value::Object(achievement));
    let mut credential = Map::new();
    credential.insert(
        "@context".into(),
        json!([
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
        ]),
    );
    credential.insert("id".into(), record.jti.clone().into());
    credential.insert("type".into(), json!(["VerifiableCredential", "AchievementCredential"]));
    credential.insert("name".into(), record.title.clone().into());
    credential.insert(
        "issuer".into(),
        json!({"id": record.issuer, "type": ["Profile"], "name": issuer_name(record)}),
    );
    credential.extend(awarded.map(|day| ("validFrom".to_owned(), day.into())));
    let until = record.text("valid_until").map(|day| format!("{day}T23:59:59Z"));
    credential.extend(until.map(|day| ("validUntil".to_owned(), day.into())));
    credential.insert("credentialSubject".into(), Value::Object(subject));
    credential.insert(
        "evidence".into(),
        json!([{"id": statement, "type": ["Evidence"], "name": "signed record; the passport file proves it"}]),
    );
    Value::Object(credential)
}
