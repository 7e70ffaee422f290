// Rows with a checkbox, a count, a bar and an exclude button.

import { around, el, one, setAttr, setText, show } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { compactCount, exactCount } from "../../common/numbers.js";
import { chosenOf, setMissing, toggleExcluded, toggleIncluded } from "./store.js";

/** @import { Chosen, Context, Entry, Facet, RowModel } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createRow>} Row */

const MISSING = "(missing)";

/** @param {Entry} entry */
export function createRow(entry) {
  const box = el("input", { type: "checkbox" });
  const swatch = el("span", { class: "swatch", hidden: true });
  const not = el("span", { class: "not", text: "not", hidden: true });
  const label = el("span", { class: "label" });
  const mark = entry.unknown
    ? [el("span", { class: "unknown", title: "not in this release" }, [icon("warning"), "not in this release"])]
    : [];
  const pick = el("label", { class: "pick" }, [box, swatch, not, label, ...mark]);
  const exclude = el("button", { type: "button", class: "exclude" }, [icon("ban")]);
  const count = el("span", { class: "count" });
  const bar = el("span", { class: "bar" });
  const kind = entry.missing ? "missing" : entry.unknown ? "unknown" : null;
  const attributes = { class: "row", "data-value": entry.value, "data-kind": kind };
  const node = el("div", attributes, [pick, exclude, count, bar]);
  return { el: node, box, swatch, not, label, exclude, count, bar, seen: "", named: "" };
}

/** @type {(entry: Entry, model: Pick<RowModel, "chosen" | "eq" | "not">) => "included" | "excluded" | ""} */
export function rowState(entry, model) {
  if (entry.missing) {
    if (model.chosen.missing === null) return "";
    return model.chosen.missing === "true" ? "included" : "excluded";
  }
  if (model.eq.has(entry.value)) return "included";
  return model.not.has(entry.value) ? "excluded" : "";
}

/** @type {(row: Row, entry: Entry, model: RowModel) => void} */
export function patchRow(row, entry, model) {
  const state = rowState(entry, model);
  const share = entry.count ? Math.max(0.006, entry.count / model.max) : 0;
  const seen = [entry.label, entry.count, state, share, model.query, model.canExclude].join("\n");
  if (row.seen === seen) return;
  row.seen = seen;
  patchLabel(row, entry, model.query);
  row.box.checked = state === "included";
  show(row.not, state === "excluded");
  row.el.classList.toggle("included", state === "included");
  row.el.classList.toggle("excluded", state === "excluded");
  row.el.classList.toggle("empty", entry.count === 0);
  setText(row.count, entry.count === null ? "–" : compactCount(entry.count));
  setAttr(row.count, "title", entry.count === null ? "" : exactCount(entry.count));
  row.bar.style.setProperty("--share", share.toFixed(4));
  patchSwatch(row.swatch, model.swatches[entry.value]);
  patchExclude(row.exclude, state, model.canExclude);
}

/** @type {(row: Row, entry: Entry, query: string) => void} */
function patchLabel(row, entry, query) {
  const named = `${entry.label}\n${query}`;
  if (row.named === named) return;
  row.named = named;
  labelWithMatch(row.label, entry.label, query);
  setAttr(row.label, "title", entry.label === entry.value ? entry.label : `${entry.label} (${entry.value})`);
  setAttr(row.exclude, "aria-label", `Exclude ${entry.label}`);
}

/**
 * A label with what was searched, in lower case, marked in it.
 *
 * @type {(node: HTMLElement, label: string, query: string) => void}
 */
export function labelWithMatch(node, label, query) {
  const at = query ? label.toLowerCase().indexOf(query) : -1;
  if (at < 0) {
    node.replaceChildren(label);
    return;
  }
  const end = at + query.length;
  node.replaceChildren(label.slice(0, at), el("mark", { text: label.slice(at, end) }), label.slice(end));
}

