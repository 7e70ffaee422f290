// What the user folded, sorted and expanded; lives as long as the browser tab.

/** @import { Memory } from "./types.d.ts" */

/** @type {("open" | "groups" | "all" | "sort")[]} */
const MEMORY_PARTS = ["open", "groups", "all", "sort"];

/** @returns {Memory} */
export function createMemory() {
  return { slot: null, open: {}, groups: {}, all: {}, sort: {} };
}

/** @type {(memory: Memory, key: string) => void} */
export function loadMemory(memory, key) {
  if (memory.slot) return;
  memory.slot = `facet-panel:${key || ""}`;
  try {
    const stored = JSON.parse(sessionStorage.getItem(memory.slot) || "{}");
    for (const part of MEMORY_PARTS) Object.assign(memory[part], stored[part]);
  } catch {
    // Storage can be blocked or hold something foreign: start afresh.
  }
}

/** @type {<Part extends "open" | "groups" | "all" | "sort">(memory: Memory, part: Part, name: string, value: Memory[Part][string]) => void} */
export function remember(memory, part, name, value) {
  memory[part][name] = value;
  const { open, groups, all, sort } = memory;
  try {
    sessionStorage.setItem(`${memory.slot}`, JSON.stringify({ open, groups, all, sort }));
  } catch {
    // Remembered for this page view only.
  }
}
