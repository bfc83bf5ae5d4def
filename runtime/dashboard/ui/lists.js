// Upstreams with their endpoints, and the events.

import { byId, keyed, make, makeState, number, readable, setState, setText, timeOf, toneOf, wordOf } from "./dom.js";

/** Shows these upstreams, each with its endpoints below it. */
export function showUpstreams(upstreams) {
  byId("upstreams-none").hidden = upstreams.length > 0;
  byId("upstreams").hidden = upstreams.length === 0;
  const rows = upstreams.flatMap((upstream) => [
    { upstream, key: upstream.id },
    ...upstream.endpoints.map((endpoint) => ({ endpoint, key: `${upstream.id} ${endpoint.addr}` })),
  ]);
  keyed(byId("upstreams").tBodies[0], rows, (row) => row.key, createUpstreamRow, updateUpstreamRow);
}

function createUpstreamRow({ upstream }) {
  if (upstream) {
    const cell = make("td", "", make("span", "mono"), make("span", "quiet"));
    cell.colSpan = 8;
    return make("tr", "group", cell);
  }
  const numbers = Array.from({ length: 6 }, () => make("td", "number"));
  return make("tr", "", make("td", "mono"), make("td", "", makeState()), ...numbers);
}

function updateUpstreamRow(row, { upstream, endpoint }) {
  if (upstream) {
    const [name, sums] = row.cells[0].children;
    setText(name, readable(upstream.id));
    setText(sums, `${number(upstream.calls)} calls, ${number(upstream.refused)} refused`);
    return;
  }
  const [addr, state, ...numbers] = row.cells;
  setText(addr, endpoint.addr);
  setState(state.firstChild, ...standing(endpoint));
  const { inFlight, successes, failures, dials, dialFailures, idle } = endpoint;
  [inFlight, successes, failures, dials, dialFailures, idle].forEach((value, at) => setText(numbers[at], number(value)));
}

/** Tone and word of what keeps calls from an endpoint: its breaker, its health checks, or that it is an outlier. */
function standing({ state, health, ejectedUntil }) {
  if (state !== "closed") return [toneOf(state), wordOf(state)];
  if (health === "unhealthy") return ["bad", health];
  return ejectedUntil ? ["warn", `ejected until ${timeOf(ejectedUntil)}`] : [toneOf(state), wordOf(state)];
}

const SHOWN = 100;
let events = [];
let pending = false;

/** Adds an event. A number that was seen before begins a new count: the process was started again. */
export function addEvent(event) {
  if (events.length && event.seq <= events[0].seq) events = [];
  events = [event, ...events].slice(0, SHOWN);
  draw();
}

/** Shows these events, oldest first, in place of those shown; what has come since they were read stays. */
export function recallEvents(kept) {
  const last = kept.at(-1);
  const since = last ? events.filter((event) => event.seq > last.seq && event.at >= last.at) : [];
  events = [...since, ...kept.reverse()].slice(0, SHOWN);
  draw();
}

/** Says in the list that events were dropped, because this page read too slowly. */
export function addMissed(count) {
  const seq = events.length ? events[0].seq : 0;
  events = [{ seq, missed: count, kind: "missed", at: new Date().toISOString(), path: "", cause: `${number(count)} events were dropped before they reached this page` }, ...events].slice(0, SHOWN);
  draw();
}

// Many events may come at once: one drawing a frame is enough.
function draw() {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    byId("events-none").hidden = true;
    byId("events").hidden = false;
    keyed(byId("events").tBodies[0], events, (event) => `${event.at} ${event.seq} ${event.missed ?? ""}`, createEvent, () => {});
  }, 50);
}

function createEvent(event) {
  const texts = [event.missed ? "" : number(event.seq), timeOf(event.at), event.kind, readable(event.path), event.cause];
  const classes = ["number quiet", "mono", "", "mono", ""];
  return make("tr", "", ...texts.map((text, at) => make("td", classes[at], text)));
}
