/** The page: one field; results at once, the answer above them; the address holds the question. */

import { showAnswer } from "./answer.js";
import { byId } from "./dom.js";
import { forgetFilters, showResults } from "./results.js";
import { completes } from "./suggestions.js";
import { current, nameOf, other, speak, words } from "./words.js";

const field = byId("query");
let running = new AbortController();

const closeSuggestions = completes(field, () => byId("search").requestSubmit());

function asked() {
  return new URLSearchParams(location.search).get("q")?.trim() ?? "";
}

/** Shows what the address asks for. */
function show() {
  const query = asked();
  running.abort();
  running = new AbortController();
  const { signal } = running;
  field.value = query;
  document.title = query ? `${query} · Groundsel` : "Groundsel";
  document.body.classList.toggle("start", !query);
  byId("main").hidden = !query;
  if (!query) return field.focus();
  const again = () => showResults(query, signal, again);
  again();
  showAnswer(query, signal);
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  closeSuggestions();
  const query = field.value.trim();
  if (!query) return;
  forgetFilters();
  byId("results").replaceChildren();
  history.pushState(null, "", `?${new URLSearchParams({ q: query })}`);
  show();
});
addEventListener("popstate", () => (forgetFilters(), show()));

// ---------------------------------------------------------------- keys

addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea") || byId("viewer").open;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    field.focus();
    field.select();
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !byId("viewer").open) step(event);
});

/** Moves between the titles of the results. */
function step(event) {
  const titles = [...document.querySelectorAll(".result h2 button")];
  const at = titles.indexOf(document.activeElement);
  if (!titles.length || (at < 0 && document.activeElement !== field)) return;
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  (titles[next] ?? (next < 0 ? field : titles[at])).focus();
}

// ---------------------------------------------------------------- language and colours

const DARK = matchMedia("(prefers-color-scheme: dark)");
const theme = () => document.documentElement.dataset.theme ?? (DARK.matches ? "dark" : "light");

function dress() {
  document.documentElement.lang = current();
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words()[place.dataset.text];
  field.placeholder = words().placeholder;
  field.setAttribute("aria-label", words().placeholder);
  byId("language").textContent = nameOf(other());
  byId("language").lang = other();
  byId("theme").textContent = words().theme[theme()];
}

byId("language").addEventListener("click", () => {
  speak(other());
  dress();
  show();
});
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme());
  dress();
});
DARK.addEventListener("change", dress);

const kept = localStorage.getItem("theme");
if (kept) document.documentElement.dataset.theme = kept;
dress();
show();
