// A facet of values to tick.

import { el, focusOf, placeChildren, setAttr, setText, show } from "../../common/dom.js";
import { exactCount } from "../../common/numbers.js";
import { remember } from "./memory.js";
import { createChips, createMissingLine, updateChips, updateMissingLine } from "./parts.js";
import { createMissingRow, createRow, listenToRows, patchRow, updateMissingRow } from "./rows.js";
import { chosenOf, editFacet } from "./store.js";
import { termModel } from "./term_model.js";

/** @import { Row } from "./rows.js" */
/** @import { TermModel } from "./term_model.js" */
/** @import { Chosen, Context, Entry, TermFacet } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createTermView>} TermBody */

const SEARCHABLE_FROM = 13;
const FIRST_CHUNK = 80;
const NEXT_CHUNK = 120;

/** @type {(ctx: Context, attribute: string) => TermBody} */
export function createTermBody(ctx, attribute) {
  const view = createTermView(ctx, attribute);
  const { search, sort, contains } = view.tools;
  view.more.addEventListener("click", () => toggleAll(view));
  view.list.addEventListener("scroll", () => growList(view), { passive: true });
  search.addEventListener("input", () => setQuery(view, search.value));
  search.addEventListener("keydown", (event) => leaveSearch(view, event));
  sort.addEventListener("click", () => toggleSort(view));
  contains.addEventListener("click", () => addContains(view));
  listenToRows(ctx, attribute, view.list);
  return view;
}

/** @param {Context} ctx @param {string} attribute */
function createTermView(ctx, attribute) {
  const tools = createTermTools(attribute);
  const list = el("div", { class: "rows", role: "group" });
  const chips = createChips(ctx, attribute, "contains");
  const missingRow = createMissingRow(ctx, attribute);
  const missingLine = createMissingLine(ctx, attribute);
  const more = el("button", { type: "button", class: "link more", "data-testid": "show-all" });
  return {
    el: el("div", {}, [tools.el, chips.el, list, missingRow.el, more, missingLine.el]),
    ctx,
    attribute,
    tools,
    list,
    chips,
    missingRow,
    missingLine,
    more,
    rows: /** @type {Map<string, Row>} */ (new Map()),
    // Values that were selected while the list stood open, and those that were so when it was opened.
    sticky: /** @type {Set<string>} */ (new Set()),
    pinned: /** @type {Set<string>} */ (new Set()),
    query: "",
    chunk: FIRST_CHUNK,
    listed: 0,
  };
}

/** @param {string} attribute */
function createTermTools(attribute) {
  const search = el("input", {
    type: "search",
    class: "box",
    placeholder: "Search values",
    autocomplete: "off",
    spellcheck: "false",
    "data-testid": "search-facet",
    "aria-label": `Search values of ${attribute}`,
  });
  const sort = el("button", { type: "button", class: "link sort", "data-testid": "sort" });
  const contains = el("button", { type: "button", class: "link contains" });
  return { el: el("div", { class: "tools" }, [search, sort, contains]), search, sort, contains };
}

