// The cohort as a sentence of removable chips, with undo, redo and clear.
// Text enters the page as text nodes only.

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const chip = (value, clause, send) => {
  const item = make("span", "chip");
  if (value.unknown) item.classList.add("unknown");
  if (value.swatch) {
    const swatch = make("span", "swatch");
    swatch.style.background = value.swatch;
    item.append(swatch);
  }
  item.append(make("span", "text", value.text));
  if (value.unknown) {
    item.append(make("span", "warning", "not in this release"));
    item.title = value.hint || "";
  }
  const remove = make("button", "remove", "×");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${clause.label} ${value.text}`);
  remove.onclick = () => send({ action: "remove", attribute: clause.attribute, operator: value.operator, value: value.value });
  item.append(remove);
  return item;
};

const clauseElement = (clause, send) => {
  const element = make("span", "clause");
  element.dataset.attribute = clause.attribute;
  element.append(make("span", "label", clause.label));
  for (const part of clause.parts) {
    if (typeof part === "string") element.append(make("span", "word", part));
    else element.append(chip(part, clause, send));
  }
  if (clause.note) element.append(make("span", "note", clause.note));
  return element;
};

const tool = (label, symbol, enabled, send, action) => {
  const button = make("button", "tool");
  button.type = "button";
  const mark = make("span", "symbol", symbol);
  mark.setAttribute("aria-hidden", "true");
  button.append(mark, make("span", "", label));
  button.disabled = !enabled;
  button.onclick = () => send({ action });
  return button;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const send = (edit) => setTriggerValue("edit", edit);
  const root = make("div", "bar");
  const sentence = make("div", "sentence");
  sentence.setAttribute("data-testid", "cohort-sentence");
  sentence.append(make("span", "lead", data.clauses.length ? "Series where" : "All series of IDC"));
  data.clauses.forEach((clause, position) => {
    if (position) sentence.append(make("span", "word and", "and"));
    sentence.append(clauseElement(clause, send));
  });
  const tools = make("div", "tools");
  tools.append(
    tool("Undo", "↶", data.undo, send, "undo"),
    tool("Redo", "↷", data.redo, send, "redo"),
    tool("Clear", "×", data.clauses.length > 0, send, "clear"),
  );
  root.append(sentence, tools);
  parentElement.querySelector("#root").replaceChildren(root);
}
