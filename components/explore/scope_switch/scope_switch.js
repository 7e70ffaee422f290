// Three radio buttons drawn as one switch. They are made once and brought up to date in place, so that the focus stays.
// Text enters the page as text nodes only.

const makeSegment = (value) => {
  const label = document.createElement("label");
  label.dataset.scope = value;
  const input = document.createElement("input");
  input.type = "radio";
  input.name = "scope";
  input.value = value;
  const name = document.createElement("span");
  name.className = "name";
  const figures = document.createElement("span");
  figures.className = "figures";
  figures.append(document.createElement("span"), document.createElement("span"));
  label.append(input, name, figures);
  return label;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector("#root");
  if (!root.children.length) root.append(...data.scopes.map((scope) => makeSegment(scope.value)));
  data.scopes.forEach((scope, position) => {
    const segment = root.children[position];
    const [input, name, figures] = segment.children;
    segment.title = scope.hint;
    name.textContent = scope.label;
    scope.figures.forEach((text, place) => { figures.children[place].textContent = text; });
    input.checked = scope.value === data.chosen;
    input.onchange = () => setTriggerValue("chosen", scope.value);
  });
}
