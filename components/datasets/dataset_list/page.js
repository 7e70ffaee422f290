// The whole part: bar with search, facets, sort and view; cards or table below. Made once, then brought up to date.

import { el, one, placeChildren, setAttr, setText, show } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { appLink } from "../../common/links.js";
import { exactCount } from "../../common/numbers.js";
import { scrollParent } from "../../common/scroll.js";
import { makeCard, makeRow, makeTable } from "./cards.js";
import { applyState, chosenOf, facetCounts, foldText, readState, sortOf, stateQuery, VIEWS } from "./filter.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Data, FacetName, FacetOffer, FacetPart, Item, Page, Part } from "./types.d.ts" */

/** @type {(offer: FacetOffer, page: Page) => FacetPart} */
function makeFacet({ name, label, note }, page) {
  const badge = el("b", { class: "number" });
  const summary = el("summary", { title: note }, [label, badge, icon("chevron")]);
  const hint = `Find in ${label.toLowerCase()}`;
  const find = el("input", { class: "box", type: "search", placeholder: hint, "aria-label": hint });
  const list = el("ul");
  const notes = note ? [el("p", { class: "note", text: note })] : [];
  const menu = el("div", { class: "menu" }, [find, list, ...notes]);
  const node = el("details", { class: "facet", "data-facet": name }, [summary, menu]);
  /** @type {Map<string, ReturnType<typeof makeFacetRow>>} */
  const rows = new Map();
  const update = () => {
    const chosen = chosenOf(page.state, name);
    setText(badge, chosen.size ? String(chosen.size) : "");
    show(badge, chosen.size > 0);
    if (!node.open) return;
    const counts = facetCounts(name, page.found, page.state);
    const word = foldText(find.value);
    show(find, counts.length > 10 || word !== "");
    const wanted = counts.filter(([value]) => foldText(value).includes(word));
    placeChildren(
      list,
      wanted.map(([value, count]) => {
        const row = rows.get(value) ?? makeFacetRow(name, value, page);
        rows.set(value, row);
        row.box.checked = chosen.has(value);
        setText(row.count, exactCount(count));
        return row.node;
      }),
    );
  };
  find.oninput = update;
  node.ontoggle = () => {
    if (node.open) for (const other of page.facets) if (other.node !== node) other.node.open = false;
    update();
  };
  return { node, update };
}

/** @type {(name: FacetName, value: string, page: Page) => { node: HTMLElement, box: HTMLInputElement, count: Node }} */
function makeFacetRow(name, value, page) {
  const box = el("input", { type: "checkbox" });
  box.onchange = () => page.choose(name, value, box.checked);
  const count = el("span", { class: "count" });
  const label = el("label", {}, [box, el("span", { text: value }), count]);
  return { box, count, node: el("li", { "data-value": value }, [label]) };
}

/** @type {(text: string, remove: () => void) => HTMLElement} */
function makeChip(text, remove) {
  const label = [el("span", { text }), icon("cross")];
  const button = { type: "button", class: "chip", "aria-label": `Remove ${text}`, onclick: remove };
  return el("li", {}, [el("button", button, label)]);
}

/** @type {(page: Page) => Part} */
function makeChips(page) {
  const node = el("ul", { class: "chips", "aria-label": "What is chosen" });
  const update = () => {
    const chips = page.data.facets.flatMap(({ name }) =>
      [...chosenOf(page.state, name)].map((value) => makeChip(value, () => page.choose(name, value, false))),
    );
    if (chips.length) {
      chips.push(
        el("li", {}, [el("button", { type: "button", class: "link", text: "Clear all", onclick: page.clear })]),
      );
    }
    node.replaceChildren(...chips);
    show(node, chips.length > 0);
  };
  return { node, update };
}

/** @type {(page: Page) => Part} */
function makeSwitch(page) {
  const buttons = VIEWS.map((view) =>
    el("button", {
      type: "button",
      text: view.charAt(0).toUpperCase() + view.slice(1),
      onclick: () => page.change({ view }),
    }),
  );
  const update = () => {
    for (const [place, button] of buttons.entries()) {
      setAttr(button, "aria-pressed", String(VIEWS[place] === page.state.view));
    }
  };
  return { node: el("div", { class: "switch", role: "group", "aria-label": "View" }, buttons), update };
}

/** @type {(page: Page) => Part} */
function makeSort(page) {
  const options = page.data.sorts.map(({ key, label }) => el("option", { value: key, text: label }));
  const select = el("select", { class: "box", "aria-label": "Sort by" }, options);
  select.onchange = () => {
    const { key, down } = sortOf(page.data, select.value);
    page.change({ sort: key, down });
  };
  const update = () => {
    select.value = page.state.sort;
  };
  return { node: select, update };
}

/**
 * What is left of all datasets, as one cohort.
 *
 * @param {Page} page
 */
function exploreThese({ data, shown, leave }) {
  if (!shown.length || shown.length === data.items.length) return [];
  const query = new URLSearchParams(shown.map(({ id }) => [data.attribute, id]).sort());
  const text = `Explore ${shown.length === 1 ? "it" : `these ${shown.length}`} →`;
  return [appLink("explore-these", text, `explore?${query}`, leave)];
}

