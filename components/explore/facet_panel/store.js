// What is selected: the server's word, covered by the edits it has not answered yet.
//
// One message is under way at a time. Edits made meanwhile wait, the newest list of
// each (attribute, operator) replacing the older one, and leave together once the
// server's answer names the message ("ack"). So a click shows at once, and none is lost
// when the server is still busy with the one before.

const ACK_TIMEOUT_MS = 20_000;
const MAX_SENDS = 2;

function createStore(onSettled) {
  return {
    data: { groups: [], facets: {}, unit: "series" },
    send: () => {},
    waiting: new Map(),
    flight: null,
    sent: 0,
    openLazy: () => [],
    onSettled,
  };
}

function receiveData(store, data) {
  store.data = data;
  if (store.flight && data.ack === store.flight.seq) landFlight(store);
}

function landFlight(store) {
  clearTimeout(store.flight.timer);
  store.flight = null;
  takeOff(store);
}

function takeOff(store) {
  if (store.flight || store.waiting.size === 0) return;
  forgetClosed(store);
  const seq = `${Date.now().toString(36)}-${(store.sent += 1)}`;
  store.flight = { seq, edits: store.waiting, sends: 0, timer: 0 };
  store.waiting = new Map();
  sendFlight(store);
}

function sendFlight(store) {
  const { flight } = store;
  flight.sends += 1;
  flight.timer = setTimeout(() => retryFlight(store), ACK_TIMEOUT_MS);
  store.send({ seq: flight.seq, edits: [...flight.edits.values()] });
}

function retryFlight(store) {
  if (store.flight.sends < MAX_SENDS) {
    sendFlight(store);
    return;
  }
  landFlight(store);
  store.onSettled();
}

function isBusy(store) {
  return store.flight !== null;
}

// changes: {operator: complete new list of values}
function editFacet(store, attribute, changes) {
  for (const [operator, values] of Object.entries(changes)) {
    queueEdit(store, `${attribute}\n${operator}`, { attribute, operator, values });
  }
  takeOff(store);
}

function editUnit(store, unit) {
  queueEdit(store, "unit", { unit });
  takeOff(store);
}

// Filters of fetched tables are counted while they stand open, since each costs time.
function askForCounts(store) {
  const open = store.openLazy();
  const asked = unansweredEdits(store).filter((edit) => edit.opened).at(-1)?.opened || [];
  if (!open.some((attribute) => store.data.facets[attribute]?.pending && !asked.includes(attribute))) return;
  queueEdit(store, "opened", { opened: open });
  takeOff(store);
}

// Folding one again is told along with the next edit: alone it changes nothing on screen.
function forgetClosed(store) {
  const open = store.openLazy();
  if ((store.data.opened || []).some((attribute) => !open.includes(attribute))) queueEdit(store, "opened", { opened: open });
}

function editFetch(store, table) {
  queueEdit(store, `fetch\n${table}`, { fetch: table });
  takeOff(store);
}

function queueEdit(store, slot, edit) {
  store.waiting.delete(slot);
  store.waiting.set(slot, edit);
}

function unansweredEdits(store) {
  return [...(store.flight ? store.flight.edits.values() : []), ...store.waiting.values()];
}

function currentUnit(store) {
  const edits = unansweredEdits(store).filter((edit) => edit.unit);
  return edits.length ? edits[edits.length - 1].unit : store.data.unit;
}

function chosenOf(store, attribute) {
  const chosen = readSelected(store.data.facets[attribute]?.selected);
  for (const edit of unansweredEdits(store)) {
    if (edit.attribute === attribute) applyEdit(chosen, edit);
  }
  return chosen;
}

function readSelected(selected) {
  const { eq, not, contains, gte, lte, missing } = selected || {};
  return {
    eq: [...(eq || [])],
    not: [...(not || [])],
    contains: [...(contains || [])],
    gte: gte ?? null,
    lte: lte ?? null,
    missing: missing ?? null,
  };
}

function applyEdit(chosen, { operator, values }) {
  if (operator === "range") {
    chosen.gte = values[0] || null;
    chosen.lte = values[1] || null;
  } else if (Array.isArray(chosen[operator])) {
    chosen[operator] = [...values];
  } else {
    chosen[operator] = values[0] ?? null;
  }
}

function hasRange(chosen) {
  return chosen.gte !== null || chosen.lte !== null;
}

function chosenCount(chosen) {
  const listed = chosen.eq.length + chosen.not.length + chosen.contains.length;
  return listed + (hasRange(chosen) ? 1 : 0) + (chosen.missing === null ? 0 : 1);
}

function without(list, value) {
  return list.filter((item) => item !== value);
}

// Any-of on or off; a value is never both wanted and excluded.
function toggleIncluded(store, attribute, value) {
  const chosen = chosenOf(store, attribute);
  const changes = chosen.eq.includes(value)
    ? { eq: without(chosen.eq, value) }
    : { eq: [...chosen.eq, value] };
  if (chosen.not.includes(value)) changes.not = without(chosen.not, value);
  editFacet(store, attribute, changes);
}

function toggleExcluded(store, attribute, value) {
  const chosen = chosenOf(store, attribute);
  const changes = chosen.not.includes(value)
    ? { not: without(chosen.not, value) }
    : { not: [...chosen.not, value] };
  if (chosen.eq.includes(value)) changes.eq = without(chosen.eq, value);
  editFacet(store, attribute, changes);
}

function setMissing(store, attribute, wanted) {
  editFacet(store, attribute, { missing: wanted === null ? [] : [wanted] });
}

function clearFacet(store, attribute) {
  const chosen = chosenOf(store, attribute);
  const changes = {};
  for (const operator of ["eq", "not", "contains"]) {
    if (chosen[operator].length) changes[operator] = [];
  }
  if (hasRange(chosen)) changes.range = ["", ""];
  if (chosen.missing !== null) changes.missing = [];
  editFacet(store, attribute, changes);
}

// What the user folded, sorted and expanded; lives as long as the browser tab.
function createMemory() {
  const memory = { slot: null, open: {}, groups: {}, all: {}, sort: {} };
  return memory;
}

function loadMemory(memory, key) {
  if (memory.slot) return;
  memory.slot = `facet-panel:${key || ""}`;
  try {
    const stored = JSON.parse(sessionStorage.getItem(memory.slot) || "{}");
    for (const part of ["open", "groups", "all", "sort"]) Object.assign(memory[part], stored[part]);
  } catch {
    // Storage can be blocked or hold something foreign: start afresh.
  }
}

function remember(memory, part, name, value) {
  memory[part][name] = value;
  const { open, groups, all, sort } = memory;
  try {
    sessionStorage.setItem(memory.slot, JSON.stringify({ open, groups, all, sort }));
  } catch {
    // Remembered for this page view only.
  }
}
