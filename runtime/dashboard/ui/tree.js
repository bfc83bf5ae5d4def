// The supervision tree as rows, in the order of the tree. Of a thousand rows only those that changed are touched.

import { go, here } from "./address.js";
import { byId, keyed, make, makeState, setAttribute, setState, setText } from "./dom.js";
import { known } from "./stream.js";
import { compact, duration, nameOf, plural, readable, toneOf, wordOf } from "./words.js";

const body = byId("tree-rows");
const elements = new Map();
const collapsed = new Set();
let rows = [];
let shape = "";
let focused = null;

body.addEventListener("click", (event) => {
  const row = event.target.closest("[role=row]");
  if (!row) return;
  if (event.target.classList.contains("twist")) fold(row.dataset.key);
  else select(row.dataset.key);
});
body.addEventListener("keydown", onKey);
byId("tree-fold").addEventListener("click", () => {
  const { order } = known.tree;
  if (collapsed.size) collapsed.clear();
  // The root and its supervisors stay open: what is folded is what lives under them.
  else for (const path of order) if (depthOf(path) >= 2 && hasChildren(path)) collapsed.add(path);
  draw(here(), true);
});

const depthOf = (path) => path.split("/").length - rootDepth();
const rootDepth = () => (known.tree.order[0] ?? "").split("/").length;
let parents = new Set();
const hasChildren = (path) => parents.has(path);
const above = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** What does not run as it should. */
export const isDown = (actor) => actor.state !== "running" || actor.blocked !== null || actor.quarantined.length > 0;

/** Shows the tree at this place. */
export function draw(place, refold = false) {
  const sheet = known.tree;
  const now = `${place.find}\n${place.kind}`;
  if (sheet.moved || refold || now !== shape || place.kind) layOut(place);
  else for (const path of new Set([...sheet.changed, ...known.breakers.changed])) if (elements.has(path)) update(elements.get(path), sheet.entries.get(path));
  shape = now;
  for (const [path, row] of elements) setAttribute(row, "aria-selected", String(path === place.at));
  sheet.drawn();
  known.breakers.drawn();
}

function layOut({ find, kind, at }) {
  const { order, entries, moved } = known.tree;
  if (moved) parents = new Set(order.map(above));
  const wanted = find.toLowerCase();
  const passes = (actor) => (!wanted || matches(actor, wanted)) && (!kind || isDown(actor));
  const filtered = Boolean(wanted || kind);
  const kept = new Set();
  if (filtered) {
    // Who is found is shown with all above it, so that it is seen where it lives.
    for (const path of order) if (passes(entries.get(path))) for (let up = path; up && !kept.has(up); up = above(up)) kept.add(up);
  }
  const folded = [];
  rows = order.filter((path) => {
    if (filtered) return kept.has(path);
    while (folded.length && !path.startsWith(`${folded.at(-1)}/`)) folded.pop();
    if (folded.length) return false;
    if (collapsed.has(path)) folded.push(path);
    return true;
  });
  if (!rows.includes(focused)) focused = rows.includes(at) ? at : rows[0] ?? null;
  keyed(body, rows, (path) => path, create, (row, path) => update(row, entries.get(path)));
  for (const path of elements.keys()) if (!entries.has(path)) elements.delete(path);
  const found = filtered ? order.filter((path) => passes(entries.get(path))).length : order.length;
  setText(byId("tree-count"), filtered ? `${found} of ${plural(order.length, "actor")}` : plural(order.length, "actor"));
  setText(byId("tree-fold"), collapsed.size ? "Unfold all" : "Fold");
  byId("tree-none").hidden = rows.length > 0 || !order.length;
}

const matches = (actor, wanted) => readable(actor.path).toLowerCase().includes(wanted)
  || actor.kind.toLowerCase().includes(wanted) || actor.state.includes(wanted);

function create(path) {
  const cell = (className, ...children) => {
    const element = make("span", className, ...children);
    element.setAttribute("role", "gridcell");
    return element;
  };
  const row = make("div", "row",
    cell("name", make("span", "twist"), make("span", "mono")), cell("", makeState()), cell("quiet kind"),
    cell("number"), cell("number"), cell("number"), cell("quiet exit"));
  row.setAttribute("role", "row");
  row.style.setProperty("--depth", Math.min(depthOf(path), 12));
  setAttribute(row, "aria-level", depthOf(path) + 1);
  setText(row.firstChild.lastChild, nameOf(path));
  setAttribute(row.firstChild, "title", readable(path));
  elements.set(path, row);
  return row;
}

function update(row, actor) {
  const [, state, kind, mailbox, oldest, restarts, exit] = row.children;
  setAttribute(row, "aria-expanded", hasChildren(actor.path) ? String(!collapsed.has(actor.path)) : null);
  setAttribute(row, "aria-selected", String(actor.path === here().at));
  setAttribute(row, "tabindex", actor.path === focused ? 0 : -1);
  const [tone, word] = standing(actor);
  setState(state.firstChild, tone, word);
  const breaker = known.breakers.entries.get(actor.path);
  const refuses = breaker && breaker.state !== "closed";
  setText(kind, refuses ? `${actor.kind}: ${wordOf(breaker.state)}` : actor.kind);
  setAttribute(kind, "data-tone", refuses ? toneOf(breaker.state) : null);
  const { depth, capacity, oldestMs } = actor.mailbox;
  setText(mailbox, depth ? `${compact(depth)} / ${compact(capacity)}` : "");
  setAttribute(mailbox, "data-tone", depth * 2 > capacity ? "warn" : null);
  setText(oldest, oldestMs ? duration(oldestMs) : "");
  setText(restarts, actor.restarts ? compact(actor.restarts) : "");
  const last = actor.lastExit;
  const said = last && actor.restarts + (last.reason === "shutdown" ? 0 : 1) ? [last.reason, last.message].filter(Boolean).join(": ") : "";
  setText(exit, said);
  setAttribute(exit, "title", said || null);
}

function standing(actor) {
  if (actor.blocked) return ["bad", `blocked ${duration(actor.blocked.forMs)}`];
  if (actor.quarantined.length && actor.state === "running") return ["warn", "quarantine"];
  return [toneOf(actor.state), actor.state];
}

function fold(path) {
  if (!hasChildren(path)) return;
  if (collapsed.has(path)) collapsed.delete(path);
  else collapsed.add(path);
  draw(here(), true);
}

function select(path) {
  focus(path);
  go({ at: path });
}

function focus(path) {
  const old = elements.get(focused);
  focused = path;
  setAttribute(old ?? make("i"), "tabindex", -1);
  const row = elements.get(path);
  if (!row) return;
  row.tabIndex = 0;
  row.focus();
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const at = rows.indexOf(focused);
  if (at < 0) return;
  const path = rows[at];
  const folded = collapsed.has(path);
  const to = (row) => row && focus(row);
  const page = 20;
  const keys = {
    ArrowDown: () => to(rows[at + 1]),
    ArrowUp: () => to(rows[at - 1]),
    PageDown: () => to(rows[Math.min(rows.length - 1, at + page)]),
    PageUp: () => to(rows[Math.max(0, at - page)]),
    Home: () => to(rows[0]),
    End: () => to(rows.at(-1)),
    ArrowLeft: () => (hasChildren(path) && !folded ? fold(path) : rows.includes(above(path)) && to(above(path))),
    ArrowRight: () => (folded ? fold(path) : hasChildren(path) && to(rows[at + 1])),
    Enter: () => select(path),
    " ": () => select(path),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
