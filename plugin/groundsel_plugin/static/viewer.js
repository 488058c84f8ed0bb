/** The viewer: a document as it is stored, opened at the quoted sentence, which is marked. */

import { read } from "./api.js";
import { byId, element, notice, plainPlace, shortPlace } from "./dom.js";
import { day, failure, kindOf, words } from "./words.js";

const MAILS = ["eml", "msg"];
let latest = 0;

/**
 * Opens a document.
 * @param {string} id
 * @param {{start: number, end: number, version: number, quote?: string, link?: string}} span what to mark, in code points
 * @param {(kind: string) => void} [tell] takes what the reader thinks of it, for a result of a search
 */
export async function open(id, span, tell) {
  const dialog = byId("viewer");
  const mine = (latest += 1);
  dialog.replaceChildren(top(""), element("div", { class: "text pulse" }, words().reading));
  if (!dialog.open) dialog.showModal();
  try {
    const found = await read(id);
    if (mine !== latest) return; // another one was opened meanwhile
    const points = Array.from(found.body);
    const place = standing(points, span);
    const changed = place ? [] : [notice("", words().changed, words().changed_more)];
    dialog.replaceChildren(top(found.title, found, span.link, tell), ...changed, body(found, points, place));
    dialog.querySelector("mark, tr.marked")?.scrollIntoView({ block: "center" });
  } catch (problem) {
    if (mine !== latest) return;
    const { title, detail } = failure(problem);
    dialog.replaceChildren(top(title), element("p", { class: "text", role: "alert" }, detail));
  }
  dialog.querySelector(".close").focus({ preventScroll: true });
}

byId("viewer").addEventListener("click", (event) => {
  if (event.target === byId("viewer")) byId("viewer").close(); // beside the sheet
});

/** Finds where the span stands now: where it stood, elsewhere when the document has changed, or nowhere. */
function standing(points, { start, end, quote }) {
  if (!quote || points.slice(start, end).join("") === quote) return { start, end };
  const before = points.join("").indexOf(quote);
  if (before < 0) return null;
  const moved = Array.from(points.join("").slice(0, before)).length;
  return { start: moved, end: moved + Array.from(quote).length };
}

function top(title, found, link, tell) {
  const close = element("button", { type: "button", class: "close", onclick: () => byId("viewer").close() }, words().close);
  const head = element("div", {}, element("h2", { id: "viewer-title" }, title));
  if (found) {
    const about = [shortPlace(found.url), found.updated_at && day(found.updated_at)].filter(Boolean).join(" · ");
    const type = element("span", { class: "type" }, kindOf(found.media_type));
    head.append(element("p", { class: "about", title: plainPlace(found.url) }, type, about));
    if (/^https?:/.test(link ?? "")) head.append(element("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, words().original));
    head.append(summing(found));
    if (tell) head.append(...judging(tell));
  }
  return element("div", { class: "top" }, head, close);
}

/** Asks whoever shows answers for a summary of the document, or of the thread that a mail belongs to. */
function summing({ id, media_type }) {
  const button = (thread) => {
    const ask = () => {
      byId("viewer").close();
      document.dispatchEvent(new CustomEvent("summarise", { detail: { ids: [id], thread } }));
    };
    return element("button", { type: "button", onclick: ask }, thread ? words().summarise_thread : words().summarise);
  };
  return element("p", { class: "judge" }, button(false), ...(MAILS.includes(media_type) ? [button(true)] : []));
}

/** Two buttons; what was said once is said. */
function judging(tell) {
  const button = (kind) => {
    const say = (event) => {
      tell(kind);
      event.target.parentElement.replaceChildren(words().thanks);
    };
    return element("button", { type: "button", onclick: say }, words().judge[kind]);
  };
  return [element("p", { class: "judge" }, button("up"), button("down"))];
}

function body(found, points, span) {
  const draw = drawer(points, span ?? { start: 0, end: 0 });
  const place = element("div", { class: "text", lang: found.language === "und" ? "" : found.language });
  const blocks = found.blocks.length ? found.blocks : [{ kind: "paragraph", start: 0, end: points.length, page: null }];
  let page = null;
  for (const block of blocks) {
    if (block.page !== null && block.page !== page) {
      page = block.page;
      place.append(element("p", { class: "page-number" }, words().page(page)));
    }
    place.append(shown(block, points, draw));
  }
  return place;
}

/** Gives a function that draws points[start:end], the marked part in <mark>. */
function drawer(points, span) {
  return (start, end) => {
    const text = (a, b) => points.slice(Math.max(a, start), Math.min(b, end)).join("");
    const marked = text(span.start, span.end);
    return marked ? [text(start, span.start), element("mark", {}, marked), text(span.end, end)] : [text(start, end)];
  };
}

function shown(block, points, draw) {
  if (block.kind === "heading") return element(block.level > 2 ? "h4" : "h3", {}, ...draw(block.start, block.end));
  if (block.kind === "code") return element("pre", {}, ...draw(block.start, block.end));
  if (block.kind === "table") return table(block, points, draw);
  return element("p", { class: block.kind }, ...draw(block.start, block.end));
}

/** Rows are lines, cells are parted by " | "; a row that holds something marked is marked whole. */
function table(block, points, draw) {
  const rows = [];
  let start = block.start;
  for (const line of points.slice(block.start, block.end).join("").split("\n")) {
    const end = start + Array.from(line).length;
    const marked = draw(start, end).length > 1;
    rows.push(element("tr", { class: marked ? "marked" : "" }, ...line.split(" | ").map((cell) => element("td", {}, cell))));
    start = end + 1;
  }
  return element("div", { class: "scroll", tabindex: "0" }, element("table", {}, element("tbody", {}, ...rows)));
}
