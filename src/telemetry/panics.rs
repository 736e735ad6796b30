//! A panic is a bug of ours. Its message may quote what it was working on, a name or a statement: only its place is logged.

/// From now on every panic of this process is one line of the log.
pub(super) fn log_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(at, thread = thread.name().unwrap_or("unnamed"), "a bug: this thread panicked");
    }));
}
