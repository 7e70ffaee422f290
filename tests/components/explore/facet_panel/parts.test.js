import assert from "node:assert/strict";
import { test } from "node:test";
import { MISSING_RULES, missingRule } from "../../../../components/explore/facet_panel/parts.js";
import { rowState } from "../../../../components/explore/facet_panel/rows.js";
import { typedValues } from "../../../../components/explore/facet_panel/text_facet.js";
import { NOTHING } from "./facets.js";

test("a range leaves out what has no value, until it is asked in", () => {
  assert.equal(missingRule(5, { ...NOTHING, gte: "3" }), MISSING_RULES.leftOut);
  assert.equal(missingRule(5, { ...NOTHING, lte: "3", missing: "true" }), MISSING_RULES.included);
});

test("an exclusion keeps what has no value, until it is hidden", () => {
  assert.equal(missingRule(5, { ...NOTHING, not: ["CT"] }), MISSING_RULES.kept);
  assert.equal(missingRule(5, { ...NOTHING, not: ["CT"], missing: "false" }), MISSING_RULES.hidden);
});

test("nothing is said where it is plain, or where all series have a value", () => {
  assert.equal(missingRule(5, NOTHING), null);
  assert.equal(missingRule(5, { ...NOTHING, eq: ["MR"], not: ["CT"] }), null);
  assert.equal(missingRule(0, { ...NOTHING, gte: "3" }), null);
  assert.equal(missingRule(0, { ...NOTHING, gte: "3", missing: "true" }), MISSING_RULES.included);
});

test("identifiers are typed many at a time, searched texts whole", () => {
  assert.deepEqual(typedValues(" 1.2.3, 1.2.4;\n1.2.5 ", "eq"), ["1.2.3", "1.2.4", "1.2.5"]);
  assert.deepEqual(typedValues(" AX T1, post ", "contains"), ["AX T1, post"]);
  assert.deepEqual(typedValues("  ", "contains"), []);
  assert.deepEqual(typedValues(" , ", "eq"), []);
});

test("a row is wanted, excluded or neither; missing values have a rule of their own", () => {
  const entry = { value: "CT", label: "CT", count: 1 };
  const none = { chosen: NOTHING, eq: new Set(""), not: new Set("") };
  assert.equal(rowState(entry, none), "");
  assert.equal(rowState(entry, { ...none, eq: new Set(["CT"]) }), "included");
  assert.equal(rowState(entry, { ...none, not: new Set(["CT"]) }), "excluded");
  const missing = { ...entry, missing: true };
  assert.equal(rowState(missing, { ...none, eq: new Set(["CT"]) }), "");
  assert.equal(rowState(missing, { ...none, chosen: { ...NOTHING, missing: "true" } }), "included");
  assert.equal(rowState(missing, { ...none, chosen: { ...NOTHING, missing: "false" } }), "excluded");
});
