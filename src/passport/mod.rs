//! The projection of one worker's stream, the passport file, and its offline verification.
