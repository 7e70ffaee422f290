// A series as pictures to turn through. Pictures come from the app's routes, so nothing here runs a script of the page;
// the next picture is asked for when the last one stands, and neighbours are fetched ahead.

const BASE = "api/preview";
const LARGEST = 1600;
const AHEAD = 3;

const parts = new WeakMap();

export default function preview({ data, parentElement }) {
  const root = parentElement.querySelector("#root");
  let part = parts.get(parentElement);
  if (part && part.key === JSON.stringify(data)) return part.destroy;
  if (part) part.destroy();
  part = create(root, data);
  part.key = JSON.stringify(data);
  part.destroy = () => {
    part.gone = true;
    part.stage.observer.disconnect();
    root.replaceChildren();
    parts.delete(parentElement);
  };
  parts.set(parentElement, part);
  start(part, data);
  return part.destroy;
}

const create = (root, data) => {
  const part = { number: 1, window: null, over: "", marks: null, hidden: new Set(), running: false, wanted: false, playing: false, ahead: [] };
  part.act = {
    step: (by) => go(part, part.number + by),
    go: (number) => go(part, number),
    play: () => play(part),
    preset: (name) => setWindow(part, name),
    window: (change) => setWindow(part, { ...numbers(part), ...change }),
    dragStart: () => { part.from = part.description?.windows.length ? numbers(part) : null; },
    drag: (right, down) => drag(part, right, down),
    over: (uid) => drawOver(part, uid),
    opacity: (value) => { part.stage.layer.style.opacity = value; },
    region: (number, shown) => { part.hidden[shown ? "delete" : "add"](number); request(part); },
  };
  part.stage = createStage(part.act);
  part.controls = createControls(part.act);
  const { windows, free, slices, overlay, hint, notes } = part.controls;
  root.replaceChildren(el("div", { class: "preview" }, el("div", { class: "tools" }, windows, free), part.stage.node, slices, overlay, notes, hint));
  say(part.stage, "Reading the series …");
  part.stage.node.classList.remove("failed");
  for (const node of [windows, free, slices, hint]) node.hidden = true;
  return part;
};

const start = async (part, data) => {
  try {
    let description = await ask(`${BASE}/${data.uid}`);
    const notes = description.notes;
    let over = "";
    if (description.overlay) {
      over = data.uid;
      if (!description.overlay.source) throw new Error("This object does not say which series it was drawn on.");
      description = await ask(`${BASE}/${description.overlay.source}`);
      notes.push("Drawn over its source series.");
    }
    if (part.gone) return;
    if (!description.pictures.length) throw new Error(notes.join(" ") || `${description.modality} objects have no picture of their own.`);
    part.description = description;
    part.notes = notes;
    showNotes(part);
    arrange(part, data, over);
    if (over) await drawOver(part, over);
    request(part);
  } catch (error) {
    say(part.stage, error.message);
  }
};

const arrange = (part, data, over) => {
  const { controls, description } = part;
  const count = description.pictures.length;
  part.number = description.middle;
  part.window = description.window;
  fillWindows(controls, description, part.act);
  controls.slice.max = count;
  controls.slices.hidden = count < 2;
  controls.hint.hidden = count < 2 || !description.windows.length;
  controls.over.replaceChildren(el("option", { value: "" }, "Nothing drawn over it"), ...data.overlays.map((one) => el("option", { value: one.uid }, one.label)));
  controls.over.hidden = Boolean(over);
  controls.overlay.hidden = !over && !data.overlays.length;
};

// What is to be known of the pictures, and of what is drawn over them.
const showNotes = ({ controls, notes, marks }) => controls.notes.replaceChildren(...[...notes, ...(marks?.notes ?? [])].map((note) => el("p", {}, note)));

const drawOver = async (part, uid) => {
  part.over = "";
  part.marks = null;
  part.hidden.clear();
  fillLegend(part.controls, [], part.hidden, part.act);
  showNotes(part);
  if (uid) {
    try {
      part.marks = (await ask(`${BASE}/${uid}`)).overlay;
      part.over = uid;
      fillLegend(part.controls, part.marks.regions, part.hidden, part.act);
      showNotes(part);
    } catch (error) {
      say(part.stage, error.message);
      return;
    }
  }
  request(part);
};

// Centre and width of the present window, whether it has a name or not.
const numbers = ({ window, description }) => {
  if (typeof window !== "string") return window;
  const { center, width } = description.windows.find((one) => one.name === window);
  return { center, width };
};

const setWindow = (part, window) => {
  part.window = window;
  request(part);
};

const span = ({ description }) => description.windows.find((one) => one.name === "minmax");

