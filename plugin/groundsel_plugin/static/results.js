/** The results: documents with their best sentences, and more of them below on demand. */

import { search } from "./api.js";
import { byId, element, notice, plainPlace, shortPlace, snippet } from "./dom.js";
import { FACETS, showFilters } from "./filters.js";
import { planned } from "./plan.js";
import { open } from "./viewer.js";
import { day, failure, kindOf, words } from "./words.js";

const PAGE = 10;
const REACH = 1000; // documents that pages may walk through

/**
 * Finds, and shows the first page; says whether that worked.
 * @param {{query: string, filters: object[]}} asked
 * @param {AbortSignal} signal
 * @param {{again: () => void, choose: (field: string, value: string) => void, undo: (id: string) => void,
 *   rewrite: (start: number, end: number, text: string) => void}} then
 */
export async function showResults(asked, signal, then) {
  const place = byId("results");
  place.classList.add("busy");
  place.ariaBusy = "true";
  if (!place.childElementCount) place.replaceChildren(element("p", { class: "count" }, words().searching));
  try {
    const found = await search(page(asked, 0), signal);
    showFilters(found.facets, asked.filters, then.choose);
    place.replaceChildren(...planned(found.query_plan, then), ...heading(found), ...found.results.map(result));
    if (!found.results.length) place.append(nothing(asked));
    addMore(place, asked, found, signal);
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

function page(asked, offset) {
  return { ...asked, offset, limit: PAGE, facets: offset ? [] : FACETS.map((field) => ({ field, size: 20 })) };
}

function heading(found) {
  const { value, relation } = found.total;
  const count = element("p", { class: "count" }, words().count(value, relation === "eq"));
  const degraded = element("p", { class: "note", role: "note" }, words().degraded(found.degraded));
  return [...(found.results.length ? [count] : []), ...(found.degraded.length ? [degraded] : [])];
}

function nothing(asked) {
  const said = words();
  return notice("", said.nothing, asked.filters.length ? said.nothing_filtered : said.nothing_more);
}

function result(found) {
  const { fields } = found;
  const about = [shortPlace(found.url), fields.page && words().page(fields.page), fields.updated_at && day(fields.updated_at)];
  const show = () => open(found.id, found);
  return element(
    "article",
    { class: "result" },
    element("h2", {}, element("button", { type: "button", title: found.title, onclick: show }, found.title)),
    element(
      "p",
      { class: "about", title: plainPlace(found.url) },
      element("span", { class: "type" }, kindOf(fields.media_type)),
      about.filter(Boolean).join(" · "),
    ),
    ...found.snippets.map((text) => element("p", { class: "snippet" }, ...snippet(text))),
  );
}

function addMore(into, asked, found, signal) {
  const shown = into.querySelectorAll(".result").length;
  if (!found.results.length || shown >= found.total.value || shown + PAGE > REACH) return;
  const more = element("button", { type: "button", class: "more" }, words().more);
  more.addEventListener("click", async () => {
    more.disabled = true;
    const next = await search(page(asked, shown), signal).catch(() => null);
    more.disabled = false;
    if (!next) return;
    more.remove();
    const added = next.results.map(result);
    into.append(...added);
    added[0]?.querySelector("button").focus();
    addMore(into, asked, next, signal);
  });
  into.append(more);
}
