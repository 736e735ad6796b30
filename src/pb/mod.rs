//! Generated gRPC code, checked in; `proto/gen` regenerates it and fails when it is stale. Never edited by hand.
