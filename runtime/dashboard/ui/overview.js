// The mesh as a whole: ready or why not, and whatever is not as it should be, with the way there.

import { untilProbe } from "./breakers.js";
import { go } from "./address.js";
import { byId, facts, keyed, make, makeState, setState, setText } from "./dom.js";
import * as events from "./events.js";
import { factoryAttention, poolAttention } from "./resources.js";
import { known } from "./stream.js";
import { attention as upstreamAttention } from "./upstreams.js";
import { compact, number, percent, plural, readable, toneOf, wordOf } from "./words.js";

/** The mesh itself, as the stream tells. */
export const mesh = () => known.mesh.entries.get("mesh");

/** How many of each view need a look. */
export function troubles() {
  const found = { tree: [], breakers: [], chains: [], upstreams: [], pools: [], factories: [], registry: [] };
  for (const actor of known.tree.all) {
    if (actor.state !== "running") found.tree.push([actor.path, toneOf(actor.state), actor.state + (actor.lastExit?.message ? `: ${actor.lastExit.message}` : "")]);
    else if (actor.blocked) found.tree.push([actor.path, "bad", `blocked in ${actor.blocked.step}`]);
    for (const held of actor.quarantined) found.tree.push([actor.path, "warn", `${held.message} is refused: it caused ${plural(held.crashes, "crash", "crashes")}`]);
  }
  for (const breaker of known.breakers.all) {
    if (breaker.state === "closed") continue;
    const probe = untilProbe(breaker);
    found.breakers.push([breaker.path, toneOf(breaker.state), [wordOf(breaker.state), breaker.lastTransition?.cause, probe && (probe === "due" ? "next probe is due" : `next probe in ${probe}`)].filter(Boolean).join(": ").replace(": next", "; next")]);
  }
  for (const chain of known.chains.all) {
    for (const node of chain.nodes) if (node.standing !== "served") found.chains.push([chain.path, "bad", `${node.name}: ${wordOf(node.standing)}`]);
    if (chain.quarantined.length) found.chains.push([chain.path, "warn", `${plural(chain.quarantined.length, "kind")} of request in quarantine`]);
    for (const edit of chain.edits) if (edit.setAside) found.chains.push([chain.path, "warn", `an edit is set aside: ${edit.setAside}`]);
  }
  const gather = (view, attention) => {
    for (const entry of known[view].all) for (const [tone, what] of attention(entry)) found[view].push([entry.path, tone, what]);
  };
  gather("upstreams", upstreamAttention);
  gather("pools", poolAttention);
  gather("factories", factoryAttention);
  for (const { service, id, state } of known.registry.all) if (state !== "live") found.registry.push([null, "warn", `${service}/${id}: a heartbeat is overdue`]);
  return found;
}

/** The revision in force; where chains are at different ones, that of each. */
export function revisions() {
  const all = known.chains.all;
  const numbers = all.map(({ revision }) => revision);
  if (!all.length) return ["no chain"];
  if (new Set(numbers).size === 1) return [`${numbers[0]} is in force`];
  const listed = all.slice(0, MOST).map(({ id, revision }) => `${readable(id)}: ${revision}`);
  return all.length > MOST ? [...listed, `and ${plural(all.length - MOST, "more chain")}`] : listed;
}

/** Most that is listed of each view; the view itself has all of them. */
const MOST = 12;

/** Shows the mesh as a whole. */
export function draw(found) {
  const state = mesh();
  if (!state) return;
  const store = state.findings.find(({ path, said }) => !path && said.startsWith("store: "));
  const refusing = known.breakers.all.filter(({ state: word }) => word !== "closed").length;
  const calls = known.upstreams.all.reduce((sum, upstream) => sum + upstream.calls, 0);
  setState(byId("overview-ready"), state.ready ? "good" : "bad", state.ready ? "Ready" : "Not ready");
  facts(byId("overview-facts"), [
    ["Actors", `${number(known.tree.order.length)}, ${known.tree.all.filter((actor) => actor.state === "running").length === known.tree.order.length ? "all running" : `${known.tree.all.filter((actor) => actor.state !== "running").length} not running`}`],
    ["Breakers", known.breakers.order.length ? `${number(known.breakers.order.length)}, ${refusing ? `${refusing} not closed` : "all closed"}` : "none"],
    ["Upstream calls", known.upstreams.order.length ? compact(calls) : null],
    ["Revision", revisions().join("\n")],
    ["Store", store ? store.said.slice(7) : "none"],
  ]);
  keyed(byId("findings"), state.findings.filter(({ weight }) => weight !== "well"), ({ path, said }) => `${path} ${said}`, createFinding, updateFinding);
  const listed = Object.entries(found).flatMap(([view, all]) => {
    const shown = all.slice(0, MOST).map(([path, tone, what], index) => ({ view, path, tone, what, index }));
    const more = all.length - MOST;
    return more > 0 ? [...shown, { view, path: null, tone: "idle", what: `and ${number(more)} more`, index: MOST }] : shown;
  });
  byId("attention-none").hidden = listed.length > 0;
  keyed(byId("attention"), listed, ({ view, path, index }) => `${view} ${path} ${index}`, createTrouble, updateTrouble);
  const listeners = known.listeners.all;
  byId("listeners-panel").hidden = listeners.length === 0;
  keyed(byId("listeners").tBodies[0], listeners, ({ path }) => path,
    () => make("tr", "", make("td", "mono"), ...Array.from({ length: 5 }, () => make("td", "number"))),
    (row, { id, waited, overloaded, refusedLate, bound }) => [readable(id), compact(waited), compact(overloaded), compact(refusedLate), bound ? number(bound.requests) : "–", bound ? percent(bound.busyPercent / 100) : "–"]
      .forEach((text, index) => setText(row.cells[index], text)));
  const latest = events.latest(12);
  byId("latest-none").hidden = latest.length > 0;
  events.list(byId("latest"), latest);
}

const WEIGHTS = { reason: "bad", warning: "warn" };

const createFinding = () => make("li", "", makeState(), make("span", "mono"));

function updateFinding(item, { weight, path, said }) {
  setState(item.firstChild, WEIGHTS[weight], said);
  setText(item.lastChild, path ? readable(path) : "");
}

function createTrouble({ view, path }) {
  const where = make("button", "link mono");
  where.type = "button";
  where.addEventListener("click", () => go(path ? { view, at: path, find: "", kind: "" } : { view, kind: "trouble", find: "" }));
  return make("li", "", makeState(), where);
}

function updateTrouble(item, { view, path, tone, what }) {
  setState(item.firstChild, tone, what);
  setText(item.lastChild, path ? readable(path) : view);
}
