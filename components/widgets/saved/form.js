// The form in which the cohort on screen gets the name under which this browser keeps it.

import { el, one, setText } from "../../common/dom.js";
import { readSaved, withoutSaved, writeSaved } from "./storage.js";

/** @import { ToSave } from "./types.d.ts" */

/** @type {(cohort: ToSave, close: () => void) => HTMLFormElement} */
function saveForm(cohort, close) {
  const name = el("input", { "aria-label": "Name of the cohort", maxlength: cohort.longest, required: true });
  name.value = readSaved().find((entry) => entry.query === cohort.query)?.name ?? cohort.suggested;
  const keep = el("button", { class: "keep", text: "Save in this browser" });
  const cancel = el("button", { type: "button", class: "tool", text: "Cancel", onclick: close });
  const note = el("span", { class: "note", role: "status" });
  const form = el("form", { class: "save" }, [name, keep, cancel, note]);
  name.oninput = () => {
    const other = readSaved().find((entry) => entry.name === name.value.trim() && entry.query !== cohort.query);
    setText(note, other ? "Takes the place of the one that has this name." : "");
  };
  form.onkeydown = (event) => {
    if (event.key === "Escape") close();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const called = name.value.trim();
    if (!called) return;
    const { query, json, sentence, figures } = cohort;
    const kept = writeSaved([{ name: called, query, json, sentence, figures }, ...withoutSaved(called)]);
    const text = kept
      ? `Saved as “${called}”: Home lists it, in this browser alone.`
      : "This browser keeps nothing for this page: copy its address instead.";
    form.replaceWith(el("p", { class: "note", role: "status", text }));
  };
  return form;
}

/**
 * Opens and closes the form; another cohort closes it.
 *
 * @type {(place: HTMLElement, cohort: ToSave) => () => void}
 */
export function offerSaving(place, cohort) {
  if (place.dataset.query !== cohort.query) place.replaceChildren();
  place.dataset.query = cohort.query;
  return () => {
    if (place.querySelector("form")) {
      place.replaceChildren();
      return;
    }
    place.replaceChildren(saveForm(cohort, () => place.replaceChildren()));
    /** @type {HTMLInputElement} */ (one(place, "input")).select();
  };
}
