/** What `plain_table` sends. */
export interface Data {
  headings: string[];
  /** Null where a value is missing. */
  rows: (string | null)[][];
  /** For each row the SeriesInstanceUID that its first cell leads to; empty for no links. */
  series: string[];
  /** What stands in the search box; empty for no box. */
  search: string;
}
