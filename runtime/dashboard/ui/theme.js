// Light and dark: as the system says, or as was chosen here. The choice is kept in this browser.

import { byId, setAttribute, setText } from "./dom.js";

const KEY = "hedgerow-theme";
const CHOICES = ["system", "light", "dark"];

/** The browser may keep nothing for this page: then the choice lasts as long as the page. */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It is shown all the same.
  }
}

function show(choice) {
  setAttribute(document.documentElement, "data-theme", choice === "system" ? null : choice);
  setText(byId("theme"), { system: "◐ auto", light: "○ light", dark: "● dark" }[choice]);
  setAttribute(byId("theme"), "title", `Light and dark: ${choice === "system" ? "as the system says" : `always ${choice}`}. Click to change.`);
}

let choice = CHOICES.includes(kept()) ? kept() : "system";
byId("theme").addEventListener("click", () => {
  choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
  keep(choice);
  show(choice);
});
show(choice);
