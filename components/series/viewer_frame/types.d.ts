/** What `viewer_frame` sends. */
export interface Data {
  url: string;
  /** What the frame holds, for screen readers. */
  title: string;
  /** What a button reads where the frame shows nothing; empty for no button. */
  instead: string;
}

/** What a trial of an address found; "unknown" where the browser says nothing in time. */
export type Outcome = "shown" | "refused" | "unknown";
