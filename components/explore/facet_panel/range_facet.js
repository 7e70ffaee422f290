// A facet with an order: a histogram with two handles, two exact inputs, a missing row.

const KEY_COMMIT_MS = 450;
const DATE_COMMIT_MS = 900;
const FIRST_DATE = "1000-01-01";
const CLICK_SLOP_PX = 4;
const QUARTERS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8 };

function createRangeBody(ctx, attribute) {
  const view = { ctx, attribute, bounds: [null, null], scale: null, drag: null, timer: 0, path: "" };
  view.plot = createPlot(view);
  view.inputs = [createBoundInput(view, 0), createBoundInput(view, 1)];
  view.unit = el("span", { class: "unit" });
  view.clear = el("button", { type: "button", class: "link clear-range", text: "Clear", "data-testid": "clear-range" });
  view.clear.addEventListener("click", () => commitBounds(view, [null, null]));
  view.missingRow = createMissingRow(ctx, attribute);
  view.missingLine = createMissingLine(ctx, attribute);
  const fields = el("div", { class: "bounds" }, [view.inputs[0], el("span", { text: "–" }), view.inputs[1], view.unit, view.clear]);
  view.el = el("div", { class: "range" }, [view.plot.el, fields, view.missingRow.el, view.missingLine.el]);
  return view;
}

function createPlot(view) {
  const back = svg("path", { class: "bars" });
  const front = svg("path", { class: "bars inside" });
  const chart = svg("svg", { class: "chart", preserveAspectRatio: "none", "aria-hidden": "true" }, [back, front]);
  const handles = [createHandle(view, 0), createHandle(view, 1)];
  const area = el("div", { class: "plot" }, [chart, ...handles]);
  const ends = [el("span"), el("span")];
  area.addEventListener("pointerdown", (event) => startDrag(view, event));
  area.addEventListener("pointermove", (event) => moveDrag(view, event));
  area.addEventListener("pointerup", (event) => endDrag(view, event));
  area.addEventListener("pointercancel", () => cancelDrag(view));
  area.addEventListener("pointerleave", () => view.ctx.tooltip.hide());
  return { el: el("div", {}, [area, el("div", { class: "ends" }, ends)]), area, chart, back, front, handles, ends };
}

function createHandle(view, side) {
  const handle = el("div", { class: "handle", role: "slider", tabindex: "0", "data-testid": side ? "handle-max" : "handle-min" });
  handle.addEventListener("keydown", (event) => keyHandle(view, side, event));
  handle.addEventListener("blur", () => flushCommit(view));
  return handle;
}

function createBoundInput(view, side) {
  const input = el("input", { class: "box", "data-testid": side ? "input-max" : "input-min" });
  input.addEventListener("input", () => view.scale.date && laterCommit(view, () => commitInputs(view, false), DATE_COMMIT_MS));
  input.addEventListener("blur", () => commitInputs(view, true));
  input.addEventListener("keydown", (event) => event.key === "Enter" && commitInputs(view, true));
  return input;
}

function updateRangeBody(view, facet, chosen) {
  view.facet = facet;
  view.scale = createScale(facet);
  const editing = view.drag !== null || view.timer !== 0;
  if (!editing) view.bounds = [parseBound(view.scale, chosen.gte), parseBound(view.scale, chosen.lte)];
  drawHistogram(view);
  describeInputs(view);
  drawBounds(view);
  show(view.clear, hasRange(chosen));
  setText(view.unit, facet.unit || "");
  const counted = facet.bins.reduce((sum, bin) => sum + bin[2], 0);
  updateMissingRow(view.missingRow, facet, chosen, counted + (facet.missing || 0));
  updateMissingLine(view.missingLine, facet, chosen);
}

function drawHistogram(view) {
  const path = histogramPath(view.scale.bins);
  if (path === view.path) return;
  view.path = path;
  setAttr(view.plot.chart, "viewBox", `0 0 ${Math.max(1, view.scale.bins.length)} 100`);
  setAttr(view.plot.back, "d", path);
  setAttr(view.plot.front, "d", path);
}

