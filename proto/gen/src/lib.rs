//! Regenerates `src/pb` from `proto/skillpass/v1/*.proto` without protoc.
//!
//! `cargo run -p proto-gen` writes the files; `cargo test -p proto-gen` fails when the checked-in ones are stale.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message as _;

/// What is checked in.
pub struct Generated {
    /// `src/pb/skillpass.v1.rs`
    pub rust: Vec<u8>,
    /// `src/pb/skillpass.v1.fds`
    pub descriptors: Vec<u8>,
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The generated files' places under `root`: code, descriptor set.
#[must_use]
pub fn places(root: &Path) -> (PathBuf, PathBuf) {
    (root.join("src/pb/skillpass.v1.rs"), root.join("src/pb/skillpass.v1.fds"))
}

/// Compiles the protos under `root`.
///
/// # Errors
/// A proto that does not compile, or a temporary directory that cannot be written.
pub fn generate(root: &Path) -> Result<Generated, Box<dyn Error>> {
    let include = root.join("proto");
    let mut protos: Vec<PathBuf> = std::fs::read_dir(include.join("skillpass/v1"))?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    protos.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    protos.sort();
    let mut set = protox::compile(protos, [include])?;

    let out = tempfile::tempdir()?;
    tonic_prost_build::configure().out_dir(out.path()).compile_fds(set.clone())?;
    let rust = std::fs::read(out.path().join("skillpass.v1.rs"))?;

    // Comments live in the code; reflection needs the shapes alone.
    for file in &mut set.file {
        file.source_code_info = None;
    }
    Ok(Generated { rust, descriptors: set.encode_to_vec() })
}
