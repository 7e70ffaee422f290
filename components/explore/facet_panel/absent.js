// Tables that a group of filters needs and this machine lacks: how to get them, and how far their fetching is.

function createAbsent(ctx) {
  return { ctx, seen: "", el: el("div", { class: "absent", hidden: true }) };
}

function updateAbsent(view, tables) {
  const seen = JSON.stringify(tables);
  if (view.seen === seen) return;
  view.seen = seen;
  view.el.replaceChildren(...tables.map((table) => absentTable(view.ctx, table)));
  show(view.el, tables.length > 0);
}

function absentTable(ctx, { table, command, allowed, running, failed }) {
  const parts = [el("p", { text: running || failed || `These filters need ${table}, which is not on this machine.` })];
  if (!running && allowed) parts.push(fetchButton(ctx, table));
  if (!running) parts.push(el("p", {}, [allowed ? "Or on the command line: " : "Its operator can fetch it: ", el("code", { text: command })]));
  return el("div", { class: "absent-table", "data-table": table, role: "status" }, parts);
}

function fetchButton(ctx, table) {
  const button = el("button", { type: "button", class: "add", text: `Fetch ${table}` });
  button.addEventListener("click", () => {
    button.disabled = true;
    editFetch(ctx.store, table);
  });
  return button;
}
