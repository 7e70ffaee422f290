/** A column to be completed. */
export interface Column {
  label: string;
  detail?: string;
  info?: string;
}

/** What `sql_editor` sends. */
export interface Data {
  /** What stands in the editor at first, and again whenever `turn` changes. */
  text: string;
  turn: number;
  tables: Record<string, Column[]>;
  /** Whether a query is at work, so that no other can be started. */
  running: boolean;
  /** Address of the library, from the page's own. */
  library: string;
  dark: boolean;
}

/** A text area, or CodeMirror. */
export interface Part {
  read(): string;
  write(text: string): void;
}

export interface Editor {
  part: Part;
  /** The text that the present one began from. */
  given: string;
  turn: number;
  busy: boolean;
  send(message: { text: string; at: number }): void;
}

/** What completion asks CodeMirror about the text before the cursor. */
export interface CompletionContext {
  explicit: boolean;
  matchBefore(expression: RegExp): { from: number; to: number } | null;
  state: { doc: { toString(): string }; sliceDoc(from: number, to: number): string };
}
