//! Which trace a request belongs to.

/// Continues the trace that a request came with ([W3C Trace Context](https://www.w3.org/TR/trace-context/)), or begins one.
///
/// ```
/// use hedgerow_config::{Parent, Trace};
///
/// let at_the_edge = Trace::new().sample(0.01).parent(Parent::Ignore);
/// # let _ = at_the_edge;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The share of the traces that are marked as recorded, where that is for this node to say, from 0 to 1 (`sample`).
    /// Default [`Trace::SAMPLE`].
    pub sample: f64,
    /// Who says whether a trace that is continued is recorded (`parent`). Default: who sent the request.
    pub parent: Parent,
}

/// Whether who sent a request is heeded in whether its trace is recorded. The trace is continued in either case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Parent {
    /// What it says counts (`follow`).
    #[default]
    Follow,
    /// Every request is drawn by itself (`ignore`): for requests of strangers, who could have all of theirs recorded.
    Ignore,
}

impl Trace {
    /// The share of traces that are marked as recorded, unless another one is said: a tenth.
    pub const SAMPLE: f64 = 0.1;

    /// One with the defaults.
    pub fn new() -> Self {
        Self {
            sample: Self::SAMPLE,
            parent: Parent::default(),
        }
    }

    /// The same, with this share of the traces marked as recorded, from 0 to 1.
    #[must_use]
    pub fn sample(mut self, share: f64) -> Self {
        self.sample = share;
        self
    }

    /// The same, where this says whether a trace that is continued is recorded.
    #[must_use]
    pub fn parent(mut self, parent: Parent) -> Self {
        self.parent = parent;
        self
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}
