/** What `preview` sends. */
export interface PreviewData {
  uid: string;
  /** Series that may be drawn over it. */
  overlays: { uid: string; label: string }[];
}

/** What `header_table` sends. */
export interface HeadersData {
  uid: string;
}

/** What `contact_sheet` sends. */
export interface SheetData {
  tiles: Tile[];
}

export interface Tile {
  uid: string;
  modality: string;
  text: string;
  figures: string;
  hint: string;
  colour: string;
  link: string;
}

/** What there is to see in a series: the answer to `api/preview/UID`. */
export interface Description {
  uid: string;
  modality: string;
  notes: string[];
  instances: number;
  /** Number of the picture in the middle. */
  middle: number;
  /** Instance, frame, place in `spaces`, position in mm; instances and frames count from 1. */
  pictures: [number, number, number, number | null][];
  spaces: Space[];
  /** None for colours; like `window` it is there only if there are pictures. */
  windows: NamedWindow[];
  /** Name of the usual one. */
  window: string | null;
  overlay?: Marks;
}

/** How a picture lies in the patient; letters of its edges. */
export interface Space {
  left: string;
  right: string;
  top: string;
  bottom: string;
  row_mm: number;
  column_mm: number;
  note: string;
  aspect: number;
  rows: number;
  columns: number;
}

export interface Window {
  center: number;
  width: number;
}

export interface NamedWindow extends Window {
  name: string;
  label: string;
}

/** What a SEG or RTSTRUCT marks. */
export interface Marks {
  source: string;
  regions: Region[];
  notes: string[];
}

export interface Region {
  number: number;
  name: string;
  colour: string;
}

/** One header: the answer to `api/preview/UID/instances/N.json`. */
export interface HeaderTable {
  instance: number;
  instances: number;
  /** Level, tag, name, VR, value. */
  rows: [number, string, string, string, string][];
  tree: Content | null;
}

/** The headers on screen. */
export interface HeadersPart {
  uid: string;
  /** Counts what was asked for: a late answer to an earlier question is dropped. */
  turn: number;
  header: HeaderTable | null;
  search: HTMLInputElement;
  number: HTMLInputElement;
  total: HTMLElement;
  found: HTMLElement;
  tree: HTMLElement;
  rows: HTMLElement;
  message: HTMLElement;
  box: HTMLElement;
  tools: HTMLElement;
}

/** An item of a report. */
export interface Content {
  relation: string;
  name: string;
  type: string;
  value: string;
  children: Content[];
}

/** What is drawn: the window by name or by numbers, the overlay, and the regions of it that are switched off. */
export interface View {
  description: Description;
  window: string | Window | null;
  over: string;
  marks: Marks | null;
  hidden: Set<number>;
}

/** What a visitor can do to the pictures. */
export interface Actions {
  step(by: number): void;
  go(number: number): void;
  play(): void;
  preset(name: string): void;
  window(change: Partial<Window>): void;
  dragStart(): void;
  /** By shares of the stage's width and height. */
  drag(right: number, down: number): void;
  over(uid: string): void;
  opacity(value: string): void;
  region(number: number, shown: boolean): void;
}
