//! How much a store takes.

/// The largest payload, in bytes.
pub const MAX_PAYLOAD: usize = 1 << 20;

/// The most entries (keys with a change, loads, scans) that wait for the disk.
pub const MAX_QUEUED: usize = 4_096;

/// The most bytes of keys and records that wait for the disk.
pub const MAX_QUEUED_BYTES: usize = 16 << 20;

/// The most bytes of keys and records that are held while the disk fails.
pub const MAX_HELD_BYTES: usize = 64 << 20;
