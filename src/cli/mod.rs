//! Room cli (skeleton).
