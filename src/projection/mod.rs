//! Room projection (skeleton).
