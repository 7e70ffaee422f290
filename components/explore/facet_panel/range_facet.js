// A facet with an order: a histogram with two handles, two exact inputs, a missing row.

import { el, focusOf, setAttr, setText, show } from "../../common/dom.js";
import { svg } from "../../common/icons.js";
import { exactCount } from "../../common/numbers.js";
import { createMissingLine, updateMissingLine } from "./parts.js";
import {
  binAt,
  binBounds,
  binOf,
  boundText,
  createScale,
  dayOf,
  histogramPath,
  orderedBounds,
  parseBound,
  placeOf,
  roundTo,
  spokenValue,
  stepFrom,
  upperPlace,
  valueAt,
} from "./range_scale.js";
import { createMissingRow, updateMissingRow } from "./rows.js";
import { chosenOf, editFacet, hasRange } from "./store.js";

/** @import { Bounds, Box, Chosen, Context, RangeFacet, Scale, Side, Timer } from "./types.d.ts" */

/** @typedef {{ side: Side | null, startX: number, start: number, before: Bounds, moved: boolean }} Drag */

/**
 * @typedef {{
 *   ctx: Context,
 *   attribute: string,
 *   el: HTMLElement,
 *   plot: ReturnType<typeof createPlot>,
 *   inputs: [HTMLInputElement, HTMLInputElement],
 *   unit: HTMLElement,
 *   clear: HTMLElement,
 *   missingRow: ReturnType<typeof createMissingRow>,
 *   missingLine: ReturnType<typeof createMissingLine>,
 *   facet: { label: string, unit: string },
 *   scale: Scale,
 *   bounds: Bounds,
 *   drag: Drag | null,
 *   timer: Timer,
 *   commit: () => void,
 *   path: string,
 * }} RangeBody
 */

const KEY_COMMIT_MS = 450;
const DATE_COMMIT_MS = 900;
const FIRST_DATE = "1000-01-01";
const CLICK_SLOP_PX = 4;

/** @type {[Side, Side]} */
const SIDES = [0, 1];

/** @type {Record<string, number>} */
const QUARTERS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8 };

/** @type {(ctx: Context, attribute: string) => RangeBody} */
export function createRangeBody(ctx, attribute) {
  const plot = createPlot();
  /** @type {RangeBody["inputs"]} */
  const inputs = [el("input", { class: "box" }), el("input", { class: "box" })];
  const unit = el("span", { class: "unit" });
  const clear = el("button", {
    type: "button",
    class: "link clear-range",
    text: "Clear",
    "data-testid": "clear-range",
  });
  const missingRow = createMissingRow(ctx, attribute);
  const missingLine = createMissingLine(ctx, attribute);
  const fields = el("div", { class: "bounds" }, [inputs[0], el("span", { text: "–" }), inputs[1], unit, clear]);
  /** @type {RangeBody} */
  const view = {
    ctx,
    attribute,
    el: el("div", { class: "range" }, [plot.el, fields, missingRow.el, missingLine.el]),
    plot,
    inputs,
    unit,
    clear,
    missingRow,
    missingLine,
    facet: { label: "", unit: "" },
    scale: { date: false, whole: false, log: false, bins: [], min: 0, max: 0 },
    bounds: [null, null],
    drag: null,
    timer: undefined,
    commit: () => {},
    path: "",
  };
  clear.addEventListener("click", () => commitBounds(view, [null, null]));
  for (const side of SIDES) {
    listenToHandle(view, side);
    listenToInput(view, side);
  }
  listenToPlot(view);
  return view;
}

function createPlot() {
  const back = svg("path", { class: "bars" });
  const front = svg("path", { class: "bars inside" });
  const chart = svg("svg", { class: "chart", preserveAspectRatio: "none", "aria-hidden": "true" }, [back, front]);
  /** @type {[HTMLElement, HTMLElement]} */
  const handles = [createHandle("handle-min"), createHandle("handle-max")];
  const area = el("div", { class: "plot" }, [chart, ...handles]);
  /** @type {[HTMLElement, HTMLElement]} */
  const ends = [el("span"), el("span")];
  const node = el("div", {}, [area, el("div", { class: "ends" }, ends)]);
  return { el: node, area, chart, back, front, handles, ends };
}

/** @param {string} name */
function createHandle(name) {
  return el("div", { class: "handle", role: "slider", tabindex: "0", "data-testid": name });
}

/** @param {RangeBody} view */
function listenToPlot(view) {
  const { area } = view.plot;
  area.addEventListener("pointerdown", (event) => startDrag(view, event));
  area.addEventListener("pointermove", (event) => moveDrag(view, event));
  area.addEventListener("pointerup", (event) => endDrag(view, event));
  area.addEventListener("pointercancel", () => cancelDrag(view));
  area.addEventListener("pointerleave", () => view.ctx.tooltip.hide());
}

