/** A cohort as the browser keeps it. */
export interface Saved {
  name: string;
  query: string;
  /** Its JSON form; entries of earlier versions have none. */
  json?: string;
  sentence: string;
  figures: string;
}

/** What `to_save` sends of the cohort on screen. */
export interface ToSave extends Omit<Saved, "name"> {
  /** The name that it gets if it has none, and how many letters a name may have. */
  suggested: string;
  longest: number;
}
