/** What `tally` sends. */
export interface Data {
  title: string;
  note: string;
  columns: Column[];
  rows: Entry[][];
  /** Rows shown until the visitor asks for all. */
  most: number;
  /** Number of the row that the page is about. */
  chosen: number | null;
}

export interface Column {
  label: string;
  /** Whether it holds texts rather than numbers. */
  text: boolean;
}

/** A cell; what it lacks is left out. */
export interface Entry {
  text?: string;
  hint?: string;
  /** Length of its bar, 0 to 1. */
  share?: number;
  colour?: string;
  href?: string;
  address?: string;
}
