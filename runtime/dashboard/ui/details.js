// What is selected: the actor with its exits, what it is beyond that, what has happened to it, and what may be ordered of it.

import { go } from "./address.js";
import { untilProbe } from "./breakers.js";
import { nodeAt, standing as standingOf } from "./chains.js";
import * as compose from "./compose.js";
import { byId, facts, keyed, setState, setText } from "./dom.js";
import * as events from "./events.js";
import { makeOrder, ofActor, ofChain, ofEndpoint } from "./orders.js";
import { known } from "./stream.js";
import { endpointAt, standing as standingOfEndpoint } from "./upstreams.js";
import { duration, nameOf, number, percent, plural, readable, timeOf, toneOf, wordOf } from "./words.js";

/** The orders of a life, which every actor but the root takes. */
const LIFE = ["restart", "stop", "start"];
/** The orders of a breaker. */
const BREAKER = ["forceOpen", "close", "disable", "metricsOnly", "release"];

byId("details-close").addEventListener("click", () => go({ at: null }));

/** Shows what is selected at this place. */
export function draw({ at }) {
  byId("details").hidden = !at;
  document.body.classList.toggle("with-details", Boolean(at));
  if (!at) return;
  const actor = known.tree.entries.get(at);
  const breaker = known.breakers.entries.get(at);
  const chain = known.chains.entries.get(at);
  const placed = nodeAt(at);
  const member = endpointAt(at);
  setText(byId("details-title"), breaker ? readable(breaker.id) : nameOf(at));
  setText(byId("details-path"), readable(at));
  showState(actor, breaker, placed, member);
  offer(at, actor, breaker, chain, placed, member);
  facts(byId("facts"), [
    ...(breaker ? ofBreaker(breaker) : []),
    ...(placed ? ofNode(placed) : []),
    ...(member ? ofMember(member) : []),
    ...(chain ? [["Revision", number(chain.revision)], ["Edits kept", chain.edits.length ? chain.edits.map(edit).join("\n") : null],
      ["Quarantine", chain.quarantined.map(({ node, fingerprint, crashes, refused, leftMs }) => `${node} ${fingerprint}: ${plural(crashes, "crash", "crashes")}, ${number(refused)} refused, ${duration(leftMs)} left`).join("\n")]] : []),
    ...(actor ? ofAny(actor) : [["Actor", "no longer in the tree"]]),
  ]);
  byId("policy-part").hidden = !breaker;
  if (breaker) facts(byId("policy"), ofPolicy(breaker.policy));
  showExit(actor?.lastExit ?? null);
  const moves = breaker ? events.under(at, 20, "breakerTransition") : [];
  byId("history-part").hidden = !breaker;
  byId("history-none").hidden = moves.length > 0;
  events.list(byId("history"), moves);
  const happened = events.under(at, 30).filter(({ kind }) => !breaker || kind !== "breakerTransition");
  byId("happened-none").hidden = happened.length > 0;
  events.list(byId("happened"), happened);
}

function showState(actor, breaker, placed, member) {
  const line = byId("details-state");
  if (breaker) setState(line, toneOf(breaker.state), wordOf(breaker.state) + (breaker.fenced ? ", fenced" : ""));
  else if (placed) setState(line, ...standingOf(placed.node));
  else if (member && actor?.state === "running") setState(line, ...standingOfEndpoint(member.endpoint));
  else setState(line, actor ? toneOf(actor.state) : "idle", actor ? actor.state : "gone");
}

/** The buttons. One that stays is not touched, and where the one in focus goes, the first takes its place. */
function offer(at, actor, breaker, chain, placed, member) {
  const list = byId("orders");
  const had = list.contains(document.activeElement);
  const offers = [...(placed ? ofThisNode(placed) : []), ...(member ? ofThisEndpoint(member) : []), ...ofItself(at, actor, breaker, chain), ...ofLife(at, actor)];
  keyed(list, offers, ([action]) => `${at} ${action}`, ([action, order]) => makeOrder(action, order, action === "forceOpen" ? "strong" : ""), () => {});
  if (had && !list.contains(document.activeElement)) list.firstElementChild?.focus();
  byId("orders-none").hidden = offers.length > 0 || !actor;
}

/** Restart and stop of who is up, start of who is down. */
function ofLife(at, actor) {
  const down = actor && ["stopped", "failed"].includes(actor.state);
  return (actor?.actions ?? []).filter((action) => LIFE.includes(action) && (action === "start") === Boolean(down))
    .map((action) => [action, () => ofActor(at, action)]);
}

/** What it does beside that. What would change nothing is not offered. */
function ofItself(at, actor, breaker, chain) {
  const actions = actor?.actions ?? [];
  if (breaker) {
    const forced = ["forcedOpen", "disabled", "metricsOnly"].includes(breaker.state);
    const here = { forcedOpen: "forceOpen" }[breaker.state] ?? breaker.state.replace("disabled", "disable");
    return BREAKER.filter((action) => actions.includes(action) && action !== here && (action !== "release" || forced))
      .map((action) => [action, () => ofActor(at, action, breaker)]);
  }
  const held = actor?.quarantined.length || chain?.quarantined.length;
  return [
    ...(chain?.edits.length ? [["dropEdits", () => ofChain(chain.id, readable(chain.id), { action: "dropEdits" })]] : []),
    ...(held && actions.includes("release") ? [["release", () => ofActor(at, "release")]] : []),
  ];
}

