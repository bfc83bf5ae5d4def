//! What survives a crash: a small port, in memory or on sled.
