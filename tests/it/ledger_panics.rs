//! A thread of the ledger that panics: everybody waiting is answered, the ledger stops and says why, and opened again it
//! has everything that was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use skillpass::ledger::{Clock, Ledger, ManualClock};

use crate::support::{TestLedger, check_dir, options};

/// Tells the time until a thread of that name asks, once it is armed: then that thread panics.
struct Trap {
    clock: Arc<ManualClock>,
    thread: &'static str,
    is_armed: AtomicBool,
}

impl Clock for Trap {
    fn now_ms(&self) -> u64 {
        let is_caught = std::thread::current().name() == Some(self.thread);
        assert!(!(is_caught && self.is_armed.swap(false, Ordering::SeqCst)), "planted");
        self.clock.now_ms()
    }
}

/// Why a ledger stopped itself; fails if it does not within a minute.
fn why_failed(ledger: &Ledger) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let failed = async { tokio::time::timeout(Duration::from_secs(60), ledger.failed()).await };
    runtime.block_on(failed).expect("the panic is noticed")
}

fn a_panic_stops_the_ledger(thread: &'static str, why: &str) {
    let test = TestLedger::new();
    let worker = test.open_passport();
    let statements: Vec<String> = (0..100).map(|_| test.training(&worker)).collect();
    let stopped = test.stop();
    let trap = Trap { clock: Arc::clone(&stopped.clock), thread, is_armed: AtomicBool::new(false) };
    let trap = Arc::new(trap);
    let ledger = Ledger::open(&stopped.dir(), options(), Arc::clone(&trap) as Arc<dyn Clock>).unwrap();
    assert!(ledger.is_serving());
    trap.is_armed.store(true, Ordering::SeqCst);
    let sent: Vec<_> = statements.into_iter().map_while(|one| ledger.submit(one, None).ok()).collect();
    assert!(!sent.is_empty());
    let answers: Vec<_> = sent.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect();
    assert_eq!(why_failed(&ledger), why);
    assert!(!ledger.is_serving());
    let mut recorded = 0;
    for answer in answers {
        match answer {
            Ok(_) => recorded += 1,
            Err(error) => assert_eq!(error.reason, "NOT_SERVING"),
        }
    }
    ledger.close();
    drop(ledger);
    let test = stopped.open().unwrap();
    // An entry may be durable and its answer lost, never the other way about.
    assert!(test.ledger.worker(worker.id).unwrap().unwrap().len() > recorded, "{recorded} were acknowledged");
    test.record_training(&worker);
    check_dir(&test.stop().dir());
}

#[test]
fn a_verifier_that_panics_stops_the_ledger() {
    a_panic_stops_the_ledger("verifier", "a verifier panicked");
}

#[test]
fn a_writer_that_panics_stops_the_ledger() {
    a_panic_stops_the_ledger("writer", "the writer panicked");
}

#[test]
fn a_publisher_that_panics_stops_the_ledger() {
    a_panic_stops_the_ledger("publisher", "the publisher panicked");
}
