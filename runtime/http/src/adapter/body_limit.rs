//! How large the body of a request may be, where its nodes have said it.

use hedgerow_actors::chain::{Passage, Turned};

/// Refuses a request that tells a longer body than its nodes allow, before the service sees anything of it. Nobody asks what
/// it tells where they allow any.
///
/// # Errors
/// What its client is to be told, in the name of the node that allows least. The request has ended as refused.
pub(super) fn check_told(passage: Passage, told: impl FnOnce() -> Option<u64>) -> Result<Passage, Turned> {
    match passage.body_limit() {
        Some(limit) if told().is_some_and(|told| told > limit.bytes()) => Err(passage.refuse_body(limit)),
        _ => Ok(passage),
    }
}
