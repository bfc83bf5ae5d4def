//! What a factory goes by.

use std::time::Duration;

use hedgerow_config::KeyLimits;
use hedgerow_supervisor::Curve;

/// How many things a factory makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactoryScope {
    /// One for the whole mesh.
    Global,
    /// One for each key: for each tenant, for each worker.
    Edge,
}

impl FactoryScope {
    /// The word that stands for it in views.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Edge => "edge",
        }
    }
}

/// What a factory promises: of its first attempts this share succeeds, each within the cold start. An attempt is a first one
/// unless the one before it, for the same key, has failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorySlo {
    /// How long a first attempt may take.
    pub cold_start: Duration,
    /// The share that succeeds within that time, 0 to 1.
    pub first_time_success: f64,
    /// The time that it is measured over, in steps of a twelfth.
    pub window: Duration,
}

impl FactorySlo {
    /// The promise of this scope by default: 800 ms and 99.95 % for one thing, 1200 ms and 99.7 % for one for each key; over
    /// an hour.
    pub fn of(scope: FactoryScope) -> Self {
        let (cold_start, first_time_success) = match scope {
            FactoryScope::Global => (Duration::from_millis(800), 0.9995),
            FactoryScope::Edge => (Duration::from_millis(1_200), 0.997),
        };
        Self {
            cold_start,
            first_time_success,
            window: Duration::from_secs(60 * 60),
        }
    }
}

/// What a factory goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct FactoryPolicy {
    /// How many things it makes.
    pub scope: FactoryScope,
    /// What it promises.
    pub slo: FactorySlo,
    /// Limit for one attempt. Default 10 s.
    pub timeout: Duration,
    /// The waits after attempts that failed, 0.1 s to 30 s by default, with jitter.
    pub backoff: Curve,
    /// For how long what was made is used, at most. Default: for ever.
    pub max_life: Option<Duration>,
    /// Limit for closing one thing. Default 5 s. A stop of the factory waits for so long, too.
    pub close_within: Duration,
    /// How many keys there may be, where there is one thing for each, and for how long one may go unused: for so long at
    /// least, and for twice that at most.
    pub keys: KeyLimits,
    /// Whether the mesh is not ready before the thing was made once; it is then made without a caller, too. Default: no.
    pub required: bool,
}

impl FactoryPolicy {
    /// The defaults of a scope.
    pub fn of(scope: FactoryScope) -> Self {
        Self {
            scope,
            slo: FactorySlo::of(scope),
            timeout: Duration::from_secs(10),
            backoff: Curve {
                initial: Duration::from_millis(100),
                max: Duration::from_secs(30),
            },
            max_life: None,
            close_within: Duration::from_secs(5),
            keys: KeyLimits::default(),
            required: false,
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// Every mistake, each with what to do.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        let times = [
            ("the cold start of its objective", Some(self.slo.cold_start)),
            ("the window of its objective", Some(self.slo.window)),
            ("the limit of an attempt", Some(self.timeout)),
            ("the first wait of its back-off", Some(self.backoff.initial)),
            ("the longest life of what it makes", self.max_life),
            ("the limit of closing", Some(self.close_within)),
            ("the time that a key may go unused", Some(self.keys.idle_for)),
        ];
        for (what, time) in times {
            if time.is_some_and(|time| time.is_zero()) {
                mistakes.push(format!("{what} is zero: give it some time"));
            }
        }
        if self.backoff.initial > self.backoff.max {
            mistakes
                .push("the first wait of its back-off is longer than the longest: exchange them".to_owned());
        }
        if !(0.0..=1.0).contains(&self.slo.first_time_success) {
            let found = self.slo.first_time_success;
            mistakes.push(format!("a share of {found} cannot be promised: write 0 to 1"));
        }
        if self.keys.max_keys == 0 {
            mistakes.push("there is no room for any key: allow at least 1".to_owned());
        }
        if self.required && self.scope == FactoryScope::Edge {
            mistakes.push(
                "it makes one for each key, and nobody knows which key is required: make it global"
                    .to_owned(),
            );
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }
}
