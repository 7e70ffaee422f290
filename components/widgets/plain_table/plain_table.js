// Rows of texts under headings. A link is made of a UID alone.

import { el, one, show } from "../../common/dom.js";
import { isPlainClick } from "../../common/links.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Data } from "./types.d.ts" */

// Texts of up to so many letters, such as sizes and dates, stay on one line.
const SHORT = 10;

/** @type {(text: string, uid: string, open: (uid: string) => void) => HTMLAnchorElement} */
function seriesLink(text, uid, open) {
  const anchor = el("a", { text, href: `series?SeriesInstanceUID=${encodeURIComponent(uid)}` });
  anchor.onclick = (event) => {
    // A plain click stays in this tab without loading the app anew; others do what a link does.
    if (!isPlainClick(event)) return;
    event.preventDefault();
    open(uid);
  };
  return anchor;
}

/** @type {(text: string | null, heading: string, uid: string | undefined, open: (uid: string) => void) => HTMLElement} */
function makeCell(text, heading, uid, open) {
  if (text === null) return el("td", { "data-label": heading }, [el("span", { class: "missing", text: "none" })]);
  const kind = text.length <= SHORT ? "short" : null;
  return el("td", { "data-label": heading, class: kind }, [uid ? seriesLink(text, uid, open) : text]);
}

/** @type {(data: Data, open: (uid: string) => void) => { table: HTMLElement, rows: HTMLElement[] }} */
function makeTable({ headings, rows, series }, open) {
  const heads = headings.map((text) => el("th", { text }));
  const body = rows.map((cells, position) =>
    el(
      "tr",
      {},
      cells.map((text, place) => makeCell(text, headings[place] ?? "", place ? undefined : series[position], open)),
    ),
  );
  const table = el("table", {}, [el("thead", {}, [el("tr", {}, heads)]), el("tbody", {}, body)]);
  return { table, rows: body };
}

/**
 * Leaves the rows that hold every word.
 *
 * @type {(rows: HTMLElement[], nothing: HTMLElement, typed: string) => void}
 */
function filterRows(rows, nothing, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    show(
      row,
      words.every((word) => text.includes(word)),
    );
  }
  show(
    nothing,
    rows.every((row) => row.hidden),
  );
}

/** @param {Component<Data>} component */
export default function plainTable({ data, parentElement, setTriggerValue }) {
  const root = one(parentElement, "#root");
  const shown = JSON.stringify(data);
  if (root.dataset.shown === shown) return;
  root.dataset.shown = shown;
  const { table, rows } = makeTable(data, (uid) => setTriggerValue("opened", uid));
  // With links in it the keyboard gets there anyway.
  const reached = { tabindex: "0", role: "region", "aria-label": data.headings.join(", ") };
  root.replaceChildren(el("div", { class: "frame", ...(data.series.length ? {} : reached) }, [table]));
  if (!data.search) return;
  const nothing = el("p", { class: "none", text: "Nothing matches.", hidden: true });
  const box = el("input", { type: "search", placeholder: data.search, "aria-label": data.search });
  box.oninput = () => filterRows(rows, nothing, box.value);
  root.prepend(box);
  root.append(nothing);
}
