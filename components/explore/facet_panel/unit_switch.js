// The switch between counts of series and of patients.

import { el } from "../../common/dom.js";
import { editUnit } from "./store.js";

/** @import { Context, Unit } from "./types.d.ts" */

/** @typedef {{ el: HTMLElement, inputs: HTMLInputElement[] }} UnitSwitch */

/** @type {Unit[]} */
const UNITS = ["series", "patients"];

/** @type {(ctx: Context) => UnitSwitch} */
export function createUnitSwitch(ctx) {
  const choose = (/** @type {Unit} */ unit) => {
    editUnit(ctx.store, unit);
    ctx.refresh("");
  };
  const inputs = UNITS.map((unit) =>
    el("input", { type: "radio", name: "unit", value: unit, onchange: () => choose(unit) }),
  );
  const labels = inputs.map((input) =>
    el("label", { "data-unit": input.value }, [input, el("span", { text: input.value })]),
  );
  const attributes = { class: "unit-switch", "data-testid": "unit-switch" };
  return { el: el("fieldset", attributes, [el("legend", { text: "Count" }), ...labels]), inputs };
}

/** @type {(view: UnitSwitch, unit: Unit) => void} */
export function updateUnitSwitch(view, unit) {
  for (const input of view.inputs) {
    if (input.checked !== (input.value === unit)) input.checked = input.value === unit;
  }
}
