// Values of a range facet and their place on its histogram.
//
// Every bin is drawn equally wide, so a place is a bin number plus the part of the bin
// passed: the same code serves linear, logarithmic and date axes. Dates count in days.

import { exactCount } from "../../common/numbers.js";

/** @import { Bounds, Edge, RangeFacet, Scale } from "./types.d.ts" */

const DAY_MS = 86_400_000;

/** @type {(facet: Pick<RangeFacet, "kind" | "bins" | "integer" | "scale" | "min" | "max">) => Scale} */
export function createScale(facet) {
  const date = facet.kind === "date";
  const read = date ? dayOf : Number;
  /** @type {Scale["bins"]} */
  const bins = facet.bins.map(([low, high, count]) => [read(low), read(high), count]);
  const whole = date || Boolean(facet.integer);
  return { date, whole, log: facet.scale === "log", bins, min: read(facet.min), max: read(facet.max) };
}

/** @param {Edge} iso */
export function dayOf(iso) {
  return Math.round(Date.parse(`${String(iso).slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

/** @param {number} day */
export function isoOf(day) {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/**
 * 0..1 from left to right.
 *
 * @type {(scale: Scale, value: number) => number}
 */
export function placeOf(scale, value) {
  const { bins } = scale;
  const first = bins[0];
  if (!first || value <= first[0]) return 0;
  for (const [index, [low, high]] of bins.entries()) {
    if (value < high) return (index + Math.max(0, partOf(scale, low, high, value))) / bins.length;
  }
  return 1;
}

/**
 * "up to 9" includes all of 9, so its edge is where 10 begins.
 *
 * @type {(scale: Scale, value: number) => number}
 */
export function upperPlace(scale, value) {
  return placeOf(scale, scale.whole ? value + 1 : value);
}

/** @type {(scale: Scale, low: number, high: number, value: number) => number} */
function partOf(scale, low, high, value) {
  if (scale.log && low > 0) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low || 1);
}

/**
 * Number of the bin at a place.
 *
 * @type {(scale: Scale, place: number) => number}
 */
export function binAt({ bins }, place) {
  return Math.min(bins.length - 1, Math.max(0, Math.floor(place * bins.length)));
}

/** @type {(scale: Scale, place: number) => number} */
export function valueAt(scale, place) {
  const { bins } = scale;
  const index = binAt(scale, place);
  const [low, high] = binOf(scale, index);
  const part = Math.min(1, Math.max(0, place * bins.length - index));
  const value = scale.log && low > 0 ? low * (high / low) ** part : low + (high - low) * part;
  return roundTo(scale, value, high - low);
}

/** @type {(scale: Scale, index: number) => Scale["bins"][number]} */
export function binOf(scale, index) {
  return scale.bins[index] ?? [scale.min, scale.max, 0];
}

/**
 * As many digits as a bin of such a width deserves.
 *
 * @type {(scale: Scale, value: number, width: number) => number}
 */
export function roundTo(scale, value, width) {
  if (scale.whole) return Math.round(value);
  const step = 10 ** Math.floor(Math.log10(width / 10 || 1));
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/**
 * The value some quarters of a bin further on; whole numbers move by one at least.
 *
 * @type {(scale: Scale, value: number, quarters: number) => number}
 */
export function stepFrom(scale, value, quarters) {
  const next = valueAt(scale, placeOf(scale, value) + quarters / (4 * scale.bins.length));
  if (next !== value || !scale.whole) return next;
  return value + Math.sign(quarters);
}

/**
 * In order, and without those that take nothing away.
 *
 * @type {(scale: Scale, bounds: Bounds) => Bounds}
 */
export function orderedBounds(scale, [low, high]) {
  const [first, last] = low !== null && high !== null && low > high ? [high, low] : [low, high];
  return [first !== null && first <= scale.min ? null : first, last !== null && last >= scale.max ? null : last];
}

/**
 * Bins leave out their upper edge, but for the last.
 *
 * @type {(scale: Scale, index: number) => Bounds}
 */
export function binBounds(scale, index) {
  const [low, high] = binOf(scale, index);
  const last = index === scale.bins.length - 1;
  return orderedBounds(scale, [scale.whole ? Math.ceil(low) : low, scale.whole && !last ? Math.ceil(high) - 1 : high]);
}

/** @type {(scale: Scale, text: string | null) => number | null} */
export function parseBound(scale, text) {
  if (text === null || text === "") return null;
  const value = scale.date ? dayOf(text) : Number(text);
  return Number.isFinite(value) ? value : null;
}

/** @type {(scale: Scale, value: number | null) => string} */
export function boundText(scale, value) {
  if (value === null) return "";
  return scale.date ? isoOf(value) : String(value);
}

/** @type {(scale: Scale, value: number, unit: string) => string} */
export function spokenValue(scale, value, unit) {
  if (scale.date) return isoOf(value);
  return `${shortNumber(scale, value)}${unit ? ` ${unit}` : ""}`;
}

/** @type {(scale: Scale, value: number) => string} */
function shortNumber(scale, value) {
  if (scale.whole && Math.abs(value) < 10_000) return String(value);
  return Math.abs(value) >= 1000 ? exactCount(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/**
 * One path with a bar for each bin, in a box of bins × 100.
 *
 * @param {Scale["bins"]} bins
 */
export function histogramPath(bins) {
  const tallest = Math.max(1, ...bins.map((bin) => bin[2]));
  return bins.map(([, , count], index) => barPath(index, count ? Math.max(4, (count / tallest) * 100) : 0)).join("");
}

/** @type {(index: number, height: number) => string} */
function barPath(index, height) {
  const gap = 0.09;
  return `M${index + gap} 100V${(100 - height).toFixed(2)}H${(index + 1 - gap).toFixed(2)}V100Z`;
}
