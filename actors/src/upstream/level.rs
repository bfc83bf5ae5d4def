//! Which priority calls go to: pure.
//!
//! The lowest number is the best priority (RFC 2782), and the others stand by for when nobody of it is available. As in Envoy
//! (`docs/root/intro/arch_overview/upstream/load_balancing/priority`) a priority of which few are left is worse than one of which
//! enough are, and only where few are left of each does it not count who is ejected or unhealthy. Other than there, calls are
//! not shared between a priority that weakens and the next one: they go to one of them.

/// How one priority stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its endpoints that are not about to leave.
    pub(super) all: usize,
    /// Those that are ejected, unhealthy or both.
    pub(super) judged: usize,
}

impl Standing {
    /// Whether fewer than this share are left.
    #[inline]
    pub(super) fn is_few(self, below: f64) -> bool {
        let left = self.all.saturating_sub(self.judged);
        self.judged > 0 && (left as f64) < below * self.all as f64
    }
}

/// Whether so few are left of each priority that it does not count who is ejected or unhealthy.
pub(super) fn panic(standings: impl Iterator<Item = Standing>, below: f64) -> bool {
    // Of a priority without anybody there is nobody to spare.
    let mut inhabited = standings.filter(|standing| standing.all > 0);
    inhabited.all(|standing| standing.is_few(below))
}

/// In which order priorities are turned to, until one has an endpoint that admits a call: the best of which enough are left first.
pub(super) fn in_order(
    standings: impl Iterator<Item = Standing> + Clone,
    below: f64,
) -> impl Iterator<Item = usize> {
    let enough = standings.clone().enumerate();
    let enough = enough.filter(move |(_, standing)| !standing.is_few(below));
    let few = standings
        .enumerate()
        .filter(move |(_, standing)| standing.is_few(below));
    enough.chain(few).map(|(at, _)| at)
}
