//! Factories in a declared tree.

use std::any::{Any, type_name};
use std::fmt;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::factory::{self, FactoryHandle, FactoryPolicy, FactoryScope, FactorySlo, Recipe};
use hedgerow_supervisor::ChildSpec;

use crate::error::Error;
use crate::io::Io;

/// Something that is costly to make, made by its first use: a client, a manager of connections, a model. Starting the mesh makes
/// nothing; those who use it first at once wait for one attempt.
///
/// ```
/// use hedgerow::prelude::*;
///
/// /// Knows all accounts.
/// struct Ledger;
///
/// impl Ledger {
///     async fn connect() -> Result<Self, std::io::Error> {
///         Ok(Self)
///     }
///
///     async fn close(&self) {}
/// }
///
/// # #[tokio::main]
/// # async fn main() -> hedgerow::Result<()> {
/// let ledger = Factory::new("ledger", || Ledger::connect()).close(|ledger| async move { ledger.close().await });
/// let mesh = Mesh::new(Supervisor::one_for_one("shop").child(ledger)).start().await?;
/// let ledgers = mesh.factory::<Ledger>("ledger")?;
/// match ledgers.lease().await {
///     Ok(ledger) => assert_eq!(ledger.sla().standing, Standing::Met),
///     Err(refusal) => println!("none for now: {refusal}"),
/// }
/// # mesh.shutdown().await
/// # }
/// ```
#[must_use = "a spec does nothing until its tree is started"]
pub struct Factory<T> {
    name: String,
    recipe: Recipe<T>,
    policy: FactoryPolicy,
}

impl<T: Send + Sync + 'static> Factory<T> {
    /// A factory that makes one thing for the whole mesh. `make` runs on threads of the mesh's own, and under the context of
    /// the caller that was first.
    pub fn new<F, E>(name: impl Into<String>, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Display,
    {
        Self {
            name: name.into(),
            recipe: Recipe::new(make),
            policy: FactoryPolicy::of(FactoryScope::Global),
        }
    }

    /// Whether it makes one thing, or one for each key; with the objective that goes with that by default.
    pub fn scope(mut self, scope: FactoryScope) -> Self {
        self.policy.scope = scope;
        self.policy.slo = FactorySlo::of(scope);
        self
    }

    /// What it promises. To be said after [`scope`](Self::scope).
    pub fn slo(mut self, slo: FactorySlo) -> Self {
        self.policy.slo = slo;
        self
    }

    /// All that it goes by, in place of what was said before.
    pub fn policy(mut self, policy: FactoryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Takes away what is older than that; the next use makes another. Default: it is used for ever.
    pub fn max_life(mut self, life: Duration) -> Self {
        self.policy.max_life = Some(life);
        self
    }

    /// The mesh is not ready before it was made once, and it is made without a caller. Default: it is.
    pub fn required(mut self) -> Self {
        self.policy.required = true;
        self
    }

    /// Closes so what is of no use any more, once nobody has a lease of it: see [`Recipe::close`].
    pub fn close<F>(mut self, close: impl Fn(Arc<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.recipe = self.recipe.close(close);
        self
    }

    /// Resets so what its holder wants reset: see [`Recipe::reset`].
    pub fn reset<F, E>(mut self, reset: impl Fn(Arc<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.recipe = self.recipe.reset(reset);
        self
    }
}

impl<T> fmt::Debug for Factory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factory")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// A factory whose type is forgotten.
pub(crate) struct DeclaredFactory {
    pub(crate) name: String,
    pub(crate) policy: FactoryPolicy,
    maker: Box<dyn Maker>,
}

impl<T: Send + Sync + 'static> From<Factory<T>> for DeclaredFactory {
    fn from(Factory { name, recipe, policy }: Factory<T>) -> Self {
        let maker = Box::new(recipe);
        Self { name, policy, maker }
    }
}

impl DeclaredFactory {
    /// The child that it is, and the handle to it.
    pub(crate) fn spec(self, means: &Means, io: &Io) -> (ChildSpec, AnyFactory) {
        self.maker.spec(&self.name, self.policy, means, io)
    }
}

impl fmt::Debug for DeclaredFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeclaredFactory")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Makes a factory of a type that is forgotten.
trait Maker: Send {
    fn spec(
        self: Box<Self>,
        name: &str,
        policy: FactoryPolicy,
        means: &Means,
        io: &Io,
    ) -> (ChildSpec, AnyFactory);
}

impl<T: Send + Sync + 'static> Maker for Recipe<T> {
    fn spec(
        self: Box<Self>,
        name: &str,
        policy: FactoryPolicy,
        means: &Means,
        io: &Io,
    ) -> (ChildSpec, AnyFactory) {
        let spawn = Arc::new(io.clone());
        let (spec, handle) = factory::spec(name, *self, policy, spawn, (&means.events, means.clock));
        let any = AnyFactory {
            handle: Box::new(handle),
            of: type_name::<T>(),
        };
        (spec, any)
    }
}

/// The handle of a factory whose type is to be asked for.
pub(crate) struct AnyFactory {
    handle: Box<dyn Any + Send + Sync>,
    of: &'static str,
}

impl AnyFactory {
    /// The handle.
    ///
    /// # Errors
    /// Where it makes things of another type.
    pub(crate) fn of<T: Send + Sync + 'static>(&self, name: &str) -> Result<FactoryHandle<T>, Error> {
        let handle = self.handle.downcast_ref::<FactoryHandle<T>>();
        handle.cloned().ok_or_else(|| Error::OtherFactory {
            name: name.to_owned(),
            wanted: type_name::<T>(),
            found: self.of,
        })
    }
}
