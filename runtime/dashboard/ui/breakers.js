// One card a breaker, in the order of the tree: a card keeps its place. The drawing is what the mesh has kept of the last two
// minutes, and what this page has seen since.

import { go } from "./address.js";
import { byId, draw as drawn, keyed, make, makeState, setAttribute, setState, setText } from "./dom.js";
import { known, now } from "./stream.js";
import { compact, duration, number, percent, plural, readable, timeOf, toneOf, wordOf } from "./words.js";

/** The time that a drawing shows, in seconds. */
const SHOWN = 120;
/** Looks further apart than this, in milliseconds, are not joined by a line. */
const GAP_MS = 5000;
/** Of each breaker, oldest first: when it was looked at by this page's clock, and the failure rate; `null` where it had no calls. */
const history = new Map();

/** Takes what the mesh has kept in place of what is known. */
export function recall({ agesMs, rates }) {
  history.clear();
  const now = Date.now();
  for (const [path, row] of Object.entries(rates)) history.set(path, row.map((rate, index) => ({ at: now - agesMs[index], rate })));
}

/** Remembers this look. Called once for each, whether the cards are seen or not. */
export function remember() {
  const at = Date.now();
  for (const { path, window: seen } of known.breakers.all) {
    if (!history.has(path)) history.set(path, []);
    const looks = history.get(path);
    looks.push({ at, rate: seen.calls ? seen.failureRate : null });
    while (at - looks[0].at > SHOWN * 1000) looks.shift();
  }
  for (const path of history.keys()) if (!known.breakers.entries.has(path)) history.delete(path);
}

/** Time until an open breaker lets probes through, in words; nothing in any other state. */
export function untilProbe({ halfOpenAt }) {
  if (!halfOpenAt) return null;
  const left = Date.parse(halfOpenAt) - now();
  return left > 0 ? duration(Math.ceil(left / 1000) * 1000) : "due";
}

/** Shows the breakers at this place. */
export function draw({ find, kind, at }) {
  const wanted = find.toLowerCase();
  const all = known.breakers.all;
  const shown = all.filter((breaker) => (!kind || breaker.state !== "closed")
    && (!wanted || readable(breaker.id).toLowerCase().includes(wanted) || wordOf(breaker.state).includes(wanted)));
  byId("breakers-empty").hidden = all.length > 0 || known.keys.order.length > 0;
  setText(byId("breakers-count"), shown.length === all.length ? plural(all.length, "breaker") : `${shown.length} of ${plural(all.length, "breaker")}`);
  byId("breakers-none").hidden = shown.length > 0 || all.length === 0;
  keyed(byId("breaker-cards"), shown, (breaker) => breaker.path, create, (card, breaker) => update(card, breaker, at));
  drawKeys();
}

function create({ path }) {
  const card = make("button", "card",
    make("span", "head", make("span", "mono title"), makeState()),
    make("span", "figures", make("span", "figure"), make("span", "quiet against")),
    drawn("svg", { class: "spark", viewBox: `0 0 ${SHOWN} 34`, preserveAspectRatio: "none", "aria-hidden": "true" },
      drawn("path", { class: "area" }), drawn("path", { class: "line" }), drawn("path", { class: "limit" })),
    make("span", "quiet foot"), make("span", "quiet foot why"));
  card.type = "button";
  card.addEventListener("click", () => go({ at: path }));
  return make("li", "", card);
}

function update(item, breaker, at) {
  const card = item.firstChild;
  const [head, figures, spark, foot, why] = card.children;
  const { window: seen, policy, lastTransition: last } = breaker;
  setAttribute(card, "data-tone", toneOf(breaker.state));
  setAttribute(card, "aria-pressed", String(breaker.path === at));
  setText(head.firstChild, readable(breaker.id));
  setState(head.lastChild, toneOf(breaker.state), wordOf(breaker.state) + (breaker.fenced ? ", fenced" : ""));
  setText(figures.firstChild, seen.calls ? percent(seen.failureRate) : "–");
  const limit = policy.failureRate === null ? "no limit on the rate" : `failed; limit ${percent(policy.failureRate)} from ${number(policy.minCalls)} calls`;
  setText(figures.lastChild, seen.calls ? limit : `no calls; ${policy.failureRate === null ? "no limit on the rate" : `limit ${percent(policy.failureRate)}`}`);
  plot(spark, history.get(breaker.path) ?? [], policy.failureRate);
  const span = policy.windowMs === null ? `the last ${number(policy.windowCalls)}` : duration(policy.windowMs);
  const probe = untilProbe(breaker);
  const waiting = probe && (probe === "due" ? "next probe is due" : `next probe in ${probe}`);
  setText(foot, [waiting, `${seen.calls === 1 ? "1 call" : `${compact(seen.calls)} calls`} in ${span}, ${compact(seen.failures)} failed`, breaker.persisted ? null : "not on the disk"].filter(Boolean).join(" · "));
  setText(why, last ? `${timeOf(last.at)} ${wordOf(last.from)} → ${wordOf(last.to)}: ${last.cause}` : "never moved");
}

/** The failure rate over time, now at the right. Where nothing was seen, nothing is drawn. */
function plot(spark, looks, limit) {
  const [area, line, mark] = spark.children;
  const now = looks.at(-1)?.at ?? 0;
  const runs = [];
  let last = null;
  for (const { at, rate } of looks) {
    if (last === null || at - last > GAP_MS) runs.push([]);
    last = at;
    runs.at(-1).push(`${(SHOWN - (now - at) / 1000).toFixed(1)} ${(33 - (rate ?? 0) * 32).toFixed(1)}`);
  }
  const drawn = runs.filter((run) => run.length > 1);
  const end = (point) => point.split(" ")[0];
  setAttribute(line, "d", drawn.map((run) => `M${run.join("L")}`).join("") || "M0 33");
  setAttribute(area, "d", drawn.map((run) => `M${run.join("L")}V34H${end(run[0])}Z`).join("") || "M0 34");
  setAttribute(mark, "d", limit === null ? "M0 -9" : `M0 ${(33 - limit * 32).toFixed(1)}H${SHOWN}`);
}

function drawKeys() {
  const all = known.keys.all;
  byId("keys").hidden = all.length === 0;
  keyed(byId("keys").tBodies[0], all, (keys) => keys.path,
    () => make("tr", "", make("td", "mono"), make("td"), ...Array.from({ length: 4 }, () => make("td", "number"))),
    (row, keys) => {
      const texts = [readable(keys.name), keys.scope, `${number(keys.keys)} / ${number(keys.maxKeys)}`, number(keys.breakers), number(keys.notClosed), number(keys.turnedAway)];
      texts.forEach((text, index) => setText(row.cells[index], text));
    });
}
