//! The door of a chain, where requests are refused that are in quarantine; and what the end of each tells it.

use hedgerow_config::RequestQuarantine;
use hedgerow_supervisor::catch;
use http::StatusCode;

use super::context::Context;
use super::flow::End;
use super::handle::ChainHandle;
use super::head::RequestHead;
use super::quarantine::{Suspect, Ward, line};
use super::turned::Turned;
use super::walk::Bottom;

/// What a request goes by.
pub(super) struct Print {
    fingerprint: u64,
    /// What it was, for people; only of one that crashed.
    line: Option<String>,
}

impl Context {
    /// Looks at the fingerprint of a request that no node has seen. While nothing is known of any, that is one load.
    #[inline]
    pub(super) fn at_the_door(&mut self, head: &dyn RequestHead) -> Option<Bottom> {
        self.chain.watching_ward()?;
        self.look_at(head)
    }

    #[cold]
    fn look_at(&mut self, head: &dyn RequestHead) -> Option<Bottom> {
        if self.has_begun() {
            return None;
        }
        let ward = self.chain.ward.get()?;
        let fingerprint = ward.print(head);
        let refused = ward.refuses(&self.chain, fingerprint);
        self.print = Some(Print {
            fingerprint,
            line: None,
        });
        let refusal = refused?;
        self.count_at_the_door();
        Some(Bottom::Turned(Turned::Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            refusal: Box::new(refusal),
        }))
    }

    /// Takes the fingerprint of a request that has crashed.
    #[cold]
    pub(super) fn take_print(&mut self, head: &dyn RequestHead) {
        let Some(ward) = self.chain.ward.get() else {
            return;
        };
        let known = self.print.as_ref().map(|print| print.fingerprint);
        // Its adapter may have been what crashed.
        let taken = catch(|| Print {
            fingerprint: known.unwrap_or_else(|| ward.print(head)),
            line: Some(line(head)),
        });
        if let Ok(print) = taken {
            self.print = Some(print);
        }
    }

    /// The request crashed in this node.
    #[cold]
    pub(super) fn accuse(&self, node: usize) {
        if let Some(ward) = self.chain.ward.get()
            && let Some(node) = self.plan.lineup.nodes.get(node)
        {
            let suspect = Suspect {
                node: &node.name,
                print: self.print.as_ref().map(|print| print.fingerprint),
                line: self.print.as_ref().and_then(|print| print.line.as_deref()),
            };
            ward.crashed(&self.chain, &suspect);
        }
    }

    /// The request has ended, and entered so many nodes. One that crashed nowhere speaks for those like it.
    #[inline]
    pub(super) fn acquit(&self, end: End, reached: usize) {
        let is_handled = !self.spoilt && !matches!(end, End::Panicked | End::Cancelled);
        if let Some(print) = &self.print
            && is_handled
            && let Some(ward) = self.chain.ward.get()
        {
            let entered = self.plan.lineup.nodes[..reached].iter().enumerate();
            let entered = entered.filter(|(index, _)| !self.skipped.contains(index));
            let names = entered.map(|(_, node)| node.name.as_str());
            ward.succeeded(&self.chain, print.fingerprint, names);
        }
    }
}

/// The quarantine, as those see it who hold the chain.
impl ChainHandle {
    /// Refuses requests at the door of the chain, before any node sees them, while those like them keep crashing one of its
    /// nodes: 503, with the rule `quarantine`. The first rule that it is given stays. Default: none is refused.
    ///
    /// A request goes by its fingerprint: method, path (without its query), and the first value of each header that is listed.
    /// It is taken of a request that crashes and, from then on until nothing is suspect, of every request at the door. What
    /// nodes do to a listed header is not seen there: where one changes it above the node that crashes, the first crash counts
    /// for another fingerprint.
    ///
    /// A fingerprint of which a request was handled by that node since the first crash is cleared, and is exempt until the
    /// time of the rule has passed. At most 64 suspects are remembered, and 64 fingerprints quarantined: whatever is sent takes
    /// no more room. Where one more comes, the suspect that was longest quiet is forgotten, and what was quarantined first is
    /// let in again, which is told.
    ///
    /// ```no_run
    /// # fn guard(chain: &hedgerow_actors::chain::ChainHandle) {
    /// use hedgerow_config::RequestQuarantine;
    ///
    /// chain.quarantine(RequestQuarantine::by(["x-tenant", "content-type"]));
    /// # }
    /// ```
    pub fn quarantine(&self, rule: RequestQuarantine) {
        self.slot().ward.get_or_init(|| Ward::new(rule));
    }

    /// Lets in again all requests that are in quarantine, with no crash to their name; `by` is who orders it. How many
    /// fingerprints that were.
    pub fn release(&self, by: &str) -> usize {
        let slot = self.slot();
        slot.ward.get().map_or(0, |ward| ward.release(slot, by))
    }
}
