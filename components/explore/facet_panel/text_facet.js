// A facet without a list of values: a text box whose entries become chips.

import { el, setAttr } from "../../common/dom.js";
import { createChips, updateChips } from "./parts.js";
import { createMissingRow, updateMissingRow } from "./rows.js";
import { chosenOf, editFacet } from "./store.js";

/** @import { Chosen, Context, ListOperator, TextFacet } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createTextBody>} TextBody */

/** @type {ListOperator[]} */
const TYPED = ["contains", "eq"];

/** @param {Context} ctx @param {string} attribute */
export function createTextBody(ctx, attribute) {
  const attributes = { class: "box", autocomplete: "off", spellcheck: "false", "data-testid": "text-input" };
  const input = el("input", { type: "text", ...attributes });
  const form = el("form", { class: "text-form" }, [input, el("button", { type: "submit", class: "add", text: "Add" })]);
  const chips = TYPED.map((operator) => createChips(ctx, attribute, operator));
  const missingRow = createMissingRow(ctx, attribute);
  const node = el("div", {}, [form, ...chips.map((one) => one.el), missingRow.el]);
  const operator = /** @type {ListOperator} */ ("contains");
  const view = { el: node, ctx, attribute, operator, input, chips, missingRow };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    addText(view);
  });
  return view;
}

/** @type {(view: TextBody, facet: TextFacet, chosen: Chosen) => void} */
export function updateTextBody(view, facet, chosen) {
  view.operator = facet.operators.find((operator) => operator === "contains" || operator === "eq") ?? "contains";
  const hint = view.operator === "eq" ? "Exact value, or several" : "Contains…";
  setAttr(view.input, "placeholder", hint);
  setAttr(view.input, "aria-label", `${facet.label}: ${hint}`);
  for (const chips of view.chips) updateChips(chips, chosen);
  updateMissingRow(view.missingRow, facet, chosen, 0);
}

/** @param {TextBody} view */
function addText({ ctx, attribute, operator, input }) {
  const added = typedValues(input.value, operator);
  if (!added.length) return;
  const before = chosenOf(ctx.store, attribute)[operator];
  editFacet(ctx.store, attribute, { [operator]: [...new Set([...before, ...added])] });
  input.value = "";
  ctx.refresh(attribute);
}

/**
 * What was typed, as values. Identifiers may be pasted many at a time; they hold no spaces or commas.
 *
 * @type {(text: string, operator: ListOperator) => string[]}
 */
export function typedValues(text, operator) {
  const whole = text.trim();
  return (operator === "eq" ? whole.split(/[\s,;]+/) : [whole]).filter(Boolean);
}
