// What is searched, chosen and sorted: read from the address bar, written back there, and applied to the items.

/** @import { Data, FacetName, Item, Sort, SortKey, State, View } from "./types.d.ts" */

/** @type {[View, View]} */
export const VIEWS = ["cards", "table"];

/** @param {string} text */
export function foldText(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

/**
 * The sort of a name, or the first.
 *
 * @type {(data: Pick<Data, "sorts">, key: string | null) => Sort}
 */
export function sortOf(data, key) {
  return data.sorts.find((sort) => sort.key === key) ?? data.sorts[0];
}

/**
 * @param {Pick<Data, "sorts" | "facets">} data
 * @param {URLSearchParams} query
 * @returns {State}
 */
export function readState(data, query) {
  const sort = sortOf(data, query.get("sort"));
  return {
    q: query.get("q") ?? "",
    sort: sort.key,
    down: query.has("down") ? query.get("down") === "true" : sort.down,
    view: VIEWS.find((view) => view === query.get("view")) ?? VIEWS[0],
    chosen: Object.fromEntries(data.facets.map(({ name }) => [name, new Set(query.getAll(name))])),
  };
}

/**
 * The query that `readState` reads the state from.
 *
 * @param {Pick<Data, "sorts" | "facets">} data
 * @param {State} state
 */
export function stateQuery(data, state) {
  const query = new URLSearchParams();
  if (state.q.trim()) query.set("q", state.q.trim());
  for (const { name } of data.facets) for (const value of chosenOf(state, name)) query.append(name, value);
  const sort = sortOf(data, state.sort);
  if (sort !== data.sorts[0]) query.set("sort", sort.key);
  if (state.down !== sort.down) query.set("down", String(state.down));
  if (state.view !== VIEWS[0]) query.set("view", state.view);
  return query.toString();
}

/** @type {(state: State, name: FacetName) => Set<string>} */
export function chosenOf(state, name) {
  return state.chosen[name] ?? new Set();
}

/** @type {(item: Item, state: State, except: FacetName | null) => boolean} */
function hasChosen(item, state, except) {
  const names = /** @type {FacetName[]} */ (Object.keys(state.chosen));
  return names.every((name) => {
    const values = chosenOf(state, name);
    return name === except || !values.size || item.facets[name].some((value) => values.has(value));
  });
}

/**
 * Compares two items; those that are equal otherwise stand by title.
 *
 * @type {(one: Item, other: Item, key: SortKey) => number}
 */
function compare(one, other, key) {
  return key === "title" ? one.order.title.localeCompare(other.order.title) : one.order[key] - other.order[key];
}

/**
 * @param {Data} data
 * @param {State} state
 */
export function applyState(data, state) {
  const words = foldText(state.q).split(" ").filter(Boolean);
  const found = data.items.filter((item) => words.every((word) => item.searched.includes(word)));
  const sign = state.down ? -1 : 1;
  const shown = found
    .filter((item) => hasChosen(item, state, null))
    .sort((one, other) => {
      const by = sign * compare(one, other, state.sort);
      return by || compare(one, other, "title") || (one.id < other.id ? -1 : 1);
    });
  return { found, shown };
}

/**
 * Values of one facet with the datasets that have them, under all other facets and the search.
 *
 * @param {FacetName} name
 * @param {Item[]} found
 * @param {State} state
 */
export function facetCounts(name, found, state) {
  const counts = new Map([...chosenOf(state, name)].map((value) => [value, 0]));
  for (const item of found) {
    if (!hasChosen(item, state, name)) continue;
    for (const value of item.facets[name]) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
}
