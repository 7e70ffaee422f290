// Facets to test with.

/** @import { Chosen, TermFacet } from "../../../../components/explore/facet_panel/types.d.ts" */

/** @type {Chosen} */
export const NOTHING = { eq: [], not: [], contains: [], gte: null, lte: null, missing: null };

/** @type {(label: string, values: [string, string, number][], more?: Partial<TermFacet>) => TermFacet} */
export function termFacet(label, values, more = {}) {
  const words = { label, help: "", note: "" };
  const rest = { selected: NOTHING, lazy: false, missing: 0, unknown: [], values };
  return { kind: "term", ...words, operators: ["eq", "not"], ...rest, ...more };
}
