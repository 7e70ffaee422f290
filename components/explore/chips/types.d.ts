import type { ToSave } from "../../widgets/saved/types.d.ts";

/** What `cohort_chips` sends. */
export interface Data {
  opening: { text: string } | Chip;
  clauses: Clause[];
  options: Chip[];
  undo: boolean;
  redo: boolean;
  clear: boolean;
  /** Whether the dialogs that add clauses are on offer. */
  openers: boolean;
  save: ToSave | null;
}

/** A part of the sentence that can be taken out; `edit` is what says so to the server. */
export interface Chip {
  text: string;
  name: string;
  edit: Record<string, string>;
  swatch?: string;
  warning?: string;
  hint?: string;
}

/** Words and chips; those of a condition begin with its attribute. */
export interface Clause {
  attribute?: string;
  label?: string;
  parts: (string | Chip)[];
  note?: string;
}

/** One click, on its way to the server. */
export type Edit =
  | { action: "undo" | "redo" | "clear" }
  | { action: "open"; dialog: string }
  | { action: "remove"; [part: string]: string };
