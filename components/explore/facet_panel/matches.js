// What a search over all filters finds: names of facets, and their values.

import { entryMatches } from "./term_model.js";

/** @import { Data, Facet, Section } from "./types.d.ts" */

/**
 * The facets in which something matches, in the panel's order, each with its matching values in the facet's order.
 *
 * @type {(data: Pick<Data, "groups" | "facets">, query: string) => Section[]}
 */
export function findMatches(data, query) {
  return data.groups
    .flatMap((group) => group.facets)
    .flatMap((attribute) => {
      const facet = data.facets[attribute];
      const section = facet && sectionOf(attribute, facet, query);
      return section && (section.named || section.hits.length) ? [section] : [];
    });
}

/** @type {(attribute: string, facet: Facet, query: string) => Section} */
function sectionOf(attribute, facet, query) {
  const values = facet.kind === "term" ? facet.values : [];
  const hits = values.map(([value, label]) => ({ attribute, value, label })).filter((hit) => entryMatches(hit, query));
  return { attribute, hits, named: entryMatches({ label: facet.label, value: attribute }, query) };
}
