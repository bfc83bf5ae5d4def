// What may be ordered, asked once in words, and what came of it.

import { byId, make, makeButton, setAttribute, setText } from "./dom.js";
import { readable } from "./words.js";

/** Each order: what its button says, and what it will do. */
const ORDERS = {
  restart: ["Restart", "It is stopped and started afresh. What it has in hand, and all that it has not published, is lost; its queue stays."],
  stop: ["Stop", "It is stopped, with all that is under it, and stays down until it is started by hand."],
  start: ["Start", "It is started, and all that belongs under it."],
  release: ["Release", "What was refused because it kept crashing is let in again."],
  forceOpen: ["Force open", "Every call is refused from now on, also after a restart of the process, until it is released."],
  close: ["Close", "Calls flow, counted from nothing. The rules stay in force and may open it again."],
  disable: ["Disable", "Calls flow uncounted, whatever happens, until it is released."],
  metricsOnly: ["Metrics only", "Calls flow and are counted, and nothing follows from it, until it is released."],
  readmit: ["Readmit", "The endpoint is called again at once, and counted from nothing. Where it is still sick it may be ejected again."],
  dropEdits: ["Drop all edits", "The chain becomes what the config says, and its edits are forgotten."],
  enableNode: ["Enable", "Requests meet the node again, from the next revision on."],
  disableNode: ["Disable", "Requests pass the node by, from the next revision on. Requests under way end as they began."],
  removeNode: ["Remove", "The node is taken out of the chain, from the next revision on. Requests under way end as they began."],
  replaceNode: ["Replace"],
  moveNode: ["Move", "The node takes another place in the chain, from the next revision on."],
};
const BREAKER_RELEASE = "It goes by its rules again. Where it was held open, a few probes decide whether it closes.";

/** Kept in the memory of this page alone: closing or reloading it forgets the token. */
let token = null;

export const labelOf = (action) => ORDERS[action]?.[0] ?? action;

/** The button of an order. `orderOf()` says who is ordered what: see `give`; nothing where it asks by itself. */
export function makeOrder(action, orderOf, className = "") {
  const button = makeButton(labelOf(action), () => {
    const wanted = orderOf();
    if (wanted) give(action, wanted);
  }, className);
  button.dataset.action = action;
  return button;
}

/** The order of an actor. */
export const ofActor = (path, action, breaker = null) => ({
  who: readable(breaker ? breaker.id : path),
  url: `api/actors/${path}`,
  body: { action },
  text: breaker && action === "release" ? BREAKER_RELEASE : null,
  done: ({ state }) => `the actor is ${state}`,
});

/** The edit of a chain. */
export const ofChain = (id, who, body, choices = null) => ({
  who,
  url: `api/chains/${id}`,
  body,
  choices,
  done: ({ revision }) => `revision ${revision} is in force`,
});

/** The order of an endpoint, which its upstream takes. */
export const ofEndpoint = (id, endpoint) => ({
  who: `${endpoint} of ${readable(id)}`,
  url: `api/upstreams/${id}`,
  body: { action: "readmit", endpoint },
  done: () => "it is called again",
});

/** Asks whether it is meant, gives the order, and says what came of it. */
async function give(action, { who, url, body, choices, text, done }) {
  const [label, meaning] = ORDERS[action] ?? [action, ""];
  const answer = await ask({ title: `${label}: ${who}`, text: text ?? meaning, yes: label, choices });
  if (!answer) return;
  const sent = { ...body };
  if (choices && answer.chosen) sent.before = answer.chosen;
  say(`${label} of ${who} was ordered; no answer yet.`);
  const outcome = await order(label, url, sent);
  if (outcome.ok) say(`${label} of ${who}: done; ${done(outcome.body)}.`, "good");
  else say(`${label} of ${who}: ${outcome.body.title}. ${outcome.body.detail}`, "bad");
}

/** Gives an order, and asks for the token where one is needed. Answers `{ ok, body }`. */
export async function order(label, url, body) {
  let outcome = await post(url, body);
  while (outcome.status === 401) {
    const refused = token !== null;
    token = null;
    const given = await ask({
      title: refused ? "That token was not taken" : "The mesh takes orders with its admin token only",
      text: "It is kept in the memory of this page, and forgotten when the page is closed.",
      yes: label,
      forToken: true,
    });
    if (!given?.token) break;
    token = given.token;
    outcome = await post(url, body);
  }
  return outcome;
}

async function post(url, body) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  try {
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { ok: answer.ok, status: answer.status, body: await answer.json() };
  } catch (error) {
    return { ok: false, status: 0, body: { title: "no answer", detail: `${error.message}. Whether it was taken is unknown.` } };
  }
}

let silence = 0;

/** Says what came of an order. What failed stays until it is sent away. */
export function say(text, tone = null) {
  const line = byId("outcome");
  line.hidden = false;
  setAttribute(line, "data-tone", tone);
  setText(line.firstElementChild, text);
  clearTimeout(silence);
  if (tone === "good") silence = setTimeout(hush, 8000);
}

const hush = () => { byId("outcome").hidden = true; };
byId("outcome-close").addEventListener("click", hush);

/** Asks once. Answers `{ token, chosen }`, or nothing where it was cancelled. */
function ask({ title, text, yes, choices = null, forToken = false }) {
  const dialog = byId("ask");
  const input = byId("token");
  const select = byId("ask-before");
  setText(byId("ask-title"), title);
  setText(byId("ask-text"), text);
  setText(byId("ask-yes"), yes);
  byId("ask-token").hidden = !forToken;
  byId("ask-place").hidden = !choices;
  select.replaceChildren(...(choices ?? []).map(([value, said]) => {
    const option = make("option", "", said);
    option.value = value;
    return option;
  }));
  input.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  (forToken ? input : choices ? select : byId("ask-yes")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const given = input.value;
      input.value = "";
      resolve(dialog.returnValue === "yes" ? { token: given, chosen: select.value } : null);
    }, { once: true });
  });
}

// Enter in the token field agrees; by itself it would press the first button.
byId("token").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  byId("ask").close("yes");
});
