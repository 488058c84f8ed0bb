/** Titles that begin as the question does: a listbox below the field (WAI-ARIA combobox pattern). */

import { suggest } from "./api.js";
import { byId, element } from "./dom.js";

const PAUSE = 120; // milliseconds without a key

/** Completes `field`; `choose` is called with the title that was taken. */
export function completes(field, choose) {
  const list = byId("suggestions");
  let timer = 0;
  let running = null;
  let chosen = -1;

  const options = () => [...list.children];
  const close = () => {
    clearTimeout(timer);
    running?.abort();
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const take = (option) => {
    field.value = option.textContent;
    close();
    choose();
  };
  const point = (index) => {
    chosen = (index + options().length) % options().length;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    field.setAttribute("aria-activedescendant", options()[chosen].id);
  };
  const show = async () => {
    running = new AbortController();
    const found = await suggest(field.value.trim(), running.signal).catch(() => []);
    if (!found.length || document.activeElement !== field) return close();
    chosen = -1;
    list.replaceChildren(
      ...found.map(({ text }, at) =>
        element("li", { id: `suggestion-${at}`, role: "option", "aria-selected": "false", title: text, onmousedown: (event) => (event.preventDefault(), take(event.currentTarget)) }, text),
      ),
    );
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  };

  field.addEventListener("input", () => {
    close();
    if (field.value.trim().length > 1) timer = setTimeout(show, PAUSE);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") point(chosen + 1);
    else if (event.key === "ArrowUp") point(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) take(options()[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return close;
}
