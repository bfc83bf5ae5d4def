//! How much a request matters.

use hedgerow_config::Shed;

/// The levels, the most important one first.
pub(crate) struct Levels {
    levels: Box<[Level]>,
    default: usize,
}

struct Level {
    name: String,
    /// In lower case, without hyphens.
    plain: Box<[u8]>,
    /// So many in flight are too many.
    threshold: Option<u32>,
}

impl Levels {
    pub(crate) fn new(config: &Shed) -> Self {
        let last = config.levels.len().saturating_sub(1).max(1);
        let level = |(index, name): (usize, &String)| Level {
            plain: plain(name.as_bytes()).collect(),
            name: name.clone(),
            threshold: config.in_flight.map(|most| {
                let lost = (1.0 - config.from) * index as f64 / last as f64;
                // Between one and that many.
                ((f64::from(most) * (1.0 - lost)).round() as u32).clamp(1, most.max(1))
            }),
        };
        Self {
            levels: config.levels.iter().enumerate().map(level).collect(),
            default: config.default_level().unwrap_or(0),
        }
    }

    /// The level of a request that says this of itself. What matters more than the default is believed only where `is_trusted`;
    /// the name of a level may be written in any case, with hyphens or underscores between its words.
    #[inline]
    pub(crate) fn of(&self, said: Option<&[u8]>, is_trusted: impl FnOnce() -> bool) -> usize {
        let Some(said) = said else { return self.default };
        let named = |level: &Level| plain(said).eq(level.plain.iter().copied());
        match self.levels.iter().position(named) {
            Some(level) if level >= self.default || is_trusted() => level,
            _ => self.default,
        }
    }

    /// So many in flight are too many for this level.
    #[inline]
    pub(crate) fn threshold(&self, level: usize) -> Option<u32> {
        self.levels.get(level)?.threshold
    }

    pub(crate) fn name(&self, level: usize) -> &str {
        self.levels.get(level).map_or("", |level| &level.name)
    }

    pub(crate) fn len(&self) -> usize {
        self.levels.len()
    }
}

#[inline]
fn plain(name: &[u8]) -> impl Iterator<Item = u8> {
    let letters = name.iter().filter(|byte| !matches!(byte, b'-' | b'_'));
    letters.map(u8::to_ascii_lowercase)
}
