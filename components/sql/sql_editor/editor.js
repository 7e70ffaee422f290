// An SQL editor on CodeMirror, which is loaded once from this server. Until it is there, and where it can't be loaded,
// a plain text area takes its place. What is written is kept for the browser's tab, so a reload loses nothing.

import { el, focusOf, one } from "../../common/dom.js";
import { columnsOf } from "./completion.js";

/** @import { Component } from "../../common/types.d.ts" */
/** @import { Column, Data, Editor, Part } from "./types.d.ts" */

const DRAFT = "idc-sql-draft";

/** @param {string} given */
function readDraft(given) {
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
    return draft && (draft.given === given || given === "") ? draft.text : given;
  } catch {
    return given;
  }
}

/** @type {(given: string, text: string) => void} */
function keepDraft(given, text) {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ given, text }));
  } catch {
    // Without room in the tab's storage, the text stays in the editor alone.
  }
}

/** @type {(host: HTMLElement, text: string, changed: (text: string) => void, run: () => void) => Part} */
function plainEditor(host, text, changed, run) {
  const area = el("textarea", { spellcheck: "false", "aria-label": "SQL query" });
  area.value = text;
  area.oninput = () => changed(area.value);
  area.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  };
  host.replaceChildren(area);
  return {
    read: () => area.value,
    write: (value) => {
      area.value = value;
      changed(value);
    },
  };
}

/**
 * @param {any} library CodeMirror, as bundle/entry.js puts it together
 * @param {HTMLElement} host
 * @param {string} text
 * @param {Record<string, Column[]>} tables
 * @param {(text: string) => void} changed
 * @param {() => void} run
 * @returns {Part}
 */
function richEditor(library, host, text, tables, changed, run) {
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
  /** @param {unknown} editor */
  const runByKey = (editor) => {
    library.closeCompletion(editor);
    run();
    return true;
  };
  /** @param {{ docChanged: boolean, state: { doc: object } }} update */
  const tell = (update) => {
    if (update.docChanged) changed(update.state.doc.toString());
  };
  const view = new EditorView({
    parent: host,
    root: host.getRootNode(),
    state: EditorState.create({
      doc: text,
      extensions: [
        library.keymap.of([
          { key: "Mod-Enter", run: runByKey },
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
        EditorView.updateListener.of(tell),
      ],
    }),
  });
  return {
    read: () => view.state.doc.toString(),
    write: (value) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } }),
  };
}

/** @type {(root: HTMLElement, data: Data) => Editor} */
function openEditor(root, data) {
  const host = one(root, "#host");
  const given = data.text;
  /** @param {string} text */
  const changed = (text) => keepDraft(editor.given, text);
  const run = () => {
    const text = editor.part.read();
    if (!text.trim() || editor.busy) return;
    editor.given = text;
    changed(text);
    editor.send({ text, at: Date.now() });
  };
  const text = readDraft(given);
  /** @type {Editor} */
  const editor = {
    part: plainEditor(host, text, changed, run),
    given,
    turn: data.turn,
    busy: false,
    send: () => {},
  };
  changed(text);
  one(root, "#run").onclick = run;
  import(new URL(data.library, document.baseURI).href).then(
    (library) => {
      const typed = editor.part.read();
      const hadFocus = host.contains(focusOf(host));
      host.replaceChildren();
      editor.part = richEditor(library, host, typed, data.tables, changed, run);
      if (hadFocus) one(host, ".cm-content").focus();
    },
    () => {},
  );
  return editor;
}

/** @type {WeakMap<HTMLElement, Editor>} */
const editors = new WeakMap();

/** @param {Component<Data>} component */
export default function sqlEditor({ data, parentElement, setTriggerValue }) {
  const root = one(parentElement, "#root");
  const editor = editors.get(root) ?? openEditor(root, data);
  editors.set(root, editor);
  editor.send = (message) => setTriggerValue("run", message);
  editor.busy = data.running;
  root.classList.toggle("dark", data.dark);
  /** @type {HTMLButtonElement} */ (one(root, "#run")).disabled = data.running;
  if (data.turn !== editor.turn) {
    editor.turn = data.turn;
    editor.given = data.text;
    editor.part.write(data.text);
  }
}
