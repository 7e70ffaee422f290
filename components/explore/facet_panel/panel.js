// The panel: search, unit switch, groups and facets. Streamlit calls the default export
// at each change of data; the panel is built once and then brought up to date in place.

import { el, focusOf, placeChildren, setAttr, setText, show } from "../../common/dom.js";
import { icon } from "../../common/icons.js";
import { scrollParent } from "../../common/scroll.js";
import { createAbsent, updateAbsent } from "./absent.js";
import { createMemory, loadMemory, remember } from "./memory.js";
import { createRangeBody, updateRangeBody } from "./range_facet.js";
import { createSearch, patchResults } from "./search.js";
import {
  askForCounts,
  chosenCount,
  chosenOf,
  clearFacet,
  createStore,
  currentUnit,
  isBusy,
  receiveData,
} from "./store.js";
import { createTermBody, settleTermBody, updateTermBody } from "./term_facet.js";
import { createTextBody, updateTextBody } from "./text_facet.js";
import { createTooltip } from "./tooltip.js";
import { createUnitSwitch, updateUnitSwitch } from "./unit_switch.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { SearchView } from "./search.js" */
/** @import { Tooltip } from "./tooltip.js" */
/** @import { UnitSwitch } from "./unit_switch.js" */
/** @import { Chosen, Context, Data, Facet, FacetView, Group, GroupView, Timer } from "./types.d.ts" */

/**
 * @typedef {{
 *   ctx: Context,
 *   el: HTMLElement,
 *   search: SearchView,
 *   unit: UnitSwitch,
 *   body: HTMLElement,
 *   groups: Map<string, GroupView>,
 *   facets: Map<string, FacetView>,
 *   busyTimer: Timer,
 *   onScroll: () => void,
 * }} Panel
 */

/**
 * The part of a facet that depends on its kind: how it is made, and brought up to date.
 *
 * @typedef {{
 *   create: (ctx: Context, attribute: string) => { el: HTMLElement },
 *   update: (view: any, facet: any, chosen: Chosen) => void,
 *   settle: (view: any, chosen: Chosen) => void,
 * }} Kind
 */

const RANGE = { create: createRangeBody, update: updateRangeBody, settle: () => {} };

/** @type {Record<Facet["kind"], Kind>} */
const KINDS = {
  term: { create: createTermBody, update: updateTermBody, settle: settleTermBody },
  number: RANGE,
  date: RANGE,
  text: { create: createTextBody, update: updateTextBody, settle: () => {} },
};
const BUSY_AFTER_MS = 400;

/** @type {WeakMap<Node, Panel>} */
const panels = new WeakMap();

/** @param {Component<Data | null>} component */
export default function facetPanel({ data, parentElement, setTriggerValue }) {
  if (!data) return undefined;
  const panel = panels.get(parentElement) ?? createPanel(parentElement);
  panels.set(parentElement, panel);
  panel.ctx.store.send = (message) => setTriggerValue("edit", message);
  receivePanelData(panel, data);
  return () => destroyPanel(panel, parentElement);
}

/** @type {(parentElement: HTMLElement | ShadowRoot) => Panel} */
function createPanel(parentElement) {
  const tooltip = createTooltip();
  /** @type {Context} */
  const ctx = {
    store: createStore(() => renderPanel(panel)),
    memory: createMemory(),
    tooltip,
    touched: null,
    refresh: (attribute) => refreshFacet(panel, attribute),
    showFacets: (visible) => show(body, visible),
  };
  ctx.store.openLazy = () => openLazyFacets(panel);
  const search = createSearch(ctx, (attribute) => revealFacet(panel, attribute));
  const unit = createUnitSwitch(ctx);
  const body = el("div", { class: "groups" });
  const head = el("div", { class: "head" }, [search.el, unit.el]);
  const parts = [head, search.results, body, tooltip.node];
  /** @type {Panel} */
  const panel = {
    ctx,
    el: el("div", { class: "panel", "data-testid": "facet-panel" }, parts),
    search,
    unit,
    body,
    groups: new Map(),
    facets: new Map(),
    busyTimer: undefined,
    onScroll: tooltip.follow,
  };
  addEventListener("scroll", panel.onScroll, { capture: true, passive: true });
  parentElement.append(panel.el);
  return panel;
}

