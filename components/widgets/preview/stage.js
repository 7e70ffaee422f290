// The picture with what is drawn over it: layer of an overlay, orientation marks, scale bar. It keeps its size.

const NICE = [1, 2, 5];

const createStage = (act) => {
  const picture = el("img", { class: "picture", alt: "" });
  const layer = el("img", { class: "layer", alt: "", hidden: true });
  const marks = Object.fromEntries(
    ["left", "right", "top", "bottom"].map((side) => [side, el("span", { class: `mark ${side}`, "data-mark": side })]),
  );
  const scale = el("div", { class: "scale", "data-testid": "scale" }, el("i"), el("span"));
  const frame = el("div", { class: "frame" }, picture, layer, ...Object.values(marks), scale);
  const message = el("p", { class: "message", role: "status" });
  const node = el("div", { class: "stage", tabindex: "0", role: "group", "aria-label": "Picture", "data-testid": "stage" }, frame, message);
  const stage = { node, frame, picture, layer, marks, scale, message, space: null };
  stage.observer = new ResizeObserver(() => fit(stage));
  stage.observer.observe(node);
  listen(stage, act);
  return stage;
};

// Wheel and keys turn the slices, dragging changes the window, as viewers do; the wheel is the page's until the stage
// has been clicked.
const listen = ({ node }, act) => {
  node.addEventListener("wheel", (event) => {
    if (node.getRootNode().activeElement !== node) return;
    event.preventDefault();
    act.step(Math.sign(event.deltaY));
  }, { passive: false });
  node.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };
    if (event.key in steps) act.step(steps[event.key]);
    else if (event.key === " ") act.play();
    else return;
    event.preventDefault();
  });
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
  for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, () => { from = null; });
};

// Puts pictures that are already decoded in place of the old ones, both at once.
const showPictures = (stage, picture, layer, space) => {
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
  for (const [side, mark] of Object.entries(stage.marks)) mark.textContent = space[side];
  stage.space = space;
  fit(stage);
};

const say = (stage, text) => {
  stage.message.textContent = text;
  stage.node.classList.toggle("failed", Boolean(text));
};

// As large as fits, with the pixels' true proportions.
const fit = (stage) => {
  const { node, frame, space } = stage;
  if (!space || !node.clientWidth) return;
  const width = space.columns, height = space.rows * space.aspect;
  const factor = Math.min(node.clientWidth / width, node.clientHeight / height);
  frame.style.width = `${width * factor}px`;
  frame.style.height = `${height * factor}px`;
  drawScale(stage, width * factor);
};

// A round length of about a fifth of the picture.
const drawScale = ({ scale, space }, shownWidth) => {
  const whole = space.columns * space.column_mm;
  scale.hidden = !whole;
  if (!whole) return;
  const power = 10 ** Math.floor(Math.log10(whole / 5));
  const length = power * (NICE.findLast((step) => step * power <= whole / 5) || 1);
  const [bar, label] = scale.children;
  bar.style.width = `${(shownWidth * length) / whole}px`;
  label.textContent = (length >= 10 ? `${length / 10} cm` : length >= 0.1 ? `${+length.toPrecision(1)} mm` : `${+(length * 1000).toPrecision(1)} µm`) + (space.note ? " *" : "");
  scale.title = space.note ? `Distances ${space.note}` : "";
  scale.dataset.millimetres = length;
};
