// The saved cohorts in this browser's storage, the latest first. What others put there is passed over.
// An entry has the cohort as a query and as JSON; those of older versions have the query alone.

/** @import { Saved } from "./types.d.ts" */

const SAVED = "idc-cohort-builder.saved";

/** @type {(keyof Saved)[]} */
const SAVED_FIELDS = ["name", "query", "sentence", "figures"];

/** @returns {Saved[]} */
export function readSaved() {
  try {
    const kept = JSON.parse(localStorage.getItem(SAVED) ?? "[]");
    return kept.filter((/** @type {any} */ entry) => SAVED_FIELDS.every((field) => typeof entry?.[field] === "string"));
  } catch {
    return [];
  }
}

/**
 * Whether the browser took them: it may be told to keep nothing, or be full.
 *
 * @param {Saved[]} entries
 */
export function writeSaved(entries) {
  try {
    localStorage.setItem(SAVED, JSON.stringify(entries));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name */
export function withoutSaved(name) {
  return readSaved().filter((entry) => entry.name !== name);
}
