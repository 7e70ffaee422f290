// One dataset as a card and as a row of the table.

import { el, setAttr, swatch } from "../../common/dom.js";
import { appLink } from "../../common/links.js";

/** @import { ModalityShare } from "../../common/types.d.ts" */
/** @import { Item, SortKey, State } from "./types.d.ts" */

/** @param {ModalityShare[]} modalities */
function modalityBar(modalities) {
  const parts = modalities.map(({ colour, share, hint }) => {
    const part = el("span", { title: hint });
    part.style.background = colour;
    part.style.flexGrow = String(Math.max(share, 0.012));
    return part;
  });
  return el("div", { class: "mix", "aria-hidden": "true" }, parts);
}

/** @type {(modalities: ModalityShare[], most: number) => HTMLElement} */
function modalityNames(modalities, most) {
  const names = modalities
    .slice(0, most)
    .map(({ name, colour, hint }) => el("span", { class: "modality", title: hint }, [swatch(colour), name]));
  const more = modalities.slice(most);
  if (more.length) {
    names.push(el("span", { class: "quiet", title: more.map(({ hint }) => hint).join("\n"), text: `+${more.length}` }));
  }
  return el("div", { class: "modalities" }, names);
}

/** @param {Item["license"]} license */
function licenseTag(license) {
  return el("span", { class: `license${license.strict ? " strict" : ""}`, title: license.hint, text: license.text });
}

/** @type {(item: Item, leave: () => void) => HTMLElement} */
export function makeCard(item, leave) {
  const head = el("div", { class: "card-head" }, [
    el("h2", {}, [appLink("title", item.title, item.href, leave)]),
    el("span", { class: "program", text: item.program }),
  ]);
  const figures = item.figures.map(([label, short, exact]) =>
    el("div", { title: exact }, [el("dt", { text: label }), el("dd", { text: short })]),
  );
  const foot = el("div", { class: "card-foot" }, [
    licenseTag(item.license),
    ...(item.badge ? [el("span", { class: "badge", text: item.badge })] : []),
    appLink("explore", "Explore →", item.exploreHref, leave),
  ]);
  return el("li", { class: "card", "data-id": item.id }, [
    head,
    el("p", { class: "about", text: item.about, title: item.about }),
    el("p", { class: "text", text: item.text }),
    modalityBar(item.modalities),
    modalityNames(item.modalities, 6),
    el("dl", { class: "figures" }, figures),
    foot,
  ]);
}

/** @type {{ label: string, sort?: SortKey, number?: boolean }[]} */
const COLUMNS = [
  { label: "Title", sort: "title" },
  { label: "Modalities" },
  { label: "Location" },
  { label: "Cancer type" },
  { label: "Species" },
  { label: "Patients", sort: "patients", number: true },
  { label: "Series", sort: "series", number: true },
  { label: "Size", sort: "size", number: true },
  { label: "License" },
  { label: "First in", sort: "first", number: true },
  { label: "Changed in", sort: "changed", number: true },
];

/** @param {string[]} values */
function listCell(values) {
  return el("td", { class: "list", text: values.join(", "), title: values.join(", ") });
}

/** @type {(text: string, title?: string) => HTMLElement} */
function numberCell(text, title) {
  return el("td", { class: "number", text, title });
}

/** @type {(item: Item, leave: () => void) => HTMLElement} */
export function makeRow(item, leave) {
  return el("tr", { "data-id": item.id }, [
    el("th", { scope: "row" }, [appLink("title", item.title, item.href, leave)]),
    el("td", {}, [modalityNames(item.modalities, 4)]),
    listCell(item.facets.location),
    listCell(item.facets.cancer),
    listCell(item.facets.species),
    ...item.figures.map(([, short, exact]) => numberCell(short, exact)),
    el("td", {}, [licenseTag(item.license)]),
    numberCell(item.first),
    numberCell(item.changed),
  ]);
}

/** @param {(key: SortKey) => void} resort */
export function makeTable(resort) {
  const heads = COLUMNS.map(({ label, sort, number }) => {
    const inside = sort ? el("button", { type: "button", text: label, onclick: () => resort(sort) }) : label;
    return el("th", { scope: "col", class: number ? "number" : "", "data-sort": sort }, [inside]);
  });
  const body = el("tbody");
  const table = el("table", {}, [el("thead", {}, [el("tr", {}, heads)]), body]);
  /** @param {State} state */
  const mark = (state) => {
    for (const head of heads) {
      const order = state.down ? "descending" : "ascending";
      setAttr(head, "aria-sort", head.dataset.sort === state.sort ? order : null);
    }
  };
  const node = el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, [table]);
  return { node, body, mark };
}
