// Which values of a facet are listed, and in which order.

/** @import { Chosen, Entry, RowModel, TermFacet } from "./types.d.ts" */

const TOP_ROWS = 6;

/**
 * What decides on the list beside the facet and what is chosen of it.
 *
 * @typedef {{
 *   all: boolean,
 *   query: string,
 *   byName: boolean,
 *   sticky: Set<string>,
 *   pinned: Set<string>,
 *   focused: string | undefined,
 *   chunk: number,
 * }} Listing
 */

/** @typedef {RowModel & { entries: Entry[], total: number, listed: number }} TermModel */

/**
 * The rows to show, `entries`, out of those `listed`, out of the `total` of values.
 *
 * @type {(facet: TermFacet, chosen: Chosen, listing: Listing) => TermModel}
 */
export function termModel(facet, chosen, listing) {
  const known = facet.values.map(([value, label, count]) => ({ value, label, count }));
  const listed = listing.all ? expandedEntries(known, listing) : topEntries(known, chosen, listing);
  return {
    chosen,
    entries: [...unknownEntries(facet, chosen), ...listed.slice(0, listing.chunk)],
    max: Math.max(1, facet.missing, ...known.map((entry) => entry.count)),
    total: known.length,
    listed: listed.length,
    query: listing.all ? listing.query : "",
    swatches: facet.swatches ?? {},
    canExclude: facet.operators.includes("not"),
    eq: new Set(chosen.eq),
    not: new Set(chosen.not),
  };
}

/** @type {(facet: TermFacet, chosen: Chosen) => Entry[]} */
function unknownEntries({ unknown }, chosen) {
  return [...chosen.eq, ...chosen.not]
    .filter((value) => unknown.includes(value))
    .map((value) => ({ value, label: value, count: null, unknown: true }));
}

/** @typedef {Entry & { count: number }} Known */

/**
 * The most frequent values, and any other that is, or just was, selected or focused.
 *
 * @type {(known: Known[], chosen: Chosen, listing: Listing) => Known[]}
 */
function topEntries(known, chosen, { sticky, focused }) {
  const frequent = known.filter((entry) => entry.count > 0).length;
  const limit = frequent === TOP_ROWS + 1 ? frequent : TOP_ROWS;
  const kept = new Set([...chosen.eq, ...chosen.not, ...sticky, focused]);
  return known.filter((entry, index) => (index < limit && entry.count > 0) || kept.has(entry.value));
}

/** @type {(known: Known[], listing: Listing) => Known[]} */
function expandedEntries(known, { query, byName, pinned }) {
  const found = query ? known.filter((entry) => entryMatches(entry, query)) : known;
  const sorted = byName ? [...found].sort((a, b) => COLLATOR.compare(a.label, b.label)) : found;
  if (query || pinned.size === 0) return sorted;
  return [...sorted.filter((entry) => pinned.has(entry.value)), ...sorted.filter((entry) => !pinned.has(entry.value))];
}

const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Whether its label or its value contains the query, which is in lower case.
 *
 * @type {(entry: Pick<Entry, "label" | "value">, query: string) => boolean}
 */
export function entryMatches(entry, query) {
  return entry.label.toLowerCase().includes(query) || entry.value.toLowerCase().includes(query);
}
