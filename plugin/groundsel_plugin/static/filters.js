/** What narrows and orders the results: a choice a field with counts, a histogram of their dates, and the order. */

import { byId, element } from "./dom.js";
import { kindOf, languageOf, monthOf, number, words } from "./words.js";

/** A field of the address is a filter on one value; of dates, a year or a month of one. */
export const FIELDS = ["media_type", "updated_at", "language", "source"];
export const SORTS = ["relevance", "newest", "oldest"];
const NAMES = { media_type: kindOf, language: languageOf, updated_at: (value) => (value.length > 4 ? monthOf(value) : value) };
const MOST_BARS = 36; // beyond them, a bar is a year

/** What a search is asked to count; dates by month, from which the years are made. */
export const COUNTED = FIELDS.map((field) => (field === "updated_at" ? { field, interval: "month", size: 600 } : { field, size: 20 }));

/** Makes the filter that a field's value in the address stands for. */
export function filterOf(field, value) {
  if (field !== "updated_at" || value.length <= 4) return { field, op: "in", values: [value] };
  const [year, month] = value.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { field, op: "range", gte: `${value}-01`, lte: `${value}-${last}` };
}

/**
 * @param {Record<string, {value: string, count: number}[]>} facets
 * @param {Record<string, string>} chosen by field, with the order as `sort`
 * @param {(field: string, value: string) => void} choose an empty value takes the filter off
 */
export function showFilters(facets, chosen, choose) {
  const months = facets.updated_at ?? [];
  const counts = { ...facets, updated_at: years(months) };
  const shown = FIELDS.filter((field) => chosen[field] || counts[field]?.length > 1);
  const group = byId("filters");
  const focused = document.activeElement?.name;
  group.hidden = false;
  group.ariaLabel = words().filters;
  const selects = shown.map((field) => select(field, counts[field] ?? [], chosen[field] ?? "", choose));
  group.replaceChildren(...selects, order(chosen.sort ?? "", choose), ...histogram(months, counts.updated_at, choose));
  group.querySelector(`[name="${CSS.escape(focused ?? "")}"]`)?.focus();
}

function years(months) {
  const sums = new Map();
  for (const { value, count } of months) sums.set(value.slice(0, 4), (sums.get(value.slice(0, 4)) ?? 0) + count);
  return [...sums].map(([value, count]) => ({ value, count }));
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

function order(value, choose) {
  const options = SORTS.map((sort) => option(sort === "relevance" ? "" : sort, words().sorts[sort], value));
  const attributes = { name: "sort", "aria-label": words().sort, class: value ? "chosen" : "", onchange: (event) => choose("sort", event.target.value) };
  return element("select", attributes, ...options);
}

/** Draws a bar a month, or a year where there are many months; each narrows the results to its time. */
function histogram(months, byYear, choose) {
  if (months.length < 2) return [];
  const every = monthsBetween(months[0].value, months.at(-1).value);
  const fine = every.length <= MOST_BARS;
  const counted = new Map((fine ? months : byYear).map(({ value, count }) => [value, count]));
  const times = fine ? every : yearsBetween(byYear[0].value, byYear.at(-1).value).slice(-MOST_BARS);
  const most = Math.max(...counted.values());
  const bars = times.map((time) => bar(time, counted.get(time) ?? 0, most, choose));
  return [element("div", { class: "histogram", role: "group", "aria-label": words().histogram }, ...bars)];
}

function bar(time, count, most, choose) {
  const said = `${NAMES.updated_at(time)}: ${number(count)}`;
  const made = element("button", { type: "button", title: said, "aria-label": said, disabled: !count, onclick: () => choose("updated_at", time) });
  made.style.setProperty("--share", String(count / most));
  return made;
}

function monthsBetween(first, last) {
  const found = [];
  for (let time = first; time <= last; time = next(time)) found.push(time);
  return found;
}

function next(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

function yearsBetween(first, last) {
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => String(Number(first) + at));
}

function option(value, text, chosen) {
  return element("option", { value, selected: value === chosen }, text);
}
