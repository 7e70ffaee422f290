// Which picture is asked for, and what its window and its scale come to.

import { BASE } from "./routes.js";

/** @import { NamedWindow, Space, View, Window } from "./types.d.ts" */

const LARGEST = 1600;
const NICE = [1, 2, 5];

/**
 * Centre and width of a window, whether it has a name or not.
 *
 * @type {(windows: NamedWindow[], window: View["window"]) => Window | null}
 */
export function numbersOf(windows, window) {
  if (typeof window !== "string") return window;
  const named = windows.find((one) => one.name === window);
  return named ? { center: named.center, width: named.width } : null;
}

/**
 * All values of the series; none for colours.
 *
 * @param {NamedWindow[]} windows
 */
export function fullRange(windows) {
  return windows.find((one) => one.name === "minmax");
}

/**
 * To the right widens, down brightens, by the range of values for the whole width or height of the stage.
 *
 * @type {(from: Window, range: number, right: number, down: number) => Window}
 */
export function draggedWindow(from, range, right, down) {
  return { center: from.center + down * range, width: Math.max(from.width + right * range, range / 1000) };
}

/** @param {Space | undefined} space */
function edgeOption(space) {
  return space && Math.max(space.rows, space.columns) > LARGEST ? `edge=${LARGEST}` : "";
}

/** @param {View["window"]} window */
function windowOption(window) {
  if (!window) return "";
  if (typeof window === "string") return `window=${window}`;
  return `window=${[window.center, window.width].map((value) => value.toFixed(4).replace(/\.?0+$/, "")).join(",")}`;
}

/** @param {string[]} options */
function queryOf(...options) {
  const text = options.filter(Boolean).join("&");
  return text && `?${text}`;
}

/**
 * How the picture of a number lies.
 *
 * @type {(view: Pick<View, "description">, number: number) => Space | undefined}
 */
export function spaceOf({ description }, number) {
  const picture = description.pictures[number - 1];
  return picture && description.spaces[picture[2]];
}

/**
 * Addresses of a picture, and of what is drawn over it; the latter is empty where nothing is.
 *
 * @type {(view: View, number: number) => { picture: string, layer: string }}
 */
export function pathsOf(view, number) {
  const { description, window, over, marks, hidden } = view;
  const small = edgeOption(spaceOf(view, number));
  const regions = (marks?.regions ?? []).map((region) => region.number).filter((one) => !hidden.has(one));
  const picture = `${BASE}/${description.uid}/${number}.png${queryOf(windowOption(window), small)}`;
  if (!over || !regions.length) return { picture, layer: "" };
  const chosen = hidden.size ? `regions=${regions.join(",")}` : "";
  return { picture, layer: `${BASE}/${over}/over/${description.uid}/${number}.png${queryOf(chosen, small)}` };
}

/**
 * Where among all pictures one is: its number, and its position or frame.
 *
 * @type {(view: Pick<View, "description">, number: number) => string}
 */
export function whereOf({ description }, number) {
  const { pictures, instances } = description;
  const [, frame, , place] = pictures[number - 1] ?? [0, 0, 0, null];
  const inside = instances === 1 && pictures.length > 1 ? `frame ${frame}` : "";
  const where = place === null ? inside : `${place.toFixed(1)} mm`;
  return [`${number} / ${pictures.length}`, where].filter(Boolean).join(" · ");
}

/**
 * A round length in millimetres, of about a fifth of `whole`.
 *
 * @param {number} whole
 */
export function scaleLength(whole) {
  const power = 10 ** Math.floor(Math.log10(whole / 5));
  return power * (NICE.findLast((step) => step * power <= whole / 5) || 1);
}

/** @param {number} length In millimetres. */
export function lengthText(length) {
  if (length >= 10) return `${length / 10} cm`;
  return length >= 0.1 ? `${+length.toPrecision(1)} mm` : `${+(length * 1000).toPrecision(1)} µm`;
}
