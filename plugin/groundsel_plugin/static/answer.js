/** The answer: sentences as they come, a button for every citation, and below it the sources. */

import { answer } from "./api.js";
import { byId, element } from "./dom.js";
import { open } from "./viewer.js";
import { day, failure, words } from "./words.js";

/**
 * Asks, and shows what comes until it ends or `signal` stops it.
 * @param {(body: object, signal: AbortSignal) => AsyncIterable<[string, object]>} ask for an answer, a summary, or a dossier
 * @param {{query?: string, filters?: object[], history?: {role: string, content: string}[], ids?: string[]}} asked
 * @param {AbortSignal} signal
 * @param {{understood: (question: string) => void, alone: () => void, conversation: () => void,
 *   answered: (text: string) => void}} then `conversation` is told that no document was asked for
 */
export async function showAnswer(ask, asked, signal, then) {
  const card = byId("answer");
  const text = element("div", { class: "text pulse" }, words().reading);
  const kind = element("p", { class: "kind" }, element("strong", {}, ask === answer ? words().answer : words().summary));
  card.replaceChildren(kind, text);
  card.className = "waiting";
  const wanted = ask !== answer || isQuestion(asked.query);
  card.hidden = !wanted;
  const told = { isQuestion: wanted, summed: ask !== answer, found: 0, text: "", citations: [], sources: new Map(), sections: [] };
  const seen = {
    meta: ({ total, rewritten }) => {
      told.found = total.value;
      if (!rewritten) return;
      card.prepend(understood(rewritten, then.alone));
      card.hidden = false;
      told.isQuestion = true;
      then.understood(rewritten);
    },
    section: (section) => told.sections.push(section),
    source: (source) => told.sources.set(source.n, source),
    delta: (delta) => ((card.hidden = false), (told.text += delta.text), announce(delta.text)),
    citation: (citation) => {
      told.citations.push(citation);
      card.classList.remove("waiting");
      text.replaceChildren(...paragraphs(told));
    },
    done: (end) => {
      if (end.reason === "conversation") then.conversation();
      finish(card, kind, text, told, end);
      then.answered(told.text || end.message || "");
    },
    error: (problem) => fail(card, problem.detail),
  };
  try {
    for await (const [name, data] of ask(asked, signal)) seen[name]?.(data);
    if (text.classList.contains("pulse") && text.isConnected) fail(card, words().cut_off);
  } catch (problem) {
    if (problem.name !== "AbortError") fail(card, failure(problem).detail);
  }
}

/** Says what a follow-up question was taken for; whoever meant it as it stands can say so. */
function understood(question, alone) {
  const button = element("button", { type: "button", onclick: alone }, words().as_typed);
  return element("p", { class: "understood" }, `${words().understood} `, element("em", {}, question), " ", button);
}

/** A few words look for documents; that these do not answer them is no news. */
const isQuestion = (query) => query.includes("?") || query.split(/\s+/).length > 3;

/** Says a sentence to whoever listens, without its marker. */
const announce = (text) => (byId("announcer").textContent = text.replace(/\s*\[\d+\]/g, ""));

/** Cuts the text at its markers: each piece with the citations that carry it. Spans count code points. */
function pieces({ text, citations }) {
  const points = Array.from(text);
  const cut = [];
  let last = 0;
  const marked = new Map(citations.map((citation) => [citation.text_span[0], citation]));
  for (const [start, citation] of [...marked].sort(([a], [b]) => a - b)) {
    const said = points.slice(last, start).join("").trim();
    if (said) cut.push({ at: start, said, cited: [citation] });
    else cut.at(-1)?.cited.push(citation);
    last = citation.text_span[1];
  }
  return { cut, rest: points.slice(last).join("") };
}

/** One paragraph; of a dossier, a list under each heading. */
function paragraphs(told) {
  const { cut, rest } = pieces(told);
  const sentence = ({ said, cited }) => [...marked(said, cited[0]), ...cited.map(marker)];
  if (!told.sections.length) return [element("p", {}, ...cut.flatMap((piece) => [...sentence(piece), " "]), rest)];
  return told.sections.flatMap(({ kind, start }, index) => {
    const end = told.sections[index + 1]?.start ?? Infinity;
    const items = cut.filter(({ at }) => at > start && at <= end).map((piece) => element("li", {}, ...sentence(piece), element("small", {}, about(piece.cited[0], told))));
    return [element("h3", {}, words().sections[kind]), element("ul", {}, ...items)];
  });
}