/** @type {(view: RangeBody, side: Side) => void} */
function listenToHandle(view, side) {
  const handle = view.plot.handles[side];
  handle.addEventListener("keydown", (event) => keyHandle(view, side, event));
  handle.addEventListener("blur", () => flushCommit(view));
}

/** @type {(view: RangeBody, side: Side) => void} */
function listenToInput(view, side) {
  const input = view.inputs[side];
  input.dataset.testid = side ? "input-max" : "input-min";
  input.addEventListener("input", () => {
    if (view.scale.date) laterCommit(view, () => commitInputs(view, false), DATE_COMMIT_MS);
  });
  input.addEventListener("blur", () => commitInputs(view, true));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") commitInputs(view, true);
  });
}

/** @type {(view: RangeBody, facet: RangeFacet, chosen: Chosen) => void} */
export function updateRangeBody(view, facet, chosen) {
  view.facet = facet;
  view.scale = createScale(facet);
  const editing = view.drag !== null || view.timer !== undefined;
  if (!editing) view.bounds = [parseBound(view.scale, chosen.gte), parseBound(view.scale, chosen.lte)];
  drawHistogram(view);
  describeInputs(view);
  drawBounds(view);
  show(view.clear, hasRange(chosen));
  setText(view.unit, facet.unit);
  const counted = facet.bins.reduce((sum, bin) => sum + bin[2], 0);
  updateMissingRow(view.missingRow, facet, chosen, counted + facet.missing);
  updateMissingLine(view.missingLine, facet, chosen);
}

/** @param {RangeBody} view */
function drawHistogram(view) {
  const path = histogramPath(view.scale.bins);
  if (path === view.path) return;
  view.path = path;
  setAttr(view.plot.chart, "viewBox", `0 0 ${Math.max(1, view.scale.bins.length)} 100`);
  setAttr(view.plot.back, "d", path);
  setAttr(view.plot.front, "d", path);
}

/** @param {RangeBody} view */
function describeInputs({ facet, scale, inputs, plot }) {
  for (const side of SIDES) {
    const input = inputs[side];
    const text = spokenValue(scale, side ? scale.max : scale.min, "");
    setAttr(input, "type", scale.date ? "date" : "number");
    setAttr(input, "step", scale.date || scale.whole ? null : "any");
    setAttr(input, "placeholder", text);
    setAttr(input, "aria-label", `${facet.label} ${side ? "to" : "from"}${facet.unit ? ` (${facet.unit})` : ""}`);
    setText(plot.ends[side], text);
  }
}

/**
 * Only what is on screen; nothing is sent.
 *
 * @param {RangeBody} view
 */
function drawBounds(view) {
  const { scale, bounds, plot, facet } = view;
  const [low, high] = bounds;
  const values = [low ?? scale.min, high ?? scale.max];
  const places = [low === null ? 0 : placeOf(scale, low), high === null ? 1 : upperPlace(scale, high)];
  const [left, right] = places.map((place) => (place * 100).toFixed(2));
  view.el.classList.toggle("ranged", low !== null || high !== null);
  plot.front.style.clipPath = `inset(0 ${(100 - Number(right)).toFixed(2)}% 0 ${left}%)`;
  for (const side of SIDES) {
    const handle = plot.handles[side];
    const value = values[side] ?? 0;
    handle.style.left = `${side ? right : left}%`;
    setAttr(handle, "aria-label", `${facet.label} ${side ? "maximum" : "minimum"}`);
    setAttr(handle, "aria-valuemin", scale.min);
    setAttr(handle, "aria-valuemax", scale.max);
    setAttr(handle, "aria-valuenow", value);
    setAttr(handle, "aria-valuetext", bounds[side] === null ? "no limit" : spokenValue(scale, value, facet.unit));
    fillInput(view, side);
  }
}

/** @type {(view: RangeBody, side: Side) => void} */
function fillInput(view, side) {
  const input = view.inputs[side];
  const typing = focusOf(input) === input && view.drag === null;
  const text = boundText(view.scale, view.bounds[side]);
  if (!typing && input.value !== text) input.value = text;
}

/** @param {RangeBody} view */
function stopTimer(view) {
  clearTimeout(view.timer);
  view.timer = undefined;
}

/** @type {(view: RangeBody, bounds: Bounds) => void} */
function commitBounds(view, bounds) {
  stopTimer(view);
  view.bounds = bounds;
  const chosen = chosenOf(view.ctx.store, view.attribute);
  const same = parseBound(view.scale, chosen.gte) === bounds[0] && parseBound(view.scale, chosen.lte) === bounds[1];
  const range = bounds.map((bound) => boundText(view.scale, bound));
  if (!same) editFacet(view.ctx.store, view.attribute, { range });
  view.ctx.touched = view.el;
  view.ctx.refresh(view.attribute);
}

/** @type {(view: RangeBody, commit: () => void, delay: number) => void} */
function laterCommit(view, commit, delay) {
  stopTimer(view);
  view.commit = commit;
  view.timer = setTimeout(() => flushCommit(view), delay);
}

