//! `skillpass demo`: whole journeys through two real ledgers, told from the ledgers' own answers.

mod cast;
mod journey;
mod play;
mod stage;
mod story;
mod tamper;
mod witnesses;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::cast::Cast;
use self::journey::{Journey, Side};
use self::play::Traveller;
use self::stage::{Served, Stage};
use self::witnesses::Witnesses;
use super::error::{CliError, Exit};
use super::{Context, clock, files, out};
use crate::config::{ENV_LOG, process_environment};
use crate::ledger::{Clock, SystemClock};
use crate::passport::file::PassportFile;
use crate::passport::{PresentRequest, Show};
use crate::pb;
use crate::telemetry::start_logs;
use crate::trust::{TrustFile, TrustedLedger};

/// Reads and checks a journey file's text.
pub(super) fn read_journey(text: &str, today: jiff::civil::Date) -> Result<(), CliError> {
    Journey::parse(text, "journey", today).map(drop)
}

/// The journeys of the repository, in the order they are told.
const OURS: [(&str, &str); 10] = [
    ("a-nurse.toml", include_str!("journeys/a-nurse.toml")),
    ("b-intern.toml", include_str!("journeys/b-intern.toml")),
    ("c-trainee.toml", include_str!("journeys/c-trainee.toml")),
    ("d-mason.toml", include_str!("journeys/d-mason.toml")),
    ("e-mason.toml", include_str!("journeys/e-mason.toml")),
    ("f-refugee.toml", include_str!("journeys/f-refugee.toml")),
    ("g-engineer.toml", include_str!("journeys/g-engineer.toml")),
    ("h-accountant.toml", include_str!("journeys/h-accountant.toml")),
    ("i-nurse.toml", include_str!("journeys/i-nurse.toml")),
    ("j-cvq.toml", include_str!("journeys/j-cvq.toml")),
];
/// Twelve rows for `skillpass import`.
const GRADUATES: &str = include_str!("graduates.csv");
/// Marks a directory that a demo made, and that the next may replace.
const STORY: &str = "story.txt";
/// How long a presentation of the demo is good for, seconds.
const PRESENTATION_SECONDS: i64 = 30 * 86_400;

/// `demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  skillpass demo\n  skillpass demo --journey mine.toml --out ./mine\n  skillpass demo --serve\n\nStarts two ledgers and two witnesses on loopback, plays journeys of migrant workers over gRPC on a clock that replays the years, exports,\npresents and verifies their passports offline, and shows six forgeries with the check that turns red for each.\nWhat it leaves in --out: ledgers/ (data directories, servable), witnesses/, trust.toml, keys/, passports/, presentations/, statements/.\nJourney files are TOML; src/cli/demo/journeys/FORMAT.md in the source describes them, beside ten examples.\nWith SKILLPASS_LOG=info in the environment, its ledgers log to standard error as `serve` does."
)]
pub(crate) struct DemoArgs {
    /// Play this journey file instead of ours. Repeat for several
    #[arg(long = "journey", value_name = "FILE")]
    journeys: Vec<PathBuf>,
    /// Where to leave the outcome; a former demo there is replaced
    #[arg(long, value_name = "DIR", default_value = "./skillpass-demo")]
    out: PathBuf,
    /// Afterwards, serve both ledgers until interrupted
    #[arg(long)]
    serve: bool,
}

impl DemoArgs {
    /// Runs it.
    pub(crate) fn run(self, context: Context) -> Result<Exit, CliError> {
        if let Some(filter) = process_environment(ENV_LOG) {
            start_logs(&filter)
                .map_err(|error| CliError::usage("LOGS", error.to_string(), "e.g. SKILLPASS_LOG=info"))?;
        }
        let journeys: Vec<Journey> = if self.journeys.is_empty() {
            OURS.iter()
                .map(|(name, text)| Journey::parse(text, name, clock::today()))
                .collect::<Result<_, _>>()?
        } else {
            self.journeys.iter().map(|path| Journey::read(path)).collect::<Result<_, _>>()?
        };
        unique(&journeys)?;
        prepare(&self.out)?;
        let ours = self.journeys.is_empty();
        context.block_on(async move {
            let valid = perform(&journeys, &self.out, ours).await?;
            if self.serve {
                serve(&self.out).await?;
            }
            Ok(if valid { Exit::Done } else { Exit::Refused })
        })
    }
}

