// The page: one stream, one view at a time, and what is selected beside it.

import { go, here, watch } from "./address.js";
import * as breakers from "./breakers.js";
import * as chains from "./chains.js";
import * as details from "./details.js";
import { byId, setAttribute, setState, setText } from "./dom.js";
import * as events from "./events.js";
import * as overview from "./overview.js";
import * as registry from "./registry.js";
import * as resources from "./resources.js";
import { follow, known, link } from "./stream.js";
import "./theme.js";
import * as tree from "./tree.js";
import * as upstreams from "./upstreams.js";
import { nameOf, number, plural, timeOf } from "./words.js";

const VIEWS = {
  overview: (place, found) => overview.draw(found),
  tree: tree.draw,
  breakers: breakers.draw,
  chains: chains.draw,
  upstreams: upstreams.draw,
  pools: resources.drawPools,
  factories: resources.drawFactories,
  registry: registry.draw,
  events: events.draw,
};
const NAMES = Object.keys(VIEWS);
const FILTERED = { tree: "not as they should be", breakers: "not closed", upstreams: "not as they should be", pools: "not as promised", factories: "not as promised", registry: "suspect" };

const viewOf = (place) => (NAMES.includes(place.view) ? place.view : "overview");
let found = overview.troubles();
let shown = null;

/** Draws what is seen: the header, the view, and what is selected. */
function draw() {
  const place = here();
  const view = viewOf(place);
  if (shown !== null && shown !== view) scrollTo(0, 0);
  shown = view;
  for (const name of NAMES) {
    byId(`view-${name}`).hidden = name !== view;
    setAttribute(byId(`to-${name}`), "aria-current", name === view ? "page" : null);
  }
  byId("filter").hidden = view === "overview";
  byId("event-kind").hidden = view !== "events";
  byId("trouble-label").hidden = !FILTERED[view];
  setText(byId("trouble-word"), FILTERED[view] ?? "");
  byId("trouble").checked = place.kind === "trouble";
  const find = byId("find");
  if (find.value !== place.find) find.value = place.find;
  if (link.at) VIEWS[view](place, found);
  details.draw(place);
}

function drawHeader() {
  const mesh = overview.mesh();
  if (!mesh) return;
  const name = nameOf(mesh.root);
  setText(byId("name"), name);
  const title = `${mesh.ready ? "" : "not ready: "}${name} · Hedgerow`;
  if (document.title !== title) document.title = title;
  setState(byId("ready"), mesh.ready ? "good" : "bad", mesh.ready ? "ready" : "not ready");
  const store = mesh.findings.find(({ said, weight }) => weight === "warning" && said.startsWith("store: "));
  setText(byId("counts"), [plural(known.tree.order.length, "actor"), plural(known.breakers.order.length, "breaker"),
    revisionsInShort(), store ? "store in memory only" : null].filter(Boolean).join(" · "));
  const totals = { tree: known.tree, breakers: known.breakers, chains: known.chains, upstreams: known.upstreams, pools: known.pools, factories: known.factories, registry: known.registry };
  for (const [view, sheet] of Object.entries(totals)) {
    const count = byId(`to-${view}`).lastElementChild;
    const trouble = new Set(found[view].map(([path]) => path)).size;
    setText(count, trouble ? `${number(trouble)} of ${number(sheet.order.length)}` : number(sheet.order.length));
    setAttribute(count, "data-tone", trouble ? (found[view].some(([, tone]) => tone === "bad") ? "bad" : "warn") : null);
  }
}

/** The revision in force, or from which to which those of the chains go. */
function revisionsInShort() {
  const numbers = known.chains.all.map(({ revision }) => revision);
  if (!numbers.length) return null;
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? `revision ${most}` : `revisions ${least} to ${most}`;
}

const ago = (since) => `${Math.max(0, Math.round((Date.now() - since) / 1000))} s`;

function drawLink() {
  const [tone, word] = {
    connecting: ["idle", "connecting"],
    live: ["good", `live ${link.at ? timeOf(link.at) : ""}`],
    stale: ["bad", `stale for ${ago(link.since)}, connecting again`],
  }[link.state];
  setState(byId("link"), tone, word);
  document.body.classList.toggle("stale", link.state === "stale");
}

watch(draw);
follow({
  seen() {
    breakers.remember();
    found = overview.troubles();
    drawHeader();
    draw();
  },
  past: breakers.recall,
  happened(more) {
    events.add(more);
    if (["overview", "events"].includes(viewOf(here())) || here().at) draw();
  },
  begins: events.begin,
  missed: events.addMissed,
  linked: drawLink,
});

for (const name of NAMES) {
  byId(`to-${name}`).addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ view: name, find: "", kind: "" });
  });
}
byId("find").addEventListener("input", ({ target }) => go({ find: target.value }, false));
byId("trouble").addEventListener("change", ({ target }) => go({ kind: target.checked ? "trouble" : "" }, false));
byId("event-kind").addEventListener("change", ({ target }) => go({ kind: target.value }, false));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  (byId(`view-${viewOf(here())}`).querySelector("[tabindex='0'], button, a, input") ?? byId("main")).focus();
});
byId("help-open").addEventListener("click", () => byId("help").showModal());

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "Escape") {
    if (event.target === byId("find") && here().find) go({ find: "" }, false);
    else if (typing) event.target.blur();
    else if (here().at) go({ at: null });
    return;
  }
  if (typing) return;
  if (event.key === "/" && !byId("filter").hidden) byId("find").focus();
  else if (event.key === "?") byId("help").showModal();
  else if (/^[1-9]$/.test(event.key)) go({ view: NAMES[Number(event.key) - 1], find: "", kind: "" });
  else return;
  event.preventDefault();
});
draw();
