// The supervision tree as rows of a table: one row an actor, in the order of the tree.

import { byId, keyed, make, makeState, number, readable, setAttribute, setState, setText, toneOf } from "./dom.js";

const body = byId("tree").tBodies[0];
const collapsed = new Set();
let rows = [];
let selected = null;
let focused = null;
let chosen = () => {};

/** Calls `choose(path)` when an actor is selected. */
export function start(choose) {
  chosen = choose;
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    if (event.target.classList.contains("twist")) toggle(row.dataset.key);
    else select(row.dataset.key);
  });
  body.addEventListener("keydown", onKey);
}

/** Shows the tree, or shows it again after something was folded. */
export function show(tree) {
  rows = [];
  const walk = (actor, level) => {
    rows.push({ actor, level });
    if (!collapsed.has(actor.path)) actor.children.forEach((child) => walk(child, level + 1));
  };
  walk(tree, 1);
  show.latest = tree;
  if (!rows.some(({ actor }) => actor.path === focused)) focused = tree.path;
  keyed(body, rows, ({ actor }) => actor.path, create, update);
}

function create() {
  const row = make("tr");
  row.setAttribute("role", "row");
  const name = make("td", "", make("span", "twist"), make("span", "mono"));
  const cells = [name, make("td", "", makeState()), make("td", "quiet"), make("td", "number"), make("td", "number"), make("td", "quiet")];
  for (const cell of cells) cell.setAttribute("role", "gridcell");
  row.append(...cells);
  return row;
}

function update(row, { actor, level }) {
  const [name, state, kind, restarts, mailbox, exit] = row.cells;
  setAttribute(row, "aria-level", level);
  setAttribute(row, "aria-expanded", actor.children.length ? String(!collapsed.has(actor.path)) : null);
  setAttribute(row, "aria-selected", String(actor.path === selected));
  setAttribute(row, "tabindex", actor.path === focused ? 0 : -1);
  setText(name.lastChild, readable(actor.path.split("/").pop()));
  setState(state.firstChild, actor.blocked ? "bad" : toneOf(actor.state), actor.blocked ? "blocked" : actor.state);
  setText(kind, actor.kind);
  setText(restarts, number(actor.restarts));
  setText(mailbox, `${number(actor.mailbox.depth)} / ${number(actor.mailbox.capacity)}`);
  const last = actor.lastExit;
  const said = last ? [last.reason, last.message].filter(Boolean).join(": ") : "";
  setText(exit, said);
  setAttribute(exit, "title", said || null);
}

function toggle(path) {
  if (collapsed.has(path)) collapsed.delete(path);
  else collapsed.add(path);
  show(show.latest);
}

function select(path) {
  selected = path;
  focus(path);
  chosen(path);
}

function focus(path) {
  focused = path;
  show(show.latest);
  rowOf(path)?.focus();
}

const rowOf = (path) => [...body.rows].find((row) => row.dataset.key === path);

function onKey(event) {
  const at = rows.findIndex(({ actor }) => actor.path === focused);
  const here = rows[at];
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  const folded = collapsed.has(here.actor.path);
  const parent = () => rows.slice(0, at).findLast(({ level }) => level < here.level);
  const go = (row) => row && focus(row.actor.path);
  const keys = {
    ArrowDown: () => go(rows[at + 1]),
    ArrowUp: () => go(rows[at - 1]),
    Home: () => go(rows[0]),
    End: () => go(rows[rows.length - 1]),
    ArrowLeft: () => (here.actor.children.length && !folded ? toggle(here.actor.path) : go(parent())),
    ArrowRight: () => (folded ? toggle(here.actor.path) : here.actor.children.length && go(rows[at + 1])),
    Enter: () => select(here.actor.path),
    " ": () => select(here.actor.path),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
