/** The page: one field; results at once, the answer above them; the address holds the question and its filters. */

import { showAnswer } from "./answer.js";
import { answer, digest, dossier, summary } from "./api.js";
import { byId } from "./dom.js";
import { FIELDS, SORTS, filterOf } from "./filters.js";
import { hideResults, showResults, showSimilar } from "./results.js";
import { completes } from "./suggestions.js";
import { current, keep, kept, nameOf, other, speak, words } from "./words.js";

const field = byId("query");
let running = new AbortController();
let telling = new AbortController(); // the answer or summary that is being told

const closeSuggestions = completes(field, () => byId("search").requestSubmit());

/** What the address asks for. */
function asked() {
  const parameters = new URLSearchParams(location.search);
  const chosen = Object.fromEntries([...FIELDS, "sort"].map((name) => [name, parameters.get(name) ?? ""]));
  const filters = FIELDS.filter((name) => chosen[name]).map((name) => filterOf(name, chosen[name]));
  const sort = SORTS.includes(chosen.sort) && chosen.sort !== "relevance" ? [{ field: "updated_at", order: chosen.sort === "newest" ? "desc" : "asc" }] : [];
  const about = { query: parameters.get("q")?.trim() ?? "", filters, undo: parameters.getAll("undo") };
  return { about, sort, chosen, similar: parameters.get("similar") ?? "" };
}

/** What was asked and answered in this tab, for as long as it is open: a follow-up question leans on it. */
const conversation = [];
const REMEMBERED = 12;

async function show({ alone = false } = {}) {
  const { about: wanted, sort, chosen, similar } = asked();
  const history = alone ? [] : before(wanted.query);
  running.abort();
  running = new AbortController();
  const { signal } = running;
  field.value = wanted.query;
  document.title = wanted.query ? `${wanted.query} · Groundsel` : "Groundsel";
  document.body.classList.toggle("start", !wanted.query);
  byId("filters").hidden = false; // holds its place
  byId("main").hidden = !wanted.query;
  if (!wanted.query) return field.focus();
  if (similar) {
    byId("answer").hidden = true;
    return showSimilar(similar, signal, { again: () => show(), like, back: () => choose("similar", "") });
  }
  const finding = new AbortController();
  signal.addEventListener("abort", () => finding.abort());
  const find = (query) => showResults({ ...wanted, query, sort }, finding.signal, { again: () => show(), chosen, choose, undo, rewrite, like, dossier: () => all(dossier), digest: () => all(digest) });
  const all = (ask) => tellOnly(ask, { ...wanted, history: [] }, { answered: () => scrollTo(0, 0) });
  const found = find(wanted.query);
  tellOnly(answer, { ...wanted, history, log: kept("log") !== "off" }, {
    conversation: () => (finding.abort(), hideResults()),
    understood: (question) => found.then((worked) => worked && !signal.aborted && find(question)),
    alone: () => show({ alone: true }),
    answered: (text) => remember(wanted.query, text),
  });
  if (await found) return;
  running.abort(); // the results say what is wrong; one message is enough
  byId("answer").hidden = true;
}

document.addEventListener("summarise", ({ detail }) => tellOnly(summary, detail, { answered: () => scrollTo(0, 0) }));

/** Shows one answer or summary at a time: the one before it stops. */
function tellOnly(ask, asked, then) {
  telling.abort();
  telling = new AbortController();
  const mine = telling;
  running.signal.addEventListener("abort", () => mine.abort());
  return showAnswer(ask, asked, telling.signal, then);
}

/** What was said before a question; asked again, it does not lean on itself. */
function before(question) {
  const last = conversation.findLastIndex(({ role }) => role === "user");
  return conversation.slice(0, conversation[last]?.content === question ? last : undefined).slice(-REMEMBERED);
}

function remember(question, text) {
  conversation.splice(0, Infinity, ...before(question));
  conversation.push({ role: "user", content: question });
  if (text) conversation.push({ role: "assistant", content: text.slice(0, 8000) });
}

function go(parameters) {
  history.pushState(null, "", `?${new URLSearchParams(parameters)}`);
  show();
}

function choose(name, value) {
  const parameters = new URLSearchParams(location.search);
  if (value) parameters.set(name, value);
  else parameters.delete(name);
  go(parameters);
}

/** Shows documents that speak of the same as one. */
const like = (id) => choose("similar", id);

/** Takes a part of the question as mere words, for as long as the question stays as it is. */
function undo(id) {
  go([...new URLSearchParams(location.search), ["undo", id]]);
}

/** Puts what was offered into the question, in place of what stands there; offsets count code points. */
function rewrite(start, end, text) {
  const points = Array.from(asked().about.query);
  const parameters = new URLSearchParams(location.search);
  parameters.delete("undo");
  parameters.set("q", [...points.slice(0, start), text, ...points.slice(end)].join(""));
  go(parameters);
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  closeSuggestions();
  const query = field.value.trim();
  if (!query) return;
  byId("results").replaceChildren();
  byId("filters").replaceChildren();
  scrollTo(0, 0);
  go({ q: query });
});
addEventListener("popstate", () => {
  byId("viewer").close();
  show();
});

// ---------------------------------------------------------------- keys

addEventListener("keydown", (event) => {
  if (byId("viewer").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.matches("input, select")) {
    event.preventDefault();
    field.focus();
    field.select();
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("select")) step(event);
});

/** Moves between the field and the titles of the results. */
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
  for (const place of document.querySelectorAll("[data-label]")) place.ariaLabel = words()[place.dataset.label];
  field.placeholder = words().placeholder;
  field.ariaLabel = words().placeholder;
  byId("language").textContent = nameOf(other());
  byId("language").lang = other();
  byId("log").textContent = words().log[kept("log") === "off" ? "off" : "on"];
  byId("theme").textContent = words().theme[theme()];
}

byId("language").addEventListener("click", () => {
  speak(other());
  dress();
  show();
});
byId("log").addEventListener("click", () => {
  keep("log", kept("log") === "off" ? "on" : "off");
  dress();
});
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  keep("theme", theme());
  dress();
});
DARK.addEventListener("change", dress);

if (kept("theme")) document.documentElement.dataset.theme = kept("theme");
dress();
show();
