// The cohort as a sentence of removable chips, with undo, redo, clear and save, and the ways to ask for more.

import { el, focusOf, one, swatch } from "../../common/dom.js";
import { offerSaving } from "../../widgets/saved/form.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Chip, Clause, Data, Edit } from "./types.d.ts" */

/** @typedef {(edit: Edit) => void} Send */

/** @type {(className: string, text: string) => HTMLElement} */
function words(className, text) {
  return el("span", { class: className, text });
}

/** @type {(chip: Chip, className: string, send: Send) => HTMLElement} */
function makeChip({ text, name, edit, swatch: colour, warning, hint }, className, send) {
  const remove = el("button", {
    type: "button",
    class: "remove",
    "aria-label": `Remove ${name}`,
    text: "×",
    onclick: () => send({ ...edit, action: "remove" }),
  });
  const attributes = { class: `chip ${className}${warning ? " unknown" : ""}`, title: warning && hint ? hint : null };
  return el("span", attributes, [
    ...(colour ? [swatch(colour)] : []),
    words("text", text),
    ...(warning ? [words("warning", warning)] : []),
    remove,
  ]);
}

/** @type {(clause: Clause, first: boolean, send: Send) => HTMLElement} */
function makeClause({ attribute, label, parts, note }, first, send) {
  const kind = attribute ? "value" : "long";
  return el("span", { class: "clause", "data-attribute": attribute }, [
    ...(first ? [] : [words("word", "and")]),
    ...(label ? [words("label", label)] : []),
    ...parts.map((part) => (typeof part === "string" ? words("word", part) : makeChip(part, kind, send))),
    ...(note ? [words("note", note)] : []),
  ]);
}

/** @type {(label: string, title: string, dialog: string, send: Send) => HTMLElement} */
function makeOpener(label, title, dialog, send) {
  const onclick = () => send({ action: "open", dialog });
  return el("button", { type: "button", class: "opener", text: label, title, onclick });
}

/** @param {Send} send */
function makeOpeners(send) {
  const made = "What was made from these images, or what these were made from";
  return [
    makeOpener("Add a condition on patients or studies", "Such as: patients who also have PT", "relation", send),
    makeOpener("Add segmentations or source images", made, "complete", send),
  ];
}

/** @type {(data: Data, send: Send) => HTMLElement} */
function makeSentence({ opening, clauses, options, openers }, send) {
  return el("div", { class: "sentence", "data-testid": "cohort-sentence" }, [
    "edit" in opening ? makeChip(opening, "long lead", send) : words("lead", opening.text),
    ...clauses.map((clause, place) => makeClause(clause, place === 0, send)),
    ...options.map((option) => makeChip(option, "long", send)),
    ...(openers ? makeOpeners(send) : []),
  ]);
}

/** @type {(label: string, symbol: string, enabled: boolean, act: () => void) => HTMLElement} */
function makeTool(label, symbol, enabled, act) {
  return el("button", { type: "button", class: "tool", disabled: !enabled, onclick: act }, [
    el("span", { class: "symbol", "aria-hidden": "true", text: symbol }),
    el("span", { text: label }),
  ]);
}

/** @param {Element} button */
function nameOf(button) {
  return button.getAttribute("aria-label") || button.textContent;
}

/**
 * The bar is made anew for each cohort: the keyboard stays on the button of the same name, or comes back to Undo.
 *
 * @type {(place: HTMLElement, bar: HTMLElement) => void}
 */
function replaceBar(place, bar) {
  const focused = focusOf(place);
  const name = focused && place.contains(focused) ? nameOf(focused) : null;
  place.replaceChildren(bar);
  if (name === null) return;
  const buttons = [...place.querySelectorAll("button")].filter((button) => !button.disabled);
  const same = buttons.find((button) => nameOf(button) === name);
  (same ?? buttons.find((button) => button.closest(".tools")))?.focus();
}

/** @param {Component<Data>} component */
export default function cohortChips({ data, parentElement, setTriggerValue }) {
  /** @type {Send} */
  const send = (edit) => setTriggerValue("edit", edit);
  const saving = one(parentElement, "#save");
  if (!data.save) saving.replaceChildren();
  const tools = el("div", { class: "tools" }, [
    makeTool("Undo", "↶", data.undo, () => send({ action: "undo" })),
    makeTool("Redo", "↷", data.redo, () => send({ action: "redo" })),
    makeTool("Clear", "×", data.clear, () => send({ action: "clear" })),
    ...(data.save ? [makeTool("Save", "☆", true, offerSaving(saving, data.save))] : []),
  ]);
  replaceBar(one(parentElement, "#root"), el("div", { class: "bar" }, [makeSentence(data, send), tools]));
}
