//! libFuzzer over the target that FUZZ_TARGET names.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    skillpass_fuzz::target(&name)
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
