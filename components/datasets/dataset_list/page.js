// The whole part: bar with search, facets, sort and view; cards or table below. Made once, then brought up to date.

function makeFacet({ name, label, note }, page) {
  const badge = el("b", { class: "number" });
  const summary = el("summary", { title: note }, [label, badge, icon("chevron")]);
  const find = el("input", { class: "box", type: "search", placeholder: `Find in ${label.toLowerCase()}`, "aria-label": `Find in ${label.toLowerCase()}` });
  const list = el("ul");
  const notes = note ? [el("p", { class: "note", text: note })] : [];
  const menu = el("div", { class: "menu" }, [find, list, ...notes]);
  const node = el("details", { class: "facet", "data-facet": name }, [summary, menu]);
  const rows = new Map();
  const rowOf = (value) => {
    if (!rows.has(value)) {
      const box = el("input", { type: "checkbox" });
      box.onchange = () => page.choose(name, value, box.checked);
      const count = el("span", { class: "count" });
      rows.set(value, { box, count, node: el("li", { "data-value": value }, [el("label", {}, [box, el("span", { text: value }), count])]) });
    }
    return rows.get(value);
  };
  const update = () => {
    const chosen = page.state.chosen[name];
    setText(badge, chosen.size ? String(chosen.size) : "");
    show(badge, chosen.size > 0);
    if (!node.open) return;
    const counts = facetCounts(name, page.found, page.state);
    const word = foldText(find.value);
    show(find, counts.length > 10 || word !== "");
    placeChildren(list, counts.filter(([value]) => foldText(value).includes(word)).map(([value, count]) => {
      const row = rowOf(value);
      row.box.checked = chosen.has(value);
      setText(row.count, exactCount(count));
      return row.node;
    }));
  };
  find.oninput = update;
  node.ontoggle = () => {
    if (node.open) for (const other of page.facets) if (other.node !== node) other.node.open = false;
    update();
  };
  return { node, update };
}

function makeChips(page) {
  const node = el("ul", { class: "chips", "aria-label": "What is chosen" });
  const chip = (text, remove) =>
    el("li", {}, [el("button", { type: "button", class: "chip", "aria-label": `Remove ${text}`, onclick: remove }, [el("span", { text }), icon("cross")])]);
  const update = () => {
    const chips = Object.entries(page.state.chosen).flatMap(([name, values]) =>
      [...values].map((value) => chip(value, () => page.choose(name, value, false))));
    if (chips.length) chips.push(el("li", {}, [el("button", { type: "button", class: "link", text: "Clear all", onclick: page.clear })]));
    node.replaceChildren(...chips);
    show(node, chips.length > 0);
  };
  return { node, update };
}

function makeSwitch(page) {
  const buttons = VIEWS.map((view) =>
    el("button", { type: "button", text: view[0].toUpperCase() + view.slice(1), onclick: () => page.change({ view }) }));
  const update = () => buttons.forEach((button, place) => setAttr(button, "aria-pressed", String(VIEWS[place] === page.state.view)));
  return { node: el("div", { class: "switch", role: "group", "aria-label": "View" }, buttons), update };
}

function makeSort(page) {
  const options = page.data.sorts.map(({ key, label }) => el("option", { value: key, text: label }));
  const select = el("select", { class: "box", "aria-label": "Sort by" }, options);
  select.onchange = () => {
    const { key, down } = page.data.sorts.find((sort) => sort.key === select.value);
    page.change({ sort: key, down });
  };
  return { node: select, update: () => { select.value = page.state.sort; } };
}

// What is left of all datasets, as one cohort.
function exploreThese(page) {
  const { data, shown } = page;
  if (!shown.length || shown.length === data.items.length) return [];
  const query = new URLSearchParams(shown.map(({ id }) => [data.attribute, id]).sort());
  return [appLink("explore-these", `Explore ${shown.length === 1 ? "it" : `these ${shown.length}`} →`, `explore?${query}`, page.leave)];
}

