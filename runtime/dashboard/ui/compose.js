// A node that is written by hand: put into a chain, or in the place of another one. What the mesh says against it stands beside it,
// and what was written stays until it is taken or sent away.

import { byId, make, setText } from "./dom.js";
import { EXAMPLES } from "./kinds.js";
import { order, say } from "./orders.js";
import { known } from "./stream.js";
import { readable } from "./words.js";

const dialog = byId("compose");
const kind = byId("compose-kind");
const place = byId("compose-before");
const text = byId("compose-node");
const answer = byId("compose-answer");
/** What is being written, and what it was filled with. */
let task = null;
let filled = "";

const option = (value, said) => Object.assign(make("option", "", said), { value });
const chainNow = () => known.chains.entries.get(task.chain.path) ?? task.chain;

/** Begins a node that is put into this chain. */
export const insert = (chain) => open({ chain, name: null }, "reply", null);

/** Begins a node that takes the place of this one. Its settings are known where an edit has told them. */
export function replace(chain, node) {
  const told = chain.edits.findLast((edit) => edit.node && (edit.node.name ?? edit.node.kind) === node.name);
  open({ chain, name: node.name }, node.kind, told?.node ?? null);
}

function open(begun, first, told) {
  task = begun;
  const { chain, name } = task;
  const who = readable(chain.id);
  setText(byId("compose-title"), name === null ? `Insert a node into ${who}` : `Replace ${name} in ${who}`);
  setText(byId("compose-text"), name === null
    ? "Requests meet it from the next revision on. Requests under way end as they began."
    : "The node is made afresh with these settings, from the next revision on. Requests under way end as they began.");
  setText(byId("compose-yes"), name === null ? "Insert" : "Replace");
  kind.replaceChildren(...Object.keys(EXAMPLES).map((word) => option(word, word)));
  kind.value = first in EXAMPLES ? first : "reply";
  place.replaceChildren(...chainNow().nodes.map((node) => option(node.name, `before ${node.name}`)), option("", "at the end"));
  byId("compose-place").hidden = name !== null;
  fill(told ?? example());
  complain("");
  dialog.showModal();
  text.focus();
}

/** The example of the chosen kind, under the name of what it replaces, and with an upstream that there is. */
function example() {
  const { name: given, ...rest } = structuredClone(EXAMPLES[kind.value]);
  const name = task.name ?? given;
  const node = name && name !== kind.value ? { kind: rest.kind, name, ...rest } : rest;
  const [upstream] = known.upstreams.all;
  for (const rule of node.rules ?? []) if (upstream) rule.upstream = readable(upstream.id);
  return node;
}

function fill(node) {
  filled = JSON.stringify(node, null, 2);
  text.value = filled;
}

function complain(said) {
  setText(answer, said);
  answer.hidden = !said;
}

kind.addEventListener("change", () => {
  // What somebody has written is not thrown away by a choice.
  if (text.value === filled) fill(example());
  else complain("The settings were changed by hand and stay as they are: empty them to see the example of this kind.");
});
text.addEventListener("input", () => {
  complain("");
  if (!text.value.trim()) fill(example());
});

async function send() {
  const { chain, name } = task;
  let node;
  try {
    node = JSON.parse(text.value);
  } catch (error) {
    complain(`The settings are not JSON: ${error.message}`);
    text.focus();
    return;
  }
  const body = name === null ? { action: "insert", node, ...(place.value ? { before: place.value } : {}) } : { action: "replace", name, node };
  const yes = byId("compose-yes");
  yes.disabled = true;
  const outcome = await order(yes.textContent, `api/chains/${chain.id}`, body);
  yes.disabled = false;
  if (!outcome.ok) {
    complain(`${outcome.body.title}. ${outcome.body.detail}`);
    text.focus();
    return;
  }
  dialog.close();
  say(`${name === null ? `Insert into ${readable(chain.id)}` : `Replace of ${name} in ${readable(chain.id)}`}: done; revision ${outcome.body.revision} is in force.`, "good");
}

byId("compose-no").addEventListener("click", () => dialog.close());
dialog.firstElementChild.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
