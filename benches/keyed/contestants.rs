//! What all contestants can do, the room of keyed breakers, and the one that is no breaker.

use std::hint::black_box;

use hedgerow::Mesh;
use hedgerow::prelude::{
    BreakerPolicy, KeyLimits, KeyedBreaker, KeyedBreakerHandle, OpenFor, Refusal, Supervisor,
};

use hedgerow::supervisor::{Inspect as _, Path, View};
use hedgerow::view::KeysView;

use crate::by_hand::LONG;

/// The call was made, and failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

/// How a call ended that brought nothing.
#[derive(Debug)]
pub(crate) enum CallError<R> {
    Failed(Failed),
    Refused(R),
}

/// Guards calls, each by the breaker of its key, which is made where there is none.
pub(crate) trait ByKey: Sync {
    /// What a caller is told who is refused.
    type Refusal;

    /// Makes the call, unless it is refused.
    fn call(
        &self,
        key: &str,
        call: impl FnOnce() -> Result<u64, Failed>,
    ) -> Result<u64, CallError<Self::Refusal>>;

    /// Whether the breaker of a key refuses now. Where it does not, a call is made, and fails.
    fn refuses(&self, key: &str) -> bool {
        matches!(self.call(key, || Err(Failed)), Err(CallError::Refused(_)))
    }
}

/// The keyed breaker of a mesh, with the default policy but that it stays open for an hour.
pub(crate) struct Keyed {
    handle: KeyedBreakerHandle,
    // Its keeper and its breakers end with it.
    _mesh: Mesh,
}

impl Keyed {
    pub(crate) async fn start() -> hedgerow::Result<Self> {
        let keys = breaker();
        let mesh = Mesh::new(Supervisor::one_for_one("bench").child(keys))
            .start()
            .await?;
        Ok(Self {
            handle: mesh.keyed_breaker(NAME)?,
            _mesh: mesh,
        })
    }

    /// How many keys have a breaker that is not closed; a fence is none.
    pub(crate) fn not_closed(&self) -> u32 {
        shown(&self.handle).not_closed
    }
}

/// The name of the keyed breaker.
pub(crate) const NAME: &str = "keys";

/// What a key stands for.
pub(crate) const SCOPE: &str = "tenant";

/// The keyed breaker, with room for all keys.
pub(crate) fn breaker() -> KeyedBreaker {
    KeyedBreaker::new(NAME)
        .scope(SCOPE)
        .policy(policy())
        .limits(limits())
}

/// What it shows of itself.
pub(crate) fn shown(keys: &KeyedBreakerHandle) -> KeysView {
    match keys.view(&Path::root("bench")) {
        View::Keys(view) => view,
        other => unreachable!("keys show themselves as such, not as {other:?}"),
    }
}

pub(crate) fn policy() -> BreakerPolicy {
    BreakerPolicy {
        open_for: OpenFor::fixed(LONG),
        ..BreakerPolicy::default()
    }
}

pub(crate) fn limits() -> KeyLimits {
    KeyLimits {
        max_keys: 200_000,
        ..KeyLimits::default()
    }
}

impl ByKey for Keyed {
    type Refusal = Refusal;

    #[inline]
    fn call(&self, key: &str, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<Refusal>> {
        let permit = self.handle.acquire(key).map_err(CallError::Refused)?;
        let result = call();
        match result {
            Ok(_) => permit.success(),
            Err(_) => permit.failure(),
        }
        result.map_err(CallError::Failed)
    }
}

/// Looks at the key and does the work.
pub(crate) struct NoBreaker;

impl ByKey for NoBreaker {
    type Refusal = ();

    #[inline]
    fn call(&self, key: &str, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        black_box(key.bytes().next());
        call().map_err(CallError::Failed)
    }
}
