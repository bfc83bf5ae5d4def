//! The one restart decision.

use crate::Exit;

/// When a child is started again after it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// After an abnormal exit: any but `normal` and `shutdown`.
    Transient,
    /// Never.
    Temporary,
}

/// Who is restarted together with a child that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Only that child.
    OneForOne,
    /// All children.
    OneForAll,
    /// That child and all that were started after it.
    RestForOne,
}

impl Strategy {
    fn scope(self) -> Scope {
        match self {
            Self::OneForOne => Scope::One,
            Self::OneForAll => Scope::All,
            Self::RestForOne => Scope::Rest,
        }
    }
}

/// Which ends of significant children end their supervisor ([`ChildSpec::significant`](crate::ChildSpec::significant)).
///
/// Only an end of the child's own that its restart type leaves it down after; not one by order, and not one with its
/// group. The supervisor then stops the others and ends with that child's exit, so that an abnormal end does not
/// look clean to who waits for it. (OTP's supervisors end with `shutdown`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AutoShutdown {
    /// None: no child may be significant.
    #[default]
    Never,
    /// The first.
    AnySignificant,
    /// The last: no other significant child is up, or will be.
    AllSignificant,
}

/// What to do about a child that ended without having been asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It stays down.
    Leave,
    /// Restart these.
    Restart(Scope),
}

/// Which children a restart takes in, seen from the one that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// It alone.
    One,
    /// All children of its supervisor.
    All,
    /// It and those after it in start order.
    Rest,
}

/// The decision.
///
/// | restart type | normal, shutdown | any other exit |
/// |---|---|---|
/// | permanent | restart | restart |
/// | transient | leave | restart |
/// | temporary | leave | leave |
pub(crate) fn decide(strategy: Strategy, restart: Restart, exit: &Exit) -> Decision {
    let again = match restart {
        Restart::Permanent => true,
        Restart::Transient => exit.is_abnormal(),
        Restart::Temporary => false,
    };
    if again {
        Decision::Restart(strategy.scope())
    } else {
        Decision::Leave
    }
}
