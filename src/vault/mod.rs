//! The journal (write-ahead log and value store), the keyring, the heads, erasure's files.
