/** The filters: one choice a field, over what was found, with counts. */

import { byId, element } from "./dom.js";
import { kindOf, languageOf, words } from "./words.js";

export const FACETS = ["media_type", "updated_at", "language", "source"];
const NAMES = { media_type: kindOf, language: languageOf };

/**
 * @param {Record<string, {value: string, count: number}[]>} facets
 * @param {{field: string, values: string[]}[]} chosen
 * @param {(field: string, value: string) => void} choose an empty value takes the filter off
 */
export function showFilters(facets, chosen, choose) {
  const values = Object.fromEntries(chosen.map(({ field, values }) => [field, values[0]]));
  const shown = FACETS.filter((field) => values[field] || facets[field]?.length > 1);
  const group = byId("filters");
  const focused = document.activeElement?.name;
  group.hidden = !shown.length;
  group.ariaLabel = words().filters;
  group.replaceChildren(...shown.map((field) => select(field, facets[field] ?? [], values[field] ?? "", choose)));
  if (group.querySelector(`[name="${CSS.escape(focused ?? "")}"]`)) group.querySelector(`[name="${focused}"]`).focus();
}

function select(field, counts, value, choose) {
  const name = NAMES[field] ?? ((text) => text);
  const options = counts.map((counted) => option(counted.value, `${name(counted.value)} (${counted.count})`, value));
  if (value && !counts.some((counted) => counted.value === value)) options.push(option(value, name(value), value));
  if (field === "updated_at") options.sort((a, b) => b.value.localeCompare(a.value));
  const change = (event) => choose(field, event.target.value);
  const attributes = { name: field, "aria-label": words().fields[field], class: value ? "chosen" : "", onchange: change };
  return element("select", attributes, option("", words().all[field], value), ...options);
}

function option(value, text, chosen) {
  return element("option", { value, selected: value === chosen }, text);
}
