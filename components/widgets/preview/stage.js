// The picture with what is drawn over it: layer of an overlay, orientation marks, scale bar. It keeps its size.

import { el, focusOf } from "../../common/dom.js";
import { lengthText, scaleLength } from "./picture.js";

/** @import { Actions, Space } from "./types.d.ts" */

/** @typedef {ReturnType<typeof createStage>} Stage */

/** @type {Record<string, number>} */
const STEPS = {
  ArrowUp: -1,
  ArrowLeft: -1,
  ArrowDown: 1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -1e9,
  End: 1e9,
};

/** @type {("left" | "right" | "top" | "bottom")[]} */
const SIDES = ["left", "right", "top", "bottom"];

/** @param {Actions} act */
export function createStage(act) {
  const picture = el("img", { class: "picture", alt: "" });
  const layer = el("img", { class: "layer", alt: "", hidden: true });
  const marks = SIDES.map((side) => ({ side, node: el("span", { class: `mark ${side}`, "data-mark": side }) }));
  const bar = el("i");
  const label = el("span");
  const scale = el("div", { class: "scale", "data-testid": "scale" }, [bar, label]);
  const frame = el("div", { class: "frame" }, [picture, layer, ...marks.map((mark) => mark.node), scale]);
  const message = el("p", { class: "message", role: "status" });
  const attributes = { class: "stage", tabindex: "0", role: "group", "aria-label": "Picture", "data-testid": "stage" };
  const node = el("div", attributes, [frame, message]);
  const observer = new ResizeObserver(() => fit(stage));
  const space = /** @type {Space | null} */ (null);
  const stage = { node, frame, picture, layer, marks, scale, bar, label, message, space, observer };
  observer.observe(node);
  listen(node, act);
  return stage;
}

/**
 * Wheel and keys turn the slices, dragging changes the window, as viewers do; the wheel is the page's until the stage has
 * been clicked.
 *
 * @type {(node: HTMLElement, act: Actions) => void}
 */
function listen(node, act) {
  node.addEventListener(
    "wheel",
    (event) => {
      if (focusOf(node) !== node) return;
      event.preventDefault();
      act.step(Math.sign(event.deltaY));
    },
    { passive: false },
  );
  node.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step) act.step(step);
    else if (event.key === " ") act.play();
    else return;
    event.preventDefault();
  });
  /** @type {[number, number] | null} */
  let from = null;
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    from = [event.clientX, event.clientY];
    act.dragStart();
  });
  node.addEventListener("pointermove", (event) => {
    if (from) act.drag((event.clientX - from[0]) / node.clientWidth, (event.clientY - from[1]) / node.clientHeight);
  });
  const stop = () => {
    from = null;
  };
  node.addEventListener("pointerup", stop);
  node.addEventListener("pointercancel", stop);
}

/**
 * Puts pictures that are already decoded in place of the old ones, both at once.
 *
 * @type {(stage: Stage, picture: HTMLImageElement, layer: HTMLImageElement | null, space: Space) => void}
 */
export function showPictures(stage, picture, layer, space) {
  picture.className = "picture";
  picture.alt = "";
  stage.picture.replaceWith(picture);
  stage.picture = picture;
  if (layer) {
    layer.className = "layer";
    layer.alt = "";
    layer.style.opacity = stage.layer.style.opacity;
    stage.layer.replaceWith(layer);
    stage.layer = layer;
  } else stage.layer.hidden = true;
  for (const { side, node } of stage.marks) node.textContent = space[side];
  stage.space = space;
  fit(stage);
}

/** @type {(stage: Stage, text: string) => void} */
export function say(stage, text) {
  stage.message.textContent = text;
  stage.node.classList.toggle("failed", Boolean(text));
}

/**
 * As large as fits, with the pixels' true proportions.
 *
 * @param {Stage} stage
 */
function fit(stage) {
  const { node, frame, space } = stage;
  if (!space || !node.clientWidth) return;
  const width = space.columns;
  const height = space.rows * space.aspect;
  const factor = Math.min(node.clientWidth / width, node.clientHeight / height);
  frame.style.width = `${width * factor}px`;
  frame.style.height = `${height * factor}px`;
  drawScale(stage, space, width * factor);
}

/** @type {(stage: Stage, space: Space, shownWidth: number) => void} */
function drawScale({ scale, bar, label }, space, shownWidth) {
  const whole = space.columns * space.column_mm;
  scale.hidden = !whole;
  if (!whole) return;
  const length = scaleLength(whole);
  bar.style.width = `${(shownWidth * length) / whole}px`;
  label.textContent = lengthText(length) + (space.note ? " *" : "");
  scale.title = space.note ? `Distances ${space.note}` : "";
  scale.dataset.millimetres = String(length);
}