/** The words that answer in <mark>: at their place in the quote, or, of what reads otherwise, if they are unique. */
function marked(said, { quote, answer_span }) {
  if (!answer_span) return [said];
  const points = Array.from(quote);
  const words = points.slice(...answer_span).join("");
  const quoted = said.indexOf(quote);
  const at = quoted < 0 ? said.indexOf(words) : quoted + points.slice(0, answer_span[0]).join("").length;
  if (!words || at < 0 || (quoted < 0 && said.lastIndexOf(words) !== at)) return [said];
  return [said.slice(0, at), element("mark", {}, words), said.slice(at + words.length)];
}

function marker(citation) {
  const label = words().source(citation.n, citation.title);
  const show = () => open(citation.id, citation);
  return element("button", { type: "button", class: "marker", title: citation.title, "aria-label": label, onclick: show }, String(citation.n));
}

function finish(card, kind, text, told, end) {
  const said = words();
  text.classList.remove("pulse");
  card.classList.remove("waiting");
  if (end.reason === "conversation") return reply(card, end.message);
  if (end.status === "not_in_documents" || end.status === "skipped") return abstain(card, told, end.message ?? said[end.status], end.status);
  const notes = [end.status === "conflicting" ? said.conflicting : said.reasons[end.reason] ?? said[end.method]];
  if (end.status === "partial") notes.push(said.partial);
  kind.append(...notes.map((note) => element("span", {}, note)));
  card.classList.toggle("conflicting", end.status === "conflicting");
  if (end.status === "conflicting") text.replaceChildren(...quotations(told));
  else if (!told.sections.length) card.append(element("ol", {}, ...sources(told)));
}

/** A greeting, and what else asks for no document. */
function reply(card, message) {
  card.hidden = false;
  card.classList.add("told-nothing");
  card.replaceChildren(element("p", { class: "text" }, message));
  announce(message);
}

function abstain(card, told, title, status) {
  card.hidden = !told.summed && (!told.isQuestion || !told.found); // nobody asked anything, or the results say that there are none
  card.classList.add("told-nothing");
  const more = status === "skipped" || told.summed ? [] : [element("p", { class: "about" }, words().not_in_documents_more)];
  card.replaceChildren(...card.querySelectorAll(".understood"), element("p", { class: "text" }, title), ...more);
  announce(title);
}

/** What contradicts each other, one below the other, each with its document and date. */
function quotations(told) {
  return pieces(told).cut.map(({ said, cited }) =>
    element("blockquote", {}, element("p", {}, ...marked(said, cited[0]), ...cited.map(marker)), element("footer", {}, about(cited[0], told))),
  );
}

/** One line a source, in the order of the markers. */
function sources(told) {
  const first = new Map(told.citations.toReversed().map((citation) => [citation.n, citation]));
  return [...first.values()]
    .sort((a, b) => a.n - b.n)
    .map((citation) => {
      const show = () => open(citation.id, citation);
      const line = [element("span", { class: "number" }, String(citation.n)), element("span", {}, about(citation, told))];
      return element("li", {}, element("button", { type: "button", onclick: show }, ...line));
    });
}

function about(citation, told) {
  const updated = told.sources.get(citation.n)?.fields.updated_at;
  const parts = [citation.title, citation.page && words().page(citation.page), updated && day(updated)];
  return parts.filter(Boolean).join(" · ");
}

/** Says why there is no more; whole sentences that have come stay. */
function fail(card, detail) {
  card.querySelector(".text")?.classList.remove("pulse");
  const alert = (said) => element("p", { role: "alert" }, said);
  if (card.querySelector(".marker")) return card.append(alert(detail));
  card.className = "told-nothing";
  card.replaceChildren(alert(`${words().no_answer} ${detail}`));
}
