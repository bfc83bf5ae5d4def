//! The word that bounds the leases of a pool: how many are out, how many wait, and how many went past.

use std::fmt;

/// Bits of each of the two counts.
pub(super) const PART: u32 = 24;
pub(super) const ONE_OUT: u64 = 1;
pub(super) const ONE_WAITING: u64 = 1 << PART;
pub(super) const ONE_BARGED: u64 = 1 << (2 * PART);
/// Those who have gone past the present head.
pub(super) const BARGED: u64 = 0xfff << (2 * PART);
/// Nothing is given out any more.
pub(super) const CLOSED: u64 = 1 << 62;
/// The owner looks at nothing until somebody wakes it.
pub(super) const RESTING: u64 = 1 << 63;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) out: u32,
    pub(super) waiting: u32,
    pub(super) is_closed: bool,
}

impl Census {
    #[inline]
    pub(super) fn of(word: u64) -> Self {
        let part = |word: u64| (word & ((1 << PART) - 1)) as u32;
        Self {
            out: part(word),
            waiting: part(word >> PART),
            is_closed: word & CLOSED != 0,
        }
    }
}

impl Census {
    /// Whether one that came back just now was the last, and none is given out any more.
    pub(super) fn was_last_of_drained(self) -> bool {
        self.is_closed && self.out == 1
    }
}

impl fmt::Display for Census {
    /// As it is told: `200 leased, 50 waiting`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_closed {
            return f.write_str("drained");
        }
        write!(f, "{} leased", self.out)?;
        if self.waiting > 0 {
            write!(f, ", {} waiting", self.waiting)?;
        }
        Ok(())
    }
}

#[inline]
pub(super) fn barged(word: u64) -> u32 {
    ((word & BARGED) >> (2 * PART)) as u32
}
