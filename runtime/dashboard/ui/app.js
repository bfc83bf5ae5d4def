// The page: readings go to the views, and the header says how far they can be trusted.

import * as breakers from "./breakers.js";
import * as details from "./details.js";
import { byId, number, readable, setState, setText } from "./dom.js";
import * as lists from "./lists.js";
import * as mesh from "./mesh.js";
import * as tree from "./tree.js";

const LINKS = {
  connecting: ["idle", "connecting"],
  live: ["good", "live"],
  polling: ["warn", "events broken off, connecting again"],
  paused: ["idle", "paused"],
  stale: ["bad", "stale"],
};

let latest = null;
let readAt = null;
let link = "connecting";

function seen({ tree: root, breakers: all, upstreams }) {
  latest = root;
  readAt = Date.now();
  tree.show(root);
  details.show(root);
  breakers.show(all);
  lists.showUpstreams(upstreams);
  showHeader(root, all);
}

function showHeader(root, all) {
  const name = readable(root.path);
  setText(byId("name"), name);
  if (document.title !== `${name} · Hedgerow`) document.title = `${name} · Hedgerow`;
  const actors = flatten(root);
  const down = actors.filter((actor) => actor.state !== "running");
  setState(byId("ready"), down.length ? "bad" : "good", down.length ? `not ready: ${down.length} not running` : "ready");
  const refusing = all.filter((breaker) => breaker.state !== "closed").length;
  setText(byId("counts"), `${number(actors.length)} actors, ${number(all.length)} breakers${refusing ? `, ${number(refusing)} not closed` : ""}`);
}

const flatten = (actor) => [actor, ...actor.children.flatMap(flatten)];

function showLink() {
  const [tone, word] = LINKS[link];
  const age = link === "stale" && readAt ? ` since ${Math.round((Date.now() - readAt) / 1000)} s, trying again` : "";
  setState(byId("link"), tone, word + age);
  document.body.classList.toggle("stale", link === "stale");
}

details.start();
tree.start((path) => {
  details.choose(path);
  if (latest) details.show(latest);
});
mesh.watch({
  seen,
  happened: lists.addEvent,
  missed: lists.addMissed,
  recalled: lists.recallEvents,
  link: (state) => { link = state; showLink(); },
});
setInterval(() => { breakers.tick(); showLink(); }, 1000);
