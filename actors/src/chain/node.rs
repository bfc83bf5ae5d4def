//! What a node is: one step of a chain.

use hedgerow_view::Refusal;

/// The head of a request, whatever protocol brought it.
pub trait RequestHead {
    /// The method, as it came: `GET`.
    fn method(&self) -> &str;
    /// The path, without its query.
    fn path(&self) -> &str;
}

/// One step of a chain. It is shared by all requests: what a request leaves behind goes into its [`Steps`].
pub trait Node: Send + Sync + 'static {
    /// Looks at a request on its way in. A panic costs that request: it is refused, and the node named.
    fn on_request(&self, head: &dyn RequestHead, steps: &mut Steps) -> Flow;
}

/// Where a request goes from a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// On to the next node.
    Next,
    /// Back, because no route leads on. The rest of the refusal is who says so.
    NoRoute(Refusal),
}

/// What the nodes of a chain have decided for one request.
#[derive(Debug, Default)]
pub struct Steps {
    pub(super) lead: Option<usize>,
}

impl Steps {
    /// Sends the request to the lead with this number in its chain.
    pub fn lead_to(&mut self, lead: usize) {
        self.lead = Some(lead);
    }
}
