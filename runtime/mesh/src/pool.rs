//! Pools of resources in a declared tree.

use std::any::{Any, type_name};
use std::fmt;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::pool::resource::{self, ResourcePool, Source};
use hedgerow_config::{PoolContract, PoolPolicy};
use hedgerow_supervisor::ChildSpec;

use crate::error::Error;

/// Resources that are leased: connections of any protocol, devices, whatever is made by waiting and bounded in number.
///
/// ```
/// use hedgerow::prelude::*;
///
/// /// Makes sessions with some device.
/// struct Device;
///
/// struct Session;
///
/// impl Source for Device {
///     type Resource = Session;
///     type Error = std::io::Error;
///
///     async fn create(&self) -> Result<Session, std::io::Error> {
///         Ok(Session)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> hedgerow::Result<()> {
/// let device = Pool::new("device", Device).policy(PoolPolicy { max_leases: 4, ..PoolPolicy::default() });
/// let mesh = Mesh::new(Supervisor::one_for_one("shop").child(device)).start().await?;
/// let devices = mesh.pool::<Device>("device")?;
/// match devices.take().await {
///     Ok(session) => drop(session), // it goes back
///     Err(none) => println!("{none}"),
/// }
/// # mesh.shutdown().await
/// # }
/// ```
#[must_use = "a spec does nothing until its tree is started"]
pub struct Pool {
    pub(crate) name: String,
    pub(crate) policy: PoolPolicy,
    maker: Box<dyn Maker>,
}

impl Pool {
    /// A pool of what `source` makes, with the default limits and no promises.
    pub fn new(name: impl Into<String>, source: impl Source) -> Self {
        Self {
            name: name.into(),
            policy: PoolPolicy::default(),
            maker: Box::new(Of(source)),
        }
    }

    /// A pool with the name, the limits and the promises of a contract, as a document of its own says them.
    ///
    /// ```
    /// use hedgerow::prelude::*;
    /// use hedgerow::config::{Format, PoolContract};
    ///
    /// # struct Device;
    /// # impl hedgerow::prelude::Source for Device {
    /// #     type Resource = ();
    /// #     type Error = std::io::Error;
    /// #     async fn create(&self) -> Result<(), std::io::Error> { Ok(()) }
    /// # }
    /// let text = "
    /// pool: payments
    /// maxLeases: 200
    /// minKeepAliveMs: 30000
    /// slo: { p95LatencyMs: 120, errorRatePct: 0.5 }
    /// ";
    /// let document = hedgerow::config::Source { name: "payments.yaml", format: Format::Yaml, text };
    /// let contract = PoolContract::parse(&document, &|variable| std::env::var(variable).ok())?;
    /// let payments = Pool::from_contract(contract, Device);
    /// # let _ = payments;
    /// # Ok::<(), hedgerow::config::Errors>(())
    /// ```
    pub fn from_contract(contract: PoolContract, source: impl Source) -> Self {
        Self::new(contract.name, source).policy(contract.policy)
    }

    /// Its limits and its promises.
    pub fn policy(mut self, policy: PoolPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The child that it is, and the handle to it.
    pub(crate) fn spec(self, means: &Means) -> (ChildSpec, AnyPool) {
        self.maker.spec(&self.name, self.policy, means)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Makes a pool whose type is forgotten.
trait Maker: Send {
    fn spec(self: Box<Self>, name: &str, policy: PoolPolicy, means: &Means) -> (ChildSpec, AnyPool);
}

struct Of<S>(S);

impl<S: Source> Maker for Of<S> {
    fn spec(self: Box<Self>, name: &str, policy: PoolPolicy, means: &Means) -> (ChildSpec, AnyPool) {
        let (spec, pool) = resource::spec(name, self.0, policy, means);
        let any = AnyPool {
            handle: Box::new(pool),
            of: type_name::<S>(),
        };
        (spec, any)
    }
}

/// The handle of a pool whose type is to be asked for.
pub(crate) struct AnyPool {
    handle: Box<dyn Any + Send + Sync>,
    of: &'static str,
}

impl AnyPool {
    /// The handle.
    ///
    /// # Errors
    /// Where its source is of another type.
    pub(crate) fn of<S: Source>(&self, name: &str) -> Result<ResourcePool<S>, Error> {
        let handle = self.handle.downcast_ref::<ResourcePool<S>>();
        handle.cloned().ok_or_else(|| Error::OtherPool {
            name: name.to_owned(),
            wanted: type_name::<S>(),
            found: self.of,
        })
    }
}
