// "Search all filters": every value and every facet name, found in the browser.

const FIRST_HITS = 6;

function createSearch(ctx, openFacet) {
  const view = { ctx, openFacet, query: "", sections: [], options: [], active: -1, expanded: new Set() };
  view.input = el("input", {
    type: "search", class: "box search-all", placeholder: "Search all filters", autocomplete: "off", spellcheck: "false",
    role: "combobox", "aria-label": "Search all filters", "aria-expanded": "false", "aria-controls": "results",
    "aria-autocomplete": "list", "data-testid": "search-all",
    oninput: () => runSearch(view),
    onkeydown: (event) => keySearch(view, event),
  });
  view.results = el("div", { class: "results", id: "results", role: "listbox", "aria-multiselectable": "true", "aria-label": "Matching filters", "data-testid": "search-results", hidden: true });
  view.results.addEventListener("pointerdown", (event) => event.preventDefault());
  view.results.addEventListener("click", (event) => clickResult(view, event));
  view.el = el("div", { class: "search" }, [icon("search"), view.input]);
  return view;
}

function runSearch(view) {
  view.query = view.input.value.trim().toLowerCase();
  view.expanded.clear();
  view.active = -1;
  view.sections = view.query ? findMatches(view.ctx.store.data, view.query) : [];
  renderResults(view);
}

function clearSearch(view) {
  view.input.value = "";
  runSearch(view);
}

function findMatches(data, query) {
  const sections = [];
  for (const group of data.groups) {
    for (const attribute of group.facets) {
      const facet = data.facets[attribute];
      if (facet) addSection(sections, attribute, facet, query);
    }
  }
  return sections;
}

function addSection(sections, attribute, facet, query) {
  const named = facet.label.toLowerCase().includes(query) || attribute.toLowerCase().includes(query);
  const hits = [];
  for (const [value, label] of facet.kind === "term" ? facet.values : []) {
    if (String(label).toLowerCase().includes(query) || String(value).toLowerCase().includes(query)) {
      hits.push({ attribute, value: String(value), label: String(label) });
    }
  }
  if (named || hits.length) sections.push({ attribute, hits, named });
}

// The matches and their order stay as found; only counts and marks follow the data.
function renderResults(view) {
  const { ctx, sections, query } = view;
  const searching = query !== "";
  view.options = [];
  view.nodes = new Map();
  const parts = sections.map((section) => renderSection(view, section));
  if (searching && sections.length === 0) parts.push(el("p", { class: "nothing", text: `Nothing matches “${view.input.value.trim()}”` }));
  view.results.replaceChildren(...parts);
  show(view.results, searching);
  setAttr(view.input, "aria-expanded", String(searching));
  ctx.showFacets(!searching);
  patchResults(view);
  markActive(view, false);
}

function renderSection(view, section) {
  const facet = view.ctx.store.data.facets[section.attribute];
  const head = createOption(view, { kind: "facet", attribute: section.attribute, label: facet.label }, "result-head");
  const limit = view.expanded.has(section.attribute) ? section.hits.length : FIRST_HITS;
  const rows = section.hits.slice(0, limit).map((hit) => createOption(view, { kind: "value", ...hit }, "result"));
  const rest = section.hits.length - rows.length;
  if (rest > 0) rows.push(createOption(view, { kind: "more", attribute: section.attribute, label: `${exactCount(rest)} more` }, "result-more"));
  return el("div", { class: "result-group", role: "group", "aria-label": facet.label, "data-results": section.attribute }, [head, ...rows]);
}

function createOption(view, hit, className) {
  const label = el("span", { class: "label", title: hit.label });
  const count = el("span", { class: "count" });
  const mark = el("span", { class: "tick", "aria-hidden": "true" });
  const index = view.options.length;
  const node = el("div", { class: className, role: "option", id: `result-${index}`, "data-index": index }, [mark, label, count]);
  if (hit.kind === "value") node.dataset.value = hit.value;
  labelWithMatch(label, hit.label, hit.kind === "more" ? "" : view.query);
  view.options.push({ ...hit, node, count });
  return node;
}

function patchResults(view) {
  if (view.query === "") return;
  const { store } = view.ctx;
  const states = new Map();
  for (const option of view.options) {
    if (option.kind !== "value") continue;
    if (!states.has(option.attribute)) states.set(option.attribute, resultState(store, option.attribute));
    patchResult(option, states.get(option.attribute));
  }
}

function resultState(store, attribute) {
  const chosen = chosenOf(store, attribute);
  const values = store.data.facets[attribute]?.values || [];
  const counts = new Map(values.map((item) => [String(item[0]), item[2]]));
  return { counts, eq: new Set(chosen.eq), not: new Set(chosen.not) };
}

function patchResult(option, { counts, eq, not }) {
  const count = counts.get(option.value);
  setText(option.count, count === undefined ? "–" : compactCount(count));
  setAttr(option.count, "title", count === undefined ? null : exactCount(count));
  option.node.classList.toggle("included", eq.has(option.value));
  option.node.classList.toggle("excluded", not.has(option.value));
  option.node.classList.toggle("empty", !count);
  setAttr(option.node, "aria-selected", String(eq.has(option.value)));
}

function clickResult(view, event) {
  const node = event.target.closest("[role=option]");
  if (node) chooseOption(view, Number(node.dataset.index));
}

function chooseOption(view, index) {
  const option = view.options[index];
  if (!option) return;
  view.active = index;
  if (option.kind === "facet") {
    clearSearch(view);
    view.openFacet(option.attribute);
  } else if (option.kind === "more") {
    view.expanded.add(option.attribute);
    renderResults(view);
  } else {
    toggleIncluded(view.ctx.store, option.attribute, option.value);
    view.ctx.refresh(option.attribute);
    patchResults(view);
    markActive(view, true);
  }
}

function keySearch(view, event) {
  if (event.key === "Escape") clearSearch(view);
  else if (event.key === "ArrowDown") moveActive(view, 1);
  else if (event.key === "ArrowUp") moveActive(view, -1);
  else if (event.key === "Enter") chooseOption(view, view.active < 0 ? firstValue(view) : view.active);
  else return;
  event.preventDefault();
}

function firstValue(view) {
  const index = view.options.findIndex((option) => option.kind === "value");
  return index < 0 ? 0 : index;
}

function moveActive(view, step) {
  if (view.options.length === 0) return;
  if (view.active < 0) view.active = step > 0 ? firstValue(view) : view.options.length - 1;
  else view.active = (view.active + step + view.options.length) % view.options.length;
  markActive(view, true);
}

function markActive(view, scroll) {
  view.options.forEach((option, index) => option.node.classList.toggle("active", index === view.active));
  const active = view.options[view.active]?.node;
  setAttr(view.input, "aria-activedescendant", active ? active.id : null);
  if (active && scroll) active.scrollIntoView({ block: "nearest" });
}
