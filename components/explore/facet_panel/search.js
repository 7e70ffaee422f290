// "Search all filters": every value and every facet name, found in the browser.

import { around, el, setAttr, setText, show } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { compactCount, exactCount } from "../../common/numbers.js";
import { findMatches } from "./matches.js";
import { labelWithMatch } from "./rows.js";
import { chosenOf, toggleIncluded } from "./store.js";

/** @import { Context, Option, Section, Store } from "./types.d.ts" */

/**
 * @typedef {{
 *   ctx: Context,
 *   el: HTMLElement,
 *   input: HTMLInputElement,
 *   results: HTMLElement,
 *   openFacet: (attribute: string) => void,
 *   query: string,
 *   sections: Section[],
 *   options: Option[],
 *   active: number,
 *   expanded: Set<string>,
 * }} SearchView
 */

const FIRST_HITS = 6;

/** @type {(ctx: Context, openFacet: (attribute: string) => void) => SearchView} */
export function createSearch(ctx, openFacet) {
  const input = el("input", {
    type: "search",
    class: "box search-all",
    placeholder: "Search all filters",
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-label": "Search all filters",
    "aria-expanded": "false",
    "aria-controls": "results",
    "aria-autocomplete": "list",
    "data-testid": "search-all",
  });
  const results = el("div", {
    class: "results",
    id: "results",
    role: "listbox",
    "aria-multiselectable": "true",
    "aria-label": "Matching filters",
    "data-testid": "search-results",
    hidden: true,
  });
  const node = el("div", { class: "search" }, [icon("search"), input]);
  const found = { query: "", sections: [], options: [], active: -1, expanded: new Set("") };
  /** @type {SearchView} */
  const view = { ctx, el: node, input, results, openFacet, ...found };
  input.addEventListener("input", () => runSearch(view));
  input.addEventListener("keydown", (event) => keySearch(view, event));
  results.addEventListener("pointerdown", (event) => event.preventDefault());
  results.addEventListener("click", (event) => {
    const line = around(event, "[role=option]");
    if (line) chooseOption(view, Number(line.dataset.index));
  });
  return view;
}

/** @param {SearchView} view */
function runSearch(view) {
  view.query = view.input.value.trim().toLowerCase();
  view.expanded.clear();
  view.active = -1;
  view.sections = view.query ? findMatches(view.ctx.store.data, view.query) : [];
  renderResults(view);
}

/** @param {SearchView} view */
function clearSearch(view) {
  view.input.value = "";
  runSearch(view);
}

/**
 * The matches and their order stay as found; only counts and marks follow the data.
 *
 * @param {SearchView} view
 */
function renderResults(view) {
  const { ctx, sections, query } = view;
  const searching = query !== "";
  view.options = [];
  const parts = sections.map((section) => renderSection(view, section));
  if (searching && sections.length === 0) {
    parts.push(el("p", { class: "nothing", text: `Nothing matches “${view.input.value.trim()}”` }));
  }
  view.results.replaceChildren(...parts);
  show(view.results, searching);
  setAttr(view.input, "aria-expanded", String(searching));
  ctx.showFacets(!searching);
  patchResults(view);
  markActive(view, false);
}

/** @type {(view: SearchView, section: Section) => HTMLElement} */
function renderSection(view, { attribute, hits }) {
  const label = view.ctx.store.data.facets[attribute]?.label ?? attribute;
  const head = createOption(view, { kind: "facet", attribute, label }, "result-head");
  const shown = view.expanded.has(attribute) ? hits : hits.slice(0, FIRST_HITS);
  const rows = shown.map((hit) => createOption(view, { kind: "value", ...hit }, "result"));
  const rest = hits.length - shown.length;
  if (rest > 0) {
    rows.push(createOption(view, { kind: "more", attribute, label: `${exactCount(rest)} more` }, "result-more"));
  }
  const attributes = { class: "result-group", role: "group", "aria-label": label, "data-results": attribute };
  return el("div", attributes, [head, ...rows]);
}

