// Small parts that several kinds of facet share.

// Removable chips for free text conditions.
function createChips(ctx, attribute, operator) {
  const view = { ctx, attribute, operator, seen: null, el: el("ul", { class: "chips", hidden: true }) };
  view.el.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (chip) removeChip(view, chip.dataset.value);
  });
  return view;
}

function updateChips(view, chosen) {
  const values = chosen[view.operator] || [];
  const seen = values.join("\n");
  if (view.seen === seen) return;
  view.seen = seen;
  view.el.replaceChildren(...values.map((value) => createChip(view.operator, value)));
  show(view.el, values.length > 0);
}

function createChip(operator, value) {
  const text = operator === "contains" ? `contains “${value}”` : value;
  const label = el("span", { class: "chip-label", text, title: value });
  const attributes = { type: "button", class: "chip", "data-value": value, "aria-label": `Remove ${text}` };
  return el("li", {}, [el("button", attributes, [label, icon("cross")])]);
}

function removeChip(view, value) {
  const { ctx, attribute, operator } = view;
  editFacet(ctx.store, attribute, { [operator]: without(chosenOf(ctx.store, attribute)[operator], value) });
  ctx.refresh(attribute);
}

// Says what happens to series that lack a value, and lets the user change it.
function createMissingLine(ctx, attribute) {
  const text = el("span");
  const view = { text, wanted: null };
  view.button = el("button", {
    type: "button", class: "link", "data-testid": "missing-toggle",
    onclick: () => {
      setMissing(ctx.store, attribute, view.wanted);
      ctx.refresh(attribute);
    },
  });
  view.el = el("p", { class: "missing-line", hidden: true }, [text, " ", view.button]);
  return view;
}

function updateMissingLine(view, facet, chosen) {
  const rule = facet.operators.includes("missing") ? missingRule(facet, chosen) : null;
  show(view.el, rule !== null);
  if (!rule) return;
  view.wanted = rule.wanted;
  setText(view.text, rule.text);
  setText(view.button, rule.action);
}

function missingRule(facet, chosen) {
  if (!facet.missing && chosen.missing === null) return null;
  if (hasRange(chosen)) return chosen.missing === "true" ? MISSING_RULES.included : MISSING_RULES.leftOut;
  if (chosen.not.length === 0 || chosen.eq.length > 0) return null;
  return chosen.missing === "false" ? MISSING_RULES.hidden : MISSING_RULES.kept;
}

const MISSING_RULES = {
  kept: { text: "Series without a value are kept.", action: "Hide missing", wanted: "false" },
  hidden: { text: "Series without a value are hidden.", action: "Keep missing", wanted: null },
  leftOut: { text: "Series without a value are left out.", action: "Include missing", wanted: "true" },
  included: { text: "Series without a value are included.", action: "Leave out missing", wanted: null },
};

// The "(missing)" row on its own, below a histogram or a text box.
function createMissingRow(ctx, attribute) {
  const entry = { value: MISSING, label: MISSING, count: 0, missing: true };
  const row = createRow(entry);
  const list = el("div", { class: "rows" }, [row.el]);
  const view = { el: list, row, entry };
  listenToRows(ctx, attribute, list);
  return view;
}

function updateMissingRow(view, facet, chosen, max) {
  const useful = facet.operators.includes("missing") && (facet.missing > 0 || chosen.missing !== null);
  show(view.el, useful);
  if (!useful) return;
  const entry = { ...view.entry, count: facet.missing || 0 };
  patchRow(view.row, entry, { chosen, max: Math.max(1, max), query: "", canExclude: true });
}
