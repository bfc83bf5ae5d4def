// How values are said: numbers, times, names, states.

const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const number = (value) => (value === null || value === undefined ? "–" : NUMBER.format(value));
/** Short where it is long: 12.3K. */
export const compact = (value) => (value < 10_000 ? NUMBER.format(value) : COMPACT.format(value));
export const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

function both(ms, whole, wholeUnit, part, partUnit) {
  const parts = Math.floor((ms % whole) / part);
  return `${Math.floor(ms / whole)} ${wholeUnit}${parts ? ` ${parts} ${partUnit}` : ""}`;
}

/** Milliseconds in the unit that fits. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 10) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 3_600_000) return both(ms, 60_000, "min", 1000, "s");
  return both(ms, 3_600_000, "h", 60_000, "min");
}

/** Nanoseconds in the unit that fits. */
export function nanos(ns) {
  if (ns === null || ns === undefined) return "–";
  if (ns < 1000) return `${ns} ns`;
  if (ns < 1_000_000) return `${(ns / 1000).toFixed(ns < 10_000 ? 1 : 0)} µs`;
  return duration(ns / 1_000_000);
}

const two = (value) => String(value).padStart(2, "0");

/** A stamp as local time of day. */
export function timeOf(stamp) {
  const at = new Date(stamp);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The same with milliseconds. */
export const exactTimeOf = (stamp) => `${timeOf(stamp)}.${String(new Date(stamp).getMilliseconds()).padStart(3, "0")}`;

/** A percent-encoded id or path as people read it. */
export function readable(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** The last name of a path. */
export const nameOf = (path) => readable(path.slice(path.lastIndexOf("/") + 1));

const TONES = {
  running: "good", starting: "warn", restarting: "warn", stopping: "warn", stopped: "idle", failed: "bad",
  closed: "good", halfOpen: "warn", open: "bad", forcedOpen: "bad", disabled: "idle", metricsOnly: "idle",
  enabled: "good", served: "good", failClosed: "bad", failOpen: "warn",
  healthy: "good", unhealthy: "bad", unknown: "idle", ejected: "warn", draining: "idle",
  fresh: "good", stale: "warn", waiting: "bad", live: "good", suspect: "warn",
};
export const toneOf = (state) => TONES[state] ?? "idle";

const WORDS = { halfOpen: "half-open", forcedOpen: "forced open", metricsOnly: "metrics only", failClosed: "over budget, refuses", failOpen: "over budget, passed by" };
export const wordOf = (state) => WORDS[state] ?? state;