/// Plays, exports, presents, verifies, forges, tells. False if a passport that should be authentic is not, or a forgery
/// went unnoticed.
async fn perform(journeys: &[Journey], out: &Path, ours: bool) -> Result<bool, CliError> {
    let stage = Stage::build(out, first_day_ms(journeys)?).await?;
    let cast = Cast::assemble(&stage, journeys, &out.join("keys")).await?;
    let travellers = play::play(&stage, &cast, journeys, out).await?;
    stage.clock.set(clock::now_ms());
    stage.witnessed().await?;
    let trust = trust_file(&stage, &cast)?;
    files::replace(&out.join("trust.toml"), trust.to_toml().as_bytes())?;
    let mut story = story::Story::begin(&trust, clock::now_s());
    for (journey, traveller) in journeys.iter().zip(&travellers) {
        let complete = export(&stage, journey, traveller, out).await?;
        let presentations = present(journey, traveller, &complete, out)?;
        let views = read_views(&stage, traveller).await?;
        story.tell(journey, traveller, &views, &complete, &presentations);
    }
    if ours {
        files::replace(&out.join("graduates.csv"), GRADUATES.as_bytes())?;
    }
    stage.close().await?;
    let (text, valid) = story.end(out, journeys, ours);
    files::replace(&out.join(STORY), text.as_bytes())?;
    out::text(&text)?;
    Ok(valid)
}

/// The day before the first step, so that every authorisation is recorded before what it allows.
fn first_day_ms(journeys: &[Journey]) -> Result<u64, CliError> {
    let steps = journeys.iter().flat_map(|journey| &journey.steps);
    let first = steps.filter_map(|step| step.on.parse::<jiff::civil::Date>().ok()).min();
    let first = first
        .ok_or_else(|| CliError::usage("JOURNEY_INVALID", "the journeys have no steps", "add a [[step]]"))?;
    play::noon_ms(first.yesterday().unwrap_or(first))
}

fn unique(journeys: &[Journey]) -> Result<(), CliError> {
    for (at, journey) in journeys.iter().enumerate() {
        if journeys.iter().take(at).any(|earlier| earlier.id == journey.id) {
            let message = format!("two journeys have the id `{}`", journey.id);
            return Err(CliError::usage("JOURNEY_INVALID", message, "give each its own"));
        }
    }
    Ok(())
}

/// An empty directory: a new one, or a former demo's.
fn prepare(out: &Path) -> Result<(), CliError> {
    let unusable = |error: std::io::Error| files::unwritable(out, &error);
    match std::fs::read_dir(out) {
        Ok(mut entries) => {
            if entries.next().is_some() && !files::exists(&out.join(STORY))? {
                let message = format!("{} exists and is not a former demo", out.display());
                return Err(CliError::failed(
                    "OUT_EXISTS",
                    message,
                    "nothing was touched; choose another --out",
                ));
            }
            std::fs::remove_dir_all(out).map_err(unusable)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(error)),
    }
    for folder in ["ledgers", "witnesses", "keys", "passports", "presentations", "statements"] {
        std::fs::create_dir_all(out.join(folder)).map_err(unusable)?;
    }
    // A demo that is cut short may be replaced as well.
    files::replace(&out.join(STORY), b"unfinished\n")
}

fn trust_file(stage: &Stage, cast: &Cast) -> Result<TrustFile, CliError> {
    let mut trust = TrustFile::empty();
    for side in Side::BOTH {
        let seat = stage.seat(side);
        trust.ledgers.push(TrustedLedger {
            origin: seat.origin.clone(),
            log_keys: vec![seat.founded.vkey.clone()],
            status_keys: vec![seat.founded.status_key.clone()],
        });
    }
    trust.roots.clone_from(&cast.roots);
    let policy = stage.policy()?;
    trust.policy_text = Some(policy.text().to_owned());
    trust.policy = Some(policy);
    Ok(trust)
}

/// The worker exports from each ledger that knows them and joins the files.
async fn export(
    stage: &Stage,
    journey: &Journey,
    traveller: &Traveller,
    out: &Path,
) -> Result<PassportFile, CliError> {
    let mut parts = Vec::new();
    for &side in &traveller.sides {
        stage.clock.set(clock::now_ms());
        let client = &stage.seat(side).client;
        let message = pb::ExportPassportRequest { worker: traveller.worker.to_string(), known_at: None };
        let request = stage.signed(side, &traveller.holder, message)?;
        let answer =
            client.passports().export_passport(request).await.map_err(|status| client.error(&status))?;
        parts.push(
            PassportFile::parse(&answer.into_inner().file)
                .map_err(|error| not_made(error.reason(), &error.to_string()))?,
        );
    }
    let complete =
        PassportFile::merge(&parts).map_err(|error| not_made(error.reason(), &error.to_string()))?;
    files::replace(&out.join("passports").join(format!("{}.skillpass", journey.id)), &complete.encode())?;
    Ok(complete)
}

