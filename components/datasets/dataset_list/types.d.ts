import type { ModalityShare } from "../../common/types.d.ts";

export type SortKey = "title" | "patients" | "series" | "size" | "changed" | "first";
export type FacetName = "modality" | "location" | "cancer" | "species" | "license" | "data" | "collection";

export interface FacetOffer {
  name: FacetName;
  label: string;
  note: string;
}

export interface Sort {
  key: SortKey;
  label: string;
  /** Whether the largest comes first. */
  down: boolean;
}

/** What `dataset_list` sends. */
export interface Data {
  /** Attribute of a cohort that a dataset's identifier is a value of. */
  attribute: string;
  /** What one dataset is called, and what several are. */
  noun: [string, string];
  items: Item[];
  facets: FacetOffer[];
  /** The first is taken unless another is asked for. */
  sorts: [Sort, ...Sort[]];
  hint: string;
}

export interface Item {
  id: string;
  href: string;
  exploreHref: string;
  title: string;
  program: string;
  about: string;
  text: string;
  /** All that a search looks through, folded as `foldText` does. */
  searched: string;
  badge: string;
  modalities: ModalityShare[];
  /** Label, short figure, exact figure. */
  figures: [string, string, string][];
  license: { text: string; hint: string; strict: boolean };
  first: string;
  changed: string;
  facets: Record<FacetName, string[]>;
  order: { title: string } & Record<Exclude<SortKey, "title">, number>;
}

export type View = "cards" | "table";

/** What is searched, chosen and sorted. */
export interface State {
  q: string;
  sort: SortKey;
  down: boolean;
  view: View;
  /** A set for each facet on offer. */
  chosen: Partial<Record<FacetName, Set<string>>>;
}

/** A part of the page that is made once and then brought up to date. */
export interface Part {
  node: HTMLElement;
  update(): void;
}

export interface FacetPart extends Part {
  node: HTMLDetailsElement;
}

export interface Page {
  data: Data;
  state: State;
  /** Datasets that the search finds, and those left under the facets too, in order. */
  found: Item[];
  shown: Item[];
  facets: FacetPart[];
  leave(): void;
  change(changes: Partial<State>): void;
  choose(name: FacetName, value: string, on: boolean): void;
  clear(): void;
  update(): void;
}
