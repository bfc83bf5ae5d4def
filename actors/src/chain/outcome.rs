//! What becomes of a request, told to nodes that have asked for it.

use hedgerow_view::Refusal;
use http::StatusCode;

use super::context::Context;
use super::turned::Turned;

/// The name of the upstream that the request was led to.
pub(crate) const UPSTREAM: &str = "upstream";
/// The status of an answer that no node has seen: of a refusal, an error or a crash.
pub(crate) const STATUS: &str = "status";
/// Who refused the request.
pub(crate) const REFUSED_BY: &str = "refusedBy";
/// By which rule.
pub(crate) const RULE: &str = "rule";

/// All of it is in the attributes, where [`Cx::tell_outcome`](super::Cx::tell_outcome) was called.
impl Context {
    pub(super) fn tell_turned(&mut self, turned: &Turned) {
        self.tell_refused(turned.status(), turned.refusal());
    }

    pub(super) fn tell_refused(&mut self, status: StatusCode, refusal: &Refusal) {
        self.cx.recorded.refused(status, refusal);
        if self.cx.tells_outcome {
            let attributes = &mut self.cx.attributes;
            attributes.set(STATUS, status.as_u16());
            attributes.set(REFUSED_BY, &refusal.id);
            attributes.set(RULE, &refusal.rule);
        }
    }

    pub(super) fn tell_lead(&mut self) {
        if self.cx.tells_outcome
            && let Some(lead) = self.cx.lead.and_then(|lead| self.plan.lead(lead))
        {
            self.cx.attributes.set(UPSTREAM, lead.upstream.id().name());
        }
    }
}
