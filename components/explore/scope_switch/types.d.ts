/** What `scope_switch` sends. */
export interface Data {
  scopes: Scope[];
  /** Value of one of them. */
  chosen: string;
}

export interface Scope {
  value: string;
  label: string;
  /** Series and size, in words. */
  figures: [string, string];
  hint: string;
}