function makePage(data, root) {
  const page = { data, state: readState(data), found: [], shown: [], facets: [] };
  const cards = new Map();
  const rows = new Map();
  const made = (kept, item, make) => {
    if (!kept.has(item.id)) kept.set(item.id, make(item, page.leave));
    return kept.get(item.id);
  };

  page.leave = () => {
    try { sessionStorage.setItem(`scroll ${location.href}`, String(scrollParent(root).scrollTop)); } catch { /* no storage, no memory */ }
  };
  page.change = (changes) => {
    Object.assign(page.state, changes);
    writeState(data, page.state);
    page.update();
  };
  page.choose = (name, value, on) => {
    page.state.chosen[name][on ? "add" : "delete"](value);
    page.change({});
  };
  page.clear = () => {
    for (const values of Object.values(page.state.chosen)) values.clear();
    page.change({ q: "" });
  };

  const search = el("input", { class: "box search-all", type: "search", placeholder: data.hint, "aria-label": `Search ${data.noun[1]}` });
  search.oninput = () => page.change({ q: search.value });
  const count = el("p", { class: "total", role: "status" });
  const these = el("span");
  page.facets = data.facets.map((facet) => makeFacet(facet, page));
  const [chips, view, sort] = [makeChips(page), makeSwitch(page), makeSort(page)];
  const grid = el("ul", { class: "cards" });
  const table = makeTable((key) => {
    const { down } = data.sorts.find((one) => one.key === key);
    page.change({ sort: key, down: page.state.sort === key ? !page.state.down : down });
  });
  const nothing = el("div", { class: "nothing" }, [
    el("p", { text: `No ${data.noun[0]} has all of this.` }),
    el("button", { type: "button", class: "link", text: "Show all", onclick: () => page.clear() }),
  ]);

  page.update = () => {
    const { state } = page;
    Object.assign(page, applyState(data, state));
    if (search.value !== state.q) search.value = state.q;
    for (const part of [...page.facets, chips, view, sort]) part.update();
    const all = data.items.length;
    setText(count, page.shown.length === all ? `${all} ${data.noun[1]}` : `${page.shown.length} of ${all} ${data.noun[1]}`);
    these.replaceChildren(...exploreThese(page));
    const asCards = state.view === "cards";
    show(nothing, page.shown.length === 0);
    show(grid, asCards && page.shown.length > 0);
    show(table.node, !asCards && page.shown.length > 0);
    if (asCards) placeChildren(grid, page.shown.map((item) => made(cards, item, makeCard)));
    else placeChildren(table.body, page.shown.map((item) => made(rows, item, makeRow)));
    table.mark(state);
  };

  const facets = el("div", { class: "facets" }, page.facets.map(({ node }) => node));
  const bar = el("div", { class: "bar" }, [el("div", { class: "search" }, [icon("search"), search]), facets]);
  const line = el("div", { class: "line" }, [el("div", { class: "left" }, [count, these]), el("div", { class: "tools" }, [sort.node, view.node])]);
  root.replaceChildren(el("div", { class: "catalog" }, [bar, chips.node, line, grid, table.node, nothing]));
  root.addEventListener("click", (event) => {
    for (const { node } of page.facets) if (node.open && !event.composedPath().includes(node)) node.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const { node } of page.facets) {
      if (!node.open) continue;
      node.open = false;
      node.querySelector("summary").focus();
    }
  });
  return page;
}

// Where the visitor was before opening a dataset from here.
function returnToPlace(root) {
  let place = null;
  try {
    place = sessionStorage.getItem(`scroll ${location.href}`);
    sessionStorage.removeItem(`scroll ${location.href}`);
  } catch { /* no storage, no memory */ }
  if (place) requestAnimationFrame(() => { scrollParent(root).scrollTop = Number(place); });
}

const pages = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let page = pages.get(parentElement);
  if (!page) {
    const root = el("div");
    parentElement.append(root);
    page = makePage(data, root);
    pages.set(parentElement, page);
    page.update();
    returnToPlace(root);
  } else if (stateQuery(data, page.state) !== stateQuery(data, readState(data))) {
    page.state = readState(data);
    page.update();
  }
}
