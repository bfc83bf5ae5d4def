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
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/** A mark and a word. The mark differs in shape as well as in colour. */
export const makeState = () => make("span", "state", make("span", "mark"), make("span", "word"));

export function setState(element, tone, word) {
  setAttribute(element, "data-tone", tone);
  setText(element.lastChild, word);
}

/** A button that does something. */
export function makeButton(text, act, className = "") {
  const button = make("button", className, text);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

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

/** A table whose rows are keyed: `columns` are `[title, class]`. */
export function makeTable(columns, className) {
  const head = make("tr", "", ...columns.map(([title, kind]) => make("th", kind ?? "", title)));
  for (const cell of head.cells) cell.scope = "col";
  return make("table", className ?? "", make("thead", "", head), make("tbody"));
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element of a drawing with these attributes. */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A bar that shows a share of 1, and the limit on the same scale. */
export function makeBar() {
  return draw("svg", { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { class: "track", width: 100, height: 6 }),
    draw("rect", { class: "fill", width: 0, height: 6 }),
    draw("rect", { class: "limit", x: -2, width: 1, height: 6 }));
}

export function setBar(bar, share, limit = null) {
  const [, fill, mark] = bar.children;
  setAttribute(fill, "width", (Math.min(1, Math.max(0, share || 0)) * 100).toFixed(1));
  setAttribute(mark, "x", limit === null ? -2 : Math.min(99, limit * 100).toFixed(1));
}
