// The events of the journal, newest first.

import { go } from "./address.js";
import { byId, keyed, make, setAttribute, setText } from "./dom.js";
import { exactTimeOf, number, plural, readable } from "./words.js";

/** As many as the mesh keeps itself. */
const KEPT = 1000;
let events = [];
let kinds = new Set();
let serial = 0;

/** What comes next is all that is kept: it may be another process that tells it. */
export const begin = () => { events = []; };

/** Adds events, oldest first. */
export function add(more) {
  for (const event of more) events.unshift({ key: (serial += 1), ...event });
  events.length = Math.min(events.length, KEPT);
}

/** Says among the events that some were dropped, because this page read too slowly. */
export function addMissed(count) {
  events.unshift({ key: (serial += 1), kind: "missed", at: new Date().toISOString(), path: "", cause: `${plural(count, "event")} dropped before reaching this page`, seq: null });
}

/** The events of the actor at `path` and of those below it, newest first. */
export const under = (path, most, kind = null) => events.filter((event) => (!kind || event.kind === kind)
  && (event.path === path || event.path.startsWith(`${path}/`))).slice(0, most);

const BAD = /(?:Failed|Exited|Panicked|Lost|Broken|GaveUp|Unusable|Exhausted|Gap|Missed|Blocked|Quarantined|Breached|Unreached)/i;

/** The newest. */
export const latest = (most) => events.slice(0, most);

/** The tone of a kind of event. */
function toneOf({ kind, cause }) {
  if (kind === "audit") return "accent";
  if (kind === "breakerTransition") return / to (open|forcedOpen)/.test(cause) ? "bad" : / to closed/.test(cause) ? "good" : "warn";
  if (kind === "childExited") return /^(normal|shutdown)/.test(cause) ? "idle" : "bad";
  return BAD.test(kind) || kind === "missed" ? "warn" : "idle";
}

/** Shows the events at this place. */
export function draw({ find, kind }) {
  offerKinds(kind);
  const wanted = find.toLowerCase();
  const shown = events.filter((event) => (!kind || event.kind === kind)
    && (!wanted || `${readable(event.path)} ${event.id ? readable(event.id) : ""} ${event.kind} ${event.cause}`.toLowerCase().includes(wanted)));
  byId("events-empty").hidden = events.length > 0;
  byId("events-none").hidden = shown.length > 0 || events.length === 0;
  setText(byId("events-count"), shown.length === events.length ? plural(events.length, "event") : `${shown.length} of ${plural(events.length, "event")}`);
  list(byId("event-rows"), shown);
}

/** Fills a list with events. */
export function list(parent, shown) {
  keyed(parent, shown, ({ key }) => String(key), create, () => {});
}

function create(event) {
  const where = make("button", "link mono where", event.id ? readable(event.id) : readable(event.path));
  where.type = "button";
  where.title = readable(event.path);
  where.addEventListener("click", () => go({ at: event.path }));
  const kind = make("span", "kind", make("span", "mark"), event.kind);
  setAttribute(kind, "data-tone", toneOf(event));
  const cause = make("span", "cause", event.cause);
  cause.title = event.cause;
  const time = make("time", "quiet", exactTimeOf(event.at));
  time.dateTime = event.at;
  time.title = event.seq === null ? event.at : `${event.at}, no. ${number(event.seq)}${event.persisted ? ", on the disk" : ""}`;
  return make("li", "event", time, kind, where, cause);
}

/** The kinds that there are, in the list to choose from. */
function offerKinds(chosen) {
  const select = byId("event-kind");
  const now = new Set(events.map(({ kind }) => kind));
  if (chosen) now.add(chosen);
  if (now.size !== kinds.size || [...now].some((kind) => !kinds.has(kind))) {
    kinds = now;
    const option = (value, text) => { const made = make("option", "", text); made.value = value; return made; };
    select.replaceChildren(option("", "every kind"), ...[...now].sort().map((kind) => option(kind, kind)));
  }
  if (select.value !== chosen) select.value = chosen;
}