// To the right widens, down brightens, by the range of values for the whole width of the stage.
const drag = (part, right, down) => {
  if (!part.from || Math.hypot(right, down) < 0.005) return;
  const range = span(part).width;
  setWindow(part, {
    center: part.from.center + down * range,
    width: Math.max(part.from.width + right * range, range / 1000),
  });
};

const go = (part, number) => {
  if (!part.description) return;
  part.number = Math.min(Math.max(1, number), part.description.pictures.length);
  request(part);
};

const play = async (part) => {
  if (!part.description || part.description.pictures.length < 2) return;
  part.playing = !part.playing;
  part.controls.play.classList.toggle("playing", part.playing);
  part.controls.play.setAttribute("aria-label", part.playing ? "Stop" : "Play");
  const turn = part.turn = {};
  while (part.playing && part.turn === turn && !part.gone) {
    const began = performance.now();
    part.number = (part.number % part.description.pictures.length) + 1;
    await request(part);
    const rest = 1000 / part.controls.speed.value - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
  }
};

const edge = ({ rows, columns }) => (Math.max(rows, columns) > LARGEST ? `edge=${LARGEST}` : "");

const paths = (part, number) => {
  const { description, window, over, marks, hidden } = part;
  const small = edge(description.spaces[description.pictures[number - 1][2]]);
  const shown = window && (typeof window === "string" ? window : [window.center, window.width].map((value) => value.toFixed(4).replace(/\.?0+$/, "")).join(","));
  const query = (...options) => { const text = options.filter(Boolean).join("&"); return text && `?${text}`; };
  const regions = marks?.regions.map((region) => region.number).filter((one) => !hidden.has(one)) || [];
  return {
    picture: `${BASE}/${description.uid}/${number}.png${query(shown && `window=${shown}`, small)}`,
    layer: over && regions.length ? `${BASE}/${over}/over/${description.uid}/${number}.png${query(hidden.size && `regions=${regions.join(",")}`, small)}` : "",
  };
};

const load = async (path) => {
  const image = new Image();
  image.src = path;
  try {
    await image.decode();
  } catch {
    throw new Error(await reason(path));
  }
  return image;
};

// One picture is on its way at a time; what is asked for meanwhile follows, the last of it only.
const request = async (part) => {
  update(part);
  part.wanted = true;
  if (part.running) return;
  part.running = true;
  while (part.wanted && !part.gone) {
    part.wanted = false;
    await draw(part);
  }
  part.running = false;
  fetchAhead(part);
};

const draw = async (part) => {
  const number = part.number;
  const { picture, layer } = paths(part, number);
  try {
    const ground = load(picture);
    const over = layer ? load(layer).catch((error) => error) : null;
    const [image, drawn] = [await ground, await over];
    if (part.gone) return;
    showPictures(part.stage, image, drawn instanceof Error ? null : drawn, part.description.spaces[part.description.pictures[number - 1][2]]);
    say(part.stage, drawn instanceof Error ? drawn.message : "");
    part.stage.node.dataset.shown = number;
    part.stage.node.dataset.window = typeof part.window === "string" ? part.window : "free";
  } catch (error) {
    say(part.stage, error.message);
    part.playing = false;
  }
};

const fetchAhead = (part) => {
  if (part.playing || part.gone || part.stage.node.classList.contains("failed")) return;
  const numbersAhead = [];
  for (let by = 1; by <= AHEAD; by += 1) numbersAhead.push(part.number + by, part.number - by);
  part.ahead = numbersAhead
    .filter((number) => number >= 1 && number <= part.description.pictures.length)
    .flatMap((number) => Object.values(paths(part, number)).filter(Boolean))
    .map((path) => Object.assign(new Image(), { src: path }));
};

// Brings the controls up to what is wanted, before its picture has come.
const update = (part) => {
  const { controls, description, number, window } = part;
  const [, frame, , place] = description.pictures[number - 1];
  controls.slice.value = number;
  const where = place === null ? (description.instances === 1 && description.pictures.length > 1 ? `frame ${frame}` : "") : `${place.toFixed(1)} mm`;
  controls.place.textContent = [`${number} / ${description.pictures.length}`, where].filter(Boolean).join(" · ");
  for (const button of controls.windows.children) button.setAttribute("aria-pressed", String(button.dataset.window === window));
  if (!description.windows.length) return;
  const { center, width } = numbers(part);
  const range = span(part), step = range.width / 1000;
  const least = Math.min(range.center - range.width / 2, center), most = Math.max(range.center + range.width / 2, center);
  setSlider(controls.center, least, most, step > 1 ? 1 : step, center);
  setSlider(controls.width, step, Math.max(range.width, width), step > 1 ? 1 : step, width);
};
