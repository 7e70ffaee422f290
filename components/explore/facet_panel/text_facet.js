// A facet without a list of values: a text box whose entries become chips.

function createTextBody(ctx, attribute) {
  const view = { ctx, attribute, operator: "contains", operators: [] };
  view.input = el("input", { type: "text", class: "box", autocomplete: "off", spellcheck: "false", "data-testid": "text-input" });
  view.form = el("form", { class: "text-form" }, [view.input, el("button", { type: "submit", class: "add", text: "Add" })]);
  view.form.addEventListener("submit", (event) => addText(view, event));
  view.chips = ["contains", "eq"].map((operator) => createChips(ctx, attribute, operator));
  view.missingRow = createMissingRow(ctx, attribute);
  view.el = el("div", {}, [view.form, ...view.chips.map((chips) => chips.el), view.missingRow.el]);
  return view;
}

function updateTextBody(view, facet, chosen) {
  view.operator = facet.operators.find((operator) => operator === "contains" || operator === "eq") || "contains";
  const hint = view.operator === "eq" ? "Exact value, or several" : "Contains…";
  setAttr(view.input, "placeholder", hint);
  setAttr(view.input, "aria-label", `${facet.label}: ${hint}`);
  for (const chips of view.chips) updateChips(chips, chosen);
  updateMissingRow(view.missingRow, facet, chosen, facet.missing || 0);
}

// Identifiers may be pasted many at a time; they hold no spaces or commas.
function addText(view, event) {
  event.preventDefault();
  const { store } = view.ctx;
  const text = view.input.value.trim();
  if (!text) return;
  const added = view.operator === "eq" ? text.split(/[\s,;]+/).filter(Boolean) : [text];
  const before = chosenOf(store, view.attribute)[view.operator];
  editFacet(store, view.attribute, { [view.operator]: [...new Set([...before, ...added])] });
  view.input.value = "";
  view.ctx.refresh(view.attribute);
}
