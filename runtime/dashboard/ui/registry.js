// Who has registered.

import { byId, keyed, make, makeState, setState, setText } from "./dom.js";
import { known } from "./stream.js";
import { compact, duration, number, toneOf } from "./words.js";

/** Shows the registrations at this place. */
export function draw({ find, kind }) {
  const wanted = find.toLowerCase();
  const all = known.registry.order.map((key) => ({ key, ...known.registry.entries.get(key) }));
  const shown = all.filter(({ service, id, addr, state }) => (!kind || state !== "live") && `${service} ${id} ${addr}`.toLowerCase().includes(wanted));
  byId("registry-empty").hidden = all.length > 0;
  byId("registrations").hidden = shown.length === 0;
  keyed(byId("registrations").tBodies[0], shown, ({ key }) => key,
    () => make("tr", "", make("td", "mono"), make("td", "mono"), make("td", "mono"), make("td", "", makeState()), ...Array.from({ length: 4 }, () => make("td", "number"))),
    (row, { service, id, addr, state, weight, ttlMs, ageMs, heartbeats }) => {
      [service, id, addr].forEach((text, index) => setText(row.cells[index], text));
      setState(row.cells[3].firstChild, toneOf(state), state);
      [number(weight), duration(ageMs), duration(ttlMs), compact(heartbeats)].forEach((text, index) => setText(row.cells[4 + index], text));
    });
}
