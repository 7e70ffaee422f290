// A table drawn from data; made anew when the data changes.

import { el, show, swatch } from "../../common/dom.js";
import { appLink, foreignLink } from "../../common/links.js";
import { exactCount } from "../../common/numbers.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Column, Data, Entry } from "./types.d.ts" */

/** @param {Entry} entry */
function entryNode({ text = "", href, address }) {
  if (address) return foreignLink(text, address);
  return href ? appLink("", text, href) : el("span", { text });
}

/** @type {(share: number, colour?: string) => HTMLElement} */
function track(share, colour) {
  const bar = el("i", { class: "bar" });
  bar.style.width = `${Math.max(share * 100, 0.8)}%`;
  if (colour) bar.style.background = colour;
  return el("span", { class: "track", "aria-hidden": "true" }, [bar]);
}

/** @type {(entry: Entry, column: Column, place: number) => HTMLElement} */
function cellNode(entry, column, place) {
  /** @type {HTMLElement[]} */
  const inside = [entryNode(entry)];
  if (entry.share !== undefined) inside.unshift(track(entry.share, entry.colour));
  else if (entry.colour) inside.unshift(swatch(entry.colour));
  const kind = entry.share !== undefined ? "barred" : column.text ? "text" : "number";
  const attributes = { scope: place ? null : "row", class: kind, title: entry.hint || null };
  return el(place ? "td" : "th", attributes, [el("div", { class: "cell" }, inside)]);
}

/** @param {Data} data */
function headNode({ columns }) {
  if (!columns.some(({ label }) => label)) return [];
  const heads = columns.map(({ label, text }) =>
    el("th", { scope: "col", class: text ? "text" : "number", text: label }),
  );
  return [el("thead", {}, [el("tr", {}, heads)])];
}

/** @param {Data} data */
function makeTally(data) {
  const rows = data.rows.map((row, number) => {
    const cells = data.columns.map((column, place) => cellNode(row[place] ?? {}, column, place));
    return el("tr", { class: number === data.chosen ? "chosen" : "" }, cells);
  });
  /** @type {HTMLElement[]} */
  const parts = [];
  if (data.title) parts.push(el("h3", { text: data.title }));
  parts.push(el("div", { class: "scroll" }, [el("table", {}, [...headNode(data), el("tbody", {}, rows)])]));
  if (rows.length > data.most + 1) {
    /** @param {boolean} all */
    const fold = (all) => {
      for (const [number, row] of rows.entries()) show(row, all || number < data.most || number === data.chosen);
    };
    fold(false);
    const more = el("button", { type: "button", class: "more", text: `Show all ${exactCount(rows.length)}` });
    more.onclick = () => {
      fold(true);
      more.remove();
    };
    parts.push(more);
  }
  if (data.note) parts.push(el("p", { class: "note", text: data.note }));
  return el("div", { class: "tally" }, parts);
}

/** @type {WeakMap<Node, string>} */
const shown = new WeakMap();

/** @param {Component<Data>} component */
export default function tally({ data, parentElement }) {
  const now = JSON.stringify(data);
  if (shown.get(parentElement) === now) return;
  shown.set(parentElement, now);
  for (const old of parentElement.querySelectorAll(".tally")) old.remove();
  parentElement.append(makeTally(data));
}
