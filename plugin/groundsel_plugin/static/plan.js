/** What a question was understood as: a chip a part; a cross takes a part as mere words, an offer takes it over. */

import { element } from "./dom.js";
import { words } from "./words.js";

/**
 * @param {{parts: {id: string, kind: string, start: number, end: number, text: string, becomes: string, applied: boolean}[]}} plan
 * @param {{undo: (id: string) => void, rewrite: (start: number, end: number, text: string) => void}} then
 */
export function planned({ parts }, then) {
  if (!parts.length) return [];
  return [element("ul", { class: "plan", "aria-label": words().plan }, ...parts.map((part) => element("li", {}, chip(part, then))))];
}

function chip(part, then) {
  const said = words().parts[part.kind];
  const becomes = element("strong", {}, part.becomes);
  if (!part.applied) {
    const take = () => then.rewrite(part.start, part.end, part.becomes);
    return element("button", { type: "button", class: "offer", onclick: take }, words().did_you_mean, " ", becomes, " ?");
  }
  const cross = { type: "button", class: "undo", "aria-label": words().undo(part.text), title: words().undo(part.text), onclick: () => then.undo(part.id) };
  return element("span", { class: "part", title: part.text }, `${said} `, becomes, element("button", cross, "×"));
}