/** @type {(panel: Panel, parentElement: Node) => void} */
function destroyPanel(panel, parentElement) {
  removeEventListener("scroll", panel.onScroll, { capture: true });
  clearTimeout(panel.busyTimer);
  clearTimeout(panel.ctx.store.flight?.timer);
  panel.el.remove();
  panels.delete(parentElement);
}

/** @type {(panel: Panel, data: Data) => void} */
function receivePanelData(panel, data) {
  const { ctx } = panel;
  const first = ctx.memory.slot === null;
  loadMemory(ctx.memory, data.key);
  receiveData(ctx.store, data);
  const anchor = first ? null : takeAnchor(panel);
  renderPanel(panel);
  if (anchor) holdAnchor(anchor);
  askForCounts(ctx.store);
}

/** @param {Panel} panel */
function renderPanel(panel) {
  const { store } = panel.ctx;
  updateUnitSwitch(panel.unit, currentUnit(store));
  placeChildren(
    panel.body,
    store.data.groups.map((group) => updateGroup(panel, group).el),
  );
  patchResults(panel.search);
  markBusy(panel);
}

/** @type {(panel: Panel, attribute: string) => void} */
function refreshFacet(panel, attribute) {
  const facet = panel.ctx.store.data.facets[attribute];
  const view = panel.facets.get(attribute);
  if (facet && view) updateFacet(panel, view, facet);
  for (const group of panel.groups.values()) updateGroupBadge(panel, group);
  askForCounts(panel.ctx.store);
  markBusy(panel);
}

/** @param {Panel} panel */
function openLazyFacets(panel) {
  return [...panel.groups.values()]
    .filter((view) => groupIsOpen(panel, view))
    .flatMap((view) => knownFacets(panel, view.group))
    .filter(([attribute, facet]) => {
      const view = panel.facets.get(attribute);
      return facet.lazy && view && facetIsOpen(panel, view);
    })
    .map(([attribute]) => attribute);
}

/**
 * After a moment, counts that are about to change look like it.
 *
 * @param {Panel} panel
 */
function markBusy(panel) {
  clearTimeout(panel.busyTimer);
  if (!isBusy(panel.ctx.store)) panel.el.classList.remove("busy");
  else panel.busyTimer = setTimeout(() => panel.el.classList.add("busy"), BUSY_AFTER_MS);
}

/** @typedef {{ node: HTMLElement, top: number, scroller: Element }} Anchor */

/**
 * What the user looks at keeps its place on screen when facets above it grow or shrink.
 *
 * @type {(panel: Panel) => Anchor | null}
 */
function takeAnchor(panel) {
  const active = focusOf(panel.el);
  const touched = panel.ctx.touched?.isConnected ? panel.ctx.touched : null;
  const node = touched ?? (active instanceof HTMLElement && panel.body.contains(active) ? active : null);
  if (!node || node.offsetParent === null) return null;
  return { node, top: node.getBoundingClientRect().top, scroller: scrollParent(panel.el) };
}

/** @param {Anchor} anchor */
function holdAnchor({ node, top, scroller }) {
  if (!node.isConnected) return;
  const shift = node.getBoundingClientRect().top - top;
  if (Math.abs(shift) >= 1) scroller.scrollTop += shift;
}

/** @type {(panel: Panel, group: Group) => GroupView} */
function updateGroup(panel, group) {
  const view = panel.groups.get(group.label) ?? createGroup(panel, group);
  panel.groups.set(group.label, view);
  view.group = group;
  const open = groupIsOpen(panel, view);
  setAttr(view.button, "aria-expanded", String(open));
  show(view.content, open);
  updateGroupBadge(panel, view);
  if (open) {
    updateAbsent(view.absent, group.absent);
    const facets = knownFacets(panel, group).map(([attribute, facet]) => placeFacet(panel, group, attribute, facet));
    placeChildren(view.content, [...facets, view.absent.el]);
  }
  return view;
}

