// The cohorts that this browser keeps. Needs dom.js, links.js, storage.js.

function savedItem(entry, removed) {
  const remove = el("button", { type: "button", class: "remove", "aria-label": `Remove ${entry.name}` }, [icon("cross")]);
  remove.addEventListener("click", () => removed(entry));
  const link = appLink("name", entry.name, `explore?${entry.query}`);
  return el("li", {}, [
    el("div", {}, [link, el("p", { text: entry.sentence }), el("p", { class: "figures", text: entry.figures })]),
    remove,
  ]);
}

function drawSaved(root, removed) {
  const kept = readSaved();
  const parts = [];
  if (kept.length || removed) parts.push(el("h2", { text: "Saved in this browser" }));
  if (removed) {
    const undo = el("button", { type: "button", class: "undo", text: "Undo" });
    undo.addEventListener("click", () => {
      writeSaved(removed.before);
      drawSaved(root);
    });
    parts.push(el("p", { role: "status", text: `“${removed.name}” is no longer saved. ` }, [undo]));
  }
  const remove = (entry) => {
    const before = readSaved();
    writeSaved(withoutSaved(entry.name));
    drawSaved(root, { name: entry.name, before });
    root.querySelector(".undo").focus();
  };
  if (kept.length) parts.push(el("ul", {}, kept.map((entry) => savedItem(entry, remove))));
  root.replaceChildren(...parts);
}

export default function (component) {
  const { parentElement } = component;
  let root = parentElement.querySelector(".saved");
  if (!root) {
    root = el("section", { class: "saved", "aria-label": "Saved cohorts" });
    parentElement.append(root);
  }
  drawSaved(root);
}
