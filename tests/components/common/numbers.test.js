import assert from "node:assert/strict";
import { test } from "node:test";
import { compactCount, exactCount } from "../../../components/common/numbers.js";

test("small counts are exact, large ones have three digits", () => {
  assert.equal(compactCount(0), "0");
  assert.equal(compactCount(9_999), "9,999");
  assert.equal(compactCount(12_345), "12.3 k");
  assert.equal(compactCount(876_543), "877 k");
  assert.equal(compactCount(1_040_000), "1.04 M");
  assert.equal(compactCount(123_456_789), "123 M");
});

test("rounding never writes four digits, nor a thousand of a unit", () => {
  assert.equal(compactCount(10_000), "10.0 k");
  assert.equal(compactCount(99_950), "100 k");
  assert.equal(compactCount(999_499), "999 k");
  assert.equal(compactCount(999_500), "1.00 M");
});

test("exact counts are in groups of three", () => assert.equal(exactCount(1_041_234), "1,041,234"));
