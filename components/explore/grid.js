// What AG Grid runs in the browser: cells, and what it asks about rows. Each stands for itself, as the grid takes them one
// by one.

/** @import { Cell, GridEvent, Node, Reason } from "./grid_types.d.ts" */

/** A link to the viewer, in a tab of its own. */
export class ViewerLink {
  /** @param {Cell<{ colour: string }>} cell */
  init({ value, colour }) {
    this.element = document.createElement("span");
    if (typeof value !== "string" || !/^https?:\/\//.test(value)) return;
    const link = document.createElement("a");
    link.href = value;
    link.target = "_blank";
    link.rel = "noopener";
    link.style.color = colour;
    link.textContent = value.includes("StudyInstanceUIDs=") ? "OHIF" : "SLIM";
    this.element.append(link);
  }

  getGui() {
    return this.element;
  }
}

/** Leads out of the grid's frame, so its address starts from the page around it. */
export class OwnPage {
  /** @param {Cell<{ colour: string, address: string }>} cell */
  init({ value, colour, address }) {
    this.element = document.createElement("a");
    const path = address + encodeURIComponent(String(value));
    this.element.href = new URL(path, window.parent.document.baseURI).href;
    this.element.target = "_blank";
    this.element.rel = "noopener";
    this.element.style.color = colour;
    this.element.textContent = "Open";
  }

  getGui() {
    return this.element;
  }
}

/** Modalities, each with a dot of its colour. */
export class Coloured {
  /** @param {Cell<{ colours: Record<string, string>, other: string }>} cell */
  init({ value, colours, other }) {
    this.element = document.createElement("span");
    for (const name of String(value ?? "").split(", ")) {
      if (!name) continue;
      const dot = document.createElement("span");
      dot.style.cssText = "display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:5px";
      dot.style.background = colours[name] || other;
      const text = document.createElement("span");
      text.textContent = name;
      text.style.marginRight = "8px";
      this.element.append(dot, text);
    }
  }

  getGui() {
    return this.element;
  }
}

/** @param {Cell<{ colDef: { field: string } }>} cell */
export function numberText({ value, colDef }) {
  if (typeof value !== "number") return "";
  const digits = colDef.field.endsWith("_MB") ? 2 : 0;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: 2 });
}

/** A finger needs taller rows than a mouse. */
export function rowHeight() {
  return matchMedia("(pointer: coarse)").matches ? 40 : 28;
}

/** The server has sorted already. */
export function keepOrder() {
  return 0;
}

/** @param {Node} row */
export function rowId({ data }) {
  return data.id;
}

/** @param {GridEvent} event */
export function showChosen({ api }) {
  api.forEachNode((node) => {
    if (node.isSelected() !== node.data.chosen) node.setSelected(node.data.chosen, false, "api");
  });
}

/**
 * What the server is told.
 *
 * @param {Reason} reason
 */
export function answer({ streamlitRerunEventTriggerName, eventData }) {
  const sorted = eventData.api.getColumnState().find((column) => column.sort);
  return {
    trigger: streamlitRerunEventTriggerName,
    sort: sorted ? [sorted.colId, sorted.sort] : null,
    chosen: eventData.api.getSelectedNodes().map((node) => node.id),
  };
}

/**
 * Only what the user did is worth a run.
 *
 * @param {Reason} reason
 */
export function byUser({ eventData }) {
  return !["api", "rowDataChanged", "gridInitializing"].includes(eventData.source);
}
