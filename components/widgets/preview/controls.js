// What stands around the picture: windows, slices, cine, and the legend of what is drawn over it.

const createControls = (act) => {
  const windows = el("div", { class: "windows", role: "group", "aria-label": "Window" });
  const center = slider("Centre", (value) => act.window({ center: value }));
  const width = slider("Width", (value) => act.window({ width: value }));
  const free = el("div", { class: "free" }, center.node, width.node);
  const slice = el("input", { type: "range", min: "1", step: "1", "aria-label": "Slice", oninput: (event) => act.go(Number(event.target.value)) });
  const place = el("output", { class: "place", "data-testid": "place" });
  const play = el("button", { type: "button", class: "play", "aria-label": "Play", title: "Play (space)", onclick: act.play });
  const speed = el("select", { "aria-label": "Pictures a second" }, ...[5, 10, 20].map((value) => el("option", { value, selected: value === 10 }, `${value} a second`)));
  const slices = el("div", { class: "slices" }, play, slice, place, speed);
  const over = el("select", { "aria-label": "Draw over it", onchange: (event) => act.over(event.target.value) });
  const opacity = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: "1", "aria-label": "Opacity", oninput: (event) => act.opacity(event.target.value) });
  const legend = el("div", { class: "legend", "data-testid": "legend" });
  const overlay = el("div", { class: "overlay", hidden: true }, over, el("label", { class: "opacity" }, "Opacity", opacity), legend);
  const hint = el("p", { class: "hint" }, "Drag in the picture for another window. Once it is clicked, the wheel and the arrow keys turn the slices, and space plays them.");
  const notes = el("div", { class: "notes" });
  return { windows, free, center, width, slice, place, play, speed, slices, over, overlay, opacity, legend, hint, notes };
};

const slider = (label, changed) => {
  const output = el("output");
  const input = el("input", { type: "range", "aria-label": label, oninput: () => changed(Number(input.value)) });
  return { node: el("label", {}, el("span", {}, label), input, output), input, output };
};

const setSlider = ({ input, output }, least, most, step, value) => {
  input.min = least;
  input.max = most;
  input.step = step;
  input.value = value;
  output.textContent = Math.abs(value) < 10 && step < 1 ? value.toPrecision(2) : Math.round(value).toLocaleString("en");
};

// The buttons of the windows on offer; none for colours.
const fillWindows = (controls, description, act) => {
  controls.windows.replaceChildren(...description.windows.map((one) =>
    el("button", { type: "button", "data-window": one.name, title: `Centre ${Math.round(one.center)}, width ${Math.round(one.width)}`, onclick: () => act.preset(one.name) }, one.label)));
  const has = description.windows.length > 0;
  controls.windows.hidden = !has;
  controls.free.hidden = !has;
};

const fillLegend = (controls, regions, hidden, act) => {
  controls.legend.replaceChildren(...regions.map((region) => {
    const box = el("input", { type: "checkbox", checked: !hidden.has(region.number), onchange: () => act.region(region.number, box.checked) });
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = region.colour;
    return el("label", {}, box, swatch, el("span", {}, region.name));
  }));
  controls.legend.hidden = !regions.length;
};
