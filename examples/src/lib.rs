//! Internal member: examples.
