// A facet of values to tick: rows with a checkbox, a count, a bar and an exclude button.

const TOP_ROWS = 6;
const SEARCHABLE_FROM = 13;
const FIRST_CHUNK = 80;
const NEXT_CHUNK = 120;
const MISSING = "(missing)";

function createTermBody(ctx, attribute) {
  const view = {
    ctx,
    attribute,
    rows: new Map(),
    sticky: new Set(),
    pinned: new Set(),
    query: "",
    chunk: FIRST_CHUNK,
    list: el("div", { class: "rows", role: "group" }),
    chips: createChips(ctx, attribute, "contains"),
    missingRow: createMissingRow(ctx, attribute),
    missingLine: createMissingLine(ctx, attribute),
  };
  view.tools = createTermTools(view);
  view.more = el("button", { type: "button", class: "link more", "data-testid": "show-all", onclick: () => toggleAll(view) });
  view.el = el("div", {}, [view.tools.el, view.chips.el, view.list, view.missingRow.el, view.more, view.missingLine.el]);
  listenToRows(ctx, attribute, view.list);
  view.list.addEventListener("scroll", () => growList(view), { passive: true });
  return view;
}

function createTermTools(view) {
  const search = el("input", {
    type: "search", class: "box", placeholder: "Search values", autocomplete: "off", spellcheck: "false",
    "data-testid": "search-facet", "aria-label": `Search values of ${view.attribute}`,
    oninput: () => setQuery(view, search.value),
    onkeydown: (event) => leaveSearch(view, search, event),
  });
  const sort = el("button", { type: "button", class: "link sort", "data-testid": "sort", onclick: () => toggleSort(view) });
  const contains = el("button", { type: "button", class: "link contains", onclick: () => addContains(view) });
  return { el: el("div", { class: "tools" }, [search, sort, contains]), search, sort, contains };
}

