import type { AbsentView } from "./absent.js";
import type { Tooltip } from "./tooltip.js";

/** What `facet_panel` sends: `facet_sidebar`'s data, with the component's key and the last message it answers. */
export interface Data {
  unit: Unit;
  /** Names of those facets of fetched tables that the server counts. */
  opened: string[];
  groups: Group[];
  facets: Record<string, Facet>;
  key: string;
  ack: string | null;
}

export type Unit = "series" | "patients";

export interface Group {
  label: string;
  open: boolean;
  /** Names of the attributes, in order. */
  facets: string[];
  absent: AbsentTable[];
}

/** A table that a group needs and this machine lacks. */
export interface AbsentTable {
  table: string;
  command: string;
  /** Whether the page may fetch it. */
  allowed: boolean;
  /** How far its fetching is, and why the last one failed; empty if neither. */
  running: string;
  failed: string;
}

export type ListOperator = "eq" | "not" | "contains";
export type Operator = ListOperator | "gte" | "lte" | "missing";

/** What is chosen of a facet. */
export interface Chosen {
  eq: string[];
  not: string[];
  contains: string[];
  gte: string | null;
  lte: string | null;
  /** Whether series without a value are wanted. */
  missing: "true" | "false" | null;
}

interface Common {
  label: string;
  help: string;
  note: string;
  operators: Operator[];
  selected: Chosen;
  /** Whether it belongs to a fetched table, and is counted only while it stands open. */
  lazy: boolean;
}

/** A facet without a list of values: texts are typed. */
export interface TextFacet extends Common {
  kind: "text";
  missing?: undefined;
  pending?: undefined;
}

/** A facet whose counts are still to come. */
export interface PendingFacet extends Common {
  kind: "term" | "number" | "date";
  values: [];
  pending: true;
}

/** A facet of values to tick. */
export interface TermFacet extends Common {
  kind: "term";
  pending?: undefined;
  missing: number;
  /** Value, label, count; the most frequent first. */
  values: [string, string, number][];
  /** Chosen values that this release does not hold. */
  unknown: string[];
  /** Colours of values. */
  swatches?: Record<string, string>;
}

/** A facet with an order; its edges are numbers, or dates as ISO text. */
export interface RangeFacet extends Common {
  kind: "number" | "date";
  pending?: undefined;
  missing: number;
  /** Lower edge, upper edge, count. */
  bins: [Edge, Edge, number][];
  min: Edge;
  max: Edge;
  unit: string;
  integer: boolean;
  scale: "log" | "linear";
}

export type Edge = number | string;
export type Facet = TextFacet | PendingFacet | TermFacet | RangeFacet;

/** Complete new values of a facet, by operator; an empty text in a range is no limit. */
export type Changes = Partial<Record<ListOperator | "missing" | "range", string[]>>;

/** One change, as the server takes it. */
export type Edit =
  | { attribute: string; operator: string; values: string[] }
  | { unit: Unit }
  | { opened: string[] }
  | { fetch: string };

export interface Message {
  seq: string;
  edits: Edit[];
}

/** A message that the server has not answered yet. */
export interface Flight {
  seq: string;
  edits: Map<string, Edit>;
  sends: number;
  timer: Timer;
}

export type Timer = ReturnType<typeof setTimeout> | undefined;

export interface Store {
  data: Pick<Data, "groups" | "facets" | "unit"> & Partial<Data>;
  send(message: Message): void;
  /** Edits by the slot in which a newer one replaces an older one. */
  waiting: Map<string, Edit>;
  flight: Flight | null;
  /** Messages sent so far. */
  sent: number;
  /** Names of the open facets of fetched tables. */
  openLazy(): string[];
  /** Is called when a message is given up. */
  onSettled(): void;
}

/** What the user folded, sorted and expanded, by facet or group. */
export interface Memory {
  /** Where the browser's tab keeps it; null until that is known. */
  slot: string | null;
  open: Record<string, boolean>;
  groups: Record<string, boolean>;
  all: Record<string, boolean>;
  sort: Record<string, "name" | "count">;
}

/** What every part of the panel can reach. */
export interface Context {
  store: Store;
  memory: Memory;
  tooltip: Tooltip;
  /** What the user touched last, which keeps its place on screen. */
  touched: HTMLElement | null;
  refresh(attribute: string): void;
  showFacets(visible: boolean): void;
}

/** One line of a list of values. */
export interface Entry {
  value: string;
  label: string;
  /** Null where it is not known. */
  count: number | null;
  missing?: boolean;
  unknown?: boolean;
}

/** What the lines of a list have in common. */
export interface RowModel {
  chosen: Chosen;
  eq: Set<string>;
  not: Set<string>;
  /** Count of the longest bar. */
  max: number;
  query: string;
  swatches: Record<string, string>;
  canExclude: boolean;
}

/** Values of a range facet as numbers; dates are days since 1970. */
export interface Scale {
  date: boolean;
  /** Whether it has whole numbers only. */
  whole: boolean;
  log: boolean;
  bins: [number, number, number][];
  min: number;
  max: number;
}

/** Lower and upper limit; null for none. */
export type Bounds = [number | null, number | null];
export type Side = 0 | 1;

/** A place on screen that a tooltip points to. */
export type Box = Pick<DOMRect, "left" | "width" | "top" | "bottom">;

export interface FacetView {
  attribute: string;
  kind: Facet["kind"];
  opened: boolean;
  /** The part that depends on the kind; made when it is first unfolded. */
  body: { el: HTMLElement } | null;
  el: HTMLElement;
  label: HTMLElement;
  button: HTMLElement;
  badge: HTMLElement;
  info: { el: HTMLElement; help: string };
  note: HTMLElement;
  counting: HTMLElement;
  content: HTMLElement;
}

export interface GroupView {
  el: HTMLElement;
  button: HTMLElement;
  badge: HTMLElement;
  content: HTMLElement;
  group: Group;
  absent: AbsentView;
  /** Whether it stands open unless the user says otherwise. */
  opened: boolean;
}

/** A match of the search over all filters. */
export interface Hit {
  attribute: string;
  value: string;
  label: string;
}

/** The matches within one facet; `named` if its own name matches. */
export interface Section {
  attribute: string;
  hits: Hit[];
  named: boolean;
}

/** A line of the results: a facet, one of its values, or the way to more of them. */
export interface Option {
  kind: "facet" | "value" | "more";
  attribute: string;
  label: string;
  value?: string;
  node: HTMLElement;
  count: HTMLElement;
}
