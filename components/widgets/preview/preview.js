// A series as pictures to turn through. Pictures come from the app's routes, so nothing here runs a script of the page;
// the next picture is asked for when the last one stands, and neighbours are fetched ahead.

import { el, one } from "../../common/dom.js";
import { createControls, fillLegend, fillWindows, setSlider } from "./controls.js";
import { draggedWindow, fullRange, numbersOf, pathsOf, spaceOf, whereOf } from "./picture.js";
import { ask, BASE, reason, sentenceOf } from "./routes.js";
import { createStage, say, showPictures } from "./stage.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Controls } from "./controls.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Actions, Description, PreviewData, View, Window } from "./types.d.ts" */

/**
 * Everything about one series on screen; nothing can be drawn before its description has come.
 *
 * @typedef {Omit<View, "description"> & {
 *   description?: Description,
 *   act: Actions,
 *   stage: Stage,
 *   controls: Controls,
 *   notes: string[],
 *   number: number,
 *   from: Window | null,
 *   running: boolean,
 *   wanted: boolean,
 *   playing: boolean,
 *   turn: number,
 *   ahead: HTMLImageElement[],
 *   gone: boolean,
 * }} Part
 */

/** @typedef {Part & View} Loaded */

const AHEAD = 3;

/** @type {WeakMap<Node, { key: string, destroy: () => void }>} */
const parts = new WeakMap();

/** @param {Component<PreviewData>} component */
export default function preview({ data, parentElement }) {
  const root = one(parentElement, "#root");
  const key = JSON.stringify(data);
  const there = parts.get(parentElement);
  if (there?.key === key) return there.destroy;
  there?.destroy();
  const part = create(root);
  const destroy = () => {
    part.gone = true;
    part.stage.observer.disconnect();
    root.replaceChildren();
    parts.delete(parentElement);
  };
  parts.set(parentElement, { key, destroy });
  start(part, data);
  return destroy;
}

/** @type {(root: HTMLElement) => Part} */
function create(root) {
  /** @type {Actions} */
  const act = {
    step: (by) => go(part, part.number + by),
    go: (number) => go(part, number),
    play: () => play(part),
    preset: (name) => setWindow(part, name),
    window: (change) => {
      const now = presentWindow(part);
      if (now) setWindow(part, { ...now, ...change });
    },
    dragStart: () => {
      part.from = presentWindow(part);
    },
    drag: (right, down) => drag(part, right, down),
    over: (uid) => drawOver(part, uid),
    opacity: (value) => {
      part.stage.layer.style.opacity = value;
    },
    region: (number, shown) => {
      part.hidden[shown ? "delete" : "add"](number);
      request(part);
    },
  };
  /** @type {Part} */
  const part = {
    act,
    stage: createStage(act),
    controls: createControls(act),
    notes: [],
    number: 1,
    window: null,
    over: "",
    marks: null,
    hidden: new Set(),
    from: null,
    running: false,
    wanted: false,
    playing: false,
    turn: 0,
    ahead: [],
    gone: false,
  };
  const { windows, free, slices, overlay, hint, notes } = part.controls;
  const tools = el("div", { class: "tools" }, [windows, free]);
  root.replaceChildren(el("div", { class: "preview" }, [tools, part.stage.node, slices, overlay, notes, hint]));
  say(part.stage, "Reading the series …");
  part.stage.node.classList.remove("failed");
  for (const node of [windows, free, slices, hint]) node.hidden = true;
  return part;
}

/** @type {(part: Part) => part is Loaded} */
function isLoaded(part) {
  return part.description !== undefined;
}

/** @type {(part: Part, data: PreviewData) => Promise<void>} */
async function start(part, data) {
  try {
    /** @type {Description} */
    let description = await ask(`${BASE}/${data.uid}`);
    const { notes } = description;
    let over = "";
    if (description.overlay) {
      over = data.uid;
      if (!description.overlay.source) throw new Error("This object does not say which series it was drawn on.");
      description = await ask(`${BASE}/${description.overlay.source}`);
      notes.push("Drawn over its source series.");
    }
    if (part.gone) return;
    if (!description.pictures.length) {
      throw new Error(notes.join(" ") || `${description.modality} objects have no picture of their own.`);
    }
    part.description = description;
    part.notes = notes;
    showNotes(part);
    arrange(part, description, data, over);
    if (over) await drawOver(part, over);
    request(part);
  } catch (error) {
    say(part.stage, sentenceOf(error));
  }
}

/** @type {(part: Part, description: Description, data: PreviewData, over: string) => void} */
function arrange(part, description, data, over) {
  const { controls } = part;
  const count = description.pictures.length;
  part.number = description.middle;
  part.window = description.window;
  fillWindows(controls, description.windows, part.act);
  controls.slice.max = String(count);
  controls.slices.hidden = count < 2;
  controls.hint.hidden = count < 2 || !description.windows.length;
  controls.over.replaceChildren(
    el("option", { value: "", text: "Nothing drawn over it" }),
    ...data.overlays.map(({ uid, label }) => el("option", { value: uid, text: label })),
  );
  controls.over.hidden = Boolean(over);
  controls.overlay.hidden = !over && !data.overlays.length;
}

