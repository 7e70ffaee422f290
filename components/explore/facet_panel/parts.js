// Small parts that several kinds of facet share.

import { around, el, setText, show } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { chosenOf, editFacet, hasRange, setMissing, without } from "./store.js";

/** @import { Chosen, Context, ListOperator, RangeFacet, TermFacet } from "./types.d.ts" */

/** @typedef {{ ctx: Context, attribute: string, operator: ListOperator, seen: string | null, el: HTMLElement }} ChipsView */

/**
 * Removable chips for free text conditions.
 *
 * @type {(ctx: Context, attribute: string, operator: ListOperator) => ChipsView}
 */
export function createChips(ctx, attribute, operator) {
  const view = { ctx, attribute, operator, seen: null, el: el("ul", { class: "chips", hidden: true }) };
  view.el.addEventListener("click", (event) => {
    const chip = around(event, ".chip");
    if (chip) removeChip(view, chip.dataset.value ?? "");
  });
  return view;
}

/** @type {(view: ChipsView, chosen: Chosen) => void} */
export function updateChips(view, chosen) {
  const values = chosen[view.operator];
  const seen = values.join("\n");
  if (view.seen === seen) return;
  view.seen = seen;
  view.el.replaceChildren(...values.map((value) => createChip(view.operator, value)));
  show(view.el, values.length > 0);
}

/** @type {(operator: ListOperator, value: string) => HTMLElement} */
function createChip(operator, value) {
  const text = operator === "contains" ? `contains “${value}”` : value;
  const label = el("span", { class: "chip-label", text, title: value });
  const attributes = { type: "button", class: "chip", "data-value": value, "aria-label": `Remove ${text}` };
  return el("li", {}, [el("button", attributes, [label, icon("cross")])]);
}

/** @type {(view: ChipsView, value: string) => void} */
function removeChip(view, value) {
  const { ctx, attribute, operator } = view;
  editFacet(ctx.store, attribute, { [operator]: without(chosenOf(ctx.store, attribute)[operator], value) });
  ctx.refresh(attribute);
}

/** @typedef {{ el: HTMLElement, text: HTMLElement, button: HTMLElement, wanted: Chosen["missing"] }} MissingLine */

/**
 * Says what happens to series that lack a value, and lets the user change it.
 *
 * @type {(ctx: Context, attribute: string) => MissingLine}
 */
export function createMissingLine(ctx, attribute) {
  const text = el("span");
  const button = el("button", { type: "button", class: "link", "data-testid": "missing-toggle" });
  const node = el("p", { class: "missing-line", hidden: true }, [text, " ", button]);
  /** @type {MissingLine} */
  const view = { el: node, text, button, wanted: null };
  button.addEventListener("click", () => {
    setMissing(ctx.store, attribute, view.wanted);
    ctx.refresh(attribute);
  });
  return view;
}

/** @type {(view: MissingLine, facet: TermFacet | RangeFacet, chosen: Chosen) => void} */
export function updateMissingLine(view, facet, chosen) {
  const rule = facet.operators.includes("missing") ? missingRule(facet.missing, chosen) : null;
  show(view.el, rule !== null);
  if (!rule) return;
  view.wanted = rule.wanted;
  setText(view.text, rule.text);
  setText(view.button, rule.action);
}

/** @typedef {{ text: string, action: string, wanted: Chosen["missing"] }} MissingRule */

/** @type {Record<"kept" | "hidden" | "leftOut" | "included", MissingRule>} */
export const MISSING_RULES = {
  kept: { text: "Series without a value are kept.", action: "Hide missing", wanted: "false" },
  hidden: { text: "Series without a value are hidden.", action: "Keep missing", wanted: null },
  leftOut: { text: "Series without a value are left out.", action: "Include missing", wanted: "true" },
  included: { text: "Series without a value are included.", action: "Leave out missing", wanted: null },
};

/**
 * What becomes of so many series without a value; nothing to be said if there are none, or if it is plain.
 *
 * @type {(missing: number, chosen: Chosen) => MissingRule | null}
 */
export function missingRule(missing, chosen) {
  if (!missing && chosen.missing === null) return null;
  if (hasRange(chosen)) return chosen.missing === "true" ? MISSING_RULES.included : MISSING_RULES.leftOut;
  if (chosen.not.length === 0 || chosen.eq.length > 0) return null;
  return chosen.missing === "false" ? MISSING_RULES.hidden : MISSING_RULES.kept;
}
