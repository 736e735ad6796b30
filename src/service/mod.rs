//! Room service (skeleton).
