// The DICOM header of each instance of a series, with a search; the content of a report as a tree above it.

import { el, one } from "../../common/dom.js";
import { ask, BASE, sentenceOf } from "./routes.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Content, HeadersData, HeadersPart as Part, HeaderTable } from "./types.d.ts" */

const SHOWN = 2000;

/** @type {WeakMap<Node, { uid: string, destroy: () => void }>} */
const parts = new WeakMap();

/** @param {Component<HeadersData>} component */
export default function headers({ data, parentElement }) {
  const root = one(parentElement, "#root");
  const there = parts.get(parentElement);
  if (there?.uid === data.uid) return there.destroy;
  const destroy = () => {
    root.replaceChildren();
    parts.delete(parentElement);
  };
  parts.set(parentElement, { uid: data.uid, destroy });
  const part = build(root, data.uid);
  read(part, 1);
  return destroy;
}

/** @type {(root: HTMLElement, uid: string) => Part} */
function build(root, uid) {
  const hint = "Search names, tags and values";
  const search = el("input", { type: "search", placeholder: hint, "aria-label": "Search the header" });
  const number = el("input", { type: "number", min: "1", value: "1", "aria-label": "Instance" });
  const total = el("span");
  const found = el("output", { "data-testid": "found" });
  const tree = el("div", { class: "tree", "data-testid": "tree", hidden: true });
  const rows = el("tbody");
  const message = el("p", { role: "status", text: "Reading the header …" });
  const heads = ["Tag", "Name", "VR", "Value"].map((text) => el("th", { text }));
  const table = el("table", {}, [el("thead", {}, [el("tr", {}, heads)]), rows]);
  const box = el("div", { class: "box", "data-testid": "header-table", hidden: true }, [table]);
  const chooser = el("label", {}, ["Instance ", number, total]);
  const tools = el("div", { class: "tools", hidden: true }, [chooser, search, found]);
  root.replaceChildren(el("div", { class: "headers" }, [tree, tools, message, box]));
  /** @type {Part} */
  const part = { uid, turn: 0, header: null, search, number, total, found, tree, rows, message, box, tools };
  search.oninput = () => fill(part);
  number.onchange = () => read(part, Number(number.value));
  return part;
}

/** @type {(part: Part, number: number) => Promise<void>} */
async function read(part, number) {
  part.turn += 1;
  const { turn } = part;
  try {
    /** @type {HeaderTable} */
    const header = await ask(`${BASE}/${part.uid}/instances/${Math.max(1, Math.round(number) || 1)}.json`);
    if (turn !== part.turn) return;
    part.header = header;
    part.number.max = String(header.instances);
    part.number.value = String(header.instance);
    part.total.textContent = ` of ${header.instances.toLocaleString("en")}`;
    part.message.textContent = "";
    part.tools.hidden = false;
    part.box.hidden = false;
    part.tree.hidden = !header.tree;
    part.tree.replaceChildren(...(header.tree ? [branch(header.tree, 0)] : []));
    fill(part);
  } catch (error) {
    if (turn === part.turn) part.message.textContent = sentenceOf(error);
  }
}

/** @param {Part} part */
function fill(part) {
  const words = part.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const hits = (part.header?.rows ?? []).filter((row) => {
    const text = row.slice(1).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const shown = hits.slice(0, SHOWN).map(([level, tag, name, kind, value]) => {
    const named = el("td", { text: name });
    named.style.paddingLeft = `${10 + 14 * level}px`;
    return el("tr", {}, [
      el("td", { class: "tag", text: tag }),
      named,
      el("td", { text: kind }),
      el("td", { text: value }),
    ]);
  });
  part.rows.replaceChildren(...shown);
  const more = hits.length > SHOWN ? `, the first ${SHOWN.toLocaleString("en")} are shown` : "";
  part.found.textContent = `${hits.length.toLocaleString("en")} elements${more}`;
}

/** @type {(node: Content, level: number) => HTMLElement} */
function branch(node, level) {
  const said = [
    ...(node.relation ? [el("em", { text: `${node.relation} ` })] : []),
    el("b", { text: node.name || node.type.toLowerCase() }),
    ...(node.value ? [el("span", { text: ` ${node.value}` })] : []),
  ];
  if (!node.children.length) return el("div", { class: "leaf" }, said);
  const inside = node.children.map((child) => branch(child, level + 1));
  return el("details", { open: level < 3 }, [el("summary", {}, said), ...inside]);
}
