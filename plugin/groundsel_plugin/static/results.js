/** The results: documents with their best sentences, filters over what was found, pages appended below. */

import { search } from "./api.js";
import { byId, element, snippet } from "./dom.js";
import { open } from "./viewer.js";
import { day, words } from "./words.js";

const PAGE = 10;
let filters = {};

export const forgetFilters = () => (filters = {});

/** Finds, and shows the first page; `ask` asks the same again, with other filters. */
export async function showResults(query, signal, ask) {
  const place = byId("results");
  place.classList.add("busy");
  if (!place.childElementCount) place.replaceChildren(element("p", { class: "count" }, words().searching));
  try {
    const found = await search(body(query, 0), signal);
    showFilters(found, ask);
    place.replaceChildren(...heading(found), ...found.results.map(result));
    if (!found.results.length) place.append(notice(words().nothing, words().nothing_more));
    addMore(place, query, found, signal);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    byId("filters").hidden = true;
    const again = element("button", { type: "button", class: "more", onclick: ask }, words().again);
    place.replaceChildren(alarm(problem.title || words().failed, problem.message || words().unreachable, again));
  } finally {
    place.classList.remove("busy");
  }
}

function body(query, offset) {
  const conditions = Object.entries(filters).map(([field, value]) => ({ field, op: "in", values: [value] }));
  const facets = ["media_type", "updated_at"].map((field) => ({ field, size: 8 }));
  return { query, offset, limit: PAGE, filters: conditions, facets };
}

function heading(found) {
  const lines = [element("p", { class: "count" }, words().count(found.total.value, found.total.relation === "eq"))];
  if (found.degraded.length) lines.push(element("p", { class: "count" }, words().degraded(found.degraded)));
  return found.results.length || found.degraded.length ? lines : [];
}

function result(found) {
  const { fields } = found;
  const about = [place(found.url), fields.page && words().page(fields.page), fields.updated_at && day(fields.updated_at)];
  const show = () => open(found.id, found);
  return element(
    "article",
    { class: "result" },
    element("h2", {}, element("button", { type: "button", title: words().open, onclick: show }, found.title)),
    element("p", { class: "about" }, element("span", { class: "type" }, fields.media_type), about.filter(Boolean).join(" · ")),
    ...found.snippets.map((text) => element("p", { class: "snippet" }, ...snippet(text))),
  );
}

/** The end of a long path says most. */
function place(url) {
  const path = decodeURIComponent(url.replace(/^file:\/\//, ""));
  const parts = path.split("/");
  return parts.length > 4 ? `…/${parts.slice(-3).join("/")}` : path;
}

function addMore(into, query, found, signal) {
  const shown = into.querySelectorAll(".result").length;
  if (!found.results.length || shown >= found.total.value || shown + PAGE > 1000) return;
  const more = element("button", { type: "button", class: "more" }, words().more);
  more.addEventListener("click", async () => {
    more.disabled = true;
    const next = await search(body(query, shown), signal).catch(() => null);
    more.remove();
    if (!next) return;
    const added = next.results.map(result);
    into.append(...added);
    added[0]?.querySelector("button").focus();
    addMore(into, query, next, signal);
  });
  into.append(more);
}

function showFilters(found, ask) {
  const values = [];
  for (const [field, counts] of Object.entries(found.facets)) {
    for (const { value, count } of counts) values.push({ field, value, count });
    const chosen = filters[field];
    if (chosen && !counts.some(({ value }) => value === chosen)) values.push({ field, value: chosen, count: 0 });
  }
  const nav = byId("filters");
  nav.hidden = values.length < 2;
  nav.replaceChildren(...values.map(({ field, value, count }) => chip(field, value, count, ask)));
}

function chip(field, value, count, ask) {
  const toggle = () => {
    if (filters[field] === value) delete filters[field];
    else filters[field] = value;
    ask();
  };
  const pressed = String(filters[field] === value);
  return element("button", { type: "button", "aria-pressed": pressed, onclick: toggle }, `${value} ${count}`);
}

function notice(title, detail) {
  return element("div", { class: "notice" }, element("h2", {}, title), element("p", {}, detail));
}

function alarm(title, detail, ...more) {
  return element("div", { class: "notice alarm", role: "alert" }, element("h2", {}, title), element("p", {}, detail), ...more);
}
