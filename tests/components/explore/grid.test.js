import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, byUser, numberText, showChosen } from "../../../components/explore/grid.js";

/** @import { GridEvent, Node } from "../../../components/explore/grid_types.d.ts" */

/** @type {(id: string, selected: boolean, chosen: boolean) => Node & { selected: boolean, calls: string[] }} */
function row(id, selected, chosen) {
  return {
    id,
    data: { id, chosen },
    selected,
    calls: [],
    isSelected() {
      return this.selected;
    },
    setSelected(on, _alone, source) {
      this.selected = on;
      this.calls.push(source);
    },
  };
}

/** @type {(rows: ReturnType<typeof row>[], sorted?: "asc" | "desc" | null, source?: string) => GridEvent} */
function event(rows, sorted = null, source = "rowClicked") {
  return {
    source,
    api: {
      forEachNode: (visit) => rows.forEach(visit),
      getColumnState: () => [
        { colId: "Modality", sort: null },
        { colId: "series", sort: sorted },
      ],
      getSelectedNodes: () => rows.filter((one) => one.selected),
    },
  };
}

test("sizes have two decimals, counts none unless they need them, gaps are empty", () => {
  const count = { colDef: { field: "series" } };
  const size = { colDef: { field: "size_MB" } };
  assert.equal(numberText({ value: 12_345, ...count }), "12,345");
  assert.equal(numberText({ value: 1.256, ...count }), "1.26");
  assert.equal(numberText({ value: 1200, ...size }), "1,200.00");
  assert.equal(numberText({ value: 0, ...count }), "0");
  for (const value of [null, undefined]) assert.equal(numberText({ value, ...count }), "");
});

test("rows take over what the server says, said to come from no user", () => {
  const rows = [row("a", false, true), row("b", true, false), row("c", true, true)];
  showChosen(event(rows));
  assert.deepEqual(
    rows.map(({ selected, calls }) => [selected, calls]),
    [
      [true, ["api"]],
      [false, ["api"]],
      [true, []],
    ],
  );
});

test("the server is told the sort and what is chosen", () => {
  const rows = [row("a", true, false), row("b", false, false)];
  const reason = { streamlitRerunEventTriggerName: "sortChanged", eventData: event(rows, "desc") };
  assert.deepEqual(answer(reason), { trigger: "sortChanged", sort: ["series", "desc"], chosen: ["a"] });
  assert.equal(answer({ ...reason, eventData: event(rows) }).sort, null);
});

test("only users are worth a run", () => {
  const reason = { streamlitRerunEventTriggerName: "selectionChanged" };
  const runs = ["checkboxSelected", "api", "rowDataChanged", "gridInitializing"].map((source) =>
    byUser({ ...reason, eventData: event([], null, source) }),
  );
  assert.deepEqual(runs, [true, false, false, false]);
});
