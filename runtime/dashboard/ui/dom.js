// The few things that are done to the document. Text is only ever set as text, and only where it has changed: what
// has not changed does not move.

export const byId = (id) => document.getElementById(id);

/** Makes an element with a class and children (nodes or strings). */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function setText(element, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/** A dot and a word. */
export function makeState() {
  return make("span", "state", make("span", "dot"), make("span", "word"));
}

export function setState(element, tone, word) {
  setAttribute(element, "data-tone", tone);
  setText(element.querySelector(".word"), word);
}

const TONES = {
  running: "good", starting: "warn", restarting: "warn", stopping: "warn", stopped: "idle", failed: "bad",
  closed: "good", halfOpen: "warn", open: "bad", forcedOpen: "bad", disabled: "warn", metricsOnly: "warn",
};
export const toneOf = (state) => TONES[state] ?? "idle";
export const wordOf = (state) => (state === "halfOpen" ? "half-open" : state);

/**
 * Makes the children of `parent` those of `items`, in their order, one element per key. An element that is there is
 * kept and updated, and is moved only where its place has changed.
 */
export function keyed(parent, items, keyOf, create, update) {
  const old = new Map();
  for (const child of parent.children) old.set(child.dataset.key, child);
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = old.get(key);
    if (element) {
      old.delete(key);
    } else {
      element = create(item);
      element.dataset.key = key;
    }
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
    update(element, item);
  }
  for (const gone of old.values()) gone.remove();
}

/** Fills a `dl` with pairs of a term and a text; pairs without a text are left out. */
export function facts(list, pairs) {
  const shown = pairs.filter(([, text]) => text !== null && text !== undefined && text !== "");
  const flat = shown.flatMap(([term, text]) => [["dt", term, term], ["dd", term, text]]);
  keyed(list, flat, ([tag, term]) => `${tag} ${term}`, ([tag]) => make(tag), (element, [, , text]) => setText(element, text));
}

const NUMBER = new Intl.NumberFormat("en");
export const number = (value) => NUMBER.format(value);

/** A stamp as local time of day. */
export const timeOf = (stamp) => {
  const at = new Date(stamp);
  const two = (value) => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
};

/** A percent-encoded id or path as people read it. */
export function readable(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
