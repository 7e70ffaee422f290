import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createMemory, loadMemory, remember } from "../../../../components/explore/facet_panel/memory.js";
import { createStorage, fullStorage } from "../../storages.js";

beforeEach(() => {
  globalThis.sessionStorage = createStorage();
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, "sessionStorage");
});

test("what was folded and sorted outlives a reload, for each panel apart", () => {
  const memory = createMemory();
  loadMemory(memory, "one");
  remember(memory, "open", "Modality", true);
  remember(memory, "sort", "Modality", "name");
  const again = createMemory();
  loadMemory(again, "one");
  assert.deepEqual(again, {
    slot: "facet-panel:one",
    open: { Modality: true },
    groups: {},
    all: {},
    sort: { Modality: "name" },
  });
  const other = createMemory();
  loadMemory(other, "two");
  assert.deepEqual(other.open, {});
});

test("memory is read once", () => {
  const memory = createMemory();
  loadMemory(memory, "one");
  loadMemory(memory, "two");
  assert.equal(memory.slot, "facet-panel:one");
});

test("foreign or blocked storage is no memory, and no fault", () => {
  const memory = createMemory();
  sessionStorage.setItem("facet-panel:one", "{no json");
  loadMemory(memory, "one");
  globalThis.sessionStorage = fullStorage();
  remember(memory, "all", "Modality", true);
  assert.deepEqual(memory.all, { Modality: true });
  const blocked = createMemory();
  loadMemory(blocked, "one");
  assert.deepEqual(blocked.open, {});
});