function ofThisNode({ chain, node }) {
  const who = `${node.name} in ${readable(chain.id)}`;
  const plain = (action) => () => ofChain(chain.id, who, { action, name: node.name });
  const others = () => {
    const now = known.chains.entries.get(chain.path) ?? chain;
    return [...now.nodes.filter(({ name }) => name !== node.name).map(({ name }) => [name, `before ${name}`]), ["", "at the end"]];
  };
  return [
    node.state === "disabled" ? ["enableNode", plain("enable")] : ["disableNode", plain("disable")],
    ...(chain.nodes.length > 1 ? [["moveNode", () => ofChain(chain.id, who, { action: "move", name: node.name }, others())]] : []),
    ["replaceNode", () => compose.replace(known.chains.entries.get(chain.path) ?? chain, node)],
    ["removeNode", plain("remove")],
  ];
}

/** Only what is ejected can be put back. */
const ofThisEndpoint = ({ upstream, endpoint }) => (endpoint.ejectedUntil ? [["readmit", () => ofEndpoint(upstream.id, endpoint.addr)]] : []);

function ofMember({ upstream, endpoint }) {
  return [
    ["Upstream", readable(upstream.id)],
    ["Calls", `${number(endpoint.successes)} succeeded, ${number(endpoint.failures)} failed, ${number(endpoint.inFlight)} under way`],
    ["Ejected", endpoint.ejectedUntil ? `until ${timeOf(endpoint.ejectedUntil)}` : null],
    ["Ejections", endpoint.ejections ? number(endpoint.ejections) : null],
  ];
}

function ofAny(actor) {
  const { mailbox } = actor;
  return [
    ["Kind", actor.kind],
    ["Id", actor.id && readable(actor.id)],
    ["Actor", actor.blocked ? `blocked in ${actor.blocked.step} for ${duration(actor.blocked.forMs)}` : actor.state],
    ["Restarts", number(actor.restarts)],
    ["Mailbox", `${number(mailbox.depth)} of ${number(mailbox.capacity)} waiting${mailbox.oldestMs ? `, the oldest for ${duration(mailbox.oldestMs)}` : ""}`],
    ["Handled", `${number(mailbox.handled)}, ${mailbox.ratePerS.toFixed(1)} a second${mailbox.refused ? `; ${number(mailbox.refused)} refused` : ""}`],
    ["Refused", actor.quarantined.map(({ message, fingerprint, crashes, refused }) => `${message}${fingerprint ? ` ${fingerprint}` : ""}: ${plural(crashes, "crash", "crashes")}, ${number(refused)} refused`).join("\n")],
  ];
}

function ofBreaker(breaker) {
  const { window: seen } = breaker;
  const probe = untilProbe(breaker);
  return [
    ["Window", `${plural(seen.calls, "call")}, ${number(seen.failures)} failed, ${number(seen.slow)} slow`],
    ["Failure rate", seen.calls ? percent(seen.failureRate) : "no calls"],
    ["Next probe", probe && (probe === "due" ? "due" : `in ${probe}`)],
    ["Since", `${timeOf(breaker.since)}, ${breaker.persisted ? "on the disk" : "not on the disk"}`],
    ["Ordered by", breaker.lastTransition?.author],
  ];
}

function ofPolicy(policy) {
  const orOff = (value, text) => (value === null ? "off" : text(value));
  return [
    ["Window", policy.windowMs === null ? `${number(policy.windowCalls)} calls` : duration(policy.windowMs)],
    ["Trips when", `${policy.tripWhen} of these is so`],
    ["Failure rate", orOff(policy.failureRate, (rate) => `${percent(rate)} from ${number(policy.minCalls)} calls`)],
    ["Slow calls", orOff(policy.slowCallRate, (rate) => `${percent(rate)} over ${duration(policy.slowCallOverMs)}`)],
    ["Failures in a row", orOff(policy.consecutiveFailures, number)],
    ["Time-outs in a row", orOff(policy.consecutiveTimeouts, number)],
    ["Open for", `${duration(policy.openForMs)}, up to ${duration(policy.maxOpenForMs)}`],
    ["Half-open", `${number(policy.halfOpenPermits)} probes at once, closes after ${number(policy.halfOpenSuccesses)}`],
  ];
}

function ofNode({ chain, node }) {
  return [
    ["Chain", `${readable(chain.id)}, revision ${number(chain.revision)}`],
    ["Requests", `${number(node.calls)}; ${number(node.refused)} refused, ${number(node.errors)} errors, ${number(node.panics)} panics`],
    ["Passed by", node.skipped ? number(node.skipped) : null],
    ["Work beside", node.spawned ? `${number(node.spawned)} begun, ${number(node.working)} at work, ${number(node.overdue)} overdue` : null],
  ];
}

const edit = ({ action, name, node, before, author, setAside }) => `${action} ${name ?? node?.name ?? ""}${before ? ` before ${before}` : ""} by ${author}${setAside ? `; set aside: ${setAside}` : ""}`;

function showExit(exit) {
  byId("exit").hidden = !exit;
  if (!exit) return;
  facts(byId("exit-facts"), [["Reason", exit.reason], ["Message", exit.message], ["Location", exit.location], ["At", exit.at]]);
  byId("backtrace").hidden = !exit.backtrace;
  setText(byId("backtrace").querySelector("pre"), exit.backtrace);
}
