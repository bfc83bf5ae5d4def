// One card a breaker, in the order of the tree: a card keeps its place.

import { byId, facts, keyed, make, makeState, number, readable, setAttribute, setState, setText, timeOf, toneOf, wordOf } from "./dom.js";

let latest = [];

/** Shows these breakers. */
export function show(breakers) {
  latest = breakers;
  byId("breakers-none").hidden = breakers.length > 0;
  keyed(byId("breakers"), breakers, (breaker) => breaker.path, create, update);
}

/** Counts down between readings. */
export const tick = () => show(latest);

function create() {
  return make("li", "", make("div", "head", make("span", "mono"), makeState()), make("dl"));
}

function update(card, breaker) {
  const [head, list] = card.children;
  const word = wordOf(breaker.state) + (breaker.fenced ? ", fenced" : "");
  setAttribute(card, "data-tone", toneOf(breaker.state));
  setText(head.firstChild, readable(breaker.id));
  setState(head.lastChild, toneOf(breaker.state), word);
  const { window: seen, policy, lastTransition: last } = breaker;
  const span = policy.windowMs === null
    ? `of the last ${number(policy.windowCalls)}` : `in ${number(policy.windowMs / 1000)} s`;
  const limit = policy.failureRate === null ? "no limit" : `limit ${percent(policy.failureRate)}`;
  facts(list, [
    ["Failure rate", `${percent(seen.failureRate)}, ${limit}${seen.calls < policy.minCalls ? ` from ${number(policy.minCalls)} calls` : ""}`],
    ["Window", `${number(seen.calls)} calls, ${number(seen.failures)} failed, ${span}`],
    ["Half-open in", breaker.halfOpenAt && remaining(breaker.halfOpenAt)],
    ["Since", `${timeOf(breaker.since)}${breaker.persisted ? ", on the disk" : ", not on the disk"}`],
    ["Last move", last ? `${wordOf(last.from)} to ${wordOf(last.to)}: ${last.cause}` : "none"],
  ]);
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

function remaining(stamp) {
  const seconds = (Date.parse(stamp) - Date.now()) / 1000;
  return seconds > 0 ? `${seconds.toFixed(0)} s` : "due";
}