/** @param {RangeBody} view */
function flushCommit(view) {
  if (view.timer === undefined) return;
  stopTimer(view);
  view.commit();
}

/**
 * Half-typed dates and the like wait; what is left unfinished is put back.
 *
 * @type {(view: RangeBody, leaving: boolean) => void}
 */
function commitInputs(view, leaving) {
  const { scale, inputs } = view;
  const [low, high] = [parseBound(scale, inputs[0].value), parseBound(scale, inputs[1].value)];
  const early = scale.date && [low, high].some((day) => day !== null && day < dayOf(FIRST_DATE));
  if (early || inputs.some((input) => input.validity.badInput)) {
    if (leaving) for (const side of SIDES) inputs[side].value = boundText(scale, view.bounds[side]);
    return;
  }
  commitBounds(view, low !== null && high !== null && low > high ? [high, low] : [low, high]);
}

/** @type {(view: RangeBody, side: Side, event: KeyboardEvent) => void} */
function keyHandle(view, side, event) {
  const { scale } = view;
  const value = view.bounds[side] ?? (side ? scale.max : scale.min);
  const quarters = QUARTERS[event.key];
  let next = value;
  if (quarters) next = stepFrom(scale, value, quarters);
  else if (event.key === "Home") next = scale.min;
  else if (event.key === "End") next = scale.max;
  else return;
  event.preventDefault();
  moveBound(view, side, next);
  laterCommit(view, () => commitBounds(view, orderedBounds(scale, view.bounds)), KEY_COMMIT_MS);
}

/**
 * A handle stops at the other one.
 *
 * @type {(view: RangeBody, side: Side, value: number) => void}
 */
function moveBound(view, side, value) {
  const { scale, bounds } = view;
  const [low, high] = bounds;
  const other = side ? low : high;
  const stopped = other === null ? value : side ? Math.max(value, other) : Math.min(value, other);
  const next = Math.min(scale.max, Math.max(scale.min, stopped));
  view.bounds = orderedBounds(scale, side ? [low, next] : [next, high]);
  drawBounds(view);
}

/** @type {(view: RangeBody, event: PointerEvent) => number} */
function placeAt(view, event) {
  const box = view.plot.area.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / (box.width || 1)));
}

/** @type {(view: RangeBody, event: PointerEvent) => void} */
function startDrag(view, event) {
  const { area, handles } = view.plot;
  if (event.button !== 0 || view.scale.bins.length === 0) return;
  const side = SIDES.find((one) => event.composedPath().includes(handles[one])) ?? null;
  area.setPointerCapture(event.pointerId);
  view.drag = { side, startX: event.clientX, start: placeAt(view, event), before: view.bounds, moved: false };
  view.ctx.tooltip.hide();
  if (side !== null) handles[side].focus({ preventScroll: true });
  event.preventDefault();
}

/** @type {(view: RangeBody, event: PointerEvent) => void} */
function moveDrag(view, event) {
  const { drag } = view;
  if (!drag) {
    describeBin(view, event);
    return;
  }
  drag.moved = drag.moved || Math.abs(event.clientX - drag.startX) > CLICK_SLOP_PX;
  if (!drag.moved) return;
  const place = placeAt(view, event);
  if (drag.side !== null) moveBound(view, drag.side, valueAt(view.scale, place));
  else brush(view, drag.start, place);
}

/** @type {(view: RangeBody, from: number, to: number) => void} */
function brush(view, from, to) {
  view.bounds = orderedBounds(view.scale, [valueAt(view.scale, from), valueAt(view.scale, to)]);
  drawBounds(view);
}

/** @type {(view: RangeBody, event: PointerEvent) => void} */
function endDrag(view, event) {
  const { drag, scale } = view;
  if (!drag) return;
  view.drag = null;
  if (drag.moved) commitBounds(view, view.bounds);
  // A click on a bar takes that bar.
  else if (drag.side === null) commitBounds(view, binBounds(scale, binAt(scale, placeAt(view, event))));
}

/** @param {RangeBody} view */
function cancelDrag(view) {
  if (!view.drag) return;
  view.bounds = view.drag.before;
  view.drag = null;
  drawBounds(view);
}

/** @type {(view: RangeBody, event: PointerEvent) => void} */
function describeBin(view, event) {
  const { scale } = view;
  if (event.pointerType === "touch" || scale.bins.length === 0) return;
  const index = binAt(scale, placeAt(view, event));
  const [low, high, count] = binOf(scale, index);
  const [from, to] = [low, high].map((value) => spokenValue(scale, roundTo(scale, value, high - low), ""));
  view.ctx.tooltip.showAt(`${from} to ${to}: ${exactCount(count)}`, () => binRect(view, index));
}

/** @type {(view: RangeBody, index: number) => Box} */
function binRect(view, index) {
  const { left, width, top, bottom } = view.plot.area.getBoundingClientRect();
  const binWidth = width / view.scale.bins.length;
  return { left: left + index * binWidth, width: binWidth, top, bottom };
}
