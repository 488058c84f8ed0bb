/** The viewer: a document as it is stored, opened at the quoted sentence, which is marked. */

import { read } from "./api.js";
import { byId, element } from "./dom.js";
import { day, words } from "./words.js";

/** Opens a document; `span` has start and end in code points where something is to be marked. */
export async function open(id, span) {
  const dialog = byId("viewer");
  const text = element("div", { class: "text pulse" }, words().reading);
  dialog.replaceChildren(top(""), text);
  if (!dialog.open) dialog.showModal();
  try {
    const found = await read(id);
    dialog.replaceChildren(top(found.title, found), body(found, span));
    dialog.querySelector("mark, tr.marked")?.scrollIntoView({ block: "center" });
  } catch (problem) {
    const detail = problem.message || words().unreachable;
    dialog.replaceChildren(top(words().failed), element("p", { class: "text", role: "alert" }, detail));
  }
  dialog.querySelector(".close").focus();
}

function top(title, found) {
  const close = element("button", { type: "button", class: "close", onclick: () => byId("viewer").close() }, words().close);
  const path = found ? decodeURIComponent(found.url.replace(/^file:\/\//, "")) : "";
  const about = found ? [path, found.updated_at && day(found.updated_at)].filter(Boolean).join(" · ") : "";
  return element("div", { class: "top" }, element("div", {}, element("h2", { id: "viewer-title" }, title), element("p", { class: "about" }, about)), close);
}

function body(found, span) {
  const points = Array.from(found.body);
  const draw = drawer(points, span);
  const place = element("div", { class: "text" });
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
  const from = span?.start ?? 0;
  const to = span?.end ?? 0;
  return (start, end) => {
    const text = (a, b) => points.slice(Math.max(a, start), Math.min(b, end)).join("");
    const marked = text(from, to);
    return marked ? [text(start, from), element("mark", {}, marked), text(to, end)] : [text(start, end)];
  };
}

function shown(block, points, draw) {
  if (block.kind === "heading") return element("h3", {}, ...draw(block.start, block.end));
  if (block.kind === "code") return element("pre", {}, ...draw(block.start, block.end));
  if (block.kind === "table") return table(block, points, draw);
  return element("p", {}, ...draw(block.start, block.end));
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
  return element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, ...rows)));
}
