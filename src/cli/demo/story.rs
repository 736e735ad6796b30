//! The story, told only from what the ledgers answered and what the offline verifier found.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::journey::{Journey, Side};
use super::play::Traveller;
use super::tamper;
use crate::passport::file::PassportFile;
use crate::passport::{Check, Options, SECTIONS, Status, Verdict, verify};
use crate::trust::TrustFile;

/// What one ledger showed of a worker.
pub(super) struct Seen {
    pub(super) side: Side,
    pub(super) holder: Value,
    pub(super) employer: Value,
}

/// The text so far, and whether all went as it must.
pub(super) struct Story<'a> {
    trust: &'a TrustFile,
    now: i64,
    text: String,
    all_well: bool,
    tampered: bool,
    /// A record of the first journey, for the command that presents it.
    example: String,
}

impl<'a> Story<'a> {
    pub(super) fn begin(trust: &'a TrustFile, now: i64) -> Self {
        let text = "Two ledgers were founded on this machine, bodies were named and authorised in them, and each step below was\n\
            signed by its body and recorded over gRPC. A witness on each side cosigned every checkpoint of both ledgers: neither can\n\
            keep a second history unseen, and the trust file asks for the word of both. Workers and bodies are synthetic; kinds, frameworks and law are real.\n"
            .to_owned();
        Self { trust, now, text, all_well: true, tampered: false, example: String::new() }
    }

    fn line(&mut self, text: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{text}");
    }

    /// One journey.
    pub(super) fn tell(
        &mut self,
        journey: &Journey,
        traveller: &Traveller,
        seen: &[Seen],
        complete: &PassportFile,
        presentations: &[(String, PassportFile)],
    ) {
        self.line(format_args!("\n== {} ({})", journey.title, traveller.worker));
        if !journey.summary.is_empty() {
            self.line(&journey.summary);
        }
        for source in &journey.sources {
            self.line(format_args!("  Source: {source}"));
        }
        for view in seen {
            self.records(view);
        }
        for (day, event, reason, message) in &traveller.refusals {
            self.line(format_args!("  refused  {day}  {event}: {message} ({reason})"));
        }
        if self.example.is_empty() {
            let shown = journey.presentations.iter().flat_map(|wanted| &wanted.records);
            let first = shown.chain(traveller.ids.keys()).find_map(|id| traveller.ids.get(id));
            self.example = first.cloned().unwrap_or_default();
        }
        let bytes = complete.encode();
        self.verdict(&format!("passports/{}.skillpass", journey.id), &bytes, &Options::at(self.now));
        for (name, file) in presentations {
            let name = format!("presentations/{}.{name}.skillpass", journey.id);
            self.verdict(&name, &file.encode(), &Options::at(self.now));
        }
        if !self.tampered && presentations.len() > 1 {
            self.tampered = true;
            let files: Vec<PassportFile> = presentations.iter().map(|(_, file)| file.clone()).collect();
            self.forgeries(complete, &files);
        }
    }

    /// What a ledger shows the worker, with a mark on what no employer sees.
    fn records(&mut self, view: &Seen) {
        let origin = view.holder.get("origin").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.line(format_args!("  What {origin} ({} side) shows the worker:", view.side.name()));
        for section in SECTIONS.map(crate::event::Section::as_str) {
            for record in list(&view.holder, section) {
                let private =
                    !list(&view.employer, section).iter().any(|other| other.get("jti") == record.get("jti"));
                let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
                let mark = if private { "  [only the worker sees this]" } else { "" };
                let standing = text("standing").replace('_', " ");
                let outcome =
                    ["result", "decision"].map(text).into_iter().find(|outcome| !outcome.is_empty());
                let outcome = outcome.map(|outcome| format!(" | {outcome}")).unwrap_or_default();
                let who = if text("issuer_name").is_empty() { "the worker" } else { text("issuer_name") };
                self.line(format_args!(
                    "    {section:<13} {} | {who}{outcome} | {standing}{mark}",
                    text("title")
                ));
            }
        }
    }

