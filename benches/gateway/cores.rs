//! Who runs on which core.

use std::fmt;

use hedgerow_benches::cores::allowed;
pub(crate) use hedgerow_benches::cores::keep_to;

/// Two cores, where there are two: one for whoever is measured, one for the load and the upstream. So a contestant has
/// a whole core, and none of its own work is done elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) contestant: Option<usize>,
    pub(crate) load: Option<usize>,
}

impl Cores {
    pub(crate) fn of_this_machine() -> Self {
        let mut allowed = allowed().into_iter();
        let (load, contestant) = (allowed.next(), allowed.next());
        Self {
            contestant,
            load: load.filter(|_| contestant.is_some()),
        }
    }

    /// Keeps this process to the load's core; where that is refused, the load runs anywhere.
    pub(crate) fn keep_to_the_load(self) {
        if let Some(core) = self.load {
            let _ = keep_to(core);
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.contestant, self.load) {
            (Some(contestant), Some(load)) => write!(
                f,
                "cores: the contestant has core {contestant}; load and upstream share core {load}"
            ),
            _ => f.write_str("cores: nobody has one to itself, so the figures are those of a scramble"),
        }
    }
}
