import assert from "node:assert/strict";
import { test } from "node:test";
import {
  draggedWindow,
  lengthText,
  numbersOf,
  pathsOf,
  scaleLength,
  whereOf,
} from "../../../../components/widgets/preview/picture.js";

/** @import { Description, View } from "../../../../components/widgets/preview/types.d.ts" */

const SPACE = { left: "R", right: "L", top: "A", bottom: "P", row_mm: 1, column_mm: 1, note: "", aspect: 1 };

/** @type {Description} */
const DESCRIPTION = {
  uid: "1.2",
  modality: "CT",
  notes: [],
  instances: 3,
  middle: 2,
  pictures: [
    [1, 1, 0, -2.5],
    [2, 1, 0, 0],
    [3, 1, 1, null],
  ],
  spaces: [
    { ...SPACE, rows: 512, columns: 512 },
    { ...SPACE, rows: 1200, columns: 2000 },
  ],
  windows: [
    { name: "bone", label: "Bone", center: 480, width: 2500 },
    { name: "minmax", label: "Full", center: 0, width: 4000 },
  ],
  window: "bone",
};

/** @type {View} */
const VIEW = { description: DESCRIPTION, window: "bone", over: "", marks: null, hidden: new Set() };

/** @type {View["marks"]} */
const MARKS = {
  source: "1.2",
  notes: [],
  regions: [1, 2, 3].map((number) => ({ number, name: `${number}`, colour: "#ffffff" })),
};

test("a window has numbers, by its name or without one", () => {
  assert.deepEqual(numbersOf(DESCRIPTION.windows, "bone"), { center: 480, width: 2500 });
  assert.deepEqual(numbersOf(DESCRIPTION.windows, { center: 1, width: 2 }), { center: 1, width: 2 });
  assert.equal(numbersOf([], null), null);
});

test("a picture is asked for with its window, a large one with its longest edge", () => {
  assert.deepEqual(pathsOf(VIEW, 1), { picture: "api/preview/1.2/1.png?window=bone", layer: "" });
  assert.equal(pathsOf(VIEW, 3).picture, "api/preview/1.2/3.png?window=bone&edge=1600");
  assert.equal(pathsOf({ ...VIEW, window: null }, 2).picture, "api/preview/1.2/2.png");
});

test("numbers of a window have four places at most", () => {
  const window = { center: 40, width: 1 / 3 };
  assert.equal(pathsOf({ ...VIEW, window }, 1).picture, "api/preview/1.2/1.png?window=40,0.3333");
  const whole = { center: -100, width: 1200.5 };
  assert.equal(pathsOf({ ...VIEW, window: whole }, 1).picture, "api/preview/1.2/1.png?window=-100,1200.5");
});

test("regions are named once one is switched off; with none left nothing is drawn", () => {
  const over = { ...VIEW, over: "9.9", marks: MARKS };
  assert.equal(pathsOf(over, 2).layer, "api/preview/9.9/over/1.2/2.png");
  assert.equal(pathsOf({ ...over, hidden: new Set([2]) }, 2).layer, "api/preview/9.9/over/1.2/2.png?regions=1,3");
  assert.equal(pathsOf({ ...over, hidden: new Set([1, 2, 3]) }, 2).layer, "");
});

test("dragging right widens, down brightens, and no window closes", () => {
  assert.deepEqual(draggedWindow({ center: 40, width: 400 }, 1000, 0.1, -0.2), { center: -160, width: 500 });
  assert.deepEqual(draggedWindow({ center: 0, width: 100 }, 1000, -1, 0), { center: 0, width: 1 });
});

test("where a picture is: its position, or its frame", () => {
  assert.equal(whereOf(VIEW, 1), "1 / 3 · -2.5 mm");
  assert.equal(whereOf(VIEW, 3), "3 / 3");
  /** @type {Description} */
  const frames = { ...DESCRIPTION, instances: 1, pictures: [1, 2].map((frame) => [1, frame, 0, null]) };
  assert.equal(whereOf({ description: frames }, 2), "2 / 2 · frame 2");
});

test("a scale bar is a round length of about a fifth", () => {
  assert.deepEqual([500, 400, 260, 100, 0.012].map(scaleLength), [100, 50, 50, 20, 0.002]);
  assert.deepEqual([100, 50, 5, 0.5, 0.002].map(lengthText), ["10 cm", "5 cm", "5 mm", "0.5 mm", "2 µm"]);
});
