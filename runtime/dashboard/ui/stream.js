// The connection to the mesh: one stream, from which the views are kept as the mesh has them.

/** What is said of the connection: `connecting`, `live`, `stale`. Stale is what has not been confirmed for so long. */
const STALE_AFTER_MS = 4000;
/** The browser connects again by itself, but for an answer that is no stream (503): then this page does. */
const AGAIN_AFTER_MS = 5000;

/** One view: its entries by key, the keys in order, and which of them have changed since it was drawn. */
class Sheet {
  entries = new Map();
  order = [];
  changed = new Set();
  moved = true;

  apply({ whole, order, set }) {
    const old = whole ? new Map() : this.entries;
    if (whole) this.entries = old;
    for (const [key, fields] of Object.entries(set)) {
      old.set(key, { ...old.get(key), ...fields });
      this.changed.add(key);
    }
    if (!order) return;
    this.order = order;
    this.moved = true;
    const kept = new Set(order);
    for (const key of old.keys()) if (!kept.has(key)) old.delete(key);
  }

  get all() {
    return this.order.map((key) => this.entries.get(key));
  }

  drawn() {
    this.changed.clear();
    this.moved = false;
  }
}

const VIEWS = ["tree", "breakers", "keys", "chains", "upstreams", "pools", "factories", "registry", "listeners", "mesh"];

/** Everything that is known, by view. */
export const known = Object.fromEntries(VIEWS.map((view) => [view, new Sheet()]));

/** How far the clock of the mesh is ahead of ours, in milliseconds. */
let ahead = 0;
/** Now, by the clock of the mesh. */
export const now = () => Date.now() + ahead;

export const link = { state: "connecting", at: null, since: Date.now(), broken: 0 };

/**
 * Follows the mesh. Calls `seen()` when the views have changed, `happened(events)`, `past(samples)` with what the
 * mesh has kept of the time before, `begins()` where all events that are kept come next, `missed(count)`, and `linked()` whenever `link` may say something else.
 */
export function follow({ seen, past, happened, begins, missed, linked }) {
  let source = null;
  let last = 0;
  let heard = 0;
  let pending = [];

  const tell = (state) => {
    if (link.state !== state) Object.assign(link, { state, since: Date.now() });
    linked();
  };

  const deliver = () => {
    if (!pending.length) return;
    const events = pending;
    pending = [];
    happened(events);
  };

  const open = () => {
    source = new EventSource(last ? `live?since=${last}` : "live");
    const on = (name, act) => source.addEventListener(name, (message) => act(JSON.parse(message.data), message));
    on("hello", ({ last: newest, all }) => {
      if (!all) return;
      last = Math.min(last, newest);
      begins();
    });
    on("past", past);
    for (const view of VIEWS) on(view, (change) => known[view].apply(change));
    on("seen", ({ at }) => {
      heard = Date.now();
      ahead = Date.parse(at) - heard;
      link.at = at;
      deliver();
      tell("live");
      seen();
    });
    on("happened", (event, message) => {
      last = Number(message.lastEventId);
      // Many may come at once: one drawing is enough.
      if (!pending.length) setTimeout(deliver, 30);
      pending.push(event);
    });
    on("missed", ({ missed: count }) => missed(count));
    source.onerror = () => {
      link.broken += 1;
      tell(link.at ? "stale" : "connecting");
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_AFTER_MS);
    };
  };

  // A connection that is dead without a word is found by its silence.
  setInterval(() => {
    const silent = Date.now() - heard > STALE_AFTER_MS;
    if (link.state === "live" && silent && !document.hidden) tell("stale");
    else linked();
  }, 1000);
  open();
}