/** @type {(panel: Panel, group: Group) => [string, Facet][]} */
function knownFacets(panel, group) {
  return group.facets.flatMap((attribute) => {
    const facet = panel.ctx.store.data.facets[attribute];
    return facet ? [/** @type {[string, Facet]} */ ([attribute, facet])] : [];
  });
}

/** @type {(panel: Panel, group: Group) => GroupView} */
function createGroup(panel, group) {
  const badge = el("span", { class: "group-badge" });
  const label = el("span", { text: group.label });
  const button = el("button", { type: "button", class: "group-head" }, [label, badge, icon("chevron")]);
  const content = el("div", { class: "group-content" });
  /** @type {GroupView} */
  const view = {
    el: el("section", { class: "group", "data-group": group.label }, [el("h3", {}, [button]), content]),
    button,
    badge,
    content,
    group,
    absent: createAbsent(panel.ctx),
    opened: group.open || usedFacets(panel, group) > 0,
  };
  button.addEventListener("click", () => {
    remember(panel.ctx.memory, "groups", group.label, !groupIsOpen(panel, view));
    updateGroup(panel, view.group);
    askForCounts(panel.ctx.store);
  });
  return view;
}

/** @type {(panel: Panel, view: GroupView) => boolean} */
function groupIsOpen(panel, view) {
  return panel.ctx.memory.groups[view.group.label] ?? view.opened;
}

/** @type {(panel: Panel, group: Group) => number} */
function usedFacets(panel, group) {
  const { store } = panel.ctx;
  return knownFacets(panel, group).filter(([attribute]) => chosenCount(chosenOf(store, attribute)) > 0).length;
}

/**
 * A folded group tells how many of its filters are in use, or that there are none.
 *
 * @type {(panel: Panel, view: GroupView) => void}
 */
function updateGroupBadge(panel, view) {
  const used = usedFacets(panel, view.group);
  const folded = view.button.getAttribute("aria-expanded") !== "true";
  const lacking = view.group.absent.length > 0 && view.group.facets.length === 0;
  const said = used > 0 ? `${used} in use` : lacking ? "not fetched" : "";
  setText(view.badge, folded ? said : "");
  view.badge.classList.toggle("quiet", lacking);
}

/** @type {(panel: Panel, group: Group, attribute: string, facet: Facet) => HTMLElement} */
function placeFacet(panel, group, attribute, facet) {
  let view = panel.facets.get(attribute);
  if (!view || view.kind !== facet.kind) {
    const opened = group.open || chosenCount(chosenOf(panel.ctx.store, attribute)) > 0;
    view = createFacet(panel, attribute, facet.kind, opened);
    panel.facets.set(attribute, view);
  }
  updateFacet(panel, view, facet);
  return view.el;
}

/** @type {(panel: Panel, attribute: string, kind: Facet["kind"], opened: boolean) => FacetView} */
function createFacet(panel, attribute, kind, opened) {
  const id = `body-${attribute}`;
  const label = el("span", { class: "facet-label" });
  const button = el("button", { type: "button", class: "facet-head", "aria-controls": id }, [label]);
  const badge = el("button", { type: "button", class: "badge", "data-testid": "badge", hidden: true });
  const info = createInfo(panel.ctx.tooltip);
  const note = el("p", { class: "note", hidden: true });
  const counting = el("p", { class: "note", text: "Counting…", hidden: true });
  const content = el("div", { class: "facet-content", id, hidden: true }, [note, counting]);
  const space = el("span", { class: "space" });
  const head = el("div", { class: "facet-bar" }, [el("h4", {}, [button]), info.el, space, badge, icon("chevron")]);
  const node = el("div", { class: "facet", "data-attribute": attribute, "data-kind": kind }, [head, content]);
  const parts = { el: node, label, button, badge, info, note, counting, content };
  /** @type {FacetView} */
  const view = { attribute, kind, opened, body: null, ...parts };
  button.addEventListener("click", () => foldFacet(panel, view));
  badge.addEventListener("click", () => clearFromBadge(panel, view));
  return view;
}

