// The panel: search, unit switch, groups and facets. Streamlit calls the default export
// at each change of data; the panel is built once and then brought up to date in place.

const BODIES = {
  term: [createTermBody, updateTermBody],
  number: [createRangeBody, updateRangeBody],
  date: [createRangeBody, updateRangeBody],
  text: [createTextBody, updateTextBody],
};
const BUSY_AFTER_MS = 400;

const panels = new WeakMap();

export default function facetPanel({ data, parentElement, setTriggerValue }) {
  if (!data) return undefined;
  let panel = panels.get(parentElement);
  if (!panel) {
    panel = createPanel(parentElement);
    panels.set(parentElement, panel);
  }
  panel.ctx.store.send = (edit) => setTriggerValue("edit", edit);
  receivePanelData(panel, data);
  return () => destroyPanel(panel, parentElement);
}

function createPanel(parentElement) {
  const panel = { groups: new Map(), facets: new Map(), busyTimer: 0 };
  panel.ctx = {
    store: createStore(() => renderPanel(panel)),
    memory: createMemory(),
    tooltip: createTooltip(),
    touched: null,
    refresh: (attribute) => refreshFacet(panel, attribute),
    showFacets: (visible) => show(panel.body, visible),
  };
  panel.ctx.store.openLazy = () => openLazyFacets(panel);
  panel.search = createSearch(panel.ctx, (attribute) => revealFacet(panel, attribute));
  panel.unit = createUnitSwitch(panel.ctx);
  panel.body = el("div", { class: "groups" });
  const head = el("div", { class: "head" }, [panel.search.el, panel.unit.el]);
  panel.el = el("div", { class: "panel", "data-testid": "facet-panel" }, [head, panel.search.results, panel.body, panel.ctx.tooltip.node]);
  panel.onScroll = () => panel.ctx.tooltip.follow();
  addEventListener("scroll", panel.onScroll, { capture: true, passive: true });
  parentElement.append(panel.el);
  return panel;
}

function destroyPanel(panel, parentElement) {
  removeEventListener("scroll", panel.onScroll, { capture: true });
  clearTimeout(panel.busyTimer);
  if (panel.ctx.store.flight) clearTimeout(panel.ctx.store.flight.timer);
  panel.el.remove();
  panels.delete(parentElement);
}

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

function renderPanel(panel) {
  const { store } = panel.ctx;
  updateUnitSwitch(panel.unit, currentUnit(store));
  placeChildren(panel.body, store.data.groups.map((group) => updateGroup(panel, group).el));
  patchResults(panel.search);
  markBusy(panel);
}

function refreshFacet(panel, attribute) {
  const facet = panel.ctx.store.data.facets[attribute];
  const view = panel.facets.get(attribute);
  if (facet && view) updateFacet(panel, view, facet);
  for (const group of panel.groups.values()) updateGroupBadge(panel, group);
  askForCounts(panel.ctx.store);
  markBusy(panel);
}

function openLazyFacets(panel) {
  const found = [];
  for (const view of panel.groups.values()) {
    if (!groupIsOpen(panel, view)) continue;
    for (const attribute of knownFacets(panel, view.group)) {
      const facet = panel.facets.get(attribute);
      if (panel.ctx.store.data.facets[attribute].lazy && facet && facetIsOpen(panel, facet)) found.push(attribute);
    }
  }
  return found;
}

// After a moment, counts that are about to change look like it.
function markBusy(panel) {
  clearTimeout(panel.busyTimer);
  if (!isBusy(panel.ctx.store)) panel.el.classList.remove("busy");
  else panel.busyTimer = setTimeout(() => panel.el.classList.add("busy"), BUSY_AFTER_MS);
}

// What the user looks at keeps its place on screen when facets above it grow or shrink.
function takeAnchor(panel) {
  const active = panel.el.getRootNode().activeElement;
  const touched = panel.ctx.touched?.isConnected ? panel.ctx.touched : null;
  const node = touched || (active && panel.body.contains(active) ? active : null);
  if (!node || node.offsetParent === null) return null;
  return { node, top: node.getBoundingClientRect().top, scroller: scrollParent(panel.el) };
}

