/** The answer: sentences as they come, a button for every citation, and below it the sources. */

import { answer } from "./api.js";
import { byId, element } from "./dom.js";
import { open } from "./viewer.js";
import { words } from "./words.js";

/** Asks, and shows what comes until it ends or `signal` stops it. */
export async function showAnswer(query, signal) {
  const card = byId("answer");
  const text = element("div", { class: "text pulse" }, words().reading);
  const kind = element("p", { class: "kind" }, element("strong", {}, words().answer));
  card.replaceChildren(kind, text);
  card.className = "";
  card.hidden = false;
  const told = { text: "", citations: [] };
  try {
    for await (const [name, data] of answer(query, signal)) {
      if (name === "delta") told.text += data.text;
      if (name === "citation") told.citations.push(data);
      if (name === "citation") render(text, told);
      if (name === "delta") byId("announcer").textContent = data.text;
      if (name === "done") finish(card, kind, text, told, data);
      if (name === "error") fail(card, data.detail);
    }
  } catch (problem) {
    if (problem.name !== "AbortError") fail(card, problem.message || words().unreachable);
  }
}

/** Puts the text into `place`, each marker at its exact span a button. Spans count code points. */
function render(place, { text, citations }) {
  const points = Array.from(text);
  const paragraphs = [element("p")];
  let last = 0;
  const marked = new Map(citations.map((citation) => [citation.text_span.join(), citation]));
  for (const citation of [...marked.values()].sort((a, b) => a.text_span[0] - b.text_span[0])) {
    const [start, end] = citation.text_span;
    paragraphs.at(-1).append(points.slice(last, start).join("").replace(/ $/, ""), marker(citation));
    last = end;
  }
  paragraphs.at(-1).append(points.slice(last).join(""));
  place.classList.add("pulse");
  place.replaceChildren(...paragraphs);
}

function marker(citation) {
  const label = words().source(citation.n);
  const show = () => open(citation.id, citation);
  return element("button", { type: "button", class: "marker", title: citation.title, "aria-label": label, onclick: show }, String(citation.n));
}

function finish(card, kind, text, told, end) {
  text.classList.remove("pulse");
  const said = words();
  if (end.status === "not_in_documents" || end.status === "skipped") {
    card.classList.add("told-nothing");
    const more = end.status === "skipped" ? [] : [element("p", { class: "about" }, said.not_in_documents_more)];
    text.replaceChildren(element("p", {}, said[end.status]), ...more);
    byId("announcer").textContent = said[end.status];
    kind.remove();
    return;
  }
  const note = end.status === "conflicting" ? said.conflicting : said.reasons[end.reason] ?? said[end.method];
  kind.append(element("span", {}, note));
  if (end.status === "partial") kind.append(element("span", {}, said.partial));
  card.append(element("ol", {}, ...sources(told.citations)));
}

/** One line a source, in the order of the markers. */
function sources(citations) {
  const first = new Map(citations.toReversed().map((citation) => [citation.n, citation]));
  return [...first.values()]
    .sort((a, b) => a.n - b.n)
    .map((citation) => {
      const page = citation.page ? `, ${words().page(citation.page)}` : "";
      const show = () => open(citation.id, citation);
      return element("li", {}, element("button", { type: "button", onclick: show }, element("span", {}, `[${citation.n}]`), element("span", {}, `${citation.title}${page}`)));
    });
}

function fail(card, detail) {
  card.classList.add("told-nothing");
  card.replaceChildren(element("p", { role: "alert" }, `${words().failed} ${detail}`));
}
