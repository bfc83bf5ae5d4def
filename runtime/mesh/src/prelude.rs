//! All that a service needs, in one import: `use hedgerow::prelude::*;`

pub use crate::{Breaker, Mesh, Supervisor, Upstream};
pub use hedgerow_actors::CallError;
pub use hedgerow_actors::breaker::BreakerHandle;
pub use hedgerow_actors::upstream::{Endpoint, UpstreamHandle};
pub use hedgerow_config::{BreakerPolicy, HalfOpen, OpenFor};
pub use hedgerow_supervisor::{
    AskError, AutoShutdown, CellContext, ChildSpec, Exit, Handle, Restart, SendError, Shutdown,
};
pub use hedgerow_view::Refusal;
