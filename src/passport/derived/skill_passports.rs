//! The rules of other skill passports, each with its source: who may have one, what must be renewed, when it ends. What a rule
//! says is shown; whether to issue is for the body that owns the scheme.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::periods::{counted_once, stretch};
use crate::event::{Kind, years_after};
use crate::passport::record::{Record, Standing};
use crate::recognition::Source;

/// The employment that Sri Lanka's passport asks for.
const LK_MONTHS: u64 = 12;
/// How long a certificate of the Saudi skill verification programme is valid.
const SA_YEARS: i16 = 5;

/// One rule.
struct Rule {
    id: &'static str,
    says: &'static str,
    source: Source,
    /// What it finds; nothing where it does not arise.
    find: fn(&[&Record], Date) -> Vec<Finding>,
}

/// What a rule finds about one record, or about all.
struct Finding {
    outcome: &'static str,
    jti: Option<String>,
    detail: String,
    due: Option<Date>,
}

static RULES: [Rule; 5] = [
    Rule {
        id: "lk/national-skills-passport",
        says: "a National Vocational Qualification and at least one year of confirmed related employment",
        source: Source {
            title: "Employers' Federation of Ceylon, National Skills Passport",
            url: Some(
                "http://www.employers.lk/efc-news/771-national-skills-passport-takes-off-on-the-world-youth-skills-day-wysd-of-2020",
            ),
            as_of: "2020-07-31",
        },
        find: sri_lanka,
    },
    Rule {
        id: "au/esi-skills-passport",
        says: "safety training is refreshed by the date that the trade sets",
        source: Source {
            title: "ILO, skills and labour migration (source paper), energy industry skills passport; dates as the issuer states them",
            url: None,
            as_of: "2020",
        },
        find: refreshers,
    },
    Rule {
        id: "ca-on/skills-passport",
        says: "a list of essential skills and work habits, each as it was shown",
        source: Source {
            title: "Government of Ontario, Essential Skills and Work Habits in the OSP",
            url: Some("http://skillstest.edu.gov.on.ca/OSPWeb/jsp/en/OSPskillsandworkhabits.jsp"),
            as_of: "2016",
        },
        find: ontario,
    },
    Rule {
        id: "unesco/qualifications-passport",
        says: "three parts, five years, no formal recognition and no authorisation to practise",
        source: Source {
            title: "UNESCO, Qualifications Passport for refugees and vulnerable migrants, Zambia pilot",
            url: None,
            as_of: "2019",
        },
        find: qualifications_passport,
    },
    Rule {
        id: "sa/skill-verification-programme",
        says: "a certificate is valid for five years",
        source: Source {
            title: "migrant-rights.org, on the Skill Verification Programme",
            url: None,
            as_of: "2023",
        },
        find: saudi,
    },
];

/// The essential skills and work habits of the Ontario Skills Passport.
const ONTARIO: [&str; 23] = [
    "Reading Text",
    "Writing",
    "Document Use",
    "Computer Use",
    "Oral Communication",
    "Money Math",
    "Scheduling or Budgeting and Accounting",
    "Measurement and Calculation",
    "Data Analysis",
    "Numerical Estimation",
    "Job Task Planning and Organizing",
    "Decision Making",
    "Problem Solving",
    "Finding Information",
    "Working Safely",
    "Teamwork",
    "Reliability",
    "Organization",
    "Working Independently",
    "Initiative",
    "Self-advocacy",
    "Customer Service",
    "Entrepreneurship",
];

/// What the rules find in these records on this day.
pub(super) fn skill_passports(records: &[&Record], day: Date) -> Vec<Value> {
    let standing: Vec<&Record> = records.iter().copied().filter(|record| is_a_bodys(record)).collect();
    let found =
        RULES.iter().flat_map(|rule| (rule.find)(&standing, day).into_iter().map(move |one| (rule, one)));
    found
        .map(|(rule, Finding { outcome, jti, detail, due })| {
            json!({
                "rule": rule.id,
                "says": rule.says,
                "source": rule.source.title,
                "url": rule.source.url,
                "as_of": rule.source.as_of,
                "outcome": outcome,
                "jti": jti,
                "due": due.map(|day| day.to_string()),
                "detail": detail,
            })
        })
        .collect()
}

/// What the worker says alone confirms nothing.
fn is_a_bodys(record: &Record) -> bool {
    !record.kind.is_by_holder() && matches!(record.standing, Standing::InForce | Standing::Expired)
}

