// What is selected: the server's word, covered by the edits it has not answered yet.
//
// One message is under way at a time. Edits made meanwhile wait, the newest list of
// each (attribute, operator) replacing the older one, and leave together once the
// server's answer names the message ("ack"). So a click shows at once, and none is lost
// when the server is still busy with the one before.

/** @import { Changes, Chosen, Data, Edit, Flight, ListOperator, Store, Unit } from "./types.d.ts" */

const ACK_TIMEOUT_MS = 20_000;
const MAX_SENDS = 2;

/** @type {ListOperator[]} */
const LISTS = ["eq", "not", "contains"];

/** @type {(onSettled: () => void) => Store} */
export function createStore(onSettled) {
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

/** @type {(store: Store, data: Data) => void} */
export function receiveData(store, data) {
  store.data = data;
  if (store.flight && data.ack === store.flight.seq) landFlight(store, store.flight);
}

/** @type {(store: Store, flight: Flight) => void} */
function landFlight(store, flight) {
  clearTimeout(flight.timer);
  store.flight = null;
  takeOff(store);
}

/** @type {(store: Store) => void} */
function takeOff(store) {
  if (store.flight || store.waiting.size === 0) return;
  forgetClosed(store);
  store.sent += 1;
  const seq = `${Date.now().toString(36)}-${store.sent}`;
  const flight = { seq, edits: store.waiting, sends: 0, timer: undefined };
  store.flight = flight;
  store.waiting = new Map();
  sendFlight(store, flight);
}

/** @type {(store: Store, flight: Flight) => void} */
function sendFlight(store, flight) {
  flight.sends += 1;
  flight.timer = setTimeout(() => retryFlight(store, flight), ACK_TIMEOUT_MS);
  store.send({ seq: flight.seq, edits: [...flight.edits.values()] });
}

/** @type {(store: Store, flight: Flight) => void} */
function retryFlight(store, flight) {
  if (flight.sends < MAX_SENDS) {
    sendFlight(store, flight);
    return;
  }
  landFlight(store, flight);
  store.onSettled();
}

/** @param {Store} store */
export function isBusy(store) {
  return store.flight !== null;
}

/** @type {(store: Store, attribute: string, changes: Changes) => void} */
export function editFacet(store, attribute, changes) {
  for (const [operator, values] of Object.entries(changes)) {
    queueEdit(store, `${attribute}\n${operator}`, { attribute, operator, values });
  }
  takeOff(store);
}

/** @type {(store: Store, unit: Unit) => void} */
export function editUnit(store, unit) {
  queueEdit(store, "unit", { unit });
  takeOff(store);
}

/**
 * Filters of fetched tables are counted while they stand open, since each costs time.
 *
 * @param {Store} store
 */
export function askForCounts(store) {
  const open = store.openLazy();
  const asked =
    unansweredEdits(store)
      .flatMap((edit) => ("opened" in edit ? [edit.opened] : []))
      .at(-1) ?? [];
  if (!open.some((attribute) => store.data.facets[attribute]?.pending && !asked.includes(attribute))) return;
  queueEdit(store, "opened", { opened: open });
  takeOff(store);
}

/**
 * Folding one again is told along with the next edit: alone it changes nothing on screen.
 *
 * @param {Store} store
 */
function forgetClosed(store) {
  const open = store.openLazy();
  const counted = store.data.opened ?? [];
  if (counted.some((attribute) => !open.includes(attribute))) queueEdit(store, "opened", { opened: open });
}

/** @type {(store: Store, table: string) => void} */
export function editFetch(store, table) {
  queueEdit(store, `fetch\n${table}`, { fetch: table });
  takeOff(store);
}

/** @type {(store: Store, slot: string, edit: Edit) => void} */
function queueEdit(store, slot, edit) {
  store.waiting.delete(slot);
  store.waiting.set(slot, edit);
}

/** @param {Store} store */
function unansweredEdits(store) {
  return [...(store.flight ? store.flight.edits.values() : []), ...store.waiting.values()];
}

/** @param {Store} store */
export function currentUnit(store) {
  const asked = unansweredEdits(store).flatMap((edit) => ("unit" in edit ? [edit.unit] : []));
  return asked.at(-1) ?? store.data.unit;
}

/** @type {(store: Store, attribute: string) => Chosen} */
export function chosenOf(store, attribute) {
  const chosen = copyOf(store.data.facets[attribute]?.selected);
  for (const edit of unansweredEdits(store)) {
    if ("attribute" in edit && edit.attribute === attribute) applyEdit(chosen, edit.operator, edit.values);
  }
  return chosen;
}

/** @type {(selected?: Chosen) => Chosen} */
function copyOf(selected) {
  return {
    eq: [...(selected?.eq ?? [])],
    not: [...(selected?.not ?? [])],
    contains: [...(selected?.contains ?? [])],
    gte: selected?.gte ?? null,
    lte: selected?.lte ?? null,
    missing: selected?.missing ?? null,
  };
}

/** @type {(chosen: Chosen, operator: string, values: string[]) => void} */
function applyEdit(chosen, operator, values) {
  const [first, second] = values;
  const list = LISTS.find((one) => one === operator);
  if (list) chosen[list] = [...values];
  else if (operator === "range") Object.assign(chosen, { gte: first || null, lte: second || null });
  else Object.assign(chosen, { [operator]: first ?? null });
}

/** @param {Chosen} chosen */
export function hasRange(chosen) {
  return chosen.gte !== null || chosen.lte !== null;
}

/** @param {Chosen} chosen */
export function chosenCount(chosen) {
  const listed = chosen.eq.length + chosen.not.length + chosen.contains.length;
  return listed + (hasRange(chosen) ? 1 : 0) + (chosen.missing === null ? 0 : 1);
}

/** @type {(list: string[], value: string) => string[]} */
export function without(list, value) {
  return list.filter((item) => item !== value);
}

/**
 * Any-of on or off; a value is never both wanted and excluded.
 *
 * @type {(store: Store, attribute: string, value: string) => void}
 */
export function toggleIncluded(store, attribute, value) {
  toggle(store, attribute, value, "eq", "not");
}

/** @type {(store: Store, attribute: string, value: string) => void} */
export function toggleExcluded(store, attribute, value) {
  toggle(store, attribute, value, "not", "eq");
}

/** @type {(store: Store, attribute: string, value: string, list: ListOperator, other: ListOperator) => void} */
function toggle(store, attribute, value, list, other) {
  const chosen = chosenOf(store, attribute);
  const on = chosen[list].includes(value);
  /** @type {Changes} */
  const changes = { [list]: on ? without(chosen[list], value) : [...chosen[list], value] };
  if (chosen[other].includes(value)) changes[other] = without(chosen[other], value);
  editFacet(store, attribute, changes);
}

/** @type {(store: Store, attribute: string, wanted: Chosen["missing"]) => void} */
export function setMissing(store, attribute, wanted) {
  editFacet(store, attribute, { missing: wanted === null ? [] : [wanted] });
}

/** @type {(store: Store, attribute: string) => void} */
export function clearFacet(store, attribute) {
  const chosen = chosenOf(store, attribute);
  /** @type {Changes} */
  const changes = {};
  for (const operator of LISTS) {
    if (chosen[operator].length) changes[operator] = [];
  }
  if (hasRange(chosen)) changes.range = ["", ""];
  if (chosen.missing !== null) changes.missing = [];
  editFacet(store, attribute, changes);
}
