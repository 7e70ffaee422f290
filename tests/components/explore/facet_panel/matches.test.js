import assert from "node:assert/strict";
import { test } from "node:test";
import { findMatches } from "../../../../components/explore/facet_panel/matches.js";
import { NOTHING, termFacet } from "./facets.js";

/** @import { Data } from "../../../../components/explore/facet_panel/types.d.ts" */

const COMMON = { help: "", note: "", operators: [], selected: NOTHING, lazy: false };

/** @type {Data["facets"]} */
const FACETS = {
  Modality: termFacet("Modality", [
    ["CT", "CT", 5],
    ["MR", "MR", 3],
  ]),
  BodyPartExamined: termFacet("Body part", [
    ["CHEST", "Chest", 9],
    ["LUNG", "Lung", 4],
  ]),
  PatientAge: {
    ...COMMON,
    kind: "number",
    label: "Age of the chest",
    missing: 0,
    bins: [],
    min: 0,
    max: 1,
    unit: "",
    integer: true,
    scale: "linear",
  },
};

const GROUPS = [
  { label: "Patient", open: true, facets: ["PatientAge", "not_here"], absent: [] },
  { label: "Images", open: true, facets: ["BodyPartExamined", "Modality"], absent: [] },
];

/** @param {string} query */
function found(query) {
  const sections = findMatches({ groups: GROUPS, facets: FACETS }, query);
  return sections.map(({ attribute, named, hits }) => [attribute, named, hits.map(({ value }) => value)]);
}

test("names of facets and values are found, in the panel's order", () => {
  assert.deepEqual(found("chest"), [
    ["PatientAge", true, []],
    ["BodyPartExamined", false, ["CHEST"]],
  ]);
});

test("a facet is found by its attribute, too", () => {
  assert.deepEqual(found("examined"), [["BodyPartExamined", true, []]]);
});

test("a facet and a value of it may both match", () => {
  assert.deepEqual(found("m"), [
    ["BodyPartExamined", true, []],
    ["Modality", true, ["MR"]],
  ]);
  assert.deepEqual(found("nothing of the sort"), []);
});
