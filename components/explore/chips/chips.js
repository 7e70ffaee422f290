// The cohort as a sentence of removable chips, with undo, redo, clear and save, and the ways to ask for more.
// Needs storage.js and form.js of the saved cohorts.
// Text enters the page as text nodes only.

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const makeButton = (className, text, act) => {
  const button = make("button", className, text);
  button.type = "button";
  button.onclick = act;
  return button;
};

const chip = (part, className, send) => {
  const item = make("span", `chip ${className}`);
  if (part.swatch) {
    const swatch = make("span", "swatch");
    swatch.style.background = part.swatch;
    item.append(swatch);
  }
  item.append(make("span", "text", part.text));
  if (part.warning) {
    item.classList.add("unknown");
    item.append(make("span", "warning", part.warning));
    item.title = part.hint || "";
  }
  const remove = makeButton("remove", "×", () => send({ action: "remove", ...part.edit }));
  remove.setAttribute("aria-label", `Remove ${part.name}`);
  item.append(remove);
  return item;
};

const clauseElement = (clause, first, send) => {
  const element = make("span", "clause");
  if (!first) element.append(make("span", "word", "and"));
  if (clause.attribute) {
    element.dataset.attribute = clause.attribute;
    element.append(make("span", "label", clause.label));
  }
  for (const part of clause.parts) {
    if (typeof part === "string") element.append(make("span", "word", part));
    else element.append(chip(part, clause.attribute ? "value" : "long", send));
  }
  if (clause.note) element.append(make("span", "note", clause.note));
  return element;
};

const sentenceElement = (data, send) => {
  const sentence = make("div", "sentence");
  sentence.setAttribute("data-testid", "cohort-sentence");
  sentence.append(data.opening.edit ? chip(data.opening, "long lead", send) : make("span", "lead", data.opening.text));
  data.clauses.forEach((clause, position) => sentence.append(clauseElement(clause, position === 0, send)));
  for (const option of data.options) sentence.append(chip(option, "long", send));
  return sentence;
};

const tool = (label, symbol, enabled, act) => {
  const button = makeButton("tool", undefined, act);
  const mark = make("span", "symbol", symbol);
  mark.setAttribute("aria-hidden", "true");
  button.append(mark, make("span", "", label));
  button.disabled = !enabled;
  return button;
};

const opener = (label, title, send, dialog) => {
  const button = makeButton("opener", label, () => send({ action: "open", dialog }));
  button.title = title;
  return button;
};

const nameOf = (button) => button.getAttribute("aria-label") || button.textContent;

// The bar is made anew for each cohort: the keyboard stays on the button of the same name, or comes back to Undo.
const replaceBar = (place, bar) => {
  const focused = place.getRootNode().activeElement;
  const name = focused && place.contains(focused) ? nameOf(focused) : null;
  place.replaceChildren(bar);
  if (name === null) return;
  const buttons = [...place.querySelectorAll("button:not(:disabled)")];
  const tools = [...place.querySelectorAll(".tools button:not(:disabled)")];
  (buttons.find((button) => nameOf(button) === name) || tools[0])?.focus();
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const send = (edit) => setTriggerValue("edit", edit);
  const root = make("div", "bar");
  const sentence = sentenceElement(data, send);
  if (data.openers) sentence.append(
    opener("Add a condition on patients or studies", "Such as: patients who also have PT", send, "relation"),
    opener("Add segmentations or source images", "What was made from these images, or what these were made from", send, "complete"),
  );
  const tools = make("div", "tools");
  tools.append(
    tool("Undo", "↶", data.undo, () => send({ action: "undo" })),
    tool("Redo", "↷", data.redo, () => send({ action: "redo" })),
    tool("Clear", "×", data.clear, () => send({ action: "clear" })),
  );
  const saving = parentElement.querySelector("#save");
  if (data.save) tools.append(tool("Save", "☆", true, offerSaving(saving, data.save)));
  else saving.replaceChildren();
  root.append(sentence, tools);
  replaceBar(parentElement.querySelector("#root"), root);
}
