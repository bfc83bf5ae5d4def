//! Internal member: tests.