function describeInputs(view) {
  const { facet, scale } = view;
  view.inputs.forEach((input, side) => {
    const text = spokenValue(scale, side ? scale.max : scale.min, "");
    setAttr(input, "type", scale.date ? "date" : "number");
    setAttr(input, "step", scale.date || scale.whole ? null : "any");
    setAttr(input, "placeholder", text);
    setAttr(input, "aria-label", `${facet.label} ${side ? "to" : "from"}${facet.unit ? ` (${facet.unit})` : ""}`);
    setText(view.plot.ends[side], text);
  });
}

// Only what is on screen; nothing is sent.
function drawBounds(view) {
  const { scale, bounds, plot, facet } = view;
  const values = [bounds[0] ?? scale.min, bounds[1] ?? scale.max];
  const places = [bounds[0] === null ? 0 : placeOf(scale, bounds[0]), bounds[1] === null ? 1 : upperPlace(scale, bounds[1])];
  view.el.classList.toggle("ranged", bounds[0] !== null || bounds[1] !== null);
  plot.front.style.clipPath = `inset(0 ${((1 - places[1]) * 100).toFixed(2)}% 0 ${(places[0] * 100).toFixed(2)}%)`;
  plot.handles.forEach((handle, side) => {
    handle.style.left = `${(places[side] * 100).toFixed(2)}%`;
    setAttr(handle, "aria-label", `${facet.label} ${side ? "maximum" : "minimum"}`);
    setAttr(handle, "aria-valuemin", scale.min);
    setAttr(handle, "aria-valuemax", scale.max);
    setAttr(handle, "aria-valuenow", values[side]);
    setAttr(handle, "aria-valuetext", bounds[side] === null ? "no limit" : spokenValue(scale, values[side], facet.unit));
    fillInput(view, side);
  });
}

// "up to 9" includes all of 9, so its edge is where 10 begins.
function upperPlace(scale, value) {
  return placeOf(scale, scale.whole ? value + 1 : value);
}

function fillInput(view, side) {
  const input = view.inputs[side];
  const typing = input.getRootNode().activeElement === input && view.drag === null;
  const text = boundText(view.scale, view.bounds[side]);
  if (!typing && input.value !== text) input.value = text;
}

function orderedBounds(scale, [low, high]) {
  const ordered = low !== null && high !== null && low > high ? [high, low] : [low, high];
  return [
    ordered[0] !== null && ordered[0] <= scale.min ? null : ordered[0],
    ordered[1] !== null && ordered[1] >= scale.max ? null : ordered[1],
  ];
}

function commitBounds(view, bounds) {
  clearTimeout(view.timer);
  view.timer = 0;
  view.bounds = bounds;
  const texts = bounds.map((bound) => boundText(view.scale, bound));
  const chosen = chosenOf(view.ctx.store, view.attribute);
  const before = [parseBound(view.scale, chosen.gte), parseBound(view.scale, chosen.lte)];
  const same = before[0] === bounds[0] && before[1] === bounds[1];
  if (!same) editFacet(view.ctx.store, view.attribute, { range: texts });
  view.ctx.touched = view.el;
  view.ctx.refresh(view.attribute);
}

function laterCommit(view, commit, delay) {
  clearTimeout(view.timer);
  view.commit = commit;
  view.timer = setTimeout(() => flushCommit(view), delay);
}

function flushCommit(view) {
  if (view.timer === 0) return;
  clearTimeout(view.timer);
  view.timer = 0;
  view.commit();
}

// Half-typed dates and the like wait; what is left unfinished is put back.
function commitInputs(view, leaving) {
  const bounds = view.inputs.map((input) => parseBound(view.scale, input.value));
  const early = view.scale.date && bounds.some((day) => day !== null && day < dayOf(FIRST_DATE));
  if (early || view.inputs.some((input) => input.validity.badInput)) {
    if (leaving) view.inputs.forEach((input, side) => (input.value = boundText(view.scale, view.bounds[side])));
    return;
  }
  commitBounds(view, bounds[0] !== null && bounds[1] !== null && bounds[0] > bounds[1] ? bounds.reverse() : bounds);
}