/** @type {(view: SearchView, hit: Omit<Option, "node" | "count">, className: string) => HTMLElement} */
function createOption(view, hit, className) {
  const label = el("span", { class: "label", title: hit.label });
  const count = el("span", { class: "count" });
  const mark = el("span", { class: "tick", "aria-hidden": "true" });
  const index = view.options.length;
  const attributes = { class: className, role: "option", id: `result-${index}`, "data-index": index };
  const node = el("div", { ...attributes, "data-value": hit.value }, [mark, label, count]);
  labelWithMatch(label, hit.label, hit.kind === "more" ? "" : view.query);
  view.options.push({ ...hit, node, count });
  return node;
}

/** @param {SearchView} view */
export function patchResults(view) {
  if (view.query === "") return;
  /** @type {Map<string, ReturnType<typeof resultState>>} */
  const states = new Map();
  for (const option of view.options) {
    if (option.value === undefined) continue;
    const state = states.get(option.attribute) ?? resultState(view.ctx.store, option.attribute);
    states.set(option.attribute, state);
    patchResult(option, option.value, state);
  }
}

/** @type {(store: Store, attribute: string) => { counts: Map<string, number>, eq: Set<string>, not: Set<string> }} */
function resultState(store, attribute) {
  const chosen = chosenOf(store, attribute);
  const facet = store.data.facets[attribute];
  const values = facet?.kind === "term" ? facet.values : [];
  const counts = new Map(values.map(([value, , count]) => [value, count]));
  return { counts, eq: new Set(chosen.eq), not: new Set(chosen.not) };
}

/** @type {(option: Option, value: string, state: ReturnType<typeof resultState>) => void} */
function patchResult({ node, count: shown }, value, { counts, eq, not }) {
  const count = counts.get(value);
  setText(shown, count === undefined ? "–" : compactCount(count));
  setAttr(shown, "title", count === undefined ? null : exactCount(count));
  node.classList.toggle("included", eq.has(value));
  node.classList.toggle("excluded", not.has(value));
  node.classList.toggle("empty", !count);
  setAttr(node, "aria-selected", String(eq.has(value)));
}

/** @type {(view: SearchView, index: number) => void} */
function chooseOption(view, index) {
  const option = view.options[index];
  if (!option) return;
  view.active = index;
  if (option.kind === "facet") {
    clearSearch(view);
    view.openFacet(option.attribute);
  } else if (option.value === undefined) {
    view.expanded.add(option.attribute);
    renderResults(view);
  } else {
    toggleIncluded(view.ctx.store, option.attribute, option.value);
    view.ctx.refresh(option.attribute);
    patchResults(view);
    markActive(view, true);
  }
}

/** @type {(view: SearchView, event: KeyboardEvent) => void} */
function keySearch(view, event) {
  if (event.key === "Escape") clearSearch(view);
  else if (event.key === "ArrowDown") moveActive(view, 1);
  else if (event.key === "ArrowUp") moveActive(view, -1);
  else if (event.key === "Enter") chooseOption(view, view.active < 0 ? firstValue(view) : view.active);
  else return;
  event.preventDefault();
}

/** @param {SearchView} view */
function firstValue(view) {
  const index = view.options.findIndex((option) => option.kind === "value");
  return Math.max(index, 0);
}

/** @type {(view: SearchView, step: number) => void} */
function moveActive(view, step) {
  const { length } = view.options;
  if (length === 0) return;
  if (view.active < 0) view.active = step > 0 ? firstValue(view) : length - 1;
  else view.active = (view.active + step + length) % length;
  markActive(view, true);
}

/** @type {(view: SearchView, scroll: boolean) => void} */
function markActive(view, scroll) {
  for (const [index, option] of view.options.entries()) option.node.classList.toggle("active", index === view.active);
  const active = view.options[view.active]?.node;
  setAttr(view.input, "aria-activedescendant", active ? active.id : null);
  if (active && scroll) active.scrollIntoView({ block: "nearest" });
}
