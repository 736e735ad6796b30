//! Frameworks, published relations, instruments: stored edges with source and date, or a named refusal. Never a score.
