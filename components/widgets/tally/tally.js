// A table drawn from data; made anew when the data changes. Text enters the page as text nodes only.

function entryNode({ text, href, address }) {
  if (address) return foreignLink(text, address);
  return href ? appLink("", text, href) : el("span", { text });
}

function cellNode(entry, column, place) {
  const inside = [entryNode(entry)];
  if (entry.share !== undefined) {
    const bar = el("i", { class: "bar" });
    bar.style.width = `${Math.max(entry.share * 100, 0.8)}%`;
    if (entry.colour) bar.style.background = entry.colour;
    inside.unshift(el("span", { class: "track", "aria-hidden": "true" }, [bar]));
  } else if (entry.colour) {
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = entry.colour;
    inside.unshift(swatch);
  }
  const kind = entry.share !== undefined ? "barred" : column.text ? "text" : "number";
  return el(place ? "td" : "th", { scope: place ? null : "row", class: kind, title: entry.hint || null }, [
    el("div", { class: "cell" }, inside),
  ]);
}

function makeTally(data) {
  const rows = data.rows.map((row, number) =>
    el("tr", { class: number === data.chosen ? "chosen" : "" }, row.map((entry, place) => cellNode(entry, data.columns[place], place))));
  const parts = [];
  if (data.title) parts.push(el("h3", { text: data.title }));
  const heads = data.columns.some(({ label }) => label)
    ? [el("thead", {}, [el("tr", {}, data.columns.map(({ label, text }) => el("th", { scope: "col", class: text ? "text" : "number", text: label })))])]
    : [];
  const fold = (all) => rows.forEach((row, number) => show(row, all || number < data.most || number === data.chosen));
  parts.push(el("div", { class: "scroll" }, [el("table", {}, [...heads, el("tbody", {}, rows)])]));
  if (rows.length > data.most + 1) {
    fold(false);
    const more = el("button", { type: "button", class: "more", text: `Show all ${exactCount(rows.length)}` });
    more.onclick = () => {
      fold(true);
      more.remove();
    };
    parts.push(more);
  }
  if (data.note) parts.push(el("p", { class: "note", text: data.note }));
  return el("div", { class: "tally" }, parts);
}

const shown = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const now = JSON.stringify(data);
  if (shown.get(parentElement) === now) return;
  shown.set(parentElement, now);
  for (const old of parentElement.querySelectorAll(".tally")) old.remove();
  parentElement.append(makeTally(data));
}
