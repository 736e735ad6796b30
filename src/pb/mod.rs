//! The gRPC messages, clients and servers of package `skillpass.v1`, generated from `proto/skillpass/v1` by `proto/gen`
//! and checked in, so that no user's machine generates code. `cargo test -p proto-gen` fails when they are stale.

mod generated {
    #![allow(
        missing_docs,
        unreachable_pub,
        rustdoc::all,
        clippy::all,
        clippy::pedantic,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::allow_attributes_without_reason,
        reason = "generated code is judged by its generator and its protos"
    )]
    include!("skillpass.v1.rs");
}

pub use generated::*;

/// The encoded `FileDescriptorSet` that gRPC reflection serves.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("skillpass.v1.fds");
