import assert from "node:assert/strict";
import { test } from "node:test";
import {
  applyState,
  facetCounts,
  foldText,
  readState,
  stateQuery,
} from "../../../../components/datasets/dataset_list/filter.js";

/** @import { Data, Item } from "../../../../components/datasets/dataset_list/types.d.ts" */

const NOTHING = { location: [], cancer: [], species: [], license: [], data: [], collection: [] };

/** @type {(id: string, title: string, patients: number, modality: string[], searched?: string) => Item} */
function item(id, title, patients, modality, searched = "") {
  const order = { title, patients, series: 0, size: 0, changed: 0, first: 0 };
  const texts = {
    title,
    about: "",
    text: "",
    badge: "",
    program: "",
    first: "",
    changed: "",
    href: "",
    exploreHref: "",
  };
  const lists = { modalities: [], figures: [], license: { text: "", hint: "", strict: false } };
  return { id, ...texts, ...lists, searched, facets: { ...NOTHING, modality }, order };
}

/** @type {Data} */
const DATA = {
  attribute: "collection_id",
  noun: ["collection", "collections"],
  hint: "",
  facets: [
    { name: "modality", label: "Modality", note: "" },
    { name: "species", label: "Species", note: "" },
  ],
  sorts: [
    { key: "title", label: "By title", down: false },
    { key: "patients", label: "Most patients", down: true },
  ],
  items: [
    item("c", "beta", 10, ["CT", "MR"], "lung moonshot"),
    item("a", "alpha", 10, ["CT"], "lung"),
    item("b", "gamma", 30, ["SM"], "breast moonshot"),
  ],
};

/** @param {string} query */
function stateOf(query) {
  return readState(DATA, new URLSearchParams(query));
}

/** @param {string} query */
function shownIds(query) {
  return applyState(DATA, stateOf(query)).shown.map(({ id }) => id);
}

test("text is folded: accents, case and runs of space", () => {
  assert.equal(foldText("  Große  ÉTUDE\n1 "), "große etude 1");
});

test("an empty address is the first sort, cards, and nothing chosen", () => {
  const chosen = { modality: new Set(), species: new Set() };
  assert.deepEqual(stateOf(""), { q: "", sort: "title", down: false, view: "cards", chosen });
});

test("what an address asks for that is not on offer is passed over", () => {
  assert.deepEqual(stateOf("sort=price&view=map&colour=red"), stateOf(""));
});

test("an address comes back from the state that it gives", () => {
  for (const query of [
    "",
    "q=lung+ct",
    "modality=CT&modality=MR&species=Human",
    "sort=patients",
    "sort=patients&down=false&view=table",
    "down=true",
  ]) {
    assert.equal(stateQuery(DATA, stateOf(query)), query);
  }
});

test("what is the usual way is left out of the address", () => {
  assert.equal(stateQuery(DATA, stateOf("q=++&sort=title&down=false&view=cards")), "");
});

test("every word of a search has to be found", () => {
  assert.deepEqual(shownIds("q=MOONSHOT"), ["c", "b"]);
  assert.deepEqual(shownIds("q=moonshot+lung"), ["c"]);
  assert.deepEqual(shownIds("q=prostate"), []);
});

test("values of a facet are alternatives, facets add up", () => {
  assert.deepEqual(shownIds("modality=MR&modality=SM"), ["c", "b"]);
  assert.deepEqual(shownIds("modality=CT&species=Human"), []);
});

test("equal items stand by title, whichever way the sort goes", () => {
  assert.deepEqual(shownIds("sort=patients"), ["b", "a", "c"]);
  assert.deepEqual(shownIds("sort=patients&down=false"), ["a", "c", "b"]);
  assert.deepEqual(shownIds("down=true"), ["b", "c", "a"]);
});

test("a facet counts under the search and all other facets, not under itself", () => {
  const state = stateOf("q=lung&modality=MR");
  const { found } = applyState(DATA, state);
  assert.deepEqual(facetCounts("modality", found, state), [
    ["CT", 2],
    ["MR", 1],
  ]);
});

test("a chosen value stays in its facet with no dataset left", () => {
  const state = stateOf("q=breast&modality=CT");
  const { found } = applyState(DATA, state);
  assert.deepEqual(facetCounts("modality", found, state), [
    ["SM", 1],
    ["CT", 0],
  ]);
});