/** @type {(swatch: HTMLElement, colour: string | undefined) => void} */
function patchSwatch(swatch, colour) {
  show(swatch, Boolean(colour));
  if (colour) swatch.style.backgroundColor = colour;
}

/** @type {(button: HTMLElement, state: string, allowed: boolean) => void} */
function patchExclude(button, state, allowed) {
  show(button, allowed);
  setAttr(button, "aria-pressed", String(state === "excluded"));
  setAttr(button, "title", state === "excluded" ? "Do not exclude" : "Exclude");
}

/**
 * `list` holds rows of `attribute`: ticks, exclusions and arrow keys.
 *
 * @type {(ctx: Context, attribute: string, list: HTMLElement) => void}
 */
export function listenToRows(ctx, attribute, list) {
  list.addEventListener("change", (event) => toggleRow(ctx, attribute, around(event, ".row"), "include"));
  list.addEventListener("click", (event) => clickRow(ctx, attribute, event));
  list.addEventListener("keydown", (event) => walkRows(event));
}

/** @type {(ctx: Context, attribute: string, event: Event) => void} */
function clickRow(ctx, attribute, event) {
  const row = around(event, ".row");
  if (around(event, ".exclude")) toggleRow(ctx, attribute, row, "exclude");
  else if (!around(event, ".pick")) toggleRow(ctx, attribute, row, "include");
}

/** @type {(ctx: Context, attribute: string, row: HTMLElement | null, how: "include" | "exclude") => void} */
function toggleRow(ctx, attribute, row, how) {
  if (!row) return;
  const { store } = ctx;
  ctx.touched = row;
  if (row.dataset.kind === "missing") {
    const wanted = how === "include" ? "true" : "false";
    setMissing(store, attribute, chosenOf(store, attribute).missing === wanted ? null : wanted);
  } else {
    (how === "include" ? toggleIncluded : toggleExcluded)(store, attribute, row.dataset.value ?? "");
  }
  ctx.refresh(attribute);
}

/** @param {KeyboardEvent} event */
function walkRows(event) {
  const row = around(event, ".row");
  if (!row) return;
  const column = around(event, ".exclude") ? ".exclude" : "input";
  if (event.key === "ArrowRight") focusIn(row, ".exclude:not([hidden])");
  else if (event.key === "ArrowLeft") one(row, "input").focus();
  else if (event.key === "ArrowDown") focusIn(row.nextElementSibling, column);
  else if (event.key === "ArrowUp") focusIn(row.previousElementSibling, column);
  else return;
  event.preventDefault();
}

/** @type {(row: Element | null, selector: string) => void} */
function focusIn(row, selector) {
  /** @type {HTMLElement | null | undefined} */
  const target = row?.querySelector(selector);
  target?.focus();
}

/**
 * The "(missing)" row on its own, below a histogram or a text box.
 *
 * @type {(ctx: Context, attribute: string) => { el: HTMLElement, row: Row, entry: Entry }}
 */
export function createMissingRow(ctx, attribute) {
  const entry = { value: MISSING, label: MISSING, count: 0, missing: true };
  const row = createRow(entry);
  const list = el("div", { class: "rows" }, [row.el]);
  listenToRows(ctx, attribute, list);
  return { el: list, row, entry };
}

/** @type {(view: ReturnType<typeof createMissingRow>, facet: Exclude<Facet, { pending: true }>, chosen: Chosen, max: number) => void} */
export function updateMissingRow(view, facet, chosen, max) {
  const count = facet.missing ?? 0;
  const useful = facet.operators.includes("missing") && (count > 0 || chosen.missing !== null);
  show(view.el, useful);
  if (!useful) return;
  const none = { eq: new Set(""), not: new Set(""), swatches: {}, query: "" };
  patchRow(view.row, { ...view.entry, count }, { ...none, chosen, max: Math.max(1, max), canExclude: true });
}
