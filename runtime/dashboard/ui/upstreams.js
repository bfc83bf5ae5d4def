// Upstreams, each with its endpoints, and where those come from.

import { go } from "./address.js";
import { byId, keyed, make, makeBar, makeButton, makeState, makeTable, setAttribute, setBar, setState, setText } from "./dom.js";
import { known } from "./stream.js";
import { compact, duration, number, percent, plural, readable, timeOf, toneOf, wordOf } from "./words.js";

const COLUMNS = [["Endpoint"], ["State"], ["Latency", "number"], ["In flight", "number"], ["Share of load"], ["Succeeded", "number"],
  ["Failed", "number"], ["Dials", "number"], ["Idle", "number"], ["Ejections", "number"]];

/** Tone and word of what keeps calls from an endpoint: its breaker, its health checks, or that it is an outlier. */
export function standing({ state, health, ejectedUntil, excluded }) {
  if (state !== "closed") return [toneOf(state), wordOf(state)];
  if (health === "unhealthy") return ["bad", "unhealthy"];
  if (ejectedUntil) return ["warn", `ejected until ${timeOf(ejectedUntil)}`];
  if (excluded.length) return [toneOf(excluded[0]), excluded.join(", ")];
  return ["good", health === "healthy" ? "closed, healthy" : wordOf(state)];
}

/** Where the actor of an endpoint lives. */
const pathOf = (upstream, { addr }) => `${upstream.path}/endpoints/${encodeURIComponent(addr).replaceAll("%3A", ":")}`;

/** The upstream and the endpoint whose actor lives there; nothing where it is none. */
export function endpointAt(path) {
  for (const upstream of known.upstreams.all) {
    const endpoint = path.startsWith(`${upstream.path}/`) && upstream.endpoints.find((one) => pathOf(upstream, one) === path);
    if (endpoint) return { upstream, endpoint };
  }
  return null;
}

/** Shows the upstreams at this place. */
export function draw({ find, kind, at }) {
  const wanted = find.toLowerCase();
  const all = known.upstreams.all;
  const shown = all.filter((upstream) => (!kind || attention(upstream).length)
    && (!wanted || readable(upstream.id).toLowerCase().includes(wanted) || upstream.endpoints.some(({ addr }) => addr.includes(wanted))));
  byId("upstreams-empty").hidden = all.length > 0;
  byId("upstreams-none").hidden = shown.length > 0 || all.length === 0;
  keyed(byId("upstream-list"), shown, (upstream) => upstream.path, create, (element, upstream) => update(element, upstream, at));
}

/** What is not as it should be with an upstream: `[tone, what]`. */
export function attention(upstream) {
  const said = [];
  if (upstream.unreached) said.push(["bad", upstream.unreached]);
  if (upstream.panicking) said.push(["bad", "so few endpoints are left that those are called as well that are left out"]);
  const { discovery } = upstream;
  if (discovery && discovery.state !== "fresh") said.push([toneOf(discovery.state), `${discovery.state}: ${discovery.problem ?? "no answer yet"}`]);
  for (const endpoint of upstream.endpoints) {
    // An open breaker has a card of its own.
    if (endpoint.health === "unhealthy" || endpoint.ejectedUntil) said.push([standing(endpoint)[0], `${endpoint.addr}: ${endpoint.ejectedUntil ? "ejected" : "unhealthy"}`]);
  }
  return said;
}

function create({ path }) {
  const title = makeButton("", () => go({ at: path }), "link mono title");
  return make("section", "panel", make("header", "", title, make("span", "quiet")), make("p", "quiet source"),
    make("div", "scroll", makeTable(COLUMNS)), make("p", "quiet below"));
}

function update(element, upstream, at) {
  const [head, source, scroll, retries] = element.children;
  setText(head.firstChild, readable(upstream.id));
  setAttribute(head.firstChild, "aria-pressed", String(upstream.path === at));
  setText(head.lastChild, `${upstream.balance} · ${compact(upstream.calls)} calls · ${compact(upstream.refused)} refused`);
  const found = upstream.discovery;
  const warnings = [upstream.unreached && `not reached: ${upstream.unreached}`, upstream.panicking && "few endpoints are left: all are called"].filter(Boolean);
  const origin = found ? `found by ${found.source} ${found.name}: ${found.state}, ${plural(found.members, "endpoint")}${found.ageMs === null ? "" : `, told ${duration(found.ageMs)} ago`}, ${number(found.lookUps)} look-ups, ${number(found.failures)} failed${found.problem ? `; ${found.problem}` : ""}` : null;
  setText(source, [...warnings, origin].filter(Boolean).join(" · "));
  source.hidden = !source.textContent;
  setAttribute(source, "data-tone", warnings.length || (found && found.state !== "fresh") ? "warn" : null);
  const load = upstream.endpoints.reduce((sum, { inFlight }) => sum + inFlight, 0);
  keyed(scroll.firstChild.tBodies[0], upstream.endpoints, ({ addr }) => addr, createRow, (row, endpoint) => updateRow(row, upstream, endpoint, load, at));
  const { retries: sent } = upstream;
  const stopped = [["attempts", sent.stoppedByAttempts], ["budget", sent.stoppedByBudget], ["deadline", sent.stoppedByDeadline], ["pushback", sent.stoppedByPushback], ["nesting", sent.stoppedNested]]
    .filter(([, count]) => count).map(([by, count]) => `${compact(count)} by ${by}`);
  setText(retries, `${compact(sent.retries)} retries, ${compact(sent.hedges)} hedges (${compact(sent.hedgesWon)} won), ${compact(sent.resent)} sent again, budget ${compact(sent.budget)}${stopped.length ? `; stopped ${stopped.join(", ")}` : ""}`);
}

function createRow() {
  const name = make("button", "link mono");
  name.type = "button";
  return make("tr", "", make("td", "nowrap", name), make("td", "nowrap", makeState()), make("td", "number"), make("td", "number"),
    make("td", "wide", makeBar()), ...Array.from({ length: 5 }, () => make("td", "number")));
}

function updateRow(row, upstream, endpoint, load, at) {
  const [addr, state, latency, inFlight, share, ...numbers] = row.cells;
  const path = pathOf(upstream, endpoint);
  setText(addr.firstChild, endpoint.addr);
  addr.firstChild.onclick = () => go({ at: path });
  setAttribute(addr.firstChild, "aria-pressed", String(path === at));
  setState(state.firstChild, ...standing(endpoint));
  setText(latency, endpoint.ewmaMs === null ? "–" : duration(endpoint.ewmaMs));
  setText(inFlight, compact(endpoint.inFlight));
  setBar(share.firstChild, load ? endpoint.inFlight / load : 0);
  setAttribute(share, "title", load ? `${percent(endpoint.inFlight / load)} of what is under way; weight ${endpoint.weight}` : `nothing under way; weight ${endpoint.weight}`);
  const { successes, failures, dials, dialFailures, idle, ejections } = endpoint;
  [compact(successes), compact(failures), dialFailures ? `${compact(dials)} (${compact(dialFailures)} failed)` : compact(dials), compact(idle), compact(ejections)]
    .forEach((text, index) => setText(numbers[index], text));
}
