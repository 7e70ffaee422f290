import assert from "node:assert/strict";
import { test } from "node:test";
import {
  binBounds,
  boundText,
  createScale,
  dayOf,
  histogramPath,
  isoOf,
  orderedBounds,
  parseBound,
  placeOf,
  roundTo,
  spokenValue,
  stepFrom,
  upperPlace,
  valueAt,
} from "../../../../components/explore/facet_panel/range_scale.js";

/** @import { Edge } from "../../../../components/explore/facet_panel/types.d.ts" */

/** @type {(edges: Edge[], options?: { kind?: "number" | "date", integer?: boolean, scale?: "linear" | "log" }) => ReturnType<typeof createScale>} */
function scaleOf(edges, { kind = "number", integer = false, scale = "linear" } = {}) {
  /** @type {[Edge, Edge, number][]} */
  const bins = edges.slice(1).map((high, index) => [edges[index] ?? 0, high, 1]);
  return createScale({ kind, bins, integer, scale, min: edges[0] ?? 0, max: edges.at(-1) ?? 0 });
}

const LINEAR = scaleOf([0, 10, 20, 40, 80]);
const LOG = scaleOf([1, 10, 100, 1000], { scale: "log" });
const WHOLE = scaleOf([0, 10, 20, 30, 40], { integer: true });
const DATES = scaleOf(["2000-01-01", "2000-01-11", "2000-01-21"], { kind: "date" });

test("days count from 1970, and dates come back from them", () => {
  assert.equal(dayOf("1970-01-02"), 1);
  assert.equal(dayOf("1969-12-31"), -1);
  assert.equal(dayOf("2000-03-01"), 11_017);
  assert.equal(dayOf("2000-03-01T23:59:59"), 11_017);
  for (const iso of ["1000-01-01", "1969-12-31", "2000-02-29", "2026-11-28"]) assert.equal(isoOf(dayOf(iso)), iso);
});

test("bins are equally wide, whatever they span", () => {
  assert.equal(placeOf(LINEAR, 5), 0.125);
  assert.equal(placeOf(LINEAR, 20), 0.5);
  assert.equal(placeOf(LINEAR, 30), 0.625);
  assert.equal(placeOf(LINEAR, 60), 0.875);
});

test("what lies outside stands at the ends", () => {
  assert.equal(placeOf(LINEAR, -5), 0);
  assert.equal(placeOf(LINEAR, 80), 1);
  assert.equal(placeOf(LINEAR, 1e6), 1);
  assert.equal(placeOf(scaleOf([]), 3), 0);
});

test("within a logarithmic bin a place is a ratio", () => {
  assert.ok(Math.abs(placeOf(LOG, Math.sqrt(10)) - 0.5 / 3) < 1e-12);
  assert.equal(valueAt(LOG, 0.5), 32);
});

test("a logarithmic bin that begins at 0 is a linear one", () => {
  const scale = scaleOf([0, 10, 100], { scale: "log" });
  assert.equal(placeOf(scale, 5), 0.25);
  assert.equal(valueAt(scale, 0.25), 5);
});

test("values come back from their places, as exact as a tenth of a bin", () => {
  for (const value of [0, 3, 10, 17, 24, 40, 52, 80]) assert.equal(valueAt(LINEAR, placeOf(LINEAR, value)), value);
  for (const value of [0, 7, 13, 40]) assert.equal(valueAt(WHOLE, placeOf(WHOLE, value)), value);
  assert.equal(roundTo(LINEAR, 3.1789, 1), 3.2);
  assert.equal(roundTo(LINEAR, 0.1 + 0.2, 0.5), 0.3);
  assert.equal(roundTo(LINEAR, 1234, 500), 1230);
  assert.equal(roundTo(WHOLE, 3.6, 0.1), 4);
});

test("an upper limit of whole numbers holds all of its value", () => {
  assert.equal(upperPlace(WHOLE, 19), 0.5);
  assert.equal(upperPlace(LINEAR, 20), 0.5);
});

test("keys move by a quarter of a bin, and by a whole number at least", () => {
  assert.equal(stepFrom(WHOLE, 10, 1), 13);
  assert.equal(stepFrom(WHOLE, 10, -8), 0);
  const narrow = scaleOf([0, 1, 2], { integer: true });
  assert.equal(stepFrom(narrow, 1, 1), 2);
  assert.equal(stepFrom(narrow, 1, -1), 0);
});

test("limits come into order, and those that take nothing away fall off", () => {
  assert.deepEqual(orderedBounds(LINEAR, [30, 20]), [20, 30]);
  assert.deepEqual(orderedBounds(LINEAR, [0, 80]), [null, null]);
  assert.deepEqual(orderedBounds(LINEAR, [null, 20]), [null, 20]);
  assert.deepEqual(orderedBounds(LINEAR, [-5, 79]), [null, 79]);
});

test("a bar stands for its values: all but the last leave out their upper edge", () => {
  assert.deepEqual(binBounds(WHOLE, 1), [10, 19]);
  assert.deepEqual(binBounds(WHOLE, 3), [30, null]);
  assert.deepEqual(binBounds(scaleOf([0.5, 2.5, 4.5, 9], { integer: true }), 1), [3, 4]);
  assert.deepEqual(binBounds(LINEAR, 1), [10, 20]);
  assert.deepEqual(
    binBounds(DATES, 0).map((day) => boundText(DATES, day)),
    ["", "2000-01-10"],
  );
});

test("limits are read and written as the server has them", () => {
  assert.equal(parseBound(LINEAR, "2.5"), 2.5);
  assert.equal(parseBound(DATES, "2000-01-05"), 10_961);
  for (const text of [null, "", "many"]) assert.equal(parseBound(LINEAR, text), null);
  assert.equal(parseBound(DATES, "2000-13-40"), null);
  assert.equal(boundText(LINEAR, 2.5), "2.5");
  assert.equal(boundText(DATES, 10_961), "2000-01-05");
  assert.equal(boundText(LINEAR, null), "");
});

test("values are spoken short, with their unit", () => {
  assert.equal(spokenValue(WHOLE, 9_999, ""), "9999");
  assert.equal(spokenValue(WHOLE, 12_345, ""), "12,345");
  assert.equal(spokenValue(LINEAR, 0.123456, "mm"), "0.123 mm");
  assert.equal(spokenValue(LINEAR, 1234.5, "MB"), "1,235 MB");
  assert.equal(spokenValue(DATES, 10_961, "ignored"), "2000-01-05");
});

test("bars are as high as their counts, rare ones can be seen, empty ones not", () => {
  const bars = [
    [0, 1, 200],
    [1, 2, 1],
    [2, 3, 0],
  ];
  assert.equal(
    histogramPath(/** @type {[number, number, number][]} */ (bars)),
    "M0.09 100V0.00H0.91V100ZM1.09 100V96.00H1.91V100ZM2.09 100V100.00H2.91V100Z",
  );
});
