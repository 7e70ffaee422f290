// What is searched, chosen and sorted: read from the address bar, written back there, and applied to the items.

const VIEWS = ["cards", "table"];

function foldText(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

function readState(data) {
  const query = new URLSearchParams(location.search);
  const sort = data.sorts.find(({ key }) => key === query.get("sort")) || data.sorts[0];
  const state = { q: query.get("q") || "", sort: sort.key, down: sort.down, view: "cards", chosen: {} };
  if (query.has("down")) state.down = query.get("down") === "true";
  if (VIEWS.includes(query.get("view"))) state.view = query.get("view");
  for (const { name } of data.facets) state.chosen[name] = new Set(query.getAll(name));
  return state;
}

function stateQuery(data, state) {
  const query = new URLSearchParams();
  if (state.q.trim()) query.set("q", state.q.trim());
  for (const { name } of data.facets) for (const value of state.chosen[name]) query.append(name, value);
  const sort = data.sorts.find(({ key }) => key === state.sort);
  if (sort !== data.sorts[0]) query.set("sort", sort.key);
  if (state.down !== sort.down) query.set("down", state.down);
  if (state.view !== VIEWS[0]) query.set("view", state.view);
  return query.toString();
}

// The entry that the browser is at is rewritten: going back leads to the page before, not through each letter typed.
function writeState(data, state) {
  const query = stateQuery(data, state);
  history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : ""));
}

function hasChosen(item, state, except) {
  return Object.entries(state.chosen).every(
    ([name, values]) => name === except || !values.size || item.facets[name].some((value) => values.has(value)),
  );
}

function searchWords(state) {
  return foldText(state.q).split(" ").filter(Boolean);
}

function applyState(data, state) {
  const words = searchWords(state);
  const found = data.items.filter((item) => words.every((word) => item.searched.includes(word)));
  const sign = state.down ? -1 : 1;
  const order = (one, other) => {
    const [a, b] = [one.order[state.sort], other.order[state.sort]];
    const by = typeof a === "string" ? a.localeCompare(b) : a - b;
    return sign * by || one.order.title.localeCompare(other.order.title) || (one.id < other.id ? -1 : 1);
  };
  return { found, shown: found.filter((item) => hasChosen(item, state, null)).sort(order) };
}

// Values of one facet with the datasets that have them, under all other facets and the search.
function facetCounts(name, found, state) {
  const counts = new Map([...state.chosen[name]].map((value) => [value, 0]));
  for (const item of found) {
    if (!hasChosen(item, state, name)) continue;
    for (const value of item.facets[name]) counts.set(value, (counts.get(value) || 0) + 1);
  }
  return [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
}
