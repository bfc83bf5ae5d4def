//! Internal member: benches.
