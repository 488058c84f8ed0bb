/** The results: documents with their best sentences, and more of them below on demand. */

import { read, search, similar, tell } from "./api.js";
import { byId, element, notice, plainPlace, shortPlace, snippet } from "./dom.js";
import { COUNTED, showFilters } from "./filters.js";
import { planned } from "./plan.js";
import { open } from "./viewer.js";
import { day, failure, kept, kindOf, words } from "./words.js";

const PAGE = 10;
const REACH = 1000; // documents that pages may walk through

/**
 * Finds, and shows the first page; says whether that worked.
 * @param {{query: string, filters: object[]}} asked
 * @param {AbortSignal} signal
 * @param {{again: () => void, chosen: Record<string, string>, choose: (field: string, value: string) => void, undo: (id: string) => void,
 *   rewrite: (start: number, end: number, text: string) => void, like: (id: string) => void, dossier: () => void, digest: () => void}} then
 */
export function showResults(asked, signal, then) {
  return working(signal, then, async (place) => {
    const found = await search(page(asked, 0), signal);
    showFilters(found.facets, then.chosen, then.choose);
    const shown = found.results.map((each, at) => result(each, found.request_id, at + 1, then.like));
    place.replaceChildren(...planned(found.query_plan, then), ...heading(found, then), ...shown);
    if (!found.results.length) place.append(nothing(asked));
    addMore(place, asked, found, signal, documents(found), then.like);
  });
}

/**
 * Shows documents that speak of the same as one.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {{again: () => void, like: (id: string) => void, back: () => void}} then
 */
export function showSimilar(id, signal, then) {
  return working(signal, then, async (place) => {
    const [document, found] = await Promise.all([read(id), similar(id, signal)]);
    byId("filters").replaceChildren();
    const back = element("button", { type: "button", class: "all", onclick: then.back }, words().back);
    const said = element("p", { class: "count" }, words().like(document.title), " ", back);
    place.replaceChildren(said, ...found.results.map((each, at) => result(each, found.request_id, at + 1, then.like)));
    if (!found.results.length) place.append(notice("", words().nothing, words().nothing_like));
  });
}

/** Does what shows results, with signs of it; says whether it worked. */
async function working(signal, then, show) {
  const place = byId("results");
  place.classList.add("busy");
  place.ariaBusy = "true";
  if (!place.childElementCount) place.replaceChildren(element("p", { class: "count" }, words().searching));
  try {
    await show(place);
    return true;
  } catch (problem) {
    if (problem.name === "AbortError") return true;
    byId("filters").hidden = true;
    const { title, detail } = failure(problem);
    const button = element("button", { type: "button", class: "more", onclick: then.again }, words().again);
    place.replaceChildren(notice("alarm", title, detail, button));
    return false;
  } finally {
    if (!signal.aborted) {
      place.classList.remove("busy");
      place.ariaBusy = "false";
    }
  }
}

/** Nothing was looked for, as after a greeting. */
export function hideResults() {
  byId("results").replaceChildren();
  byId("results").classList.remove("busy");
  byId("results").ariaBusy = "false";
  byId("filters").replaceChildren();
}

function page(asked, offset) {
  return { ...asked, offset, limit: PAGE, collapse: true, log: kept("log") !== "off", facets: offset ? [] : COUNTED };
}

function heading(found, then) {
  const { value, relation } = found.total;
  const all = element("button", { type: "button", class: "all", onclick: then.dossier }, words().dossier);
  const best = element("button", { type: "button", class: "all", onclick: then.digest }, words().digest);
  const count = element("p", { class: "count" }, words().count(value, relation === "eq"), " ", all, " ", best);
  const degraded = element("p", { class: "note", role: "note" }, words().degraded(found.degraded));
  const warned = found.warnings.map((code) => element("p", { class: "note", role: "note" }, words().warnings[code]));
  return [...(found.results.length ? [count] : []), ...warned, ...(found.degraded.length ? [degraded] : [])];
}

function nothing(asked) {
  const said = words();
  return notice("", said.nothing, asked.filters.length ? said.nothing_filtered : said.nothing_more);
}

function result(found, request_id, rank, like) {
  const { fields } = found;
  const about = [shortPlace(found.url), fields.page && words().page(fields.page), fields.updated_at && day(fields.updated_at)];
  const told = kept("log") === "off" ? () => {} : (kind) => tell(request_id, kind, found.id, rank);
  const show = () => (told("click"), open(found.id, found, told));
  const same = found.duplicates.length ? [element("p", { class: "about" }, words().duplicates(found.duplicates.length))] : [];
  return element(
    "article",
    { class: "result" },
    element("h2", {}, element("button", { type: "button", title: found.title, onclick: show }, found.title)),
    element(
      "p",
      { class: "about", title: plainPlace(found.url) },
      element("span", { class: "type" }, kindOf(fields.media_type)),
      about.filter(Boolean).join(" · "),
      " ",
      element("button", { type: "button", class: "like", "aria-label": words().similar_to(found.title), onclick: () => like(found.id) }, words().similar),
    ),
    ...found.snippets.map((text) => element("p", { class: "snippet" }, ...snippet(text))),
    ...same,
  );
}

/** Counts the documents that a page stands for, duplicates among them. */
const documents = (found) => found.results.reduce((sum, { duplicates }) => sum + 1 + duplicates.length, 0);

function addMore(into, asked, found, signal, counted, like) {
  const shown = into.querySelectorAll(".result").length;
  if (!found.results.length || counted >= found.total.value || shown + PAGE > REACH) return;
  const more = element("button", { type: "button", class: "more" }, words().more);
  more.addEventListener("click", async () => {
    more.disabled = true;
    const next = await search(page(asked, shown), signal).catch(() => null);
    more.disabled = false;
    if (!next) return;
    more.remove();
    const added = next.results.map((each, at) => result(each, next.request_id, shown + at + 1, like));
    into.append(...added);
    added[0]?.querySelector("button").focus();
    addMore(into, asked, next, signal, counted + documents(next), like);
  });
  into.append(more);
}
