//! The programs beside this folder are the examples.
//!
//! | | |
//! |---|---|
//! | `one_breaker.rs` | a breaker round any asynchronous function |
//! | `guarded_service.rs` | a service on axum that guards its calls to a dependency |
//! | `guarded_database/` | the same for a client of a protocol of its own: retries, pools of connections with a contract |
//! | `actor_tree.rs` | actors of one's own: restarts, deadlines, children that come and go |
//! | `api_key_node.rs` | a node of one's own under actix-web, between two that come with a chain |
//! | `chain_in_axum.rs`, `chain_in_actix.rs`, `chain_in_tonic/` | a chain around a server |
//! | `chain_around_reqwest.rs`, `chain_around_a_call.rs` | a chain around a client, around a plain call |
//! | `gateway/` | a gateway from a config file, with demo services |
