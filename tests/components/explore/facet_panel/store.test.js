import assert from "node:assert/strict";
import { test } from "node:test";
import {
  askForCounts,
  chosenCount,
  chosenOf,
  clearFacet,
  createStore,
  currentUnit,
  editFacet,
  editUnit,
  isBusy,
  receiveData,
  setMissing,
  toggleExcluded,
  toggleIncluded,
} from "../../../../components/explore/facet_panel/store.js";
import { NOTHING, termFacet } from "./facets.js";

/** @import { TestContext } from "node:test" */
/** @import { Chosen, Data, Message } from "../../../../components/explore/facet_panel/types.d.ts" */

/** @type {(selected?: Partial<Chosen>, more?: Partial<Data>) => Data} */
function dataOf(selected = {}, more = {}) {
  const facets = { Modality: termFacet("Modality", [], { selected: { ...NOTHING, ...selected } }) };
  return { unit: "series", opened: [], groups: [], facets, key: "facets", ack: null, ...more };
}

/**
 * A store at work, the messages that it sent, and a way to answer the last of them.
 *
 * @param {TestContext} context
 * @param {Data} [data]
 */
function begin(context, data = dataOf()) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  /** @type {Message[]} */
  const sent = [];
  let settled = 0;
  const store = createStore(() => {
    settled += 1;
  });
  store.send = (message) => sent.push(message);
  receiveData(store, data);
  const answer = (/** @type {Data} */ then) => receiveData(store, { ...then, ack: sent.at(-1)?.seq ?? null });
  return { store, sent, answer, settled: () => settled };
}

test("a click shows at once and leaves at once", (context) => {
  const { store, sent } = begin(context);
  toggleIncluded(store, "Modality", "CT");
  assert.deepEqual(chosenOf(store, "Modality").eq, ["CT"]);
  assert.deepEqual(
    sent.map(({ edits }) => edits),
    [[{ attribute: "Modality", operator: "eq", values: ["CT"] }]],
  );
  assert.ok(isBusy(store));
});

test("clicks on a busy server leave together, the newest list of each operator", (context) => {
  const { store, sent, answer } = begin(context);
  toggleIncluded(store, "Modality", "CT");
  toggleIncluded(store, "Modality", "MR");
  editUnit(store, "patients");
  toggleIncluded(store, "Modality", "PT");
  assert.equal(sent.length, 1);
  assert.deepEqual(chosenOf(store, "Modality").eq, ["CT", "MR", "PT"]);
  assert.equal(currentUnit(store), "patients");
  answer(dataOf({ eq: ["CT"] }));
  assert.deepEqual(sent[1]?.edits, [
    { unit: "patients" },
    { attribute: "Modality", operator: "eq", values: ["CT", "MR", "PT"] },
  ]);
  answer(dataOf({ eq: ["CT", "MR", "PT"] }, { unit: "patients" }));
  assert.ok(!isBusy(store));
  assert.equal(sent.length, 2);
});

test("data that answers nothing leaves the message under way", (context) => {
  const { store } = begin(context);
  toggleIncluded(store, "Modality", "CT");
  receiveData(store, dataOf({}, { ack: "another" }));
  assert.ok(isBusy(store));
  assert.deepEqual(chosenOf(store, "Modality").eq, ["CT"]);
});

test("a message without an answer is sent twice, then given up for the server's word", (context) => {
  const { store, sent, settled } = begin(context);
  toggleIncluded(store, "Modality", "CT");
  context.mock.timers.tick(19_999);
  assert.equal(sent.length, 1);
  context.mock.timers.tick(1);
  assert.equal(sent.length, 2);
  assert.equal(sent[0]?.seq, sent[1]?.seq);
  assert.equal(settled(), 0);
  context.mock.timers.tick(20_000);
  assert.equal(settled(), 1);
  assert.deepEqual(chosenOf(store, "Modality"), NOTHING);
});

test("a value is never both wanted and excluded", (context) => {
  const { store, sent } = begin(context, dataOf({ eq: ["CT", "MR"] }));
  toggleExcluded(store, "Modality", "CT");
  assert.deepEqual(chosenOf(store, "Modality"), { ...NOTHING, eq: ["MR"], not: ["CT"] });
  assert.deepEqual(sent[0]?.edits, [
    { attribute: "Modality", operator: "not", values: ["CT"] },
    { attribute: "Modality", operator: "eq", values: ["MR"] },
  ]);
  toggleIncluded(store, "Modality", "CT");
  assert.deepEqual(chosenOf(store, "Modality"), { ...NOTHING, eq: ["MR", "CT"] });
  toggleIncluded(store, "Modality", "MR");
  assert.deepEqual(chosenOf(store, "Modality").eq, ["CT"]);
});

test("a range and the rule for missing values are one choice each", (context) => {
  const { store } = begin(context);
  editFacet(store, "Modality", { range: ["3", ""] });
  setMissing(store, "Modality", "true");
  assert.deepEqual(chosenOf(store, "Modality"), { ...NOTHING, gte: "3", missing: "true" });
  assert.equal(chosenCount(chosenOf(store, "Modality")), 2);
  setMissing(store, "Modality", null);
  editFacet(store, "Modality", { range: ["3", "9"] });
  assert.deepEqual(chosenOf(store, "Modality"), { ...NOTHING, gte: "3", lte: "9" });
  assert.equal(chosenCount(chosenOf(store, "Modality")), 1);
});

test("clearing names only what was chosen", (context) => {
  const { store, sent } = begin(context, dataOf({ not: ["CT"], lte: "5", missing: "false" }));
  clearFacet(store, "Modality");
  assert.deepEqual(sent[0]?.edits, [
    { attribute: "Modality", operator: "not", values: [] },
    { attribute: "Modality", operator: "range", values: ["", ""] },
    { attribute: "Modality", operator: "missing", values: [] },
  ]);
  assert.deepEqual(chosenOf(store, "Modality"), NOTHING);
});

test("the server's own lists are never changed", (context) => {
  const data = dataOf({ eq: ["CT"] });
  const { store } = begin(context, data);
  chosenOf(store, "Modality").eq.push("MR");
  toggleIncluded(store, "Modality", "PT");
  assert.deepEqual(data.facets.Modality?.selected.eq, ["CT"]);
});

test("open filters of fetched tables are asked for once, closed ones told with the next edit", (context) => {
  const lazy = { label: "T1", help: "", note: "", operators: [], selected: NOTHING, lazy: true };
  /** @type {Data["facets"]} */
  const facets = { T1: { ...lazy, kind: "term", values: [], pending: true } };
  const { store, sent, answer } = begin(context, dataOf({}, { facets }));
  store.openLazy = () => ["T1"];
  askForCounts(store);
  askForCounts(store);
  assert.deepEqual(
    sent.map(({ edits }) => edits),
    [[{ opened: ["T1"] }]],
  );
  answer(dataOf({}, { opened: ["T1"], facets: { T1: termFacet("T1", [["a", "a", 1]]) } }));
  store.openLazy = () => [];
  askForCounts(store);
  assert.equal(sent.length, 1);
  editUnit(store, "patients");
  assert.deepEqual(sent[1]?.edits, [{ unit: "patients" }, { opened: [] }]);
});
