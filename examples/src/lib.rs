//! The programs beside this folder are the examples: `gateway/`, `guarded_service.rs`, `one_breaker.rs`.
