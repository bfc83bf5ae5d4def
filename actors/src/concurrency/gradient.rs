//! The limit that latency asks for.
//!
//! This is Gradient2 of Netflix's *concurrency-limits* (`Gradient2Limit`, 2018): the latency of the last window is compared
//! with a slow average of all windows. While it is not longer, the limit grows by some headroom, which lets a small queue
//! form; when it grows beyond what is tolerated, requests queue somewhere behind us, and the limit shrinks by the ratio of the
//! two, at most to half, smoothed. The headroom is the square root of the limit, as in Envoy's adaptive concurrency filter,
//! at least 4 as in Gradient2. A limit of which less than half is used is left as it is: it has not been tried.

use std::time::Duration;

use hedgerow_config::AdaptiveLimit;

/// What one window lasts at least, and how many requests it has at least.
pub(super) const WINDOW: Duration = Duration::from_millis(100);
pub(super) const LEAST_SAMPLES: u32 = 10;

/// Windows that the slow average looks back on; the first few count alike.
const LONG_WINDOWS: f64 = 600.0;
const WARM_UP: u32 = 10;

/// The share of a new limit.
const SMOOTHING: f64 = 0.2;

/// The least that is left of a limit, before it is smoothed.
const LEAST_GRADIENT: f64 = 0.5;

const LEAST_HEADROOM: f64 = 4.0;

/// The slow average follows down when it is more than twice the latency: else a limit that has shrunk under a long overload
/// would grow too far after it.
const DRIFT: f64 = 2.0;
const DRIFT_FACTOR: f64 = 0.95;

/// How a request ended that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measured {
    /// It was answered.
    Answered,
    /// It was not. That it took long says that who was called is slow; that it took no time says nothing.
    Failed,
}

/// The limit, and what it rests on. Pure: time and latency come as arguments.
#[derive(Debug, Clone)]
pub(super) struct Gradient {
    settings: AdaptiveLimit,
    limit: f64,
    /// Slow average of the latencies, in seconds.
    long: f64,
    windows: u32,
    window: Window,
}

/// What was measured since a window began.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    began: Option<Duration>,
    samples: u32,
    sum: f64,
    most_inside: u32,
}

impl Gradient {
    pub(super) fn new(settings: AdaptiveLimit) -> Self {
        let mut gradient = Self {
            limit: f64::from(settings.initial),
            settings,
            long: 0.0,
            windows: 0,
            window: Window::default(),
        };
        gradient.keep_within();
        gradient
    }

    /// The limit that was found is gone on from, within the new bounds.
    pub(super) fn retune(&mut self, settings: AdaptiveLimit) {
        self.settings = settings;
        self.keep_within();
    }

    fn keep_within(&mut self) {
        let AdaptiveLimit { min, max, .. } = self.settings;
        self.limit = self.limit.min(f64::from(max)).max(f64::from(min)).max(1.0);
    }

    /// The limit as it is.
    pub(super) fn limit(&self) -> u32 {
        // It lies between two numbers of this type.
        self.limit as u32
    }

    /// A request ended that was measured, and took this long, while so many were inside.
    pub(super) fn sample(&mut self, now: Duration, took: Duration, inside: u32, measured: Measured) -> u32 {
        let took = took.as_secs_f64().max(f64::MIN_POSITIVE);
        if measured == Measured::Failed && took <= self.long {
            return self.limit();
        }
        let window = &mut self.window;
        let began = *window.began.get_or_insert(now);
        window.samples += 1;
        window.sum += took;
        window.most_inside = window.most_inside.max(inside);
        // A clock that goes back begins no window and ends none.
        if window.samples >= LEAST_SAMPLES && now.saturating_sub(began) >= WINDOW {
            let Window {
                samples,
                sum,
                most_inside,
                ..
            } = std::mem::take(window);
            self.end_window(sum / f64::from(samples), most_inside);
        }
        self.limit()
    }

    fn end_window(&mut self, short: f64, most_inside: u32) {
        self.windows = self.windows.saturating_add(1);
        self.long += if self.windows <= WARM_UP {
            (short - self.long) / f64::from(self.windows)
        } else {
            (short - self.long) * 2.0 / (LONG_WINDOWS + 1.0)
        };
        if self.long / short > DRIFT {
            self.long *= DRIFT_FACTOR;
        }
        if f64::from(most_inside) < self.limit / 2.0 {
            return;
        }
        let gradient = (self.settings.tolerance * self.long / short).clamp(LEAST_GRADIENT, 1.0);
        let headroom = self.limit.sqrt().max(LEAST_HEADROOM);
        let wanted = self.limit * gradient + headroom;
        self.limit += (wanted - self.limit) * SMOOTHING;
        self.keep_within();
    }
}
