// Tables that a group of filters needs and this machine lacks: how to get them, and how far their fetching is.

import { el, show } from "../../common/dom.js";
import { editFetch } from "./store.js";

/** @import { AbsentTable, Context } from "./types.d.ts" */

/** @typedef {{ ctx: Context, seen: string, el: HTMLElement }} AbsentView */

/** @type {(ctx: Context) => AbsentView} */
export function createAbsent(ctx) {
  return { ctx, seen: "", el: el("div", { class: "absent", hidden: true }) };
}

/** @type {(view: AbsentView, tables: AbsentTable[]) => void} */
export function updateAbsent(view, tables) {
  const seen = JSON.stringify(tables);
  if (view.seen === seen) return;
  view.seen = seen;
  view.el.replaceChildren(...tables.map((table) => absentTable(view.ctx, table)));
  show(view.el, tables.length > 0);
}

/** @type {(ctx: Context, absent: AbsentTable) => HTMLElement} */
function absentTable(ctx, { table, command, allowed, running, failed }) {
  const said = el("p", { text: running || failed || `These filters need ${table}, which is not on this machine.` });
  const lead = allowed ? "Or on the command line: " : "Its operator can fetch it: ";
  const ways = [...(allowed ? [fetchButton(ctx, table)] : []), el("p", {}, [lead, el("code", { text: command })])];
  const parts = [said, ...(running ? [] : ways)];
  return el("div", { class: "absent-table", "data-table": table, role: "status" }, parts);
}

/** @type {(ctx: Context, table: string) => HTMLElement} */
function fetchButton(ctx, table) {
  const button = el("button", { type: "button", class: "add", text: `Fetch ${table}` });
  button.addEventListener("click", () => {
    button.disabled = true;
    editFetch(ctx.store, table);
  });
  return button;
}