/// The worker cuts the passport for each audience; nothing leaves the worker's own machine for it.
fn present(
    journey: &Journey,
    traveller: &Traveller,
    complete: &PassportFile,
    out: &Path,
) -> Result<Vec<(String, PassportFile)>, CliError> {
    let mut made = Vec::new();
    for wanted in &journey.presentations {
        let ids = wanted.records.iter().filter_map(|id| traveller.ids.get(id));
        let shows = ids
            .filter_map(|jti| jti.strip_prefix("urn:uuid:")?.parse().ok())
            .map(|id| Show { id, claims: (!wanted.disclose.is_empty()).then(|| wanted.disclose.clone()) });
        let now = clock::now_s();
        let request = PresentRequest {
            shows: shows.collect(),
            audience: wanted.audience.clone(),
            nonce: wanted.nonce.clone(),
            issued_at: now,
            expires_at: now + PRESENTATION_SECONDS,
        };
        let bytes = complete
            .present(&request, &traveller.holder)
            .map_err(|error| not_made(error.reason(), &error.to_string()))?;
        files::replace(
            &out.join("presentations").join(format!("{}.{}.skillpass", journey.id, wanted.name)),
            &bytes,
        )?;
        let file =
            PassportFile::parse(&bytes).map_err(|error| not_made(error.reason(), &error.to_string()))?;
        made.push((wanted.name.clone(), file));
    }
    Ok(made)
}

/// What each ledger tells the worker, and what it would tell an employer.
async fn read_views(stage: &Stage, traveller: &Traveller) -> Result<Vec<story::Seen>, CliError> {
    let mut seen = Vec::new();
    for &side in &traveller.sides {
        let client = &stage.seat(side).client;
        let mut read = Vec::new();
        for view in [pb::View::Holder, pb::View::Employer] {
            let message = pb::GetPassportRequest {
                worker: traveller.worker.to_string(),
                view: view.into(),
                known_at: None,
                valid_at: None,
            };
            let request = stage.signed(side, &traveller.holder, message)?;
            let answer =
                client.passports().get_passport(request).await.map_err(|status| client.error(&status))?;
            let json = answer.into_inner().passport_json;
            read.push(
                serde_json::from_str(&json)
                    .map_err(|_| not_made("LEDGER_ANSWERED", "the ledger's passport is no JSON"))?,
            );
        }
        let employer = read.pop().unwrap_or_default();
        let holder = read.pop().unwrap_or_default();
        seen.push(story::Seen { side, holder, employer });
    }
    Ok(seen)
}

/// Serves both ledgers on the real clock until interrupted.
async fn serve(out: &Path) -> Result<(), CliError> {
    let clock = Arc::new(SystemClock) as Arc<dyn Clock>;
    let witnesses = Witnesses::serve(out, &clock).await?;
    let policy = witnesses.policy(|_, address| format!("http://{address}/"))?;
    let mut ledgers = Vec::new();
    for side in Side::BOTH {
        let served = Served::start(out, side, &policy, &clock).await?;
        let (grpc, http) = (served.running.grpc(), served.running.http());
        out::line(format_args!("{}: ready grpc={grpc} http={http}", side.name()))?;
        ledgers.push(served);
    }
    super::serve::interrupted().await?;
    for served in ledgers {
        served.stop().await?;
    }
    witnesses.stop().await;
    Ok(())
}

