// One dataset as a card and as a row of the table. Text enters the page as text nodes only.

function modalityBar(modalities) {
  const parts = modalities.map(({ colour, share, hint }) => {
    const part = el("span", { title: hint });
    part.style.background = colour;
    part.style.flexGrow = Math.max(share, 0.012);
    return part;
  });
  return el("div", { class: "mix", "aria-hidden": "true" }, parts);
}

function modalityNames(modalities, most) {
  const names = modalities.slice(0, most).map(({ name, colour, hint }) => {
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = colour;
    return el("span", { class: "modality", title: hint }, [swatch, name]);
  });
  const more = modalities.slice(most);
  if (more.length) {
    names.push(el("span", { class: "quiet", title: more.map(({ hint }) => hint).join("\n"), text: `+${more.length}` }));
  }
  return el("div", { class: "modalities" }, names);
}

function licenseTag(license) {
  return el("span", { class: `license${license.strict ? " strict" : ""}`, title: license.hint, text: license.text });
}

function makeCard(item, leave) {
  const head = el("div", { class: "card-head" }, [
    el("h2", {}, [appLink("title", item.title, item.href, leave)]),
    el("span", { class: "program", text: item.program }),
  ]);
  const figures = el("dl", { class: "figures" }, item.figures.map(([label, short, exact]) =>
    el("div", { title: exact }, [el("dt", { text: label }), el("dd", { text: short })]),
  ));
  const foot = el("div", { class: "card-foot" }, [
    licenseTag(item.license),
    ...(item.badge ? [el("span", { class: "badge", text: item.badge })] : []),
    appLink("explore", "Explore →", item.exploreHref, leave),
  ]);
  return el("li", { class: "card", "data-id": item.id }, [
    head,
    el("p", { class: "about", text: item.about, title: item.about }),
    el("p", { class: "text", text: item.text }),
    modalityBar(item.modalities),
    modalityNames(item.modalities, 6),
    figures,
    foot,
  ]);
}

const COLUMNS = [
  { label: "Title", sort: "title" },
  { label: "Modalities" },
  { label: "Location" },
  { label: "Cancer type" },
  { label: "Species" },
  { label: "Patients", sort: "patients", number: true },
  { label: "Series", sort: "series", number: true },
  { label: "Size", sort: "size", number: true },
  { label: "License" },
  { label: "First in", sort: "first", number: true },
  { label: "Changed in", sort: "changed", number: true },
];

function makeRow(item, leave) {
  const list = (values) => el("td", { class: "list", text: values.join(", "), title: values.join(", ") });
  const number = (text, title) => el("td", { class: "number", text, title });
  return el("tr", { "data-id": item.id }, [
    el("th", { scope: "row" }, [appLink("title", item.title, item.href, leave)]),
    el("td", {}, [modalityNames(item.modalities, 4)]),
    list(item.facets.location),
    list(item.facets.cancer),
    list(item.facets.species),
    ...item.figures.map(([, short, exact]) => number(short, exact)),
    el("td", {}, [licenseTag(item.license)]),
    number(item.first),
    number(item.changed),
  ]);
}

function makeTable(resort) {
  const heads = COLUMNS.map(({ label, sort, number }) => {
    const inside = sort ? el("button", { type: "button", text: label, onclick: () => resort(sort) }) : label;
    return el("th", { scope: "col", class: number ? "number" : "", "data-sort": sort }, [inside]);
  });
  const body = el("tbody");
  const table = el("table", {}, [el("thead", {}, [el("tr", {}, heads)]), body]);
  const mark = (state) => {
    for (const head of heads) {
      const order = head.dataset.sort === state.sort ? (state.down ? "descending" : "ascending") : null;
      setAttr(head, "aria-sort", order);
    }
  };
  return { node: el("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, [table]), body, mark };
}