/** @type {(view: TermBody, text: string) => void} */
function setQuery(view, text) {
  view.query = text.trim().toLowerCase();
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

/** @type {(view: TermBody, event: KeyboardEvent) => void} */
function leaveSearch(view, event) {
  const { search } = view.tools;
  if (event.key === "Escape" && search.value) {
    event.preventDefault();
    search.value = "";
    setQuery(view, "");
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    view.list.querySelector("input")?.focus();
  }
}

/** @param {TermBody} view */
function addContains(view) {
  const chosen = chosenOf(view.ctx.store, view.attribute);
  const text = view.tools.search.value.trim();
  if (!chosen.contains.includes(text)) {
    editFacet(view.ctx.store, view.attribute, { contains: [...chosen.contains, text] });
  }
  view.tools.search.value = "";
  setQuery(view, "");
}

/** @param {TermBody} view */
function toggleSort(view) {
  const { memory } = view.ctx;
  remember(memory, "sort", view.attribute, memory.sort[view.attribute] === "name" ? "count" : "name");
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

/** @param {TermBody} view */
function toggleAll(view) {
  const { memory, store } = view.ctx;
  remember(memory, "all", view.attribute, !memory.all[view.attribute]);
  view.query = "";
  view.tools.search.value = "";
  settleTermBody(view, chosenOf(store, view.attribute));
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

/** @param {TermBody} view */
function rewindList(view) {
  view.chunk = FIRST_CHUNK;
  view.list.scrollTop = 0;
}

/**
 * Long lists grow as they are scrolled, so that a change of counts stays cheap.
 *
 * @param {TermBody} view
 */
function growList(view) {
  const { list } = view;
  const left = list.scrollHeight - list.scrollTop - list.clientHeight;
  if (left > list.clientHeight || view.chunk >= view.listed) return;
  view.chunk += NEXT_CHUNK;
  view.ctx.refresh(view.attribute);
}

/**
 * From here on rows keep their place while they are clicked.
 *
 * @type {(view: TermBody, chosen: Chosen) => void}
 */
export function settleTermBody(view, chosen) {
  view.pinned = new Set([...chosen.eq, ...chosen.not]);
  view.sticky.clear();
}

/** @type {(view: TermBody, facet: TermFacet, chosen: Chosen) => void} */
export function updateTermBody(view, facet, chosen) {
  const { query, sticky, pinned, chunk } = view;
  const { memory } = view.ctx;
  const all = Boolean(memory.all[view.attribute]);
  const byName = memory.sort[view.attribute] === "name";
  const focused = focusedValue(view);
  const model = termModel(facet, chosen, { all, query, byName, sticky, pinned, focused, chunk });
  view.listed = model.listed;
  for (const value of [...chosen.eq, ...chosen.not]) sticky.add(value);
  const rows = model.entries.map((entry) => rowFor(view, entry));
  placeChildren(
    view.list,
    rows.map((row) => row.el),
  );
  for (const entry of model.entries) patchRow(rowFor(view, entry), entry, model);
  dropUnusedRows(view, model.entries);
  setAttr(view.list, "aria-label", facet.label);
  view.list.classList.toggle("scrolling", all);
  updateTermTools(view, facet, all, byName, model);
  updateChips(view.chips, chosen);
  updateMissingRow(view.missingRow, facet, chosen, model.max);
  updateMissingLine(view.missingLine, facet, chosen);
}

/** @param {TermBody} view */
function focusedValue({ list }) {
  const active = focusOf(list);
  if (!active || !list.contains(active)) return undefined;
  /** @type {HTMLElement | null} */
  const row = active.closest("[data-value]");
  return row?.dataset.value;
}

/** @type {(view: TermBody, facet: TermFacet, all: boolean, byName: boolean, model: TermModel) => void} */
function updateTermTools(view, facet, all, byName, model) {
  const { search, sort, contains, el: tools } = view.tools;
  const [order, other] = byName ? ["name", "count"] : ["count", "name"];
  show(tools, all && model.total > 1);
  show(search, model.total >= SEARCHABLE_FROM);
  setAttr(search, "aria-label", `Search values of ${facet.label}`);
  setText(sort, byName ? "A–Z" : "Count");
  setAttr(sort, "aria-label", `Sorted by ${order}. Sort by ${other}`);
  setAttr(sort, "title", `Sort by ${other}`);
  show(contains, Boolean(model.query) && facet.operators.includes("contains"));
  setText(contains, `Match every value containing “${search.value.trim()}”`);
  show(view.more, all || model.listed < model.total);
  setText(view.more, all ? "Show fewer" : `Show all ${exactCount(model.total)}`);
  setAttr(view.more, "aria-expanded", String(all));
}

/** @type {(view: TermBody, entry: Entry) => Row} */
function rowFor(view, entry) {
  const row = view.rows.get(entry.value) ?? createRow(entry);
  view.rows.set(entry.value, row);
  return row;
}

/** @type {(view: TermBody, entries: Entry[]) => void} */
function dropUnusedRows(view, entries) {
  if (view.rows.size <= entries.length) return;
  const used = new Set(entries.map((entry) => entry.value));
  for (const key of view.rows.keys()) {
    if (!used.has(key)) view.rows.delete(key);
  }
}
