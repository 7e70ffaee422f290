// The cohorts that this browser keeps. Needs dom.js, links.js, storage.js.

// The cohort as a file for the command line or another person. Half a character has no percent-encoding.
function savedFile(entry) {
  const whole = entry.json.replace(/[\ud800-\udfff]/gu, "");
  return el("a", {
    class: "file",
    text: "JSON",
    href: `data:application/json;charset=utf-8,${encodeURIComponent(whole)}`,
    download: `${entry.name}.json`,
    "aria-label": `${entry.name} as JSON`,
  });
}

function savedItem(entry, removed) {
  const remove = el("button", { type: "button", class: "remove", "aria-label": `Remove ${entry.name}` }, [icon("cross")]);
  remove.addEventListener("click", () => removed(entry));
  const link = appLink("name", entry.name, `explore?${entry.query}`);
  const figures = el("p", { class: "figures", text: entry.figures });
  if (typeof entry.json === "string") figures.append(" · ", savedFile(entry));
  return el("li", {}, [
    el("div", {}, [link, el("p", { text: entry.sentence }), figures]),
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
