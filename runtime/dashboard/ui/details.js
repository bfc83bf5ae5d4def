// The selected actor, and what may be ordered of it.

import { byId, facts, make, number, readable, setAttribute, setText } from "./dom.js";
import { keepToken, order } from "./mesh.js";

const MEANING = {
  restart: "Restart it: what is in hand and all that it has not published is lost; the queue stays.",
  stop: "Stop it, and keep it down until it is started by hand.",
  start: "Start it.",
  release: "Let it have again the messages or requests that were refused because they kept crashing it.",
};

let path = null;
let isRoot = false;
let busy = false;
const buttons = new Map();

export function start() {
  ["restart", "stop", "start"].forEach(offer);
}

/** The button of an action; actors may have some of their own. */
function offer(action) {
  if (buttons.has(action)) return;
  const button = make("button", "", action[0].toUpperCase() + action.slice(1));
  button.type = "button";
  button.addEventListener("click", () => give(action));
  buttons.set(action, button);
  byId("orders").append(button);
}

/** Shows another actor. */
export function choose(chosen) {
  if (chosen !== path) say("");
  path = chosen;
}

/** Shows the chosen actor as it is in this reading. */
export function show(tree) {
  if (path === null) return;
  const actor = find(tree, path);
  byId("details-none").hidden = true;
  byId("details-body").hidden = false;
  isRoot = path === tree.path;
  setText(byId("details-title"), readable(path.split("/").pop()));
  const down = !actor || ["stopped", "failed"].includes(actor.state);
  const actions = actor ? actor.actions : [];
  actions.forEach(offer);
  for (const [action, button] of buttons) {
    const own = !["restart", "stop", "start"].includes(action);
    button.hidden = own && !actions.includes(action);
    button.disabled = busy || !actions.includes(action) || (action === "stop" && down) || (action === "start" && !down);
  }
  setAttribute(byId("orders"), "title", isRoot ? "The root has no supervisor: end the process instead." : null);
  if (!actor) {
    facts(byId("facts"), [["Path", readable(path)], ["State", "no longer in the tree"]]);
    byId("exit").hidden = true;
    return;
  }
  const mailbox = actor.mailbox;
  facts(byId("facts"), [
    ["Path", readable(actor.path)],
    ["Id", actor.id && readable(actor.id)],
    ["Kind", actor.kind],
    ["State", actor.state],
    ["Restarts", number(actor.restarts)],
    ["Waiting", `${number(mailbox.depth)} of ${number(mailbox.capacity)}`],
    ["Oldest", mailbox.oldestMs ? `${number(mailbox.oldestMs)} ms` : null],
    ["Blocked", actor.blocked && `in ${actor.blocked.step} for ${number(actor.blocked.forMs)} ms`],
    ["Quarantined", actor.quarantined.map(quarantined).join("; ") || null],
    ["Handled", `${number(mailbox.handled)}, ${mailbox.ratePerS} a second`],
    ["Refused", number(mailbox.refused)],
    ["Children", actor.children.length ? number(actor.children.length) : null],
  ]);
  showExit(actor.lastExit);
}

function quarantined({ message, fingerprint, crashes, refused }) {
  const which = fingerprint ? `${message} ${fingerprint}` : message;
  return `${which}: ${number(crashes)} crashes, ${number(refused)} refused`;
}

function showExit(exit) {
  byId("exit").hidden = !exit;
  if (!exit) return;
  facts(byId("exit-facts"), [
    ["Reason", exit.reason],
    ["Message", exit.message],
    ["Location", exit.location],
    ["At", exit.at],
  ]);
  byId("backtrace").hidden = !exit.backtrace;
  setText(byId("backtrace").querySelector("pre"), exit.backtrace);
}

function find(actor, wanted) {
  if (actor.path === wanted) return actor;
  for (const child of actor.children) {
    const found = find(child, wanted);
    if (found) return found;
  }
  return null;
}

async function give(action) {
  const target = path;
  const sure = await ask(`${readable(target)}: ${MEANING[action] ?? action}`, action, false);
  if (!sure) return;
  busy = true;
  say(`${action}: ordered, no answer yet`);
  let outcome = await order(target, action);
  while (outcome.needsToken) {
    const token = await ask("The mesh takes orders with its admin token only. It is kept until this tab is closed.", action, true);
    if (!token) break;
    keepToken(token);
    outcome = await order(target, action);
  }
  busy = false;
  if (target === path) say(outcome.text, outcome.done ? null : "bad");
}

function say(text, tone = null) {
  setText(byId("outcome"), text);
  setAttribute(byId("outcome"), "data-tone", tone);
}

/** Asks once. Answers the token or `true`; `false` where it was cancelled. */
function ask(text, yes, forToken) {
  const dialog = byId("ask");
  const input = byId("token");
  setText(byId("ask-text"), text);
  setText(byId("ask-yes"), yes);
  byId("ask-token").hidden = !forToken;
  input.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  (forToken ? input : byId("ask-yes")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const agreed = dialog.returnValue === "yes";
      resolve(agreed && (forToken ? input.value : true));
      input.value = "";
    }, { once: true });
  });
}

// Enter in the token field agrees; by itself it would press the first button.
byId("token").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  byId("ask").close("yes");
});
