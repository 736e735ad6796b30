//! libFuzzer over the target that FUZZ_TARGET names. With FUZZ_SEEDS=DIR it only writes each target's first inputs there.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    skillpass_fuzz::target(&name)
});

fn seeds() {
    if let Ok(directory) = std::env::var("FUZZ_SEEDS") {
        let demo = std::env::var("FUZZ_DEMO").ok();
        skillpass_fuzz::seeds::make(Path::new(&directory), demo.as_deref().map(Path::new));
        std::process::exit(0);
    }
}

libfuzzer_sys::fuzz_target!(init: seeds(), |data: &[u8]| TARGET(data));
