// The cohorts that this browser keeps.

import { el, one } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { appLink } from "../../common/links.js";
import { readSaved, withoutSaved, writeSaved } from "./storage.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Saved } from "./types.d.ts" */

// The cohort as a file for the command line or another person. Half a character has no percent-encoding.
/** @type {(entry: Saved, json: string) => HTMLElement} */
function savedFile(entry, json) {
  const whole = json.replace(/[\ud800-\udfff]/gu, "");
  return el("a", {
    class: "file",
    text: "JSON",
    href: `data:application/json;charset=utf-8,${encodeURIComponent(whole)}`,
    download: `${entry.name}.json`,
    "aria-label": `${entry.name} as JSON`,
  });
}

/** @type {(entry: Saved, removed: (entry: Saved) => void) => HTMLElement} */
function savedItem(entry, removed) {
  const attributes = { type: "button", class: "remove", "aria-label": `Remove ${entry.name}` };
  const remove = el("button", { ...attributes, onclick: () => removed(entry) }, [icon("cross")]);
  const link = appLink("name", entry.name, `explore?${entry.query}`);
  const figures = el("p", { class: "figures", text: entry.figures });
  if (typeof entry.json === "string") figures.append(" · ", savedFile(entry, entry.json));
  return el("li", {}, [el("div", {}, [link, el("p", { text: entry.sentence }), figures]), remove]);
}

/** @type {(root: HTMLElement, removed?: { name: string, before: Saved[] }) => void} */
function drawSaved(root, removed) {
  const kept = readSaved();
  const parts = [];
  if (kept.length || removed) parts.push(el("h2", { text: "Saved in this browser" }));
  if (removed) {
    const undo = el("button", { type: "button", class: "undo", text: "Undo" });
    undo.addEventListener("click", () => {
      writeSaved(removed.before);
      drawSaved(root);
    });
    const said = el("p", { role: "status", text: `“${removed.name}” is no longer saved. ` });
    said.append(undo);
    parts.push(said);
  }
  /** @param {Saved} entry */
  const remove = (entry) => {
    const before = readSaved();
    writeSaved(withoutSaved(entry.name));
    drawSaved(root, { name: entry.name, before });
    one(root, ".undo").focus();
  };
  const items = kept.map((entry) => savedItem(entry, remove));
  if (kept.length) parts.push(el("ul", {}, items));
  root.replaceChildren(...parts);
}

/** @param {Component<Record<string, never>>} component */
export default function savedCohorts({ parentElement }) {
  /** @type {HTMLElement | null} */
  let root = parentElement.querySelector(".saved");
  if (!root) {
    root = el("section", { class: "saved", "aria-label": "Saved cohorts" });
    parentElement.append(root);
  }
  drawSaved(root);
}
