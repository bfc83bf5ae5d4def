//! The programs beside this file are the examples: `gateway/`, `guarded_service.rs`, `one_breaker.rs`.