function holdAnchor({ node, top, scroller }) {
  if (!node.isConnected || !scroller) return;
  const shift = node.getBoundingClientRect().top - top;
  if (Math.abs(shift) >= 1) scroller.scrollTop += shift;
}

function createUnitSwitch(ctx) {
  const inputs = ["series", "patients"].map((unit) => el("input", { type: "radio", name: "unit", value: unit }));
  const labels = inputs.map((input) => el("label", { "data-unit": input.value }, [input, el("span", { text: input.value })]));
  const node = el("fieldset", { class: "unit-switch", "data-testid": "unit-switch" }, [el("legend", { text: "Count" }), ...labels]);
  node.addEventListener("change", (event) => {
    editUnit(ctx.store, event.target.value);
    ctx.refresh("");
  });
  return { el: node, inputs };
}

function updateUnitSwitch(view, unit) {
  for (const input of view.inputs) {
    if (input.checked !== (input.value === unit)) input.checked = input.value === unit;
  }
}

function updateGroup(panel, group) {
  let view = panel.groups.get(group.label);
  if (!view) {
    view = createGroup(panel, group);
    panel.groups.set(group.label, view);
  }
  view.group = group;
  const open = groupIsOpen(panel, view);
  setAttr(view.button, "aria-expanded", String(open));
  show(view.content, open);
  updateGroupBadge(panel, view);
  if (open) {
    updateAbsent(view.absent, group.absent);
    placeChildren(view.content, [...knownFacets(panel, group).map((attribute) => placeFacet(panel, group, attribute)), view.absent.el]);
  }
  return view;
}

function knownFacets(panel, group) {
  return group.facets.filter((attribute) => panel.ctx.store.data.facets[attribute]);
}

function createGroup(panel, group) {
  const { memory } = panel.ctx;
  const badge = el("span", { class: "group-badge" });
  const button = el("button", { type: "button", class: "group-head" }, [el("span", { text: group.label }), badge, icon("chevron")]);
  const content = el("div", { class: "group-content" });
  const view = { button, badge, content, group, absent: createAbsent(panel.ctx), opened: group.open || groupHasChoice(panel, group) };
  view.el = el("section", { class: "group", "data-group": group.label }, [el("h3", {}, [button]), content]);
  button.addEventListener("click", () => {
    remember(memory, "groups", group.label, !groupIsOpen(panel, view));
    updateGroup(panel, view.group);
    askForCounts(panel.ctx.store);
  });
  return view;
}

function groupIsOpen(panel, view) {
  return panel.ctx.memory.groups[view.group.label] ?? view.opened;
}

function groupHasChoice(panel, group) {
  return knownFacets(panel, group).some((attribute) => chosenCount(chosenOf(panel.ctx.store, attribute)) > 0);
}

// A folded group tells how many of its filters are in use, or that there are none.
function updateGroupBadge(panel, view) {
  const { store } = panel.ctx;
  const used = knownFacets(panel, view.group).filter((attribute) => chosenCount(chosenOf(store, attribute)) > 0).length;
  const folded = view.button.getAttribute("aria-expanded") !== "true";
  const lacking = view.group.absent.length > 0 && view.group.facets.length === 0;
  setText(view.badge, !folded ? "" : used > 0 ? `${used} in use` : lacking ? "not fetched" : "");
  view.badge.classList.toggle("quiet", lacking);
}

function placeFacet(panel, group, attribute) {
  const { store } = panel.ctx;
  const facet = store.data.facets[attribute];
  let view = panel.facets.get(attribute);
  if (!view || view.kind !== facet.kind) {
    const opened = facet.open ?? (group.open || chosenCount(chosenOf(store, attribute)) > 0);
    view = createFacet(panel, attribute, facet.kind, opened);
    panel.facets.set(attribute, view);
  }
  updateFacet(panel, view, facet);
  return view.el;
}