/** The place on the page is kept under its address. */
function placeSlot() {
  return `scroll ${location.href}`;
}

/** @type {(data: Data, root: HTMLElement) => Page} */
function makePage(data, root) {
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map();
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map();
  /** @type {(kept: Map<string, HTMLElement>, item: Item, make: typeof makeCard) => HTMLElement} */
  const made = (kept, item, make) => {
    const node = kept.get(item.id) ?? make(item, page.leave);
    kept.set(item.id, node);
    return node;
  };

  /** @type {Page} */
  const page = {
    data,
    state: readAddress(data),
    found: [],
    shown: [],
    facets: [],
    leave: () => {
      try {
        sessionStorage.setItem(placeSlot(), String(scrollParent(root).scrollTop));
      } catch {
        // No storage, no memory.
      }
    },
    change: (changes) => {
      Object.assign(page.state, changes);
      writeAddress(data, page);
      page.update();
    },
    choose: (name, value, on) => {
      chosenOf(page.state, name)[on ? "add" : "delete"](value);
      page.change({});
    },
    clear: () => {
      for (const values of Object.values(page.state.chosen)) values.clear();
      page.change({ q: "" });
    },
    update: () => {
      const { state } = page;
      Object.assign(page, applyState(data, state));
      if (search.value !== state.q) search.value = state.q;
      for (const part of [...page.facets, chips, view, sort]) part.update();
      const all = data.items.length;
      const some = page.shown.length;
      setText(count, some === all ? `${all} ${data.noun[1]}` : `${some} of ${all} ${data.noun[1]}`);
      these.replaceChildren(...exploreThese(page));
      const asCards = state.view === "cards";
      show(nothing, some === 0);
      show(grid, asCards && some > 0);
      show(table.node, !asCards && some > 0);
      const [place, kept, make] = asCards ? [grid, cards, makeCard] : [table.body, rows, makeRow];
      placeChildren(
        place,
        page.shown.map((item) => made(kept, item, make)),
      );
      table.mark(state);
    },
  };

  const search = el("input", {
    class: "box search-all",
    type: "search",
    placeholder: data.hint,
    "aria-label": `Search ${data.noun[1]}`,
  });
  search.oninput = () => page.change({ q: search.value });
  const count = el("p", { class: "total", role: "status" });
  const these = el("span");
  page.facets = data.facets.map((facet) => makeFacet(facet, page));
  const [chips, view, sort] = [makeChips(page), makeSwitch(page), makeSort(page)];
  const grid = el("ul", { class: "cards" });
  const table = makeTable((key) => {
    const down = page.state.sort === key ? !page.state.down : sortOf(data, key).down;
    page.change({ sort: key, down });
  });
  const nothing = el("div", { class: "nothing" }, [
    el("p", { text: `No ${data.noun[0]} has all of this.` }),
    el("button", { type: "button", class: "link", text: "Show all", onclick: page.clear }),
  ]);

  const facets = page.facets.map(({ node }) => node);
  const bar = el("div", { class: "bar" }, [
    el("div", { class: "search" }, [icon("search"), search]),
    el("div", { class: "facets" }, facets),
  ]);
  const line = el("div", { class: "line" }, [
    el("div", { class: "left" }, [count, these]),
    el("div", { class: "tools" }, [sort.node, view.node]),
  ]);
  root.replaceChildren(el("div", { class: "catalog" }, [bar, chips.node, line, grid, table.node, nothing]));
  root.addEventListener("click", (event) => {
    for (const { node } of page.facets) if (node.open && !event.composedPath().includes(node)) node.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const { node } of page.facets) {
      if (!node.open) continue;
      node.open = false;
      one(node, "summary").focus();
    }
  });
  return page;
}

/** @param {Data} data */
function readAddress(data) {
  return readState(data, new URLSearchParams(location.search));
}

/**
 * The entry that the browser is at is rewritten: going back leads to the page before, not through each letter typed.
 *
 * @type {(data: Data, page: Page) => void}
 */
function writeAddress(data, { state }) {
  const query = stateQuery(data, state);
  history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : ""));
}

/**
 * Where the visitor was before opening a dataset from here.
 *
 * @param {HTMLElement} root
 */
function returnToPlace(root) {
  let place = null;
  try {
    place = sessionStorage.getItem(placeSlot());
    sessionStorage.removeItem(placeSlot());
  } catch {
    // No storage, no memory.
  }
  if (!place) return;
  const top = Number(place);
  requestAnimationFrame(() => {
    scrollParent(root).scrollTop = top;
  });
}

/** @type {WeakMap<Node, Page>} */
const pages = new WeakMap();

/** @param {Component<Data>} component */
export default function datasetList({ data, parentElement }) {
  const page = pages.get(parentElement);
  if (!page) {
    const root = el("div");
    parentElement.append(root);
    const made = makePage(data, root);
    pages.set(parentElement, made);
    made.update();
    returnToPlace(root);
    return;
  }
  const there = readAddress(data);
  if (stateQuery(data, page.state) !== stateQuery(data, there)) {
    page.state = there;
    page.update();
  }
}