    fn verdict(&mut self, name: &str, bytes: &[u8], options: &Options) {
        let report = verify(bytes, self.trust, options);
        let seen = |row: &&crate::passport::CheckRow| {
            row.check == Check::WitnessQuorum && row.status == Status::Pass
        };
        let witnessed = report.checks.iter().filter(seen).count();
        let ledgers = report.checks.iter().filter(|row| row.check == Check::WitnessQuorum).count();
        let passed = report.checks.iter().filter(|row| row.status == Status::Pass).count();
        self.line(format_args!(
            "  {name}: {} ({} records, {passed} checks passed; seen by both witnesses: {witnessed} of {ledgers})",
            report.verdict.as_str(),
            report.records.len()
        ));
        if report.verdict != Verdict::Valid {
            self.all_well = false;
            let bad: Vec<_> = report
                .checks
                .iter()
                .filter(|row| matches!(row.status, Status::Fail | Status::Unknown))
                .collect();
            for row in bad {
                self.line(format_args!(
                    "    {} {} {}: {}",
                    row.check.as_str(),
                    row.status.as_str(),
                    row.subject,
                    row.detail
                ));
            }
        }
    }

    /// Six lies and the check that turns red for each.
    fn forgeries(&mut self, complete: &PassportFile, presentations: &[PassportFile]) {
        self.line("  Six forgeries of these files, each with the check that turns red:");
        for lie in tamper::all(complete, presentations) {
            let mut options = Options::at(self.now);
            (options.audience, options.nonce) =
                lie.asked.map_or((None, None), |(audience, nonce)| (Some(audience), Some(nonce)));
            let report = verify(&lie.bytes, self.trust, &options);
            let red = report.checks.iter().find(|row| row.check == lie.check && row.status == Status::Fail);
            match red {
                Some(row) if report.verdict == Verdict::Invalid => {
                    self.line(format_args!(
                        "    {:<72} {} FAIL: {}",
                        lie.what,
                        row.check.as_str(),
                        row.detail
                    ));
                }
                _ => {
                    self.all_well = false;
                    self.line(format_args!("    {:<72} NOT NOTICED by {}", lie.what, lie.check.as_str()));
                }
            }
        }
    }

    /// The last lines, with commands to copy.
    pub(super) fn end(mut self, out: &Path, journeys: &[Journey], ours: bool) -> (String, bool) {
        let program = std::env::args().next().unwrap_or_else(|| "skillpass".to_owned());
        let out = out.display();
        let Some(first) = journeys.first() else { return (self.text, self.all_well) };
        let id = &first.id;
        let example = std::mem::take(&mut self.example);
        self.line("\n== Your turn");
        self.line(format_args!("# verify, offline, with nothing but the file and the trust file\n{program} verify {out}/passports/{id}.skillpass --trust {out}/trust.toml"));
        self.line(format_args!("# show one thing to one audience\n{program} passport present {out}/passports/{id}.skillpass --key {out}/keys/{id}.holder.jwk --records {example} --audience https://employer.example --nonce 1 --out {out}/mine.skillpass"));
        self.line(format_args!("# change one letter, and see it refused\nsed 's/A/B/' {out}/passports/{id}.skillpass > {out}/forged.skillpass; {program} verify {out}/forged.skillpass --trust {out}/trust.toml"));
        self.line(format_args!("# serve a ledger on its real clock, cosigned by both witnesses\n{program} witness serve --data {out}/witnesses/origin --http 127.0.0.1:7650 &\n{program} witness serve --data {out}/witnesses/destination --http 127.0.0.1:7651 &\n{program} serve --config {out}/ledgers/witnesses.toml --data {out}/ledgers/origin --grpc 127.0.0.1:7640 --http 127.0.0.1:7641"));
        if ours {
            self.line(format_args!("# in another terminal: record a spreadsheet of twelve graduates\n{program} import {out}/graduates.csv --kind TrainingCompleted --key {out}/keys/technical-institute-eg.jwk --ledger http://127.0.0.1:7640 --open-missing --slips {out}/slips"));
        }
        (self.text, self.all_well)
    }
}

fn list<'v>(passport: &'v Value, section: &str) -> &'v [Value] {
    let records = passport.get("sections").and_then(|sections| sections.get(section));
    records.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
