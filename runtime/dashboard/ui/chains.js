// Each chain as the row of its nodes, in the order a request meets them.

import { go } from "./address.js";
import * as compose from "./compose.js";
import { byId, keyed, make, makeButton, makeState, setAttribute, setState, setText } from "./dom.js";
import { known } from "./stream.js";
import { compact, nameOf, nanos, plural, readable, toneOf, wordOf } from "./words.js";

const FIGURES = ["calls", "refused", "errors", "panics", "p50", "p99"];

/** Where the actor of a node lives. */
export function pathOf(chain, node) {
  const below = `${chain.path}/`;
  return known.tree.order.find((path) => path.startsWith(below) && nameOf(path) === node.name) ?? below + encodeURIComponent(node.name);
}

/** The chain and the node whose actor lives there; nothing where it is none. */
export function nodeAt(path) {
  for (const chain of known.chains.all) {
    const node = path.startsWith(`${chain.path}/`) && chain.nodes.find(({ name }) => name === nameOf(path));
    if (node) return { chain, node };
  }
  return null;
}

/** Tone and word of what becomes of requests at a node. */
export function standing({ state, standing: becomes }) {
  if (state === "disabled") return ["idle", "disabled"];
  return becomes === "served" ? ["good", "enabled"] : [toneOf(becomes), wordOf(becomes)];
}

/** Shows the chains at this place. */
export function draw({ find, at }) {
  const wanted = find.toLowerCase();
  const all = known.chains.all;
  const shown = all.filter((chain) => !wanted || readable(chain.id).toLowerCase().includes(wanted)
    || chain.nodes.some(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(wanted)));
  byId("chains-empty").hidden = all.length > 0;
  keyed(byId("chain-list"), shown, (chain) => chain.path, createChain, (element, chain) => updateChain(element, chain, at));
}

function createChain({ path }) {
  const title = makeButton("", () => go({ at: path }), "link mono title");
  const insert = makeButton("Insert a node", () => compose.insert(known.chains.entries.get(path)), "bare insert");
  return make("section", "panel", make("header", "", title, make("span", "quiet"), insert), make("ol", "nodes"), make("p", "quiet"));
}

function updateChain(element, chain, at) {
  const [head, nodes, none] = element.children;
  setText(head.firstChild, readable(chain.id));
  setAttribute(head.firstChild, "aria-pressed", String(chain.path === at));
  setText(head.children[1], [`revision ${chain.revision}`, plural(chain.nodes.length, "node"),
    chain.edits.length ? `${plural(chain.edits.length, "edit")} kept` : null,
    chain.refused ? `${compact(chain.refused)} refused at the door` : null,
    chain.quarantined.length ? `${plural(chain.quarantined.length, "kind")} of request in quarantine` : null].filter(Boolean).join(" · "));
  setText(none, chain.nodes.length ? "" : "No node: every request passes.");
  keyed(nodes, chain.nodes, ({ name }) => name, createNode, (item, node) => updateNode(item, chain, node, at));
}

function createNode() {
  const figures = FIGURES.flatMap((name) => [make("span", "quiet", name), make("span", "number")]);
  const card = make("button", "node", make("span", "head", make("span", "mono title"), makeState()), make("span", "quiet kind"), make("span", "grid", ...figures));
  card.type = "button";
  return make("li", "", card);
}

function updateNode(item, chain, node, at) {
  const card = item.firstChild;
  const [head, kind, grid] = card.children;
  const path = pathOf(chain, node);
  card.onclick = () => go({ at: path });
  const [tone, word] = standing(node);
  setAttribute(card, "data-tone", tone);
  setAttribute(card, "aria-pressed", String(path === at));
  setText(head.firstChild, node.name);
  setState(head.lastChild, tone, word);
  const gauges = Object.entries(node.gauges ?? {}).map(([name, value]) => `${name} ${compact(value)}`);
  setText(kind, [node.kind, ...gauges].join(" · "));
  const texts = [compact(node.calls), compact(node.refused), compact(node.errors), compact(node.panics), nanos(node.p50Ns), nanos(node.p99Ns)];
  texts.forEach((text, index) => setText(grid.children[index * 2 + 1], text));
  setAttribute(grid.children[7], "data-tone", node.panics ? "bad" : null);
}
