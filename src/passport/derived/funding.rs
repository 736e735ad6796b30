//! Who pays for what, for the worker's eyes: shares, what was paid, and where a worker is charged what another must bear.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::crypto::{Hash, base64url_encode};
use crate::event::{Amount, Event, Kind};

/// The decisions among `records` (statement hash, issuer, what it says), oldest first; `stands` says whether one is in force.
pub(in crate::passport) fn funding<'a>(
    records: &(impl Iterator<Item = (Hash, &'a str, &'a Event)> + Clone),
    stands: &dyn Fn(&Hash) -> bool,
) -> Vec<Value> {
    let of_kind = |kind: Kind| {
        let records = records.clone();
        records.filter(move |(hash, _, event)| event.kind() == kind && stands(hash))
    };
    let decided = of_kind(Kind::FundingDecided);
    decided
        .map(|(hash, issuer, event)| {
            let payments = of_kind(Kind::FundingPaid).map(|(_, _, paid)| paid);
            decision(issuer, event, payments.filter(|paid| paid.hash("funding") == Some(hash)), &hash)
        })
        .collect()
}

fn decision<'a>(
    issuer: &str,
    event: &Event,
    payments: impl Iterator<Item = &'a Event>,
    hash: &Hash,
) -> Value {
    let mut shares: BTreeMap<&str, Amount> = BTreeMap::new();
    for line in event.objects("lines") {
        if let Some((payer, amount)) = line_of(line) {
            let share = shares.entry(payer).or_insert(Amount::ZERO);
            *share = [*share, amount].into_iter().sum();
        }
    }
    let mut paid: BTreeMap<&str, Amount> = BTreeMap::new();
    for payment in payments {
        let Some((payer, amount)) = payment.text("payer").zip(payment.text("amount").and_then(Amount::parse))
        else {
            continue;
        };
        let sum = paid.entry(payer).or_insert(Amount::ZERO);
        *sum = [*sum, amount].into_iter().sum();
    }
    let share = |payer: &str| shares.get(payer).copied().unwrap_or(Amount::ZERO);
    let own = share("WORKER");
    let granted = event.text("granted_by").map_or(Amount::ZERO, share);
    let is_charged = own != Amount::ZERO && event.text("borne_by").is_some_and(|payer| payer != "WORKER");
    json!({
        "hash": base64url_encode(hash),
        "issuer": issuer,
        "scenario": event.text("scenario"),
        "decided_on": event.text("decided_on"),
        "currency": event.text("currency"),
        "cost": event.text("cost"),
        "granted_by": event.text("granted_by"),
        "granted": granted.to_string(),
        "requested": event.text("requested"),
        "cap": event.text("cap"),
        "eligible": event.claims().get("eligible"),
        "own_share": own.to_string(),
        "shares": amounts(&shares),
        "paid": amounts(&paid),
        "borne_by": event.text("borne_by"),
        "instrument": event.text("instrument"),
        "lines": event.claims().get("lines"),
        "flags": if is_charged { vec!["WORKER_CHARGED"] } else { vec![] },
    })
}

fn line_of(line: &Map<String, Value>) -> Option<(&str, Amount)> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    Some((text("payer")?, Amount::parse(text("amount")?)?))
}

fn amounts(by_payer: &BTreeMap<&str, Amount>) -> Map<String, Value> {
    by_payer.iter().map(|(payer, amount)| ((*payer).to_owned(), amount.to_string().into())).collect()
}