/** @param {Tooltip} tooltip */
function createInfo(tooltip) {
  const button = el("button", { type: "button", class: "info", hidden: true }, [icon("info")]);
  const view = { el: button, help: "" };
  const open = () => tooltip.showAt(view.help, () => button.getBoundingClientRect());
  for (const name of ["pointerenter", "focus", "click"]) button.addEventListener(name, open);
  for (const name of ["pointerleave", "blur"]) button.addEventListener(name, tooltip.hide);
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tooltip.hide();
  });
  return view;
}

/** @type {(panel: Panel, view: FacetView) => void} */
function clearFromBadge(panel, view) {
  clearFacet(panel.ctx.store, view.attribute);
  view.button.focus({ preventScroll: true });
  panel.ctx.touched = view.button;
  refreshFacet(panel, view.attribute);
}

/** @type {(panel: Panel, view: FacetView) => boolean} */
function facetIsOpen(panel, view) {
  return panel.ctx.memory.open[view.attribute] ?? view.opened;
}

/** @type {(panel: Panel, view: FacetView) => void} */
function foldFacet(panel, view) {
  remember(panel.ctx.memory, "open", view.attribute, !facetIsOpen(panel, view));
  if (view.body) KINDS[view.kind].settle(view.body, chosenOf(panel.ctx.store, view.attribute));
  panel.ctx.touched = view.button;
  refreshFacet(panel, view.attribute);
}

/** @type {(panel: Panel, view: FacetView, facet: Facet) => void} */
function updateFacet(panel, view, facet) {
  const chosen = chosenOf(panel.ctx.store, view.attribute);
  const open = facetIsOpen(panel, view);
  updateFacetHead(view, facet, chosenCount(chosen), open);
  show(view.content, open);
  view.el.classList.toggle("open", open);
  show(view.counting, Boolean(facet.pending));
  if (view.body) show(view.body.el, !facet.pending);
  if (!open || facet.pending) return;
  const { create, update, settle } = KINDS[facet.kind];
  if (!view.body) {
    view.body = create(panel.ctx, view.attribute);
    view.content.append(view.body.el);
    settle(view.body, chosen);
  }
  update(view.body, facet, chosen);
}

/** @type {(view: FacetView, facet: Facet, count: number, open: boolean) => void} */
function updateFacetHead(view, facet, count, open) {
  setText(view.label, facet.label);
  setAttr(view.button, "aria-expanded", String(open));
  show(view.note, Boolean(facet.note));
  setText(view.note, facet.note);
  show(view.info.el, Boolean(facet.help));
  view.info.help = facet.help;
  setAttr(view.info.el, "aria-label", `About ${facet.label}: ${facet.help}`);
  updateBadge(view, facet, count);
}

/** @type {(view: FacetView, facet: Facet, count: number) => void} */
function updateBadge(view, facet, count) {
  show(view.badge, count > 0);
  if (count === 0 || view.badge.dataset.count === String(count)) return;
  view.badge.dataset.count = String(count);
  view.badge.replaceChildren(String(count), icon("cross"));
  setAttr(view.badge, "aria-label", `Clear ${facet.label} (${count} selected)`);
  setAttr(view.badge, "title", "Clear");
}

/** @type {(panel: Panel, attribute: string) => void} */
function revealFacet(panel, attribute) {
  const group = panel.ctx.store.data.groups.find((item) => item.facets.includes(attribute));
  if (!group) return;
  remember(panel.ctx.memory, "groups", group.label, true);
  remember(panel.ctx.memory, "open", attribute, true);
  renderPanel(panel);
  const view = panel.facets.get(attribute);
  view?.button.focus({ preventScroll: true });
  view?.el.scrollIntoView({ block: "nearest" });
}
