// Pools and factories: what they promise beside what was measured.

import { go } from "./address.js";
import { byId, facts, keyed, make, makeBar, makeButton, makeState, setAttribute, setBar, setState, setText } from "./dom.js";
import { known } from "./stream.js";
import { compact, duration, number, percent, plural, readable } from "./words.js";

const RULES = { p95Latency: "p95 latency", errorRate: "error rate" };

/** What is not as it should be with a pool: `[tone, what]`. */
export const poolAttention = (pool) => [
  ...pool.broken.map((rule) => ["bad", `${RULES[rule] ?? rule} is over its contract`]),
  ...(pool.overdue ? [["warn", `${plural(pool.overdue, "lease")} out for longer than it should`]] : []),
];

/** What is not as it should be with a factory. */
export const factoryAttention = (factory) => [
  ...(factory.unmade ? [["bad", factory.unmade]] : []),
  ...(factory.slo.breached ? [["bad", "its objective is missed"]] : []),
  ...(!factory.unmade && factory.problem ? [["warn", factory.problem]] : []),
];

/** Shows the pools at this place. */
export function drawPools({ find, kind, at }) {
  show("pool", known.pools.all, find, kind, at, poolAttention, ({ broken, overdue, drained }) => (broken.length ? ["bad", "contract broken"]
    : overdue ? ["warn", "leases overdue"] : drained ? ["idle", "drained"] : ["good", "as promised"]), fillPool);
}

/** Shows the factories at this place. */
export function drawFactories({ find, kind, at }) {
  show("factory", known.factories.all, find, kind, at, factoryAttention, ({ unmade, problem, slo, there }) => (unmade ? ["bad", "waited for"]
    : slo.breached ? ["bad", "objective missed"] : problem ? ["warn", "attempt failed"] : there ? ["good", "there"] : ["idle", "not made yet"]), fillFactory);
}

function show(name, all, find, kind, at, attention, standing, fill) {
  const wanted = find.toLowerCase();
  const shown = all.filter((entry) => (!wanted || readable(entry.id).toLowerCase().includes(wanted)) && (!kind || attention(entry).length));
  byId(`${name}-empty`).hidden = all.length > 0;
  keyed(byId(`${name}-list`), shown, ({ path }) => path, create, (element, entry) => {
    const [head, gauge, list, more] = element.children;
    setText(head.firstChild, readable(entry.id));
    setAttribute(head.firstChild, "aria-pressed", String(entry.path === at));
    setState(head.lastChild, ...standing(entry));
    fill(entry, gauge, list, more);
  });
}

function create({ path }) {
  const title = makeButton("", () => go({ at: path }), "link mono title");
  return make("section", "panel", make("header", "", title, makeState()),
    make("div", "gauge", makeBar(), make("span", "quiet")), make("dl", "columns"), make("ul", "plain"));
}

/** What was measured, beside what was promised. */
const beside = (measured, promised) => `${measured}${promised ? `; promised ${promised}` : "; nothing promised"}`;

function fillPool(pool, gauge, list, more) {
  setBar(gauge.firstChild, pool.leases / pool.maxLeases);
  setText(gauge.lastChild, `${number(pool.leases)} of ${number(pool.maxLeases)} leased`);
  const { contract, measured } = pool;
  facts(list, [
    ["Waiting", `${number(pool.waiting)} of ${number(pool.maxWaiting)}`],
    ["p95 latency", beside(measured.p95LatencyMs === null ? "–" : duration(measured.p95LatencyMs), contract.p95LatencyMs === null ? null : duration(contract.p95LatencyMs))],
    ["Error rate", beside(percent(measured.errorRate), contract.errorRate === null ? null : percent(contract.errorRate))],
    ["Measured", `${compact(measured.leases)} leases in ${duration(contract.windowMs)}`],
    ["Leases", `${compact(pool.borrowed)} given, ${compact(pool.failed)} failed`],
    ["Waited", `${compact(pool.waited)}; ${compact(pool.timedOut)} in vain, ${compact(pool.refused)} refused`],
    ["Idle", pool.existing ? `${number(pool.idle)} of ${number(pool.existing)} that exist` : null],
    ["Found idle", pool.hitRate === null ? null : percent(pool.hitRate)],
    ["Made", pool.made ? `${compact(pool.made)}, ${compact(pool.makeFailures)} failed` : null],
    ["Keep alive", `${duration(contract.minKeepAliveMs)}${contract.maxLifeMs === null ? "" : `, life ${duration(contract.maxLifeMs)}`}`],
  ]);
  keyed(more, pool.leaks, (leak) => `${leak.takenAt} ${leak.traceId} ${leak.ageMs}`, () => make("li", "leak"),
    (item, leak) => setText(item, `overdue ${duration(leak.ageMs)}: taken at ${leak.takenAt}${leak.traceId ? `, trace ${leak.traceId}` : ""}`));
}

function fillFactory(factory, gauge, list, more) {
  const { slo } = factory;
  setBar(gauge.firstChild, slo.observed, slo.firstTimeSuccess);
  setText(gauge.lastChild, slo.observed === null ? "no first attempt in the window" : `${percent(slo.observed)} of first attempts in time`);
  facts(list, [
    ["There", `${number(factory.there)}${factory.maxKeys === null ? "" : ` of ${number(factory.maxKeys)} keys`}, one for ${factory.scope === "edge" ? "each key" : "all"}`],
    ["In the making", number(factory.making)],
    ["Resting", factory.resting ? `${number(factory.resting)}: the latest attempt has failed` : null],
    ["First attempts", beside(percent(slo.observed), `${percent(slo.firstTimeSuccess)} within ${duration(slo.coldStartMs)}`)],
    ["Slowest", slo.slowestMs === null ? null : duration(slo.slowestMs)],
    ["Attempts", `${compact(factory.attempts)}, ${compact(factory.failures)} failed`],
    ["Leases", `${compact(factory.leased)} given, ${compact(factory.waited)} waited, ${compact(factory.refused)} refused`],
    ["Ended", `${compact(factory.invalidated)} invalidated, ${compact(factory.expired)} expired, ${compact(factory.unused)} unused`],
    ["Not closed", number(factory.open)],
  ]);
  const problems = [factory.unmade && `waited for: ${factory.unmade}`, factory.problem && `latest attempt: ${factory.problem}`].filter(Boolean);
  keyed(more, problems, (problem) => problem, () => make("li", "leak"), setText);
}
