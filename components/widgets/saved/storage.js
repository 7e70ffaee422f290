// The saved cohorts in this browser's storage, the latest first. What others put there is passed over.
// An entry has the cohort as a query and as JSON; those of older versions have the query alone.

const SAVED = "idc-cohort-builder.saved";
const SAVED_FIELDS = ["name", "query", "sentence", "figures"];

function readSaved() {
  try {
    const kept = JSON.parse(localStorage.getItem(SAVED));
    return kept.filter((entry) => SAVED_FIELDS.every((field) => typeof entry?.[field] === "string"));
  } catch {
    return [];
  }
}

// Whether the browser took them: it may be told to keep nothing, or be full.
function writeSaved(entries) {
  try {
    localStorage.setItem(SAVED, JSON.stringify(entries));
    return true;
  } catch {
    return false;
  }
}

const withoutSaved = (name) => readSaved().filter((entry) => entry.name !== name);
