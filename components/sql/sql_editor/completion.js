// What is completed while SQL is typed, beyond what the language itself offers.

/** @import { Column, CompletionContext } from "./types.d.ts" */

/**
 * Columns of the tables that the query names, or of all tables while it names none; tables after FROM come from the SQL
 * language itself.
 *
 * @param {Record<string, Column[]>} tables
 */
export function columnsOf(tables) {
  return (/** @type {CompletionContext} */ context) => {
    const word = context.matchBefore(/\w*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    if (context.state.sliceDoc(word.from - 1, word.from) === ".") return null;
    const words = new Set(context.state.doc.toString().match(/\w+/g));
    const named = Object.keys(tables).filter((name) => words.has(name));
    /** @type {Map<string, Column & { boost: number }>} */
    const options = new Map();
    for (const table of named.length ? named : Object.keys(tables)) {
      for (const column of tables[table] ?? []) {
        if (!options.has(column.label)) options.set(column.label, { ...column, boost: 1 });
      }
    }
    return { from: word.from, options: [...options.values()], validFor: /^\w*$/ };
  };
}