fn not_made(reason: &'static str, message: &str) -> CliError {
    CliError::failed(reason, message.to_owned(), "report this with the command you ran: it should not happen")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: jiff::civil::Date = jiff::civil::date(2026, 1, 1);

    #[test]
    fn our_journeys_say_only_what_the_vocabulary_knows_and_name_their_sources() {
        for (name, text) in OURS {
            let journey = Journey::parse(text, name, TODAY).unwrap();
            assert!(!journey.sources.is_empty(), "{name}");
        }
    }

    /// What `bad` in the place of `good` is refused with.
    fn refused(good: &str, bad: &str) -> String {
        let (name, text) = OURS[0];
        assert!(text.contains(good), "{good}");
        Journey::parse(&text.replacen(good, bad, 1), name, TODAY).map(|_| ()).unwrap_err().message
    }

    #[test]
    fn a_journey_that_makes_no_sense_is_refused_by_name_and_line() {
        for (good, bad, says) in [
            ("by = \"university-ph\"", "by = \"nobody\"", "no body has the id `nobody`"),
            ("target = \"@licence-ph\"", "target = \"@unknown\"", "`@unknown` names no earlier step"),
            (
                "event = \"LanguageCertified\"",
                "event = \"LanguageCertifed\"",
                "did you mean `LanguageCertified`",
            ),
            ("on = \"2018-04-20\"", "on = \"2018-02-30\"", "`2018-02-30` is no date"),
            ("on = \"2018-04-20\"", "on = \"2031-04-20\"", "after today"),
            ("root = true", "rot = true", "unknown field `rot`"),
            ("awarding_date = ", "awarded_date = ", "awarded_date"),
            ("issuer_kind = \"EMPLOYER\"", "issuer_kind = \"INTERMEDIARY\"", "never states anything"),
            ("issuer_kind = \"EMPLOYER\"", "issuer_kind = \"BOSS\"", "`BOSS` is no kind of body"),
            (
                "kinds = [\"WorkExperienceAttested\"]",
                "kinds = [\"LicenceGranted\"]",
                "not for a body of kind EMPLOYER",
            ),
            ("destination_countries = [\"DE\"]", "destination_countries = [\"XY\"]", "`XY` is no country"),
            ("destination_countries = [\"DE\"]", "destination_countries = [\"AT\"]", "DE is neither"),
            (
                "destination_countries = [\"DE\"]",
                "destination_countries = [\"DE\", \"PH\"]",
                "both an origin and",
            ),
            ("records = [\"degree\"", "records = [\"degre\"", "no step has the id `degre`"),
        ] {
            let message = refused(good, bad);
            assert!(message.contains(says), "{good} -> {bad}: {message}");
            let knows_line = message.contains("line ") || bad.contains("destination_countries");
            assert!(knows_line, "{bad}: {message}");
        }
    }

    #[test]
    fn the_line_named_is_the_line_of_the_field() {
        let (_, text) = OURS[0];
        let at = text.lines().position(|line| line.starts_with("awarding_date")).unwrap() + 1;
        let message = refused("awarding_date = \"2018-04-20\"", "awarding_date = \"20 April\"");
        assert!(
            message.contains(&format!("line {at}: step 3 (QualificationAwarded): awarding_date")),
            "{message}"
        );
    }

    #[test]
    fn steps_may_stand_in_any_order_and_are_played_by_their_days() {
        let (name, text) = OURS[0];
        let (head, rest) = text.split_at(text.find("[[step]]").unwrap());
        let (steps, presentations) = rest.split_at(rest.find("[[presentation]]").unwrap());
        let mut blocks: Vec<&str> = steps.split("[[step]]").skip(1).collect();
        let days = |journey: &Journey| journey.steps.iter().map(|step| step.on.clone()).collect::<Vec<_>>();
        let ordered = days(&Journey::parse(text, name, TODAY).unwrap());
        // The newest first; of one day, as they stood.
        blocks.sort_by_key(|block| {
            std::cmp::Reverse(block.lines().find(|line| line.starts_with("on = ")).unwrap())
        });
        let backwards: String = blocks.iter().flat_map(|block| ["[[step]]", block, "\n"]).collect();
        let journey = Journey::parse(&format!("{head}{backwards}{presentations}"), name, TODAY).unwrap();
        assert_eq!(days(&journey), ordered);
        assert_ne!(journey.steps[0].number, 1, "the file's own numbers stay");
    }

    #[test]
    fn a_passport_is_opened_before_anything_is_written_in_it() {
        let (name, text) = OURS[0];
        let first = text.find("[[step]]").unwrap();
        let second = first + 8 + text[first + 8..].find("[[step]]").unwrap();
        let cut = format!("{}{}", &text[..first], &text[second..]);
        let error = Journey::parse(&cut, name, TODAY).map(|_| ()).unwrap_err();
        assert!(
            error.message.contains("no earlier step opens the passport on the side `origin`"),
            "{}",
            error.message
        );
    }
}