fn sri_lanka(records: &[&Record], _: Date) -> Vec<Finding> {
    let is_nvq = |record: &&&Record| {
        let framework = record.claims.get("nqf_level").and_then(|level| level.get("framework"));
        let awards = record.kind == Kind::QualificationAwarded
            || record.kind == Kind::PriorLearningCertified && record.text("outcome") == Some("QUALIFICATION");
        awards && record.standing == Standing::InForce && framework.and_then(Value::as_str) == Some("lk/nvq")
    };
    let Some(nvq) = records.iter().find(is_nvq) else { return vec![] };
    // Related: of the same minor group, where the qualification names an occupation.
    let group = nvq.text("isco08").and_then(|code| code.get(..3));
    let related: Vec<_> = records
        .iter()
        .filter(|record| {
            group.is_none_or(|group| record.text("isco08").is_some_and(|code| code.starts_with(group)))
        })
        .filter_map(|record| stretch(record))
        .collect();
    let months = counted_once(&related).months;
    let outcome = match (months >= LK_MONTHS, group) {
        (true, Some(_)) => "MET",
        (true, None) => "UNKNOWN",
        (false, _) => "NOT_MET",
    };
    let related = if group.is_some() { "related" } else { "(whether related is not shown)" };
    let detail =
        format!("an NVQ, and {months} months of confirmed employment {related}; {LK_MONTHS} are asked for");
    vec![Finding { outcome, jti: Some(nvq.jti.clone()), detail, due: None }]
}

fn refreshers(records: &[&Record], day: Date) -> Vec<Finding> {
    let of = |record: &&Record| {
        let due: Date = record.text("refresh_due")?.parse().ok()?;
        let (outcome, words) =
            if day <= due { ("MET", "to be refreshed by") } else { ("NOT_MET", "was to be refreshed by") };
        let detail = format!("{}: {words} {due}", record.title);
        Some(Finding { outcome, jti: Some(record.jti.clone()), detail, due: Some(due) })
    };
    records.iter().filter(|record| record.kind == Kind::TrainingCompleted).filter_map(of).collect()
}

fn ontario(records: &[&Record], _: Date) -> Vec<Finding> {
    let of_it = records.iter().filter(|record| {
        let standard = record.claims.get("standard").and_then(|standard| standard.get("id"));
        record.kind == Kind::SkillAssessed
            && standard.and_then(Value::as_str) == Some("ca-on/skills-passport")
    });
    of_it
        .map(|record| {
            let outcomes = record.claims.get("outcomes").and_then(Value::as_array).into_iter().flatten();
            let (known, other): (Vec<&str>, Vec<&str>) =
                outcomes.filter_map(Value::as_str).partition(|outcome| ONTARIO.contains(outcome));
            let outcome = if other.is_empty() { "MET" } else { "NOT_MET" };
            let detail = match other.as_slice() {
                [] => format!(
                    "{} of its {} skills and habits: {}",
                    known.len(),
                    ONTARIO.len(),
                    known.join(", ")
                ),
                other => format!("not on its list: {}", other.join(", ")),
            };
            Finding { outcome, jti: Some(record.jti.clone()), detail, due: None }
        })
        .collect()
}

fn qualifications_passport(records: &[&Record], day: Date) -> Vec<Finding> {
    let issued = records.iter().filter(|record| record.kind == Kind::QualificationsPassportIssued);
    issued
        .filter_map(|record| {
            let until: Date = record.text("valid_until")?.parse().ok()?;
            let (outcome, words) =
                if day <= until { ("MET", "valid until") } else { ("NOT_MET", "expired after") };
            let detail =
                format!("{words} {until}; it is no formal recognition and no authorisation to practise");
            Some(Finding { outcome, jti: Some(record.jti.clone()), detail, due: Some(until) })
        })
        .collect()
}

fn saudi(records: &[&Record], day: Date) -> Vec<Finding> {
    let of_it = records.iter().filter(|record| {
        let standard = record.claims.get("standard").and_then(|standard| standard.get("id"));
        record.kind == Kind::SkillAssessed
            && record.country.as_deref() == Some("SA")
            && standard.and_then(Value::as_str) == Some("sa/skill-verification-programme")
    });
    of_it
        .filter_map(|record| {
            let until = years_after(record.awarded_on?, SA_YEARS);
            let (outcome, words) =
                if day <= until { ("MET", "valid until") } else { ("NOT_MET", "expired after") };
            let detail = format!("{words} {until}, five years after the test");
            Some(Finding { outcome, jti: Some(record.jti.clone()), detail, due: Some(until) })
        })
        .collect()
}
