//! Processor time and memory of this process, as Linux tells them (proc(5)).

use std::time::Duration;

/// Linux counts it in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// So far, in user and in system mode, all threads together; `None` where the system does not tell.
pub(super) fn cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name stands in parentheses and may hold anything; `utime` and `stime` are fields 14 and 15.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let ticks = |field: Option<&str>| field?.parse::<u32>().ok();
    let (user, system) = (ticks(fields.next())?, ticks(fields.next())?);
    Some(TICK * user.checked_add(system)?)
}

/// Resident memory now, MiB.
pub(super) fn memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}
