//! The lock-free words and counters that callers touch on the hot path.
