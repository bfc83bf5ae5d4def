//! Metrics for Prometheus, read from published state.
