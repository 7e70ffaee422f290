// Three radio buttons drawn as one switch. They are made once and brought up to date in place, so that the focus stays.

import { el, one, setAttr, setText } from "../../common/dom.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Data, Scope } from "./types.d.ts" */

/** @typedef {ReturnType<typeof makeSegment>} Segment */

/** @type {WeakMap<HTMLElement, Segment[]>} */
const switches = new WeakMap();

/** @param {Scope} scope */
function makeSegment({ value }) {
  const input = el("input", { type: "radio", name: "scope", value });
  const name = el("span", { class: "name" });
  const figures = [el("span"), el("span")];
  const node = el("label", { "data-scope": value }, [input, name, el("span", { class: "figures" }, figures)]);
  return { node, input, name, figures };
}

/** @param {Component<Data>} component */
export default function scopeSwitch({ data, parentElement, setTriggerValue }) {
  const root = one(parentElement, "#root");
  const segments = switches.get(root) ?? data.scopes.map(makeSegment);
  if (!switches.has(root)) {
    switches.set(root, segments);
    root.replaceChildren(...segments.map(({ node }) => node));
  }
  for (const [position, { value, label, figures, hint }] of data.scopes.entries()) {
    const segment = segments[position];
    if (!segment) continue;
    setAttr(segment.node, "title", hint);
    setText(segment.name, label);
    for (const [place, node] of segment.figures.entries()) setText(node, figures[place] ?? "");
    segment.input.checked = value === data.chosen;
    segment.input.onchange = () => setTriggerValue("chosen", value);
  }
}
