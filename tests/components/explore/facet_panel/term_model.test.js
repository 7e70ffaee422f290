import assert from "node:assert/strict";
import { test } from "node:test";
import { termModel } from "../../../../components/explore/facet_panel/term_model.js";
import { NOTHING, termFacet } from "./facets.js";

/** @import { Chosen } from "../../../../components/explore/facet_panel/types.d.ts" */

const LISTING = {
  all: false,
  query: "",
  byName: false,
  sticky: new Set(""),
  pinned: new Set(""),
  focused: undefined,
  chunk: 80,
};

/** @type {(counts: [string, number][], missing?: number) => ReturnType<typeof termFacet>} */
function facetOf(counts, missing = 0) {
  return termFacet(
    "Facet",
    counts.map(([value, count]) => [value, value.toUpperCase(), count]),
    { missing },
  );
}

/** @type {(facet: ReturnType<typeof termFacet>, listing?: Partial<typeof LISTING> | { focused: string }, chosen?: Partial<Chosen>) => string} */
function listed(facet, listing = {}, chosen = {}) {
  const model = termModel(facet, { ...NOTHING, ...chosen }, { ...LISTING, ...listing });
  return model.entries.map(({ value }) => value).join("");
}

const EIGHT = facetOf([..."abcdefgh"].map((value, index) => [value, 8 - index]));

test("a folded list has the six most frequent values", () => assert.equal(listed(EIGHT), "abcdef"));

test("a seventh value takes no more room than the way to it", () => {
  assert.equal(listed(facetOf([..."abcdefg"].map((value) => [value, 1]))), "abcdefg");
});

test("values without series are left out, unless they are chosen", () => {
  const facet = facetOf([
    ["a", 3],
    ["b", 0],
    ["c", 0],
  ]);
  assert.equal(listed(facet), "a");
  assert.equal(listed(facet, {}, { not: ["c"] }), "ac");
});

test("what is chosen, was chosen or has the focus stays in its place", () => {
  assert.equal(listed(EIGHT, { sticky: new Set("h") }), "abcdefh");
  assert.equal(listed(EIGHT, { focused: "g" }), "abcdefg");
  assert.equal(listed(EIGHT, {}, { eq: ["h"] }), "abcdefh");
});

test("a full list has what was chosen when it was opened on top", () => {
  assert.equal(listed(EIGHT, { all: true }), "abcdefgh");
  assert.equal(listed(EIGHT, { all: true, pinned: new Set("gc") }), "cgabdefh");
});

test("a search looks into labels and values, and only into a full list", () => {
  const facet = termFacet("Facet", [
    ["x1", "Lung", 5],
    ["x2", "Lungs, both", 4],
    ["lung-code", "Thorax", 3],
    ["x4", "Liver", 2],
  ]);
  assert.equal(listed(facet, { all: true, query: "lung" }), "x1x2lung-code");
  assert.equal(listed(facet, { query: "lung" }), "x1x2lung-codex4");
});

test("names are sorted as people do: numbers by size, case aside", () => {
  const facet = termFacet("Facet", [
    ["1", "T10", 9],
    ["2", "t2", 8],
    ["3", "T1", 7],
  ]);
  assert.equal(listed(facet, { all: true, byName: true }), "321");
  assert.equal(listed(facet, { byName: true }), "123");
});

test("a long list comes in chunks, and knows how long it is", () => {
  const model = termModel(EIGHT, NOTHING, { ...LISTING, all: true, chunk: 3 });
  assert.deepEqual([model.entries.length, model.listed, model.total], [3, 8, 8]);
});

test("values of another release stand first, without a count", () => {
  const facet = { ...EIGHT, unknown: ["old"] };
  const model = termModel(facet, { ...NOTHING, eq: ["a"], not: ["old"] }, { ...LISTING, chunk: 1 });
  assert.deepEqual(model.entries, [
    { value: "old", label: "old", count: null, unknown: true },
    { value: "a", label: "A", count: 8 },
  ]);
});

test("bars are measured by the longest, that of missing values included", () => {
  assert.equal(termModel(facetOf([["a", 3]], 7), NOTHING, LISTING).max, 7);
  assert.equal(termModel(facetOf([["a", 0]]), NOTHING, LISTING).max, 1);
});