function setQuery(view, text) {
  view.query = text.trim().toLowerCase();
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

function leaveSearch(view, search, event) {
  if (event.key === "Escape" && search.value) {
    event.preventDefault();
    search.value = "";
    setQuery(view, "");
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    view.list.querySelector("input")?.focus();
  }
}

function addContains(view) {
  const chosen = chosenOf(view.ctx.store, view.attribute);
  const text = view.tools.search.value.trim();
  if (!chosen.contains.includes(text)) {
    editFacet(view.ctx.store, view.attribute, { contains: [...chosen.contains, text] });
  }
  view.tools.search.value = "";
  setQuery(view, "");
}

function toggleSort(view) {
  const { memory } = view.ctx;
  remember(memory, "sort", view.attribute, memory.sort[view.attribute] === "name" ? "count" : "name");
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

function toggleAll(view) {
  const { memory, store } = view.ctx;
  const all = !memory.all[view.attribute];
  remember(memory, "all", view.attribute, all);
  view.query = "";
  view.tools.search.value = "";
  settleTermBody(view, chosenOf(store, view.attribute));
  rewindList(view);
  view.ctx.refresh(view.attribute);
}

function rewindList(view) {
  view.chunk = FIRST_CHUNK;
  view.list.scrollTop = 0;
}

// Long lists grow as they are scrolled, so that a change of counts stays cheap.
function growList(view) {
  const { list } = view;
  const left = list.scrollHeight - list.scrollTop - list.clientHeight;
  if (left > list.clientHeight || view.chunk >= view.listed) return;
  view.chunk += NEXT_CHUNK;
  view.ctx.refresh(view.attribute);
}

// From here on rows keep their place while they are clicked.
function settleTermBody(view, chosen) {
  view.pinned = new Set([...chosen.eq, ...chosen.not]);
  view.sticky.clear();
}

function updateTermBody(view, facet, chosen) {
  const { memory } = view.ctx;
  const all = Boolean(memory.all[view.attribute]);
  const model = termModel(view, facet, chosen, all);
  for (const value of [...chosen.eq, ...chosen.not]) view.sticky.add(value);
  placeChildren(view.list, model.entries.map((entry) => rowFor(view, entry).el));
  for (const entry of model.entries) patchRow(view.rows.get(entry.value), entry, model);
  dropUnusedRows(view, model.entries);
  setAttr(view.list, "aria-label", facet.label);
  view.list.classList.toggle("scrolling", all);
  updateTermTools(view, facet, all, model);
  updateChips(view.chips, chosen);
  updateMissingRow(view.missingRow, facet, chosen, model.max);
  updateMissingLine(view.missingLine, facet, chosen);
}

function termModel(view, facet, chosen, all) {
  const known = facet.values.map(([value, label, count]) => ({ value: String(value), label: String(label), count }));
  const unknown = unknownEntries(facet, chosen);
  const listed = all ? expandedEntries(view, known) : topEntries(view, known, chosen);
  view.listed = listed.length;
  const max = Math.max(1, facet.missing || 0, ...facet.values.map((item) => item[2]));
  const entries = [...unknown, ...listed.slice(0, view.chunk)];
  return {
    entries, chosen, max, total: known.length, listed: listed.length,
    query: all ? view.query : "",
    swatches: facet.swatches || {},
    canExclude: facet.operators.includes("not"),
    eq: new Set(chosen.eq), not: new Set(chosen.not),
  };
}

function unknownEntries(facet, chosen) {
  const unknown = new Set((facet.unknown || []).map(String));
  return [...chosen.eq, ...chosen.not]
    .filter((value) => unknown.has(value))
    .map((value) => ({ value, label: value, count: null, unknown: true }));
}

// The most frequent values, and any other that is, or just was, selected or focused.
function topEntries(view, known, chosen) {
  const frequent = known.filter((entry) => entry.count > 0).length;
  const limit = frequent === TOP_ROWS + 1 ? frequent : TOP_ROWS;
  const kept = new Set([...chosen.eq, ...chosen.not, ...view.sticky, focusedValue(view)]);
  return known.filter((entry, index) => (index < limit && entry.count > 0) || kept.has(entry.value));
}

function focusedValue(view) {
  const active = view.list.getRootNode().activeElement;
  return active && view.list.contains(active) ? active.closest("[data-value]")?.dataset.value : undefined;
}

function expandedEntries(view, known) {
  if (view.query) return sortEntries(view, known.filter((entry) => entryMatches(entry, view.query)));
  const sorted = sortEntries(view, known);
  if (view.pinned.size === 0) return sorted;
  return [
    ...sorted.filter((entry) => view.pinned.has(entry.value)),
    ...sorted.filter((entry) => !view.pinned.has(entry.value)),
  ];
}

function entryMatches(entry, query) {
  return entry.label.toLowerCase().includes(query) || entry.value.toLowerCase().includes(query);
}

const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function sortEntries(view, entries) {
  if (view.ctx.memory.sort[view.attribute] !== "name") return entries;
  return [...entries].sort((a, b) => COLLATOR.compare(a.label, b.label));
}

function updateTermTools(view, facet, all, model) {
  const { search, sort, contains, el: tools } = view.tools;
  const byName = view.ctx.memory.sort[view.attribute] === "name";
  show(tools, all && model.total > 1);
  show(search, model.total >= SEARCHABLE_FROM);
  setAttr(search, "aria-label", `Search values of ${facet.label}`);
  setText(sort, byName ? "A–Z" : "Count");
  setAttr(sort, "aria-label", `Sorted by ${byName ? "name" : "count"}. Sort by ${byName ? "count" : "name"}`);
  setAttr(sort, "title", byName ? "Sort by count" : "Sort by name");
  show(contains, Boolean(model.query) && facet.operators.includes("contains"));
  setText(contains, `Match every value containing “${search.value.trim()}”`);
  show(view.more, all || model.listed < model.total);
  setText(view.more, all ? "Show fewer" : `Show all ${exactCount(model.total)}`);
  setAttr(view.more, "aria-expanded", String(all));
}

function rowFor(view, entry) {
  let row = view.rows.get(entry.value);
  if (!row) {
    row = createRow(entry);
    view.rows.set(entry.value, row);
  }
  return row;
}

function dropUnusedRows(view, entries) {
  if (view.rows.size <= entries.length) return;
  const used = new Set(entries.map((entry) => entry.value));
  for (const key of view.rows.keys()) {
    if (!used.has(key)) view.rows.delete(key);
  }
}

function createRow(entry) {
  const box = el("input", { type: "checkbox" });
  const swatch = el("span", { class: "swatch", hidden: true });
  const not = el("span", { class: "not", text: "not", hidden: true });
  const label = el("span", { class: "label" });
  const mark = entry.unknown
    ? [el("span", { class: "unknown", title: "not in this release" }, [icon("warning"), "not in this release"])]
    : [];
  const pick = el("label", { class: "pick" }, [box, swatch, not, label, ...mark]);
  const exclude = el("button", { type: "button", class: "exclude" }, [icon("ban")]);
  const count = el("span", { class: "count" });
  const bar = el("span", { class: "bar" });
  const node = el("div", { class: "row", "data-value": entry.value }, [pick, exclude, count, bar]);
  if (entry.missing) node.dataset.kind = "missing";
  if (entry.unknown) node.dataset.kind = "unknown";
  return { el: node, box, swatch, not, label, exclude, count, bar, seen: null, named: null };
}

function rowState(entry, model) {
  if (entry.missing) return { true: "included", false: "excluded" }[model.chosen.missing] || "";
  if (model.eq.has(entry.value)) return "included";
  return model.not.has(entry.value) ? "excluded" : "";
}

function patchRow(row, entry, model) {
  const state = rowState(entry, model);
  const share = entry.count ? Math.max(0.006, entry.count / model.max) : 0;
  const seen = [entry.label, entry.count, state, share, model.query, model.canExclude].join("\n");
  if (row.seen === seen) return;
  row.seen = seen;
  patchLabel(row, entry, model.query);
  row.box.checked = state === "included";
  show(row.not, state === "excluded");
  row.el.classList.toggle("included", state === "included");
  row.el.classList.toggle("excluded", state === "excluded");
  row.el.classList.toggle("empty", entry.count === 0);
  setText(row.count, entry.count === null ? "–" : compactCount(entry.count));
  setAttr(row.count, "title", entry.count === null ? "" : exactCount(entry.count));
  row.bar.style.setProperty("--share", share.toFixed(4));
  patchSwatch(row.swatch, model.swatches?.[entry.value]);
  patchExclude(row.exclude, state, model.canExclude);
}

function patchLabel(row, entry, query) {
  const named = `${entry.label}\n${query}`;
  if (row.named === named) return;
  row.named = named;
  labelWithMatch(row.label, entry.label, query);
  setAttr(row.label, "title", entry.label === entry.value ? entry.label : `${entry.label} (${entry.value})`);
  setAttr(row.exclude, "aria-label", `Exclude ${entry.label}`);
}

function patchSwatch(swatch, colour) {
  show(swatch, Boolean(colour));
  if (colour) swatch.style.backgroundColor = colour;
}

function patchExclude(button, state, allowed) {
  show(button, allowed);
  setAttr(button, "aria-pressed", String(state === "excluded"));
  setAttr(button, "title", state === "excluded" ? "Do not exclude" : "Exclude");
}

// `list` holds rows of `attribute`: ticks, exclusions and arrow keys.
function listenToRows(ctx, attribute, list) {
  list.addEventListener("change", (event) => toggleRow(ctx, attribute, event.target, "include"));
  list.addEventListener("click", (event) => clickRow(ctx, attribute, event));
  list.addEventListener("keydown", (event) => walkRows(event));
}

function clickRow(ctx, attribute, event) {
  const row = event.target.closest(".row");
  if (!row) return;
  if (event.target.closest(".exclude")) toggleRow(ctx, attribute, event.target, "exclude");
  else if (!event.target.closest(".pick")) toggleRow(ctx, attribute, event.target, "include");
}

function toggleRow(ctx, attribute, target, how) {
  const row = target.closest(".row");
  const { store } = ctx;
  ctx.touched = row;
  if (row.dataset.kind === "missing") {
    const wanted = how === "include" ? "true" : "false";
    setMissing(store, attribute, chosenOf(store, attribute).missing === wanted ? null : wanted);
  } else {
    (how === "include" ? toggleIncluded : toggleExcluded)(store, attribute, row.dataset.value);
  }
  ctx.refresh(attribute);
}

const ROW_KEYS = { ArrowDown: 1, ArrowUp: -1 };

function walkRows(event) {
  const row = event.target.closest(".row");
  if (!row) return;
  if (event.key === "ArrowRight") row.querySelector(".exclude:not([hidden])")?.focus();
  else if (event.key === "ArrowLeft") row.querySelector("input").focus();
  else if (event.key in ROW_KEYS) focusRow(row, ROW_KEYS[event.key], event.target.className);
  else return;
  event.preventDefault();
}

function focusRow(row, step, column) {
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  next?.querySelector(column === "exclude" ? ".exclude" : "input")?.focus();
}
