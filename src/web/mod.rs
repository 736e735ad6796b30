//! Room web (skeleton).
