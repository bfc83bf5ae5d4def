// Where one is on the page: the view, what is selected in it, and the filter. All of it is in the address, behind `#`.

let listener = () => {};
let place = read();

function read() {
  const [view, rest = ""] = location.hash.slice(1).split("?");
  const said = new URLSearchParams(rest);
  return { view: view || "overview", at: said.get("at"), find: said.get("find") ?? "", kind: said.get("kind") ?? "" };
}

function write({ view, at, find, kind }) {
  const said = new URLSearchParams();
  if (at) said.set("at", at);
  if (find) said.set("find", find);
  if (kind) said.set("kind", kind);
  const rest = said.toString();
  return `#${view}${rest ? `?${rest}` : ""}`;
}

/** Where one is now. */
export const here = () => place;

/** Goes elsewhere: what is not named stays. `back` says that the browser's back button leads here. */
export function go(change, back = true) {
  const next = { ...place, ...change };
  if (write(next) === write(place)) return;
  place = next;
  history[back ? "pushState" : "replaceState"](null, "", write(place));
  listener(place);
}

/** Calls `moved(place)` whenever one has gone elsewhere. */
export function watch(moved) {
  listener = moved;
  const again = () => { place = read(); listener(place); };
  addEventListener("popstate", again);
  addEventListener("hashchange", again);
}
