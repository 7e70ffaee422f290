// An SQL editor on CodeMirror, which is loaded once from this server. Until it is there, and where it can't be loaded,
// a plain text area takes its place. What is written is kept for the browser's tab, so a reload loses nothing.

const DRAFT = "idc-sql-draft";

const readDraft = (given) => {
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT));
    return draft && (draft.given === given || given === "") ? draft.text : given;
  } catch {
    return given;
  }
};

const keepDraft = (given, text) => {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ given, text }));
  } catch {
    // Without room in the tab's storage, the text stays in the editor alone.
  }
};

const plainEditor = (host, text, changed, run) => {
  const area = document.createElement("textarea");
  area.value = text;
  area.spellcheck = false;
  area.setAttribute("aria-label", "SQL query");
  area.oninput = () => changed(area.value);
  area.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  };
  host.replaceChildren(area);
  return {
    read: () => area.value,
    write: (value) => { area.value = value; changed(value); },
  };
};

// Columns of the tables that the query names, or of all tables while it names none; tables after FROM come from the
// SQL language itself.
const columnsOf = (tables) => (context) => {
  const word = context.matchBefore(/\w*/);
  if (!word || (word.from === word.to && !context.explicit) || context.state.sliceDoc(word.from - 1, word.from) === ".") {
    return null;
  }
  const words = new Set(context.state.doc.toString().match(/\w+/g));
  const named = Object.keys(tables).filter((name) => words.has(name));
  const options = new Map();
  for (const table of named.length ? named : Object.keys(tables)) {
    for (const column of tables[table]) if (!options.has(column.label)) options.set(column.label, { ...column, boost: 1 });
  }
  return { from: word.from, options: [...options.values()], validFor: /^\w*$/ };
};

const richEditor = (library, host, text, tables, changed, run) => {
  const { EditorState, EditorView, HighlightStyle, PostgreSQL, tags } = library;
  const schema = Object.fromEntries(
    Object.entries(tables).map(([name, columns]) => [name, columns.map((column) => ({ type: "property", ...column }))]),
  );
  const colours = HighlightStyle.define([
    { tag: tags.keyword, color: "var(--keyword)", fontWeight: "600" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--string)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--number)" },
    { tag: tags.comment, color: "var(--comment)", fontStyle: "italic" },
    { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--type)" },
  ]);
  const view = new EditorView({
    parent: host,
    root: host.getRootNode(),
    state: EditorState.create({
      doc: text,
      extensions: [
        library.keymap.of([
          { key: "Mod-Enter", run: (editor) => { library.closeCompletion(editor); run(); return true; } },
          { key: "Tab", run: library.acceptCompletion },
          ...library.closeBracketsKeymap,
          ...library.completionKeymap,
          ...library.defaultKeymap,
          ...library.historyKeymap,
        ]),
        library.history(),
        library.lineNumbers(),
        library.drawSelection(),
        library.bracketMatching(),
        library.closeBrackets(),
        library.autocompletion({ icons: false }),
        library.sql({ dialect: PostgreSQL, schema, upperCaseKeywords: true }),
        PostgreSQL.language.data.of({ autocomplete: columnsOf(schema) }),
        library.syntaxHighlighting(colours),
        library.placeholder("SELECT … FROM index"),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL query" }),
        EditorView.updateListener.of((update) => { if (update.docChanged) changed(update.state.doc.toString()); }),
      ],
    }),
  });
  return {
    read: () => view.state.doc.toString(),
    write: (value) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } }),
  };
};

const open = (root, component) => {
  const host = root.querySelector("#host");
  const editor = { given: component.data.text, turn: component.data.turn };
  const changed = (text) => keepDraft(editor.given, text);
  editor.run = () => {
    const text = editor.part.read();
    if (!text.trim() || editor.busy) return;
    editor.given = text;
    changed(text);
    editor.send({ text, at: Date.now() });
  };
  const text = readDraft(editor.given);
  editor.part = plainEditor(host, text, changed, editor.run);
  changed(text);
  root.querySelector("#run").onclick = editor.run;
  import(new URL(component.data.library, document.baseURI).href).then((library) => {
    const typed = editor.part.read();
    const hadFocus = host.contains(host.getRootNode().activeElement);
    host.replaceChildren();
    editor.part = richEditor(library, host, typed, component.data.tables, changed, editor.run);
    if (hadFocus) host.querySelector(".cm-content").focus();
  }, () => {});
  return editor;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector("#root");
  root.editor ??= open(root, component);
  const editor = root.editor;
  editor.send = (message) => setTriggerValue("run", message);
  editor.busy = data.running;
  root.classList.toggle("dark", data.dark);
  root.querySelector("#run").disabled = data.running;
  if (data.turn !== editor.turn) {
    editor.turn = data.turn;
    editor.given = data.text;
    editor.part.write(data.text);
  }
}