function createFacet(panel, attribute, kind, opened) {
  const view = { attribute, kind, opened, body: null };
  view.label = el("span", { class: "facet-label" });
  view.button = el("button", { type: "button", class: "facet-head", "aria-controls": `body-${attribute}` }, [view.label]);
  view.badge = el("button", { type: "button", class: "badge", "data-testid": "badge", hidden: true, onclick: () => clearFromBadge(panel, view) });
  view.info = createInfo(panel.ctx.tooltip);
  view.note = el("p", { class: "note", hidden: true });
  view.counting = el("p", { class: "note", text: "Counting…", hidden: true });
  view.content = el("div", { class: "facet-content", id: `body-${attribute}`, hidden: true }, [view.note, view.counting]);
  const head = el("div", { class: "facet-bar" }, [el("h4", {}, [view.button]), view.info.el, el("span", { class: "space" }), view.badge, icon("chevron")]);
  view.el = el("div", { class: "facet", "data-attribute": attribute, "data-kind": kind }, [head, view.content]);
  view.button.addEventListener("click", () => foldFacet(panel, view));
  return view;
}

function createInfo(tooltip) {
  const button = el("button", { type: "button", class: "info", hidden: true }, [icon("info")]);
  const view = { el: button, help: "" };
  const open = () => tooltip.showAt(view.help, () => button.getBoundingClientRect());
  button.addEventListener("pointerenter", open);
  button.addEventListener("focus", open);
  button.addEventListener("click", open);
  button.addEventListener("pointerleave", tooltip.hide);
  button.addEventListener("blur", tooltip.hide);
  button.addEventListener("keydown", (event) => event.key === "Escape" && tooltip.hide());
  return view;
}

function clearFromBadge(panel, view) {
  clearFacet(panel.ctx.store, view.attribute);
  view.button.focus({ preventScroll: true });
  panel.ctx.touched = view.button;
  refreshFacet(panel, view.attribute);
}

function facetIsOpen(panel, view) {
  return panel.ctx.memory.open[view.attribute] ?? view.opened;
}

function foldFacet(panel, view) {
  remember(panel.ctx.memory, "open", view.attribute, !facetIsOpen(panel, view));
  const body = view.body;
  if (body?.sticky) settleTermBody(body, chosenOf(panel.ctx.store, view.attribute));
  panel.ctx.touched = view.button;
  refreshFacet(panel, view.attribute);
}

function updateFacet(panel, view, facet) {
  const chosen = chosenOf(panel.ctx.store, view.attribute);
  const open = facetIsOpen(panel, view);
  updateFacetHead(view, facet, chosenCount(chosen), open);
  show(view.content, open);
  view.el.classList.toggle("open", open);
  show(view.counting, Boolean(facet.pending));
  if (view.body) show(view.body.el, !facet.pending);
  if (!open || facet.pending) return;
  const [create, update] = BODIES[facet.kind];
  if (!view.body) {
    view.body = create(panel.ctx, view.attribute);
    view.content.append(view.body.el);
    if (view.body.sticky) settleTermBody(view.body, chosen);
  }
  update(view.body, facet, chosen);
}

function updateFacetHead(view, facet, count, open) {
  setText(view.label, facet.label);
  setAttr(view.button, "aria-expanded", String(open));
  show(view.note, Boolean(facet.note));
  setText(view.note, facet.note || "");
  show(view.info.el, Boolean(facet.help));
  view.info.help = facet.help || "";
  setAttr(view.info.el, "aria-label", `About ${facet.label}: ${facet.help}`);
  updateBadge(view, facet, count);
}

function updateBadge(view, facet, count) {
  show(view.badge, count > 0);
  if (count === 0 || view.badge.dataset.count === String(count)) return;
  view.badge.dataset.count = String(count);
  view.badge.replaceChildren(String(count), icon("cross"));
  setAttr(view.badge, "aria-label", `Clear ${facet.label} (${count} selected)`);
  setAttr(view.badge, "title", "Clear");
}

function revealFacet(panel, attribute) {
  const group = panel.ctx.store.data.groups.find((item) => item.facets.includes(attribute));
  remember(panel.ctx.memory, "groups", group.label, true);
  remember(panel.ctx.memory, "open", attribute, true);
  renderPanel(panel);
  const view = panel.facets.get(attribute);
  view.button.focus({ preventScroll: true });
  view.el.scrollIntoView({ block: "nearest" });
}
