// What AG Grid and streamlit-aggrid hand to the functions of grid.js, as far as they are used.

/** What a cell shows, with its renderer's own parameters. */
export type Cell<Parameters> = { value: unknown } & Parameters;

/** A row; `chosen` is what the server says. */
export interface Node {
  id: string;
  data: { id: string; chosen: boolean };
  isSelected(): boolean;
  setSelected(selected: boolean, alone: boolean, source: string): void;
}

export interface GridEvent {
  /** What brought it about. */
  source: string;
  api: {
    forEachNode(visit: (node: Node) => void): void;
    getColumnState(): { colId: string; sort: "asc" | "desc" | null }[];
    getSelectedNodes(): Node[];
  };
}

/** Why streamlit-aggrid might run the page. */
export interface Reason {
  streamlitRerunEventTriggerName: string;
  eventData: GridEvent;
}
