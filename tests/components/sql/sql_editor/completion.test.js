import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf } from "../../../../components/sql/sql_editor/completion.js";

const TABLES = {
  index: [{ label: "Modality" }, { label: "SeriesInstanceUID", detail: "one per series" }],
  seg_index: [{ label: "SeriesInstanceUID" }, { label: "total_segments" }],
};

/**
 * What is offered where `|` stands in a text.
 *
 * @param {string} text
 * @param {boolean} [explicit]
 */
function complete(text, explicit = false) {
  const at = text.indexOf("|");
  const doc = text.replace("|", "");
  const typed = /\w*$/.exec(doc.slice(0, at))?.[0] ?? "";
  const found = columnsOf(TABLES)({
    explicit,
    matchBefore: () => ({ from: at - typed.length, to: at }),
    state: { doc, sliceDoc: (from, to) => doc.slice(Math.max(0, from), to) },
  });
  return (
    found && {
      from: found.from,
      labels: found.options.map(({ label, detail }) => (detail ? `${label}, ${detail}` : label)),
    }
  );
}

test("a query that names no table yet is offered every column once, as the first table has it", () => {
  assert.deepEqual(complete("SELECT Mo|"), {
    from: 7,
    labels: ["Modality", "SeriesInstanceUID, one per series", "total_segments"],
  });
});

test("with a table named, its columns alone", () => {
  assert.deepEqual(complete("SELECT t| FROM seg_index")?.labels, ["SeriesInstanceUID", "total_segments"]);
});

test("nothing is offered after a point, nor where nothing is typed or asked", () => {
  assert.equal(complete("SELECT i.Mo|"), null);
  assert.equal(complete("SELECT |"), null);
  assert.equal(complete("SELECT |", true)?.labels.length, 3);
});
