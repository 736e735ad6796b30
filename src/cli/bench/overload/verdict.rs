//! What `bench overload` says of its figures, and whether they keep what is promised.

use serde_json::Value;

use super::super::super::error::{CliError, Exit};
use super::super::super::out;
use super::super::figures::{failed, number, told};

/// What the server may have in memory beyond what it had before: every place of its queue and every call at once, with the
/// largest statements, are 64 and 256 MiB, and connections their windows.
const MEMORY_MAX_MIB: u64 = 512;
/// The least speed afterwards, as a share of that before. Two measurements of the same server differ by a tenth or two where
/// others work on the machine, seldom by half, and then a second one is made: what stays slow after an overload is slow again.
const SPEED_MIN: f64 = 0.5;

/// Whether a speed afterwards is no longer that of before.
pub(super) fn is_slow(after: f64, before: f64) -> bool {
    after < before * SPEED_MIN
}

/// Fails with everything that is not as it is promised.
pub(super) fn of(figures: &Value) -> Result<Exit, CliError> {
    let broken = broken(figures);
    if broken.is_empty() { Ok(Exit::Done) } else { Err(failed(&broken.join("; "))) }
}

fn broken(figures: &Value) -> Vec<String> {
    let phases = told(figures, "phases");
    let load = |phase| told(told(phases, phase), "load");
    let peak = |phase| number(told(phases, phase), "peak_mib");
    let without_delay: u64 = ["before", "overload", "after"]
        .map(|phase| number(load(phase), "refused_without_delay"))
        .iter()
        .sum();
    let refused = without_delay + number(load("overload"), "refused_with_delay");
    let grown = peak("after").max(peak("overload")).saturating_sub(peak("before"));
    let speed = told(phases, "after_to_before").as_f64().unwrap_or(0.0);
    let lost = number(figures, "lost") + number(figures, "fsck_findings");
    let wrong = [
        (lost > 0, "something that was acknowledged is missing or damaged".to_owned()),
        (without_delay > 0, format!("{without_delay} refusals did not say when to come back")),
        (refused == 0, "nothing was refused: that was no overload, try more --seconds".to_owned()),
        (grown > MEMORY_MAX_MIB, format!("the server's memory grew by {grown} MiB, beyond {MEMORY_MAX_MIB}")),
        (is_slow(speed, 1.0), format!("afterwards the server is only {speed} times as fast as before")),
    ];
    wrong.into_iter().filter_map(|(is_so, what)| is_so.then_some(what)).collect()
}

/// The figures for people: how much is always a total, unless "a second" stands beside it.
pub(super) fn tell(figures: &Value) -> Result<(), CliError> {
    let phases = told(figures, "phases");
    for phase in ["before", "overload", "after"] {
        let of = told(phases, phase);
        let load = told(of, "load");
        out::line(format_args!("{phase}: {}", sent(of)))?;
        out::line(format_args!(
            "  acknowledged {} ({} a second over the {} s until all was answered), refused with a delay {}, without {}: {}",
            told(load, "acknowledged"),
            told(of, "acknowledged_per_second"),
            told(load, "seconds"),
            told(load, "refused_with_delay"),
            told(load, "refused_without_delay"),
            told(load, "refused"),
        ))?;
        let latency = told(load, "latency_ms_by_generator");
        out::line(format_args!("  latency of what was admitted, ms, by generator: {latency}"))?;
        out::line(format_args!("  server's memory so far at most {} MiB", told(of, "peak_mib")))?;
    }
    let polite = told(told(phases, "overload"), "polite");
    out::line(format_args!("callers that wait as they are told: {polite}"))?;
    out::line(format_args!("speed after ÷ before: {}", told(phases, "after_to_before")))?;
    out::line(format_args!(
        "{} acknowledged, asked again after a restart: {} lost; fsck: {} findings",
        told(figures, "acknowledged"),
        told(figures, "lost"),
        told(figures, "fsck_findings")
    ))
}

fn sent(phase: &Value) -> String {
    let load = told(phase, "load");
    let sent = number(load, "sent");
    let Some(rate) = told(phase, "offered_per_second").as_u64() else {
        return format!("sent {sent}, each after the answer to another");
    };
    let offered = number(load, "arrivals");
    let seconds = told(phase, "offered_for_seconds");
    let why = match number(load, "not_sent") {
        0 => String::new(),
        not_sent => format!(
            ", not sent {not_sent}: all connections had as many calls on their way as the server lets them have"
        ),
    };
    format!("offered {offered} ({rate} a second for {seconds} s), sent {sent}{why}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Figures of a server that keeps its promises.
    fn good() -> Value {
        let phase = |refused: u64, peak: u64| {
            json!({
                "load": {"refused_with_delay": refused, "refused_without_delay": 0}, "peak_mib": peak,
            })
        };
        let phases = json!({
            "before": phase(0, 60), "overload": phase(9, 60 + MEMORY_MAX_MIB), "after": phase(0, 60 + MEMORY_MAX_MIB),
            "after_to_before": SPEED_MIN,
        });
        json!({"phases": phases, "acknowledged": 5, "lost": 0, "fsck_findings": 0})
    }

    #[test]
    fn each_promise_that_is_broken_fails_the_command_by_name() {
        assert_eq!(broken(&good()), Vec::<String>::new());
        for (place, value, says) in [
            ("/lost", json!(1), "missing or damaged"),
            ("/fsck_findings", json!(1), "missing or damaged"),
            ("/phases/overload/load/refused_without_delay", json!(1), "did not say when"),
            ("/phases/after/load/refused_without_delay", json!(1), "did not say when"),
            ("/phases/overload/load/refused_with_delay", json!(0), "nothing was refused"),
            ("/phases/overload/peak_mib", json!(61 + MEMORY_MAX_MIB), "memory grew"),
            ("/phases/after/peak_mib", json!(61 + MEMORY_MAX_MIB), "memory grew"),
            ("/phases/after_to_before", json!(0.49), "0.49 times"),
        ] {
            let mut figures = good();
            *figures.pointer_mut(place).unwrap() = value;
            let broken = broken(&figures);
            assert!(broken.len() == 1 && broken[0].contains(says), "{place}: {broken:?}");
            assert!(of(&figures).is_err());
        }
    }

    #[test]
    fn what_was_offered_and_what_was_sent_are_told_apart() {
        let load = json!({"arrivals": 90, "sent": 70, "not_sent": 20});
        let told = sent(&json!({"offered_per_second": 30, "offered_for_seconds": 3, "load": load}));
        assert!(told.starts_with("offered 90 (30 a second for 3 s), sent 70, not sent 20: "), "{told}");
    }
}
