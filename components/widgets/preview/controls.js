// What stands around the picture: windows, slices, cine, and the legend of what is drawn over it.

import { el, swatch } from "../../common/dom.js";

/** @import { Actions, NamedWindow, Region } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createControls>} Controls */

const HINT =
  "Drag in the picture for another window. Once it is clicked, the wheel and the arrow keys turn the slices, and space plays them.";

/** @param {Actions} act */
export function createControls(act) {
  const windows = el("div", { class: "windows", role: "group", "aria-label": "Window" });
  const center = createSlider("Centre", (value) => act.window({ center: value }));
  const width = createSlider("Width", (value) => act.window({ width: value }));
  const free = el("div", { class: "free" }, [center.node, width.node]);
  const slice = el("input", { type: "range", min: "1", step: "1", "aria-label": "Slice" });
  slice.oninput = () => act.go(Number(slice.value));
  const place = el("output", { class: "place", "data-testid": "place" });
  const play = el("button", {
    type: "button",
    class: "play",
    "aria-label": "Play",
    title: "Play (space)",
    onclick: act.play,
  });
  const speeds = [5, 10, 20].map((value) => el("option", { value, selected: value === 10, text: `${value} a second` }));
  const speed = el("select", { "aria-label": "Pictures a second" }, speeds);
  const slices = el("div", { class: "slices" }, [play, slice, place, speed]);
  const over = el("select", { "aria-label": "Draw over it" });
  over.onchange = () => act.over(over.value);
  const opacity = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: "1", "aria-label": "Opacity" });
  opacity.oninput = () => act.opacity(opacity.value);
  const legend = el("div", { class: "legend", "data-testid": "legend" });
  const overlay = el("div", { class: "overlay", hidden: true }, [
    over,
    el("label", { class: "opacity" }, ["Opacity", opacity]),
    legend,
  ]);
  const hint = el("p", { class: "hint", text: HINT });
  const notes = el("div", { class: "notes" });
  return {
    windows,
    free,
    center,
    width,
    slice,
    place,
    play,
    speed,
    slices,
    over,
    overlay,
    opacity,
    legend,
    hint,
    notes,
  };
}

/** @type {(label: string, changed: (value: number) => void) => { node: HTMLElement, input: HTMLInputElement, output: Node }} */
function createSlider(label, changed) {
  const output = el("output");
  const input = el("input", { type: "range", "aria-label": label });
  input.oninput = () => changed(Number(input.value));
  return { node: el("label", {}, [el("span", { text: label }), input, output]), input, output };
}

/** @type {(slider: { input: HTMLInputElement, output: Node }, least: number, most: number, step: number, value: number) => void} */
export function setSlider({ input, output }, least, most, step, value) {
  input.min = String(least);
  input.max = String(most);
  input.step = String(step);
  input.value = String(value);
  const small = Math.abs(value) < 10 && step < 1;
  output.textContent = small ? value.toPrecision(2) : Math.round(value).toLocaleString("en");
}

/**
 * The buttons of the windows on offer; none for colours.
 *
 * @type {(controls: Controls, windows: NamedWindow[], act: Actions) => void}
 */
export function fillWindows(controls, windows, act) {
  const buttons = windows.map(({ name, label, center, width }) =>
    el("button", {
      type: "button",
      "data-window": name,
      title: `Centre ${Math.round(center)}, width ${Math.round(width)}`,
      text: label,
      onclick: () => act.preset(name),
    }),
  );
  controls.windows.replaceChildren(...buttons);
  controls.windows.hidden = !windows.length;
  controls.free.hidden = !windows.length;
}

/** @type {(controls: Controls, regions: Region[], hidden: Set<number>, act: Actions) => void} */
export function fillLegend(controls, regions, hidden, act) {
  const entries = regions.map((region) => {
    const box = el("input", { type: "checkbox", checked: !hidden.has(region.number) });
    box.onchange = () => act.region(region.number, box.checked);
    return el("label", {}, [box, swatch(region.colour), el("span", { text: region.name })]);
  });
  controls.legend.replaceChildren(...entries);
  controls.legend.hidden = !regions.length;
}
