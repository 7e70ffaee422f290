import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { readSaved, withoutSaved, writeSaved } from "../../../../components/widgets/saved/storage.js";
import { createStorage, fullStorage } from "../../storages.js";

const LUNG = { name: "Lung", query: "collection_id=nlst", sentence: "Series where …", figures: "1 patient" };
const BREAST = { ...LUNG, name: "Breast", query: "collection_id=tcga_brca" };

beforeEach(() => {
  globalThis.localStorage = createStorage();
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, "localStorage");
});

test("cohorts come back as they were kept", () => {
  assert.deepEqual(readSaved(), []);
  assert.ok(writeSaved([LUNG, BREAST]));
  assert.deepEqual(readSaved(), [LUNG, BREAST]);
  assert.deepEqual(withoutSaved("Lung"), [BREAST]);
  assert.deepEqual(withoutSaved("lung"), [LUNG, BREAST]);
});

test("what others put there is passed over", () => {
  writeSaved([LUNG]);
  const key = localStorage.key(0) ?? "";
  for (const foreign of ["{no json", "null", '"text"', "{}", "7"]) {
    localStorage.setItem(key, foreign);
    assert.deepEqual(readSaved(), [], foreign);
  }
  localStorage.setItem(key, JSON.stringify([null, 1, { ...LUNG, query: 5 }, { name: "half" }, BREAST]));
  assert.deepEqual(readSaved(), [BREAST]);
});

test("a browser that keeps nothing says so", () => {
  globalThis.localStorage = fullStorage();
  assert.ok(!writeSaved([LUNG]));
  assert.deepEqual(readSaved(), []);
});