/**
 * What is to be known of the pictures, and of what is drawn over them.
 *
 * @param {Part} part
 */
function showNotes({ controls, notes, marks }) {
  controls.notes.replaceChildren(...[...notes, ...(marks?.notes ?? [])].map((text) => el("p", { text })));
}

/** @type {(part: Part, uid: string) => Promise<void>} */
async function drawOver(part, uid) {
  part.over = "";
  part.marks = null;
  part.hidden.clear();
  fillLegend(part.controls, [], part.hidden, part.act);
  showNotes(part);
  if (uid) {
    try {
      /** @type {Description} */
      const { overlay } = await ask(`${BASE}/${uid}`);
      part.marks = overlay ?? null;
      part.over = uid;
      fillLegend(part.controls, overlay?.regions ?? [], part.hidden, part.act);
      showNotes(part);
    } catch (error) {
      say(part.stage, sentenceOf(error));
      return;
    }
  }
  request(part);
}

/** @param {Part} part */
function presentWindow({ window, description }) {
  return description ? numbersOf(description.windows, window) : null;
}

/** @type {(part: Part, window: string | Window) => void} */
function setWindow(part, window) {
  part.window = window;
  request(part);
}

/** @type {(part: Part, right: number, down: number) => void} */
function drag(part, right, down) {
  const range = fullRange(part.description?.windows ?? []);
  if (!part.from || !range || Math.hypot(right, down) < 0.005) return;
  setWindow(part, draggedWindow(part.from, range.width, right, down));
}

/** @type {(part: Part, number: number) => void} */
function go(part, number) {
  if (!isLoaded(part)) return;
  part.number = Math.min(Math.max(1, number), part.description.pictures.length);
  request(part);
}

/** @param {Part} part */
async function play(part) {
  if (!isLoaded(part) || part.description.pictures.length < 2) return;
  part.playing = !part.playing;
  part.controls.play.classList.toggle("playing", part.playing);
  part.controls.play.setAttribute("aria-label", part.playing ? "Stop" : "Play");
  part.turn += 1;
  const { turn } = part;
  while (part.playing && part.turn === turn && !part.gone) {
    const began = performance.now();
    part.number = (part.number % part.description.pictures.length) + 1;
    await request(part);
    const rest = 1000 / Number(part.controls.speed.value) - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
  }
}

/** @param {string} path */
async function load(path) {
  const image = new Image();
  image.src = path;
  try {
    await image.decode();
  } catch {
    throw new Error(await reason(path));
  }
  return image;
}

/**
 * One picture is on its way at a time; what is asked for meanwhile follows, the last of it only.
 *
 * @param {Part} part
 */
async function request(part) {
  if (!isLoaded(part)) return;
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
}

/** @param {Loaded} part */
async function draw(part) {
  const { number, stage } = part;
  const { picture, layer } = pathsOf(part, number);
  const space = spaceOf(part, number);
  try {
    const ground = load(picture);
    const over = layer ? load(layer).catch((error) => sentenceOf(error)) : null;
    const [image, drawn] = [await ground, await over];
    if (part.gone || !space) return;
    showPictures(stage, image, typeof drawn === "string" ? null : drawn, space);
    say(stage, typeof drawn === "string" ? drawn : "");
    stage.node.dataset.shown = String(number);
    stage.node.dataset.window = typeof part.window === "string" ? part.window : "free";
  } catch (error) {
    say(stage, sentenceOf(error));
    part.playing = false;
  }
}

/** @param {Loaded} part */
function fetchAhead(part) {
  if (part.playing || part.gone || part.stage.node.classList.contains("failed")) return;
  const near = [];
  for (let by = 1; by <= AHEAD; by += 1) near.push(part.number + by, part.number - by);
  part.ahead = near
    .filter((number) => number >= 1 && number <= part.description.pictures.length)
    .flatMap((number) => Object.values(pathsOf(part, number)).filter(Boolean))
    .map((path) => Object.assign(new Image(), { src: path }));
}

/**
 * Brings the controls up to what is wanted, before its picture has come.
 *
 * @param {Loaded} part
 */
function update(part) {
  const { controls, description, number, window } = part;
  controls.slice.value = String(number);
  controls.place.textContent = whereOf(part, number);
  for (const button of controls.windows.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.window === window));
  }
  const range = fullRange(description.windows);
  const now = presentWindow(part);
  if (!range || !now) return;
  const step = Math.min(range.width / 1000, 1);
  const least = Math.min(range.center - range.width / 2, now.center);
  const most = Math.max(range.center + range.width / 2, now.center);
  setSlider(controls.center, least, most, step, now.center);
  setSlider(controls.width, range.width / 1000, Math.max(range.width, now.width), step, now.width);
}