function keyHandle(view, side, event) {
  const { scale } = view;
  const value = view.bounds[side] ?? (side ? scale.max : scale.min);
  let next;
  if (event.key in QUARTERS) next = stepFrom(scale, value, QUARTERS[event.key]);
  else if (event.key === "Home") next = scale.min;
  else if (event.key === "End") next = scale.max;
  else return;
  event.preventDefault();
  moveBound(view, side, next);
  laterCommit(view, () => commitBounds(view, orderedBounds(scale, view.bounds)), KEY_COMMIT_MS);
}

// A handle stops at the other one.
function moveBound(view, side, value) {
  const { scale, bounds } = view;
  const other = bounds[1 - side];
  const stopped = other === null ? value : side ? Math.max(value, other) : Math.min(value, other);
  const next = [...bounds];
  next[side] = Math.min(scale.max, Math.max(scale.min, stopped));
  view.bounds = orderedBounds(scale, next);
  drawBounds(view);
}

function placeAt(view, event) {
  const box = view.plot.area.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / (box.width || 1)));
}

function startDrag(view, event) {
  if (event.button !== 0 || view.scale.bins.length === 0) return;
  const side = view.plot.handles.findIndex((handle) => handle.contains(event.target));
  view.plot.area.setPointerCapture(event.pointerId);
  view.drag = { side, startX: event.clientX, start: placeAt(view, event), before: view.bounds, moved: false };
  view.ctx.tooltip.hide();
  if (side >= 0) view.plot.handles[side].focus({ preventScroll: true });
  event.preventDefault();
}

function moveDrag(view, event) {
  const { drag } = view;
  if (!drag) {
    describeBin(view, event);
    return;
  }
  drag.moved = drag.moved || Math.abs(event.clientX - drag.startX) > CLICK_SLOP_PX;
  if (!drag.moved) return;
  const place = placeAt(view, event);
  if (drag.side >= 0) moveBound(view, drag.side, valueAt(view.scale, place));
  else brush(view, drag.start, place);
}

function brush(view, from, to) {
  const ends = [valueAt(view.scale, Math.min(from, to)), valueAt(view.scale, Math.max(from, to))];
  view.bounds = orderedBounds(view.scale, ends);
  drawBounds(view);
}

function endDrag(view, event) {
  const { drag } = view;
  if (!drag) return;
  view.drag = null;
  if (drag.moved) commitBounds(view, view.bounds);
  else if (drag.side < 0) commitBounds(view, binBounds(view.scale, binAt(view, event)));
}

function cancelDrag(view) {
  if (!view.drag) return;
  view.bounds = view.drag.before;
  view.drag = null;
  drawBounds(view);
}

function binAt(view, event) {
  const { bins } = view.scale;
  return Math.min(bins.length - 1, Math.floor(placeAt(view, event) * bins.length));
}

// A click on a bar takes that bar; bins leave out their upper edge, but for the last.
function binBounds(scale, index) {
  const [low, high] = scale.bins[index];
  const last = index === scale.bins.length - 1;
  return orderedBounds(scale, [scale.whole ? Math.ceil(low) : low, scale.whole && !last ? Math.ceil(high) - 1 : high]);
}

function describeBin(view, event) {
  if (event.pointerType === "touch" || view.scale.bins.length === 0) return;
  const index = binAt(view, event);
  const [low, high, count] = view.scale.bins[index];
  const [from, to] = [low, high].map((value) => spokenValue(view.scale, roundTo(view.scale, value, high - low), ""));
  view.ctx.tooltip.showAt(`${from} to ${to}: ${exactCount(count)}`, () => binRect(view, index));
}

function binRect(view, index) {
  const { left, width, top, bottom } = view.plot.area.getBoundingClientRect();
  const binWidth = width / view.scale.bins.length;
  return { left: left + index * binWidth, width: binWidth, top, bottom };
}
