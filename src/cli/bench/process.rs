//! Processor time and memory of a process, as Linux tells them (proc(5)); `None` where the system does not.

use std::time::Duration;

/// Linux counts it in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// One process.
#[derive(Debug, Clone)]
pub(super) struct Process(String);

impl Process {
    /// This one.
    pub(super) fn this() -> Self {
        Self("self".to_owned())
    }

    /// Another.
    pub(super) fn of(child: &std::process::Child) -> Self {
        Self(child.id().to_string())
    }

    /// Processor time so far, in user and in system mode, all threads together.
    pub(super) fn cpu(&self) -> Option<Duration> {
        let stat = self.read("stat")?;
        // The command's name stands in parentheses and may hold anything; `utime` and `stime` are fields 14 and 15.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
        let ticks = |field: Option<&str>| field?.parse::<u32>().ok();
        let (user, system) = (ticks(fields.next())?, ticks(fields.next())?);
        Some(TICK * user.checked_add(system)?)
    }

    /// Resident memory now, MiB.
    pub(super) fn memory_mib(&self) -> Option<u64> {
        self.status_mib("VmRSS:")
    }

    /// The most that was ever resident, MiB.
    pub(super) fn peak_mib(&self) -> Option<u64> {
        self.status_mib("VmHWM:")
    }

    fn status_mib(&self, field: &str) -> Option<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
    }

    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0)).ok()
    }
}

/// Lets the system forget what it has read, so that the next reader waits for the disk: for root alone. Says whether it did.
pub(super) fn forget_cached_files() -> bool {
    rustix::fs::sync();
    std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
