// The DICOM header of each instance of a series, with a search; the content of a report as a tree above it.

const BASE = "api/preview";
const SHOWN = 2000;

const parts = new WeakMap();

export default function headers({ data, parentElement }) {
  const root = parentElement.querySelector("#root");
  let part = parts.get(parentElement);
  if (part?.uid === data.uid) return part.destroy;
  part = { uid: data.uid, table: null, turn: 0, destroy: () => { root.replaceChildren(); parts.delete(parentElement); } };
  parts.set(parentElement, part);
  build(part, root);
  read(part, 1);
  return part.destroy;
}

const build = (part, root) => {
  part.search = el("input", { type: "search", placeholder: "Search names, tags and values", "aria-label": "Search the header", oninput: () => fill(part) });
  part.number = el("input", { type: "number", min: "1", value: "1", "aria-label": "Instance", onchange: () => read(part, Number(part.number.value)) });
  part.total = el("span");
  part.found = el("output", { "data-testid": "found" });
  part.tree = el("div", { class: "tree", "data-testid": "tree", hidden: true });
  part.rows = el("tbody");
  part.message = el("p", { role: "status" }, "Reading the header …");
  const head = el("thead", {}, el("tr", {}, ...["Tag", "Name", "VR", "Value"].map((name) => el("th", {}, name))));
  part.box = el("div", { class: "box", "data-testid": "header-table", hidden: true }, el("table", {}, head, part.rows));
  part.tools = el("div", { class: "tools", hidden: true }, el("label", {}, "Instance ", part.number, part.total), part.search, part.found);
  root.replaceChildren(el("div", { class: "headers" }, part.tree, part.tools, part.message, part.box));
};

const read = async (part, number) => {
  const turn = part.turn += 1;
  try {
    const table = await ask(`${BASE}/${part.uid}/instances/${Math.max(1, Math.round(number) || 1)}.json`);
    if (turn !== part.turn) return;
    part.table = table;
    part.number.max = table.instances;
    part.number.value = table.instance;
    part.total.textContent = ` of ${table.instances.toLocaleString("en")}`;
    part.message.textContent = "";
    part.tools.hidden = part.box.hidden = false;
    part.tree.hidden = !table.tree;
    part.tree.replaceChildren(...(table.tree ? [branch(table.tree, 0)] : []));
    fill(part);
  } catch (error) {
    if (turn === part.turn) part.message.textContent = error.message;
  }
};

const fill = (part) => {
  const words = part.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const hits = part.table.rows.filter((row) => {
    const text = row.slice(1).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  part.rows.replaceChildren(...hits.slice(0, SHOWN).map(([level, tag, name, kind, value]) => {
    const named = el("td", {}, name);
    named.style.paddingLeft = `${10 + 14 * level}px`;
    return el("tr", {}, el("td", { class: "tag" }, tag), named, el("td", {}, kind), el("td", {}, value));
  }));
  const more = hits.length > SHOWN ? `, the first ${SHOWN.toLocaleString("en")} are shown` : "";
  part.found.textContent = `${hits.length.toLocaleString("en")} elements${more}`;
};

const branch = (node, level) => {
  const said = [
    node.relation && el("em", {}, `${node.relation} `),
    el("b", {}, node.name || node.type.toLowerCase()),
    node.value && el("span", {}, ` ${node.value}`),
  ].filter(Boolean);
  if (!node.children.length) return el("div", { class: "leaf" }, ...said);
  return el("details", { open: level < 3 }, el("summary", {}, ...said), ...node.children.map((child) => branch(child, level + 1)));
};
