//! What a node keeps while its actors come and go.

use std::any::Any;
use std::sync::Arc;

/// What a node keeps while its actors and its settings come and go: who is over a limit, how many are inside. It belongs to
/// the node's place in the chain, not to one filter: a restart hands it on, and so does a change of the node's settings.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use hedgerow_actors::chain::{Flow, Gauge, Memory, NodeSpec, node_fn};
///
/// #[derive(Default)]
/// struct Seen(AtomicU64);
///
/// impl Memory for Seen {
///     fn gauges(&self) -> Vec<Gauge> {
///         vec![Gauge::new("seen", self.0.load(Ordering::Relaxed))]
///     }
/// }
///
/// let spec = NodeSpec::keeping("counting", "counting", Seen::default(), |seen: Arc<Seen>| {
///     node_fn(move |_, _| {
///         seen.0.fetch_add(1, Ordering::Relaxed);
///         Flow::Next
///     })
/// });
/// # let _ = spec;
/// ```
pub trait Memory: Any + Send + Sync {
    /// What it shows of itself, in the chain's view and in the metrics. Default: nothing.
    fn gauges(&self) -> Vec<Gauge> {
        Vec::new()
    }
}

/// One reading of a node, as it is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// What it is of, in camel case, with its unit at the end where it has one: `keys`, `waitMs`.
    pub name: &'static str,
    /// How much.
    pub value: u64,
}

impl Gauge {
    /// This much of that.
    pub fn new(name: &'static str, value: u64) -> Self {
        Self { name, value }
    }
}

/// Of nodes that keep nothing.
impl Memory for () {}

/// The memory as what it is, where it is one of these.
pub(super) fn of<M: Memory>(memory: &Arc<dyn Memory>) -> Option<Arc<M>> {
    let memory: Arc<dyn Any + Send + Sync> = Arc::clone(memory) as _;
    memory.downcast().ok()
}

/// Whether what is kept in the one is of the type of the other, so that it can be handed on.
pub(super) fn is_alike(one: &Arc<dyn Memory>, other: &Arc<dyn Memory>) -> bool {
    let (one, other): (&dyn Any, &dyn Any) = (&**one, &**other);
    one.type_id() == other.type_id()
}
